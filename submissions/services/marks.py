"""What an explanation covers: the findings it was given for, kept as fingerprints, so that it follows to the next file.

A finding on a row is known again by its check, field and values and by whose row it is: anställningsnummer, else
personnummer (a row without the first is another person's once the second is corrected, and is asked about again). Line
numbers play no part. Of findings that are alike each has its turn, so that a third one is not covered by
two. A finding about the whole file is kept as it stood: it is covered while its figure has not moved further from 0 by more
than a tenth. Nothing is kept that says whom it is about: fingerprints are keyed by the submission's salt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from config.lib import crypto, sealed
from submissions.frames import PERSONAL_NUMBER_FIELD, column
from submissions.models import Comment

FURTHER = 1.1  # a figure may move so many times as far from 0 before it is asked about again
FIGURE_COLUMNS = ("check", "row", "field", "key", "value", "v", "a", "b", "n")
Rows = Callable[[], pl.DataFrame]
"""Gives the file's rows with corrections; asked for only where a finding has no anställningsnummer."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The findings of a group: fingerprints of those on rows, and those about the whole file as they stand."""

    rows: frozenset[str]
    figures: tuple[Mapping[str, Any], ...] = ()

    def __or__(self, other: Marks) -> Marks:
        """Both, this one's figures where both have one."""
        own = {figure["value"] for figure in self.figures}
        return Marks(self.rows | other.rows, (*self.figures, *(f for f in other.figures if f["value"] not in own)))


@dataclass(frozen=True, slots=True)
class Cover:
    """How far an explanation reaches in the file as it is now."""

    findings: int  # of the group now
    held: int  # those of them that it was given for
    then: Mapping[str, Any] | None = None  # a finding about the whole file as it stood, where it has moved too far

    @property
    def missing(self) -> int:
        """The findings that it was not given for."""
        return self.findings - self.held

    @property
    def is_whole(self) -> bool:
        """Whether the group is explained."""
        return self.missing == 0


def marks_of(salt: bytes, found: pl.DataFrame, rows: Rows) -> Marks:
    """The marks of a group's findings (`checking.group_rows`)."""
    on_rows = found.filter(pl.col("row").is_not_null())
    figures = found.filter(pl.col("row").is_null()).select(FIGURE_COLUMNS).to_dicts()
    return Marks(frozenset(crypto.fingerprints(_descriptions(on_rows, rows), key=salt)), tuple(figures))


def _descriptions(found: pl.DataFrame, rows: Rows) -> pl.Series:
    """What tells each finding on a row from the others, as one text."""
    person = column(PERSONAL_NUMBER_FIELD)
    if found["key"].null_count():
        found = found.join(rows().select("row", person), on="row", how="left", maintain_order="left")
    else:
        found = found.with_columns(pl.lit(None, pl.String).alias(person))
    whose = pl.when(pl.col("key").is_not_null()).then(pl.format("40={}", "key")).otherwise(pl.format("7={}", person))
    parts = [pl.col("check"), pl.col("field").cast(pl.String), whose, pl.col("value"), pl.col("v")]
    described = found.select(pl.concat_str([part.fill_null("") for part in parts], separator="\x1f").alias("alike"))
    is_one = pl.col("alike").is_unique()
    ones = described.filter(is_one).select(pl.format("{}\x1f0", "alike").alias("alike"))
    turn = pl.int_range(pl.len()).over("alike")  # one group at a time, and nearly all findings are one of their kind
    others = described.filter(~is_one).select(pl.format("{}\x1f{}", "alike", turn).alias("alike"))
    return ones.vstack(others)["alike"]


def seal_marks(comment: Comment, marks: Marks) -> bytes:
    """The marks as the explanation keeps them."""
    return sealed.seal_text(comment, "marks_sealed", json.dumps({"rows": sorted(marks.rows), "figures": marks.figures}))


def kept_marks(comment: Comment) -> Marks:
    """What the explanation was given for; nothing where it keeps no marks."""
    if comment.marks_sealed is None:
        return Marks(frozenset())
    kept = json.loads(sealed.open_column(comment, "marks_sealed"))
    return Marks(frozenset(kept["rows"]), tuple(kept["figures"]))


def cover_of(kept: Marks, now: Marks) -> Cover:
    """How far marks kept with an explanation reach among those of the group now."""
    before = {figure["value"]: figure for figure in kept.figures}
    held = len(now.rows & kept.rows)
    moved = None
    for figure in now.figures:
        then = before.get(figure["value"])
        if then is not None and _is_held(_figure(then), _figure(figure)):
            held += 1
        else:
            moved = moved or then
    return Cover(len(now.rows) + len(now.figures), held, moved)


def _is_held(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return then is None and now is None
    return then * now >= 0 and abs(now) <= FURTHER * abs(then) + 1e-9


def _figure(finding: Mapping[str, Any]) -> float | None:
    """What the finding says, as a number: its own figure, else the change from a to b, else a count."""
    own, before, after = (_number(finding[name]) for name in ("v", "a", "b"))
    if own is not None:
        return own
    if before is not None and after is not None:
        return after - before
    return None if finding["n"] is None else float(finding["n"])


def _number(text: str | None) -> float | None:
    try:
        return float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-")) if text else None
    except ValueError:
        return None
