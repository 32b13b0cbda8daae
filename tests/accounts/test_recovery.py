"""A forgotten password: the mailbox alone gives nothing away (ATER)."""

from __future__ import annotations

import pytest
from django.test import Client
from time_machine import Traveller

from accounts.models import Session, SignUpJourney
from tests import people
from tests.accounts.conftest import ACTIVE, credentials, events, journeys
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db

NEW = "Ny7#katt!Moln"


@pytest.mark.asvs("6.4.3")
def test_ater_01_the_app_there_is_is_asked_for_and_never_replaced(client: Client, active: Person) -> None:
    before = credentials(ACTIVE)
    response = people.verify_address(client, active)
    assert response.headers["Location"] == "/konto/kontroll/"
    page = client.get("/konto/kontroll/").content.decode()
    assert "Engångskod" in page
    assert '<div class="qr"' not in page
    assert active.phone.secret not in page.replace(" ", "")
    assert client.get("/konto/qr/").headers["Location"] == "/konto/kontroll/"
    people.post_step(client, "/konto/kontroll/", token=active.phone.code())
    people.post_step(client, "/konto/losenord/", password=NEW, confirmation=NEW)
    assert credentials(ACTIVE)[2] == before[2]


@pytest.mark.asvs("6.3.6", "6.4.3")
def test_ater_02_a_mailbox_thief_changes_nothing_and_the_owner_is_told(client: Client, active: Person, clock: Traveller) -> None:
    owner = GuardedClient()
    people.sign_in(owner, active)
    clock.shift(61)
    before = credentials(ACTIVE)
    people.verify_address(client, active)
    journey = journeys(ACTIVE)[-1].pk
    for page in ("verifierad", "qr", "engangskod", "losenord"):
        client.post(f"/konto/{page}/", {"journey": journey, "password": NEW, "confirmation": NEW, "token": "000000"})
    near = {active.phone.code(ahead) for ahead in range(-20, 21)}
    wrong = next(code for code in (f"{number:06d}" for number in range(100)) if code not in near)
    locations = []
    for _ in range(5):
        locations.append(client.post("/konto/kontroll/", {"journey": journey, "token": wrong}).headers["Location"])
        clock.shift(20)
    assert locations[-1] == "/konto/?besked=for-manga-fel"
    assert SignUpJourney.objects.get(pk=journey).end_reason == "totp_failures"
    assert client.post("/konto/kontroll/", {"journey": journey, "token": active.phone.code()}).headers["Location"] == (
        "/konto/?besked=borja-om"
    )
    assert credentials(ACTIVE) == before
    assert owner.get("/").status_code == 200
    (letter,) = people.mails(ACTIVE, "accounts/totp_failures")
    assert "har tillgång till din e-post" in letter.body
    assert events("account:journey:aborted") == 1


@pytest.mark.asvs("6.3.7")
def test_ater_03_after_a_reset_the_old_is_dead(client: Client, active: Person, clock: Traveller) -> None:
    other = GuardedClient()
    people.sign_in(other, active)
    assert other.get("/").status_code == 200
    clock.shift(61)
    stale = GuardedClient()
    people.ask_for_code(stale, ACTIVE)
    people.verify_address(client, active)
    people.post_step(client, "/konto/kontroll/", token=active.phone.code())
    answer = people.post_step(client, "/konto/losenord/", password=NEW, confirmation=NEW)
    assert answer.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert other.get("/inlamning/").headers["Location"].startswith("/?")
    assert Session.objects.filter(user=active.user).count() == 1
    assert stale.get("/konto/kod/").headers["Location"] == "/konto/"
    assert "lösenordet är fel" in GuardedClient().post("/", {"email": ACTIVE, "password": active.password}).content.decode()
    assert len(people.mails(ACTIVE, "accounts/password_changed")) == 1
    client.post("/konto/logga-ut/")
    active.password = NEW
    assert people.sign_in(client, active, ahead=1).headers["Location"] == "/"


@pytest.mark.asvs("6.3.8")
def test_ater_10_a_staff_account_gets_the_same_page_and_a_mail_without_a_code(client: Client, staff: Person) -> None:
    assert people.ask_for_code(client, staff.email).headers["Location"] == "/konto/kod/"
    assert people.mails(staff.email, "accounts/code") == []
    (letter,) = people.mails(staff.email, "accounts/code_staff")
    assert letter.subject == "Kontot återställs av förvaltningen"
    assert not any(word.isdigit() and len(word) == 6 for word in letter.body.split())
    before = credentials(staff.email)
    assert people.post_step(client, "/konto/kod/", code="000000").headers["Location"] == "/konto/kod/?besked=fel"
    assert credentials(staff.email) == before
