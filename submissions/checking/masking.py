"""Personnummer are masked wherever a finding is shown: 811218-****."""

from __future__ import annotations

import re

import polars as pl

from config.lib import personnummer
from submissions.frames import PERSONAL_NUMBER_FIELD, column, numbers_of

LONG_NUMBER = re.compile(r"(?<![0-9])([0-9]{6})([0-9]{5,})", re.ASCII)
"""Longer than any number of the layout: most likely a personnummer with a sign too many before or after it."""


def mask(text: str) -> str:
    """The text with whatever looks like a personnummer masked; keys and free texts may hold one too."""
    return LONG_NUMBER.sub(lambda found: found[1] + "*" * len(found[2]), personnummer.mask_all(text))


def mask_field(field: int | None, text: str | None) -> str | None:
    """A value as it may be shown. Field 7 is hidden after its first six signs even where it is malformed."""
    if text is None:
        return None
    return personnummer.mask(text) if field == PERSONAL_NUMBER_FIELD else mask(text)


TEN_DIGITS = "[0-9]{6}[-+ ]?[0-9]{4}"  # nothing shorter can be a personnummer


def mask_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with every value as `mask_field` shows it. Columns without so many digits in any value are not touched."""
    texts = [number for number in numbers_of(frame) if number != PERSONAL_NUMBER_FIELD]
    found = frame.select(pl.col(column(number)).str.contains(TEN_DIGITS).any() for number in texts)
    numbers = [PERSONAL_NUMBER_FIELD, *(number for number in texts if found[column(number)].item())]
    return frame.with_columns(
        pl.Series(column(number), [mask_field(number, value) for value in frame[column(number)]], dtype=pl.String)
        for number in numbers
    )
