"""Kind reading: what a person would accept without a word, on a whole frame or on one value.

Blanks, tabs and no-break spaces around a value are cut; codes in lower case become upper case; a number field filled
with zeros is empty where zero means nothing; text that is then empty becomes null. Source: domain 3.4.
"""

from __future__ import annotations

import polars as pl

from submissions.frames import NAME_FIELD, column, numbers_of

BLANKS = " \t\r\u00a0\ufeff"
NOTHING_BUT_BLANKS = BLANKS + ";,|\n\x1a"  # a line of these alone holds nothing
# Free texts and keys keep their case: 4 arbetsställe, 6 underlag, 40 anställningsnummer.
ONE_LETTER_CODES = (10, 11, 12, 15, 16, 17, 39)
LONGER_CODES = (1, 2, 5, 14, 28)
UPPER_FIELDS = frozenset(ONE_LETTER_CODES + LONGER_CODES)
# Specialty, dates and the numbers for which zero has no meaning of its own.
ZERO_IS_EMPTY = (13, 18, 19, 20, 21, 22, 24, 25, 27, 29, 30)


def kind_value(field: int, text: str | None) -> str | None:
    """One value read kindly, as it would have been in a file; None is empty. Field 8 is always None."""
    value = (text or "").strip(BLANKS)
    if field in UPPER_FIELDS:
        value = value.upper()
    if not value or field == NAME_FIELD or (field in ZERO_IS_EMPTY and not value.strip("0")):
        return None
    return value


def kind_frame(frame: pl.DataFrame, *, look_for_rare_blanks: bool) -> pl.DataFrame:
    """The frame read kindly. Only columns that need it are touched; most files need none but the zeros."""
    frame = _strip(frame, look_for_rare_blanks)
    return _empty_zeros(_upper(frame))


def _strip(frame: pl.DataFrame, look_for_rare_blanks: bool) -> pl.DataFrame:
    names = [column(number) for number in numbers_of(frame)]
    padded = names
    if not look_for_rare_blanks:
        found = frame.select(
            (pl.col(name).str.starts_with(" ").any() | pl.col(name).str.ends_with(" ").any()) for name in names
        ).row(0)
        padded = [name for name, is_padded in zip(names, found, strict=True) if is_padded]
    if not padded:
        return frame
    stripped = frame.with_columns(pl.col(name).str.strip_chars(BLANKS) for name in padded)
    return stripped.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in padded)


def _upper(frame: pl.DataFrame) -> pl.DataFrame:
    one_letter = [(pl.col(column(number)).max() >= "a").fill_null(False) for number in ONE_LETTER_CODES]
    longer = [pl.col(column(number)).str.contains(r"\p{Ll}").any() for number in LONGER_CODES]
    found = frame.select(one_letter + longer).row(0)
    lower = [number for number, is_lower in zip(ONE_LETTER_CODES + LONGER_CODES, found, strict=True) if is_lower]
    return frame.with_columns(pl.col(column(number)).str.to_uppercase() for number in lower) if lower else frame


def _empty_zeros(frame: pl.DataFrame) -> pl.DataFrame:
    def zeros_to_null(name: str) -> pl.Expr:
        text = pl.col(name)
        is_zero = (text.cast(pl.Int64, strict=False) == 0) & (text >= "0")  # "-0" is no zero, it is a slip
        return pl.when(is_zero).then(None).otherwise(text).alias(name)

    return frame.with_columns(zeros_to_null(column(number)) for number in ZERO_IS_EMPTY)
