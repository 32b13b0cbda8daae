"""Many people at many units at once: lines of address, name, unit and role, each checked before anybody is invited.

A constant number of queries, however many the lines are. What is wrong is told line by line; nothing here invites.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from config.lib import personnummer
from config.lib.text import broken_line
from profiles import services
from profiles.models import Membership, Unit

COLUMNS = ("epost", "namn", "enhet", "roll")
HEADINGS = ("epost", "e-post", "mejl", "e-postadress")
ROLES = {word.lower(): role for role in Membership.Role for word in (role.value, role.label)}
MOST = 12_000


@dataclass(frozen=True, slots=True)
class Line:
    """One person as she was written. `problem` must be mended; `there` says that she has what she would be invited to."""

    number: int  # in the text, from 1
    text: str
    email: str = ""
    name: str = ""
    unit: Unit | None = None
    role: str = ""
    problem: str = ""
    there: str = ""


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, else as Windows writes it. Raises NotAllowed for what is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise NotAllowed("Filen är ingen textfil. Spara kalkylbladet som CSV och välj den filen.")
    if wrong := broken_line(text):
        raise NotAllowed(f"Rad {wrong}: å, ä och ö är förstörda. Spara filen som CSV UTF-8 och välj den igen.")
    return text


def read_lines(text: str, *, at: datetime) -> list[Line]:
    """The lines that are not empty, a heading passed over, each with its problem or without. Raises NotAllowed for too many."""
    rows = [(number, row.strip()) for number, row in enumerate(text.splitlines(), 1) if row.strip(" ;\t\ufeff")]
    rows = [row for row in rows if _cells(row[1])[0].lower() not in HEADINGS]
    if len(rows) > MOST:
        raise NotAllowed(f"Högst {MOST} rader på en gång. Dela upp listan.")
    units = {unit.code: unit for unit in Unit.objects.order_by("pk")}
    names = {unit.name.casefold(): unit for unit in units.values()}
    lines = [_read(number, row, units | names) for number, row in rows]
    return _with_those_there(_without_twins(lines), at=at)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader(io.StringIO(row), delimiter="\t" if "\t" in row else ";"))]


def _read(number: int, row: str, units: dict[str, Unit]) -> Line:
    cells = _cells(row)
    if personnummer.LOOKS_LIKE.search(row):
        return Line(number, "", problem="raden ser ut att innehålla ett personnummer; ta bort det")
    if len(cells) != len(COLUMNS):
        return Line(number, row, problem=f"raden har {len(cells)} fält, och ska ha fyra: {';'.join(COLUMNS)}")
    address, written, place, word = cells
    try:
        email, name = normalise_email(address), services.clean_name(written)
    except ValidationError as error:
        return Line(number, row, problem=_lower_first(error.messages[0]) if address else "här saknas en e-postadress")
    except NotAllowed as refusal:
        return Line(number, row, problem=_lower_first(refusal.reason))
    unit = units.get(place) or units.get(place.casefold()) or units.get(re.split(r"\s", place, maxsplit=1)[0])
    role = ROLES.get(word.lower())
    problem = ""
    if unit is None:
        problem = f"det finns ingen enhet som heter {place or '(tomt)'}; skriv dess kod eller namn"
    elif not unit.is_active:
        problem = f"{unit.name} lämnar inte uppgifter längre"
    elif role is None:
        problem = f"rollen {word or '(tomt)'} finns inte; skriv Läsare, Uppgiftslämnare eller Kontaktperson"
    return Line(number, row, email=email, name=name, unit=unit, role=role or "", problem=problem)


def _lower_first(sentence: str) -> str:
    """As a part of another sentence."""
    return (sentence[:1].lower() + sentence[1:]).removesuffix(".")


def _without_twins(lines: Iterable[Line]) -> list[Line]:
    """The same person at the same unit twice is a problem of the second line."""
    first: dict[tuple[str, int], int] = {}
    found = []
    for line in lines:
        key = (line.email, line.unit.pk) if line.unit and not line.problem else None
        if key in first:
            line = replace(line, problem=f"personen står redan på rad {first[key]} för samma enhet")
        elif key:
            first[key] = line.number
        found.append(line)
    return found


def _with_those_there(lines: Sequence[Line], *, at: datetime) -> list[Line]:
    """Say of each who has a role at the unit already, or an invitation that still holds."""
    emails = {line.email for line in lines if line.email and not line.problem}
    live = Membership.objects.filter(ended_at=None, user__email__in=emails).select_related("user", "invitation").order_by("pk")
    there = {(one.user.email, one.unit_id): reason for one in live if (reason := _why_there(one, at))}
    return [
        line if line.problem or line.unit is None else replace(line, there=there.get((line.email, line.unit.pk), ""))
        for line in lines
    ]


def _why_there(existing: Membership, at: datetime) -> str:
    """As `services.invite_member` says it; empty where a new invitation takes the place of an old one."""
    if existing.ends_on and existing.ends_on < timezone.localdate(at):
        return ""
    if existing.invitation is None or existing.invitation.accepted_at is not None:
        return f"har redan en roll i enheten: {existing.get_role_display()}"
    return "är redan inbjuden" if existing.invitation.expires_at > at else ""
