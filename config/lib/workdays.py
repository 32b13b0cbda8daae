"""Swedish workdays: which days an office is closed. Pure; no table of years to keep up to date.

Holidays by lagen (1989:253) om allmänna helgdagar, with midsommarafton, julafton and nyårsafton, which no office works.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_FIXED = (
    (1, 1, "nyårsdagen"),
    (1, 6, "trettondedag jul"),
    (5, 1, "första maj"),
    (6, 6, "nationaldagen"),
    (12, 24, "julafton"),
    (12, 25, "juldagen"),
    (12, 26, "annandag jul"),
    (12, 31, "nyårsafton"),
)
_FROM_EASTER = ((-2, "långfredagen"), (0, "påskdagen"), (1, "annandag påsk"), (39, "Kristi himmelsfärdsdag"), (49, "pingstdagen"))
_WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")


def easter_sunday(year: int) -> date:
    """Easter by the Gregorian reckoning (the anonymous algorithm of 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _first(weekday: int, start: date) -> date:
    return start + timedelta((weekday - start.weekday()) % 7)


@lru_cache(maxsize=32)
def holidays(year: int) -> dict[date, str]:
    """The year's holidays by day, with their Swedish names."""
    easter = easter_sunday(year)
    days = {date(year, month, day): name for month, day, name in _FIXED}
    days |= {easter + timedelta(offset): name for offset, name in _FROM_EASTER}
    midsummer_eve = _first(4, date(year, 6, 19))
    days |= {midsummer_eve: "midsommarafton", midsummer_eve + timedelta(1): "midsommardagen"}
    days[_first(5, date(year, 10, 31))] = "alla helgons dag"
    return days


def closed_because(day: date) -> str:
    """Why no office works that day ("julafton", "söndag"); empty for a workday."""
    holiday = holidays(day.year).get(day, "")
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
