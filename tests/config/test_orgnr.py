"""Organisationsnummer, against python-stdnum and by table."""

from __future__ import annotations

from random import Random

import pytest
from stdnum.se import orgnr as oracle

from config.lib import orgnr


def test_oracle_agrees_on_check_digits():
    rng = Random(1)
    for _ in range(1000):
        number = f"{rng.randrange(2_120_000_000, 9_999_999_999)}"
        assert orgnr.is_valid(number) == (oracle.is_valid(number) and number[2] >= "2")


@pytest.mark.parametrize("value", ["", "212000048", "21200004880", "212000 488", "21200004a8", "8112189876", "²120000488"])
def test_wrong_numbers_are_refused(value: str):
    assert not orgnr.is_valid(value)


def test_number_is_written_with_a_hyphen():
    assert orgnr.format_number("2120000142") == "212000-0142"
    assert orgnr.format_number(" 212000-0142 ") == "212000-0142"
    assert orgnr.format_number("21200") == "21200"
    assert orgnr.is_valid("212000-0142")


def test_check_digit_needs_nine_digits():
    with pytest.raises(ValueError, match="nine digits"):
        orgnr.check_digit("12345678")
