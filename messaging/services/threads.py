"""Write in Meddelanden: start a thread, answer, mark it as done, note that it was read.

Both sides use the same verbs; `by.is_staff` decides which side speaks and who has the ball after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from messaging import attachments
from messaging.access import check_can_write
from messaging.attachments import Checked, Chosen
from messaging.models import Message, QuestionBatch, ReadMark, Thread, ThreadEvent
from messaging.services.drafts import NEW, forget_draft, place_of
from messaging.services.matters import Matter, put_matter
from messaging.services.notices import tell_other_side
from messaging.services.words import UNREADABLE, clean_subject, clean_text
from messaging.years import running_year
from profiles.models import Unit


class WrittenMeanwhile(NotAllowed):
    """Somebody else has written in the thread since the page was drawn; the sentence says who."""

    status = 409


def start_thread(
    *,
    unit: Unit,
    category: str,
    subject: str,
    text: str,
    by: User,
    at: datetime,
    nonce: UUID,
    year: int | None = None,
    matter: Matter | None = None,
    draft: str = NEW,
    attached: Sequence[Chosen] = (),
    in_bulk: bool = False,
) -> Thread:
    """A new matter with its first message and files, about `matter` where that is told, else about that year's (or this year's) collection.

    The same `nonce`, unit, words and files again give the thread that they made. `draft` is the place of what was begun. With
    `in_bulk` the mails wait their turn. Raises
    NotAllowed, for files `AttachmentsRefused`.
    """
    check_can_write(by, unit)
    subject, text = clean_subject(subject), clean_text(text)
    if category not in Thread.Category.values:
        raise NotAllowed("Välj vad meddelandet gäller.")
    checked = attachments.check(attached, unit=unit, by=by, at=at)
    try:
        with transaction.atomic():
            thread = open_thread(unit=unit, category=category, subject=subject, by=by, at=at, year=year, matter=matter)
            add_message(thread, text=text, by=by, at=at, nonce=nonce, files=checked)
            audit.record("thread:opened", by=by, unit=unit.code, object=f"ärende {thread.pk}", at=at)
            tell_other_side(thread, by=by, earlier=None, at=at, in_bulk=in_bulk)
            forget_draft(place=draft, by=by)
    except IntegrityError:
        before = _posted_before(nonce, by)
        if _opens(before.thread, before, unit, category, subject) and _says(before, text, checked):
            return before.thread
        anew = uuid4()  # the same form, filled in with other words
        return start_thread(
            unit=unit,
            category=category,
            subject=subject,
            text=text,
            by=by,
            at=at,
            nonce=anew,
            year=year,
            matter=matter,
            draft=draft,
            attached=attached,
            in_bulk=in_bulk,
        )
    return thread


def open_thread(
    *,
    unit: Unit,
    category: str,
    subject: str,
    by: User,
    at: datetime,
    year: int | None = None,
    matter: Matter | None = None,
    batch: QuestionBatch | None = None,
) -> Thread:
    """The thread's row, for the services that put something in it within the same transaction."""
    thread = Thread(
        unit=unit,
        year=year if year is not None else running_year(at),
        category=category,
        subject=subject,
        status=waiting_for(by),
        created_at=at,
        created_by=by,
        last_message_at=at,
        last_message_from_staff=by.is_staff,
        batch=batch,
    )
    if matter is not None:
        put_matter(thread, matter)
    thread.save(force_insert=True)
    return thread


def reply(
    *,
    thread: Thread,
    text: str,
    by: User,
    at: datetime,
    nonce: UUID,
    attached: Sequence[Chosen] = (),
    closes: bool = False,
    seen: int | None = None,
) -> Message:
    """An answer; it opens a thread that was done and wakes one that was put off.

    The same `nonce`, text and files again give the message that they made. `closes` marks the thread as done with it. `seen`
    is the last message that the page showed. Raises NotAllowed (`WrittenMeanwhile` where somebody else has written since),
    for files `AttachmentsRefused`.
    """
    check_can_write(by, thread.unit)
    text = clean_text(text)
    checked = attachments.check(attached, unit=thread.unit, by=by, at=at)
    try:
        with transaction.atomic():
            locked = lock(thread)
            earlier = latest_from(locked, staff=by.is_staff)
            message = add_message(locked, text=text, by=by, at=at, nonce=nonce, files=checked)
            check_nothing_new(locked, seen=seen, by=by)
            was_done = locked.status == Thread.Status.DONE
            if was_done:
                ThreadEvent.objects.create(thread=locked, kind=ThreadEvent.Kind.REOPENED, at=at, by=by)
            hand_over(locked, by=by, at=at)
            audit.record(
                "message:sent",
                by=by,
                unit=thread.unit.code,
                object=f"ärende {thread.pk}",
                result="reopened" if was_done else "",
                at=at,
            )
            if closes:
                _close(locked, by=by, at=at)
            tell_other_side(locked, by=by, earlier=earlier, at=at)
            forget_draft(place=place_of(locked), by=by)
    except IntegrityError:
        before = _posted_before(nonce, by)
        if before.thread_id == thread.pk and _says(before, text, checked):
            return before
        # the same form, with other words or files
        return reply(thread=thread, text=text, by=by, at=at, nonce=uuid4(), attached=attached, closes=closes, seen=seen)
    thread.refresh_from_db()
    return message


@transaction.atomic
def close_thread(*, thread: Thread, by: User, at: datetime, seen: int | None = None) -> bool:
    """Mark a thread as done; False when it was already. An answer opens it again.

    `seen` is the last message that the page showed. Raises NotAllowed where the other side has written since.
    """
    check_can_write(by, thread.unit)
    locked = lock(thread)
    if seen is not None and locked.messages.filter(pk__gt=seen).exclude(is_from_staff=by.is_staff).exists():
        raise NotAllowed("Det har kommit ett nytt meddelande sedan du öppnade ärendet. Läs det först.")
    changed = _close(locked, by=by, at=at)
    thread.refresh_from_db()
    return changed


def _close(locked: Thread, *, by: User, at: datetime) -> bool:
    """Done, and awake: what is done has nothing to wait for."""
    still_open = Thread.objects.filter(pk=locked.pk).exclude(status=Thread.Status.DONE)
    if not still_open.update(status=Thread.Status.DONE, snoozed_until=None):
        return False
    ThreadEvent.objects.create(thread=locked, kind=ThreadEvent.Kind.CLOSED, at=at, by=by)
    audit.record("thread:closed", by=by, unit=locked.unit.code, object=f"ärende {locked.pk}", at=at)
    return True


def check_nothing_new(locked: Thread, *, seen: int | None, by: User) -> None:
    """Raise `WrittenMeanwhile` where somebody else has written after the last message that the page showed."""
    if seen is None:
        return
    later = locked.messages.filter(pk__gt=seen).exclude(author=by).select_related("author").order_by("pk").first()
    if later is not None:
        raise WrittenMeanwhile(
            f"{later.author} skrev medan du hade ärendet öppet. Läs det nya meddelandet och skicka igen om ditt fortfarande behövs."
        )


def mark_read(*, thread: Thread, by: User) -> None:
    """Note that the person has seen the thread up to its last message as loaded; writes only when that is news."""
    _mark_read(thread, by, thread.last_message_at)


def read_text(message: Message) -> str:
    """What a message says. Only for somebody who may see its thread."""
    return sealed.open_text(message, "body_sealed")


def shown_text(message: Message) -> str:
    """`read_text` for the page: where the seal is broken a sentence stands in the text's place, and the rest is shown."""
    return sealed.text_or(message, "body_sealed", UNREADABLE)


def _opens(thread: Thread, message: Message, unit: Unit, category: str, subject: str) -> bool:
    """Whether the message is the first of a matter of that unit with those words: the same form, not one filled in anew."""
    told = (thread.unit_id, thread.category, thread.subject)
    return told == (unit.pk, category, subject) and not thread.messages.filter(pk__lt=message.pk).exists()


def _says(message: Message, text: str, files: Sequence[Checked]) -> bool:
    return read_text(message) == text and attachments.are_those_of(message, files)


def lock(thread: Thread) -> Thread:
    """The thread with its row locked: two who write at once take turns."""
    return Thread.objects.select_for_update(of=("self",)).select_related("unit").get(pk=thread.pk)


def waiting_for(by: User) -> Thread.Status:
    """Who has the ball when that person has written."""
    return Thread.Status.WAITING_UNIT if by.is_staff else Thread.Status.WAITING_SKR


def hand_over(locked: Thread, *, by: User, at: datetime) -> None:
    """The ball goes to the other side; what the unit does wakes a thread that SKR had put off."""
    values = {"status": waiting_for(by), "last_message_at": at, "last_message_from_staff": by.is_staff}
    awake = {} if by.is_staff else {"snoozed_until": None}
    Thread.objects.filter(pk=locked.pk).update(**values, **awake)


def add_message(thread: Thread, *, text: str, by: User, at: datetime, nonce: UUID, files: Sequence[Checked] = ()) -> Message:
    """The message; who writes has read what stood before."""
    message = Message(thread=thread, author=by, is_from_staff=by.is_staff, created_at=at, nonce=nonce)
    message.body_sealed = sealed.seal_text(message, "body_sealed", text)
    message.save(force_insert=True)
    attachments.keep(message, files, by=by, at=at)
    _mark_read(thread, by, at)
    return message


def latest_from(thread: Thread, *, staff: bool) -> datetime | None:
    """When that side last wrote, or ticked the last question."""
    if thread.last_message_from_staff == staff:
        return thread.last_message_at
    latest: datetime | None = thread.messages.filter(is_from_staff=staff).aggregate(latest=Max("created_at"))["latest"]
    return latest


def _mark_read(thread: Thread, by: User, upto: datetime) -> None:
    if by.viewing is not None:
        return  # SKR sees the portal as the unit does: nothing is read by that
    if not ReadMark.objects.filter(thread=thread, user=by, read_at__gte=upto).exists():
        ReadMark.objects.bulk_create(
            [ReadMark(thread=thread, user=by, read_at=upto)],
            update_conflicts=True,
            unique_fields=["thread", "user"],
            update_fields=["read_at"],
        )


def _posted_before(nonce: UUID, by: User) -> Message:
    """The message that this form made the first time; a nonce of somebody else's is refused."""
    message = Message.objects.select_related("thread").filter(nonce=nonce, author=by).first()
    if message is None:
        raise NotAllowed("Formuläret kunde inte tas emot. Ladda om sidan och försök igen.")
    return message
