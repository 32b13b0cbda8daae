"""Workdays: the holidays of the law, and the eves that no office works."""

from __future__ import annotations

from datetime import date

import pytest

from config.lib import workdays


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 12, 1), ""),
        (date(2026, 12, 5), "lördag"),
        (date(2026, 12, 6), "söndag"),
        (date(2026, 12, 23), ""),
        (date(2026, 12, 24), "julafton"),
        (date(2026, 12, 25), "juldagen"),
        (date(2026, 12, 31), "nyårsafton"),
        (date(2027, 1, 1), "nyårsdagen"),
        (date(2027, 1, 6), "trettondedag jul"),
        (date(2026, 4, 3), "långfredagen"),
        (date(2026, 4, 6), "annandag påsk"),
        (date(2026, 5, 14), "Kristi himmelsfärdsdag"),
        (date(2026, 6, 19), "midsommarafton"),
        (date(2026, 10, 31), "alla helgons dag"),
        (date(2025, 11, 1), "alla helgons dag"),
    ],
)
def test_why_a_day_is_closed(day: date, reason: str):
    assert workdays.closed_because(day) == reason


def test_the_nearest_workday_in_either_direction():
    assert workdays.on_or_after(date(2026, 12, 24)) == date(2026, 12, 28)
    assert workdays.on_or_before(date(2026, 12, 27)) == date(2026, 12, 23)
    assert workdays.on_or_after(date(2026, 12, 1)) == date(2026, 12, 1)
