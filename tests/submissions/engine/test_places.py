"""Where a row stands, told as people count: the line of the file, or of one of several files."""

from __future__ import annotations

import pytest

from submissions.frames import part_and_line, place


@pytest.mark.parametrize(
    ("row", "firsts", "words"),
    [
        (17, (), "rad 17"),
        (17, (1,), "rad 17"),
        (1, (1, 101), "del 1, rad 1"),
        (100, (1, 101), "del 1, rad 100"),
        (101, (1, 101), "del 2, rad 1"),
        (117, (1, 101, 301), "del 2, rad 17"),
        (301, (1, 101, 301), "del 3, rad 1"),
    ],
)
def test_a_row_is_told_by_its_part_and_line(row: int, firsts: tuple[int, ...], words: str):
    assert place(row, firsts) == words
    part, line = part_and_line(row, firsts)
    assert (firsts[part - 1] if firsts else 1) + line - 1 == row
