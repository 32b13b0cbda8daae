"""Every number of every review table leads to its rows: so many rows, or persons, as the number says."""

from __future__ import annotations

import polars as pl
import pytest

from submissions import builtin, reading, synthetic
from submissions.summaries import compare, concepts, grid
from submissions.summaries.grid import Measure, Table
from submissions.summaries.review_tables import TABLES
from submissions.summaries.selection import BEFORE, NOW, Selection

SPEC = builtin.collection_spec(2026)
TERMS = concepts.Terms.of(SPEC, "kommun")


def prepared(seed: int, *, previous: bool = False) -> pl.DataFrame:
    """A file with slips of every kind, as the tables take it."""
    content = synthetic.delivery("0488", 400, seed, 0.0 if previous else 0.3, previous=previous)
    terms = TERMS.year_before() if previous else TERMS
    return concepts.prepare(reading.read(content, SPEC.layout).frame, terms)


def number_of(measure: Measure, rows: pl.DataFrame) -> float | None:
    """What a cell shows, counted from the rows that it leads to."""
    if measure in (Measure.PERSONS, Measure.SHARE):
        return float(rows["person"].n_unique())
    if measure == Measure.FTE:
        return rows["fte"].sum()
    if measure == Measure.ROWS:
        return float(rows.height)
    column = rows["raise" if measure == Measure.RAISE else "salary"]
    return {
        Measure.MEAN: column.mean,
        Measure.MEDIAN: column.median,
        Measure.RAISE: column.median,
        Measure.P10: lambda: column.quantile(0.1, "linear"),
        Measure.P90: lambda: column.quantile(0.9, "linear"),
    }[measure]()


def check_table(table: Table, frames: dict[str, pl.DataFrame]) -> None:
    for source, rows in frames.items():
        counted = grid.aggregate(table, rows, source)
        for line in counted.iter_rows(named=True):
            for column in table.columns:
                if column.source != source:
                    continue
                asked = Selection.parse(Selection(table.key, line["line"], column.key, source).parameters)
                assert asked is not None, line["line"]
                found = grid.rows_behind(table, asked, rows)
                assert found is not None
                shown = line[column.key]
                assert number_of(column.measure, found) == (pytest.approx(shown) if shown is not None else None), asked


@pytest.mark.parametrize("seed", [7, 8])
def test_every_number_leads_to_so_many_rows(seed: int) -> None:
    now, before = prepared(seed), prepared(seed, previous=True)
    for table in TABLES.values():
        check_table(table, {NOW: now})
    joined = dict(zip((NOW, BEFORE), compare.join(now, before), strict=True))
    for table in compare.COMPARISONS.values():
        check_table(table, joined)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"tabell": "etiketter"},
        {"tabell": "etiketter", "kolumn": "anstallda", "rad": "8001011234"},
        {"tabell": "etiketter", "kolumn": "anstallda", "rad": "g-läkare"},
        {"tabell": "etiketter", "kolumn": "anstallda", "ur": "annat"},
        {"tabell": "etiketter", "kolumn": "anstallda", "mot": "annat"},
        {"tabell": "etiketter'--", "kolumn": "anstallda"},
    ],
)
def test_an_odd_address_selects_nothing(query: dict[str, str]) -> None:
    assert Selection.parse(query) is None


@pytest.mark.parametrize(("row", "column"), [("x-1", "anstallda"), ("a-25-29", "anstallda"), ("alla", "finns-inte")])
def test_a_cell_that_the_table_lacks_has_no_rows(row: str, column: str) -> None:
    selection = Selection.parse({"tabell": "etiketter", "rad": row, "kolumn": column})
    assert selection is not None
    assert grid.rows_behind(TABLES["etiketter"], selection, prepared(7)) is None
