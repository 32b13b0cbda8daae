"""The yearly review: a Kontaktperson goes through everybody with a role at the unit, and says who shall stay (attack E9).

Nobody is chosen beforehand, her own role stays, and the whole answer is one transaction. It counts for 300 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts import audit, limits
from accounts.access import NotAllowed
from accounts.models import User
from profiles import access, services
from profiles.models import Membership, PeopleConfirmation, Unit

CHANGED_MEANWHILE = "Någon har ändrat enhetens personer sedan du öppnade sidan. Gå igenom listan igen."


def people_of(unit: Unit) -> list[Membership]:
    """Everybody with a role or an invitation that waits, by name."""
    live = unit.memberships.lasting().exclude(Q(invitation__revoked_at__isnull=False))
    return list(live.select_related("user", "unit", "invitation", "created_by").order_by("user__name", "user__email", "pk"))


def is_due(unit: Unit, *, at: datetime) -> bool:
    """Whether the unit's people were gone through never, or too long ago."""
    return not Unit.objects.filter(pk=unit.pk).confirmed_since(at - limits.PEOPLE_CONFIRMED).exists()


def latest(unit: Unit) -> PeopleConfirmation | None:
    """The last review, with who made it."""
    return unit.people_confirmations.select_related("by").order_by("-at", "-pk").first()


@transaction.atomic
def confirm_people(*, unit: Unit, stays: Mapping[int, bool], by: User, at: datetime) -> PeopleConfirmation:
    """Keep or end each membership, by its key; the answer must be about exactly those that live now. Raises NotAllowed."""
    Unit.objects.select_for_update().get(pk=unit.pk)
    access.check_can_manage_people(by, unit)
    people = people_of(unit)
    others = [one for one in people if one.user_id != by.pk]
    if {one.pk for one in others} != set(stays):
        raise NotAllowed(CHANGED_MEANWHILE)
    gone = [one for one in others if not stays[one.pk]]
    services.lock_people(one.user_id for one in others)
    for membership in sorted(gone, key=lambda one: not _is_waiting(one)):  # a role that ends takes its invitations along
        if _is_waiting(membership):
            services.revoke(membership, by=by, at=at)
        else:
            services.end_role(membership, by=by, at=at)
    kept = len(people_of(unit))
    ended = len(people) - kept
    audit.record("access:confirmed", by=by, unit=unit.code, result=f"{kept} kvar, {ended} avslutade", at=at)
    return PeopleConfirmation.objects.create(unit=unit, at=at, by=by, kept=kept, ended=ended)


def _is_waiting(membership: Membership) -> bool:
    return membership.invitation is not None and membership.invitation.accepted_at is None
