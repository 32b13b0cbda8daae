"""The rows of a delivery as the production data set has them: typed, one schema for every unit, pseudonymised unless asked.

A frame of texts in (`submissions.frames`), a typed frame out, and no database. The columns are those of `columns_of`: the unit's
code and the row's number, the person, the person's year of birth and sex, the employment, and then every field of the layout but
7 (the person), 8 (never kept) and 40 (the employment).

- **Person** is field 7, or its pseudonym: 96 bits of HMAC-SHA256 in hex, with the key of the series. The same person has
  the same pseudonym in every unit and every year of a series, so that personalrörlighet can be followed and nobody is counted
  twice in the country. (The link from year to year is what the tables of the domain file, 4.4, need; *assumed* that it reaches
  across units.) Whoever holds the key can find a person by trying every number, so the key is sealed and never leaves the portal.
- **Employment** is field 40, or its pseudonym within the unit: many employers let it hold the personnummer.
- **Year of birth and sex** stand in columns of their own, since the tables of age and sex are made of them.
- Other texts that look like a personnummer are masked, and the values counted.

A field of digits that holds something else has no number: its place is told (`unread`), the value is not.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from config.lib.personnummer import YOUNGEST
from submissions.checking import masking
from submissions.frames import KEY_FIELD, PERSONAL_NUMBER_FIELD, column, numbers_of, numbers_to
from submissions.spec import LayoutSpec

SCHEMA_VERSION = 1  # counted up when a column or its meaning changes: then every data set is a new one
DATE_FORM = "ÅÅÅÅMMDD"
PERSON, EMPLOYMENT = "person", "anstallning"
HEAD: dict[str, tuple[pl.DataType, str, str]] = {
    "enhet": (pl.String(), "Enhet", "Enhetens kod"),
    "rad": (pl.UInt32(), "Rad", "Radens nummer i den inlämnade filen"),
    PERSON: (pl.String(), "Person", "Personnummer, eller pseudonym som är samma för en person i alla enheter och år i en serie"),
    "fodelsear": (pl.Int16(), "Födelseår", "Ur personnumret; tomt där det inte går att läsa"),
    "kon": (pl.String(), "Kön", "kvinna eller man, ur personnumret; tomt där det inte går att läsa"),
    EMPLOYMENT: (pl.String(), "Anställning", "Anställningsnummer, eller pseudonym som är samma inom enheten"),
}
OWN_COLUMNS = (PERSONAL_NUMBER_FIELD, KEY_FIELD)
PSEUDONYM_LENGTH = 24  # hex digits: 96 bits
TEN_DIGITS = "[0-9]{6}[^0-9]?[0-9]{4}"  # nothing shorter can be a personnummer
FORMULA = "^[=+\\-@\\t\\r\\n\\x00＝＋－＠]"


@dataclass(frozen=True, slots=True)
class DataColumn:
    """One column of the data: its name, type, field of the layout (none for those that are ours) and meaning."""

    name: str
    kind: pl.DataType
    field: int | None
    title: str
    meaning: str
    length: int | None = None

    @property
    def kind_word(self) -> str:
        """The type in Swedish."""
        if self.kind == pl.Date():
            return "datum"
        return "text" if self.kind == pl.String() else "heltal"


@dataclass(frozen=True, slots=True)
class Typed:
    """A unit's rows, and what was left out of them: places (row, field) without a number, and how many texts were masked."""

    frame: pl.DataFrame
    unread: pl.DataFrame
    masked: int


def columns_of(layout: LayoutSpec) -> list[DataColumn]:
    """The columns of the data, in order."""
    own = [DataColumn(name, kind, None, title, meaning) for name, (kind, title, meaning) in HEAD.items()]
    fields = [layout[number] for number in numbers_to(len(layout)) if number not in OWN_COLUMNS]
    return own + [
        DataColumn(
            f"f{field.number:02}_{_slug(field.name)}",
            _kind(layout, field.number),
            field.number,
            field.name,
            ". ".join(filter(None, (field.meaning, field.format))),
            field.max_length,
        )
        for field in fields
    ]


def _kind(layout: LayoutSpec, number: int) -> pl.DataType:
    field = layout[number]
    if field.numeric and DATE_FORM in field.format:
        return pl.Date()
    return pl.Int64() if field.numeric else pl.String()


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].rstrip("_")


# Rows ----------------------------------------------------------------------------------------------------------------


def typed(frame: pl.DataFrame, layout: LayoutSpec, *, unit: str, measured_on: date, key: bytes | None) -> Typed:
    """The unit's rows in the order of the file. With a `key` persons are pseudonyms, without one they are personnummer."""
    lacking = [column(number) for number in numbers_to(len(layout)) if column(number) not in frame.columns]
    rows = frame.sort("row").with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    shown, masked = _masked(rows) if key else (rows, 0)
    person, employment = rows[column(PERSONAL_NUMBER_FIELD)], rows[column(KEY_FIELD)]
    own = [
        pl.lit(unit).alias("enhet"),
        pl.col("row").cast(pl.UInt32).alias("rad"),
        pl.Series(PERSON, pseudonyms(person, "person", key) if key else person, dtype=pl.String),
        _birth_year(measured_on).alias("fodelsear"),
        _sex().alias("kon"),
        pl.Series(EMPLOYMENT, pseudonyms(employment, f"employment/{unit}", key) if key else employment, dtype=pl.String),
    ]
    # field 7 as it was delivered tells year and sex, also where the person is shown as a pseudonym
    source = shown.with_columns(person.alias("whole"))
    found = columns_of(layout)[len(HEAD) :]
    made = source.select(*own, *(_value(one).alias(one.name) for one in found))
    return Typed(made, _unread(rows, made, found), masked)


def _masked(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows with whatever looks like a personnummer masked outside the two columns of its own, and how many values that were.

    Each different text with as many digits is looked at once: an organisationsnummer stands on every row.
    """
    changed, count = [], 0
    for name in (column(number) for number in numbers_of(rows) if number not in OWN_COLUMNS):
        texts = rows[name]
        maybe = texts.filter(texts.str.contains(TEN_DIGITS).fill_null(False)).unique().to_list()
        masks = {text: shown for text in maybe if (shown := masking.mask(text)) != text}
        if masks:
            count += int(texts.is_in(list(masks)).sum())
            changed.append(texts.replace(masks))
    return rows.with_columns(changed), count


def _value(one: DataColumn) -> pl.Expr:
    text = pl.col(column(one.field or 0))
    if one.kind == pl.String():
        return text
    if one.kind == pl.Date():
        return text.str.to_date("%Y%m%d", strict=False)
    return pl.when(text >= "0").then(text.cast(pl.Int64, strict=False))  # a cast takes a sign, which sorts before "0"


def _unread(rows: pl.DataFrame, made: pl.DataFrame, found: Iterable[DataColumn]) -> pl.DataFrame:
    """Where a text gave no number or day: row and field. Zeros in a date are an empty one."""
    parts = [pl.DataFrame(schema={"rad": pl.UInt32, "falt": pl.UInt8})]
    for one in found:
        if one.kind == pl.String():
            continue
        text = rows[column(one.field or 0)]
        missed = text.is_not_null() & made[one.name].is_null() & (text.str.strip_chars("0") != "")
        if missed.any():
            numbers = rows["row"].filter(missed).cast(pl.UInt32)
            parts.append(pl.DataFrame({"rad": numbers}).with_columns(pl.lit(one.field, pl.UInt8).alias("falt")))
    return pl.concat(parts).sort("rad", "falt")


def _digits() -> pl.Expr:
    whole = pl.col("whole")
    return pl.when(whole.str.len_bytes() == 10).then(whole.cast(pl.Int64, strict=False))


def _sex() -> pl.Expr:
    odd = _digits() // 10 % 10 % 2
    return pl.when(odd == 0).then(pl.lit("kvinna")).when(odd == 1).then(pl.lit("man"))


def _birth_year(on: date) -> pl.Expr:
    """As `config.lib.personnummer.birth_year`: the latest year that makes the person at least 13; days 61-91 are samordningsnummer."""
    born = _digits() // 10_000
    two, month, day = born // 10_000, born // 100 % 100, born % 100
    in_month = pl.when(day > 60).then(day - 60).otherwise(day)
    latest = on.year - YOUNGEST - (month * 100 + in_month > on.month * 100 + on.day).cast(pl.Int64)
    year = latest - (latest - two) % 100
    return pl.when(month.is_between(1, 12) & in_month.is_between(1, 31)).then(year).cast(pl.Int16)


def pseudonyms(values: pl.Series, purpose: str, key: bytes) -> pl.Series:
    """A pseudonym for each value, the same for the same one; none for an empty one. Another purpose gives others."""
    start = f"{purpose}\x1f".encode()
    made = [
        None if value is None else hmac.digest(key, start + value.encode(), "sha256").hex()[:PSEUDONYM_LENGTH] for value in values
    ]
    return pl.Series(values.name, made, dtype=pl.String)


# As a text file ------------------------------------------------------------------------------------------------------


def csv_lines(frame: pl.DataFrame, *, with_heading: bool) -> bytes:
    """The rows as CSV for programs: UTF-8, semicolons, LF, days as ÅÅÅÅ-MM-DD, nothing for an empty value.

    A text that a spreadsheet program would take for a formula has an apostrophe before it (EXP-01); in Parquet it has not.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    inert = frame.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
    return inert.write_csv(include_header=with_heading, separator=";", null_value="").encode()
