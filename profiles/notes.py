"""SKR's own notes on a unit: sealed, for SKR's people alone. The writer corrects and takes away, everybody pins."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import clean_lines
from profiles.models import Unit, UnitNote

VIEW, WRITE = "profiles.view_unitnote", "profiles.add_unitnote"
MAX_LENGTH = 2000


def notes_of(unit: Unit) -> list[UnitNote]:
    """The notes: those that are pinned first, then the newest."""
    notes = UnitNote.objects.filter(unit=unit).select_related("by", "pinned_by")
    return list(notes.order_by(F("pinned_at").desc(nulls_last=True), "-at", "-pk"))


def add_note(*, unit: Unit, text: str, is_pinned: bool, nonce: UUID, by: User, at: datetime) -> UnitNote:
    """Keep a note. The same `nonce` again gives the note that it made. Raises `NotAllowed`."""
    _check(by)
    text = _clean(text)
    pinned = {"pinned_at": at, "pinned_by": by} if is_pinned else {}
    note = UnitNote(unit=unit, by=by, at=at, nonce=nonce, **pinned)
    note.text_sealed = sealed.seal_text(note, "text_sealed", text)
    try:
        with transaction.atomic():
            note.save(force_insert=True)
            _record("unit:noted", note, by, at)
    except IntegrityError:
        before = UnitNote.objects.filter(nonce=nonce, unit=unit, by=by).first()
        if before is None or before.text != text:
            raise NotAllowed(
                "Formuläret är redan skickat med en annan text. Ladda om sidan och skriv anteckningen igen."
            ) from None
        return before
    return note


@transaction.atomic
def correct_note(*, note: UnitNote, text: str, revision: int, by: User, at: datetime) -> bool:
    """Other words in one's own note; False where they are the same. Raises `NotAllowed`, also where it was changed meanwhile."""
    check_is_own(note, by)
    text = _clean(text)
    if note.text == text:
        return False
    content = sealed.seal_text(note, "text_sealed", text)
    of_the_page = UnitNote.objects.filter(pk=note.pk, revision=revision)
    if not of_the_page.update(text_sealed=content, corrected_at=at, revision=F("revision") + 1):
        raise NotAllowed("Anteckningen har ändrats sedan du öppnade sidan. Läs vad som står där nu och skriv igen.")
    _record("unit:note:corrected", note, by, at)
    return True


@transaction.atomic
def pin_note(*, note: UnitNote, by: User, at: datetime) -> bool:
    """Let the note stand first, and be kept, until it is unpinned; False where it is pinned already."""
    _check(by)
    if not UnitNote.objects.filter(pk=note.pk, pinned_at=None).update(pinned_at=at, pinned_by=by):
        return False
    _record("unit:note:pinned", note, by, at)
    return True


@transaction.atomic
def unpin_note(*, note: UnitNote, by: User, at: datetime) -> bool:
    """Let the note stand among the others; False where it does."""
    _check(by)
    if not UnitNote.objects.filter(pk=note.pk, pinned_at__isnull=False).update(pinned_at=None, pinned_by=None):
        return False
    _record("unit:note:unpinned", note, by, at)
    return True


@transaction.atomic
def remove_note(*, note: UnitNote, by: User, at: datetime) -> bool:
    """Take one's own note away for good; False where it is gone. Raises `NotAllowed`."""
    check_is_own(note, by)
    if not UnitNote.objects.filter(pk=note.pk).delete()[0]:
        return False
    _record("unit:note:removed", note, by, at)
    return True


def check_is_own(note: UnitNote, by: User) -> None:
    """Only the writer changes what she wrote. Raises `NotAllowed`."""
    _check(by)
    if note.by_id != by.pk:
        raise NotAllowed(f"Bara {note.by}, som skrev anteckningen, kan ändra den. Skriv en egen i stället.")


def _check(by: User) -> None:
    if not by.has_perm(WRITE):
        raise NotAllowed("Bara SKR:s handläggare, samordnare och statistiker antecknar om enheter.")


def _clean(text: str) -> str:
    text = clean_lines(text)
    if not text:
        raise NotAllowed("Skriv en anteckning.")
    if len(text) > MAX_LENGTH:
        raise NotAllowed(f"Anteckningen får ha högst {MAX_LENGTH} tecken. Den har {len(text)}.")
    if LOOKS_LIKE.search(text):
        raise NotAllowed("Skriv inte personnummer här. Uppgifter om enskilda personer skrivs under Meddelanden.")
    return text


def _record(code: str, note: UnitNote, by: User, at: datetime) -> None:
    audit.record(code, by=by, unit=note.unit.code, object="anteckning om enheten", at=at)
