"""The rows made ready for the checks: texts parsed once, and what is *known* told from what is not.

One slip gives one finding: a field that failed its own form or code check is unknown, and every later check that needs
it is silent for that row. That is done with nulls. For a field n there may be

- `f{n}`  the text as read, null where empty
- `i{n}`  the number in a field of digits, null where empty or unknown
- `x{n}`  true where a field of digits holds something else; only for the fields in `Prepared.odd`
- `l{n}`  true where the text is too long; only for the fields in `Prepared.long`
- `k{n}`  the known code, date, etikett or personnummer, null where empty or unknown
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import polars as pl

from submissions.checking.context import Context
from submissions.frames import FIELD_NUMBERS, column
from submissions.spec import KOMMUN

# Called A/N in the layout, but nothing but digits is right there: orgnr, personnummer, etikett, specialitet.
DIGIT_CODES = (3, 7, 9, 13)
DATES = (18, 19, 29, 30)
YOUNGEST = 13  # a two-digit year is the latest one that makes the person at least this old
SAFE_DIGITS = 18  # what an Int64 always holds


@dataclass(frozen=True)
class Prepared:
    """The rows with their parsed columns, and which fields hold trouble at all."""

    frame: pl.DataFrame
    context: Context
    odd: frozenset[int]
    long: frozenset[int]
    gaps: frozenset[int]  # fields that are empty on some row

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.frame.height

    @cached_property
    def shared_persons(self) -> pl.DataFrame:
        """The rows of persons with more than one row."""
        persons = self.frame["k7"]
        if persons.drop_nulls().n_unique() == persons.len() - persons.null_count():
            return self.frame.clear()
        return self.frame.filter(pl.col("k7").is_not_null() & pl.col("k7").is_duplicated())

    @cached_property
    def shared_keys(self) -> pl.DataFrame:
        """The rows whose key (field 40) stands on more than one row; rows without a key count as having the same."""
        keys = self.frame["f40"]
        if keys.n_unique() == keys.len():
            return self.frame.clear()
        return self.frame.filter(pl.col("f40").is_duplicated())

    @cached_property
    def persons(self) -> int:
        """The number of different persons, by field 7 as it stands."""
        return self.frame["f7"].drop_nulls().n_unique()


def prepare(frame: pl.DataFrame, context: Context) -> Prepared:
    """Parses the rows. A frame of texts in, the same with the columns above out."""
    layout = context.collection.layout
    digits = [field.number for field in layout.fields if field.numeric or field.number in DIGIT_CODES]
    shape = frame.select(
        *(pl.col(column(n)).str.len_bytes().max().alias(f"bytes{n}") for n in FIELD_NUMBERS),
        *(pl.col(column(n)).null_count().alias(f"nulls{n}") for n in FIELD_NUMBERS),
        *(pl.col(column(n)).min().alias(f"min{n}") for n in digits),
    ).row(0, named=True)
    may_be_long = [n for n in FIELD_NUMBERS if (shape[f"bytes{n}"] or 0) > layout[n].max_length]
    parsed = frame.with_columns(
        *(_number(n, shape[f"bytes{n}"] or 0).alias(f"i{n}") for n in digits),
        *((pl.col(column(n)).str.len_chars() > layout[n].max_length).fill_null(False).alias(f"l{n}") for n in may_be_long),
    )
    unparsed = parsed.select(pl.col(f"i{n}").null_count() for n in digits).row(0)
    odd = [n for n, nulls in zip(digits, unparsed, strict=True) if nulls > shape[f"nulls{n}"] or _has_sign(shape[f"min{n}"])]
    parsed = parsed.with_columns(_is_odd(n, shape[f"bytes{n}"]).alias(f"x{n}") for n in odd)
    parsed = parsed.with_columns(
        pl.when(_trouble(n, odd, may_be_long)).then(None).otherwise(pl.col(f"i{n}")).alias(f"i{n}")
        for n in digits
        if n in odd or n in may_be_long
    )
    known = parsed.with_columns(_known(context)).with_columns(_birth(context.collection.measurement_day))
    known = known.with_columns(
        pl.when(pl.col("age").is_not_null() & pl.col("checksum7")).then(pl.col("i7")).alias("k7"),
    )
    return Prepared(
        frame=known.with_columns(pl.when(pl.col("k7").is_not_null()).then(pl.col("age")).alias("age")),
        context=context,
        odd=frozenset(odd),
        long=frozenset(may_be_long),
        gaps=frozenset(n for n in FIELD_NUMBERS if shape[f"nulls{n}"]),
    )


def _number(n: int, longest: int) -> pl.Expr:
    kind = pl.Int32 if longest <= 9 else pl.Int64
    return pl.col(column(n)).cast(kind, strict=False)


def _has_sign(smallest: str | None) -> bool:
    return smallest is not None and smallest < "0"


def _is_odd(n: int, longest: int) -> pl.Expr:
    """True where the text is not digits only. A cast takes a leading sign, which sorts before the digits."""
    text = pl.col(column(n))
    if longest > SAFE_DIGITS:
        return text.str.contains(r"[^0-9]").fill_null(False)
    return text.is_not_null() & (pl.col(f"i{n}").is_null() | (text < "0"))


def _trouble(n: int, odd: list[int], long: list[int]) -> pl.Expr:
    parts = [pl.col(f"x{n}")] * (n in odd) + [pl.col(f"l{n}")] * (n in long)
    return pl.any_horizontal(parts)


def _known(context: Context) -> list[pl.Expr]:
    """The known codes and dates."""

    def listed(n: int, kind: str) -> pl.Expr:
        return pl.when(pl.col(column(n)).is_in(context.codes(kind))).then(pl.col(column(n))).alias(f"k{n}")

    def listed_number(n: int, kind: str) -> pl.Expr:
        right_length = [int(code) for code in context.codes(kind) if code.isdigit()]
        is_known = pl.col(f"i{n}").is_in(right_length) & (pl.col(column(n)).str.len_bytes() == context.collection.layout[n].max_length)
        return pl.when(is_known).then(pl.col(f"i{n}")).alias(f"k{n}")

    fits = pl.col("f5").is_in(context.codes("verksamhet")) if context.sector == KOMMUN else pl.col("f5").is_not_null()
    return [
        pl.when(fits).then(pl.col("f5")).alias("k5"),
        listed_number(9, "aid"),
        listed(10, "ansvar"),
        listed_number(13, "specialitet"),
        listed(15, "lonekollektivavtal"),
        listed(16, "anstallningsform"),
        listed(17, "avloningsform"),
        *(pl.when(is_date(pl.col(f"i{n}"))).then(pl.col(f"i{n}")).alias(f"k{n}") for n in DATES),
        checksum_is_right(pl.col("i7")).alias("checksum7"),
    ]


def is_date(number: pl.Expr) -> pl.Expr:
    """True where a number ÅÅÅÅMMDD is a day of the calendar, null where the number is null."""
    return _is_day(number // 10000, number // 100 % 100, number % 100)


def _is_day(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = (
        pl.when(month == 2)
        .then(28 + is_leap.cast(pl.Int32))
        .when(month.is_in([4, 6, 9, 11]))
        .then(pl.lit(30, pl.Int32))
        .otherwise(pl.lit(31, pl.Int32))
    )
    return (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)


def _birth(measurement_day: date) -> list[pl.Expr]:
    """`age` on the measurement day and `is_coordination`, null where field 7 holds no ten digits with a real date."""
    born = (pl.col("i7") // 10000).cast(pl.Int32)
    raw_day = born % 100
    is_coordination = raw_day > 60
    day = pl.when(is_coordination).then(raw_day - 60).otherwise(raw_day)
    month = born // 100 % 100
    today = measurement_day.month * 100 + measurement_day.day
    this_century = 2000 + born // 10000
    age_if_this = measurement_day.year - this_century - (month * 100 + day > today).cast(pl.Int32)
    is_earlier = age_if_this < YOUNGEST
    year = this_century - 100 * is_earlier.cast(pl.Int32)
    age = age_if_this + 100 * is_earlier.cast(pl.Int32)
    is_right = _is_day(year, month, day) & (pl.col("f7").str.len_bytes() == 10)
    return [
        pl.when(is_right).then(age).alias("age"),
        (is_right & is_coordination).fill_null(False).alias("is_coordination"),
    ]


@cache
def _luhn_halves() -> tuple[pl.Series, pl.Series]:
    """The Luhn sum of every five digits, as the first half of ten and as the last: weights 2 1 2 1 2 and 1 2 1 2 1."""
    number = pl.int_range(100_000, eager=True, dtype=pl.Int32)
    digits = [number // 10**power % 10 for power in (4, 3, 2, 1, 0)]
    doubled = [digit * 2 // 10 + digit * 2 % 10 for digit in digits]
    first = doubled[0] + digits[1] + doubled[2] + digits[3] + doubled[4]
    last = digits[0] + doubled[1] + digits[2] + doubled[3] + digits[4]
    return first, last


def checksum_is_right(number: pl.Expr) -> pl.Expr:
    """True where a number of ten digits ends with its Luhn check digit, null where the number is null."""
    first, last = _luhn_halves()
    number = number.cast(pl.Int64)
    total = pl.lit(first).gather((number // 100_000).cast(pl.UInt32)) + pl.lit(last).gather((number % 100_000).cast(pl.UInt32))
    return total % 10 == 0
