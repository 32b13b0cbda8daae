"""Uppskov's rules: which dates may be asked for, and how a request moves."""

from __future__ import annotations

from datetime import date

import pytest

from deferrals import states
from deferrals.states import Status
from submissions.models import Collection, Submission


def submission(granted: date | None = None, latest: date = date(2026, 12, 15)) -> Submission:
    collection = Collection(year=2026, opens_on=date(2026, 10, 12), due_date=date(2026, 12, 1), latest_deferral_date=latest)
    return Submission(collection=collection, granted_due_date=granted)


@pytest.mark.parametrize(
    ("granted", "latest", "on", "expected"),
    [
        (None, date(2026, 12, 15), date(2026, 11, 16), (date(2026, 12, 2), date(2026, 12, 15))),
        (date(2026, 12, 4), date(2026, 12, 15), date(2026, 11, 16), (date(2026, 12, 7), date(2026, 12, 15))),
        (None, date(2026, 12, 27), date(2026, 11, 16), (date(2026, 12, 2), date(2026, 12, 23))),
        (None, date(2026, 12, 15), date(2026, 12, 12), (date(2026, 12, 14), date(2026, 12, 15))),
        (None, date(2026, 12, 15), date(2026, 12, 15), (date(2026, 12, 15), date(2026, 12, 15))),
        (None, date(2026, 12, 15), date(2026, 12, 16), None),
        (date(2026, 12, 15), date(2026, 12, 15), date(2026, 11, 16), None),
        (date(2026, 12, 11), date(2026, 12, 13), date(2026, 11, 16), None),
    ],
)
def test_the_dates_that_can_be_given(granted: date | None, latest: date, on: date, expected: tuple[date, date] | None):
    assert states.window(submission(granted, latest), on) == expected


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2026, 12, 2), ""),
        (date(2026, 12, 15), ""),
        (date(2026, 12, 1), "Välj ett datum från och med 2026-12-02 till och med 2026-12-15."),
        (date(2026, 12, 16), "Välj ett datum från och med 2026-12-02 till och med 2026-12-15."),
        (date(2026, 12, 5), "2026-12-05 är lördag. Välj en vardag."),
        (date(2026, 12, 13), "2026-12-13 är söndag. Välj en vardag."),
    ],
)
def test_a_date_is_a_workday_within_the_window(day: date, sentence: str):
    assert states.reason_against(states.check_date, submission(), day, date(2026, 11, 16)) == sentence


def test_a_date_when_none_is_left():
    reason = states.reason_against(states.check_date, submission(), date(2026, 12, 15), date(2026, 12, 16))
    assert reason.startswith("Det senaste datum som SKR kan ge är 2026-12-15.")


def test_what_waits_is_answered_or_ended_and_what_is_granted_only_ended():
    assert {start: set(ends) for start, ends in states.TRANSITIONS.items()} == {
        Status.REQUESTED: {Status.GRANTED, Status.DECLINED, Status.WITHDRAWN, Status.REVOKED},
        Status.GRANTED: {Status.WITHDRAWN, Status.REVOKED},
        Status.DECLINED: set(),
        Status.WITHDRAWN: set(),
        Status.REVOKED: set(),
    }
