"""What was written when the session ended is kept for a day, and only for the one who wrote it."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.utils import timezone
from time_machine import Traveller

from accounts import device_cookie, drafts, limits, retention
from accounts.models import Draft, Session, User
from messaging.models import Message, Thread
from tests import addresses, cast, people
from tests.accounts.conftest import events
from tests.client import GuardedClient
from tests.scene import Scene
from tests.test_access import OPEN_TO_ALL, ROUTES, expected

pytestmark = pytest.mark.django_db

TEXT = "Hej!\n\nLönearten 4711 är <ny> & gäller Bo & Co."
NEW = "/meddelanden/nytt/"
DRAFTS = "/konto/utkast/"


@pytest.fixture
def anna(scene: Scene) -> GuardedClient:
    """Anna's browser, with the device cookie of her sign-in."""
    return browser_of(scene.cast.anna)


def browser_of(user: User) -> GuardedClient:
    """A person's browser, signed in; it knows whose it is also afterwards."""
    client = GuardedClient()
    cast.sign_in(client, user)
    client.cookies["__Host-device"] = device_cookie_of(user)
    return client


def device_cookie_of(user: User) -> str:
    """The cookie that a complete sign-in leaves."""
    response = HttpResponse()
    device_cookie.write(response, user)
    return str(response.cookies["__Host-device"].value)


def message(text: str = TEXT, subject: str = "Fråga om lönearter", **more: str) -> dict[str, str]:
    """The form of a new matter."""
    return {"unit": "0488", "category": "file", "subject": subject, "text": text, "nonce": str(uuid4()), **more}


def posted_too_late(client: GuardedClient, clock: Traveller, path: str = NEW, **form: str) -> HttpResponse:
    """Send a form half an hour and a second after the last sign of life."""
    clock.shift(1801)
    return client.post(path, form or message())


def hidden_fields(page: str) -> dict[str, str]:
    """The fields of the first "Skicka nu"."""
    form = re.search(r'<form method="post" action="/(?:meddelanden|inlamning|profil)[^"]*">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[1])
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def test_a_message_that_came_too_late_is_kept_and_sent_from_there(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    before = Message.objects.count()
    answer = posted_too_late(anna, clock)
    assert answer.headers["Location"] == "/?besked=sparat"
    assert "Vi har kvar texten" in anna.get(answer.headers["Location"]).content.decode()
    assert Message.objects.count() == before
    cast.sign_in(anna, scene.cast.anna)
    page = anna.get(DRAFTS).content.decode()
    assert "Det här hann inte sparas" in page
    assert "Nytt ärende till SKR" in page
    assert "Lönearten 4711 är &lt;ny&gt; &amp; gäller Bo &amp; Co." in page
    fields = hidden_fields(page)
    assert fields["text"].splitlines() == TEXT.splitlines()
    assert (fields["unit"], fields["category"]) == ("0488", "file")
    assert anna.post(NEW, fields).status_code == 302
    assert Thread.objects.latest("pk").subject == "Fråga om lönearter"
    assert not Draft.objects.exists()
    assert "Inget väntar på att sparas" in anna.get(DRAFTS).content.decode()


def test_the_next_sign_in_leads_to_what_was_not_saved(clock: Traveller, client: GuardedClient, scene: Scene) -> None:
    bo = people.made_person("bo.ek@trosa.example")
    cast.give_role(bo.user, scene.trosa.unit, cast.Role.SUBMITTER)
    people.sign_in(client, bo)
    posted_too_late(client, clock)
    assert people.sign_in(client, bo).headers["Location"] == DRAFTS
    client.post(DRAFTS, {"discard": str(Draft.objects.get().pk)})
    client.post("/konto/logga-ut/")
    clock.shift(31)
    assert people.sign_in(client, bo).headers["Location"] == "/"


def test_it_is_thrown_away_on_request(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    cast.sign_in(anna, scene.cast.anna)
    assert anna.post(DRAFTS, {"discard": str(Draft.objects.get().pk)}).headers["Location"] == DRAFTS
    assert not Draft.objects.exists()
    assert (events("account:draft:kept"), events("account:draft:discarded")) == (1, 1)
    for forged in ("", "0", "-1", "å", "9" * 40, "1; drop"):
        assert anna.post(DRAFTS, {"discard": forged}).headers["Location"] == DRAFTS


def test_nobody_else_reads_or_throws_it_away(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    draft = Draft.objects.get()
    for other in (scene.cast.bo, scene.cast.dan, scene.cast.coordinator):
        theirs = browser_of(other)
        assert "Lönearten" not in theirs.get(DRAFTS).content.decode()
        theirs.post(DRAFTS, {"discard": str(draft.pk)})
    assert Draft.objects.get() == draft


def test_it_is_sealed_and_belongs_to_its_owner_and_page(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    draft = Draft.objects.get()
    assert "Lönearten".encode() not in bytes(draft.values_sealed)
    Draft.objects.filter(pk=draft.pk).update(user=scene.cast.bo)
    assert "Lönearten" not in browser_of(scene.cast.bo).get(DRAFTS).content.decode()


def test_it_is_kept_for_a_day(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    clock.shift(24 * 3600 - 1)
    cast.sign_in(anna, scene.cast.anna)
    assert "Lönearten" in anna.get(DRAFTS).content.decode()
    clock.shift(1)
    assert "Lönearten" not in anna.get(DRAFTS).content.decode()


def test_the_last_version_of_a_page_is_the_one_that_is_kept(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    anna.post(NEW, message("Andra försöket"))
    assert Draft.objects.count() == 1
    cast.sign_in(anna, scene.cast.anna)
    assert "Andra försöket" in anna.get(DRAFTS).content.decode()


# Whose it is ---------------------------------------------------------------------------------------------------------


def test_also_where_the_session_was_pushed_out_or_ended_elsewhere(anna: GuardedClient, scene: Scene) -> None:
    Session.objects.all().delete()
    assert anna.post(NEW, message()).headers["Location"] == "/?besked=sparat"
    assert Draft.objects.get().user == scene.cast.anna


def test_also_when_the_whole_day_is_over(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    for _ in range(24):
        clock.shift(20 * 60)
        anna.get("/profil/")
    clock.shift(1)
    assert anna.post(NEW, message()).headers["Location"] == "/?besked=sparat"


def test_not_from_a_browser_that_nobody_signed_in_from(scene: Scene) -> None:
    assert GuardedClient().post(NEW, message()).headers["Location"] == "/"
    forged = GuardedClient()
    forged.cookies["__Host-device"] = f"{scene.cast.anna.pk}.0:forged:forged"
    assert forged.post(NEW, message()).headers["Location"] == "/"
    assert not Draft.objects.exists()


def test_not_after_a_change_of_credentials_or_a_suspension(anna: GuardedClient, scene: Scene) -> None:
    Session.objects.all().delete()
    User.objects.filter(pk=scene.cast.anna.pk).update(session_epoch=7)
    assert anna.post(NEW, message()).headers["Location"] == "/"
    User.objects.filter(pk=scene.cast.anna.pk).update(session_epoch=0, is_active=False)
    assert anna.post(NEW, message()).headers["Location"] == "/"
    assert not Draft.objects.exists()


def test_not_without_the_forms_token(scene: Scene, clock: Traveller) -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    cast.sign_in(client, scene.cast.anna)
    clock.shift(1801)
    assert client.post(NEW, message()).status_code == 403
    assert not Draft.objects.exists()


def stale(client: GuardedClient, **headers: str) -> HttpResponse:
    """A form of a page that was opened before the last sign-in, so that its token is an old one."""
    return client.post(NEW, {**message(), "csrfmiddlewaretoken": "a" * 64}, headers=headers)


def test_a_form_from_before_a_new_sign_in_is_kept(scene: Scene) -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    cast.sign_in(client, scene.cast.anna)
    answer = stale(client, sec_fetch_site="same-origin")
    assert (answer.status_code, answer.headers["Location"]) == (302, DRAFTS)
    assert hidden_fields(client.get(DRAFTS).content.decode())["text"].splitlines() == TEXT.splitlines()


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_not_where_the_browser_does_not_say_that_our_own_page_sent_it(scene: Scene, site: str) -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    cast.sign_in(client, scene.cast.anna)
    answer = stale(client, sec_fetch_site=site)
    assert answer.status_code == 403
    assert "Sidan var för gammal" in answer.content.decode()
    assert not Draft.objects.exists()


def test_a_stale_form_of_somebody_who_is_not_signed_in_is_not_kept(scene: Scene) -> None:
    client = GuardedClient(enforce_csrf_checks=True)
    assert stale(client, sec_fetch_site="same-origin").status_code == 403
    assert not Draft.objects.exists()


# What is kept --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{"text": "", "subject": " "}, {"nonce": "x"}, {"text": "x" * 60_000}])
def test_what_is_empty_or_huge_is_not_kept(anna: GuardedClient, clock: Traveller, form: dict[str, str]) -> None:
    assert posted_too_late(anna, clock, **form).headers["Location"] == "/?besked=utloggad"
    assert not Draft.objects.exists()


def test_a_form_that_is_not_listed_is_not_kept(anna: GuardedClient, clock: Traveller) -> None:
    page = "/konto/inloggning/losenord/"
    assert posted_too_late(anna, clock, page, current="Xk7#qpLm2v", text="x").headers["Location"] == "/?besked=utloggad"
    assert not Draft.objects.exists()


def test_no_password_code_or_token_is_ever_kept(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    secret = dict.fromkeys(("password", "new_password", "confirmation", "token", "code", "recovery_code"), "hemligt-värde")
    posted_too_late(anna, clock, NEW, **message(), csrfmiddlewaretoken="x" * 64, **secret)
    cast.sign_in(anna, scene.cast.anna)
    page = anna.get(DRAFTS).content.decode()
    assert "hemligt-värde" not in page
    assert set(hidden_fields(page)) == {"unit", "category", "subject", "text", "nonce"}


def test_a_persons_drafts_are_twenty_at_most(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    clock.shift(1801)
    for number in range(limits.DRAFTS_PER_USER + 3):
        anna.post(f"/meddelanden/{number}/", {"text": f"Svar {number}"})
        clock.shift(1)
    kept = set(Draft.objects.values_list("path", flat=True))
    assert len(kept) == limits.DRAFTS_PER_USER
    assert "/meddelanden/0/" not in kept


def test_a_draft_that_is_refused_stays(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    row = addresses.address(ROUTES["submissions:correct"], scene.trosa)
    clock.shift(1801)
    anna.post(row, {"version": "99", "revision": "1", "value": "A"})
    cast.sign_in(anna, scene.cast.anna)
    fields = hidden_fields(anna.get(DRAFTS).content.decode())
    assert anna.post(row, fields).status_code == 302
    assert Draft.objects.count() == 1
    assert anna.post(NEW, message()).status_code == 302
    assert Draft.objects.count() == 1


def test_a_personnummer_is_masked_where_it_is_shown(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    row = addresses.address(ROUTES["submissions:correct"], scene.trosa)
    clock.shift(1801)
    anna.post(row, {"version": "1", "revision": "1", "value": "8113189876"})  # a month that is none, still somebody's slip
    anna.post(NEW, message("Gäller 811218-9876."))
    cast.sign_in(anna, scene.cast.anna)
    shown = re.findall(r'<span class="as-written">(.*?)</span>', anna.get(DRAFTS).content.decode())
    assert "811318-****" in shown
    assert "Gäller 811218-****." in shown


def test_a_form_that_met_the_step_up_is_kept_too(anna: GuardedClient, scene: Scene, clock: Traveller) -> None:
    clock.shift(601)
    form = {"email": "ny.kollega@trosa.example", "name": "Ny Kollega", "role": "reader"}
    assert anna.post("/profil/0488/bjud-in/", form).headers["Location"] == "/konto/bekrafta/"
    assert anna.session["step_up_return"] == DRAFTS
    assert "ny.kollega@trosa.example" in anna.get(DRAFTS).content.decode()
    assert anna.post("/profil/0488/bjud-in/", form).headers["Location"] == "/konto/bekrafta/"
    assert Draft.objects.count() == 1


def test_every_listed_form_exists_and_shows_fields_of_its_own(scene: Scene) -> None:
    assert set(drafts.KEPT) <= set(ROUTES)
    for route, form in drafts.KEPT.items():
        path = addresses.address(ROUTES[route], scene.trosa)
        assert len(path) <= drafts.PATH_LENGTH
        assert form.shown
        kwargs = dict.fromkeys(ROUTES[route].parameters, "1")
        assert "{" not in form.what.format(**kwargs)


@pytest.mark.parametrize("name", ["anna", "officer", "coordinator", "statistician", "system"])
def test_every_form_with_a_text_in_it_is_listed(scene: Scene, name: str) -> None:
    """Whoever writes more than a word must not lose it: each <textarea> of each page belongs to a form that is kept.

    A form that is read without a session (422 in the table of open pages) outlives every session and loses nothing.
    """
    client, unlisted, seen = browser_of(getattr(scene.cast, name)), [], 0
    client.may_write = frozenset({"messaging_readmark"})
    for route in ROUTES.values():
        if expected(route, "GET", name) != 200 or OPEN_TO_ALL.get(route.name, {}).get("POST") == 422:
            continue
        address = addresses.address(route, scene.trosa)
        answer = client.get(address)
        for form in re.findall(r"<form[^>]*>.*?</form>", "" if answer.streaming else answer.content.decode(), re.DOTALL):
            if "<textarea" not in form:
                continue
            seen += 1
            action = re.match(r'<form[^>]*action="([^"]+)"', form)
            if drafts._form_of(action[1] if action else address) is None:
                unlisted.append(action[1] if action else address)
    assert unlisted == []
    assert seen or name == "system"


def test_what_was_kept_is_deleted_after_a_day(anna: GuardedClient, clock: Traveller) -> None:
    posted_too_late(anna, clock)
    assert retention.tidy(at=timezone.now())["drafts"] == 0
    clock.shift(24 * 3600)
    assert retention.tidy(at=timezone.now())["drafts"] == 1
