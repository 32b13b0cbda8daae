"""What a spreadsheet or another program did to the file on its way here: one cause, told as such on each row it struck.

Each of these takes the place of the check that would only say that the value is wrong (FMT01, FMT04, FMT06, FIL04), so
that one slip gives one finding, with its own cure. `repairs` mends what has one right answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.context import Context
from submissions.checking.prepare import DATES, Prepared, is_personal_number
from submissions.checking.registry import Hit, row_check

SCIENTIFIC = r"^[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}$"
WITH_DASHES = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T]00:00(?::00)?)?$"
FIRST_SERIAL, LAST_SERIAL = 20_000, 60_000  # 1954-10-03 and 2064-04-08, as a spreadsheet counts days
SHORTEST_NUMBER, NUMBER_LENGTH = 7, 10  # somebody born in the first days of 2000 has three zeros first
TWICE_ENCODED = ("Ã¥", "Ã¤", "Ã¶", "Ã…", "Ã„", "Ã–", "Ã©", "Ã¼")
ONCE = ("å", "ä", "ö", "Å", "Ä", "Ö", "é", "ü")
TEXTS = (2, 4, 6, 14, 40)
LEAVE_REASON = 28


def is_scientific(number: int) -> pl.Expr:
    """True where the text is a number as a spreadsheet shortens it: 8,00518E+09."""
    return pl.col(f"f{number}").str.contains(SCIENTIFIC).fill_null(False)


def is_dashed_date(number: int) -> pl.Expr:
    """True where the text is a day with dashes, with or without a midnight after it."""
    return pl.col(f"f{number}").str.contains(WITH_DASHES).fill_null(False)


def is_serial_date(number: int) -> pl.Expr:
    """True where a field of dates holds a day as a spreadsheet counts it: 42217 for 2015-08-01."""
    return pl.col(f"i{number}").is_between(FIRST_SERIAL, LAST_SERIAL).fill_null(False)


def is_short_number(context: Context) -> pl.Expr:
    """True where field 7 is a right personnummer once its leading zeros are back."""
    is_short = pl.col("f7").str.len_bytes().is_between(SHORTEST_NUMBER, NUMBER_LENGTH - 1)
    return (is_short & is_personal_number(context.collection.measurement_day)).fill_null(False)


def is_short_unit(context: Context) -> pl.Expr:
    """True where field 1 is the unit's own code once its leading zeros are back."""
    is_same = pl.col("f1").str.strip_chars_start("0") == context.unit_code.lstrip("0")
    return (is_same & (pl.col("f1").str.len_bytes() < len(context.unit_code))).fill_null(False)


@row_check("FIL08")
def scientific_notation(p: Prepared) -> Iterable[Hit]:
    """FIL08: a number was shortened to a power of ten, and its last digits are gone."""
    for number in sorted(p.odd):
        yield Hit(is_scientific(number), field=number)


@row_check("FIL09")
def lost_zeros(p: Prepared) -> Iterable[Hit]:
    """FIL09: the leading zeros are gone in fields 1, 7 or 28, and with them the value would be right."""
    reasons = [code[1:] for code in p.context.codes("ledighetsorsak") if code.startswith("0")]
    yield Hit(is_short_unit(p.context), field=1)
    if p.has_bad_persons:
        yield Hit(is_short_number(p.context), field=7)
    yield Hit(pl.col(f"f{LEAVE_REASON}").is_in(reasons), field=LEAVE_REASON)


@row_check("FIL10")
def spreadsheet_date(p: Prepared) -> Iterable[Hit]:
    """FIL10: a date with dashes, or as a spreadsheet's number of days."""
    for number in DATES:
        yield Hit(is_serial_date(number) | is_dashed_date(number) if number in p.odd else is_serial_date(number), field=number)


@row_check("FIL11")
def twice_encoded(p: Prepared) -> Iterable[Hit]:
    """FIL11: å, ä and ö were made UTF-8 twice: "GÃ¶ran"."""
    found = p.frame.select(pl.col(f"f{number}").str.contains("Ã", literal=True).any() for number in TEXTS).row(0)
    for number, is_found in zip(TEXTS, found, strict=True):
        if is_found:
            yield Hit(pl.col(f"f{number}").str.contains_any(TWICE_ENCODED), field=number)
