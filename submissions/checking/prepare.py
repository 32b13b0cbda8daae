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

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import polars as pl

from submissions.checking.context import Context
from submissions.frames import PERSONAL_NUMBER_FIELD, column, numbers_of
from submissions.spec import KOMMUN

# Called A/N in the layout, but nothing but digits is right there: orgnr, personnummer, etikett, specialitet.
DIGIT_CODES = (3, 7, 9, 13)
DATES = (18, 19, 29, 30)
COORDINATION = 60  # added to the day of birth in a samordningsnummer
LEAP_DAY = 229
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

    @property
    def has_bad_persons(self) -> bool:
        """Whether field 7 holds something on some row that is no personnummer."""
        return self.frame["k7"].null_count() > self.frame["f7"].null_count()

    def shared_persons(self, *fields: str) -> pl.LazyFrame:
        """Those columns, `row` and `k7` of the rows of persons with more than one row."""
        rows = self.frame.lazy().select("row", "k7", *fields)
        return rows.filter(pl.lit(self._is_shared_person)) if self._is_shared_person.any() else rows.clear()

    @cached_property
    def _is_shared_person(self) -> pl.Series:
        persons = self.frame["k7"]
        return persons.is_duplicated() & persons.is_not_null()

    @cached_property
    def shared_keys(self) -> pl.DataFrame:
        """The rows whose key (field 40) stands on more than one row; rows without a key count as having the same."""
        # Numbers are told apart quicker than texts; where two numbers are alike the texts decide.
        maybe = self.frame.filter(self.frame["f40"].hash().is_duplicated())
        return maybe.filter(pl.col("f40").is_duplicated())

    @cached_property
    def people_now(self) -> pl.Series:
        """A number for the person of each row, null where field 7 is empty. By field 7 as it stands: a slip is somebody too."""
        return _people(self.frame)

    @cached_property
    def people_before(self) -> pl.Series:
        """The same for last year's rows; none where there is no last year."""
        return _people(self._before)

    @cached_property
    def etiketter_now(self) -> pl.DataFrame:
        """The different pairs of `person` and `etikett` this year, numbers all, and a number for the `pair`."""
        return self._etiketter(self.frame, self.people_now)

    @cached_property
    def etiketter_before(self) -> pl.DataFrame:
        """The same for last year."""
        return self._etiketter(self._before, self.people_before)

    @property
    def _before(self) -> pl.DataFrame:
        return self.frame.clear() if self.context.previous is None else self.context.previous

    def _etiketter(self, frame: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
        """Only etiketter of the list: one that is not in it has been reported as such, on each of its rows."""
        listed = [int(code) for code in self.context.codes("aid") if code.isdigit()]
        pairs = frame.select(people.alias("person"), amount(9).alias("etikett"))
        pairs = pairs.filter(pl.col("person").is_not_null() & pl.col("etikett").is_in(listed))
        return pairs.with_columns((pl.col("person") ^ pl.col("etikett").hash()).alias("pair")).unique("pair")


def _people(frame: pl.DataFrame) -> pl.Series:
    text = pl.col("f7")
    return frame.select(pl.when(text.is_not_null()).then(text.hash())).to_series()


def prepare(frame: pl.DataFrame, context: Context, fields: Collection[int] | None = None) -> Prepared:
    """Parses the rows: all fields, or only those given. A frame of texts in, the same with the columns above out."""
    if fields is None:
        fields = [number for number in numbers_of(frame) if number <= len(context.collection.layout)]
    if not fields:
        return Prepared(frame, context, frozenset(), frozenset(), frozenset())
    layout = context.collection.layout
    digits = [f.number for f in layout.fields if f.number in fields and (f.numeric or f.number in DIGIT_CODES)]
    shape = frame.select(
        *(pl.col(column(n)).str.len_bytes().max().alias(f"bytes{n}") for n in fields),
        *(pl.col(column(n)).null_count().alias(f"nulls{n}") for n in fields),
        *(pl.col(column(n)).min().alias(f"min{n}") for n in digits),
    ).row(0, named=True)
    may_be_long = [n for n in fields if (shape[f"bytes{n}"] or 0) > layout[n].max_length]
    parsed = frame.with_columns(
        *(_number(n, shape[f"bytes{n}"] or 0).alias(f"i{n}") for n in digits),
        *((pl.col(column(n)).str.len_chars() > layout[n].max_length).fill_null(False).alias(f"l{n}") for n in may_be_long),
    )
    unparsed = parsed.select(pl.len(), *(pl.col(f"i{n}").null_count() for n in digits)).row(0)[1:]
    odd = [n for n, nulls in zip(digits, unparsed, strict=True) if nulls > shape[f"nulls{n}"] or _has_sign(shape[f"min{n}"])]
    parsed = parsed.with_columns(_is_odd(n, shape[f"bytes{n}"]).alias(f"x{n}") for n in odd)
    parsed = parsed.with_columns(
        pl.when(_trouble(n, odd, may_be_long)).then(None).otherwise(pl.col(f"i{n}")).alias(f"i{n}")
        for n in digits
        if n in odd or n in may_be_long
    )
    known = parsed.with_columns(known for n, known in _known(context).items() if n in fields)
    if PERSONAL_NUMBER_FIELD in fields:
        known = known.with_columns(_age(context.collection.measurement_day))
        known = known.with_columns(pl.when(pl.col("age").is_not_null()).then(pl.col("i7")).alias("k7"))
    return Prepared(
        frame=known,
        context=context,
        odd=frozenset(odd),
        long=frozenset(may_be_long),
        gaps=frozenset(n for n in fields if shape[f"nulls{n}"]),
    )


def _number(n: int, longest: int) -> pl.Expr:
    kind = pl.Int32 if longest <= 9 else pl.Int64
    return pl.col(column(n)).cast(kind, strict=False)


def amount(number: int) -> pl.Expr:
    """The number in a field of rows that are not prepared, null where it is empty or holds something else than digits."""
    text = pl.col(column(number))
    return pl.when(text >= "0").then(text.cast(pl.Int64, strict=False))  # a cast takes a sign, which sorts before "0"


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


def _known(context: Context) -> dict[int, pl.Expr]:
    """The known codes and dates by field."""

    def listed(n: int, kind: str) -> pl.Expr:
        return pl.when(pl.col(column(n)).is_in(context.codes(kind))).then(pl.col(column(n))).alias(f"k{n}")

    def listed_number(n: int, kind: str) -> pl.Expr:
        right_length = [int(code) for code in context.codes(kind) if code.isdigit()]
        is_known = pl.col(f"i{n}").is_in(right_length) & (
            pl.col(column(n)).str.len_bytes() == context.collection.layout[n].max_length
        )
        return pl.when(is_known).then(pl.col(f"i{n}")).alias(f"k{n}")

    fits = pl.col("f5").is_in(context.codes("verksamhet")) if context.sector == KOMMUN else pl.col("f5").is_not_null()
    return {
        5: pl.when(fits).then(pl.col("f5")).alias("k5"),
        9: listed_number(9, "aid"),
        10: listed(10, "ansvar"),
        13: listed_number(13, "specialitet"),
        15: listed(15, "lonekollektivavtal"),
        16: listed(16, "anstallningsform"),
        17: listed(17, "avloningsform"),
        **{n: pl.when(is_date(pl.col(f"i{n}"))).then(pl.col(f"i{n}")).alias(f"k{n}") for n in DATES},
    }


@cache
def _calendar() -> pl.Series:
    """For every number MMDD: 1 a day of every year, 2 the leap day, 0 no day."""
    number = pl.int_range(10_000, eager=True, dtype=pl.Int32)
    month, day = number // 100, number % 100
    lengths = pl.Series([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)
    is_day = (day >= 1) & (day <= lengths.gather(month))
    return is_day.cast(pl.UInt8) + 2 * (number == LEAP_DAY).cast(pl.UInt8)


def _is_leap(year: pl.Expr) -> pl.Expr:
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


def is_date(number: pl.Expr) -> pl.Expr:
    """True where a number of eight digits, ÅÅÅÅMMDD, is a day of the calendar; null where the number is null."""
    kind, year = pl.lit(_calendar()).gather((number % 10_000).cast(pl.UInt32)), number // 10_000
    return (year >= 1000) & ((kind == 1) | ((kind == 2) & _is_leap(year)))


@cache
def _ages(measurement_day: date) -> pl.Series:
    """For every number ÅÅMMDD the age on that day, null where it is no day. Days 61-91 are samordningsnummer.

    A two-digit year is the latest that makes the person at least 13.
    """
    calendar = _calendar()
    days = pl.DataFrame({"day": pl.arg_where(calendar > 0, eager=True).cast(pl.Int32)})
    born = pl.DataFrame({"two": pl.int_range(100, eager=True, dtype=pl.Int32)}).join(days, how="cross")
    latest = measurement_day.year - YOUNGEST - (pl.col("day") > measurement_day.month * 100 + measurement_day.day).cast(pl.Int32)
    born = born.with_columns((latest - (latest - pl.col("two")) % 100).alias("year"))
    born = born.filter((pl.col("day") != LEAP_DAY) | _is_leap(pl.col("year")))
    age = born.select(latest - pl.col("year") + YOUNGEST).to_series().cast(pl.Int16)
    number = born.select(pl.col("two") * 10_000 + pl.col("day")).to_series()
    ages = pl.Series([None], dtype=pl.Int16).new_from_index(0, 1_000_000)
    return ages.scatter(number, age).scatter(number + COORDINATION, age)


def _age(measurement_day: date) -> pl.Expr:
    """The age, null where field 7 holds no ten digits with a real date and a right check digit."""
    is_right = (pl.col("f7").str.len_bytes() == 10) & checksum_is_right(pl.col("i7"))
    return pl.when(is_right).then(_age_of_number(measurement_day)).alias("age")


def _age_of_number(measurement_day: date) -> pl.Expr:
    return pl.lit(_ages(measurement_day)).gather((pl.col("i7") // 10_000).cast(pl.UInt32))


def is_personal_number(measurement_day: date) -> pl.Expr:
    """True where the number in field 7 has a real date and a right check digit, however many zeros it is written with."""
    return checksum_is_right(pl.col("i7")) & _age_of_number(measurement_day).is_not_null()


def is_coordination() -> pl.Expr:
    """True where the known number in field 7 is a samordningsnummer."""
    return pl.col("k7") // 10_000 % 100 > COORDINATION


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
