"""What a changed check would say: the findings of some checks alone, and what differs between two judgements of the same rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from submissions.checking.context import Context
from submissions.checking.findings import LEVELS
from submissions.checking.prepare import Prepared, prepare
from submissions.checking.registry import REGISTRY
from submissions.checking.runner import Parts, entries_of, find, gather
from submissions.deadline import Deadline, no_deadline

TAKEN_OVER = {
    "DUB04": ("DUB01",),
    "FIL08": ("FMT01",),
    "FIL09": ("FIL04", "FMT06"),
    "FIL10": ("FMT01", "FMT04"),
    "FIL14": ("FIL13",),
    "KOD06": ("KOD07",),
    "LOG02": ("KOD04",),
    "RIM03": ("RIM01", "RIM02", "AGG05"),
}
"""Checks that say what another would have said, and hold their tongue where that one is on: they change with it."""

SAME = ("check", "row", "field", "value")  # the same finding, whatever its level and figures


@dataclass(frozen=True, slots=True)
class Compared:
    """How two judgements of the same rows differ: findings by level, and how many are new, gone or at another level."""

    before: dict[str, int]
    after: dict[str, int]
    new: int
    gone: int
    moved: int
    rows_before: int  # rows with a finding
    rows_after: int

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.new or self.gone or self.moved)


def concerned(code: str) -> frozenset[str]:
    """The checks whose findings can change when this one's settings do, itself among them."""
    yielding = {entry.code for entry in REGISTRY.values() if entry.yields_to == code}
    return frozenset({code, *TAKEN_OVER.get(code, ()), *yielding})


def judge_twice(
    frame: pl.DataFrame,
    before: Context,
    after: Context,
    codes: Collection[str] | None = None,
    deadline: Deadline = no_deadline,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The findings of those checks on the rows, of every check where none is named, by the settings before and after.

    The rows are made ready once, unless another list makes other codes known.
    """
    ready = prepare(frame, before)
    is_same = before.collection.lists == after.collection.lists and before.collection.layout == after.collection.layout
    again = replace(ready, context=after) if is_same else prepare(frame, after)
    return _found(ready, codes, deadline), _found(again, codes, deadline)


def _found(ready: Prepared, codes: Collection[str] | None, deadline: Deadline) -> pl.DataFrame:
    entries, _ = entries_of(ready.context)
    parts: Parts = {}
    find(ready, [entry for entry in entries if codes is None or entry.code in codes], parts, deadline)
    return gather(parts, ready.context)


def compared(before: pl.DataFrame, after: pl.DataFrame) -> Compared:
    """What the second judgement says that the first did not, and the other way around."""
    same = list(SAME)
    both = before.select(*same, "level").join(after.select(*same, "level"), on=same, how="inner", nulls_equal=True)
    return Compared(
        before=_by_level(before),
        after=_by_level(after),
        new=after.join(before, on=same, how="anti", nulls_equal=True).height,
        gone=before.join(after, on=same, how="anti", nulls_equal=True).height,
        moved=both.filter(pl.col("level") != pl.col("level_right")).height,
        rows_before=before["row"].drop_nulls().n_unique(),
        rows_after=after["row"].drop_nulls().n_unique(),
    )


def _by_level(findings: pl.DataFrame) -> dict[str, int]:
    counted = dict(findings.group_by("level").len().iter_rows())
    return {level: counted.get(level, 0) for level in LEVELS}


def rows_with(frame: pl.DataFrame, fields: Collection[int], codes: Collection[str]) -> dict[str, int]:
    """How many rows have each of the codes in one of the fields; only codes that stand somewhere."""
    found: dict[str, int] = {}
    for number in fields:
        name = f"f{number}"
        counted = frame.filter(pl.col(name).is_in(list(codes))).group_by(name).len()
        for code, rows in counted.iter_rows():
            found[code] = found.get(code, 0) + rows
    return found
