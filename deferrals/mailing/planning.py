"""Who gets what: the list of a mailing as it is frozen, with a sentence for each who does not get it. Nothing is sent here.

A constant number of queries, whatever the number of units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import amount
from deferrals import due_dates, reminders
from deferrals.extending import check_can_extend
from messaging.services import filler
from messaging.services.words import clean_subject, clean_text
from profiles.access import MAY_SUBMIT
from profiles.counties import COUNTIES
from profiles.invite_file import Line
from profiles.models import Membership, Unit
from submissions.models import Collection, Submission
from submissions.models.submission import SubmissionQuerySet

STATES = {"alla": "Alla i årets insamling", "saknar": "Saknar fil", "forsenad": "Försenade", **dict(Submission.Status.choices)}


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of the list; `problem` says why it gets nothing."""

    unit: Unit | None
    people: list[dict[str, Any]] = field(default_factory=list)
    email: str = ""
    name: str = ""
    role: str = ""
    subject: str = ""
    text: str = ""
    problem: str = ""


def units_of(collection: Collection) -> SubmissionQuerySet:
    """The submissions of the year, of units that hand in."""
    return Submission.objects.filter(collection=collection, unit__is_active=True)


def chosen(
    collection: Collection, *, units: Sequence[Unit], kind: str, county: str, state: str, on: date
) -> list[Submission]:  # fmt: skip
    """The submissions that all the choices let through; a choice that is empty lets all through. In the units' order."""
    rows = units_of(collection)
    if state == "saknar":
        rows = rows.awaited()
    elif state == "forsenad":
        rows = rows.overdue(on)
    elif state in Submission.Status.values:
        rows = rows.filter(status=state)
    if units:
        rows = rows.filter(unit__in=units)
    if kind:
        rows = rows.filter(unit__kind=kind)
    if county:
        rows = rows.filter(unit__code__startswith=county)
    return list(due_dates.with_requests(rows).order_by("unit__sort_key", "pk"))


def in_words(*, units: Sequence[Unit], kind: str, county: str, state: str) -> str:
    """The choices as a line: "Saknar fil, Kommun, Uppsala län, 12 uppräknade enheter"."""
    named = amount(len(units), "uppräknad enhet", "uppräknade enheter") if units else ""
    kinds, parts = dict(Unit.Kind.choices), [STATES.get(state, ""), "", COUNTIES.get(county, ""), named]
    parts[1] = str(kinds.get(kind, ""))
    return ", ".join(filter(None, parts)) or "Alla i årets insamling"


def for_reminder(submissions: Sequence[Submission], collection: Collection) -> list[Planned]:
    """A reminder to those that SKR waits for a file from."""
    people, duties = people_of(submissions), {duty.submission: duty for duty in reminders.duties_of(collection)}

    def problem(one: Submission) -> str:
        if one.exempt_at is not None:
            return "Omfattas inte i år."
        if one.pk not in duties:
            return "Har lämnat en fil. SKR väntar inte på någon."
        if duties[one.pk].waits_for_skr:
            return "Väntar på svar från SKR."
        return "" if people.get(one.unit_id) else "Ingen i enheten får lämna in."

    return [Planned(one.unit, people.get(one.unit_id, []), problem=problem(one)) for one in submissions]


def for_message(submissions: Sequence[Submission], *, subject: str, text: str, by: User, at: datetime) -> list[Planned]:
    """A matter for each unit, word for word. Raises NotAllowed for a text that cannot be sent."""
    people, fill = people_of(submissions), filler(by=by, at=at)
    return [
        Planned(
            one.unit,
            people.get(one.unit_id, []),
            subject=clean_subject(fill(one.unit, subject)),
            text=clean_text(fill(one.unit, text)),
        )
        for one in submissions
    ]


def for_extension(submissions: Sequence[Submission], *, day: date, at: datetime) -> list[Planned]:
    """A later last day for those that can have it."""
    people, on = people_of(submissions), timezone.localdate(at)

    def problem(one: Submission) -> str:
        try:
            check_can_extend(one, day, on)
        except NotAllowed as refusal:
            return refusal.reason
        return ""

    return [Planned(one.unit, people.get(one.unit_id, []), problem=problem(one)) for one in submissions]


def for_invitations(lines: Iterable[Line]) -> list[Planned]:
    """The people of a list; of a line with a problem only its number is told, since anything may stand in it."""
    return [
        Planned(None, problem=f"Rad {line.number} utelämnad: {line.problem}.")
        if line.problem
        else Planned(
            line.unit, email=line.email, name=line.name, role=line.role, problem=line.there and f"Personen {line.there}."
        )
        for line in lines
    ]


def people_of(submissions: Sequence[Submission]) -> dict[int, list[dict[str, Any]]]:
    """By unit, those who may hand in, as the list keeps them; one query."""
    found: dict[int, list[dict[str, Any]]] = {}
    units = [one.unit_id for one in submissions]
    rows = Membership.objects.in_force().filter(unit__in=units, role__in=MAY_SUBMIT, user__is_active=True)
    for row in rows.select_related("user").order_by("user__name", "pk"):
        told = {"user": row.user_id, "name": str(row.user), "email": row.user.email}
        found.setdefault(row.unit_id, []).append(told)
    return found
