"""FMT: the form of single values."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking import doctor
from submissions.checking.prepare import DATES, Prepared, is_coordination
from submissions.checking.registry import Hit, file_finding, row_check, swedish, whole_check


@row_check("FMT01")
def not_digits(p: Prepared) -> Iterable[Hit]:
    """FMT01: something else than digits in a field of digits."""
    for number in sorted(p.odd):
        yield Hit(pl.col(f"x{number}") & ~_has_its_own_cause(p, number), field=number)


def _has_its_own_cause(p: Prepared, number: int) -> pl.Expr:
    """True where a spreadsheet's slip is told instead (FIL08, FIL10)."""
    own = [doctor.is_scientific(number)] if p.context.is_on("FIL08") else []
    own += [doctor.is_dashed_date(number)] if number in DATES and p.context.is_on("FIL10") else []
    return pl.any_horizontal(own) if own else pl.lit(False)


@row_check("FMT02")
def too_long(p: Prepared) -> Iterable[Hit]:
    """FMT02: more characters than the field holds; silent where FMT01 has spoken."""
    for number in sorted(p.long):
        is_long = pl.col(f"l{number}")
        yield Hit(is_long & ~pl.col(f"x{number}") if number in p.odd else is_long, field=number)


@row_check("FMT03")
def missing(p: Prepared) -> Iterable[Hit]:
    """FMT03: an obligatory field is empty."""
    for field in p.context.collection.layout.fields:
        if field.number in p.gaps and field.is_required(p.context.unit_kind):
            yield Hit(pl.col(f"f{field.number}").is_null(), field=field.number)


@row_check("FMT04")
def no_date(p: Prepared) -> Iterable[Hit]:
    """FMT04: digits of no day in the calendar, or too few of them."""
    for number in DATES:
        is_wrong = pl.col(f"i{number}").is_not_null() & pl.col(f"k{number}").is_null()
        yield Hit(is_wrong & ~doctor.is_serial_date(number) if p.context.is_on("FIL10") else is_wrong, field=number)


@row_check("FMT05")
def wrong_organisation_number(p: Prepared) -> Iterable[Hit]:
    """FMT05: the organisationsnummer has too few digits, fails Luhn or is zeros. Few differ, so each is tried once."""
    numbers = p.frame["i3"].drop_nulls().unique().cast(pl.Int64)
    wrong = [number for number in numbers.to_list() if number == 0 or not _luhn(number)]
    short = (pl.col("f3").str.len_bytes() < 10) & pl.col("i3").is_not_null()
    yield Hit(pl.col("i3").is_in(wrong) | short, field=3)


def _luhn(number: int) -> bool:
    digits = [int(sign) for sign in f"{number:010d}"]
    doubled = (digit * 2 for digit in digits[::2])
    return (sum(digit // 10 + digit % 10 for digit in doubled) + sum(digits[1::2])) % 10 == 0


@row_check("FMT06")
def wrong_personal_number(p: Prepared) -> Iterable[Hit]:
    """FMT06: too few digits, no real date, or Luhn. A samordningsnummer's day is 61-91."""
    is_wrong = pl.col("i7").is_not_null() & pl.col("k7").is_null()
    has_its_own = p.has_bad_persons and p.context.is_on("FIL09")
    yield Hit(is_wrong & ~doctor.is_short_number(p.context) if has_its_own else is_wrong, field=7)


@whole_check("FMT07", reads=(7,))
def many_coordination_numbers(p: Prepared) -> Iterable[pl.DataFrame]:
    """FMT07: the share of samordningsnummer among the rows is above the threshold; one finding for the file."""
    known = p.frame.select(is_coordination().sum()).item()
    share = 100 * known / p.height if p.height else 0.0
    if share > p.context.threshold("FMT07", "share"):
        yield file_finding(field=7, v=swedish(share), n=known)


@row_check("FMT08")
def unusual_age(p: Prepared) -> Iterable[Hit]:
    """FMT08: the age on the measurement day is below or above the usual."""
    low, high = (p.context.threshold("FMT08", name) for name in ("low", "high"))
    yield Hit((pl.col("age") < low) | (pl.col("age") > high), field=7, v=pl.col("age"))
