"""Who may act for a unit: invite, send again, put an address right, take back, change a role, end it; and one's own details.

`by` is a Kontaktperson of the unit or somebody at SKR with the right to invite; None is an operator's command. Nobody
changes her own role, though she may leave, and a unit always keeps a Kontaktperson. Every verb locks the unit first, so
that of two changes that come at once the second sees the first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts import services as accounts
from accounts.access import NotAllowed
from accounts.models import Invitation, User
from config.lib import personnummer
from config.lib.text import one_line
from profiles import access, contacts, notices
from profiles.models import AccessRequest, Handover, Membership, MembershipQuerySet, Unit

Role = Membership.Role
LADDER = (Role.READER, Role.SUBMITTER, Role.CONTACT)  # each may do what those before it may
NAME_LENGTH = 100
LATEST_END = timedelta(days=5 * 366)
WEB_ADDRESS = re.compile(r"://|\bwww\.|[\\/@]", re.IGNORECASE)


class AlreadyThere(NotAllowed):
    """The person has a role at the unit, or an invitation to one that still holds."""


@transaction.atomic
def invite_member(
    *,
    unit: Unit,
    email: str,
    name: str,
    role: str,
    by: User | None,
    at: datetime,
    ends_on: date | None = None,
    in_bulk: bool = False,
    tells: bool = True,
) -> Membership:
    """Give a person a role at the unit: at once when she has an account, else when she accepts the invitation.

    `ends_on` is the last day of the role. An invitation whose time is over is taken back and made anew. With `in_bulk` the
    mails wait their turn; `tells` is False where the unit's Kontaktpersoner have just been told of another. What she had
    asked for there counts as granted. Raises NotAllowed.
    """
    lock(unit)
    check_manages(by, unit)
    if not unit.is_active:
        raise NotAllowed(f"{unit.name} lämnar inte uppgifter längre.")
    chosen, email = _role(role), email.strip().lower()
    check_last_day(ends_on, at=at)
    name = clean_name(name)
    if by is not None and email == by.email:
        raise NotAllowed("Du har redan en roll i enheten och kan inte ändra din egen.")
    existing = _live(unit).filter(user__email=email).first()
    if existing is not None:
        _make_room(existing, by=by, at=at)
    matter = _matter(unit, chosen, ends_on)
    user, invitation = accounts.invite_user(email=email, name=name, by=by, at=at, matter=matter, in_bulk=in_bulk)
    membership = Membership.objects.create(
        user=user, unit=unit, role=chosen, invitation=invitation, ends_on=ends_on, created_at=at, created_by=by
    )
    count_as_granted(user, unit, LADDER, by=by, at=at)
    until = f"{chosen.label} till och med {ends_on.isoformat()}" if ends_on else chosen.label
    audit.record("access:changed", by=by, subject=user, unit=unit.code, object=until, result="invited", at=at)
    if tells:
        notices.tell_contacts(unit, "people_invited", besides=[user, by], in_bulk=in_bulk)
    return membership


@transaction.atomic
def correct_address(*, membership: Membership, email: str, by: User, at: datetime) -> Membership:
    """Take a waiting invitation back and send it to the right address instead, with the same name and role. Raises NotAllowed."""
    lock(membership.unit)
    check_manages(by, membership.unit)
    wrong, _ = _waiting(membership)
    if email.strip().lower() == wrong.user.email:
        raise NotAllowed("Det är samma adress som förut. Skriv den rätta.")
    revoke(wrong, by=by, at=at)
    return invite_member(unit=wrong.unit, email=email, name=wrong.user.name, role=wrong.role, ends_on=wrong.ends_on, by=by, at=at)


@transaction.atomic
def resend_invitation(*, membership: Membership, by: User, at: datetime) -> None:
    """Mail a waiting invitation again and renew it: three times at most, an hour apart. Raises NotAllowed."""
    lock(membership.unit)
    check_manages(by, membership.unit)
    membership, invitation = _waiting(membership)
    matter = _matter(membership.unit, Role(membership.role), membership.ends_on)
    accounts.resend_invitation(invitation=invitation, by=by, at=at, matter=matter)


@transaction.atomic
def revoke_invitation(*, membership: Membership, by: User, at: datetime) -> None:
    """Take a waiting invitation back. Raises NotAllowed."""
    lock(membership.unit)
    check_manages(by, membership.unit)
    membership, _ = _waiting(membership)
    revoke(membership, by=by, at=at)


@transaction.atomic
def end_membership(*, membership: Membership, by: User, at: datetime) -> None:
    """Take a person's role at the unit away, and the invitations that she sent as a Kontaktperson. Raises NotAllowed."""
    lock(membership.unit)
    check_manages(by, membership.unit)
    membership = _in_force(membership)
    _check_not_own(membership, by)
    _check_not_last_contact(membership)
    end_role(membership, by=by, at=at)


@transaction.atomic
def leave_unit(*, membership: Membership, by: User, at: datetime) -> None:
    """End one's own role, as long as the unit keeps a Kontaktperson who can be reached. Raises NotAllowed."""
    lock(membership.unit)
    membership = _in_force(membership)
    if membership.user_id != by.pk:
        raise NotAllowed("Du kan bara lämna enheten för egen del.")
    if reason := reason_against_leaving(membership):
        raise NotAllowed(reason)
    Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=at, ended_by=by)
    role_lost(membership, result="left", by=by, at=at)
    notices.tell_contacts(membership.unit, "people_left", besides=[by])


def reason_against_leaving(membership: Membership) -> str:
    """The last Kontaktperson stays until there is another; "" for everybody else."""
    if membership.role != Role.CONTACT or contacts.is_another_able(membership):
        return ""
    return (
        "Du är enhetens enda kontaktperson. Gör först en annan person till kontaktperson, eller skriv till SKR under Meddelanden."
    )


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User, at: datetime) -> None:
    """Give a person another role at the unit. Raises NotAllowed."""
    lock(membership.unit)
    check_manages(by, membership.unit)
    membership, chosen = _in_force(membership), _role(role)
    _check_not_own(membership, by)
    if membership.role == chosen:
        return
    if chosen is not Role.CONTACT:
        _check_not_last_contact(membership)
    Membership.objects.filter(pk=membership.pk).update(role=chosen)
    role_lost(membership, result=f"{Role(membership.role).label} → {chosen.label}", by=by, at=at)
    membership.role = chosen
    count_as_granted(membership.user, membership.unit, LADDER[: LADDER.index(chosen) + 1], by=by, at=at)
    notices.tell_person(membership, "role_changed")


@transaction.atomic
def change_own_details(*, name: str, phone: str, by: User, at: datetime) -> None:
    """One's own name and telephone; nothing happens when they are as before."""
    name, phone = clean_name(name), " ".join(phone.split())
    if not name:
        raise NotAllowed("Skriv ditt namn.")
    changed = User.objects.filter(pk=by.pk).exclude(name=name, phone=phone).update(name=name, phone=phone)
    if changed:
        by.name, by.phone = name, phone
        audit.record("data:changed", by=by, subject=by, object="egna uppgifter", at=at)


# Rules ---------------------------------------------------------------------------------------------------------------


def check_manages(by: User | None, unit: Unit) -> None:
    """A Kontaktperson of the unit, somebody at SKR who may invite, or an operator's command."""
    if by is None or by.has_perm("profiles.invite_membership"):
        return
    access.check_can_manage_people(by, unit)


def _check_not_own(membership: Membership, by: User) -> None:
    if membership.user_id == by.pk:
        raise NotAllowed("Du kan inte ändra din egen roll. Be en annan kontaktperson, eller SKR.")


def _check_not_last_contact(membership: Membership) -> None:
    if membership.role == Role.CONTACT and not contacts.is_another_able(membership):
        raise NotAllowed("Enheten måste ha en kontaktperson. Gör först en annan person till kontaktperson.")


def clean_name(name: str) -> str:
    """A person's name on one line. Raises NotAllowed with the sentence for what is no name.

    Names stand in mails, where a web address would become a link that looks as if it were ours.
    """
    name = one_line(name)
    if len(name) > NAME_LENGTH:
        raise NotAllowed(f"Namnet får vara högst {NAME_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(name):
        raise NotAllowed("Namnet ser ut att innehålla ett personnummer. Skriv bara namnet.")
    if WEB_ADDRESS.search(name):
        raise NotAllowed("Namnet ser ut att innehålla en webbadress. Skriv bara namnet.")
    return name


def check_last_day(ends_on: date | None, *, at: datetime) -> None:
    """A last day is today or later, and within five years: further off it is a slip of the pen."""
    today = timezone.localdate(at)
    if ends_on is not None and ends_on < today:
        raise NotAllowed("Sista dagen har redan varit. Välj en dag från och med i dag.")
    if ends_on is not None and ends_on > today + LATEST_END:
        raise NotAllowed("Sista dagen ligger mer än fem år fram. Lämna rutan tom om rollen gäller tills vidare.")


def _role(role: str) -> Membership.Role:
    try:
        return Role(role)
    except ValueError:
        raise NotAllowed("Välj en roll i listan.") from None


def _make_room(existing: Membership, *, by: User | None, at: datetime) -> None:
    """A role that is there already stands in the way, unless it is an invitation whose time is over."""
    is_invited = existing.invitation is not None and existing.invitation.accepted_at is None
    if existing.ends_on and existing.ends_on < timezone.localdate(at):
        if is_invited:
            revoke(existing, by=by, at=at)
        else:
            end_role(existing, by=by, at=at, result="expired", tells=False)
        return
    if existing.invitation is None or not is_invited:
        label = existing.get_role_display()
        raise AlreadyThere(f"Personen har redan en roll i enheten: {label}. Ändra rollen i listan i stället.")
    if existing.invitation.expires_at > at:
        raise AlreadyThere("Personen är redan inbjuden. Du kan skicka inbjudan igen från listan.")
    revoke(existing, by=by, at=at)


# Steps ---------------------------------------------------------------------------------------------------------------


def lock(unit: Unit) -> None:
    """Of two changes of the unit's people the second waits for the first."""
    Unit.objects.select_for_update().get(pk=unit.pk)


def _live(unit: Unit) -> MembershipQuerySet:
    return Membership.objects.filter(unit=unit, ended_at=None).select_related("user", "unit", "invitation")


def _waiting(membership: Membership) -> tuple[Membership, Invitation]:
    found = _live(membership.unit).filter(pk=membership.pk).first()
    if found is None or found.invitation is None or found.invitation.accepted_at is not None:
        raise NotAllowed("Inbjudan är redan använd eller återkallad.")
    return found, found.invitation


def _in_force(membership: Membership) -> Membership:
    found = Membership.objects.in_force().select_related("user", "unit").filter(pk=membership.pk).first()
    if found is None:
        raise NotAllowed("Personen har inte längre någon roll i enheten.")
    return found


def end_role(membership: Membership, *, by: User | None, at: datetime, result: str = "ended", tells: bool = True) -> None:
    """End a role, once it is allowed and the unit is locked: sessions, invitations, audit and a mail to the person."""
    Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=at, ended_by=by)
    role_lost(membership, result=result, by=by, at=at)
    if tells:
        notices.tell_person(membership, "access_ended")


def revoke(membership: Membership, *, by: User | None, at: datetime) -> None:
    """End the role that was promised; the invitation too, unless another unit's role hangs on it."""
    Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=at, ended_by=by)
    invitation = membership.invitation
    if invitation is not None and not invitation.memberships.filter(ended_at=None).exists():
        accounts.revoke_invitation(invitation=invitation, by=by, at=at)
    audit.record("access:changed", by=by, subject=membership.user, unit=membership.unit.code, result="revoked", at=at)


def role_lost(membership: Membership, *, result: str, by: User | None, at: datetime) -> None:
    """What follows from a changed or ended role: sessions end, offers to hand over lapse, a Kontaktperson's invitations end."""
    user, unit = User.objects.select_for_update().get(pk=membership.user_id), membership.unit
    accounts.end_sessions(user, by=by, at=at)
    audit.record("access:changed", by=by, subject=user, unit=unit.code, result=result, at=at)
    offers = Handover.objects.filter(Q(giver=user) | Q(receiver=user), unit=unit, outcome="")
    offers.update(outcome=Handover.Outcome.LAPSED, answered_at=at)
    if membership.role != Role.CONTACT:
        return
    sent = list(_live(unit).pending().filter(created_by=user).order_by("pk"))
    for waiting in sent:
        revoke(waiting, by=by, at=at)
    if sent:
        notices.tell_contacts(unit, "people_revoked", besides=[user], and_skr=True)


def count_as_granted(user: User, unit: Unit, roles: Collection[str], *, by: User | None, at: datetime) -> None:
    """Who has been given a role need not be answered about it: her request for one of the roles waits no longer."""
    waiting = AccessRequest.objects.waiting().filter(user=user, unit=unit, role__in=roles)
    if waiting.update(outcome=AccessRequest.Outcome.GRANTED, answered_at=at, answered_by=by):
        audit.record("access:request:granted", by=by, subject=user, unit=unit.code, at=at)


def lock_people(people: Iterable[int]) -> None:
    """The people's rows, in one order, where one change is about several: two units' changes then never wait for each other."""
    list(User.objects.select_for_update().filter(pk__in=set(people)).order_by("pk"))


def _matter(unit: Unit, role: Membership.Role, ends_on: date | None) -> str:
    return f"{role.label} i {unit.name}" + (f", till och med {ends_on.isoformat()}" if ends_on else "")
