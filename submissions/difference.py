"""What differs between two files of one unit: rows that came, rows that went, and values that changed.

Rows are the same where the anställningsnummer is; of several with the same number the first goes with the first. A row
without a number goes by its personnummer. Frames in, a frame out: nothing here knows the database.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from submissions.frames import KEY_FIELD, PERSONAL_NUMBER_FIELD, column, numbers_of

ADDED, GONE, CHANGED = "added", "gone", "changed"
SCHEMA: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "row": pl.UInt32,  # of the later file; of the earlier one where the row is gone
    "key": pl.String,  # anställningsnummer
    "field": pl.UInt8,  # of a changed value
    "old": pl.String,
    "new": pl.String,
}
_ON = ["_key", "_nth"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much differs, in rows; changed values by field, most first."""

    added: int
    gone: int
    changed: int
    fields: tuple[tuple[int, int], ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.gone or self.changed)


def difference(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """One line for each row that came or went and for each changed value, by kind, row and field."""
    old, new = _keyed(before), _keyed(after)
    both = new.join(old, on=_ON, how="inner", suffix="_before", nulls_equal=True)
    parts = [_rows(new.join(old, on=_ON, how="anti"), ADDED), _rows(old.join(new, on=_ON, how="anti"), GONE)]
    parts += [_changed(both, number) for number in numbers_of(before) if f"{column(number)}_before" in both.columns]
    return pl.concat(parts).sort("kind", "row", "field")


def counts_of(lines: pl.DataFrame) -> Counts:
    """The numbers of a difference."""
    changed = lines.filter(pl.col("kind") == CHANGED)
    fields = changed.group_by("field").len().sort(pl.col("len"), "field", descending=[True, False])
    return Counts(
        added=lines.filter(pl.col("kind") == ADDED).height,
        gone=lines.filter(pl.col("kind") == GONE).height,
        changed=changed["row"].n_unique(),
        fields=tuple(fields.iter_rows()),
    )


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    """With what a row is known by, and which of those with the same it is."""
    number, person = pl.col(column(KEY_FIELD)), pl.col(column(PERSONAL_NUMBER_FIELD))
    key = pl.coalesce("n" + number, "p" + person, pl.lit(""))
    keyed = frame.with_columns(_key=key)
    return keyed.with_columns(_nth=pl.int_range(pl.len(), dtype=pl.UInt32).over("_key"))


def _rows(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    nothing = [pl.lit(None, SCHEMA[name]).alias(name) for name in ("field", "old", "new")]
    return frame.select(pl.lit(kind).alias("kind"), "row", pl.col(column(KEY_FIELD)).alias("key"), *nothing)


def _changed(both: pl.DataFrame, number: int) -> pl.DataFrame:
    name = column(number)
    return both.filter(pl.col(name).ne_missing(pl.col(f"{name}_before"))).select(
        pl.lit(CHANGED).alias("kind"),
        "row",
        pl.col(column(KEY_FIELD)).alias("key"),
        pl.lit(number, pl.UInt8).alias("field"),
        pl.col(f"{name}_before").alias("old"),
        pl.col(name).alias("new"),
    )
