"""Mails about who may act for a unit: to its Kontaktpersoner, to the person herself, to SKR's Samordnare.

Each goes to the outbox in the transaction of the change it tells of. None says more than that something changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.roles import StaffRole
from config.lib.mail import PortalMail
from profiles import access
from profiles.models import Membership, Unit

Role = Membership.Role


def coordinators() -> set[str]:
    """The addresses of SKR's Samordnare."""
    people = User.objects.filter(is_active=True, staff_role=StaffRole.COORDINATOR)
    return set(people.order_by("pk").values_list("email", flat=True))


def contacts(unit: Unit) -> set[str]:
    """The addresses of a unit's Kontaktpersoner."""
    return {person.email for person in access.people_with(unit, [Role.CONTACT])}


def send(template: str, to: Iterable[str], *, in_bulk: bool = False, **context: Any) -> None:
    """The same mail to each address, in order. `in_bulk` lets it wait its turn (limits.BULK_MAILS)."""
    for email in sorted(to):
        PortalMail(f"profiles/{template}", to=email, context=context, in_bulk=in_bulk).send()


def tell_contacts(
    unit: Unit, template: str, *, besides: Iterable[User | None] = (), and_skr: bool = False, in_bulk: bool = False
) -> None:
    """Tell the unit's Kontaktpersoner, and SKR's Samordnare when asked, that its list of people has changed."""
    people = contacts(unit) | (coordinators() if and_skr else set())
    known = {person.email for person in besides if person is not None}
    send(template, people - known, in_bulk=in_bulk, unit=unit.name, are_many=in_bulk)


def tell_person(membership: Membership, template: str) -> None:
    """Tell the person herself what has become of her role."""
    send(template, {membership.user.email}, unit=membership.unit.name, role=Role(membership.role).label)
