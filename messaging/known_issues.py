"""Kända fel: write one, change it, and say that it is mended. The handbook shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.text import clean_lines, one_line
from messaging.models import KnownIssue

CHANGE = "messaging.change_knownissue"
TITLE_LENGTH, LENGTH = 120, 2000
LAST_FIELD = 60
CHECK = re.compile(r"[A-Za-z]{3}[0-9]{2}\Z")  # kept in capitals
CHANGED_MEANWHILE = "Någon har ändrat det kända felet sedan du öppnade sidan. Ladda om sidan och gör om din ändring."


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says of a fault."""

    title: str
    text: str
    audience: str
    begins_on: date
    solved_on: date | None
    check_code: str
    field: int | None


def create_issue(*, said: Said, nonce: UUID, by: User, at: datetime) -> KnownIssue:
    """A new one; the same `nonce` again gives the one that it made. Raises NotAllowed."""
    values = _clean(said, by)
    try:
        with transaction.atomic():
            made = KnownIssue.objects.create(**values, nonce=nonce, created_at=at, created_by=by, changed_at=at, changed_by=by)
            _record(made, "nytt", by=by, at=at)
    except IntegrityError:
        before = KnownIssue.objects.filter(nonce=nonce, created_by=by).first()
        if before is None:
            raise NotAllowed("Formuläret kunde inte tas emot. Ladda om sidan och försök igen.") from None
        return before
    return made


@transaction.atomic
def change_issue(*, issue: KnownIssue, said: Said, seen: int, by: User, at: datetime) -> bool:
    """Say it otherwise, or that it is mended; whether anything changed. `seen` is the revision that the page showed.

    Raises NotAllowed.
    """
    values = _clean(said, by)
    if all(getattr(issue, name) == value for name, value in values.items()):
        return False
    changed = KnownIssue.objects.filter(pk=issue.pk, revision=seen).update(
        **values, revision=seen + 1, changed_at=at, changed_by=by
    )
    if not changed:
        raise NotAllowed(CHANGED_MEANWHILE)
    is_now_solved = issue.solved_on is None and said.solved_on is not None
    _record(issue, "åtgärdat" if is_now_solved else "ändrat", by=by, at=at)
    return True


def _clean(said: Said, by: User) -> dict[str, object]:
    """The values as they are kept. Raises NotAllowed where they cannot be."""
    if not by.has_perm(CHANGE):
        raise NotAllowed("Din roll hos SKR ger inte rätt att ändra kända fel.")
    title, text, check = one_line(said.title), clean_lines(said.text), one_line(said.check_code).upper()
    if not title or len(title) > TITLE_LENGTH:
        raise NotAllowed(f"Skriv en rubrik på högst {TITLE_LENGTH} tecken.")
    if not text or len(text) > LENGTH:
        raise NotAllowed(f"Skriv en text på högst {LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(f"{title}\n{text}"):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Den är öppen för alla: ta bort det.")
    if said.audience not in KnownIssue.Audience.values:
        raise NotAllowed("Välj vilka det gäller.")
    if said.solved_on is not None and said.solved_on < said.begins_on:
        raise NotAllowed("Felet kan inte vara åtgärdat innan det fanns.")
    if check and not CHECK.fullmatch(check):
        raise NotAllowed("Skriv kontrollens kod, till exempel RIM05.")
    if said.field is not None and not 1 <= said.field <= LAST_FIELD:
        raise NotAllowed(f"Skriv fältets nummer, 1–{LAST_FIELD}.")
    return {
        "title": title,
        "text": text,
        "audience": said.audience,
        "begins_on": said.begins_on,
        "solved_on": said.solved_on,
        "check_code": check,
        "field": said.field,
    }


def _record(issue: KnownIssue, result: str, *, by: User, at: datetime) -> None:
    audit.record("operation:configuration", by=by, object=f"känt fel {issue.pk}", result=result, at=at)
