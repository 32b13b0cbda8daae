"""Write in Meddelanden: start a thread, answer, mark it as done, note that it was read.

Both sides use the same verbs; `by.is_staff` decides which side speaks and who has the ball after. The mail notice to
the other side says only that there is a message, and is sent once per person until she has read the thread.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import StaffRole
from config.lib import personnummer, sealed
from config.lib.mail import PortalMail
from config.lib.text import one_line
from messaging.access import check_can_write
from messaging.models import Message, ReadMark, Thread
from profiles import access as unit_access
from profiles.models import Membership, Unit

SUBJECT_LENGTH = 100
TEXT_LENGTH = 10_000


def start_thread(
    *, unit: Unit, category: str, subject: str, text: str, by: User, at: datetime, nonce: UUID, year: int | None = None
) -> Thread:
    """A new matter with its first message. The same `nonce` and text again give the thread that they made. Raises NotAllowed."""
    check_can_write(by, unit)
    subject, text = one_line(subject), _cleaned(text)
    if not subject or len(subject) > SUBJECT_LENGTH:
        raise NotAllowed(f"Skriv ett ämne på högst {SUBJECT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(subject):
        raise NotAllowed("Ämnet ser ut att innehålla ett personnummer. Skriv det i meddelandet i stället, där det skyddas.")
    if category not in Thread.Category.values:
        raise NotAllowed("Välj vad meddelandet gäller.")
    try:
        with transaction.atomic():
            thread = Thread.objects.create(
                unit=unit,
                year=year,
                category=category,
                subject=subject,
                status=_waiting_for(by),
                created_at=at,
                created_by=by,
                last_message_at=at,
                last_message_from_staff=by.is_staff,
            )
            _add(thread, text=text, by=by, at=at, nonce=nonce)
            audit.record("thread:opened", by=by, unit=unit.code, object=f"ärende {thread.pk}", at=at)
            _notify(thread, by=by, earlier=None)
    except IntegrityError:
        before = _posted_before(nonce, by)
        if read_text(before) == text:
            return before.thread
        anew = uuid4()  # the same form, filled in with other words
        return start_thread(unit=unit, category=category, subject=subject, text=text, by=by, at=at, nonce=anew, year=year)
    return thread


def reply(*, thread: Thread, text: str, by: User, at: datetime, nonce: UUID) -> Message:
    """An answer; it opens a thread that was done. The same `nonce` and text again give the message that they made."""
    check_can_write(by, thread.unit)
    text = _cleaned(text)
    try:
        with transaction.atomic():
            locked = Thread.objects.select_for_update().get(pk=thread.pk)
            earlier = _latest_from(locked, staff=by.is_staff)
            message = _add(locked, text=text, by=by, at=at, nonce=nonce)
            Thread.objects.filter(pk=locked.pk).update(
                status=_waiting_for(by), last_message_at=at, last_message_from_staff=by.is_staff
            )
            audit.record("message:sent", by=by, unit=thread.unit.code, object=f"ärende {thread.pk}", at=at)
            _notify(locked, by=by, earlier=earlier)
    except IntegrityError:
        before = _posted_before(nonce, by)
        if before.thread_id == thread.pk and read_text(before) == text:
            return before
        return reply(thread=thread, text=text, by=by, at=at, nonce=uuid4())  # the same form, with other words
    thread.refresh_from_db()
    return message


@transaction.atomic
def close_thread(*, thread: Thread, by: User, at: datetime) -> bool:
    """Mark a thread as done; False when it was already. An answer opens it again."""
    check_can_write(by, thread.unit)
    changed = Thread.objects.filter(pk=thread.pk).exclude(status=Thread.Status.DONE).update(status=Thread.Status.DONE)
    if changed:
        audit.record("thread:closed", by=by, unit=thread.unit.code, object=f"ärende {thread.pk}", at=at)
    thread.refresh_from_db()
    return bool(changed)


def mark_read(*, thread: Thread, by: User) -> None:
    """Note that the person has seen the thread up to its last message as loaded; writes only when that is news."""
    _mark_read(thread, by, thread.last_message_at)


def read_text(message: Message) -> str:
    """What a message says. Only for somebody who may see its thread."""
    return sealed.open_text(message, "body_sealed")


def _cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise NotAllowed("Skriv ett meddelande.")
    if len(text) > TEXT_LENGTH:
        raise NotAllowed("Meddelandet är för långt. Dela upp det i flera.")
    return text


def _waiting_for(by: User) -> Thread.Status:
    return Thread.Status.WAITING_UNIT if by.is_staff else Thread.Status.WAITING_SKR


def _add(thread: Thread, *, text: str, by: User, at: datetime, nonce: UUID) -> Message:
    """The message; who writes has read what stood before."""
    message = Message(thread=thread, author=by, is_from_staff=by.is_staff, created_at=at, nonce=nonce)
    message.body_sealed = sealed.seal_text(message, "body_sealed", text)
    message.save(force_insert=True)
    _mark_read(thread, by, at)
    return message


def _mark_read(thread: Thread, by: User, upto: datetime) -> None:
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


def _latest_from(thread: Thread, *, staff: bool) -> datetime | None:
    return thread.messages.filter(is_from_staff=staff).aggregate(latest=Max("created_at"))["latest"]


def _notify(thread: Thread, *, by: User, earlier: datetime | None) -> None:
    """Mail those on the other side who have read what this side wrote before (or to whom it is the first)."""
    unaware = set()
    if earlier is not None:
        have_read = ReadMark.objects.filter(thread=thread, read_at__gte=earlier).values_list("user_id", flat=True)
        unaware = set(_notified_at(thread, earlier, staff=not by.is_staff)) - set(have_read)
    for person in _other_side(thread, by):
        if person.pk not in unaware:
            PortalMail("messaging/new_message", to=person.email).send()


def _other_side(thread: Thread, by: User) -> list[User]:
    """The unit's people who may answer; at SKR those who have written in the thread, else every handläggare."""
    if by.is_staff:
        return list(unit_access.people_with(thread.unit, unit_access.MAY_SUBMIT))
    staff = User.objects.filter(is_active=True).exclude(staff_role="")
    writers = staff.filter(pk__in=thread.messages.filter(is_from_staff=True).values("author")).order_by("pk")
    return list(writers) or list(staff.filter(staff_role=StaffRole.OFFICER).order_by("pk"))


def _notified_at(thread: Thread, earlier: datetime, *, staff: bool) -> list[int]:
    """Whom the mail about the earlier message reached: everybody at SKR, at the unit those with a role then."""
    if staff:
        return list(User.objects.exclude(staff_role="").values_list("pk", flat=True))
    given = Q(invitation=None, created_at__lte=earlier) | Q(invitation__accepted_at__lte=earlier)
    members = Membership.objects.in_force().filter(given, unit=thread.unit)
    return list(members.values_list("user_id", flat=True))
