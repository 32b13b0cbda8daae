"""Every check of single rows: hit, miss and boundary, and that one slip gives one finding.

Each case changes a correct row and names *all* that is found on it.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.submissions.engine.rows import CHIEF, DOCTOR, GOTLAND, NURSE, SORMLAND, TEACHER, check, hourly, on_rows, person, row

TOO_LONG_NUMBER = "9" * 25

# id: (changes, the findings as "CHECK field")
MONTHLY: dict[str, tuple[dict[int, str], set[str]]] = {
    "correct": ({}, set()),
    # FMT01
    "letters in a number": ({20: "abc"}, {"FMT01 20"}),
    "decimal comma": ({22: "36500,50"}, {"FMT01 22"}),
    "decimal point": ({22: "36500.5"}, {"FMT01 22"}),
    "minus": ({23: "-100"}, {"FMT01 23"}),
    "plus": ({23: "+100"}, {"FMT01 23"}),
    "minus nought": ({20: "-0"}, {"FMT01 20"}),
    "blank inside": ({22: "36 500"}, {"FMT01 22"}),
    "wrong sign and too long": ({22: "36 500,000"}, {"FMT01 22"}),
    "25 signs, one no digit": ({22: TOO_LONG_NUMBER + "x"}, {"FMT01 22"}),
    "date with dashes": ({18: "2015-08-01"}, {"FIL10 18"}),
    "personnummer with dash": ({7: "811218-9876"}, {"FMT01 7"}),
    "orgnr with dash": ({3: "212000-2841"}, {"FMT01 3"}),
    "etikett with letter": ({9: "20601O"}, {"FMT01 9"}),
    "specialty with letter": ({9: DOCTOR, 13: "8011O"}, {"FMT01 13"}),
    # FMT02
    "too long text": ({6: "x" * 16}, {"FMT02 6"}),
    "as long as may be": ({6: "å" * 15}, set()),
    "too long number": ({22: "12345678"}, {"FMT02 22"}),
    "25 digits": ({22: TOO_LONG_NUMBER}, {"FMT02 22"}),
    "personnummer with century": ({7: "19" + person()}, {"FMT02 7"}),
    "etikett of seven": ({9: "2060100"}, {"FMT02 9"}),
    "too long code": ({15: "12"}, {"FMT02 15"}),
    "too long unit code": ({1: "04888"}, {"FMT02 1"}),
    "too long key": ({40: "A2345678901"}, {"FMT02 40"}),
    "too long date": ({18: "201508011"}, {"FMT02 18"}),
    # FMT03
    "no workplace": ({4: ""}, {"FMT03 4"}),
    "blanks only": ({4: "   "}, {"FMT03 4"}),
    "no personnummer": ({7: ""}, {"FMT03 7"}),
    "no etikett": ({9: "", 13: "80110"}, {"FMT03 9"}),
    "no verksamhet in a kommun": ({5: ""}, {"FMT03 5"}),
    "no form of pay": ({17: "", 20: "", 22: ""}, {"FMT03 17"}),
    "first day of noughts": ({18: "00000000"}, {"FMT03 18"}),
    "no key": ({40: ""}, {"FMT03 40"}),
    "free field empty": ({39: ""}, set()),
    # FMT04
    "30 February": ({18: "20150230"}, {"FMT04 18"}),
    "leap day": ({18: "20160229"}, set()),
    "no leap day": ({18: "20150229"}, {"FMT04 18"}),
    "no leap day at the century": ({18: "19000229"}, {"FMT04 18"}),
    "month 13": ({29: "20251301"}, {"FMT04 29"}),
    "month 0": ({30: "20250001"}, {"FMT04 30"}),
    "day 0": ({30: "20250100"}, {"FMT04 30"}),
    "six digits": ({18: "150801"}, {"FMT04 18"}),
    "end of time": ({16: "2", 19: "99991231"}, set()),
    "unknown last day is not a missing one": ({16: "2", 19: "20261345"}, {"FMT04 19"}),
    # FMT05
    "orgnr with wrong digit": ({3: "2120002842"}, {"FMT05 3"}),
    "orgnr of nine digits": ({3: "212000284"}, {"FMT05 3"}),
    # FMT06
    "personnummer with wrong digit": ({7: person()[:9] + str((int(person()[9]) + 1) % 10)}, {"FMT06 7"}),
    "personnummer of nine digits": ({7: person()[:9]}, {"FMT06 7"}),
    "personnummer without date": ({7: "8002300007"}, {"FMT06 7"}),
    "samordningsnummer": ({7: person(coordination=True)}, set()),
    "samordningsnummer without date": ({7: "8002910007"}, {"FMT06 7"}),
    "day 60": ({7: "8005600008"}, {"FMT06 7"}),
    # FMT08
    "15 on the day": ({7: person(born=date(2010, 11, 2))}, {"FMT08 7"}),
    "16 on the day": ({7: person(born=date(2010, 11, 1))}, set()),
    "75 on the day": ({7: person(born=date(1950, 11, 2))}, set()),
    "76 on the day": ({7: person(born=date(1950, 11, 1))}, {"FMT08 7"}),
    "13 on the day is a child": ({7: person(born=date(2013, 11, 1))}, {"FMT08 7"}),
    "a day younger is 112": ({7: person(born=date(1913, 11, 2))}, {"FMT08 7"}),
    # KOD01-KOD10
    "unlisted etikett": ({9: "999999"}, {"KOD01 9"}),
    "short etikett": ({9: "20601"}, {"KOD01 9"}),
    "unlisted etikett silences": ({9: "201099", 10: "M"}, {"KOD01 9"}),
    "unlisted responsibility": ({10: "D"}, {"KOD03 10"}),
    "responsibility in lower case": ({10: "c"}, set()),
    "unlisted specialty": ({9: DOCTOR, 13: "99999"}, {"KOD04 13"}),
    "short specialty": ({9: DOCTOR, 13: "8011"}, {"KOD04 13"}),
    "unlisted specialty beside unknown etikett": ({9: "999999", 13: "99999"}, {"KOD01 9", "KOD04 13"}),
    "unlisted agreement": ({15: "8"}, {"KOD05 15"}),
    "traineejobb in lower case": ({15: "a"}, set()),
    "removed form of employment": ({16: "5"}, {"KOD06 16"}),
    "unlisted form of employment": ({16: "7"}, {"KOD07 16"}),
    "form of employment 0": ({16: "0"}, {"KOD07 16"}),
    "form of pay 0": ({17: "0"}, {"KOD07 17"}),
    "unlisted verksamhet": ({5: "519"}, {"KOD08 5"}),
    "position of three digits": ({14: "206"}, {"KOD10 14"}),
    "position with a letter": ({14: "206A"}, {"KOD10 14"}),
    "position of five digits": ({14: "20600"}, {"KOD10 14"}),
    "position with a sign": ({14: "+206"}, {"KOD10 14"}),
    # LOG01, LOG02
    "doctor without specialty": ({9: DOCTOR}, {"LOG01 13"}),
    "doctor with specialty of noughts": ({9: DOCTOR, 13: "00000"}, {"LOG01 13"}),
    "doctor with specialty": ({9: DOCTOR, 13: "80110"}, set()),
    "last licensed doctor": ({9: "203090"}, {"LOG01 13"}),
    "unlicensed doctor without specialty": ({9: "204010"}, set()),
    "unlicensed doctor with specialty": ({9: "204090", 13: "80110"}, set()),
    "nurse with specialty": ({13: "80110"}, {"LOG02 13"}),
    "nurse with unlisted specialty": ({13: "99999"}, {"LOG02 13"}),
    "midwife with specialty": ({9: "205010", 13: "80110"}, {"LOG02 13"}),
    # LOG03-LOG05
    "chief without responsibility": ({9: CHIEF}, {"LOG03 10"}),
    "chief with responsibility": ({9: CHIEF, 10: "A"}, set()),
    "chief with unknown responsibility": ({9: CHIEF, 10: "X"}, {"KOD03 10"}),
    "M on a nurse": ({10: "M"}, {"LOG04 10"}),
    "M on a doctor": ({9: DOCTOR, 13: "80110", 10: "M"}, set()),
    "M on an unlicensed doctor": ({9: "204010", 10: "M"}, {"LOG04 10"}),
    "L on a doctor": ({9: DOCTOR, 13: "80110", 10: "L"}, {"LOG05 10"}),
    "L on an unlicensed doctor": ({9: "204010", 10: "L"}, set()),
    "L on a nurse": ({10: "L"}, set()),
    # LOG06, LOG08
    "no share": ({20: ""}, {"LOG06 20"}),
    "share of noughts": ({20: "00000"}, {"LOG06 20"}),
    "no salary": ({22: "0000000"}, {"LOG06 22"}),
    "neither share nor salary": ({20: "", 22: ""}, {"LOG06 20"}),
    "unknown share, no salary": ({20: "x", 22: ""}, {"FMT01 20", "LOG06 22"}),
    "whole": ({20: "10000"}, set()),
    "more than whole": ({20: "10001"}, {"LOG08 20"}),
    # LOG09-LOG13
    "permanent, ended in October": ({19: "20261031"}, {"LOG09 19"}),
    "permanent, ends on the day": ({19: "20261101"}, set()),
    "temporary, ended in October": ({16: "2", 19: "20261031"}, set()),
    "temporary without end": ({16: "4"}, {"LOG10 19"}),
    "temporary with end": ({16: "4", 19: "20270131"}, set()),
    "begins on 30 November": ({18: "20261130"}, set()),
    "begins on 1 December": ({18: "20261201"}, {"LOG11 18"}),
    "leave without reason": ({27: "10000"}, {"LOG12 28"}),
    "a little leave without reason": ({27: "00001"}, {"LOG12 28"}),
    "leave with reason": ({27: "10000", 28: "02"}, set()),
    "reason without leave": ({28: "02"}, set()),
    # LOG16
    "teacher on 512": ({9: TEACHER, 5: "512"}, {"LOG16 9"}),
    "teacher on 513": ({9: "401010", 5: "513"}, {"LOG16 9"}),
    "teacher on 440": ({9: TEACHER, 5: "440"}, set()),
    "nurse on 512": ({5: "512"}, set()),
    # RIM01-RIM03, RIM08
    "17 999": ({22: "17999"}, {"RIM01 22"}),
    "18 000": ({22: "18000"}, set()),
    "10 000": ({22: "10000"}, {"RIM01 22"}),
    "9 999": ({22: "9999"}, {"RIM03 22"}),
    "120 000": ({22: "120000"}, set()),
    "120 001": ({22: "120001"}, {"RIM02 22"}),
    "250 000": ({22: "250000"}, {"RIM02 22"}),
    "250 001": ({22: "250001"}, {"RIM03 22"}),
    "9,99 percent": ({20: "00999"}, {"RIM08 20"}),
    "10 percent": ({20: "01000"}, set()),
    # two slips
    "two slips, two findings": ({4: "", 15: "8"}, {"FMT03 4", "KOD05 15"}),
}
HOURLY: dict[str, tuple[dict[int, str], set[str]]] = {
    "correct": ({}, set()),
    "no pay": ({24: "000000"}, {"LOG07 24"}),
    "no hours": ({25: ""}, {"LOG07 25"}),
    "neither": ({24: "", 25: ""}, {"LOG07 24"}),
    "temporary without end": ({16: "2"}, set()),
    "permanent": ({16: "1"}, {"LOG13 17"}),
    "89,99 kr": ({24: "008999"}, {"RIM04 24"}),
    "90 kr": ({24: "009000"}, set()),
    "900 kr": ({24: "090000"}, set()),
    "900,01 kr": ({24: "090001"}, {"RIM04 24"}),
    "250 hours": ({25: "25000"}, set()),
    "250,01 hours": ({25: "25001"}, {"RIM07 25"}),
    "unknown pay": ({24: "165,00"}, {"FMT01 24"}),
}
REGION: dict[str, tuple[dict[int, str], set[str]]] = {
    "verksamhet is free": ({5: ""}, set()),
    "verksamhet is not checked": ({5: "519"}, set()),
    "own position": ({14: "kat01"}, set()),
    "position that is not explained": ({14: "KAT99"}, {"KOD09 14"}),
    "assistant nurse": ({14: "USK", 9: "207010"}, set()),
    "assistant nurse as nurse": ({14: "USK"}, {"LOG14 9"}),
    "assistant nurse, temporary": ({14: "USK", 16: "2", 19: "20270101"}, set()),
    "assistant nurse with unknown etikett": ({14: "USK", 9: "207006"}, {"KOD01 9"}),
    "teacher on 512": ({9: TEACHER, 5: "512"}, set()),
}
POSITIONS = {"KAT01": "Sjuksköterska", "USK": "Specialistundersköterska, natt", "2060": "Sjuksköterska"}


def found_on(values: list[str], **known: object) -> set[str]:
    findings = check([values], **known)
    assert findings.accepted
    return {f"{code} {field}" for _, code, field in on_rows(findings)}


@pytest.mark.parametrize(("changes", "expected"), [pytest.param(*case, id=name) for name, case in MONTHLY.items()])
def test_monthly_paid_in_a_kommun(changes: dict[int, str], expected: set[str]):
    assert found_on(row(changes)) == expected


@pytest.mark.parametrize(("changes", "expected"), [pytest.param(*case, id=name) for name, case in HOURLY.items()])
def test_hourly_paid(changes: dict[int, str], expected: set[str]):
    assert found_on(hourly(changes)) == expected


@pytest.mark.parametrize(("changes", "expected"), [pytest.param(*case, id=name) for name, case in REGION.items()])
def test_region(changes: dict[int, str], expected: set[str]):
    values = row({14: "KAT01", **changes}, unit=SORMLAND)
    assert found_on(values, unit=SORMLAND, positions=POSITIONS) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({9: NURSE, 5: ""}, {"FMT03 5", "LOG17 5"}),
        ({9: "251010", 5: ""}, {"FMT03 5", "LOG17 5"}),
        ({9: NURSE}, set()),
        ({9: TEACHER, 5: ""}, {"FMT03 5"}),
    ],
)
def test_health_care_on_gotland(changes: dict[int, str], expected: set[str]):
    assert found_on(row(changes, unit=GOTLAND), unit=GOTLAND) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({5: "440", 14: "3510", 9: "351014"}, {"LOG15 9"}),
        ({5: "440", 14: "3510", 9: "351015"}, set()),
        ({5: "435", 14: "3510", 9: "351014"}, {"LOG15 9"}),
        ({5: "510", 14: "3510", 9: "351014"}, set()),
        ({5: "440", 14: "2060", 9: "351014"}, set()),
    ],
)
def test_pedagogue_in_a_school(changes: dict[int, str], expected: set[str]):
    assert found_on(row(changes), positions={"3510": "SOCIALPEDAGOG, resursteam", "2060": "Sjuksköterska"}) == expected


def test_rows_of_another_unit_among_ours():
    findings = check([row(key=1), row({1: "0480"}, key=2), row({1: "480"}, key=3)])
    assert on_rows(findings) == [(2, "FIL04", 1), (3, "FIL04", 1)]


def test_a_row_without_code_does_not_bear_anothers():
    findings = check([row({1: ""}, key=1), row({1: "0480"}, key=2)])
    assert findings.accepted
    assert on_rows(findings) == [(1, "FMT03", 1), (2, "FIL04", 1)]
