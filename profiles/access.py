"""What a person may do at a unit, by her role there. Each rule raises `NotAllowed` with a sentence for her to read.

| | Läsare | Uppgiftslämnare | Kontaktperson | SKR |
|---|---|---|---|---|
| view | x | x | x | those who may view units |
| submit (upload, correct, explain, hand in, ask for uppskov, write) | | x | x | |
| manage people, change the facts about the unit | | | x | |
| reveal personnummer, take out the file | | x | x | in the admin, with a purpose |

What a person may not even see is 404 (`unit_or_404`, `row_or_404`), never one of these sentences, and the try is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from profiles.models import Membership, Unit

Role = Membership.Role
MAY_SUBMIT = frozenset({Role.SUBMITTER, Role.CONTACT})
Row = TypeVar("Row", bound=Model)


def unit_or_404(user: User, code: str) -> Unit:
    """The unit with that code, if the person sees it. Another's unit is answered as if it did not exist, and logged."""
    unit = Unit.objects.visible_to(user).filter(code=code).first()
    if unit is not None:
        return unit
    if Unit.objects.filter(code=code).exists():
        audit.record("access:denied", by=user, unit=code, object="enhet")
    raise Http404


def row_or_404(user: User, rows: QuerySet[Row], *, pk: int, visible: QuerySet[Row], unit: str) -> Row:
    """The row with that key among `rows`, those that the page is about.

    One that exists but is not among those `visible` to the person is answered as if it did not exist, and logged under its
    unit, whose code is at the path `unit` ("submission__unit__code").
    """
    row = rows.filter(pk=pk).first()
    if row is not None:
        return row
    foreign = rows.model._default_manager.filter(pk=pk).exclude(pk__in=visible.values("pk"))
    code = foreign.values_list(unit, flat=True).first()
    if code is not None:
        audit.record("access:denied", by=user, unit=code, object=f"{rows.model._meta.verbose_name} {pk}")
    raise Http404


def role_at(user: User, unit: Unit) -> Membership.Role | None:
    """The role in force, or None. SKR's people have none: they work in the admin, or see one unit's pages as it does."""
    if user.viewing is not None:
        return Role(user.viewing.role) if user.viewing.unit_id == unit.pk else None
    if not user.is_active or user.is_staff:
        return None
    role = Membership.objects.roles_of(user).get(unit.pk)
    return Role(role) if role else None


def check_can_view(user: User, unit: Unit) -> None:
    """See the unit's submissions, people and messages."""
    if role_at(user, unit) is None and not user.has_perm("profiles.view_unit"):
        raise NotAllowed("Du har ingen roll i enheten.")


def check_can_submit(user: User, unit: Unit) -> None:
    """Upload, correct, explain, hand in, ask for uppskov and write messages."""
    role = role_at(user, unit)
    if role in MAY_SUBMIT:
        return
    if role is Role.READER:
        raise NotAllowed(
            f"Du är Läsare i {unit.name} och kan inte ändra något där. Be enhetens kontaktperson om rollen Uppgiftslämnare."
        )
    raise NotAllowed("Det här görs av enhetens uppgiftslämnare och kontaktpersoner.")


def check_can_manage_people(user: User, unit: Unit) -> None:
    """Invite colleagues, change their roles and end them."""
    if role_at(user, unit) is not Role.CONTACT:
        raise NotAllowed("Bara enhetens kontaktpersoner kan bjuda in, ändra roller och avsluta behörigheter.")


def check_can_change_facts(user: User, unit: Unit) -> None:
    """Say whom SKR rings and which organisation numbers the unit has."""
    if role_at(user, unit) is not Role.CONTACT:
        raise NotAllowed("Bara enhetens kontaktpersoner kan ändra uppgifterna om enheten.")


def check_can_reveal_personnummer(user: User, unit: Unit) -> None:
    """See whole personnummer on the unit's pages; every time is logged by the one who shows them.

    SKR's people give a purpose for it, in the admin.
    """
    if user.has_perm("submissions.reveal_personnummer"):
        raise NotAllowed("SKR visar personnummer i administrationen, där ändamålet skrivs ner.")
    if role_at(user, unit) not in MAY_SUBMIT:
        raise NotAllowed("Bara enhetens uppgiftslämnare och kontaktpersoner kan visa hela personnummer.")


def check_can_export(user: User, unit: Unit) -> None:
    """Take out what the unit handed in, and the list of who has seen it."""
    if role_at(user, unit) not in MAY_SUBMIT:
        raise NotAllowed("Bara enhetens uppgiftslämnare och kontaktpersoner kan hämta enhetens uppgifter.")


def _passes(check: Callable[[User, Unit], None], user: User, unit: Unit) -> bool:
    try:
        check(user, unit)
    except NotAllowed:
        return False
    return True


def can_view(user: User, unit: Unit) -> bool:
    """Whether `check_can_view` passes."""
    return _passes(check_can_view, user, unit)


def can_submit(user: User, unit: Unit) -> bool:
    """Whether `check_can_submit` passes."""
    return _passes(check_can_submit, user, unit)


def can_manage_people(user: User, unit: Unit) -> bool:
    """Whether `check_can_manage_people` passes."""
    return _passes(check_can_manage_people, user, unit)


def can_change_facts(user: User, unit: Unit) -> bool:
    """Whether `check_can_change_facts` passes."""
    return _passes(check_can_change_facts, user, unit)


def can_reveal_personnummer(user: User, unit: Unit) -> bool:
    """Whether `check_can_reveal_personnummer` passes."""
    return _passes(check_can_reveal_personnummer, user, unit)


def can_export(user: User, unit: Unit) -> bool:
    """Whether `check_can_export` passes."""
    return _passes(check_can_export, user, unit)


def roles_of(user: User) -> dict[int, Membership.Role]:
    """Every role in force, by the unit's primary key: one query for a whole list of units."""
    if user.viewing is not None:
        return {user.viewing.unit_id: Role(user.viewing.role)}
    if not user.is_active or user.is_staff:
        return {}
    return {unit_id: Role(role) for unit_id, role in Membership.objects.roles_of(user).items()}


def people_with(unit: Unit, roles: Collection[str]) -> QuerySet[User]:
    """Active people who hold one of the roles at the unit, by name: whom a mail to the unit goes to."""
    members = Membership.objects.in_force().filter(unit=unit, role__in=roles)
    return User.objects.filter(is_active=True, pk__in=members.values("user")).order_by("name", "pk")
