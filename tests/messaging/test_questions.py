"""Questions that SKR sends together: ticked off one by one, by two at once, and SKR has the ball when none is left."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from messaging import search, services
from messaging.models import Question, QuestionBatch, Thread
from messaging.services.questions import MOST_QUESTIONS, AlreadyTicked
from tests.cast import Cast, make_unit, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db
ASKED = ["Stämmer antalet timavlönade?", "Varför saknas 811218-9876?"]


def send(cast: Cast, **changes: Any) -> QuestionBatch:
    values: dict[str, Any] = {
        "units": [cast.trosa],
        "category": "file",
        "subject": "Frågor om filen",
        "text": "Vi undrar över två saker.",
        "questions": ASKED,
        "by": cast.officer,
        "at": timezone.now(),
        "nonce": uuid4(),
    }
    return services.send_questions(**{**values, **changes})


@pytest.fixture
def thread(cast: Cast) -> Thread:
    return send(cast).threads.get()


@pytest.fixture
def bo(client: GuardedClient, cast: Cast) -> GuardedClient:
    return sign_in(client, cast.bo)  # type: ignore[return-value]


def tick(client: GuardedClient, thread: Thread, number: int, answer: str = "", **more: str) -> Any:
    return client.post(reverse("messaging:tick", args=[thread.pk, number]), {"answer": answer, **more}, follow=True)


def page_of(client: GuardedClient, thread: Thread) -> str:
    return client.get(reverse("messaging:thread", args=[thread.pk])).content.decode()


def test_the_unit_ticks_them_off_and_the_last_one_gives_skr_the_ball(bo: GuardedClient, thread: Thread, cast: Cast) -> None:
    assert thread.status == Thread.Status.WAITING_UNIT
    assert "2 frågor kvar" in bo.get(reverse("messaging:overview")).content.decode()
    page = tick(bo, thread, 1, "Ja, 14 personer.").content.decode()
    assert "Fråga 1 är avbockad. 1 kvar." in page
    assert "Ja, 14 personer." in page
    assert "1 av 2 kvar" in page
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_UNIT
    before = len(sent_mails(cast.officer.email))
    assert "Alla frågor är avbockade. Nu väntar ärendet på SKR." in tick(bo, thread, 2).content.decode()
    thread.refresh_from_db()
    assert (thread.status, thread.last_message_from_staff) == (Thread.Status.WAITING_SKR, False)
    assert len(sent_mails(cast.officer.email)) == before + 1
    codes = AuditEvent.objects.filter(code__startswith="thread:").order_by("pk").values_list("code", "result")
    assert list(codes) == [("thread:questions", "2 frågor"), ("thread:ticked", "fråga 1"), ("thread:ticked", "fråga 2")]


def test_a_tick_may_be_taken_back_and_the_answer_stands_in_the_box(bo: GuardedClient, thread: Thread) -> None:
    for number in (1, 2):
        tick(bo, thread, number, f"Svar {number}")
    page = bo.post(reverse("messaging:untick", args=[thread.pk, 2]), follow=True).content.decode()
    assert "Svar 2</textarea>" in page
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_UNIT
    assert Question.objects.filter(thread=thread, ticked_at=None).count() == 1


def test_what_a_colleague_ticked_meanwhile_is_not_written_over_and_nothing_is_lost(
    bo: GuardedClient, thread: Thread, cast: Cast
) -> None:
    tick(sign_in(GuardedClient(), cast.anna), thread, 1, "Annas svar")  # type: ignore[arg-type]
    response = tick(bo, thread, 1, "Bos svar")
    page = response.content.decode()
    assert response.status_code == 409
    assert "bockades av" in page
    assert "Anna" in page
    assert "Bos svar" in page
    assert "Annas svar" in page
    assert services.asked_in(thread)[0].answer == "Annas svar"


def test_the_same_press_twice_ticks_once(bo: GuardedClient, thread: Thread) -> None:
    for _ in range(2):
        assert tick(bo, thread, 1, "Ja").status_code == 200
    assert AuditEvent.objects.filter(code="thread:ticked").count() == 1


def test_an_answer_may_be_begun_and_kept(bo: GuardedClient, thread: Thread, cast: Cast) -> None:
    assert "Utkast sparat" in tick(bo, thread, 2, "Jag ska", spara="utkast").content.decode()
    assert "Jag ska</textarea>" in page_of(bo, thread)
    assert "Jag ska" not in page_of(sign_in(GuardedClient(), cast.anna), thread)  # type: ignore[arg-type]
    assert Question.objects.filter(ticked_at=None).count() == 2
    tick(bo, thread, 2, "Jag ska svara")
    bo.post(reverse("messaging:untick", args=[thread.pk, 2]))
    assert "Jag ska svara</textarea>" in page_of(bo, thread)


def test_readers_and_skr_see_them_without_a_way_to_tick(thread: Thread, cast: Cast) -> None:
    for person in (cast.cia, cast.officer):
        client = sign_in(GuardedClient(), person)
        page = page_of(client, thread)  # type: ignore[arg-type]
        assert ASKED[0] in page
        assert "Bocka av" not in page
        assert client.post(reverse("messaging:tick", args=[thread.pk, 1])).status_code == 403
    assert not Question.objects.filter(ticked_at__isnull=False).exists()


@pytest.mark.parametrize(("answer", "sentence"), [("x" * 10_001, "för långt"), ("x" * 20_000, "för långt")])
def test_a_text_that_is_too_long_is_refused_at_its_place_and_kept(
    bo: GuardedClient, thread: Thread, answer: str, sentence: str
) -> None:
    page = tick(bo, thread, 1, answer).content.decode()
    assert sentence in page
    assert answer in page


def test_a_question_that_is_not_there_is_not_found(bo: GuardedClient, thread: Thread) -> None:
    assert tick(bo, thread, 3).status_code == 404


def test_texts_and_answers_are_sealed(bo: GuardedClient, thread: Thread) -> None:
    tick(bo, thread, 2, "Hon, 811218-9876, slutade.")
    kept = Question.objects.get(thread=thread, number=2)
    assert b"811218" not in bytes(kept.text_sealed) + bytes(kept.answer_sealed or b"")


def test_the_page_takes_equal_queries_for_few_questions_and_many(bo: GuardedClient, cast: Cast) -> None:
    def count(many: int) -> int:
        address = reverse("messaging:thread", args=[send(cast, questions=["Fråga?"] * many).threads.get().pk])
        bo.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert bo.get(address).status_code == 200
        return len(captured)

    assert count(2) == count(MOST_QUESTIONS)


# Sending -------------------------------------------------------------------------------------------------------------


def test_each_unit_gets_its_own_copy_filled_in(cast: Cast) -> None:
    other = make_unit("0480", "Nyköpings kommun")
    batch = send(cast, units=[cast.trosa, other], fill=lambda unit, text: text.replace("Vi", unit.name))
    assert [thread.unit for thread in batch.threads.order_by("unit__code")] == [other, cast.trosa]
    assert [thread.questions.count() for thread in batch.threads.order_by("pk")] == [2, 2]
    texts = {services.read_text(thread.messages.get()) for thread in batch.threads.order_by("pk")}
    assert texts == {"Nyköpings kommun undrar över två saker.", f"{cast.trosa.name} undrar över två saker."}


def test_the_same_form_for_other_units_or_words_is_a_batch_of_its_own(cast: Cast) -> None:
    nonce, other = uuid4(), make_unit("0480", "Nyköpings kommun")
    first = send(cast, nonce=nonce)
    changes: list[dict[str, Any]] = [{"units": [other]}, {"questions": ASKED[:1]}, {"subject": "Annat"}, {"category": "other"}]
    for change in changes:
        assert send(cast, nonce=nonce, **change) != first
    assert Thread.objects.filter(unit=other).count() == 1
    assert QuestionBatch.objects.count() == 5


def test_the_last_tick_opens_what_was_done_and_ticking_anew_sends_no_second_mail(thread: Thread, cast: Cast, clock: Any) -> None:
    services.close_thread(thread=thread, by=cast.officer, at=timezone.now())
    for number in (1, 2, 2):
        clock.shift(timedelta(minutes=1))
        services.tick_question(thread=thread, number=number, answer="Ja", by=cast.bo, at=timezone.now())
        if number == 2:
            services.untick_question(thread=thread, number=number, by=cast.bo, at=timezone.now())
    assert thread.events.filter(kind="reopened").count() == 1
    assert len(sent_mails(cast.officer.email)) == 1


def test_an_answer_that_was_taken_back_is_found_by_nobody(thread: Thread, cast: Cast) -> None:
    services.tick_question(thread=thread, number=1, answer="Vi vet om sammanslagningen", by=cast.bo, at=timezone.now())
    assert list(search.find(Thread.objects.all(), "sammanslagningen").threads) == [thread]
    services.untick_question(thread=thread, number=1, by=cast.bo, at=timezone.now())
    assert not search.find(Thread.objects.all(), "sammanslagningen").threads.exists()


def test_a_search_says_when_not_all_questions_were_read(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    assert search.find(Thread.objects.all(), "timavlönade").read_all
    monkeypatch.setattr(search, "LOOKED_THROUGH", 1)
    assert not search.find(Thread.objects.all(), "timavlönade").read_all


def test_a_refused_tick_keeps_what_is_begun_in_the_box_of_the_answer(bo: GuardedClient, thread: Thread) -> None:
    page = reverse("messaging:thread", args=[thread.pk])
    bo.post(page, {"text": "Mitt påbörjade svar", "spara": "utkast"})
    shown = tick(bo, thread, 1, "x" * 10_001).content.decode()
    assert "Mitt påbörjade svar</textarea>" in shown


def test_the_same_form_sent_twice_is_one_batch(cast: Cast) -> None:
    nonce = uuid4()
    assert send(cast, nonce=nonce) == send(cast, nonce=nonce)
    assert (Thread.objects.count(), Question.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"questions": []},
        {"questions": [" "]},
        {"questions": ["Fråga"] * (MOST_QUESTIONS + 1)},
        {"units": []},
        {"subject": "Om 811218-9876"},
        {"text": ""},
        {"category": "x"},
    ],
)
def test_what_is_wrong_sends_nothing_to_anybody(cast: Cast, change: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        send(cast, **change)
    assert not QuestionBatch.objects.exists()


def test_only_skr_sends_and_only_those_who_may_answer(cast: Cast) -> None:
    for person in (cast.bo, cast.system):
        with pytest.raises(NotAllowed):
            send(cast, by=person, nonce=UUID(int=3))


@pytest.mark.django_db(transaction=True)
def test_two_who_tick_the_same_question_at_once_are_told_apart(cast: Cast) -> None:
    thread = send(cast).threads.get()
    start, outcomes = threading.Barrier(2), []

    def press(person: Any) -> None:
        try:
            start.wait()
            services.tick_question(thread=thread, number=1, answer=str(person), by=person, at=timezone.now())
            outcomes.append("avbockad")
        except AlreadyTicked:
            outcomes.append("för sent")
        finally:
            connection.close()

    both = [threading.Thread(target=press, args=(person,)) for person in (cast.anna, cast.bo)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(outcomes) == ["avbockad", "för sent"]
