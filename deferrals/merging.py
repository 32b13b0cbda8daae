"""A unit goes up in another: what will happen, the plan, its day, and undoing it before.

Nothing of the old unit is moved: submissions, receipts, matters and people stay under its code. From its day it is not
asked any more, the relation "Har ersatts av" leads on, and chosen people get their role at the other unit. This year's
comparison with last year is made with the other unit's own rows: rows of two units are two sets of employment keys, and
put together they would hide who is new and who is gone.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from deferrals import exempting
from deferrals.models import Deferral, Exemption
from messaging.models import Thread
from profiles import services
from profiles.models import Membership, Unit, UnitMerger, UnitRelation
from submissions import states
from submissions.models import Submission
from submissions.services import scope

PERMISSION, INVITE = "profiles.add_unitmerger", "profiles.invite_membership"
EARLIEST, LATEST = timedelta(days=366), timedelta(days=2 * 366)


class WrongDay(NotAllowed):
    """The day cannot be; the sentence stands at the date."""


class HasFile(NotAllowed):
    """The unit has a file this year, and nobody has said what shall become of it."""


@dataclass(frozen=True, slots=True)
class Open:
    """A submission of a year that is not closed."""

    submission: Submission
    has_file: bool
    is_asked: bool  # goes on being asked: it has a file, or its measurement day comes before the merger


@dataclass(frozen=True, slots=True)
class Preview:
    """Exactly what a merger would touch."""

    people: list[tuple[Membership, str]]  # in force at the unit, with the role each has at the other one already, or ""
    open: list[Open]
    threads: int  # that are not done; they stay where they are
    deferrals: int  # that wait for an answer


def preview(unit: Unit, into: Unit, on: date) -> Preview:
    """What happens to the unit's people, open submissions, matters and requests; a constant number of queries."""
    there = {one.user_id: one.get_role_display() for one in Membership.objects.in_force().filter(unit=into)}
    people = Membership.objects.in_force().filter(unit=unit).select_related("user").order_by("user__name", "pk")
    return Preview(
        people=[(one, there.get(one.user_id, "")) for one in people],
        open=_open(unit, on),
        threads=Thread.objects.filter(unit=unit).exclude(status=Thread.Status.DONE).count(),
        deferrals=Deferral.objects.filter(submission__unit=unit, status=Deferral.Status.REQUESTED).count(),
    )


def _open(unit: Unit, on: date) -> list[Open]:
    found = Submission.objects.filter(unit=unit, collection__closed_at=None).select_related("unit", "collection")
    with_file = set(found.filter(deliveries__is_test=False).values_list("pk", flat=True))
    begun = set(states.WORKING) - {Submission.Status.NOT_STARTED}
    return [
        Open(one, has, has or one.collection.measurement_day < on or one.status not in states.WORKING)
        for one in found.order_by("collection__year", "pk")
        for has in (one.pk in with_file or one.status in begun,)
    ]


@transaction.atomic
def plan_merger(
    *, unit: Unit, into: Unit, on: date, people: Container[int] = (), keeps_file: bool = False, by: User, at: datetime
) -> UnitMerger:
    """Decide the merger; one whose day has come is carried out at once. `people` are memberships of the unit (their keys).

    `keeps_file` says that the unit itself finishes what it has begun this year. The same again is the one that is there.
    Raises `NotAllowed`, `WrongDay`, `HasFile`.
    """
    _check(by)
    for pk in sorted({unit.pk, into.pk}):
        list(Unit.objects.select_for_update().filter(pk=pk))
    unit.refresh_from_db()
    into.refresh_from_db()
    same = UnitMerger.objects.holding().filter(unit=unit, into=into, on=on, by=by).first()
    if same is not None:  # the button was pressed twice
        return same
    check_units(unit, into)
    today = timezone.localdate(at)
    if not today - EARLIEST <= on <= today + LATEST:
        raise WrongDay("Välj en dag högst ett år bakåt och högst två år fram.")
    if any(one.has_file for one in _open(unit, on)) and not keeps_file:
        raise HasFile("Enheten har lämnat en fil i år. Kryssa för att den själv lämnar klart, eller vänta.")
    chosen = Membership.objects.in_force().filter(unit=unit, pk__in=list(people))
    if chosen and not by.has_perm(INVITE):
        raise NotAllowed("Bara den som får bjuda in ger personer roller i den andra enheten.")
    merger = UnitMerger.objects.create(unit=unit, into=into, on=on, at=at, by=by)
    merger.people.set(chosen)
    _record("unit:merger:planned", merger, by, at)
    if on <= today:
        _carry_out(merger, at=at)
    return merger


def check_units(unit: Unit, into: Unit) -> None:
    """Raise `NotAllowed` where one cannot go up in the other: itself, twice, in a circle, or one that hands in no more."""
    if unit.pk == into.pk:
        raise NotAllowed("Välj en annan enhet än den själv.")
    if UnitMerger.objects.holding().filter(unit=unit).exists():
        raise NotAllowed(f"{unit.name} går redan upp i en annan enhet.")
    if UnitMerger.objects.holding().filter(unit=into).exists():
        raise NotAllowed(f"{into.name} går själv upp i en annan enhet. Välj den enheten i stället.")
    if UnitMerger.objects.planned().filter(into=unit).exists():
        raise NotAllowed(f"En annan enhet ska gå upp i {unit.name}. Vänta tills det är gjort, eller ångra det först.")
    for one in (unit, into):
        if not one.is_active:
            raise NotAllowed(f"{one.name} lämnar inte uppgifter.")


@transaction.atomic
def undo_merger(*, merger: UnitMerger, by: User, at: datetime) -> bool:
    """The units stay two; False where it is undone already. Raises `NotAllowed` once the day has come."""
    _check(by)
    if UnitMerger.objects.planned().filter(pk=merger.pk).update(undone_at=at, undone_by=by):
        _record("unit:merger:undone", merger, by, at)
        return True
    merger.refresh_from_db()
    if merger.carried_out_at is not None:
        raise NotAllowed("Sammanslagningen är genomförd och går inte att ångra.")
    return False


def carry_out_due(*, at: datetime) -> int:
    """Carry out the mergers whose day has come; how many. Each in a transaction of its own, safe to repeat."""
    due = UnitMerger.objects.planned().filter(on__lte=timezone.localdate(at)).select_related("unit", "into", "by")
    return sum(_carry_out(merger, at=at) for merger in due.order_by("on", "pk"))


@transaction.atomic
def _carry_out(merger: UnitMerger, *, at: datetime) -> bool:
    if not UnitMerger.objects.planned().filter(pk=merger.pk).update(carried_out_at=at):
        return False
    unit, into = merger.unit, merger.into
    Unit.objects.filter(pk=unit.pk).update(is_active=False)
    tie = {"child": into, "kind": UnitRelation.Kind.REPLACES, "parent": unit}
    if not UnitRelation.objects.filter(valid_to=None, **tie).exists():
        UnitRelation.objects.create(valid_from=merger.on, at=at, by=merger.by, **tie)
    for one in _open(unit, merger.on):
        if not one.is_asked and one.submission.exempt_at is None:
            _exempt(one.submission, merger, at=at)
    for membership in (
        Membership.objects.in_force().filter(pk__in=merger.people.values("pk")).select_related("user").order_by("pk")
    ):
        _give_role(membership, merger, at=at)
    _record("unit:merged", merger, merger.by, at)
    return True


def _exempt(submission: Submission, merger: UnitMerger, *, at: datetime) -> None:
    """The unit is not part of the year. What it asks about that itself is answered by it."""
    text = f"Enheten har gått upp i {merger.into.name}, som lämnar uppgifterna."
    asked = Exemption.objects.filter(submission=submission, status=Exemption.Status.REQUESTED).first()
    if not merger.by.has_perm("deferrals.decide_deferral"):  # has another role at SKR by now
        scope.exempt(submission=submission, by=merger.by, at=at, text=text)
    elif asked is not None:
        exempting.grant_exemption(exemption=asked, answer=text, by=merger.by, at=at)
    else:
        reason = Exemption.Reason.ELSEWHERE
        exempting.decide_exemption(submission=submission, reason=reason, text=text, by=merger.by, at=at)


def _give_role(membership: Membership, merger: UnitMerger, *, at: datetime) -> None:
    """The person's role at the other unit, unless she has one there by now, or her account is closed."""
    user, by = membership.user, merger.by if merger.by.has_perm(INVITE) else None
    try:
        with transaction.atomic():
            services.invite_member(
                unit=merger.into,
                email=user.email,
                name=user.name,
                role=membership.role,
                ends_on=membership.ends_on,
                by=by,
                at=at,
            )
    except NotAllowed as refusal:
        audit.record("access:denied", by=by, subject=user, unit=merger.into.code, object=refusal.reason, at=at)


def _check(by: User) -> None:
    if not by.has_perm(PERMISSION):
        raise NotAllowed("Bara SKR:s samordnare slår samman enheter.")


def _record(code: str, merger: UnitMerger, by: User, at: datetime) -> None:
    words = f"{merger.unit.code} i {merger.into.code}"
    for unit in (merger.unit, merger.into):
        audit.record(code, by=by, unit=unit.code, object=words, result=f"från {merger.on.isoformat()}", at=at)
