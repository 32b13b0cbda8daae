"""Who is due a reminder on a day. Sending them is `deferrals.reminding`; this only says who, so that nobody is reminded in vain.

A week before the last day, the workday after it and a week after it (domain note, 4.2). Counted from the unit's own last
day, and before it only where it is everybody's: who has been granted a later date hears nothing until that has passed. While
SKR owes the unit an answer it is not reminded either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from config.lib import workdays
from deferrals.models import Deferral, Exemption
from submissions.models import Collection, Submission

DAYS_BEFORE, DAYS_AFTER = 7, 7
CAUGHT_UP = 3  # days that a reminder may be late by, where nothing ran on its day


class Reminder(StrEnum):
    """Which of them."""

    COMING = "coming"
    PASSED = "passed"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Duty:
    """One unit that SKR waits for, as far as reminders go."""

    submission: int  # its key
    due_date: date
    has_own_date: bool
    waits_for_skr: bool


def reminder_on(duty: Duty, day: date) -> Reminder | None:
    """The reminder that the unit is due that day. A pure function of both."""
    if duty.waits_for_skr:
        return None
    due = duty.due_date
    if day == workdays.on_or_after(due + timedelta(days=1)):
        return Reminder.PASSED
    if day == workdays.on_or_after(due + timedelta(days=DAYS_AFTER)):
        return Reminder.STILL
    if not duty.has_own_date and day == workdays.on_or_before(due - timedelta(days=DAYS_BEFORE)):
        return Reminder.COMING
    return None


def reminder_by(duty: Duty, day: date) -> Reminder | None:
    """The reminder that the unit should have had by that day: the day's own, else the latest of the days before it.

    No more than one, so that a unit whose reminders were held up for some days gets the one that holds now.
    """
    days = (day - timedelta(days=back) for back in range(CAUGHT_UP + 1))
    return next((reminder for one in days if (reminder := reminder_on(duty, one))), None)


def who_is_due(duties: Iterable[Duty], day: date) -> dict[int, Reminder]:
    """The reminder of each unit that is due one that day, by the submission's key."""
    found = {duty.submission: reminder_on(duty, day) for duty in duties}
    return {key: reminder for key, reminder in found.items() if reminder is not None}


def duties_of(collection: Collection, *, only: int | None = None) -> list[Duty]:
    """The units that SKR waits for a file from, as they stand now; `only` that submission. The exempt are not among them."""
    asked = [
        set(model.objects.filter(status=model.Status.REQUESTED).values_list("submission_id", flat=True))
        for model in (Deferral, Exemption)
    ]
    waiting = asked[0] | asked[1]
    awaited = Submission.objects.filter(collection=collection).awaited().select_related("collection").order_by("pk")
    if only is not None:
        awaited = awaited.filter(pk=only)
    return [Duty(one.pk, one.due_date, one.granted_due_date is not None, one.pk in waiting) for one in awaited]
