"""What an explanation covers in the next file: the same findings in any order, never a new row or a changed value."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import checking
from submissions.checking.registry import FINDING_SCHEMA
from submissions.services.marks import Cover, Marks, cover_of, marks_of
from tests.submissions.engine.rows import as_file, check, row

SALT = b"s" * 32


def findings(*rows: dict[str, Any]) -> pl.DataFrame:
    """Findings of one group on rows."""
    base = {"check": "RIM01", "level": "varning", "field": 22, "key": None, "value": None, "v": None, "a": None, "b": None}
    return pl.DataFrame([{**base, "row": None, "n": None, **row} for row in rows], schema=FINDING_SCHEMA)


def marks(found: pl.DataFrame, frame: pl.DataFrame | None = None, salt: bytes = SALT) -> Marks:
    """Their marks; the file's rows are asked for only where they must be."""

    def rows() -> pl.DataFrame:
        assert frame is not None, "every finding has an anställningsnummer"
        return frame

    return marks_of(salt, found, rows)


def cover(then: pl.DataFrame, now: pl.DataFrame) -> Cover:
    return cover_of(marks(then), marks(now))


def people(*values: tuple[str, str]) -> pl.DataFrame:
    return findings(*({"row": number, "key": key, "value": value} for number, (key, value) in enumerate(values, 1)))


@pytest.mark.parametrize(
    ("now", "held", "missing"),
    [
        ([("A1", "100"), ("A2", "200")], 2, 0),
        ([("A2", "200"), ("A1", "100")], 2, 0),
        ([("A2", "200")], 1, 0),
        ([("A1", "100"), ("A2", "201")], 1, 1),
        ([("A1", "200"), ("A2", "100")], 0, 2),
        ([("A1", "100"), ("A2", "200"), ("A3", "100")], 2, 1),
        ([("A1", "100"), ("A1", "100")], 1, 1),
    ],
)
def test_the_same_person_with_the_same_value_is_covered(now: list[tuple[str, str]], held: int, missing: int) -> None:
    reached = cover(people(("A1", "100"), ("A2", "200")), people(*now))
    assert (reached.held, reached.missing, reached.is_whole) == (held, missing, missing == 0)


def test_a_row_without_anstallningsnummer_goes_by_the_person() -> None:
    then = marks(
        findings({"row": 3, "value": "100"}),
        pl.DataFrame({"row": [3], "f7": ["8001011234"]}, schema_overrides={"row": pl.UInt32}),
    )
    frame = pl.DataFrame({"row": [7, 8], "f7": ["8001011234", "8001015678"]}, schema_overrides={"row": pl.UInt32})
    assert cover_of(then, marks(findings({"row": 7, "value": "100"}), frame)).is_whole
    assert not cover_of(then, marks(findings({"row": 8, "value": "100"}), frame)).is_whole
    assert not cover_of(then, marks(findings({"row": 9, "value": "100"}), frame)).is_whole


def test_marks_of_another_submission_cover_nothing() -> None:
    found = people(("A1", "100"))
    assert cover_of(marks(found, salt=b"t" * 32), marks(found)).held == 0


@pytest.mark.parametrize(
    ("then", "now", "is_held"),
    [
        ({"v": "-20"}, {"v": "-20"}, True),
        ({"v": "-20"}, {"v": "-22"}, True),
        ({"v": "-20"}, {"v": "-22,1"}, False),
        ({"v": "-20"}, {"v": "-3"}, True),
        ({"v": "-20"}, {"v": "20"}, False),
        ({"v": "7,4"}, {"v": "8,1"}, True),
        ({"v": "7,4"}, {"v": "8,2"}, False),
        ({"a": "10", "b": "30"}, {"a": "10", "b": "32"}, True),
        ({"a": "10", "b": "30"}, {"a": "10", "b": "33"}, False),
        ({"a": "30", "b": "10"}, {"a": "30", "b": "5"}, False),
        ({"n": 10}, {"n": 11}, True),
        ({"n": 10}, {"n": 12}, False),
        ({}, {}, True),
        ({"value": "512", "v": "5"}, {"value": "513", "v": "5"}, False),
    ],
)
def test_a_figure_of_the_whole_file_holds_until_it_has_moved_a_tenth_further_from_0(
    then: dict[str, Any], now: dict[str, Any], is_held: bool
) -> None:
    reached = cover(findings(then), findings(now))
    assert reached.is_whole == is_held
    assert (reached.then is not None) == (not is_held and "value" not in then)


def test_more_rows_added_to_an_explanation_keep_the_earlier_ones() -> None:
    first, second = marks(people(("A1", "1"), ("A2", "2"))), marks(people(("A2", "2"), ("A3", "3")))
    assert cover_of(second | first, marks(people(("A1", "1"), ("A2", "2"), ("A3", "3")))).is_whole
    newer = marks(findings({"v": "9"})) | marks(findings({"v": "5"}))
    assert [figure["v"] for figure in newer.figures] == ["9"]


@given(seed=st.integers(0, 10_000), share=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_fingerprints_survive_reordering_and_new_and_changed_rows_are_never_covered(seed: int, share: float) -> None:
    """A file of low salaries and odd hours, then the same one shuffled with some rows changed and some added."""
    chance = random.Random(seed)
    rows = [row({22: f"{chance.randint(5_000, 9_000):07d}"}, key=key) for key in range(1, 31)]
    changed = {key for key in range(1, 31) if chance.random() > share}
    later = [row({22: f"{int(one[21]) + 1_000:07d}"}, key=key) if key in changed else one for key, one in enumerate(rows, 1)]
    later += [row({22: "0006000"}, key=key) for key in range(31, 34)]
    chance.shuffle(later)
    then, now = check(as_file(rows)).frame, check(as_file(later)).frame
    for group in checking.groups(now).iter_rows(named=True):
        if group["check"] not in ("RIM01", "RIM03"):
            continue
        of_group = [checking.group_rows(frame, group["check"], 22, None) for frame in (then, now)]
        kept = {(key, value) for key, value in of_group[0].select("key", "value").iter_rows()}
        same = sum(1 for cell in of_group[1].select("key", "value").iter_rows() if cell in kept)
        assert cover(*of_group).held == same
