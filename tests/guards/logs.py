"""No log record holds a personnummer, masked or not by the formatter: it should not have been handed over at all (LOG-02)."""

from __future__ import annotations

import logging

from config.lib.orgnr import check_digit
from config.lib.personnummer import LOOKS_LIKE


def personnummer_in(text: str) -> list[str]:
    """Those written in the text, check digit right."""
    found = ("".join(sign for sign in match[0] if sign.isdigit())[-10:] for match in LOOKS_LIKE.finditer(text))
    return [digits for digits in found if check_digit(digits[:9]) == digits[9]]


class PersonalDataWatch(logging.Handler):
    """Remembers the names of the loggers that were handed a personnummer."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.caught: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if personnummer_in(f"{record.getMessage()} {error or ''}"):
            self.caught.append(f"{record.name} ({record.pathname}:{record.lineno})")
