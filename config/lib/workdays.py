"""Swedish workdays: which days an office is closed, by the package `holidays`.

Its categories `public` and `de_facto` are the days of lagen (1989:253) om allmänna helgdagar and the three eves that no
office works (midsommarafton, julafton, nyårsafton).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

_WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_PROPER_NAMES = ("Kristi",)


@lru_cache(maxsize=32)
def holidays_of(year: int) -> dict[date, str]:
    """The year's holidays by day, with their Swedish names as they stand inside a sentence."""
    days = holidays.country_holidays("SE", years=year, categories=("public", "de_facto"), language="sv")
    return {day: name if name.startswith(_PROPER_NAMES) else name[0].lower() + name[1:] for day, name in days.items()}


def closed_because(day: date) -> str:
    """Why no office works that day ("julafton", "söndag"); empty for a workday."""
    holiday = holidays_of(day.year).get(day, "")
    return holiday or (_WEEKDAYS[day.weekday()] if day.weekday() >= 5 else "")


def is_workday(day: date) -> bool:
    """Whether an office works that day."""
    return not closed_because(day)


def on_or_after(day: date) -> date:
    """The first workday from that day on."""
    while not is_workday(day):
        day += timedelta(1)
    return day


def on_or_before(day: date) -> date:
    """The last workday up to that day."""
    while not is_workday(day):
        day -= timedelta(1)
    return day
