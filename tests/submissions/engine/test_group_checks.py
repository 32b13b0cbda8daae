"""Checks of groups of rows (DUB, RIM05, RIM06) and of the whole file (FIL, FMT07, AGG)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from submissions.checking import messages
from tests.submissions.engine.rows import (
    SORMLAND,
    SPEC,
    as_file,
    check,
    frame_of,
    hourly,
    on_file,
    on_rows,
    person,
    row,
)

HALF = {20: "05000"}
ANNA = person(1)


def rows(count: int, changes: dict[int, str] | None = None, *, start: int = 1) -> list[list[str]]:
    return [row(changes, key=key) for key in range(start, start + count)]


# DUB ------------------------------------------------------------------------------------------------------------------


def test_repeated_key_is_found_on_every_row_of_the_group():
    same = [row({40: "A1", 7: person(number)}) for number in range(3)]
    assert on_rows(check([*same, row(key=9)])) == [(1, "DUB01", 40), (2, "DUB01", 40), (3, "DUB01", 40)]


def test_keys_are_compared_as_they_stand_but_for_blanks():
    same = [row({40: " a1 "}, key=1), row({40: "A1"}, key=2), row({40: "A1  "}, key=3)]
    assert on_rows(check(same)) == [(2, "DUB01", 40), (3, "DUB01", 40)]


def test_empty_and_too_long_keys_are_not_repeated():
    found = check([row({40: ""}, key=1), row({40: ""}, key=2), row({40: "A" * 11}, key=3), row({40: "A" * 11}, key=4)])
    assert {code for _, code, _ in on_rows(found)} == {"FMT03", "FMT02"}


def test_identical_rows_are_not_repeated_keys_too():
    found = check([hourly(key=1), hourly(key=2), hourly(key=1), hourly({4: "00099"}, key=1)])
    assert on_rows(found) == [(1, "DUB04", None), (3, "DUB04", None), (4, "DUB01", 40)]
    assert found.frame.filter(found.frame["check"] == "DUB04")["n"].to_list() == [3, 1]


def test_identical_but_for_the_name():
    first, second = hourly({8: "Anna Ek"}, key=1), hourly({8: "Bo Ek"}, key=1)
    assert on_rows(check([first, second])) == [(1, "DUB04", None), (2, "DUB04", None)]


def test_identical_after_kind_reading():
    found = check([hourly({10: "c", 19: "00000000"}, key=1), hourly({10: "C", 19: ""}, key=1)])
    assert [code for _, code, _ in on_rows(found)] == ["DUB04", "DUB04"]


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, [1, 2, 3, 4])])
def test_many_employments(count: int, expected: list[int]):
    found = check([hourly({7: ANNA}, key=key) for key in range(1, count + 1)])
    assert [line for line, code, _ in on_rows(found) if code == "DUB02"] == expected


def test_a_faulty_personnummer_is_nobody():
    wrong = ANNA[:9] + str((int(ANNA[9]) + 1) % 10)
    found = check([hourly({7: wrong}, key=key) for key in range(1, 6)])
    assert {code for _, code, _ in on_rows(found)} == {"FMT06"}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (("10000", "01000"), []),
        (("10000", "01001"), [1, 2]),
        (("06000", "05001"), [1, 2]),
        (("04000", "04000", "04000"), [1, 2, 3]),
    ],
)
def test_more_than_full_time(shares: tuple[str, ...], expected: list[int]):
    found = check([row({7: ANNA, 20: share}, key=key) for key, share in enumerate(shares, 1)])
    assert [line for line, code, _ in on_rows(found) if code == "DUB03"] == expected


def test_who_takes_no_part_in_more_than_full_time():
    away = row({7: ANNA, 27: "10000", 28: "02"}, key=2)
    by_hour = hourly({7: ANNA}, key=3)
    above = row({7: ANNA, 20: "10001"}, key=4)
    found = check([row({7: ANNA}, key=1), away, by_hour])
    assert on_rows(found) == []
    assert on_rows(check([row({7: ANNA}, key=1), above])) == [(2, "LOG08", 20)]
    partly = row({7: ANNA, 27: "09999", 28: "02"}, key=2)
    assert [code for _, code, _ in on_rows(check([row({7: ANNA}, key=1), partly]))] == ["DUB03", "DUB03"]


# RIM05, RIM06 ---------------------------------------------------------------------------------------------------------


def salaries(*amounts: int) -> list[list[str]]:
    return [row({22: str(amount)}, key=key) for key, amount in enumerate(amounts, 1)]


SPREAD = (30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000)  # median 34 500 and MAD 2 500 with a tenth


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ((*SPREAD, 90000), [10]),
        ((*SPREAD, 49000), []),  # z = 0.6745 · 14 500 / 2 500 = 3.9
        ((*SPREAD, 49500), [10]),  # z = 4.05
        ((*SPREAD[:8], 90000), []),  # nine rows
        ((34000,) * 9 + (90000,), []),  # MAD 0
    ],
)
def test_salary_far_from_the_others(amounts: tuple[int, ...], expected: list[int]):
    assert [line for line, code, _ in on_rows(check(salaries(*amounts))) if code == "RIM05"] == expected


def test_an_absurd_salary_is_one_finding():
    assert on_rows(check(salaries(*SPREAD, 3450000), previous=frame_of(salaries(*SPREAD, 34500)))) == [(10, "RIM03", 22)]


@pytest.mark.parametrize(
    ("before", "now", "found"), [(30000, 30000, False), (30000, 29999, True), (30000, 36000, False), (30000, 36001, True)]
)
def test_salary_against_last_year(before: int, now: int, found: bool):
    findings = check([row({22: str(now)})], previous=frame_of([row({22: str(before), 40: "OLD"})]))
    assert ((1, "RIM06", 22) in on_rows(findings)) is found


def test_another_etikett_is_another_salary():
    assert on_rows(check([row({22: "60000"})], previous=frame_of([row({9: "206011"})]))) == []


# The whole file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "found"), [(1, False), (2, True)])
def test_share_of_samordningsnummer_above_one_percent(count: int, found: bool):
    odd = [row({7: person(number, coordination=True)}, key=number + 1) for number in range(count)]
    findings = check([*odd, *rows(100 - count, start=50)])
    assert ("FMT07" in on_file(findings)) is found


def test_every_row_of_another_unit_is_refused_and_named():
    findings = check(rows(3), unit="0480", unit_names={"0488": "Trosa"})
    assert not findings.accepted
    assert findings.frame.height == 1
    sentence = messages.render(findings.frame.row(0, named=True), SPEC)
    assert "0488" in sentence
    assert "0480" in sentence
    assert "Trosa" in sentence


def test_what_the_portal_knows_of_earlier_files():
    known = {"sha256": "ab", "earlier": {"ab": date(2026, 11, 12)}, "replaces": date(2026, 11, 13)}
    findings = check(rows(1), **known)
    assert {"FIL05", "FIL06"} <= on_file(findings)
    sentences = [messages.render(found, SPEC) for found in findings.frame.iter_rows(named=True)]
    assert any("2026-11-12" in sentence for sentence in sentences)
    assert {"FIL07"} == on_file(check(rows(1), is_test=True)) & {"FIL05", "FIL06", "FIL07"}


def with_rows(base: list[list[str]], count: int, changes: dict[int, str]) -> list[list[str]]:
    """The rows with the first `count` of them changed."""
    return [
        [changes.get(place, value) for place, value in enumerate(values, 1)] if i < count else values
        for i, values in enumerate(base)
    ]


AGGREGATES: dict[str, tuple[list[list[str]], list[list[str]], str, bool]] = {
    # last year, this year, check, found
    "15 percent fewer monthly": (rows(100), rows(85), "AGG01", False),
    "16 percent fewer monthly": (rows(100), rows(84), "AGG01", True),
    "hourly from 20 to 25": ([hourly(key=k) for k in range(20)], [hourly(key=k) for k in range(25)], "AGG02", False),
    "hourly from 20 to 26": ([hourly(key=k) for k in range(20)], [hourly(key=k) for k in range(26)], "AGG02", True),
    "nine new hourly": (rows(1), [hourly(key=k) for k in range(9)], "AGG02", False),
    "ten new hourly": (rows(1), [hourly(key=k) for k in range(10)], "AGG02", True),
    "etikett from 10 to 13": (rows(10), rows(13), "AGG03", False),
    "etikett from 10 to 14": (rows(10), rows(14), "AGG03", True),
    "etikett from 6 to 9": (rows(6), rows(9), "AGG03", False),
    "etikett from 0 to 10": (rows(10, {9: "206011"}), rows(10), "AGG03", True),
    "10 percent changed etikett": (rows(20), with_rows(rows(20), 2, {9: "206011"}), "AGG04", False),
    "15 percent changed etikett": (rows(20), with_rows(rows(20), 3, {9: "206011"}), "AGG04", True),
    "salary up by 8 percent": (rows(10, {22: "30000"}), rows(10, {22: "32400"}), "AGG05", False),
    "salary up by more": (rows(10, {22: "30000"}), rows(10, {22: "32401"}), "AGG05", True),
    "salary down": (rows(10, {22: "30000"}), rows(10, {22: "29999"}), "AGG05", True),
    "5 points less full time": (rows(20), with_rows(rows(20), 1, HALF), "AGG06", False),
    "10 points less full time": (rows(20), with_rows(rows(20), 2, HALF), "AGG06", True),
    "chiefs from 5 to 6": (rows(5, {10: "C"}), rows(6, {10: "C"}), "AGG07", False),
    "chiefs from 5 to 7": (rows(5, {10: "C"}), rows(7, {10: "A"}), "AGG07", True),
    "chiefs from 2 to 4": (rows(2, {10: "C"}), rows(4, {10: "C"}), "AGG07", False),
    "512 from 10 to 12": (rows(10, {5: "512"}), rows(12, {5: "512"}), "AGG09", False),
    "512 from 10 to 13": (rows(10, {5: "512"}), rows(13, {5: "512"}), "AGG09", True),
    "513 from 5 to 9": (rows(5, {5: "513"}), rows(9, {5: "513"}), "AGG09", False),
    "512 from 0 to 20": (rows(20), rows(20, {5: "512"}), "AGG09", False),
    "25 percent gone": (rows(20), rows(15), "AGG10", False),
    "30 percent gone": (rows(20), rows(14), "AGG10", True),
}


@pytest.mark.parametrize(
    ("before", "now", "code", "found"), [pytest.param(*case, id=f"{case[2]} {name}") for name, case in AGGREGATES.items()]
)
def test_against_last_year(before: list[list[str]], now: list[list[str]], code: str, found: bool):
    assert (code in on_file(check(now, previous=frame_of(before)))) is found


@pytest.mark.parametrize(
    ("now", "code", "found"),
    [
        (rows(2), "AGG08", True),
        (with_rows(rows(2), 1, {10: "A"}), "AGG08", False),
        (with_rows(rows(10), 1, {39: "N"}), "AGG11", False),
        (with_rows(rows(9), 1, {39: "n"}), "AGG11", True),
        (rows(199), "AGG12", False),
        (rows(200), "AGG12", True),
        (with_rows(rows(200), 1, {27: "10000", 28: "01"}), "AGG12", False),
    ],
)
def test_figures_of_one_year(now: list[list[str]], code: str, found: bool):
    assert (code in on_file(check(now))) is found


def test_large_units_bear_less_change():
    before, now = rows(1000), rows(890)
    assert "AGG01" in on_file(check(now, previous=frame_of(before)))
    assert "AGG01" not in on_file(check(rows(900), previous=frame_of(before)))


def test_without_last_year_the_comparisons_are_named_as_not_made():
    skipped = {left_out.check: left_out.reason for left_out in check(rows(1)).not_run}
    assert {"RIM06", "AGG01", "AGG10"} <= set(skipped)
    assert "förra året" in skipped["AGG01"]
    assert "kodförteckning" in skipped["LOG14"]
    assert not any(code.startswith("KOM") for code in skipped)
    assert "KOD09" in {left_out.check for left_out in check([row(unit=SORMLAND)], unit=SORMLAND).not_run}


def test_rows_of_the_wrong_width_take_part_in_no_check():
    lines = as_file(rows(3)).split(b"\r\n")
    findings = check(b"\r\n".join([lines[0], lines[1] + b";x", lines[2].replace(b"A00003", b"A00001"), b""]))
    assert on_rows(findings) == [(1, "DUB01", 40), (2, "FIL02", None), (3, "DUB01", 40)]
    first: dict[str, Any] = findings.frame.row(0, named=True)
    sentence = messages.render(first, SPEC)
    assert sentence == "Filen stämmer inte med postbeskrivningen: rad 2 har 41 fält, ska ha 40."
