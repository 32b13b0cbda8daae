"""Ask for a role at a unit, and answer such a request.

Anybody with a unit account may ask for a role that is higher than hers at a unit that hands in. Its Kontaktpersoner answer;
where there is none SKR's Samordnare are told. What a stranger learns of a unit is its name and its Kontaktpersoner's names.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.text import clean_lines, sort_key
from profiles import access, contacts, end_dates, notices, services
from profiles.models import AccessRequest, Membership, Unit

Role = Membership.Role
Outcome = AccessRequest.Outcome
TEXT_LENGTH = 500
MOST_WAITING = 5
PER_DAY = 10
FOUND = 20
ANSWER_SHOWN = timedelta(days=90)
ALREADY_ANSWERED = "Begäran är redan besvarad eller återtagen. Listan visar hur det är nu."
GRANT, DECLINE = "bevilja", "avsla"  # the buttons of the answer's form


def check_can_ask(by: User) -> None:
    """SKR's people have other ways in."""
    if by.is_staff or not by.is_active:
        raise NotAllowed("Du arbetar hos SKR och når enheterna i administrationen.")


def find_units(words: str) -> list[Unit]:
    """Units that hand in whose name or code begins with, or name holds, the words; the first twenty by name."""
    key = sort_key(words.strip())
    if len(key) < 2:
        return []
    named = Q(sort_key__contains=key) | Q(code__startswith=words.strip())
    return list(Unit.objects.filter(named, is_active=True).in_order()[:FOUND])


def who_answers(unit: Unit) -> list[str]:
    """The names of the unit's Kontaktpersoner who can be reached: all that is told of its people. One without a name is left out."""
    names = Membership.objects.able_contacts().filter(unit=unit).order_by("user__name", "pk").values_list("user__name", flat=True)
    return [name for name in names if name]


def higher_roles(user: User, unit: Unit) -> list[Membership.Role]:
    """What the person may ask for there: everything above what she has."""
    held = access.role_at(user, unit)
    return list(services.LADDER[services.LADDER.index(held) + 1 :] if held else services.LADDER)


def waiting_of(unit: Unit) -> QuerySet[AccessRequest]:
    """The requests to a unit that wait for an answer, oldest first."""
    return AccessRequest.objects.waiting().filter(unit=unit).select_related("user", "unit").order_by("created_at", "pk")


def own(user: User, *, at: datetime) -> QuerySet[AccessRequest]:
    """A person's requests that wait, and those answered lately."""
    shown = Q(outcome="") | Q(outcome__in=[Outcome.GRANTED, Outcome.DECLINED], answered_at__gt=at - ANSWER_SHOWN)
    return AccessRequest.objects.filter(shown, user=user).select_related("unit", "answered_by").order_by("-created_at", "-pk")


def clean_text(text: str) -> str:
    """A few words without a personnummer. Raises NotAllowed with the sentence."""
    text = clean_lines(text)
    if len(text) > TEXT_LENGTH:
        raise NotAllowed(f"Texten får vara högst {TEXT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(text):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
    return text


@transaction.atomic
def ask_for_access(*, unit: Unit, role: str, text: str, by: User, at: datetime) -> tuple[AccessRequest, bool]:
    """Ask for a role; asking again for what waits already changes nothing (False). Raises NotAllowed."""
    check_can_ask(by)
    services.lock(unit)
    User.objects.select_for_update().get(pk=by.pk)
    if not unit.is_active:
        raise NotAllowed(f"{unit.name} lämnar inte uppgifter längre.")
    before = AccessRequest.objects.waiting().filter(user=by, unit=unit).first()
    if before is not None and before.role == role:
        return before, False
    if before is not None:
        raise NotAllowed(f"Du har redan begärt rollen {before.get_role_display()} i {unit.name}. Ta tillbaka den begäran först.")
    text = clean_text(text)
    if not text:
        raise NotAllowed("Skriv varför du behöver behörigheten.")
    if role not in higher_roles(by, unit):
        raise NotAllowed(
            "Välj en roll i listan." if role not in Role.values else "Du har redan den rollen, eller en som får mer."
        )
    own_ones = AccessRequest.objects.filter(user=by)
    if own_ones.waiting().count() >= MOST_WAITING or own_ones.filter(created_at__gt=at - timedelta(days=1)).count() >= PER_DAY:
        raise NotAllowed("Du har många begäranden på gång. Vänta på svar, eller ta tillbaka någon av dem.")
    made = AccessRequest.objects.create(unit=unit, user=by, role=role, text=text, created_at=at)
    audit.record("access:requested", by=by, subject=by, unit=unit.code, object=Role(role).label, at=at)
    lacks = contacts.lacks_contact(unit)
    notices.send(
        "access_requested", notices.coordinators() if lacks else notices.contacts(unit), unit=unit.name, lacks_contact=lacks
    )
    return made, True


@transaction.atomic
def withdraw_request(*, request: AccessRequest, by: User, at: datetime) -> None:
    """Take one's own request back before it is answered. Raises NotAllowed."""
    if request.user_id != by.pk:
        raise NotAllowed("Bara den som har begärt behörigheten kan ta tillbaka begäran.")
    _answer(request, Outcome.WITHDRAWN, "", by=by, at=at)
    audit.record("access:request:withdrawn", by=by, subject=by, unit=request.unit.code, at=at)


def suggestion(request: AccessRequest) -> dict[str, object]:
    """What the answer's form begins with: the role asked for, and the last day of the role that the person has, which stays."""
    held = _held(request)
    return {"role": request.role, "ends_on": held.ends_on if held else None}


def _held(request: AccessRequest) -> Membership | None:
    members = Membership.objects.in_force().select_related("user", "unit")
    return members.filter(unit=request.unit_id, user=request.user_id).first()


@transaction.atomic
def grant_request(*, request: AccessRequest, role: str, ends_on: date | None, text: str, by: User, at: datetime) -> Membership:
    """Give the role that was asked for, or another one, with a last day if one is given. Raises NotAllowed."""
    services.lock(request.unit)
    services.check_manages(by, request.unit)
    text = clean_text(text)
    _answer(request, Outcome.GRANTED, text, by=by, at=at)
    unit, asker = request.unit, request.user
    held = _held(request)
    if held is not None and role in Role.values and role not in higher_roles(asker, unit):
        raise NotAllowed(f"{asker} är redan {held.get_role_display()}. Välj en roll som får göra mer, eller avslå begäran.")
    if held is not None:
        end_dates.change_member(membership=held, role=role, ends_on=ends_on, by=by, at=at)
    else:
        held = services.invite_member(unit=unit, email=asker.email, name="", role=role, ends_on=ends_on, by=by, at=at)
    audit.record("access:request:granted", by=by, subject=asker, unit=unit.code, object=Role(role).label, at=at)
    return held


@transaction.atomic
def decline_request(*, request: AccessRequest, text: str, by: User, at: datetime) -> None:
    """Say no, and why. Raises NotAllowed."""
    services.lock(request.unit)
    services.check_manages(by, request.unit)
    text = clean_text(text)
    if not text:
        raise NotAllowed("Skriv varför, så att personen vet vad som gäller.")
    _answer(request, Outcome.DECLINED, text, by=by, at=at)
    audit.record("access:request:declined", by=by, subject=request.user, unit=request.unit.code, at=at)
    notices.send("access_declined", {request.user.email}, unit=request.unit.name)


def _answer(request: AccessRequest, outcome: str, text: str, *, by: User, at: datetime) -> None:
    """One row is answered once: of two at the same time the second is refused."""
    values = {"outcome": outcome, "answer": text, "answered_at": at, "answered_by": by}
    if not AccessRequest.objects.waiting().filter(pk=request.pk).update(**values):
        raise NotAllowed(ALREADY_ANSWERED)


def answer_request(
    *, request: AccessRequest, button: str, role: str, ends_on: date | None, text: str, by: User, at: datetime
) -> str:
    """Carry out the button that was pressed, and what to say of it. Raises NotAllowed."""
    if button == DECLINE:
        decline_request(request=request, text=text, by=by, at=at)
        return f"{request.user} har fått nej."
    if button != GRANT:
        raise NotAllowed("Välj om du beviljar begäran eller avslår den.")
    made = grant_request(request=request, role=role, ends_on=ends_on, text=text, by=by, at=at)
    return f"{request.user} är nu {Role(role).label} i {made.unit.name}."
