"""A unit's Kontaktpersoner as a whole: that there is one who can be reached, and what follows when the last one is lost.

A Kontaktperson is able while her role is in force, her account open and her mail arriving
(`MembershipQuerySet.able_contacts`). The unit cannot mend the lack itself, so SKR is told in the transaction that caused it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q

from accounts import audit
from accounts.models import User
from profiles import notices
from profiles.models import Membership, Unit


def lacks_contact(unit: Unit) -> bool:
    """Whether nobody at a unit that hands in can let a colleague in."""
    return unit.is_active and not Membership.objects.able_contacts().filter(unit=unit).exists()


def is_another_able(membership: Membership, *, after: date | None = None) -> bool:
    """Whether the unit has an able Kontaktperson besides this one, also after that day when it is given."""
    others = Membership.objects.able_contacts().filter(unit=membership.unit_id).exclude(pk=membership.pk)
    if after is not None:
        others = others.filter(Q(ends_on=None) | Q(ends_on__gt=after))
    return others.exists()


def lock_units_of(user: User) -> list[Unit]:
    """The units where the person is an able Kontaktperson now, locked: of two who are lost at once the second sees the first."""
    held = Membership.objects.able_contacts().filter(user=user).values("unit")
    return list(Unit.objects.select_for_update().filter(pk__in=held).order_by("pk"))


def tell_if_lost(units: Iterable[Unit], *, at: datetime) -> None:
    """Tell SKR's Samordnare of each unit that has just lost its last able Kontaktperson."""
    for unit in units:
        if not lacks_contact(unit):
            continue
        audit.record("access:changed", unit=unit.code, result="no_contact", at=at)
        left = Membership.objects.in_force().filter(unit=unit, user__is_active=True).count()
        notices.send("no_contact", notices.coordinators(), unit=f"{unit.name} ({unit.code})", left=left)
