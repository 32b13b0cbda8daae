"""Meddelanden through its pages: a matter from the first question to done, who may read and write, and what the mail says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import AuditEvent
from messaging import services
from messaging.models import Message, ReadMark, Thread
from profiles.models import Membership
from tests.cast import Cast, give_role, make_unit, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

SECRET = "Personen 811218-9876 är tjänstledig <b>sedan</b> maj."


def url(name: str, *args: object) -> str:
    return reverse(f"messaging:{name}", args=args)


def asked(**changes: Any) -> dict[str, Any]:
    form = {"unit": "0488", "category": "file", "subject": "Fråga om rad 17", "text": SECRET, "nonce": str(uuid4())}
    return {**form, **changes}


@pytest.fixture
def bo(client: GuardedClient, cast: Cast) -> GuardedClient:
    return sign_in(client, cast.bo)  # type: ignore[return-value]


@pytest.fixture
def hanna(cast: Cast) -> GuardedClient:
    return sign_in(GuardedClient(), cast.officer)  # type: ignore[return-value]


def start(client: GuardedClient, **changes: Any) -> Thread:
    response = client.post(url("new"), asked(**changes))
    assert response.status_code == 302, response.content.decode()
    return Thread.objects.order_by("-pk").first()  # type: ignore[return-value]


def answer(client: GuardedClient, thread: Thread, text: str = "Tack, det är rätt.") -> Any:
    return client.post(url("thread", thread.pk), {"text": text, "nonce": str(uuid4())}, follow=True)


def badge_in_menu(client: GuardedClient) -> int:
    found = re.search(r'badge--count"><span aria-hidden="true">(\d+)', client.get(url("new")).content.decode())
    return int(found[1]) if found else 0


def test_a_matter_from_question_to_done(bo: GuardedClient, hanna: GuardedClient, cast: Cast, clock: Any):
    thread = start(bo)
    assert thread.status == Thread.Status.WAITING_SKR
    assert "Väntar på SKR" in bo.get(url("overview")).content.decode()

    assert badge_in_menu(hanna) == 1
    assert "Väntar på SKR" in hanna.get(url("overview")).content.decode()
    clock.shift(timedelta(minutes=5))
    page = answer(hanna, thread).content.decode()
    assert "Väntar på enheten" in page
    assert "&lt;b&gt;sedan&lt;/b&gt;" in page
    assert badge_in_menu(hanna) == 0

    assert badge_in_menu(bo) == 1
    listed = bo.get(url("overview")).content.decode()
    assert "is-unread" in listed
    assert "Väntar på er" in listed
    page = bo.get(url("thread", thread.pk)).content.decode()
    assert "Hanna Handläggare, SKR" in page
    assert "Tack, det är rätt." in page
    assert badge_in_menu(bo) == 0
    assert "is-unread" not in bo.get(url("overview")).content.decode()

    assert "Ärendet är markerat som klart." in bo.post(url("close", thread.pk), follow=True).content.decode()
    thread.refresh_from_db()
    assert thread.status == Thread.Status.DONE
    assert "Skriver du ett svar öppnas det igen" in bo.get(url("thread", thread.pk)).content.decode()
    clock.shift(timedelta(minutes=5))
    answer(bo, thread, "En sak till.")
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_SKR
    codes = AuditEvent.objects.filter(code__regex="^(thread|message):").order_by("pk").values_list("code", flat=True)
    assert list(codes) == ["thread:opened", "message:sent", "thread:closed", "message:sent"]


def test_one_side_sees_that_the_other_has_read(bo: GuardedClient, hanna: GuardedClient):
    thread = start(bo)
    assert "Läst av" not in bo.get(url("thread", thread.pk)).content.decode()
    hanna.get(url("thread", thread.pk))
    assert "Läst av SKR" in bo.get(url("thread", thread.pk)).content.decode()


def test_reading_again_writes_nothing(bo: GuardedClient, hanna: GuardedClient):
    thread = start(bo)
    hanna.get(url("thread", thread.pk))
    with CaptureQueriesContext(connection) as captured:
        hanna.get(url("thread", thread.pk))
    assert not [q for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert ReadMark.objects.filter(thread=thread).count() == 2


def test_the_text_is_sealed_and_bound_to_its_thread(bo: GuardedClient):
    first, second = start(bo), start(bo)
    message = Message.objects.get(thread=first)
    assert b"811218" not in bytes(message.body_sealed)
    message.thread = second
    with pytest.raises(Exception, match="message"):
        services.read_text(message)


def test_a_text_that_cannot_be_read_leaves_the_rest_of_the_matter(bo: GuardedClient, hanna: GuardedClient):
    thread = start(bo, text="Första meddelandet.")
    answer(hanna, thread, "Andra meddelandet.")
    Message.objects.filter(pk=thread.messages.earliest("pk").pk).update(body_sealed=b"skadat")
    for page in (bo.get(url("thread", thread.pk)), hanna.get(reverse("admin:messaging_thread_change", args=[thread.pk]))):
        text = page.content.decode()
        assert services.UNREADABLE in text
        assert "Andra meddelandet." in text


def test_news_of_a_matter_that_one_may_not_read_any_more_are_not_asked_for_again(bo: GuardedClient, cast: Cast):
    thread = start(bo)
    news = url("news", thread.pk)
    assert bo.get(news, headers={"hx-request": "true"}).status_code == 200
    Membership.objects.filter(user=cast.bo).update(ended_at=timezone.now(), ended_by=cast.anna)
    assert bo.get(news, headers={"hx-request": "true"}).status_code == 286
    assert bo.get(news).status_code == 404


# Mail


def test_the_mail_holds_nothing_of_the_message(bo: GuardedClient, hanna: GuardedClient, cast: Cast):
    answer(hanna, start(bo))
    assert {mail.recipient for mail in sent_mails()} == {cast.officer.email, cast.anna.email, cast.bo.email}
    for mail in sent_mails():
        assert mail.subject == "Du har ett nytt meddelande i Personalstatistik"
        assert "https://testserver/\n" in mail.body
        for word in ("Trosa", "rad 17", "811218", "Tack", "Bo Ask", "Hanna", "meddelanden/"):
            assert word not in mail.body


def test_one_mail_per_person_until_she_has_read(bo: GuardedClient, hanna: GuardedClient, cast: Cast, clock: Any):
    thread = start(bo)
    for text in ("Ett.", "Två.", "Tre."):
        clock.shift(timedelta(minutes=1))
        answer(hanna, thread, text)
    assert len(sent_mails(cast.bo.email)) == len(sent_mails(cast.anna.email)) == 1
    bo.get(url("thread", thread.pk))
    clock.shift(timedelta(minutes=1))
    answer(hanna, thread, "Fyra.")
    assert len(sent_mails(cast.bo.email)) == 2
    assert len(sent_mails(cast.anna.email)) == 1
    clock.shift(timedelta(minutes=1))
    eva = make_user("eva@trosa.example", "Eva")
    give_role(eva, cast.trosa, Membership.Role.SUBMITTER)
    clock.shift(timedelta(minutes=1))
    answer(hanna, thread, "Fem.")
    assert len(sent_mails(eva.email)) == 1
    assert not sent_mails(cast.cia.email)


def test_skr_s_writer_is_told_of_the_answer_and_the_others_are_left_alone(
    bo: GuardedClient, hanna: GuardedClient, cast: Cast, clock: Any
):
    other = make_user("helge@skr.example", "Helge", staff_role="officer")
    thread = start(bo)
    assert len(sent_mails(cast.officer.email)) == len(sent_mails(other.email)) == 1
    clock.shift(timedelta(minutes=1))
    answer(hanna, thread)
    clock.shift(timedelta(minutes=1))
    answer(bo, thread, "Ett.")
    answer(bo, thread, "Två.")
    assert len(sent_mails(cast.officer.email)) == 2
    assert len(sent_mails(other.email)) == 1
    assert not sent_mails(cast.coordinator.email)


def test_a_message_that_is_rolled_back_sends_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("avbrott")

    monkeypatch.setattr(audit, "record", broken)
    form = asked(nonce=uuid4(), unit=cast.trosa)
    with pytest.raises(RuntimeError):
        services.start_thread(**form, by=cast.bo, at=timezone.now())
    assert not Thread.objects.exists()
    assert not sent_mails()


# The same form twice


def test_the_same_form_posted_twice_is_one_matter_and_one_mail(bo: GuardedClient, cast: Cast):
    form = asked()
    first, second = bo.post(url("new"), form), bo.post(url("new"), form)
    assert first.headers["Location"] == second.headers["Location"]
    assert (Thread.objects.count(), Message.objects.count(), len(sent_mails())) == (1, 1, 1)


def test_the_same_answer_posted_twice_is_one_message(bo: GuardedClient):
    thread = start(bo)
    form = {"text": "Hej igen", "nonce": str(uuid4())}
    assert [bo.post(url("thread", thread.pk), form).status_code for _ in range(2)] == [302, 302]
    assert Message.objects.filter(thread=thread).count() == 2


def test_the_same_form_filled_in_anew_loses_nothing(bo: GuardedClient):
    """Back in the browser, other words, send: the form still carries its old nonce."""
    form = asked()
    first = bo.post(url("new"), form).headers["Location"]
    second = bo.post(url("new"), {**form, "text": "Något helt annat"}).headers["Location"]
    assert first != second
    answer = {"text": "Hej igen", "nonce": str(uuid4())}
    for text in ("Hej igen", "Och en sak till"):
        page = bo.post(first, {**answer, "text": text}, follow=True)
        assert text in page.content.decode()


def test_the_same_form_for_another_unit_reaches_that_unit(hanna: GuardedClient, cast: Cast):
    """Back in the browser, another unit, the same words: nothing may be told as sent that was not."""
    form = asked(unit="0488")
    first = hanna.post(url("new"), form).headers["Location"]
    assert hanna.post(url("new"), {**form, "unit": "0999"}).headers["Location"] != first
    assert list(Thread.objects.order_by("pk").values_list("unit__code", flat=True)) == ["0488", "0999"]
    answer = {"text": form["text"], "nonce": str(uuid4())}
    hanna.post(first, answer)
    assert hanna.post(url("new"), {**form, **answer}).headers["Location"] != first
    assert Thread.objects.count() == 3


def test_who_got_the_matter_after_a_message_is_told_of_the_next(bo: GuardedClient, cast: Cast, clock: Any):
    thread = start(bo)
    clock.shift(timedelta(minutes=1))
    values: dict[str, Any] = {"thread": thread, "to": cast.coordinator, "before": None}
    services.assign(**values, by=cast.officer, at=timezone.now())
    clock.shift(timedelta(minutes=1))
    for text in ("Ett.", "Två."):
        answer(bo, thread, text)
        clock.shift(timedelta(minutes=1))
    assert len(sent_mails(cast.coordinator.email)) == 1


def test_a_nonce_of_somebody_else_s_gives_nothing_away(cast: Cast, bo: GuardedClient):
    start(bo)
    nonce = Message.objects.get().nonce
    dans = sign_in(GuardedClient(), cast.dan)
    response = dans.post(url("new"), asked(unit="0999", nonce=str(nonce)))
    assert response.status_code == 200
    assert "Ladda om sidan och försök igen" in response.content.decode()
    assert Thread.objects.count() == 1


# What is wrong


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"unit": ""}, "Välj en enhet."),
        ({"unit": "0999"}, "Välj en enhet i listan."),
        ({"category": ""}, "Välj vad det gäller."),
        ({"category": "lunch"}, "Välj vad det gäller i listan."),
        ({"subject": " "}, "Skriv ett ämne."),
        ({"subject": "x" * 101}, "högst 100 tecken"),
        ({"subject": "Om 811218-9876"}, "personnummer"),
        ({"subject": "Om 19811218 9876"}, "personnummer"),
        ({"text": " \n "}, "Skriv ett meddelande."),
        ({"text": "x" * 10_001}, "för långt"),
        ({"text": "a\x00b"}, "null"),
        ({"nonce": ""}, "Ladda om sidan"),
        ({"nonce": "abc"}, "Ladda om sidan"),
    ],
)
def test_a_message_that_is_wrong_is_told_where_it_stands(bo: GuardedClient, cast: Cast, form: dict[str, str], sentence: str):
    give_role(cast.bo, make_unit("0400", "Region Södermanland", "region"), Membership.Role.SUBMITTER)
    response = bo.post(url("new"), asked(**form))
    assert response.status_code == 200
    assert sentence.lower() in response.content.decode().lower()
    assert not Thread.objects.exists()


def test_an_answer_that_is_wrong_keeps_the_conversation(bo: GuardedClient):
    thread = start(bo)
    html = answer(bo, thread, " ").content.decode()
    assert "Skriv ett meddelande." in html
    assert "tjänstledig" in html


@pytest.mark.asvs("2.1.2", "2.2.2", "2.2.3", "8.2.3", "15.3.3")
def test_beh_05_other_fields_in_the_form_are_ignored(bo: GuardedClient, cast: Cast):
    start(bo, status="done", created_by=str(cast.dan.pk), is_from_staff="1", year="1999", id="7")
    thread, message = Thread.objects.get(), Message.objects.get()
    assert (thread.status, thread.created_by, thread.year) == ("waiting_skr", cast.bo, None)
    assert (message.is_from_staff, message.author) == (False, cast.bo)


def test_a_link_may_choose_unit_and_category(bo: GuardedClient, cast: Cast):
    give_role(cast.bo, make_unit("0400", "Region Södermanland", "region"), Membership.Role.SUBMITTER)
    html = bo.get(url("new"), {"enhet": "0400", "galler": "deferral"}).content.decode()
    assert re.search(r'value="0400" selected', html)
    assert re.search(r'value="deferral"[^>]* checked', html)
    assert bo.get(url("new"), {"enhet": "0999", "galler": "x"}).status_code == 200


# Who may


@pytest.mark.asvs("8.2.2")
def test_beh_07_another_unit_s_matter_is_not_found(bo: GuardedClient, cast: Cast):
    thread = start(bo)
    dans = sign_in(GuardedClient(), cast.dan)
    assert dans.get(url("thread", thread.pk)).status_code == 404
    assert answer(dans, thread).status_code == 404
    assert dans.post(url("close", thread.pk)).status_code == 404
    assert "rad 17" not in dans.get(url("overview")).content.decode()
    assert Message.objects.count() == 1


@pytest.mark.asvs("8.1.2", "8.2.1", "8.3.1")
@pytest.mark.parametrize(("who", "get", "post"), [("cia", 200, 403), ("system", 404, 404)])
def test_beh_09_who_reads_but_does_not_write(bo: GuardedClient, cast: Cast, who: str, get: int, post: int):
    thread = start(bo)
    reader = sign_in(GuardedClient(), getattr(cast, who))
    assert reader.get(url("thread", thread.pk)).status_code == get
    assert answer(reader, thread).status_code == post
    assert reader.post(url("close", thread.pk)).status_code == post
    assert reader.post(url("new"), asked()).status_code == 403
    assert reader.get(url("new")).status_code == 403
    assert "Skriv ett meddelande</a>" not in reader.get(url("overview")).content.decode()
    assert Message.objects.count() == 1


def test_a_reader_is_told_why_she_cannot_answer(bo: GuardedClient, cast: Cast):
    thread = start(bo)
    html = sign_in(GuardedClient(), cast.cia).get(url("thread", thread.pk)).content.decode()
    assert "Du är Läsare i Trosa kommun" in html
    assert "<textarea" not in html


def test_skr_starts_a_matter_with_any_unit(hanna: GuardedClient, cast: Cast):
    thread = start(hanna, category="other", subject="Saknar fil")
    assert thread.status == Thread.Status.WAITING_UNIT
    assert {mail.recipient for mail in sent_mails()} == {cast.anna.email, cast.bo.email}


def test_the_services_hold_the_rules_whoever_calls(cast: Cast):
    values: dict[str, Any] = {"unit": cast.trosa, "category": "file", "subject": "Fråga", "text": "Hej", "at": timezone.now()}
    for who in (cast.cia, cast.dan, cast.system):
        with pytest.raises(NotAllowed):
            services.start_thread(**values, by=who, nonce=uuid4())
    for change in ({"category": "x"}, {"subject": ""}, {"subject": "811218-9876"}, {"text": ""}, {"text": "x" * 10_001}):
        with pytest.raises(NotAllowed):
            services.start_thread(**{**values, **change}, by=cast.bo, nonce=UUID(int=1))


# Lists


def test_the_unread_come_first_then_the_latest(bo: GuardedClient, cast: Cast, clock: Any):
    old = services.start_thread(**asked(unit=cast.trosa, subject="Oläst", nonce=uuid4()), by=cast.officer, at=timezone.now())
    clock.shift(timedelta(minutes=1))
    start(bo, subject="Egen")
    clock.shift(timedelta(minutes=1))
    start(bo, subject="Senast")
    html = bo.get(url("overview")).content.decode()
    places = [html.index(subject) for subject in ("Oläst</a>", "Senast", "Egen")]
    assert places == sorted(places)
    bo.get(url("thread", old.pk))
    html = bo.get(url("overview")).content.decode()
    places = [html.index(subject) for subject in ("Senast", "Egen", "Oläst</a>")]
    assert places == sorted(places)


def test_lists_take_equal_queries_for_few_and_many_and_are_paged(bo: GuardedClient, cast: Cast):
    def count(address: str) -> int:
        bo.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert bo.get(address).status_code == 200
        return len(captured)

    thread = start(bo)
    services.reply(thread=thread, text="Svar", by=cast.officer, at=timezone.now(), nonce=uuid4())
    few = count(url("overview")), count(url("thread", thread.pk))
    for number in range(29):
        form = asked(unit=cast.trosa, subject=f"Ärende {number}", nonce=uuid4())
        services.start_thread(**form, by=cast.officer, at=timezone.now())
        services.reply(thread=thread, text=f"Svar {number}", by=cast.officer, at=timezone.now(), nonce=uuid4())
    assert (count(url("overview")), count(url("thread", thread.pk))) == few
    html = bo.get(url("overview"), {"sida": "2"}).content.decode()
    assert "26–30 av 30" in html
    assert bo.get(url("overview"), {"sida": "x"}).status_code == 200
