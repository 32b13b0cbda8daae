"""What helps who writes and reads: drafts, news without reload, stale tabs, search, filters, and mail once a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import limits
from accounts.models import MailNotices, Session, User
from messaging import search, services, tasks
from messaging.models import Draft, Message, PendingNotice, Thread
from messaging.services.notices import send_digests
from tests.cast import Cast, give_role, make_unit, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def url(name: str, *args: object) -> str:
    return reverse(f"messaging:{name}", args=args)


def start(cast: Cast, by: User | None = None, **changes: Any) -> Thread:
    values: dict[str, Any] = {"unit": cast.trosa, "category": "file", "subject": "Fråga om filen", "text": "Hur gör vi?"}
    return services.start_thread(**{**values, **changes}, by=by or cast.bo, at=timezone.now(), nonce=uuid4())


def answer(cast: Cast, thread: Thread, by: User | None = None, text: str = "Tack, det är rätt.") -> Message:
    return services.reply(thread=thread, text=text, by=by or cast.officer, at=timezone.now(), nonce=uuid4())


@pytest.fixture
def bo(client: GuardedClient, cast: Cast) -> GuardedClient:
    return sign_in(client, cast.bo)  # type: ignore[return-value]


# Drafts --------------------------------------------------------------------------------------------------------------


def test_a_draft_waits_for_its_writer_alone_until_it_is_sent(bo: GuardedClient, cast: Cast) -> None:
    thread = start(cast, cast.officer)
    form = {"text": "Vi har kontrollerat 811218-9876", "nonce": str(uuid4())}
    told = bo.post(url("thread", thread.pk), {**form, "spara": "utkast"}, **HTMX).content.decode()
    assert "Utkast sparat kl. 09.00" in told
    assert b"811218" not in bytes(Draft.objects.get().values_sealed)
    assert f"{form['text']}</textarea>" in bo.get(url("thread", thread.pk)).content.decode()
    assert "Utkast</span>" in bo.get(url("overview")).content.decode()
    anna = sign_in(GuardedClient(), cast.anna)
    assert form["text"] not in anna.get(url("thread", thread.pk)).content.decode()
    bo.post(url("thread", thread.pk), form)
    assert not Draft.objects.exists()
    bo.post(url("thread", thread.pk), {**form, "spara": "utkast"}, **HTMX)  # saved by itself, and overtaken by the sending
    assert not Draft.objects.exists()


def test_without_javascript_the_button_saves_and_says_so(bo: GuardedClient, cast: Cast) -> None:
    form = {"unit": "0488", "category": "other", "subject": "Om lönerna", "text": "Vi undrar", "spara": "utkast"}
    page = bo.post(url("new"), form, follow=True).content.decode()
    assert "Det är inte skickat än." in page
    assert 'value="Om lönerna"' in page
    assert "Vi undrar</textarea>" in page
    assert not Thread.objects.exists()
    empty = bo.post(url("new"), {**form, "subject": "", "text": " "}, follow=True).content.decode()
    assert "Om lönerna" not in empty


def test_an_untouched_form_leaves_no_draft(bo: GuardedClient) -> None:
    page = bo.post(url("new"), {"unit": "0488", "spara": "utkast"}, follow=True).content.decode()
    assert "Utkastet är tomt" in page
    assert not Draft.objects.exists()


def test_a_draft_that_is_too_long_is_not_kept_and_not_lost(bo: GuardedClient, cast: Cast) -> None:
    thread, text = start(cast, cast.officer), "x" * 10_001
    response = bo.post(url("thread", thread.pk), {"text": text, "nonce": str(uuid4()), "spara": "utkast"})
    assert response.status_code == 422
    assert text in response.content.decode()
    told = bo.post(url("thread", thread.pk), {"text": text, "nonce": str(uuid4()), "spara": "utkast"}, **HTMX)
    assert "för lång" in told.content.decode()


def test_the_oldest_drafts_give_way(cast: Cast, clock: Any) -> None:
    for number in range(limits.MESSAGE_DRAFTS_PER_USER + 2):
        clock.shift(1)
        services.save_draft(place=f"new/{number}", values={"text": "x"}, by=cast.bo, at=timezone.now())
    places = set(Draft.objects.values_list("place", flat=True))
    assert len(places) == limits.MESSAGE_DRAFTS_PER_USER
    assert "new/0" not in places


# News ----------------------------------------------------------------------------------------------------------------


def test_news_come_without_marking_them_read_or_keeping_the_session_alive(bo: GuardedClient, cast: Cast, clock: Any) -> None:
    thread = start(cast)
    bo.get(url("thread", thread.pk))
    last = thread.messages.get().pk
    clock.shift(limits.IDLE_STAMP + timedelta(seconds=1))
    seen = Session.objects.get().last_seen_at
    assert bo.get(url("news", thread.pk), {"efter": last}, **HTMX).status_code == 204
    answer(cast, thread)
    news = bo.get(url("news", thread.pk), {"efter": last}, **HTMX).content.decode()
    assert "Tack, det är rätt." in news
    assert "Hur gör vi?" not in news
    assert "Väntar på er" in news
    assert f"efter={thread.messages.latest('pk').pk}" in news
    assert Session.objects.get().last_seen_at == seen
    assert Thread.objects.unread_by(cast.bo).count() == 1


def test_the_asking_stops_before_the_session_ends_and_when_it_has_ended(bo: GuardedClient, cast: Cast, clock: Any) -> None:
    thread = start(cast)
    bo.get(url("thread", thread.pk))
    clock.shift(limits.SESSION_IDLE - limits.SESSION_WARNING)
    assert bo.get(url("news", thread.pk), {"efter": 0}, **HTMX).status_code == 286
    Session.objects.all().delete()
    response = bo.get(url("news", thread.pk), {"efter": 0}, **HTMX)
    assert (response.status_code, response.headers.get("HX-Redirect")) == (286, None)


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "١"])
def test_a_strange_number_in_the_asking_is_taken_calmly(bo: GuardedClient, cast: Cast, after: str) -> None:
    assert bo.get(url("news", start(cast).pk), {"efter": after}).status_code in {200, 204}


def test_who_has_read_is_told_by_name_within_the_own_side(bo: GuardedClient, cast: Cast) -> None:
    thread = start(cast)
    for person in (cast.anna, cast.officer):
        sign_in(GuardedClient(), person).get(url("thread", thread.pk))
    page = bo.get(url("thread", thread.pk)).content.decode()
    assert "Läst av SKR, Anna Ek" in page


# Stale tabs ----------------------------------------------------------------------------------------------------------


def test_a_matter_is_not_closed_over_an_answer_that_was_not_seen(bo: GuardedClient, cast: Cast) -> None:
    thread = start(cast)
    seen = thread.messages.get().pk
    answer(cast, thread)
    page = bo.post(url("close", thread.pk), {"sett": seen}, follow=True).content.decode()
    assert "Det har kommit ett nytt meddelande sedan du öppnade ärendet" in page
    thread.refresh_from_db()
    assert thread.status == Thread.Status.WAITING_UNIT
    bo.post(url("close", thread.pk), {"sett": thread.messages.latest("pk").pk})
    thread.refresh_from_db()
    assert thread.status == Thread.Status.DONE


def test_who_answers_is_told_that_a_colleague_wrote_meanwhile(bo: GuardedClient, cast: Cast) -> None:
    thread = start(cast, cast.officer)
    seen = thread.messages.get().pk
    answer(cast, thread, cast.anna, "Jag svarar.")
    page = bo.post(
        url("thread", thread.pk), {"text": "Jag med.", "nonce": str(uuid4()), "sett": seen}, follow=True
    ).content.decode()
    assert "Medan du skrev kom ett meddelande från Anna Ek." in page
    assert thread.messages.count() == 3


# Search and filters --------------------------------------------------------------------------------------------------


@pytest.fixture
def matters(cast: Cast, clock: Any) -> dict[str, Thread]:
    """Three threads of two units."""
    other = make_unit("0400", "Region Södermanland", "region")
    give_role(cast.bo, other, "submitter")
    found = {
        "lön": start(cast, subject="Om lönerna", text="Beloppet i fält 25 är per timme"),
        "region": start(cast, cast.officer, unit=other, category="access", subject="Inloggning", text="Har ni bytt telefon?"),
        "sjuk": start(cast, subject="Sjukfrånvaro", text="Personen 811218-9876 är sjukskriven"),
    }
    clock.shift(1)  # an answer comes after what its reader has seen
    answer(cast, found["lön"], text="Räkna om till månadslön")
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("lönerna", {"lön"}),
        ("MÅNADSLÖN", {"lön"}),
        ("fält timme", {"lön"}),
        ("södermanland", {"region"}),
        ("behörighet", {"region"}),
        ("0400", {"region"}),
        ("hanna", {"lön", "region"}),
        ("811218-9876", {"sjuk"}),
        ("finns inte", set()),
    ],
)
def test_a_search_finds_what_is_said_although_it_is_sealed(
    bo: GuardedClient, matters: dict[str, Thread], query: str, names: set[str]
) -> None:
    page = bo.post(url("overview"), {"q": query}, follow=True).content.decode()
    assert {name for name, thread in matters.items() if thread.subject in page} == names
    if not names:
        assert "Inga ärenden passar" in page


def test_a_matter_is_found_by_its_number(bo: GuardedClient, matters: dict[str, Thread]) -> None:
    for query in (str(matters["sjuk"].pk), f"#{matters['sjuk'].pk}", f"Ärende {matters['sjuk'].pk}"):
        assert "Sjukfrånvaro" in bo.post(url("overview"), {"q": query}, follow=True).content.decode()


def test_a_personnummer_that_is_searched_for_never_stands_in_an_address(bo: GuardedClient, matters: dict[str, Thread]) -> None:
    answered = bo.post(url("overview"), {"q": "811218-9876"})
    assert answered.status_code == 200
    led = bo.post(url("overview"), {"q": "lönerna", "lage": "waiting_unit"})
    assert led.headers["Location"] == f"{url('overview')}?q=l%C3%B6nerna&lage=waiting_unit"
    by_hand = bo.get(url("overview"), {"q": "811218-9876"}).content.decode()
    assert "811218-9876" not in by_hand


def test_a_search_reaches_no_other_unit(matters: dict[str, Thread], cast: Cast) -> None:
    dan = sign_in(GuardedClient(), cast.dan)
    for query in ("lönerna", "timme", str(matters["lön"].pk)):
        assert "Om lönerna" not in dan.post(url("overview"), {"q": query}, follow=True).content.decode()


def test_a_search_says_how_far_back_it_has_read(
    bo: GuardedClient, matters: dict[str, Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "senaste meddelandena genomsökta" not in bo.get(url("overview"), {"q": "timme"}).content.decode()
    monkeypatch.setattr(search, "LOOKED_THROUGH", 1)
    page = bo.get(url("overview"), {"q": "timme"}).content.decode()
    assert "Om lönerna" not in page
    assert "1 senaste meddelandena genomsökta" in page


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"lage": "olasta"}, {"lön", "region"}),
        ({"lage": "waiting_skr"}, {"sjuk"}),
        ({"lage": "done"}, set()),
        ({"enhet": "0400"}, {"region"}),
        ({"enhet": "0480"}, {"lön", "region", "sjuk"}),
        ({"lage": "hittepå", "ar": "x", "sida": "99"}, {"lön", "region", "sjuk"}),
    ],
)
def test_the_list_is_filtered(bo: GuardedClient, matters: dict[str, Thread], asked: dict[str, str], names: set[str]) -> None:
    page = bo.get(url("overview"), asked).content.decode()
    assert {name for name, thread in matters.items() if thread.subject in page} == names


# Mail once a day -----------------------------------------------------------------------------------------------------


def test_who_wants_one_mail_a_day_gets_one_for_all_and_none_when_she_has_read(bo: GuardedClient, cast: Cast, clock: Any) -> None:
    User.objects.filter(pk__in=[cast.bo.pk, cast.anna.pk]).update(mail_notices=MailNotices.DAILY)
    first, second = start(cast, cast.officer), start(cast, cast.officer, subject="En sak till")
    assert not sent_mails(cast.bo.email)
    for thread in (first, second):
        sign_in(GuardedClient(), cast.anna).get(url("thread", thread.pk))
    clock.shift(timedelta(hours=20))
    tasks.send_digests(timestamp=0)
    (mail,) = sent_mails(cast.bo.email)
    assert mail.subject == "Du har olästa meddelanden i Personalstatistik"
    assert "2 ärenden" in mail.body
    for word in ("Fråga om filen", "Trosa", "Hur gör vi", "Hanna"):
        assert word not in mail.body
    assert not sent_mails(cast.anna.email)
    assert not PendingNotice.objects.exists()
    assert send_digests(at=timezone.now()) == 0


def test_who_wants_no_mail_is_left_alone_while_a_colleague_gets_it(cast: Cast) -> None:
    User.objects.filter(pk=cast.bo.pk).update(mail_notices=MailNotices.OFF)
    start(cast, cast.officer)
    assert not sent_mails(cast.bo.email)
    assert len(sent_mails(cast.anna.email)) == 1
    assert not PendingNotice.objects.exists()
