"""The units' last days as files: a calendar for a person, a list for SKR. The date is always `Submission.due_date`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from config.lib import csv_file, ical
from deferrals.models import Deferral, Exemption
from submissions.models import Submission
from submissions.models.submission import SubmissionQuerySet

ALARM_DAYS = 3
DOMAIN = "personalstatistik.skr.se"  # of the entries' names: it must stay, whatever the portal's address is
HEADING = ("Kod", "Enhet", "År", "Status", "Sista dag", "Ordinarie sista dag", "Uppskov", "Omfattas")


def with_requests(submissions: SubmissionQuerySet) -> SubmissionQuerySet:
    """The submissions with unit, year, and everything that was asked and answered, newest first: a constant number of queries."""
    deferrals = Deferral.objects.select_related("requested_by", "decided_by", "ended_by").order_by("-requested_at", "-pk")
    exemptions = Exemption.objects.select_related("requested_by", "decided_by", "ended_by").order_by("-requested_at", "-pk")
    return submissions.select_related("unit", "collection").prefetch_related(
        Prefetch("deferrals", deferrals), Prefetch("exemptions", exemptions)
    )


def calendar_of(submissions: Iterable[Submission], *, name: str) -> bytes:
    """The calendar file of submissions that were read by `with_requests`."""
    return ical.calendar((_entry(one) for one in submissions), name=name)


def _entry(submission: Submission) -> ical.WholeDay:
    unit, year = submission.unit, submission.collection.year
    changes = _changes(submission)
    is_exempt = submission.exempt_at is not None
    text = "Ni omfattas inte i år." if is_exempt else f"Sista dag att klarmarkera för {unit.name}."
    if submission.granted_due_date is not None and not is_exempt:
        text += f" Beviljat uppskov. Insamlingens sista dag är {submission.collection.due_date.isoformat()}."
    address = f"{settings.PORTAL_BASE_URL}{reverse('deferrals:unit', args=[unit.code])}"
    return ical.WholeDay(
        uid=f"sista-dag-{year}-{unit.code}@{DOMAIN}",
        day=submission.due_date,
        summary=f"Sista dag: {submission.collection}, {unit.name}",
        description=f"{text}\n{address}",
        url=address,
        changed_at=max(changes, default=_opening(submission)),
        sequence=len(changes),
        is_cancelled=is_exempt,
        alarm_days=ALARM_DAYS,
    )


def _changes(submission: Submission) -> list[datetime]:
    """When the last day, or whether there is one, was changed."""
    asked = [*submission.deferrals.all(), *submission.exemptions.all()]
    granted = [one for one in asked if one.decided_at and one.status != one.Status.DECLINED]
    return [at for one in granted for at in (one.decided_at, one.ended_at) if at is not None]


def _opening(submission: Submission) -> datetime:
    opens = submission.collection.opens_on
    return timezone.make_aware(datetime.combine(opens, time.min))


def list_of(submissions: Iterable[Submission]) -> bytes:
    """SKR's list as CSV: a line for each submission."""
    return b"".join(csv_file.write(HEADING, (_line(one) for one in submissions)))


def _line(submission: Submission) -> list[csv_file.Value]:
    has_own = submission.granted_due_date is not None
    return [
        submission.unit.code,
        submission.unit.name,
        submission.collection.year,
        submission.get_status_display(),
        submission.due_date.isoformat(),
        submission.collection.due_date.isoformat(),
        "ja" if has_own else "nej",
        "nej" if submission.exempt_at is not None else "ja",
    ]
