"""How each unit stands in one year: everything the cockpit counts on, in a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Max, Min, QuerySet

from messaging.models import Thread
from profiles.counties import COUNTIES
from profiles.models import ContactPerson, Membership, PayrollSystem
from submissions.models import Collection, Delivery, Submission

Status = Submission.Status

RECEIVED = frozenset(Status) - {Status.NOT_STARTED}
HANDED_IN = frozenset({Status.HANDED_IN, Status.SKR_REVIEW, Status.APPROVED, Status.LOCKED})
APPROVED = frozenset({Status.APPROVED, Status.LOCKED})
"""The three steps that are counted, each a part of the one before."""

MAY_HAND_IN = (Membership.Role.SUBMITTER, Membership.Role.CONTACT)


@dataclass(frozen=True, slots=True)
class File:
    """One real file: what became of it, its rows and what must be corrected in it."""

    status: str
    is_current: bool
    rows: int
    fel: int

    @property
    def is_good(self) -> bool:
        """Checked, and nothing in it must be corrected."""
        return self.status == Delivery.Status.CHECKED and self.fel == 0

    @property
    def fails(self) -> bool:
        """Refused, or something in it must be corrected."""
        return self.status == Delivery.Status.REJECTED or (self.status == Delivery.Status.CHECKED and self.fel > 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit's submission of the year. Rows are of the files as sent; days are the due date's, in Sweden."""

    pk: int  # the submission's
    unit_id: int
    code: str
    name: str
    sort_key: str
    kind: str
    status: Status
    due_on: date
    is_exempt: bool = False
    is_late: bool = False
    system: str = ""  # the payroll system's code; "" where the unit has not said
    files: tuple[File, ...] = ()  # the real ones, in order of version
    rows_before: int | None = None  # of last year's current file
    waits_since: datetime | None = None  # the oldest matter that SKR has not answered
    able: int = 1  # people who can hand in for the unit now
    last_sign_in: datetime | None = None  # of those

    @property
    def county(self) -> str:
        """The county's number; "" outside the counties' codes."""
        return self.code[:2] if self.code[:2] in COUNTIES else ""

    @property
    def current(self) -> File | None:
        """The file that counts."""
        return next((one for one in self.files if one.is_current), None)

    @property
    def size(self) -> int | None:
        """Rows of the current file, else of last year's; None without either."""
        return self.current.rows if self.current else self.rows_before


def standings(collection: Collection, *, on: date) -> list[Standing]:
    """The year's submissions by the units' names. Seven questions, whatever the number of units."""
    submissions = Submission.objects.filter(collection=collection)
    late = set(submissions.overdue(on).order_by().values_list("pk", flat=True))
    files, before = _files(collection), _rows_before(collection)
    systems = dict(PayrollSystem.objects.filter(year=collection.year).order_by().values_list("unit", "code"))
    waiting, people = _waiting(on), _people()
    columns = ("pk", "unit_id", "unit__code", "unit__name", "unit__sort_key", "unit__kind", "status", "due_on", "exempt_at")
    found = submissions.with_due_date().order_by("unit__sort_key", "pk").values_list(*columns)
    return [
        Standing(
            pk=pk,
            unit_id=unit,
            code=code,
            name=name,
            sort_key=key,
            kind=kind,
            status=Status(status),
            due_on=due_on,
            is_exempt=exempt_at is not None,
            is_late=pk in late,
            system=systems.get(unit, ""),
            files=tuple(files.get(pk, ())),
            rows_before=before.get(unit),
            waits_since=waiting.get(unit),
            able=people.get(unit, (0, None))[0],
            last_sign_in=people.get(unit, (0, None))[1],
        )
        for pk, unit, code, name, key, kind, status, due_on, exempt_at in found
    ]


def _files(collection: Collection) -> dict[int, list[File]]:
    """The real files by submission, in order of version."""
    real = Delivery.objects.filter(submission__collection=collection, is_test=False).order_by("version", "pk")
    found: dict[int, list[File]] = defaultdict(list)
    for submission, status, is_current, rows, fel in real.values_list("submission", "status", "is_current", "rows", "fel"):
        found[submission].append(File(status, is_current, rows or 0, fel))
    return found


def _rows_before(collection: Collection) -> dict[int, int]:
    """Rows of last year's current file, by unit."""
    before = Delivery.objects.filter(submission__collection__year=collection.year - 1, is_current=True)
    return {unit: rows or 0 for unit, rows in before.order_by().values_list("submission__unit", "rows")}


def _waiting(on: date) -> dict[int, datetime]:
    """When the unit wrote in its oldest matter that SKR has not answered and not put off, by unit."""
    waiting = Thread.objects.filter(status=Thread.Status.WAITING_SKR).awake(on)
    return dict(waiting.order_by().values_list("unit").annotate(since=Min("last_message_at")))


def able_people() -> QuerySet[Membership]:
    """The memberships of those who can hand in now: in force, with an open account."""
    return Membership.objects.in_force().filter(role__in=MAY_HAND_IN, user__is_active=True)


def _people() -> dict[int, tuple[int, datetime | None]]:
    """How many can hand in for the unit, and when one of them last signed in, by unit."""
    counted = able_people().order_by().values("unit").annotate(n=Count("pk"), last=Max("user__last_login"))
    return {unit: (n, last) for unit, n, last in counted.values_list("unit", "n", "last")}


# Whom to ring ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom SKR rings about a unit; what is not known is empty."""

    name: str
    phone: str
    email: str


def contacts_of(units: Iterable[int]) -> dict[int, Contact]:
    """The contact the unit has named, else a Kontaktperson, else somebody who can hand in, by unit. Two questions."""
    wanted = list(units)
    columns = ("unit", "name", "phone", "email")
    people = able_people().filter(unit__in=wanted)
    people = people.annotate(name=F("user__name"), phone=F("user__phone"), email=F("user__email"))
    named = ContactPerson.objects.filter(unit__in=wanted, ended_at=None)
    found: dict[int, Contact] = {}
    in_turn = (people.order_by("-role", "-pk"), named.order_by("pk"))  # the last one wins: a Kontaktperson over the others
    for rows in in_turn:
        for unit, *values in rows.values_list(*columns):
            found[unit] = Contact(*values)
    return found
