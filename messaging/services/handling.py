"""How SKR handles a thread among its own people: who has it, when it comes back, notes, and opening it again.

Nothing of this reaches the unit but that a thread is open again. A page that has grown old is told what happened meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import PERMISSIONS
from config.lib import sealed
from messaging.models import InternalNote, Thread, ThreadEvent
from messaging.services.threads import check_nothing_new, lock
from messaging.services.words import UNREADABLE, clean_text

LONGEST_REST = timedelta(days=365)
ANSWERING_ROLES = sorted(role for role, permissions in PERMISSIONS.items() if "messaging.answer_thread" in permissions)


@dataclass(frozen=True, slots=True)
class Noted:
    """An internal note opened: for SKR's people only."""

    note: InternalNote
    text: str


def check_can_handle(user: User) -> None:
    """SKR's people who may answer. Raises NotAllowed for all others."""
    if not (user.is_staff and user.has_perm("messaging.answer_thread")):
        raise NotAllowed("Din roll hos SKR ger inte rätt att svara på meddelanden.")


def handlers() -> list[User]:
    """SKR's people who may have a thread, by name."""
    return list(User.objects.filter(is_active=True, staff_role__in=ANSWERING_ROLES).order_by("name", "pk"))


@transaction.atomic
def assign(*, thread: Thread, to: User | None, before: int | None, by: User, at: datetime) -> bool:
    """Give the thread to somebody at SKR, or to nobody. False where it is so already.

    `before` is the one who had it on the page that was pressed (None: nobody). Raises NotAllowed where that has changed.
    """
    check_can_handle(by)
    if to is not None and to.pk not in {person.pk for person in handlers()}:
        raise NotAllowed("Välj någon hos SKR som får svara på meddelanden.")
    locked = lock(thread)
    after = to.pk if to else None
    if locked.assignee_id == after:
        return False
    if locked.assignee_id != before:
        has_it = f"{locked.assignee} har ärendet nu" if locked.assignee else "ingen har ärendet nu"
        raise NotAllowed(f"Handläggaren ändrades medan du hade sidan öppen: {has_it}. Välj igen om det ska bli någon annan.")
    Thread.objects.filter(pk=locked.pk).update(assignee=to)
    name = str(to) if to else ""
    ThreadEvent.objects.create(thread=locked, kind=ThreadEvent.Kind.ASSIGNED, at=at, by=by, detail=name[:100])
    _record("thread:assigned", locked, by, at, result=name or "ingen")
    thread.refresh_from_db()
    return True


@transaction.atomic
def snooze(*, thread: Thread, until: date | None, seen: int | None, by: User, at: datetime) -> bool:
    """Put the thread off until a day, or (None) take it up again. It comes back by itself that day, or when the unit writes.

    Raises NotAllowed for a day that is not ahead, a thread that is done, or one where the unit has written since `seen`.
    """
    check_can_handle(by)
    today = timezone.localdate(at)
    if until is not None and not today < until <= today + LONGEST_REST:
        raise NotAllowed("Välj en dag från och med i morgon och högst ett år fram.")
    locked = lock(thread)
    if locked.snoozed_until == until:
        return False
    if until is not None:
        if locked.status == Thread.Status.DONE:
            raise NotAllowed("Ärendet är klart och behöver inte vila.")
        check_nothing_new(locked, seen=seen, by=by)
    Thread.objects.filter(pk=locked.pk).update(snoozed_until=until)
    day = until.isoformat() if until else ""
    ThreadEvent.objects.create(thread=locked, kind=ThreadEvent.Kind.SNOOZED, at=at, by=by, detail=day)
    _record("thread:snoozed", locked, by, at, result=f"till {day}" if day else "tas upp igen")
    thread.refresh_from_db()
    return True


@transaction.atomic
def reopen_thread(*, thread: Thread, by: User, at: datetime) -> bool:
    """Open a thread that was done, without writing in it: the ball is SKR's. False where it is open already."""
    check_can_handle(by)
    done = Thread.objects.filter(pk=thread.pk, status=Thread.Status.DONE)
    if not done.update(status=Thread.Status.WAITING_SKR):
        return False
    ThreadEvent.objects.create(thread=thread, kind=ThreadEvent.Kind.REOPENED, at=at, by=by)
    _record("thread:reopened", thread, by, at)
    thread.refresh_from_db()
    return True


def add_note(*, thread: Thread, text: str, by: User, at: datetime, nonce: UUID) -> InternalNote:
    """Note something for SKR's people. The same `nonce` and text again give the note that they made. Raises NotAllowed."""
    check_can_handle(by)
    text = clean_text(text, empty="Skriv en anteckning.")
    note = InternalNote(thread=thread, author=by, created_at=at, nonce=nonce)
    note.body_sealed = sealed.seal_text(note, "body_sealed", text)
    try:
        with transaction.atomic():
            note.save(force_insert=True)
            _record("thread:noted", thread, by, at)
    except IntegrityError:
        before = InternalNote.objects.filter(nonce=nonce, author=by).first()
        if before is None:
            raise NotAllowed("Formuläret kunde inte tas emot. Ladda om sidan och försök igen.") from None
        if before.thread_id == thread.pk and sealed.open_text(before, "body_sealed") == text:
            return before
        return add_note(thread=thread, text=text, by=by, at=at, nonce=uuid4())  # the same form, with other words
    return note


def notes_in(thread: Thread) -> list[Noted]:
    """The thread's internal notes in order, opened."""
    notes = thread.notes.select_related("author").order_by("created_at", "pk")
    return [Noted(note, sealed.text_or(note, "body_sealed", UNREADABLE)) for note in notes]


def _record(code: str, thread: Thread, by: User, at: datetime, *, result: str = "") -> None:
    audit.record(code, by=by, unit=thread.unit.code, object=f"ärende {thread.pk}", result=result, at=at)
