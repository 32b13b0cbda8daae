"""Corrections of a file that was replaced, followed to the rows of the new one. Frames in, frames out.

A row is the same row where its anställningsnummer is found once in both files, else where person, etikett and first day of
employment are, else where the person is. Delivered values are compared: a correction follows where the new file still has
the value that was corrected. What does not follow is told with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from submissions.frames import KEY_FIELD, PERSONAL_NUMBER_FIELD, column, numbers_of

MENDED, CHANGED, GONE, UNCLEAR = "mended", "changed", "gone", "unclear"
REASONS = {
    MENDED: "värdet är redan rättat i filen",
    CHANGED: "värdet är nu ett annat",
    GONE: "raden finns inte i den nya filen",
    UNCLEAR: "raden går inte att peka ut",
}
PERSON = column(PERSONAL_NUMBER_FIELD)
KEYS: tuple[tuple[str, ...], ...] = ((column(KEY_FIELD),), (PERSON, "f9", "f18"), (PERSON,))
CELLS_SCHEMA = {"row": pl.UInt32, "field": pl.UInt8, "new": pl.String}


@dataclass(frozen=True, slots=True)
class Carried:
    """The corrected cells of the old file, shared out: `carried` (row, field, to_row) and `dropped` (row, field, now, reason)."""

    carried: pl.DataFrame
    dropped: pl.DataFrame


def carry(old: pl.DataFrame, new: pl.DataFrame, cells: pl.DataFrame) -> Carried:
    """Where each corrected cell stands in the new file. `cells`: row and field in the old one, and the corrected value.

    Both frames as delivered, without corrections; one cell a row and field.
    """
    placed = cells.join(_pairs(old, new, cells), on="row", how="left", maintain_order="left")
    delivered, now = _values(old, placed, "row"), _values(new, placed, "to_row")
    judged = placed.with_columns(delivered.alias("old"), now.alias("now"))
    reason = (
        pl.when(pl.col("to_row").is_null())
        .then(pl.col("why"))
        .when(pl.col("now").eq_missing(pl.col("old")))
        .then(pl.lit(None, pl.String))
        .when(pl.col("now").eq_missing(pl.col("new")))
        .then(pl.lit(MENDED))
        .otherwise(pl.lit(CHANGED))
    )
    judged = judged.with_columns(reason.alias("reason"))
    return Carried(
        judged.filter(pl.col("reason").is_null()).select("row", "field", "to_row"),
        judged.filter(pl.col("reason").is_not_null()).select("row", "field", "now", "reason"),
    )


def _pairs(old: pl.DataFrame, new: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """row, to_row and, where that is null, why: for each row with a corrected cell."""
    persons = cells.filter(pl.col("field") == PERSONAL_NUMBER_FIELD).select("row", pl.col("new").alias("mended_person"))
    left = old.join(cells.select("row").unique(), on="row", how="semi").join(persons, on="row", how="left")
    found, seen = [], pl.Series("row", [], dtype=pl.UInt32)
    for keys in KEYS:
        if left.is_empty():
            break
        alike = _alike(old, new, left, keys)
        seen = seen.append(alike.filter(pl.col("in_new") > 0)["row"])
        is_same = (pl.col("in_old") == 1) & (pl.col("in_new") == 1) & _is_same_person
        matched = alike.filter(is_same).select("row", "to_row")
        found.append(matched)
        left = left.join(matched, on="row", how="anti")
    why = pl.when(pl.col("row").is_in(seen.implode())).then(pl.lit(UNCLEAR)).otherwise(pl.lit(GONE))
    found.append(left.select("row", pl.lit(None, pl.UInt32).alias("to_row")))
    return pl.concat(found).with_columns(why.alias("why"))


_is_same_person = (
    pl.col(PERSON).eq_missing(pl.col("person_now"))
    | (pl.col("mended_person") == pl.col("person_now"))
    | pl.col(PERSON).is_null()
    | pl.col("person_now").is_null()
)
"""An anställningsnummer that has gone to somebody else is not the same row."""


def _alike(old: pl.DataFrame, new: pl.DataFrame, left: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """The rows sought with a value in every key: how many such rows there are in each file, and the first one in the new."""
    wanted = left.drop_nulls(keys).select("row", "mended_person", *{PERSON, *keys})
    values = wanted.select(keys).unique()
    in_old = old.lazy().join(values.lazy(), on=keys, how="semi").group_by(keys).agg(pl.len().alias("in_old"))
    first = (pl.col("row").first().alias("to_row"), pl.col("person_now").first())
    in_new = (
        new.lazy()
        .join(values.lazy(), on=keys, how="semi")
        .with_columns(pl.col(PERSON).alias("person_now"))
        .group_by(keys)
        .agg(pl.len().alias("in_new"), *first)
    )
    joined = wanted.lazy().join(in_old, on=keys, how="left").join(in_new, on=keys, how="left")
    return joined.with_columns(pl.col("in_new").fill_null(0)).collect()


def _values(frame: pl.DataFrame, cells: pl.DataFrame, row: str) -> pl.Series:
    """The delivered value of each cell, in the cells' order; null where there is no row."""
    sought = cells.select(pl.col(row).alias("row"), "field").with_row_index("place")
    found = [sought.select("place", pl.lit(None, pl.String).alias("value")).clear()]
    for field in sought["field"].unique().to_list():
        if field in numbers_of(frame):
            of_field = sought.filter(pl.col("field") == field)
            values = frame.select("row", pl.col(column(field)).alias("value"))
            found.append(of_field.join(values, on="row", how="left").select("place", "value"))
    return sought.join(pl.concat(found), on="place", how="left", maintain_order="left")["value"]
