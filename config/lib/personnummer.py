"""Swedish personnummer and samordningsnummer: read, check, tell age and sex, and above all hide.

Pure: the day is always passed in, nothing is looked up. A number has ten digits, ÅÅMMDDNNNK: the day of birth (with 60
added to the day in a samordningsnummer), a birth number that is odd for men and even for women, and a Luhn check digit.
Birth numbers 980-999 are the series that Skatteverket keeps for tests; no living person has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from config.lib.orgnr import check_digit, is_digits

YOUNGEST = 13  # nobody younger is employed, which decides between two centuries
TEST_SERIES = range(980, 1000)

_WRITTEN = re.compile(r"(?:[0-9]{2})?([0-9]{6})[-+]?([0-9]{4})", re.ASCII)
LOOKS_LIKE = re.compile(
    r"(?<![0-9])(?:1[89]|20)?"  # century
    r"[0-9]{2}(?:0[1-9]|1[0-2])"  # year and month
    r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"  # day, plus 60 in a samordningsnummer
    r"[-+ \u00a0\u2010-\u2015\u2212]?[0-9]{4}(?![0-9])",  # the dashes that word processors put there too
    re.ASCII,
)
"""What may be a personnummer in running text, whatever its check digit; for masking logs, not for checking."""


class InvalidPersonnummer(ValueError):
    """The text is no personnummer. The message never repeats it."""


@dataclass(frozen=True, slots=True)
class Personnummer:
    """A number that has passed: its ten digits, the day of birth and whether it is a samordningsnummer."""

    digits: str
    born: date
    is_coordination: bool

    @property
    def is_woman(self) -> bool:
        """The ninth digit is even for women and odd for men."""
        return int(self.digits[8]) % 2 == 0

    @property
    def sex(self) -> str:
        """ "kvinna" or "man", as the tables are headed."""
        return "kvinna" if self.is_woman else "man"

    @property
    def is_test_number(self) -> bool:
        """True in the series that Skatteverket keeps for tests."""
        return int(self.digits[6:9]) in TEST_SERIES

    def age(self, on: date) -> int:
        """Whole years on that day."""
        return age_between(self.born, on)

    def __str__(self) -> str:
        return mask(self.digits)

    def __repr__(self) -> str:
        return f"Personnummer({mask(self.digits)})"


def parse(value: str, *, on: date) -> Personnummer:
    """The number in ten digits, read on that day. InvalidPersonnummer on wrong form, date or check digit.

    The century is the latest that makes the person at least 13 years old on `on`. Source: domain rules, 3.4.
    """
    if len(value) != 10 or not is_digits(value):
        raise InvalidPersonnummer("personnumret ska ha tio siffror")
    month, day = int(value[2:4]), int(value[4:6])
    is_coordination = day > 60
    if is_coordination:
        day -= 60
    try:
        born = date(birth_year(int(value[:2]), month, day, on=on), month, day)
    except ValueError:
        raise InvalidPersonnummer("personnumret har ett datum som inte finns") from None
    if check_digit(value[:9]) != value[9]:
        raise InvalidPersonnummer("personnumret har fel kontrollsiffra")
    return Personnummer(value, born, is_coordination)


def is_valid(value: str, *, on: date) -> bool:
    """True where `parse` would give a number."""
    try:
        parse(value, on=on)
    except InvalidPersonnummer:
        return False
    return True


def birth_year(two_digits: int, month: int, day: int, *, on: date) -> int:
    """The latest year with those last two digits in which somebody born on that day is at least 13 on `on`."""
    latest = on.year - YOUNGEST - ((on.month, on.day) < (month, day))
    return latest - (latest - two_digits) % 100


def age_between(born: date, on: date) -> int:
    """Whole years from the day of birth to `on`; born on 29 February, one turns a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def build(born: date, birth_number: int, *, is_coordination: bool = False) -> str:
    """The ten digits for a day of birth and a birth number (0-999), check digit computed."""
    if not 0 <= birth_number <= 999:
        raise ValueError("the birth number has three digits")
    day = born.day + 60 * is_coordination
    nine = f"{born.year % 100:02}{born.month:02}{day:02}{birth_number:03}"
    return nine + check_digit(nine)


def mask(value: str) -> str:
    """811218-**** for a number in ten or twelve digits, with or without sign.

    Of anything else at most the first six characters are kept and never the last four, since a slip of the keyboard
    is still somebody's number.
    """
    written = _WRITTEN.fullmatch(value.strip())
    if written:
        return f"{written[1]}-****"
    kept = max(0, min(6, len(value) - 4))
    return value[:kept] + "*" * (len(value) - kept)


def mask_all(text: str) -> str:
    """The text with everything that looks like a personnummer masked."""
    return LOOKS_LIKE.sub(lambda found: mask(found[0].replace(" ", "")), text)
