"""The overlay of corrections on a frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import polars as pl

from submissions.frames import FIELD_NUMBERS, column
from submissions.reading.kind import kind_value


def apply_corrections(frame: pl.DataFrame, corrections: Iterable[tuple[int, int, str | None]]) -> pl.DataFrame:
    """The frame with corrections (row, field, new value) laid over it, each read as kindly as the file was.

    The last correction of a cell wins. Rows that are not in the frame and fields that do not exist, field 8 among
    them, are left out. The frame itself is not changed.
    """
    by_field: dict[int, dict[int, str | None]] = defaultdict(dict)
    for row, field, value in corrections:
        if field in FIELD_NUMBERS:
            by_field[field][row] = kind_value(field, value)
    if not by_field:
        return frame
    return frame.with_columns(_overlay(field, values) for field, values in by_field.items())


def _overlay(field: int, values: dict[int, str | None]) -> pl.Expr:
    rows = pl.Series(list(values), dtype=pl.Int64)
    new = pl.Series(list(values.values()), dtype=pl.String)
    return (
        pl.col("row")
        .cast(pl.Int64)
        .replace_strict(rows, new, default=pl.col(column(field)), return_dtype=pl.String)
        .alias(column(field))
    )
