"""Driftmeddelanden: make one, end it, and which of them a page shows. A page asks once; nothing is kept between pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.text import one_line
from messaging.models import Announcement

CHANGE = "messaging.change_announcement"
LENGTH = 400
HIDDEN = "hidden_announcements"  # in the session: what the person has put away
MOST_HIDDEN = 20
MOST_SHOWN = 3
Audience = Announcement.Audience


def shown_to(*, is_signed_in: bool, is_staff: bool, at: datetime) -> list[Announcement]:
    """What stands on that person's pages now, the most serious first, at most `MOST_SHOWN`; one query."""
    own = (Audience.STAFF if is_staff else Audience.SUBMITTERS) if is_signed_in else Audience.OPEN
    found = Announcement.objects.active(at).filter(audience__in=[Audience.ALL, own]).order_by("-starts_at", "-pk")
    order = [Announcement.Tone.ERROR, Announcement.Tone.WARNING, Announcement.Tone.INFO]
    return sorted(found, key=lambda one: order.index(Announcement.Tone(one.tone)))[:MOST_SHOWN]


def hide(session: SessionBase, pk: int) -> None:
    """Put one away for as long as the session lives."""
    before = [key for key in session.get(HIDDEN, []) if key != pk]
    session[HIDDEN] = [*before, pk][-MOST_HIDDEN:]


def create_announcement(
    *, text: str, tone: str, audience: str, starts_at: datetime, ends_at: datetime, nonce: UUID, by: User, at: datetime
) -> Announcement:
    """A new one; the same `nonce` again gives the one that it made. Raises NotAllowed."""
    _check(by)
    text = one_line(text)
    if not text or len(text) > LENGTH:
        raise NotAllowed(f"Skriv en text på högst {LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(text):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Den visas för många: ta bort det.")
    if tone not in Announcement.Tone.values or audience not in Audience.values:
        raise NotAllowed("Välj utseende och vilka som ska se det.")
    if ends_at <= starts_at:
        raise NotAllowed("Driftmeddelandet måste sluta efter att det börjar.")
    if ends_at <= at:
        raise NotAllowed("Sluttiden har redan varit.")
    try:
        with transaction.atomic():
            made = Announcement.objects.create(
                text=text,
                tone=tone,
                audience=audience,
                starts_at=starts_at,
                ends_at=ends_at,
                nonce=nonce,
                created_at=at,
                created_by=by,
            )
            _record(made, f"visas för {made.get_audience_display()}", by=by, at=at)
    except IntegrityError:
        before = Announcement.objects.filter(nonce=nonce, created_by=by).first()
        if before is None:
            raise NotAllowed("Formuläret kunde inte tas emot. Ladda om sidan och försök igen.") from None
        return before
    return made


@transaction.atomic
def end_announcement(*, announcement: Announcement, by: User, at: datetime) -> None:
    """Show it no more, or never. Raises NotAllowed where it is over already."""
    _check(by)
    ended = Announcement.objects.filter(pk=announcement.pk, ended_at=None, ends_at__gt=at).update(ended_at=at, ended_by=by)
    if not ended:
        raise NotAllowed("Driftmeddelandet är redan slut.")
    _record(announcement, "avslutat", by=by, at=at)


def _check(by: User) -> None:
    if not by.has_perm(CHANGE):
        raise NotAllowed("Din roll hos SKR ger inte rätt att ändra driftmeddelanden.")


def _record(announcement: Announcement, result: str, *, by: User, at: datetime) -> None:
    audit.record("operation:configuration", by=by, object=f"driftmeddelande {announcement.pk}", result=result, at=at)
