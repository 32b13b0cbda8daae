"""A unit's history as SKR reads it: what has changed of whom to ring, numbers, relations, payroll system and people.

Put together from the dated rows themselves, which keep what was true before; a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from profiles import relations
from profiles.models import (
    ContactPerson,
    Membership,
    OrganisationNumber,
    PayrollSystem,
    PeopleConfirmation,
    Unit,
    UnitName,
    UnitRelation,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line: the day it happened, or from which it holds."""

    on: date
    what: str
    who: str = ""


def history_of(unit: Unit) -> list[Happening]:
    """All of it, the latest first."""
    found = [
        *_names(unit),
        *_contacts(unit),
        *_numbers(unit),
        *_relations(unit),
        *_payroll(unit),
        *_people(unit),
        *_reviews(unit),
    ]
    return sorted(found, key=lambda one: (one.on, one.what), reverse=True)


def payroll_of(unit: Unit) -> list[PayrollSystem]:
    """Which payroll system each year's file came from, the latest first."""
    return list(PayrollSystem.objects.filter(unit=unit).select_related("by").order_by("-year", "pk"))


def _names(unit: Unit) -> Iterator[Happening]:
    for one in UnitName.objects.filter(unit=unit, valid_from__isnull=False).select_related("by").order_by("pk"):
        if one.valid_from is not None:
            yield Happening(one.valid_from, f"Heter {one.name}", str(one.by or "inläsning"))


def _contacts(unit: Unit) -> Iterator[Happening]:
    for one in ContactPerson.objects.filter(unit=unit).select_related("by").order_by("pk"):
        yield Happening(timezone.localdate(one.at), f"Kontakt i sakfrågor: {one.name}", str(one.by))


def _numbers(unit: Unit) -> Iterator[Happening]:
    for one in OrganisationNumber.objects.filter(unit=unit).select_related("by").order_by("pk"):
        yield Happening(one.valid_from, f"Organisationsnummer {one.formatted} gäller", str(one.by))
        if one.valid_to is not None:
            yield Happening(one.valid_to, f"Organisationsnummer {one.formatted} gäller inte längre")


def _relations(unit: Unit) -> Iterator[Happening]:
    rows = UnitRelation.objects.filter(Q(child=unit) | Q(parent=unit)).select_related("child", "parent", "by")
    for row in rows.order_by("pk"):
        tie = relations.tie_of(row, unit, row.valid_from)
        words = f"{tie.words} {tie.other.name} ({tie.other.code})"
        yield Happening(row.valid_from, words, str(row.by))
        if row.valid_to is not None:
            yield Happening(row.valid_to, f"Gäller inte längre: {words[0].lower()}{words[1:]}")


def _payroll(unit: Unit) -> Iterator[Happening]:
    before = ""
    for one in PayrollSystem.objects.filter(unit=unit).select_related("by").order_by("year", "pk"):
        verb = "Byte av lönesystem till" if before and before != one.shown_name else "Lönesystem"
        if one.shown_name != before:
            yield Happening(timezone.localdate(one.at), f"{verb} {one.shown_name} ({one.year})", str(one.by))
        before = one.shown_name


def _people(unit: Unit) -> Iterator[Happening]:
    """Roles given and ended. One that was never taken up is not told."""
    memberships = Membership.objects.filter(unit=unit).select_related("user", "created_by", "ended_by", "invitation")
    for one in memberships.order_by("pk"):
        taken_at = one.invitation.accepted_at if one.invitation else one.created_at
        if taken_at is None:
            continue
        role = one.get_role_display()
        yield Happening(timezone.localdate(taken_at), f"{one.user} är {role}", f"inbjuden av {one.created_by or 'SKR'}")
        if one.ended_at is not None:
            yield Happening(timezone.localdate(one.ended_at), f"{one.user} är inte längre {role}", str(one.ended_by or ""))


def _reviews(unit: Unit) -> Iterator[Happening]:
    for one in PeopleConfirmation.objects.filter(unit=unit).select_related("by").order_by("pk"):
        yield Happening(timezone.localdate(one.at), "Personerna bekräftade", str(one.by))
