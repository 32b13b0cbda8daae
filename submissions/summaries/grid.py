"""A review table as data: which rows, which columns, how each number is counted, and the numbers beside the earlier ones.

A table's columns say both how a number is counted and which rows stand behind it, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from submissions.summaries.differences import Difference
from submissions.summaries.selection import BEFORE, NOW, Selection, row_key


class Measure(StrEnum):
    """How the rows of a cell become a number."""

    ROWS = "rows"
    PERSONS = "persons"
    FTE = "fte"
    MEAN = "mean"
    MEDIAN = "median"
    P10 = "p10"
    P90 = "p90"
    RAISE = "raise"  # the median of `raise`, in percent
    SHARE = "share"  # of the line that this one lies within, counted in persons


MONEY = frozenset({Measure.MEAN, Measure.MEDIAN, Measure.P10, Measure.P90})
DECIMALS = {Measure.FTE: 1, Measure.RAISE: 1, Measure.SHARE: 1}


@dataclass(frozen=True)
class Column:
    """One column: its words, how it is counted, and the condition its rows fulfil (none: every row)."""

    key: str
    label: str
    measure: Measure
    condition: pl.Expr | None = None
    source: str = NOW  # whose rows, in a table of comparison
    of: tuple[str, ...] = ()  # the columns whose sum it is a part of; with them it is judged beside everybody's
    since: str = ""  # the column with what it was before

    @property
    def decimals(self) -> int:
        """How many decimals the number has."""
        return DECIMALS.get(self.measure, 0)

    @property
    def counts(self) -> str:
        """What is counted behind the number, for the page of rows: persons or rows."""
        return "personer" if self.measure in (Measure.PERSONS, Measure.SHARE) else "rader"

    @property
    def rows(self) -> pl.Expr:
        """True on the rows behind the number."""
        chosen = pl.col("row").is_not_null() if self.condition is None else self.condition
        if self.measure in MONEY:
            chosen &= pl.col("salary").is_not_null()
        if self.measure == Measure.RAISE:
            chosen &= pl.col("raise").is_not_null()
        if self.measure in (Measure.PERSONS, Measure.SHARE):
            chosen &= pl.col("person").is_not_null()
        return chosen

    @property
    def value(self) -> pl.Expr:
        """The number, within a group of rows."""
        rows = self.rows
        salary = pl.col("salary").filter(rows)
        return (
            {
                Measure.ROWS: rows.sum(),
                Measure.PERSONS: pl.col("person").filter(rows).n_unique(),
                Measure.SHARE: pl.col("person").filter(rows).n_unique(),
                Measure.FTE: pl.col("fte").filter(rows).sum(),
                Measure.MEAN: salary.mean(),
                Measure.MEDIAN: salary.median(),
                Measure.P10: salary.quantile(0.1, "linear"),
                Measure.P90: salary.quantile(0.9, "linear"),
                Measure.RAISE: pl.col("raise").filter(rows).median() if self.measure == Measure.RAISE else pl.lit(None),
            }[self.measure]
            .cast(pl.Float64)
            .alias(self.key)
        )


@dataclass(frozen=True)
class Table:
    """A review table. `groupings` says which lines it has: () is everybody, ("group", "etikett") one per pair."""

    key: str
    title: str
    lead: str
    groupings: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    heading: str = ""  # over the lines
    chart: str = ""

    def column(self, key: str) -> Column | None:
        """The column with that key."""
        return next((column for column in self.columns if column.key == key), None)


def aggregate(table: Table, rows: pl.DataFrame, source: str = NOW) -> pl.DataFrame:
    """The numbers of one frame of prepared rows: `line` and one column per column of that source, one row per line."""
    columns = [column for column in table.columns if column.source == source]
    if not columns:
        return pl.DataFrame(schema={"line": pl.String})
    return pl.concat([_lines(grouping, rows, columns) for grouping in table.groupings])


def _lines(grouping: tuple[str, ...], rows: pl.DataFrame, columns: list[Column]) -> pl.DataFrame:
    values = [column.value for column in columns]
    names = [column.key for column in columns]
    if not grouping:
        return rows.select(pl.lit(row_key({})).alias("line"), *values)
    line = pl.concat_str([pl.col(name).cast(pl.String) for name in grouping], separator="\0")
    named = rows.filter(pl.col(name).is_not_null() for name in grouping)
    counted = named.group_by(grouping).agg(values).with_columns(line.alias("line")).select("line", *names)
    keys = [row_key(dict(zip(grouping, text.split("\0"), strict=True))) for text in counted["line"]]
    return counted.with_columns(pl.Series("line", keys, dtype=pl.String))


def rows_behind(table: Table, selection: Selection, rows: pl.DataFrame) -> pl.DataFrame | None:
    """The prepared rows behind a cell, of the frame that the selection names; None where the table has no such cell."""
    column, keys = table.column(selection.column), selection.keys
    if column is None or keys is None or tuple(keys) not in table.groupings:
        return None
    return rows.filter(column.rows, *(pl.col(name) == value for name, value in keys.items()))


@dataclass(frozen=True, slots=True)
class Cell:
    """One number beside the earlier one."""

    column: Column
    difference: Difference

    @property
    def value(self) -> float | None:
        """The number."""
        return self.difference.value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its key, and a cell per column."""

    key: str
    depth: int
    cells: tuple[Cell, ...]

    @property
    def says_something(self) -> bool:
        """Whether there is any number on it, now or before; the line of everybody always stands."""
        return self.depth == 0 or any(cell.difference.value or cell.difference.before for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its numbers. `has_before` tells whether there was anything to compare with."""

    table: Table
    lines: tuple[Line, ...]
    has_before: bool

    def within(self, key: str) -> list[Line]:
        """The lines that lie within a line."""
        return [line for line in self.lines if line.key.startswith(f"{key}.")]


def build(table: Table, now: pl.DataFrame, before: pl.DataFrame | None = None) -> Grid:
    """The table of two aggregates, the lines unsorted: those of both, so that what has gone is seen too."""
    numbers = _by_line(now)
    earlier = _by_line(before) if before is not None else {}
    keys = list(numbers) + [key for key in earlier if key not in numbers]
    lines = (_line(table, key, numbers, earlier, before is not None) for key in keys)
    return Grid(table, tuple(line for line in lines if line.says_something), before is not None)


def merge(table: Table, now: pl.DataFrame, before: pl.DataFrame) -> Grid:
    """The table of comparison of two aggregates: the columns of each side stand beside each other."""
    sides = {NOW: _by_line(now), BEFORE: _by_line(before)}
    keys = list(sides[NOW]) + [key for key in sides[BEFORE] if key not in sides[NOW]]
    lines = []
    for key in keys:
        cells = tuple(
            Cell(column, Difference(sides[column.source].get(key, {}).get(column.key), None, column.measure in MONEY))
            for column in table.columns
        )
        lines.append(Line(key, depth_of(key), cells))
    return Grid(table, tuple(line for line in lines if line.says_something), False)


def depth_of(key: str) -> int:
    """0 for everybody, 1 for a line, 2 for a line within a line."""
    return 0 if key == row_key({}) else key.count(".") + 1


Numbers = Mapping[str, Mapping[str, float | None]]


def _by_line(aggregated: pl.DataFrame) -> dict[str, dict[str, float | None]]:
    return {row.pop("line"): row for row in aggregated.iter_rows(named=True)}


def _line(table: Table, key: str, numbers: Numbers, earlier: Numbers, has_before: bool) -> Line:
    cells = []
    basis = numbers.get(key, {}).get(table.columns[0].key) or 0  # a table of means or shares counts in its first column
    for column in table.columns:
        value, previous = _number(column, key, numbers), _number(column, key, earlier) if has_before else None
        difference = Difference(value, previous, column.measure in MONEY, column.measure == Measure.SHARE, basis)
        cells.append(Cell(column, difference))
    return Line(key, depth_of(key), tuple(cells))


def _number(column: Column, key: str, numbers: Numbers) -> float | None:
    """The number on a line. One that is missing is 0 where things are counted, and unknown where they are measured."""
    value = numbers.get(key, {}).get(column.key)
    if value is None:
        return None if column.measure in MONEY else 0.0
    if column.measure != Measure.SHARE:
        return value
    whole = numbers.get(key.rpartition(".")[0] or row_key({}), {}).get(column.key)
    return 100 * value / whole if whole else None
