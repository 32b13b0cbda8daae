"""Personnummer are masked wherever a finding is shown: 811218-****."""

from __future__ import annotations

import re

from config.lib import personnummer
from submissions.frames import PERSONAL_NUMBER_FIELD

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
