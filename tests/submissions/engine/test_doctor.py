"""What a spreadsheet does to a file: one finding for one slip, and the repair that has one right answer."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from submissions.checking import repairs
from tests.submissions.engine.rows import SPEC, as_file, check, frame_of, hourly, on_rows, person, row

YOUNG = person(born=date(2001, 3, 4))  # a number that begins with a zero
FIRST_DAYS = person(born=date(2000, 1, 2))  # and one with three


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({7: YOUNG[1:]}, {"FIL09 7"}),
        ({7: FIRST_DAYS.lstrip("0")}, {"FIL09 7"}),
        ({7: YOUNG[1:-1] + str((int(YOUNG[-1]) + 1) % 10)}, {"FMT06 7"}),  # another digit is wrong: no lost zero
        ({7: "123"}, {"FMT06 7"}),
        ({1: "488"}, {"FIL09 1"}),
        ({1: "480"}, {"FIL04 1"}),
        ({27: "05000", 28: "1"}, {"FIL09 28"}),
        ({27: "05000", 28: "8"}, set()),  # no such reason: not ours to say
        ({7: "8,00518E+09"}, {"FIL08 7"}),
        ({7: "8.1e+9"}, {"FIL08 7"}),
        ({22: "3,65E+04"}, {"FIL08 22"}),
        ({22: "3E"}, {"FMT01 22"}),
        ({18: "42217"}, {"FIL10 18"}),
        ({18: "2015-08-01 00:00:00"}, {"FIL10 18"}),
        ({18: "2015-13-01"}, {"FIL10 18"}),
        ({18: "15-08-01"}, {"FMT01 18"}),
        ({18: "19999"}, {"FMT04 18"}),
        ({6: "HemtjÃ¤nst"}, {"FIL11 6"}),
        ({6: "São Paulo"}, set()),
    ],
)
def test_damage_is_told_once_and_by_its_cause(changes: dict[int, str], found: set[str]):
    data = as_file([row(changes, key=1), row(key=2), hourly(key=3)], encoding="utf-8")
    assert {f"{code} {field}" for number, code, field in on_rows(check(data)) if number == 1} == found


def test_a_file_of_ours_that_lost_its_zeros_is_not_another_units():
    findings = check([row({1: "488"}, key=key) for key in range(1, 6)])
    assert findings.accepted
    assert {code for _, code, _ in on_rows(findings)} == {"FIL09"}


@pytest.mark.parametrize(
    ("check_code", "field", "old", "new"),
    [
        ("FIL09", 7, YOUNG[1:], YOUNG),
        ("FIL09", 7, FIRST_DAYS.lstrip("0"), FIRST_DAYS),
        ("FIL09", 1, "488", "0488"),
        ("FIL09", 28, "1", "01"),
        ("FIL10", 18, "42217", "20150801"),
        ("FIL10", 18, "2015-08-01", "20150801"),
        ("FIL10", 18, "2015-08-01 00:00:00", "20150801"),
        ("FIL11", 6, "GÃ¶ran pÃ¥ Ã…sen", "Göran på Åsen"),
    ],
)
def test_what_has_one_right_answer_is_mended(check_code: str, field: int, old: str, new: str):
    (repair,) = repairs.offered(check_code, SPEC.layout[field], pl.Series([old]))
    assert repairs.repaired(pl.Series([old]), repair, SPEC.layout[field]).to_list() == [new]


def test_lost_digits_are_not_guessed():
    assert repairs.offered("FIL08", SPEC.layout[7], pl.Series(["8,00518E+09"])) == []


# The whole file --------------------------------------------------------------------------------------------------------


def moved(values: list[str], first: int, last: int, side: int) -> list[str]:
    """The fields from `first` to `last` moved one step; what falls over the edge is lost, what opens is empty."""
    inner = values[first - 1 : last]
    inner = ["", *inner[:-1]] if side > 0 else [*inner[1:], ""]
    return [*values[: first - 1], *inner, *values[last:]]


@pytest.mark.parametrize(
    ("first", "last", "side", "told"),
    [
        (9, 40, 1, (9, "höger", "10")),
        (2, 40, 1, (3, "höger", "4")),
        (18, 40, 1, (18, "höger", "19")),
        (8, 40, -1, (18, "vänster", "17")),
        (2, 39, -1, (3, "vänster", "2")),
        (4, 30, -1, (7, "vänster", "6")),
        (19, 40, -1, (21, "vänster", "20")),
    ],
)
@pytest.mark.parametrize("rows", [range(1, 21), range(8, 14)], ids=["all", "some"])
def test_shifted_columns_are_told_once(first: int, last: int, side: int, told: tuple[int, str, str], rows: range):
    table = [row(key=key) for key in range(1, 21)]
    found = check([moved(r, first, last, side) if key in rows else r for key, r in enumerate(table, 1)])
    shifted = found.frame.filter(pl.col("check") == "FIL12")
    assert shifted.select("row", "field", "v", "a", "b", "n").rows() == [(None, *told, f"rad {rows[0]}", len(rows))]


def test_a_few_shifted_rows_are_told_as_rows():
    table = [row(key=key) for key in range(1, 21)]
    table[6] = moved(table[6], 9, 40, 1)
    assert "FIL12" not in set(check(table).frame["check"])


STARTS = [*["20130901"] * 30, *["20250901"] * 20]


@pytest.mark.parametrize(
    ("starts", "ends", "year"),
    [
        (STARTS, [], "2025"),
        ([*STARTS, "20260105"], [], None),
        ([*["20130901"] * 30, *["20250901"] * 19], [], None),
        ([*["20130901"] * 30, *["20251201"] * 20], [], None),
        ([*["20130901"] * 30, *["20251130"] * 20], [], "2025"),
        ([*["20130901"] * 30, *["20230901"] * 20], [], "2023"),
        ([*["20130901"] * 30, *["20220901"] * 20], [], None),
        ([*["20130901"] * 30, "20250901"], ["20260630"] * 5, "2025"),
        ([*["20130901"] * 30, "20250901"], ["20260630"] * 4, None),
        ([*["20130901"] * 30, "20250901"], [*["20260630"] * 5, *["20261231"] * 5], None),
        ([*["20130901"] * 30, *["20270901"] * 20], [], "2027"),
        ([*["20130901"] * 30, *["20270901"] * 19], [], None),
    ],
)
def test_dates_of_another_year(starts: list[str], ends: list[str], year: str | None):
    rows = [
        row({18: start, **({16: "2", 19: ends[key]} if key < len(ends) else {})}, key=key + 1) for key, start in enumerate(starts)
    ]
    found = check(rows).frame.filter(pl.col("check") == "FIL13")
    assert found["v"].to_list() == ([year] if year else [])


@pytest.mark.parametrize(("same", "told"), [(200, 200), (190, 190), (189, None)])
def test_the_rows_of_last_year(same: int, told: int | None):
    before = [row(key=key) for key in range(1, 201)]
    now = [row({} if key <= same else {22: "0037200"}, key=key) for key in range(1, 201)]
    found = check(now, previous=frame_of(before)).frame.filter(pl.col("check") == "FIL14")
    assert found["n"].to_list() == ([told] if told else [])
