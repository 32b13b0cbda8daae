"""Sessions: how they begin, age and end (SES), and where a sign-in leads (WEB-07)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import Traveller

from accounts import retention
from accounts.models import Session, SignUpJourney, User
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, events
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db


def is_in(client: Client) -> bool:
    """Whether the session still opens pages."""
    return client.get("/inlamning/").status_code == 200


@pytest.mark.asvs("7.1.1", "7.3.1", "7.3.2")
@pytest.mark.parametrize(("who", "seconds", "stays"), [("active", 29 * 60 + 59, True), ("active", 30 * 60 + 1, False),
                                                       ("staff", 14 * 60 + 59, True), ("staff", 15 * 60 + 1, False)])  # fmt: skip
def test_ses_01_and_03_an_idle_session_ends(
    client: Client, active: Person, staff: Person, clock: Traveller, who: str, seconds: int, stays: bool
) -> None:
    person = {"active": active, "staff": staff}[who]
    page = {"active": "/inlamning/", "staff": "/admin/"}[who]
    people.sign_in(client, person)
    clock.shift(seconds)
    response = client.get(page)
    assert (response.status_code == 200) is stays
    if not stays:
        assert response.headers["Location"].startswith("/?besked=utloggad&next=")
        assert "har därför loggats ut" in client.get(response.headers["Location"]).content.decode()
        assert not Session.objects.filter(user=person.user).exists()
        assert events("account:session:ended") == 1


@pytest.mark.asvs("7.1.1", "7.3.1", "7.3.2")
@pytest.mark.parametrize(("who", "hours"), [("active", 8), ("staff", 4)])
def test_ses_02_and_03_an_active_session_ends_in_the_end(
    client: Client, active: Person, staff: Person, clock: Traveller, who: str, hours: int
) -> None:
    people.sign_in(client, {"active": active, "staff": staff}[who])
    page = {"active": "/inlamning/", "staff": "/admin/"}[who]
    for _ in range(hours * 6):
        assert client.get(page).status_code == 200
        clock.shift(600)
    clock.shift(1)
    assert client.get(page).status_code == 302


def test_the_idle_stamp_moves_at_most_once_a_minute(client: Client, active: Person, clock: Traveller) -> None:
    people.sign_in(client, active)

    def stamp() -> object:
        return Session.objects.get(user=active.user).last_seen_at

    first = stamp()
    clock.shift(59)
    client.get("/inlamning/")
    assert stamp() == first
    clock.shift(1)
    client.get("/inlamning/")
    assert stamp() == timezone.now()


@pytest.mark.asvs("7.4.1", "7.4.4", "14.3.1")
def test_ses_04_signing_out(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/konto/logga-ut/").status_code == 405
    assert is_in(client)
    response = client.post("/konto/logga-ut/")
    assert response.headers["Location"] == "/"
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(pk=key).exists()
    assert not is_in(client)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_in(client)
    assert GuardedClient().post("/konto/logga-ut/").headers["Location"] == "/"


@pytest.mark.asvs("7.4.2", "7.4.3")
def test_ses_05_a_new_epoch_or_suspension_ends_the_session(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    user = active.user
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])
    assert not is_in(client)


@pytest.mark.asvs("7.1.2")
def test_ses_07_the_fourth_session_ends_the_oldest(active: Person, clock: Traveller) -> None:
    clients = [GuardedClient() for _ in range(4)]
    for client in clients:
        people.sign_in(client, active)
        clock.shift(31)
    assert [is_in(client) for client in clients] == [False, True, True, True]
    assert len(people.mails(ACTIVE, "accounts/session_ended")) == 1


@pytest.mark.asvs("7.1.2")
def test_ses_07_staff_have_one(staff: Person, clock: Traveller) -> None:
    first, second = GuardedClient(), GuardedClient()
    people.sign_in(first, staff)
    clock.shift(31)
    people.sign_in(second, staff)
    assert first.get("/admin/").status_code == 302
    assert second.get("/admin/").status_code == 200


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.4")
def test_ses_08_every_cookie_is_bound_to_the_host(client: Client, active: Person) -> None:
    client.get("/konto/")
    people.sign_in(client, active)
    sites = {"__Host-session": "Lax", "__Host-csrf": "Strict", "__Host-device": "Strict"}
    assert set(client.cookies) == set(sites)
    for name, morsel in client.cookies.items():
        assert (morsel["secure"], morsel["httponly"], morsel["path"], morsel["domain"]) == (True, True, "/", "")
        assert morsel["samesite"] == sites[name]
    assert client.cookies["__Host-device"]["max-age"] == 180 * 86400


@pytest.mark.asvs("7.2.1", "7.2.2", "7.2.3")
def test_ses_09_an_invented_key_is_not_adopted(client: Client, invited: Person) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    people.ask_for_code(client, INVITED)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32
    assert not Session.objects.filter(pk="a" * 32).exists()


@pytest.mark.asvs("1.1.1", "1.2.2", "3.7.2")
@pytest.mark.parametrize(
    "target", ["//e", "/\\e", "https:e", "\t//e", "javascript:alert(1)", "%2f%2fe", "admin:login", "start", ""]
)
def test_web_07_only_listed_names_are_followed(client: Client, active: Person, target: str) -> None:
    page = client.get("/", {"next": target}).content.decode()
    assert 'name="next"' not in page
    client.post("/", {"email": active.email, "password": active.password, "next": target})
    assert client.post("/konto/logga-in/", {"token": active.phone.code()}).headers["Location"] == "/"


@pytest.mark.asvs("3.7.2")
def test_web_07_the_page_asked_for_is_where_the_sign_in_leads(client: Client, active: Person) -> None:
    address = client.get("/meddelanden/").headers["Location"]
    assert address == "/?next=messaging%3Aoverview"
    assert 'name="next" value="messaging:overview"' in client.get(address).content.decode()
    client.post("/", {"email": active.email, "password": active.password, "next": "messaging:overview"})
    assert client.post("/konto/logga-in/", {"token": active.phone.code()}).headers["Location"] == "/meddelanden/"


def test_a_fragment_asked_for_by_htmx_leads_the_whole_page_to_the_sign_in(client: Client) -> None:
    response = client.get("/inlamning/", headers={"hx-request": "true"})
    assert response.headers["HX-Redirect"] == "/?next=submissions%3Aoverview"


def test_a_new_browser_is_told_of_and_a_known_one_is_not(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    client.post("/konto/logga-ut/")
    people.sign_in(client, active, ahead=1)
    assert len(people.mails(ACTIVE, "accounts/new_browser")) == 1
    assert events("account:sign_in:new_client") == 1


def test_what_is_not_kept_is_deleted(client: Client, invited: Person, active: Person, clock: Traveller) -> None:
    people.ask_for_code(client, INVITED)
    people.sign_in(GuardedClient(), active)
    clock.shift(timedelta(hours=23))
    counts = retention.tidy(at=timezone.now())
    assert (counts["journeys"], counts["counters"], counts["sessions"]) == (0, 0, 2)
    clock.shift(timedelta(hours=2))
    counts = retention.tidy(at=timezone.now())
    assert counts["journeys"] == 1
    assert counts["counters"] > 0
    assert not SignUpJourney.objects.exists()
    clock.shift(timedelta(days=90))
    assert retention.tidy(at=timezone.now())["origins"] > 0


def test_a_page_asks_once_for_the_session_and_whose_it_is(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/profil/").status_code == 200
    assert sum('FROM "accounts_session"' in query["sql"] for query in asked.captured_queries) == 1
    assert not any('FROM "accounts_user"' in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("change", [{"is_active": False}, {"session_epoch": 7}, {"password": "!"}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_closed_account_or_another_epoch_ends_the_session_at_once(
    client: Client, active: Person, change: dict[str, object], method: str
) -> None:
    people.sign_in(client, active)
    assert is_in(client)
    User.objects.filter(pk=active.user.pk).update(**change)
    answer = getattr(client, method)("/inlamning/")
    assert answer.status_code == 302
    assert answer.headers["Location"].partition("?")[0] == "/"
