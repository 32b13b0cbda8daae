"""Which payroll system a unit's file of a year comes from. The codes are of the year's list, which the caller hands in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.text import one_line
from profiles import access
from profiles.models import PayrollSystem, Unit

OTHER = "annat"
OTHER_LENGTH = 60


def system_of(unit: Unit, year: int) -> PayrollSystem | None:
    """What the unit has said of that year."""
    return PayrollSystem.objects.filter(unit=unit, year=year).select_related("by").first()


def suggestion(unit: Unit, year: int) -> PayrollSystem | None:
    """What the unit said of that year, else of the latest year before."""
    return PayrollSystem.objects.filter(unit=unit, year__lte=year).order_by("-year", "pk").first()


@transaction.atomic
def choose_system(
    *, unit: Unit, year: int, code: str, other: str, systems: Mapping[str, str], by: User, at: datetime
) -> tuple[PayrollSystem, bool]:
    """Say which it is, in place of what was said before; and whether that was news. Raises `NotAllowed`."""
    access.check_can_submit(by, unit)
    if code not in systems:
        raise NotAllowed("Välj ett lönesystem i listan.")
    other = one_line(other) if code == OTHER else ""
    if code == OTHER and not other:
        raise NotAllowed("Skriv vad lönesystemet heter.")
    if len(other) > OTHER_LENGTH or personnummer.LOOKS_LIKE.search(other):
        raise NotAllowed(f"Skriv bara lönesystemets namn, högst {OTHER_LENGTH} tecken.")
    Unit.objects.select_for_update().get(pk=unit.pk)
    before = system_of(unit, year)
    if before is not None and (before.code, before.other) == (code, other):
        return before, False
    chosen, _ = PayrollSystem.objects.update_or_create(
        unit=unit, year=year, defaults={"code": code, "other": other, "name": systems[code][:100], "at": at, "by": by}
    )
    audit.record(
        "data:changed", by=by, unit=unit.code, object=f"{unit.code}/{year}", result=f"lönesystem {other or systems[code]}", at=at
    )
    return chosen, True
