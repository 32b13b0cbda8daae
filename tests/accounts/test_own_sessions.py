"""Where one is signed in, what has happened with the account, and the clock that pages ask (SES-01, SES-06)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import Traveller

from accounts import audit, audit_words, own_events
from accounts.models import AuditOrigin, Session
from tests import people
from tests.accounts.conftest import events
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db

PAGE, TIME = "/konto/inloggning/", "/konto/session/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def her(client: GuardedClient, active: Person) -> GuardedClient:
    """Bo's browser, signed in."""
    people.sign_in(client, active)
    return client


@pytest.fixture
def firefox(her: GuardedClient, active: Person, clock: Traveller) -> GuardedClient:
    """Bo's other browser."""
    clock.shift(31)
    other = GuardedClient(headers={"user-agent": FIREFOX})
    people.sign_in(other, active)
    return other


def is_in(client: GuardedClient) -> bool:
    """Whether the session opens pages."""
    return client.get("/inlamning/").status_code == 200


def references(page: str) -> list[str]:
    """What names the other sessions in the page's forms."""
    return re.findall(r'name="session" value="([0-9a-f]+)"', page)


# The list ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.5.2")
def test_ses_06_own_sessions_are_listed_with_time_and_browser(her: GuardedClient, firefox: GuardedClient) -> None:
    page = her.get(PAGE).content.decode()
    assert "Firefox på Windows" in page
    assert page.count("Den här") == 1
    assert page.index("Den här") < page.index("Firefox på Windows")
    assert "16\N{NO-BREAK SPACE}nov 2026 kl.\N{NO-BREAK SPACE}09.00" in page
    assert len(references(page)) == 1
    assert firefox.cookies["__Host-session"].value not in page


@pytest.mark.asvs("7.5.2")
def test_ses_06_one_of_the_others_is_ended(her: GuardedClient, firefox: GuardedClient) -> None:
    (reference,) = references(her.get(PAGE).content.decode())
    assert her.post(f"{PAGE}avsluta/", {"session": reference}).headers["Location"] == PAGE
    assert "Inloggningen i Firefox på Windows är avslutad." in her.get(PAGE).content.decode()
    assert is_in(her)
    assert not is_in(firefox)
    assert events("account:session:ended") == 1
    her.post(f"{PAGE}avsluta/", {"session": reference})
    assert events("account:session:ended") == 1


@pytest.mark.asvs("7.5.2", "7.4.2")
def test_ses_06_all_others_are_ended(her: GuardedClient, firefox: GuardedClient, active: Person, clock: Traveller) -> None:
    clock.shift(31)
    third = GuardedClient()
    people.sign_in(third, active)
    assert her.post(f"{PAGE}avsluta-andra/").headers["Location"] == PAGE
    assert [is_in(client) for client in (her, firefox, third)] == [True, False, False]
    assert events("account:session:all_ended") == 1


@pytest.mark.asvs("7.5.2")
@pytest.mark.parametrize("verb", ["avsluta", "avsluta-andra"])
def test_ses_06_ending_sessions_asks_for_both_factors(
    her: GuardedClient, firefox: GuardedClient, clock: Traveller, verb: str
) -> None:
    (reference,) = references(her.get(PAGE).content.decode())
    clock.shift(601)
    assert her.post(f"{PAGE}{verb}/", {"session": reference}).headers["Location"] == "/konto/bekrafta/"
    assert is_in(firefox)


def test_ses_06_nobody_ends_anothers_session(her: GuardedClient, firefox: GuardedClient) -> None:
    (reference,) = references(her.get(PAGE).content.decode())
    eva = people.made_person("eva@ystad.se")
    hers = GuardedClient()
    people.sign_in(hers, eva)
    assert references(hers.get(PAGE).content.decode()) == []
    for forged in (reference, her.cookies["__Host-session"].value, "å", "", "1" * 10_000):
        assert hers.post(f"{PAGE}avsluta/", {"session": forged}).headers["Location"] == PAGE
    assert is_in(firefox)
    assert is_in(her)


def test_ses_06_a_session_that_has_run_out_is_not_listed(her: GuardedClient, firefox: GuardedClient, clock: Traveller) -> None:
    clock.shift(29 * 60)
    is_in(her)
    clock.shift(2 * 60)
    assert "Firefox på Windows" not in her.get(PAGE).content.decode().partition('id="handelser"')[0]


# Own events ----------------------------------------------------------------------------------------------------------


def test_own_events_tell_of_ones_own_sign_ins_and_nobody_elses(her: GuardedClient, active: Person) -> None:
    eva = people.made_person("eva@ystad.se")
    audit.record("account:email:changed", by=eva.user, subject=eva.user)
    GuardedClient(headers={"user-agent": FIREFOX}).post("/", {"email": active.email, "password": "Fel7#katt!Moln"})
    page = her.get(PAGE).content.decode().partition('id="handelser"')[2]
    assert "Misslyckad inloggning" in page
    assert "Fel lösenord" in page
    assert "Firefox på Windows" in page
    assert "E-post ändrad" not in page


def test_own_events_reach_ninety_days_back_and_stand_on_pages(her: GuardedClient, active: Person, clock: Traveller) -> None:
    for number in range(25):
        audit.record("account:totp:wrong", subject=active.user, result="clock", at=timezone.now() + timedelta(seconds=number))
    first = her.get(PAGE).content.decode()
    assert first.count("Fel engångskod") == 20
    assert her.get(f"{PAGE}?sida=2").content.decode().count("Fel engångskod") == 5
    clock.shift(timedelta(days=91))
    assert own_events.of(active.user, at=timezone.now()).count() == 0


def test_own_events_say_everything_in_words(active: Person) -> None:
    assert [code for code in own_events.SHOWN if audit_words.words(code) == code] == []
    event = audit.record("account:session:ended", by=active.user, subject=active.user, result="idle")
    AuditOrigin.objects.all().delete()
    (line,) = own_events.in_words([event])
    assert (line.what, line.outcome, line.client, line.is_warning) == ("Utloggning", "Inte använd på en stund", "", False)


# Another browser -----------------------------------------------------------------------------------------------------


def test_a_session_that_turns_up_in_another_kind_of_browser_is_asked_for_both_factors(
    her: GuardedClient, active: Person, clock: Traveller
) -> None:
    thief = GuardedClient(headers={"user-agent": FIREFOX})
    thief.cookies["__Host-session"] = her.cookies["__Host-session"].value
    for address in ("/", "/profil/", PAGE, "/meddelanden/"):
        assert thief.get(address).headers["Location"] == "/konto/bekrafta/"
    assert thief.post("/profil/uppgifter/", {"name": "Tjuv"}).headers["Location"] == "/konto/bekrafta/"
    assert thief.get("/konto/bekrafta/").status_code == 200
    assert events("account:session:moved") == 1
    clock.shift(31)
    form = {"password": active.password, "token": active.phone.code()}
    assert thief.post("/konto/bekrafta/", form).headers["Location"] == "/meddelanden/"
    assert thief.get("/meddelanden/").status_code == 200


def test_the_same_browser_is_asked_nothing(her: GuardedClient, active: Person) -> None:
    assert is_in(her)
    assert events("account:session:moved") == 0


# The clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.1.1", "7.3.1")
def test_ses_01_only_asking_for_half_an_hour_does_not_keep_the_session(
    her: GuardedClient, active: Person, clock: Traveller
) -> None:
    for minute in range(31):
        left = her.get(TIME).json()["seconds"]
        assert left == max(0, (30 - minute) * 60)
        clock.shift(60)
    assert her.get(TIME).json() == {"seconds": 0, "extends": False}
    answer = her.get("/inlamning/")
    assert answer.headers["Location"] == "/?besked=utloggad&next=submissions%3Aoverview"
    assert "har därför loggats ut" in her.get(answer.headers["Location"]).content.decode()
    assert not Session.objects.filter(user=active.user).exists()


@pytest.mark.asvs("7.1.1", "7.3.1")
def test_ses_01_the_button_pressed_too_late_brings_nothing_back(her: GuardedClient, active: Person, clock: Traveller) -> None:
    clock.shift(1801)
    assert her.post(TIME).json() == {"seconds": 0, "extends": False}
    assert not Session.objects.filter(user=active.user).exists()


@pytest.mark.asvs("7.1.1", "7.3.1")
def test_ses_01_the_button_and_every_page_are_signs_of_life(her: GuardedClient, clock: Traveller) -> None:
    clock.shift(1700)
    assert her.get(TIME).json() == {"seconds": 100, "extends": True}
    assert her.post(TIME).json() == {"seconds": 1800, "extends": True}
    clock.shift(1700)
    assert is_in(her)
    assert her.get(TIME).json()["seconds"] == 1800


@pytest.mark.asvs("7.1.1", "7.3.2")
def test_ses_02_near_the_last_hour_the_button_does_not_help(her: GuardedClient, clock: Traveller) -> None:
    for _ in range(23):
        clock.shift(20 * 60)
        assert is_in(her)
    clock.shift(16 * 60)
    assert her.post(TIME).json() == {"seconds": 240, "extends": False}


def test_ses_03_skr_has_fifteen_minutes(client: GuardedClient, staff: Person) -> None:
    people.sign_in(client, staff)
    assert client.get(TIME).json() == {"seconds": 900, "extends": True}
    assert 'data-left="900"' in client.get("/admin/").content.decode()


def test_ses_01_every_page_of_somebody_signed_in_keeps_time(her: GuardedClient, clock: Traveller) -> None:
    page = her.get("/inlamning/", follow=True).content.decode()
    assert 'data-session="/konto/session/" data-left="1800" data-warn="300"' in page
    assert "data-session" not in GuardedClient().get("/").content.decode()


def test_a_visitor_who_asks_is_told_nothing(client: GuardedClient) -> None:
    assert client.get(TIME).json() == {"seconds": 0, "extends": False}
    assert client.post(TIME).json() == {"seconds": 0, "extends": False}
    assert not Session.objects.exists()
