"""The last day of a role: it ends by itself when the day has passed, whether or not anybody has written that down.

`MembershipQuerySet.lasting` keeps the rule at every question of rights. Here the day is set, and each night those that have
passed are written down as ended, so that sessions, invitations and SKR's list of units without a Kontaktperson follow.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import AuditEvent, User
from profiles import contacts, notices, services
from profiles.models import Membership

Role = Membership.Role
WARNED, WARNING = timedelta(days=14), "access:warned"
NOBODY_AFTER = "Enheten måste ha en kontaktperson också därefter. Gör först en annan person till kontaktperson utan sista dag."


@transaction.atomic
def change_member(*, membership: Membership, role: str, ends_on: date | None, by: User, at: datetime) -> None:
    """A colleague's role and its last day, as the form of both says. Raises NotAllowed."""
    services.change_role(membership=membership, role=role, by=by, at=at)
    set_last_day(membership=membership, ends_on=ends_on, by=by, at=at)


@transaction.atomic
def set_last_day(*, membership: Membership, ends_on: date | None, by: User, at: datetime) -> bool:
    """Say which day a colleague's role ends, or that it holds until further notice; whether that was news. Raises NotAllowed."""
    services.lock(membership.unit)
    services.check_manages(by, membership.unit)
    found = Membership.objects.in_force().select_related("user", "unit").filter(pk=membership.pk).first()
    if found is None:
        raise NotAllowed("Personen har inte längre någon roll i enheten.")
    if found.ends_on == ends_on:
        return False
    if found.user_id == by.pk:
        raise NotAllowed("Du kan inte ändra din egen sista dag. Be en annan kontaktperson, eller SKR.")
    services.check_last_day(ends_on, at=at)
    if ends_on and found.role == Role.CONTACT and not contacts.is_another_able(found, after=ends_on):
        raise NotAllowed(NOBODY_AFTER)
    Membership.objects.filter(pk=found.pk).update(ends_on=ends_on)
    membership.ends_on = ends_on
    result = f"till och med {ends_on.isoformat()}" if ends_on else "tills vidare"
    audit.record("access:changed", by=by, subject=found.user, unit=found.unit.code, result=result, at=at)
    notices.send("last_day_set", {found.user.email}, unit=found.unit.name, ends_on=ends_on)
    return True


def warn_of_last_day(*, at: datetime) -> int:
    """Tell those whose role ends within two weeks, and their unit's Kontaktpersoner, once for each last day; how many."""
    today = timezone.localdate(at)
    ending = Membership.objects.in_force().filter(user__is_active=True, ends_on__lte=today + WARNED)
    told = 0
    for membership in ending.select_related("user", "unit").order_by("pk"):
        mark = f"till och med {membership.ends_on}"
        unit, person = membership.unit, membership.user
        with transaction.atomic():
            services.lock(unit)
            if AuditEvent.objects.filter(code=WARNING, subject_id=person.pk, unit=unit.code, result=mark).exists():
                continue
            told += 1
            audit.record(WARNING, subject=person, unit=unit.code, result=mark, at=at)
            context = {"unit": unit.name, "ends_on": membership.ends_on}
            notices.send("role_ends_soon", {person.email}, in_bulk=True, is_own=True, **context)
            notices.send("role_ends_soon", notices.contacts(unit) - {person.email}, in_bulk=True, is_own=False, **context)
    return told


def end_past(*, at: datetime) -> int:
    """Write down each role and invitation whose last day has passed as ended, in a transaction of its own; how many."""
    ended = 0
    for pk in list(Membership.objects.past().order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            membership = Membership.objects.select_related("user", "unit", "invitation").get(pk=pk)
            services.lock(membership.unit)
            if not Membership.objects.past().filter(pk=pk).exists():  # given a later day meanwhile
                continue
            ended += 1
            if membership.invitation and membership.invitation.accepted_at is None:
                services.revoke(membership, by=None, at=at)
                continue
            services.end_role(membership, by=None, at=at, result="expired")
            if membership.role == Role.CONTACT:
                contacts.tell_if_lost([membership.unit], at=at)
    return ended
