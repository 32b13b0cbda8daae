"""Personnummer are masked wherever a finding is shown: 811218-****."""

from __future__ import annotations

from config.lib import personnummer
from submissions.frames import PERSONAL_NUMBER_FIELD


def mask(text: str) -> str:
    """The text with whatever looks like a personnummer masked; keys and free texts may hold one too."""
    return personnummer.mask_all(text)


def mask_field(field: int | None, text: str | None) -> str | None:
    """A value as it may be shown. Field 7 is hidden after its first six signs even where it is malformed."""
    if text is None:
        return None
    return personnummer.mask(text) if field == PERSONAL_NUMBER_FIELD else mask(text)
