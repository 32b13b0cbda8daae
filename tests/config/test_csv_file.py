"""CSV that is only data: texts that a spreadsheet would run are made inert, numbers stay numbers (EXP-01)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lib import csv_file
from config.lib.csv_file import FORMULA_STARTS, cell, number_or_text

pytestmark = pytest.mark.asvs("1.2.10")


def reopened(content: bytes) -> list[list[str]]:
    """The file as a spreadsheet program in Swedish splits it."""
    text = content.decode("utf-8-sig")
    assert not text.replace("\r\n", "").endswith("\r")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))


def written(*rows: list[csv_file.Value]) -> bytes:
    return b"".join(csv_file.write(["Rubrik"], rows))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("https://ond.example";"Klicka")',
        "+1",
        "-1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\0=1+1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(1)",
    ],
)
def test_exp_01_a_text_that_begins_like_a_formula_is_inert(text: str) -> None:
    assert reopened(written([text])) == [["Rubrik"], [f"'{text}"]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Undersköterska", "Undersköterska"),
        ("a=b", "a=b"),
        ("5-1", "5-1"),
        ('säger "hej"; sedan\r\nny rad', 'säger "hej"; sedan\r\nny rad'),
        ("0488", "0488"),
        ("", ""),
        (None, ""),
        (31_500, "31500"),
        (-1, "-1"),
        (0.25, "0,25"),
        (-12.5, "-12,5"),
        (Decimal("-0.10"), "-0,10"),
    ],
)
def test_exp_01_other_texts_and_numbers_stay_as_they_are(value: csv_file.Value, expected: str) -> None:
    assert reopened(written([value])) == [["Rubrik"], [expected]]


@pytest.mark.parametrize(
    ("text", "value"),
    [("31500", 31_500), ("-1", -1), ("0", 0), ("0488", "0488"), ("-0", "-0"), ("--1", "--1"), ("+1", "+1"), ("١", "١"),
     ("1e5", "1e5"), ("=1", "=1"), ("", ""), (" 1", " 1"), ("-", "-"), (None, None)],
)  # fmt: skip
def test_exp_01_a_whole_number_in_plain_digits_is_a_number(text: str | None, value: csv_file.Value) -> None:
    assert number_or_text(text) == value


def test_exp_01_the_form_is_what_a_spreadsheet_in_swedish_opens() -> None:
    assert b"".join(csv_file.write(["Å", "b"], [[1, "ö;"], [-1, "-1"]])) == (
        b'\xef\xbb\xbf"\xc3\x85";"b"\r\n"1";"\xc3\xb6;"\r\n"-1";"\'-1"\r\n'
    )


ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
TRAPS = st.builds("".join, st.tuples(st.sampled_from(FORMULA_STARTS), ANY_TEXT))
NUMBERS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False)
)
ROWS = st.lists(st.lists(st.one_of(ANY_TEXT, TRAPS, NUMBERS), min_size=2, max_size=4), max_size=5)


@given(ROWS)
def test_exp_01_whatever_is_written_is_read_back_and_no_text_is_a_formula(rows: list[list[csv_file.Value]]) -> None:
    found = reopened(b"".join(csv_file.write(["Rubrik", "Två"], rows)))[1:]
    assert len(found) == len(rows)
    for before, after in zip(rows, found, strict=True):
        for value, read in zip(before, after, strict=True):
            if isinstance(value, str):
                assert read in {value, f"'{value}"}
                assert not read.startswith(FORMULA_STARTS)
                assert read == cell(value)
            else:
                assert type(value)(read.replace(",", ".")) == value


def test_exp_01_half_a_surrogate_does_not_stop_the_file() -> None:
    assert reopened(written(["\ud800"])) == [["Rubrik"], ["?"]]


def test_a_large_file_is_made_in_pieces() -> None:
    pieces = csv_file.write(["n"], ([number] for number in range(10_000_000)))
    assert len(b"".join(next(pieces) for _ in range(4)).splitlines()) == 2_001
