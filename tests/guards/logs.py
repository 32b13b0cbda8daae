"""No log record holds a personnummer or a secret, masked or not by the formatter: it should not have been handed over (LOG-02)."""

from __future__ import annotations

import logging

from config.lib.orgnr import check_digit
from config.lib.personnummer import LOOKS_LIKE
from tests.guards.secrets import known


def personnummer_in(text: str) -> list[str]:
    """Those written in the text, check digit right."""
    found = ("".join(sign for sign in match[0] if sign.isdigit())[-10:] for match in LOOKS_LIKE.finditer(text))
    return [digits for digits in found if check_digit(digits[:9]) == digits[9]]


class PersonalDataWatch(logging.Handler):
    """Remembers the names of the loggers that were handed a personnummer, or a secret that the test knows of."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.caught: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        text = f"{record.getMessage()} {error or ''}"
        if personnummer_in(text) or known.found_in(text):
            self.caught.append(f"{record.name} ({record.pathname}:{record.lineno})")
