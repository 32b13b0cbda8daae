"""Several questions at once: SKR sends them, the unit ticks them off one by one, with or without an answer.

When the last one is ticked the ball is SKR's. A question that a colleague ticked meanwhile is not ticked over her answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from messaging.access import check_can_write
from messaging.models import Question, QuestionBatch, Thread, ThreadEvent
from messaging.services.drafts import forget_draft, place_of_question
from messaging.services.notices import tell_other_side
from messaging.services.threads import add_message, hand_over, latest_from, lock, open_thread, read_text
from messaging.services.words import UNREADABLE, clean_subject, clean_text, tidy
from profiles.models import Unit

MOST_QUESTIONS = 30


class AlreadyTicked(NotAllowed):
    """Somebody else ticked the question meanwhile; the sentence says who and when."""

    status = 409


@dataclass(frozen=True, slots=True)
class Asked:
    """A question opened: only for somebody who may see its thread."""

    question: Question
    text: str
    answer: str

    @property
    def is_ticked(self) -> bool:
        """Whether the unit has ticked it off."""
        return self.question.ticked_at is not None


@dataclass(frozen=True, slots=True)
class About:
    """The group of findings that a question is about, as the app above names it."""

    check: str
    group: str


def _same(unit: Unit, text: str) -> str:
    return text


def send_questions(
    *,
    units: Sequence[Unit],
    category: str,
    subject: str,
    text: str,
    questions: Sequence[str],
    by: User,
    at: datetime,
    nonce: UUID,
    year: int | None = None,
    fill: Callable[[Unit, str], str] = _same,
    about: Sequence[About] = (),
) -> QuestionBatch:
    """One thread for each unit with `text` as its message and a copy of the questions; `fill` puts the unit's own words in.

    `about` says for each question which group of findings of the year it is about. All units or none. The same `nonce`,
    units and words again give the batch that they made. Raises NotAllowed.
    """
    if not by.is_staff:
        raise NotAllowed("Frågor i en omgång skickas av SKR.")
    asked = [clean_text(question, empty="Skriv en fråga.") for question in questions]
    if not asked or len(asked) > MOST_QUESTIONS:
        raise NotAllowed(f"Skriv mellan en och {MOST_QUESTIONS} frågor.")
    if not units:
        raise NotAllowed("Välj minst en enhet.")
    if category not in Thread.Category.values:
        raise NotAllowed("Välj vad meddelandet gäller.")
    subject, text = clean_subject(subject), clean_text(text)
    for unit in units:
        check_can_write(by, unit)
    try:
        with transaction.atomic():
            batch = QuestionBatch.objects.create(subject=subject, created_at=at, created_by=by, nonce=nonce)
            for unit in units:
                thread = open_thread(
                    unit=unit, category=category, subject=clean_subject(fill(unit, subject)), by=by, at=at, year=year, batch=batch
                )
                add_message(thread, text=fill(unit, text), by=by, at=at, nonce=uuid5(nonce, unit.code))
                add_questions(thread, [fill(unit, question) for question in asked], about)
                audit.record(
                    "thread:questions", by=by, unit=unit.code, object=f"ärende {thread.pk}", result=f"{len(asked)} frågor", at=at
                )
                tell_other_side(thread, by=by, earlier=None, at=at)
    except IntegrityError:
        before = QuestionBatch.objects.filter(nonce=nonce, created_by=by).first()
        if before is None:
            raise NotAllowed("Formuläret kunde inte tas emot. Ladda om sidan och försök igen.") from None
        if _is_batch_of(before, units, [subject, text, *asked], category, fill):
            return before
        anew = uuid4()  # the same form, filled in with other units or words
        return send_questions(
            units=units,
            category=category,
            subject=subject,
            text=text,
            questions=asked,
            by=by,
            at=at,
            nonce=anew,
            year=year,
            fill=fill,
            about=about,
        )
    return batch


def _is_batch_of(
    batch: QuestionBatch, units: Sequence[Unit], words: Sequence[str], category: str, fill: Callable[[Unit, str], str]
) -> bool:
    """Whether the batch went to just those units with those words, told by the first of them."""
    threads = {thread.unit_id: thread for thread in batch.threads.order_by("pk")}
    if set(threads) != {unit.pk for unit in units}:
        return False
    first = threads[units[0].pk]
    message = first.messages.order_by("created_at", "pk").first()
    said = [first.category, first.subject, read_text(message) if message else "", *(one.text for one in asked_in(first))]
    return said == [category, clean_subject(fill(units[0], words[0])), *(fill(units[0], word) for word in words[1:])]


def add_questions(thread: Thread, texts: Sequence[str], about: Sequence[About] = ()) -> None:
    """The questions of a thread, numbered from one, within the caller's transaction."""
    questions = [Question(thread=thread, number=number) for number in range(1, len(texts) + 1)]
    for question, one in zip(questions, about, strict=False):
        question.check_code, question.group = one.check, one.group
    for question, text in zip(questions, texts, strict=True):
        question.text_sealed = sealed.seal_text(question, "text_sealed", text)
    Question.objects.bulk_create(questions)


def asked_in(thread: Thread) -> list[Asked]:
    """The thread's questions in order, opened."""
    return [_opened(question) for question in thread.questions.select_related("ticked_by").order_by("number", "pk")]


def _opened(question: Question) -> Asked:
    answer = sealed.text_or(question, "answer_sealed", UNREADABLE) if question.answer_sealed is not None else ""
    return Asked(question, sealed.text_or(question, "text_sealed", UNREADABLE), answer)


@transaction.atomic
def tick_question(*, thread: Thread, number: int, answer: str, by: User, at: datetime) -> Thread:
    """Tick a question off, with an answer or without. The thread as it then stands.

    The same press twice ticks once. Raises NotAllowed, AlreadyTicked where somebody was there first.
    """
    _check_can_tick(thread, by)
    answer = tidy(answer)
    locked = lock(thread)
    question = _question(locked, number)
    before = _opened(question)
    if question.ticked_at is not None:
        if question.ticked_by == by and before.answer == answer:
            return locked
        clock = timezone.localtime(question.ticked_at).strftime("%Y-%m-%d kl. %H.%M")
        raise AlreadyTicked(
            f"Fråga {number} bockades av {clock} av {question.ticked_by}. Ditt svar är inte sparat. "
            "Läs svaret, ångra avbockningen om det ska ändras, eller skriv ett meddelande."
        )
    kept = sealed.seal_text(question, "answer_sealed", answer) if answer else None
    Question.objects.filter(pk=question.pk).update(ticked_at=at, ticked_by=by, answer_sealed=kept)
    _told(locked, "thread:ticked", ThreadEvent.Kind.TICKED, number, by, at)
    forget_draft(place=place_of_question(locked, number), by=by)
    if not locked.questions.filter(ticked_at=None).exists():
        earlier = latest_from(locked, staff=False)
        if locked.status == Thread.Status.DONE:
            ThreadEvent.objects.create(thread=locked, kind=ThreadEvent.Kind.REOPENED, at=at, by=by)
        hand_over(locked, by=by, at=at)
        tell_other_side(locked, by=by, earlier=earlier, at=at)
    locked.refresh_from_db()
    return locked


@transaction.atomic
def untick_question(*, thread: Thread, number: int, by: User, at: datetime) -> Thread:
    """Take a tick back, the answer goes with it into the box again; a thread that waited for SKR waits for the unit."""
    _check_can_tick(thread, by)
    locked = lock(thread)
    question = _question(locked, number)
    if question.ticked_at is None:
        return locked
    Question.objects.filter(pk=question.pk).update(ticked_at=None, ticked_by=None)
    _told(locked, "thread:unticked", ThreadEvent.Kind.UNTICKED, number, by, at)
    Thread.objects.filter(pk=locked.pk, status=Thread.Status.WAITING_SKR).update(status=Thread.Status.WAITING_UNIT)
    locked.refresh_from_db()
    return locked


def _check_can_tick(thread: Thread, by: User) -> None:
    if by.is_staff:
        raise NotAllowed("Frågorna bockas av av enheten.")
    check_can_write(by, thread.unit)


def _question(locked: Thread, number: int) -> Question:
    question = locked.questions.select_related("ticked_by").filter(number=number).first()
    if question is None:
        raise NotAllowed("Frågan finns inte. Ladda om sidan och försök igen.")
    return question


def _told(thread: Thread, code: str, kind: str, number: int, by: User, at: datetime) -> None:
    ThreadEvent.objects.create(thread=thread, kind=kind, at=at, by=by, detail=str(number))
    audit.record(code, by=by, unit=thread.unit.code, object=f"ärende {thread.pk}", result=f"fråga {number}", at=at)
