"""Which corrections follow from one file to the next, and why the others do not."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import carrying, reading
from submissions.frames import OVERLAY_SCHEMA, column
from tests.submissions.engine.rows import frame_of, person, row

Cell = tuple[int, int, str | None]  # row, field, corrected value


def carry(
    old: list[list[str]], new: list[list[str]], *cells: Cell
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, str]]]:
    """(row, field, row in the new file) of those that follow, (row, field, reason) of the others."""
    placed = carrying.carry(frame_of(old), frame_of(new), frame_of_cells(*cells))
    return placed.carried.rows(), placed.dropped.select("row", "field", "reason").rows()


def frame_of_cells(*cells: Cell) -> pl.DataFrame:
    return pl.DataFrame(cells, schema=carrying.CELLS_SCHEMA, orient="row")


def overlay(cells: list[tuple[int, int, str]]) -> pl.DataFrame:
    """The cells as corrections are laid on."""
    return pl.DataFrame(cells, schema=OVERLAY_SCHEMA, orient="row")


A, B, C = row(key=1), row(key=2), row(key=3)
NO_KEY, OTHER = {40: ""}, person(7)


@pytest.mark.parametrize(
    ("new", "cell", "carried", "reason"),
    [
        ([A, B], (1, 14, "9999"), 1, None),
        ([C, B, A], (1, 14, "9999"), 3, None),
        ([row({22: "0040000"}, key=1), B], (1, 14, "9999"), 1, None),
        ([row({14: "9999"}, key=1), B], (1, 14, "9999"), None, "mended"),
        ([row({14: "1111"}, key=1), B], (1, 14, "9999"), None, "changed"),
        ([row({14: ""}, key=1), B], (1, 14, "9999"), None, "changed"),
        ([row({14: ""}, key=1), B], (1, 14, None), None, "mended"),
        ([B, C], (1, 14, "9999"), None, "gone"),
        ([A, A, B], (1, 14, "9999"), None, "unclear"),
        ([row({7: OTHER}, key=1), B], (1, 14, "9999"), None, "unclear"),
        # field 40 or 7 is what was corrected: the delivered values are compared
        ([A, B], (1, 40, "A99999"), 1, None),
        ([row({40: "A99999"}, key=1), B], (1, 40, "A99999"), None, "mended"),
        ([A, B], (1, 7, OTHER), 1, None),
        ([row({7: OTHER}, key=1), B], (1, 7, OTHER), None, "mended"),
    ],
)
def test_a_correction_follows_where_the_value_still_stands(
    new: list[list[str]], cell: Cell, carried: int | None, reason: str | None
) -> None:
    expected = ([(1, cell[1], carried)], []) if carried else ([], [(1, cell[1], reason)])
    assert carry([A, B], new, cell) == expected


@pytest.mark.parametrize(
    ("old", "new", "carried", "reason"),
    [
        ([row(NO_KEY, key=1), B], [B, row(NO_KEY, key=1)], 2, None),
        ([row(NO_KEY, key=1), B], [B, A], 2, None),
        (
            [row({**NO_KEY, 9: "403010"}, key=1), row(NO_KEY, key=1)],
            [row(NO_KEY, key=1), row({**NO_KEY, 9: "403010"}, key=1)],
            2,
            None,
        ),
        ([row(NO_KEY, key=1), row(NO_KEY, key=1)], [row(NO_KEY, key=1), B], None, "unclear"),
        ([row(NO_KEY, key=1), B], [B, C], None, "gone"),
        ([row({**NO_KEY, 7: ""}, key=1), B], [row({**NO_KEY, 7: ""}, key=1), B], None, "gone"),
    ],
)
def test_without_anstallningsnummer_the_person_and_the_employment_tell(
    old: list[list[str]], new: list[list[str]], carried: int | None, reason: str | None
) -> None:
    expected = ([(1, 14, carried)], []) if carried else ([], [(1, 14, reason)])
    assert carry(old, new, (1, 14, "9999")) == expected


def test_an_old_file_with_the_key_twice_points_at_nobody() -> None:
    assert carry([A, A, B], [A, B], (1, 14, "9999"), (3, 14, "8888")) == ([(3, 14, 2)], [(1, 14, "unclear")])


def test_no_cells_give_nothing() -> None:
    assert carry([A], [A]) == ([], [])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_corrected_file_in_any_order_needs_no_corrections_and_the_delivered_one_keeps_them_all(seed: int) -> None:
    chance = random.Random(seed)
    rows = [row(key=key) for key in range(1, 21)]
    cells = [(number, 14, f"{chance.randint(1000, 9999)}") for number in sorted(chance.sample(range(1, 21), 6))]
    old = frame_of(rows)
    corrected = reading.apply_corrections(old, overlay(cells))
    order = chance.sample(range(20), 20)
    shuffled = frame_of([rows[place] for place in order])
    placed = carrying.carry(old, shuffled, frame_of_cells(*cells))
    assert placed.dropped.is_empty()
    assert {number: to for number, _, to in placed.carried.rows()} == {n: order.index(n - 1) + 1 for n, _, _ in cells}
    wanted = {number: new for number, _, new in cells}
    laid = reading.apply_corrections(shuffled, overlay([(to, 14, wanted[number]) for number, _, to in placed.carried.rows()]))
    assert sorted(laid[column(14)].to_list()) == sorted(corrected[column(14)].to_list())
    again = carrying.carry(old, corrected, frame_of_cells(*cells))
    assert again.carried.is_empty()
    assert set(again.dropped["reason"]) <= {"mended"}
