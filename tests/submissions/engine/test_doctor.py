"""What a spreadsheet does to a file: one finding for one slip, and the repair that has one right answer."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from submissions.checking import repairs
from tests.submissions.engine.rows import SPEC, as_file, check, hourly, on_rows, person, row

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
