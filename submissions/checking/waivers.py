"""Dispens: SKR's decision that a unit need not correct or explain a check's findings, or those of one field or value.

The findings are found all the same, and lowered to bra att veta. A check that refuses the file cannot be waived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from submissions.spec import INFO

NEVER = frozenset({"FIL01", "FIL02", "FIL03", "FIL04", "KOM02"})
"""What refuses a file or its rows, and what is only said at the hand-in."""


@dataclass(frozen=True, slots=True)
class WaiverSpec:
    """A decision as the engine reads it: of the whole check, of one field, or of one wrong value there."""

    check: str
    reason: str
    until: date
    field: int | None = None
    value: str | None = None

    def covers(self, check: str, field: int | None, value: str | None) -> bool:
        """Whether such a finding or group is within it."""
        is_of_field = self.field is None or field == self.field
        return check == self.check and is_of_field and self.value in (None, value)


def can_waive(check: str) -> bool:
    """Whether a check may be waived at all."""
    return check not in NEVER


def lower(findings: pl.DataFrame, waivers: Iterable[WaiverSpec]) -> pl.DataFrame:
    """The findings with the level that the decisions leave them."""
    for waiver in waivers:
        if not can_waive(waiver.check):
            continue
        is_covered = pl.col("check") == waiver.check
        if waiver.field is not None:
            is_covered &= pl.col("field").eq_missing(pl.lit(waiver.field, pl.UInt8))
        if waiver.value is not None:
            is_covered &= pl.col("value").eq_missing(pl.lit(waiver.value, pl.String))
        level = pl.when(is_covered).then(pl.lit(INFO)).otherwise(pl.col("level"))
        findings = findings.with_columns(level.alias("level"))
    return findings


def covering(waivers: Iterable[WaiverSpec], check: str, field: int | None, value: str | None) -> WaiverSpec | None:
    """The decision that a group is within; None where there is none."""
    return next((waiver for waiver in waivers if waiver.covers(check, field, value)), None)


def sentence(waiver: WaiverSpec) -> str:
    """What is said of it beside the finding."""
    return f"SKR har gett dispens: {waiver.reason} Gäller filer till och med {waiver.until.isoformat()}."
