"""What a unit says of itself: whom SKR rings, and which organisation numbers its employments are reported under.

A Kontaktperson says it. What stood before stays with its dates; the payroll system has a module of its own (`payroll`).
"""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from accounts.models import AuditEvent, User
from config.lib import orgnr
from profiles import access, services
from profiles.models import ContactPerson, OrganisationNumber, Unit

PAYROLL = "lönesystem "  # how `payroll` begins the result of its audit event
EARLIEST = date(1990, 1, 1)


# Whom SKR rings -------------------------------------------------------------------------------------------------------


def contact_person(unit: Unit) -> ContactPerson | None:
    """The one who stands there now."""
    return unit.contact_persons.filter(ended_at=None).select_related("by").first()


def earlier_contact_persons(unit: Unit) -> QuerySet[ContactPerson]:
    """Those who stood there before, the latest first."""
    return unit.contact_persons.filter(ended_at__isnull=False).select_related("by").order_by("-ended_at", "-pk")


@transaction.atomic
def change_contact_person(*, unit: Unit, name: str, title: str, email: str, phone: str, by: User, at: datetime) -> bool:
    """Say whom SKR rings; whether that was news. Raises NotAllowed."""
    services.lock(unit)
    access.check_can_change_facts(by, unit)
    values = {"name": services.clean_name(name), "title": services.clean_name(title), "phone": " ".join(phone.split())}
    try:
        values["email"] = normalise_email(email) if email.strip() else ""
    except ValidationError as error:
        raise NotAllowed(error.messages[0]) from error
    if not values["name"]:
        raise NotAllowed("Skriv namnet.")
    if not values["email"] and not values["phone"]:
        raise NotAllowed("Skriv ett telefonnummer eller en e-postadress, så att SKR kan nå personen.")
    now = contact_person(unit)
    if now is not None and all(getattr(now, field) == value for field, value in values.items()):
        return False
    unit.contact_persons.filter(ended_at=None).update(ended_at=at)
    ContactPerson.objects.create(unit=unit, at=at, by=by, **values)
    audit.record("data:changed", by=by, unit=unit.code, object="kontakt i sakfrågor", at=at)
    return True


# Organisation numbers -------------------------------------------------------------------------------------------------


def numbers_of(unit: Unit) -> QuerySet[OrganisationNumber]:
    """All that the unit has or has had: those that hold first, then the latest ended."""
    return unit.organisation_numbers.select_related("by").order_by("-valid_to", "number", "pk")


def clean_number(text: str) -> str:
    """Ten digits. Raises NotAllowed with what is wrong, and never says the number again: it may be a personnummer."""
    number = orgnr.compact(text)
    if len(number) == 12 and number.startswith("16"):  # as Skatteverket writes it
        number = number[2:]
    if len(number) != 10 or not orgnr.is_digits(number):
        raise NotAllowed("Skriv organisationsnumret med tio siffror, till exempel 212000-0142.")
    if number[2] < "2":
        raise NotAllowed("Det ser ut som ett personnummer. Skriv arbetsgivarens organisationsnummer.")
    if not orgnr.is_valid(number):
        raise NotAllowed("Numret har fel kontrollsiffra. Kontrollera att alla siffror är rätt.")
    return number


@transaction.atomic
def add_number(*, unit: Unit, number: str, valid_from: date, by: User, at: datetime) -> bool:
    """Add a number from a day on; False when it is there already. Raises NotAllowed."""
    services.lock(unit)
    access.check_can_change_facts(by, unit)
    number = clean_number(number)
    if valid_from < EARLIEST or valid_from > timezone.localdate(at).replace(month=12, day=31):
        raise NotAllowed("Välj en dag från 1990 till och med det här årets slut.")
    if unit.organisation_numbers.filter(number=number, valid_to=None).exists():
        return False
    OrganisationNumber.objects.create(unit=unit, number=number, valid_from=valid_from, at=at, by=by)
    _note_number(unit, number, f"från {valid_from.isoformat()}", by=by, at=at)
    return True


@transaction.atomic
def end_number(*, number: OrganisationNumber, by: User, at: datetime) -> bool:
    """The number holds no longer than today; False when it had ended already. Raises NotAllowed."""
    services.lock(number.unit)
    access.check_can_change_facts(by, number.unit)
    today = timezone.localdate(at)
    last = max(today, number.valid_from)
    if not OrganisationNumber.objects.filter(pk=number.pk, valid_to=None).update(valid_to=last):
        return False
    _note_number(number.unit, number.number, f"till och med {last.isoformat()}", by=by, at=at)
    return True


def _note_number(unit: Unit, number: str, result: str, *, by: User, at: datetime) -> None:
    what = f"organisationsnummer {orgnr.format_number(number)}"
    audit.record("data:changed", by=by, unit=unit.code, object=what, result=result, at=at)


# Payroll system -------------------------------------------------------------------------------------------------------


def payroll_changes(unit: Unit) -> QuerySet[AuditEvent]:
    """Every time somebody said which payroll system the file of a year comes from, the latest first."""
    found = AuditEvent.objects.filter(code="data:changed", unit=unit.code, result__startswith=PAYROLL)
    return found.order_by("-at", "-pk")
