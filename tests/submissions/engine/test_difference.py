"""What differs between two files (submissions.difference): a table of cases, and that a file never differs from itself."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.difference import counts_of, difference
from submissions.frames import FRAME_SCHEMA

Rows = list[tuple[int, str | None, str | None, str | None]]  # row, anställningsnummer, personnummer, etikett


def frame(rows: Rows) -> pl.DataFrame:
    """A frame with those fields, and nothing in the others."""
    names = ["row", "f40", "f7", "f9"]
    made = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], schema={n: FRAME_SCHEMA[n] for n in names})
    return made.select([pl.col(n) if n in names else pl.lit(None, kind).alias(n) for n, kind in FRAME_SCHEMA.items()])


BASE: Rows = [(1, "a", "p1", "X"), (2, "b", "p2", "X"), (3, "c", "p3", "X")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (BASE, BASE, []),
        (BASE, [(7, "c", "p3", "X"), (8, "b", "p2", "X"), (9, "a", "p1", "X")], []),  # the order of rows is no difference
        (BASE, BASE[:2], [("gone", 3, "c", None, None, None)]),
        (BASE, [*BASE, (4, "d", "p4", "X")], [("added", 4, "d", None, None, None)]),
        (BASE, [BASE[0], (2, "b", "p2", "Y"), BASE[2]], [("changed", 2, "b", 9, "X", "Y")]),
        (BASE, [BASE[0], (2, "b", "p2", None), BASE[2]], [("changed", 2, "b", 9, "X", None)]),
        (
            BASE,
            [BASE[0], (2, "b", "p9", "Y"), BASE[2]],
            [("changed", 2, "b", 7, "p2", "p9"), ("changed", 2, "b", 9, "X", "Y")],
        ),
        ([(1, None, "p1", "X")], [(1, None, "p1", "Y")], [("changed", 1, None, 9, "X", "Y")]),  # by the person
        (
            [(1, "a", "p1", "X"), (2, "a", "p1", "Y")],
            [(1, "a", "p1", "X"), (2, "a", "p1", "Z"), (3, "a", "p1", "Y")],  # twice, then three times
            [("added", 3, "a", None, None, None), ("changed", 2, "a", 9, "Y", "Z")],
        ),
        ([(1, None, None, "X")], [(1, None, None, "Y")], [("changed", 1, None, 9, "X", "Y")]),
        ([], BASE[:1], [("added", 1, "a", None, None, None)]),
        (BASE[:1], [], [("gone", 1, "a", None, None, None)]),
    ],
)
def test_what_differs(before: Rows, after: Rows, expected: list[tuple[object, ...]]) -> None:
    assert difference(frame(before), frame(after)).rows() == expected


def test_the_counts_are_of_rows_and_by_field() -> None:
    after: Rows = [(1, "a", "p9", "Y"), (2, "b", "p2", "Y"), (4, "d", "p4", "X")]
    counts = counts_of(difference(frame(BASE), frame(after)))
    assert (counts.added, counts.gone, counts.changed, counts.fields) == (1, 1, 2, ((9, 2), (7, 1)))
    assert not counts.is_same
    assert counts_of(difference(frame(BASE), frame(BASE))).is_same


few = st.one_of(st.none(), st.sampled_from("ab"))
frames = st.lists(st.tuples(few, few, few)).map(lambda rows: frame([(n, *row) for n, row in enumerate(rows, 1)]))


@given(frames, frames)
def test_rows_are_neither_lost_nor_made(before: pl.DataFrame, after: pl.DataFrame) -> None:
    counts = counts_of(difference(before, after))
    assert after.height - before.height == counts.added - counts.gone
    assert counts_of(difference(after, after.reverse().sort("row"))).is_same
