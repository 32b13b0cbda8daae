"""Named repairs: a rule that gives each wrong value its right one, where the values differ and the slip is the same.

Each is a pure function of the value; where it does not apply it gives null, and the value is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from submissions.checking.doctor import FIRST_SERIAL, LAST_SERIAL, ONCE, TEXTS, TWICE_ENCODED, WITH_DASHES
from submissions.checking.prepare import DATES
from submissions.frames import PERSONAL_NUMBER_FIELD
from submissions.spec import FieldSpec

DIGITS = r"^[0-9]{1,15}$"
CENTURY_AND_NUMBER = r"^(?:19|20)([0-9]{6}[-+]?[0-9]{4})$"


@dataclass(frozen=True, slots=True)
class Repair:
    """A rule, its words, and the checks and fields whose findings it may mend. `new` takes the value and the field."""

    name: str
    title: str
    checks: frozenset[str]
    fields: frozenset[int]
    new: Callable[[pl.Expr, FieldSpec], pl.Expr]

    def fits(self, check: str, field: int) -> bool:
        """Whether findings of that check in that field may be of this kind."""
        return check in self.checks and field in self.fields


def _digits(value: pl.Expr) -> pl.Expr:
    """The value as a number, null where it is anything else than digits."""
    return pl.when(value.str.contains(DIGITS)).then(value).cast(pl.Int64, strict=False)


def _divided(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    number = _digits(value)
    whole = pl.when((number % 100 == 0) & (number > 0)).then(number // 100).cast(pl.String)
    return _within(whole, field)


def _multiplied(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    number = _digits(value)
    return _within(pl.when(number > 0).then(number * 100).cast(pl.String), field)


def _padded(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    is_short = value.str.contains(DIGITS) & (value.str.len_chars() < field.max_length)
    return pl.when(is_short).then(value.str.zfill(field.max_length))


def _bare(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    """Without blanks, hyphens, "kr" and decimals that are zero, where nothing but digits is left."""
    bare = value.str.replace_all(r"[\s\u00a0\u202f-]", "").str.replace(r"(?i)kr\.?$", "").str.replace(r"[.,]0+$", "")
    return _within(pl.when(bare.str.contains(DIGITS)).then(bare), field)


def _without_century(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    number = value.str.extract(CENTURY_AND_NUMBER).str.replace(r"[-+]", "")
    return _within(number, field)


def _shortened(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    is_long = value.str.len_chars() > field.max_length
    return pl.when(is_long).then(value.str.slice(0, field.max_length).str.strip_chars_end())


def _as_date(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    """A day with dashes, or a spreadsheet's number of days since 1899-12-30."""
    dashed = pl.when(value.str.contains(WITH_DASHES)).then(value.str.slice(0, 10).str.replace_all("-", "", literal=True))
    days = _digits(value)
    is_day = days.is_between(FIRST_SERIAL, LAST_SERIAL)
    counted = pl.when(is_day).then((pl.lit(date(1899, 12, 30)) + pl.duration(days=days)).dt.strftime("%Y%m%d"))
    return _within(pl.coalesce(dashed, counted), field)


def _once_encoded(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    return _within(value.str.replace_many(TWICE_ENCODED, ONCE), field)


def _within(value: pl.Expr, field: FieldSpec) -> pl.Expr:
    return pl.when(value.str.len_chars() <= field.max_length).then(value)


NUMBERS = frozenset({3, 7, 9, 13, *range(18, 28), *range(29, 39)})
REPAIRS = (
    Repair("dela", "Dela med 100", frozenset({"RIM02", "RIM03", "RIM04", "LOG08", "FMT02"}), frozenset({20, 22, 24}), _divided),
    Repair("ganger", "Multiplicera med 100", frozenset({"RIM03", "RIM04", "RIM08"}), frozenset({20, 22, 24}), _multiplied),
    Repair(
        "nollor",
        "Fyll på med nollor till vänster",
        frozenset({"FIL04", "FIL09", "FMT06", "KOD10"}),
        frozenset({1, 7, 14, 28}),
        _padded,
    ),
    Repair("datum", "Skriv datumet som ÅÅÅÅMMDD", frozenset({"FIL10"}), frozenset(DATES), _as_date),
    Repair("bokstaver", "Läs å, ä och ö rätt", frozenset({"FIL11"}), frozenset(TEXTS), _once_encoded),
    Repair("siffror", "Behåll bara siffrorna", frozenset({"FMT01", "FMT02", "FMT06"}), NUMBERS, _bare),
    Repair(
        "sekel",
        "Ta bort seklet (19 eller 20) först i personnumret",
        frozenset({"FMT01", "FMT02", "FMT06"}),
        frozenset({PERSONAL_NUMBER_FIELD}),
        _without_century,
    ),
    Repair("korta", "Korta texten till så många tecken som får plats", frozenset({"FMT02"}), frozenset({2, 4, 6}), _shortened),
)
BY_NAME = {repair.name: repair for repair in REPAIRS}


def repaired(values: pl.Series, repair: Repair, field: FieldSpec) -> pl.Series:
    """The new values, null where the repair does not apply or changes nothing."""
    name = values.name
    new = values.to_frame().select(repair.new(pl.col(name), field).alias(name)).to_series()
    return new.to_frame("new").select(pl.when(pl.col("new").ne_missing(values)).then(pl.col("new"))).to_series().alias(name)


def offered(check: str, field: FieldSpec, values: pl.Series) -> list[Repair]:
    """The repairs that would change at least one of the values."""
    fitting = [repair for repair in REPAIRS if repair.fits(check, field.number)]
    return [repair for repair in fitting if repaired(values, repair, field).is_not_null().any()]
