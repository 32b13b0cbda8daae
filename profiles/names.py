"""What units are called, with dates: a new name from a day on, which takes effect that day by itself.

`Unit.name` is always the name of today, so every list and page has it without asking for the day. Receipts and what was
written before keep the name that they were written with.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import one_line, sort_key
from profiles import services
from profiles.models import Unit, UnitName

PERMISSION = "profiles.change_unit"
EARLIEST, LATEST_AHEAD = date(1990, 1, 1), timedelta(days=2 * 366)


class WrongDay(NotAllowed):
    """The day cannot be; the sentence stands at the date."""


def names_of(unit: Unit) -> QuerySet[UnitName]:
    """Every name that is written down, the latest first."""
    return unit.names.select_related("by").order_by(F("valid_from").desc(nulls_last=True), "pk")


def name_on(unit: Unit, day: date) -> str:
    """What the unit is called that day."""
    found = _in_force(day).filter(unit=unit).first()
    return found.name if found else unit.name


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, valid_from: date, by: User | None, at: datetime) -> bool:
    """A new name from a day on, also one ahead; False where that is its name then. `by` is None for an operator's import.

    A name that was written down for the same day is replaced. Raises `NotAllowed`.
    """
    _check(by)
    services.lock(unit)
    unit.refresh_from_db()
    name, today = _clean(name), timezone.localdate(at)
    if not EARLIEST <= valid_from <= today + LATEST_AHEAD:
        raise WrongDay("Välj en dag från 1990 och högst två år fram.")
    if name_on(unit, valid_from) == name:
        return False
    if not unit.names.exists():
        UnitName.objects.create(unit=unit, name=unit.name, valid_from=None, at=at, by=by)
    UnitName.objects.update_or_create(unit=unit, valid_from=valid_from, defaults={"name": name, "at": at, "by": by})
    _record("unit:renamed", unit, name, valid_from, by, at)
    _apply(unit, today)
    return True


@transaction.atomic
def withdraw_name(*, name: UnitName, by: User, at: datetime) -> bool:
    """A name that has not come into force will not; False where it is gone. Raises `NotAllowed`."""
    _check(by)
    services.lock(name.unit)
    if name.valid_from is None or name.valid_from <= timezone.localdate(at):
        raise NotAllowed("Namnet gäller redan. Skriv i stället vad enheten heter från en ny dag.")
    if not UnitName.objects.filter(pk=name.pk).delete()[0]:
        return False
    _record("unit:rename:withdrawn", name.unit, name.name, name.valid_from, by, at)
    return True


def put_in_force(*, at: datetime) -> int:
    """Call each unit what it is called today, where it is not yet; how many. Run every hour, and safe to repeat."""
    today, changed = timezone.localdate(at), 0
    now = Subquery(_in_force(today).filter(unit=OuterRef("pk")).values("name")[:1])
    for unit in Unit.objects.annotate(name_now=now).filter(name_now__isnull=False).exclude(name=F("name_now")).order_by("pk"):
        with transaction.atomic():
            services.lock(unit)
            name = name_on(unit, today)
            if _apply(unit, today):
                changed += 1
                _record("unit:rename:in_force", unit, name, today, None, at)
    return changed


def _clean(name: str) -> str:
    name = one_line(name)
    if not name:
        raise NotAllowed("Skriv enhetens namn.")
    if len(name) > services.NAME_LENGTH:
        raise NotAllowed(f"Namnet får ha högst {services.NAME_LENGTH} tecken.")
    if LOOKS_LIKE.search(name):
        raise NotAllowed("Namnet ser ut att innehålla ett personnummer. Skriv bara namnet.")
    return name


def _in_force(day: date) -> QuerySet[UnitName]:
    """The names that have begun by then, the one that holds first."""
    begun = UnitName.objects.filter(Q(valid_from=None) | Q(valid_from__lte=day))
    return begun.order_by(F("valid_from").desc(nulls_last=True), "pk")


def _apply(unit: Unit, today: date) -> bool:
    """Let `Unit.name` be the name of today; whether it was another. The unit is locked."""
    name = name_on(unit, today)
    changed = Unit.objects.filter(pk=unit.pk).exclude(name=name).update(name=name, sort_key=sort_key(name))
    unit.name, unit.sort_key = name, sort_key(name)
    return bool(changed)


def _check(by: User | None) -> None:
    if by is not None and not by.has_perm(PERMISSION):
        raise NotAllowed("Bara SKR:s samordnare ändrar enheters namn.")


def _record(code: str, unit: Unit, name: str, day: date, by: User | None, at: datetime) -> None:
    audit.record(code, by=by, unit=unit.code, object=name, result=f"från {day.isoformat()}", at=at)
