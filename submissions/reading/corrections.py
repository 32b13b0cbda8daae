"""The overlay of corrections on a frame."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.frames import OVERLAY_SCHEMA, column, numbers_of
from submissions.reading.kind import kind_value


def apply_corrections(frame: pl.DataFrame, overlay: pl.DataFrame | Iterable[tuple[int, int, str | None]]) -> pl.DataFrame:
    """The frame with corrections laid over it, each read as kindly as the file was: (row, field, new value), or a frame of
    them (`frames.OVERLAY_SCHEMA`).

    The last correction of a cell wins. Rows that are not in the frame and fields that do not exist, field 8 among
    them, are left out. The frame itself is not changed.
    """
    if not isinstance(overlay, pl.DataFrame):
        overlay = pl.DataFrame(list(overlay), schema=OVERLAY_SCHEMA, orient="row")
    cells = overlay.filter(pl.col("field").is_in(numbers_of(frame)))
    if cells.is_empty():
        return frame
    cells = cells.unique(["row", "field"], keep="last", maintain_order=True)
    return frame.with_columns(_overlay(int(field), part) for (field,), part in cells.group_by("field", maintain_order=True))


def _overlay(field: int, cells: pl.DataFrame) -> pl.Expr:
    kind = {value: kind_value(field, value) for value in cells["new"].unique()}
    new = cells["new"].replace_strict(list(kind), list(kind.values()), return_dtype=pl.String)
    return (
        pl.col("row")
        .cast(pl.Int64)
        .replace_strict(cells["row"], new, default=pl.col(column(field)), return_dtype=pl.String)
        .alias(column(field))
    )
