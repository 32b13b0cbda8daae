"""Who is due a reminder: never before the day one has been given, never while SKR owes an answer, never the exempt."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deferrals.reminders import Duty, Reminder, duties_of, reminder_on, who_is_due
from submissions.models import Collection, Submission
from tests.cast import Cast
from tests.client import GuardedClient
from tests.deferrals.conftest import ask, grant

DUE = date(2026, 12, 1)


def duty(due: date = DUE, *, own: bool = False, waits: bool = False) -> Duty:
    return Duty(1, due, own, waits)


@pytest.mark.parametrize(
    ("one", "day", "reminder"),
    [
        (duty(), date(2026, 11, 23), None),
        (duty(), date(2026, 11, 24), Reminder.COMING),
        (duty(), DUE, None),
        (duty(), date(2026, 12, 2), Reminder.PASSED),
        (duty(), date(2026, 12, 8), Reminder.STILL),
        (duty(), date(2026, 12, 9), None),
        (duty(date(2026, 12, 4), own=True), date(2026, 11, 27), None),
        (duty(date(2026, 12, 4), own=True), date(2026, 12, 2), None),
        (duty(date(2026, 12, 4), own=True), date(2026, 12, 5), None),  # a Saturday
        (duty(date(2026, 12, 4), own=True), date(2026, 12, 7), Reminder.PASSED),
        (duty(waits=True), date(2026, 12, 2), None),
        (duty(date(2026, 12, 24)), date(2026, 12, 28), Reminder.PASSED),
    ],
)
def test_the_days_of_the_reminders(one: Duty, day: date, reminder: Reminder | None):
    assert reminder_on(one, day) == reminder


@given(st.dates(DUE, date(2027, 3, 1)), st.integers(0, 400))
def test_nobody_is_reminded_before_the_new_date(new: date, days: int):
    granted = duty(new, own=True)
    assert who_is_due([granted], new - timedelta(days=days)) == {}


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_a_season_has_each_reminder_once(due: date):
    season = [due + timedelta(days=n) for n in range(-40, 40)]
    found = [reminder for day in season if (reminder := reminder_on(duty(due), day))]
    assert found == [Reminder.COMING, Reminder.PASSED, Reminder.STILL]


def test_the_duties_are_those_that_skr_waits_for(bo: GuardedClient, cast: Cast, trosa: Submission, collection: Collection):
    other = Submission.objects.get(unit=cast.other)
    assert duties_of(collection) == [Duty(other.pk, DUE, False, False), Duty(trosa.pk, DUE, False, False)]
    ask(bo)
    assert duties_of(collection)[1] == Duty(trosa.pk, DUE, False, True)
    grant(cast, date(2026, 12, 10))
    assert duties_of(collection)[1] == Duty(trosa.pk, date(2026, 12, 10), True, False)
    Submission.objects.filter(pk=other.pk).update(status="handed_in")
    assert [one.submission for one in duties_of(collection)] == [trosa.pk]
    assert who_is_due(duties_of(collection), date(2026, 12, 2)) == {}
    assert who_is_due(duties_of(collection), date(2026, 12, 11)) == {trosa.pk: Reminder.PASSED}
