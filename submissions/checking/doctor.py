"""What a spreadsheet or another program did to the file on its way here, and files of another year: told by the cause.

Each of these takes the place of the check that would only say that the value is wrong (FMT01, FMT04, FMT06, FIL04), so
that one slip gives one finding, with its own cure. `repairs` mends what has one right answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.context import Context
from submissions.checking.prepare import DATES, Prepared, amount, is_date, is_personal_number
from submissions.checking.registry import NEEDS_PREVIOUS, Hit, file_finding, row_check, swedish, whole_check
from submissions.frames import FIELD_NUMBERS, NAME_FIELD, column, place

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


# The whole file --------------------------------------------------------------------------------------------------------

ANCHORS = {  # fields whose values look like no neighbour's
    3: r"^[0-9]{2}[2-9][0-9]{7}$",
    7: r"^[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]|[6-8][0-9]|9[01])[0-9]{4}$",
    9: r"^[1-9][0-9]{5}$",
    18: r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$",
    21: r"^[2-4][0-9]{3}$",
    39: r"^[JN]$",
}
SIDES = {-1: "vänster", 1: "höger"}
SEEN_IN = frozenset(n + side for n in ANCHORS for side in (-1, 0, 1)) - {NAME_FIELD}
ONE_LENGTH = {7: 10, 9: 6, 18: 8}  # bytes
ANCHORS_OF_A_ROW = 2
ROWS_OF_A_SHIFT = 5

DECEMBER = 1200
DATE_LENGTH = 8
STARTS_OF_A_YEAR = 20  # fewer in a year may be none in the next by chance
ENDS_OF_A_YEAR = 5
YEARS_BACK = 3
RARE = 50
LATER_SHARE = 33  # one row in so many began after November: not typing errors alone

SAMPLE_OF_ROWS = 200
FEWEST_ROWS = 200
SAME_SHARE = 0.95


@whole_check("FIL12", reads=SEEN_IN, parses=())
def shifted_columns(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL12: on several rows the values of two fields or more stand in the next field, all to the same side."""
    rows = _doubtful_rows(p)
    for side, word in SIDES.items() if rows.height else ():
        moved = rows.select("row", *(_has_moved(n, side).alias(str(n)) for n in ANCHORS if n + side != NAME_FIELD))
        fields = moved.columns[1:]
        moved = moved.filter(pl.sum_horizontal(fields) >= ANCHORS_OF_A_ROW)
        if moved.height >= ROWS_OF_A_SHIFT or moved.height * 2 > p.height:
            first = next(int(n) for n in fields if moved[n].sum() * 2 > moved.height)
            where = place(int(moved["row"][0]), p.context.firsts)
            yield file_finding(field=first, v=word, a=str(first + side), b=where, n=moved.height)


def _doubtful_rows(p: Prepared) -> pl.DataFrame:
    """The rows where a field of one length alone has another, or field 39 holds what it never does."""
    lengths = [pl.col(column(number)).str.len_bytes() != length for number, length in ONE_LENGTH.items()]
    is_odd = ~pl.col("f39").is_in(["J", "N"])
    mask = pl.any_horizontal(*(odd.fill_null(True) for odd in (*lengths, is_odd)))
    return p.frame.filter(p.frame.select(mask).to_series())


def _has_moved(number: int, side: int) -> pl.Expr:
    form = ANCHORS[number]
    own, other = pl.col(f"f{number}"), pl.col(f"f{number + side}")
    return ~own.str.contains(form).fill_null(False) & other.str.contains(form).fill_null(False)


@whole_check("FIL13", reads=(18, 19), parses=(), yields_to="FIL14")
def another_years_dates(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL13: nobody began in the year to November, but many did in the year before; or many begin after November.

    Silent where the rows are last year's: that is FIL14.
    """
    year = _another_year(p)
    if year is not None and not (p.context.is_on("FIL14") and _same_as_last_year(p)):
        yield file_finding(field=18, v=str(year), a=str(p.context.collection.measurement_day.year))


def _another_year(p: Prepared) -> int | None:
    """The November that the dates of employment point at, where it is not this one's."""
    measured = p.context.collection.measurement_day
    year = measured.year
    end_of_november = year * 10_000 + DECEMBER
    newest = p.frame["f18"].max()
    if newest is None or f"{year}0101" <= str(newest) <= str(end_of_november) and len(str(newest)) == DATE_LENGTH:
        return None  # as it is in nearly every file, told without parsing a date
    start, end = _date(18), _date(19)
    newest, later = p.frame.select(start.max().alias("newest"), (start > end_of_november).sum().alias("later")).row(0)
    if newest is None or (newest // 10_000 == year and not later):
        return None
    to_november = start // 10_000 + (start % 10_000 > DECEMBER).cast(pl.Int32)
    by_year = dict(p.frame.select(to_november.alias("year")).drop_nulls()["year"].value_counts().iter_rows())
    if later >= STARTS_OF_A_YEAR and later * LATER_SHARE >= p.height:
        return max(by_year.items(), key=lambda item: (item[0] > year) * item[1])[0]
    earlier = [y for y in range(year - YEARS_BACK, year) if by_year.get(y)]
    if not earlier or by_year.get(year, 0) * RARE > by_year[earlier[-1]]:
        return None
    is_over = end < int(f"{measured:%Y%m%d}")
    over, known = p.frame.select(is_over.sum().alias("over"), end.count().alias("known")).row(0)
    has_ended = over >= ENDS_OF_A_YEAR and over * 2 > known
    return earlier[-1] if by_year[earlier[-1]] >= STARTS_OF_A_YEAR or has_ended else None


def _date(number: int) -> pl.Expr:
    """The day as a number ÅÅÅÅMMDD, null where the field holds none."""
    day = amount(number)
    return pl.when(is_date(day)).then(day)


@whole_check("FIL14", reads=FIELD_NUMBERS, parses=(), needs=NEEDS_PREVIOUS)
def last_years_rows(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL14: nearly every row is like one of last year's approved file, in every field."""
    same = _same_as_last_year(p)
    if same:
        yield file_finding(v=swedish(100 * same / p.height, 0), n=same)


def _same_as_last_year(p: Prepared) -> int:
    """How many rows are like one of last year's, where that is nearly all; else 0. A few rows tell most files apart."""
    before = p.context.previous
    if before is None or p.height < FEWEST_ROWS:
        return 0
    some = p.frame.head(SAMPLE_OF_ROWS)
    fields = [column(number) for number in FIELD_NUMBERS]
    known = before.filter(pl.col("f40").is_in(some["f40"].implode()))
    if some.join(known, on=fields, how="semi", nulls_equal=True).height < some.height * SAME_SHARE:
        return 0
    same = p.frame.join(before, on=fields, how="semi", nulls_equal=True).height
    return same if same >= p.height * SAME_SHARE else 0
