"""How units belong together: a kommun and its companies, a kommunalförbund and its members, who took over from whom.

SKR's Samordnare write it, since it is about two units. It is dated, shown on both units' pages, and gives nobody a right:
who shall see both units has a role at both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from profiles.models import Unit, UnitRelation

PERMISSION = "profiles.change_unitrelation"
EARLIEST = date(1990, 1, 1)
Kind = UnitRelation.Kind
_FROM_ABOVE = {Kind.OWNED: "Äger", Kind.MEMBER: "Är medlem i", Kind.REPLACES: "Har ersatts av"}


@dataclass(frozen=True, slots=True)
class Tie:
    """A relation as one of its two units reads it: "Äger Trosa Bostäder AB"."""

    pk: int
    words: str
    other: Unit
    valid_from: date
    valid_to: date | None
    has_ended: bool


def ties_of(unit: Unit, *, on: date) -> list[Tie]:
    """The unit's relations from both ends, those that hold first, in two queries."""
    rows = (
        UnitRelation.objects.filter(Q(child=unit) | Q(parent=unit)).select_related("child", "parent").order_by("valid_from", "pk")
    )
    ties = [tie_of(row, unit, on) for row in rows]
    return sorted(ties, key=lambda tie: (tie.has_ended, tie.words, tie.other.sort_key))


def tie_of(row: UnitRelation, unit: Unit, on: date) -> Tie:
    """The relation as `unit` reads it, as it stands that day."""
    is_child = row.child_id == unit.pk
    return Tie(
        pk=row.pk,
        words=row.get_kind_display() if is_child else _FROM_ABOVE[Kind(row.kind)],
        other=row.parent if is_child else row.child,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        has_ended=row.valid_to is not None and row.valid_to < on,
    )


@transaction.atomic
def relate_units(*, child: Unit, kind: str, parent: Unit, valid_from: date, by: User, at: datetime) -> tuple[UnitRelation, bool]:
    """Write a relation down; one that is there already stays as it is (False). Raises NotAllowed."""
    _check(by)
    list(Unit.objects.select_for_update().filter(pk__in=[child.pk, parent.pk]).order_by("pk"))
    if child.pk == parent.pk:
        raise NotAllowed("Välj en annan enhet än den själv.")
    if kind not in Kind.values:
        raise NotAllowed("Välj hur enheterna hör ihop.")
    if valid_from < EARLIEST or valid_from > timezone.localdate(at).replace(month=12, day=31):
        raise NotAllowed("Välj en dag från 1990 till och med det här årets slut.")
    now = UnitRelation.objects.filter(valid_to=None, kind=kind)
    before = now.filter(child=child, parent=parent).first()
    if before is not None:
        return before, False
    if now.filter(child=parent, parent=child).exists():
        raise NotAllowed("Enheterna hör redan ihop på det sättet, åt andra hållet.")
    made = UnitRelation.objects.create(child=child, kind=kind, parent=parent, valid_from=valid_from, at=at, by=by)
    _note(made, f"från {valid_from.isoformat()}", by=by, at=at)
    return made, True


@transaction.atomic
def end_relation(*, relation: UnitRelation, valid_to: date, by: User, at: datetime) -> bool:
    """The last day of a relation; False when it had ended already. Raises NotAllowed."""
    _check(by)
    if valid_to < relation.valid_from:
        raise NotAllowed("Sista dagen kan inte ligga före den första.")
    if valid_to > timezone.localdate(at).replace(month=12, day=31):
        raise NotAllowed("Välj en dag till och med det här årets slut.")
    if not UnitRelation.objects.filter(pk=relation.pk, valid_to=None).update(valid_to=valid_to):
        return False
    _note(relation, f"till och med {valid_to.isoformat()}", by=by, at=at)
    return True


def _check(by: User) -> None:
    if not by.has_perm(PERMISSION):
        raise NotAllowed("Bara SKR:s samordnare ändrar hur enheter hör ihop.")


def _note(relation: UnitRelation, result: str, *, by: User, at: datetime) -> None:
    for unit, other in ((relation.child, relation.parent), (relation.parent, relation.child)):
        audit.record("data:changed", by=by, unit=unit.code, object=f"relation till {other.code}", result=result, at=at)
