"""Hand over one's own role as Kontaktperson to a colleague of the unit, who accepts or declines.

Until she accepts nothing changes. Then both changes are one transaction, so that the unit is never without: she is
Kontaktperson, and who handed over leaves the unit or stays as Läsare.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, limits
from accounts.access import NotAllowed
from accounts.models import User
from profiles import access, notices, services
from profiles.models import Handover, Membership, Unit

Role = Membership.Role
Outcome = Handover.Outcome
NOT_OPEN = "Överlämningen gäller inte längre. Den är besvarad, återtagen eller har gått ut."


def receivers(unit: Unit, giver: User) -> QuerySet[Membership]:
    """Colleagues who can take over: a role without a last day, an open account, and mail that arrives."""
    members = Membership.objects.in_force().filter(unit=unit, user__is_active=True, user__bounced_at=None, ends_on=None)
    return members.exclude(user=giver).select_related("user").order_by("user__name", "user__email", "pk")


def offered_by(unit: Unit, giver: User, *, at: datetime) -> Handover | None:
    """The offer that the person has open."""
    return Handover.objects.open(at).select_related("receiver", "unit").filter(unit=unit, giver=giver).first()


def offered_to(unit: Unit, receiver: User, *, at: datetime) -> QuerySet[Handover]:
    """The offers that wait for the person's answer."""
    waiting = Handover.objects.open(at).filter(unit=unit, receiver=receiver)
    return waiting.select_related("giver").order_by("created_at", "pk")


@transaction.atomic
def offer_handover(*, unit: Unit, to: int, rest: str, by: User, at: datetime) -> Handover:
    """Offer one's role to the person with that membership. The same offer again is the one there is. Raises NotAllowed."""
    services.lock(unit)
    if access.role_at(by, unit) is not Role.CONTACT:
        raise NotAllowed("Bara en kontaktperson kan lämna över sin roll.")
    chosen = receivers(unit, by).filter(pk=to).first()
    if chosen is None:
        raise NotAllowed("Personen kan inte ta över just nu. Välj någon i listan.")
    if rest not in Handover.Rest.values:
        raise NotAllowed("Välj vad du själv ska ha kvar.")
    before = offered_by(unit, by, at=at)
    if before is not None and (before.receiver_id, before.rest) == (chosen.user_id, rest):
        return before
    if before is not None:
        raise NotAllowed(f"Du har redan erbjudit {before.receiver} att ta över. Ta tillbaka det först.")
    Handover.objects.filter(unit=unit, giver=by, outcome="").update(outcome=Outcome.LAPSED, answered_at=at)
    made = Handover.objects.create(
        unit=unit, giver=by, receiver=chosen.user, rest=rest, created_at=at, expires_at=at + limits.INVITATION_LIFETIME
    )
    audit.record("access:handover:offered", by=by, subject=chosen.user, unit=unit.code, at=at)
    notices.send("handover_offered", {chosen.user.email}, unit=unit.name, expires_at=made.expires_at)
    return made


@transaction.atomic
def withdraw_handover(*, handover: Handover, by: User, at: datetime) -> None:
    """Take one's own offer back. Raises NotAllowed."""
    if handover.giver_id != by.pk:
        raise NotAllowed("Bara den som lämnar över kan ta tillbaka erbjudandet.")
    _answer(handover, Outcome.WITHDRAWN, at=at)
    audit.record("access:handover:withdrawn", by=by, subject=handover.receiver, unit=handover.unit.code, at=at)


@transaction.atomic
def decline_handover(*, handover: Handover, by: User, at: datetime) -> None:
    """Say no; the giver is told. Raises NotAllowed."""
    _check_receiver(handover, by)
    _answer(handover, Outcome.DECLINED, at=at)
    audit.record("access:handover:declined", by=by, subject=handover.giver, unit=handover.unit.code, at=at)
    notices.send("handover_declined", {handover.giver.email}, unit=handover.unit.name)


@transaction.atomic
def accept_handover(*, handover: Handover, by: User, at: datetime) -> bool:
    """Take the role over; whether her own sessions ended with it, as with every changed role. Raises NotAllowed."""
    unit = handover.unit
    services.lock(unit)
    services.lock_people([handover.giver_id, handover.receiver_id])
    _check_receiver(handover, by)
    _answer(handover, Outcome.ACCEPTED, at=at)
    members = Membership.objects.in_force().filter(unit=unit).select_related("user", "unit")
    given = members.filter(user=handover.giver, user__is_active=True, role=Role.CONTACT).first()
    taken = members.filter(user=by, user__is_active=True, user__bounced_at=None, ends_on=None).first()
    if given is None or taken is None:
        raise NotAllowed(NOT_OPEN)
    audit.record("access:handover:accepted", by=by, subject=handover.giver, unit=unit.code, at=at)
    if taken.role != Role.CONTACT:
        Membership.objects.filter(pk=taken.pk).update(role=Role.CONTACT)
        services.role_lost(taken, result=f"{Role(taken.role).label} → {Role.CONTACT.label}", by=by, at=at)
        services.count_as_granted(by, unit, services.LADDER, by=handover.giver, at=at)
    if handover.rest == Handover.Rest.READER:
        Membership.objects.filter(pk=given.pk).update(role=Role.READER)
        services.role_lost(given, result=f"{Role.CONTACT.label} → {Role.READER.label}", by=by, at=at)
    else:
        Membership.objects.filter(pk=given.pk, ended_at=None).update(ended_at=at, ended_by=by)
        services.role_lost(given, result="handed_over", by=by, at=at)
    notices.send("handover_accepted", {handover.giver.email}, unit=unit.name, is_reader=bool(handover.rest))
    notices.tell_contacts(unit, "people_handed_over", besides=[by, handover.giver], and_skr=True)
    return taken.role != Role.CONTACT


def _check_receiver(handover: Handover, by: User) -> None:
    if handover.receiver_id != by.pk:
        raise NotAllowed("Erbjudandet är ställt till någon annan.")


def _answer(handover: Handover, outcome: str, *, at: datetime) -> None:
    open_now = Handover.objects.open(at).filter(pk=handover.pk)
    if not open_now.update(outcome=outcome, answered_at=at):
        raise NotAllowed(NOT_OPEN)
