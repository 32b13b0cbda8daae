"""What a run of the checks gives, and how findings are grouped and sorted for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from submissions.checking.registry import FINDING_SCHEMA
from submissions.spec import FEL, INFO, VARNING

LEVELS = (FEL, VARNING, INFO)
# Fields with few, shared values: the same wrong code is one cause. The others (persons, keys, dates, amounts) are not.
CODE_FIELDS = (1, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 39)
GROUP_SCHEMA: dict[str, type[pl.DataType]] = {
    "check": pl.String,
    "level": pl.String,
    "field": pl.UInt8,
    "value": pl.String,
    "rows": pl.UInt32,
    "first": pl.UInt32,
}


@dataclass(frozen=True, slots=True)
class NotRun:
    """A check that could not be made, and why, in Swedish."""

    check: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """The findings of a file as one frame (`FINDING_SCHEMA`), in the catalogue's order and then by row."""

    frame: pl.DataFrame
    accepted: bool
    rows: int  # rows in the file, also those of the wrong width
    not_run: tuple[NotRun, ...] = ()

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of findings by level, all three levels."""
        counted = dict(self.frame.group_by("level").len().iter_rows())
        return {level: counted.get(level, 0) for level in LEVELS}

    @cached_property
    def rows_with_findings(self) -> int:
        """The number of rows with at least one finding."""
        return self.frame["row"].drop_nulls().n_unique()


def _by_level() -> pl.Expr:
    return pl.col("level").replace_strict(LEVELS, range(len(LEVELS)), default=len(LEVELS), return_dtype=pl.UInt8)


def groups(findings: pl.DataFrame) -> pl.DataFrame:
    """One row a cause: check, level, field, value (null unless code-like), rows (findings, for a whole file 1), first (where its first finding stands in `findings`).

    Worst level first, then the largest, then the catalogue's order.
    """
    if findings.is_empty():
        return pl.DataFrame(schema=GROUP_SCHEMA)
    is_code = pl.col("field").is_in(CODE_FIELDS)
    grouped = (
        findings.lazy()
        .with_row_index("first")
        .with_columns(pl.when(is_code).then(pl.col("value")).alias("value"))
        .group_by("check", "level", "field", "value")
        .agg(pl.len().cast(pl.UInt32).alias("rows"), pl.col("first").min())
        .sort(_by_level(), -pl.col("rows").cast(pl.Int64), "check", "field", "value", nulls_last=False)
    )
    return grouped.select(GROUP_SCHEMA.keys()).collect()


def group_rows(findings: pl.DataFrame, check: str, field: int | None, value: str | None) -> pl.DataFrame:
    """The findings of one group, in the order they stand."""
    same_field = pl.col("field").eq_missing(pl.lit(field, pl.UInt8))
    same = (pl.col("check") == check) & same_field
    if field in CODE_FIELDS:
        same = same & pl.col("value").eq_missing(pl.lit(value, pl.String))
    return findings.filter(same)


def sort_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """Worst level first, then by check and row."""
    return findings.sort(_by_level(), "check", "row", "field", nulls_last=False)


__all__ = ["CODE_FIELDS", "FINDING_SCHEMA", "Findings", "NotRun", "group_rows", "groups", "sort_findings"]
