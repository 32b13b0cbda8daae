"""Send the reminders that `deferrals.reminders` says are due: one to a unit for each kind and last day, however often it runs.

Each unit is a transaction of its own with its row locked, so that a run that is cut short is taken up by the next one, and
two at once take turns. What was missed because nothing ran is caught up for some days. A reminder is no news of messages:
everybody who may hand in gets it, whatever she has chosen about such mail.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import workdays
from config.lib.mail import PortalMail
from deferrals import reminders
from deferrals.models import ReminderSent
from deferrals.reminders import Reminder
from profiles import access
from submissions import states
from submissions.models import Collection, Submission
from submissions.services import deliver

WORDS = {
    Reminder.COMING: "Påminnelse om att sista dagen närmar sig",
    Reminder.PASSED: "Påminnelse om att sista dagen har passerat",
    Reminder.STILL: "Påminnelse om att uppgifterna fortfarande saknas",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One unit that was due: which reminder, and to how many people. Nobody: the unit has no one who may hand in."""

    submission: Submission
    reminder: Reminder
    people: int


def remind_year(*, collection: Collection, at: datetime, only: Container[Reminder] = frozenset(Reminder)) -> list[Outcome]:
    """Send what is due of the kinds `only`, on a workday in Sweden; what was sent, in the order of the submissions."""
    day = timezone.localdate(at)
    if not workdays.is_workday(day):
        return []
    due = {duty.submission: reminders.reminder_by(duty, day) for duty in reminders.duties_of(collection)}
    wanted = [key for key, reminder in due.items() if reminder in only]
    sent = set(ReminderSent.objects.filter(submission__in=wanted).values_list("submission_id", "kind", "due_date"))
    outcomes = []
    for submission in Submission.objects.filter(pk__in=wanted).select_related("collection", "unit").order_by("pk"):
        if (submission.pk, due[submission.pk], submission.due_date) not in sent:
            outcomes.append(_remind_due(submission, only=only, at=at))
    return [outcome for outcome in outcomes if outcome is not None]


@transaction.atomic
def _remind_due(submission: Submission, *, only: Container[Reminder], at: datetime) -> Outcome | None:
    """The unit's reminder as things stand with its row locked; None where it has had it, or is no longer due any."""
    locked = deliver.lock(submission)
    for duty in reminders.duties_of(submission.collection, only=locked.pk):
        reminder = reminders.reminder_by(duty, timezone.localdate(at))
        had = ReminderSent.objects.filter(submission=locked, kind=reminder, due_date=duty.due_date)
        if reminder is None or reminder not in only or had.exists():
            return None
        people = tell(locked, reminder)
        if people:
            ReminderSent.objects.create(submission=locked, kind=reminder, due_date=duty.due_date, at=at)
            note(locked, WORDS[reminder], people, by=None, at=at)
        return Outcome(locked, reminder, people)
    return None


def by_hand(submission: Submission, day: date) -> Reminder:
    """The letter of a reminder that SKR sends on a day of its own choice."""
    days = (day - submission.due_date).days
    return Reminder.COMING if days <= 0 else Reminder.PASSED if days < reminders.DAYS_AFTER else Reminder.STILL


@transaction.atomic
def remind_unit(*, submission: Submission, only: Container[int], by: User, at: datetime) -> int:
    """SKR's own reminder to those of the unit's people whose keys are in `only`; how many got it. Raises NotAllowed."""
    locked, day = deliver.lock(submission), timezone.localdate(at)
    duties = reminders.duties_of(submission.collection, only=locked.pk)
    if not duties:
        raise NotAllowed("SKR väntar inte längre på någon fil från enheten.")
    if duties[0].waits_for_skr:
        raise NotAllowed("Enheten väntar på svar från SKR.")
    reminder = by_hand(locked, day)
    people = tell(locked, reminder, only=only)
    if not people:
        raise NotAllowed("Ingen av mottagarna får längre lämna in för enheten.")
    note(locked, WORDS[reminder], people, by=by, at=at)
    return people


def tell(submission: Submission, reminder: Reminder, *, only: Container[int] | None = None) -> int:
    """The mail to everybody who may hand in for the unit; how many. It says the year and the day, and nothing about rows."""
    people = [person for person in access.people_with(submission.unit, access.MAY_SUBMIT) if only is None or person.pk in only]
    context = {"unit": submission.unit.name, "year": submission.collection.year, "due_date": submission.due_date}
    for person in people:
        PortalMail(f"deferrals/reminder_{reminder}", to=person.email, context=context, in_bulk=True).send()
    return len(people)


def note(submission: Submission, words: str, people: int, *, by: User | None, at: datetime) -> None:
    """The line in the unit's history, and the event."""
    day, name = submission.due_date.isoformat(), f"{submission.unit.code}/{submission.collection.year}"
    states.note(submission, by=by, at=at, text=f"{words} är skickad. Sista dag är {day}.")
    audit.record(
        "submission:reminded", by=by, unit=submission.unit.code, object=name, result=f"sista dag {day}, {people} mejl", at=at
    )
