"""Personnummer and samordningsnummer, against two public packages and by table."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from personnummer import personnummer as oracle
from stdnum.se import personnummer as stdnum_oracle

from config.lib import personnummer

ON = date(2026, 11, 1)


def test_numbers_we_build_pass_both_oracles():
    rng = Random(1)
    for _ in range(400):
        born = date(1940, 1, 1) + timedelta(days=rng.randrange(25_000))
        number = personnummer.build(born, rng.choice(personnummer.TEST_SERIES))
        assert oracle.valid(number)
        assert stdnum_oracle.is_valid(number)
        read = personnummer.parse(number, on=ON)
        assert read.born == born
        assert read.is_woman == oracle.parse(number).is_female()
        assert read.is_test_number


def test_oracle_agrees_on_every_check_digit():
    for nine in ("811218987", "640823323", "121212121", "900118983"):
        for last in "0123456789":
            assert personnummer.is_valid(nine + last, on=ON) == oracle.valid(nine + last)


@pytest.mark.parametrize(
    ("digits", "year"),
    [
        ("13", 2013),  # 13 on the measurement day itself
        ("14", 1914),
        ("00", 2000),
        ("26", 1926),
        ("99", 1999),
    ],
)
def test_century_is_the_latest_that_gives_thirteen_years(digits: str, year: int):
    assert personnummer.birth_year(int(digits), 11, 1, on=ON) == year


def test_thirteen_is_counted_to_the_day():
    assert personnummer.birth_year(13, 11, 2, on=ON) == 1913


def test_leap_day_exists_only_in_the_century_that_was_chosen():
    number = personnummer.build(date(2000, 2, 29), 981)
    assert personnummer.parse(number, on=ON).born == date(2000, 2, 29)
    assert not personnummer.is_valid(number, on=date(2012, 11, 1))  # then 1900, which had no leap day


def test_age_turns_on_the_birthday():
    born = date(1981, 12, 18)
    assert personnummer.age_between(born, date(2026, 12, 17)) == 44
    assert personnummer.age_between(born, date(2026, 12, 18)) == 45
    assert personnummer.parse(personnummer.build(born, 980), on=ON).age(ON) == 44


def test_samordningsnummer_is_read_and_told_apart():
    number = personnummer.build(date(1970, 10, 3), 982, is_coordination=True)
    assert number.startswith("701063")
    read = personnummer.parse(number, on=ON)
    assert read.is_coordination
    assert read.born == date(1970, 10, 3)
    assert read.sex == "kvinna"
    assert oracle.valid(number)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "811218987",
        "81121898760",
        "811218-9876",
        "81121898a6",
        "8112189877",
        "8113189876",
        "8102309876",
        "8112929876",
        "811260987²",
        "٨١١٢١٨٩٨٧٦",
    ],
)
def test_wrong_numbers_are_refused_without_being_repeated(value: str):
    with pytest.raises(personnummer.InvalidPersonnummer) as refused:
        personnummer.parse(value, on=ON)
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("8112189876", "811218-****"),
        ("811218-9876", "811218-****"),
        ("811218+9876", "811218-****"),
        ("198112189876", "811218-****"),
        ("19811218-9876", "811218-****"),
        (" 8112189876 ", "811218-****"),
        ("811218987", "81121****"),
        ("81121898765", "811218*****"),
        ("8112", "****"),
        ("", ""),
    ],
)
def test_mask_never_leaves_the_last_four(value: str, masked: str):
    assert personnummer.mask(value) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("rad 3: 8112189876 saknas", "rad 3: 811218-**** saknas"),
        ("19811218-9876;198112189876", "811218-****;811218-****"),
        ("811218 9876", "811218-****"),
        ("7010632391", "701063-****"),
        ("fil 2026-11-24 15:59:55 rad 2104", "fil 2026-11-24 15:59:55 rad 2104"),
        ("orgnr 2120000488", "orgnr 2120000488"),
        ("20261124155955123", "20261124155955123"),
        ("id 1764000000", "id 1764000000"),
    ],
)
def test_mask_all_finds_numbers_in_running_text(text: str, masked: str):
    assert personnummer.mask_all(text) == masked


@pytest.mark.parametrize("dash", ["\u2013", "\u2011", "\u2212", "\u00a0", "-", "+", " ", ""])
def test_a_number_is_seen_whatever_dash_a_word_processor_puts_in_it(dash: str):
    assert "9876" not in personnummer.mask_all(f"rad 3: 811218{dash}9876")


def test_the_value_hides_itself_in_logs():
    read = personnummer.parse(personnummer.build(date(1981, 12, 18), 987), on=ON)
    assert str(read) == "811218-****"
    assert "987" not in repr(read)


def test_a_birth_number_has_three_digits():
    with pytest.raises(ValueError, match="three digits"):
        personnummer.build(date(1981, 12, 18), 1000)
