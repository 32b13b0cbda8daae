"""Nytt år: what the next collection will be made of, shown before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.access import NotAllowed
from accounts.models import User
from config.lib import workdays
from profiles.models import Unit
from submissions.models import CodeList, Collection
from submissions.services import settings
from submissions.services.calendar import LABELS
from submissions.services.collections import open_collection, settings_for
from submissions.spec import CollectionSpec


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the new calendar, with last year's, and why it is no workday ("söndag"), "" where it is one."""

    label: str
    before: date | None
    after: date
    closed: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next collection will be."""

    year: int
    source: str
    spec: CollectionSpec
    days: tuple[Day, ...]
    units: int
    planned_lists: tuple[CodeList, ...]  # that will be taken into use on their day


def next_year(on: date) -> int:
    """The year after the latest there is; this year where there is none."""
    latest = Collection.objects.aggregate(latest=Max("year"))["latest"]
    return latest + 1 if latest else on.year


def plan(on: date) -> Plan:
    """The next collection as it would be made today; writes nothing."""
    year = next_year(on)
    values, source = settings_for(year)
    last = Collection.objects.filter(year=year - 1).first()
    days = tuple(_day(name, label, values, last.spec() if last else None) for name, label in LABELS.items())
    planned = CodeList.objects.filter(status=CodeList.Status.PLANNED, valid_from__lte=values.measurement_day)
    units = Unit.objects.filter(is_active=True).count()
    return Plan(year, source, values, days, units, tuple(planned.order_by("kind", "pk")))


def _day(name: str, label: str, values: CollectionSpec, last: CollectionSpec | None) -> Day:
    after: date = getattr(values, name)
    return Day(label, getattr(last, name) if last else None, after, workdays.closed_because(after))


def make(*, year: int, by: User, at: datetime) -> Collection:
    """Make the collection that the page showed. Pressed twice, or by two at once, there is one.

    Raises `NotAllowed` where another year is next.
    """
    settings.check_may_change(by)
    existing = _existing(year)
    if existing is not None:
        return existing
    if year != next_year(at.date()):
        raise NotAllowed("Ett annat år står på tur. Ladda om sidan.")
    try:
        with transaction.atomic():
            return open_collection(year=year, by=by, at=at).collection
    except IntegrityError:  # a colleague pressed at the same moment
        return Collection.objects.get(year=year)


def _existing(year: int) -> Collection | None:
    return Collection.objects.filter(year=year).first()
