"""One value by itself: check digits, dates, personnummer and ages."""

from __future__ import annotations

import re
from datetime import date

YOUNGEST = 13
COORDINATION = 60


def digits(value: str) -> bool:
    """True where there is nothing but 0-9."""
    return re.fullmatch("[0-9]+", value) is not None


def luhn(value: str) -> bool:
    """True where the last digit is the check digit of the others."""
    total = 0
    for place, sign in enumerate(value):
        product = int(sign) * (2 - place % 2)
        total += product // 10 + product % 10
    return total % 10 == 0


def day(value: str) -> date | None:
    """The date of eight digits, or None; no year has fewer than four."""
    if len(value) != 8 or not digits(value) or value[0] == "0":
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


def is_coordination(number: str) -> bool:
    """True for a samordningsnummer."""
    return int(number[4:6]) > COORDINATION


def birth(number: str, on: date) -> date | None:
    """The day of birth: the latest century that makes the person at least 13 years old on the day."""
    of_month = int(number[4:6]) - (COORDINATION if is_coordination(number) else 0)
    for century in (2000, 1900, 1800):
        born = day(f"{century + int(number[:2])}{number[2:4]}{of_month:02}")
        if born and age(born, on) >= YOUNGEST:
            return born
    return None


def age(born: date, on: date) -> int:
    """Whole years lived on the day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
