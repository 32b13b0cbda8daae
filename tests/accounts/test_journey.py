"""The journey: no step is skipped, no stale tab counts, and nothing is half done (STEG)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import Traveller

from accounts import journey as journey_rules
from accounts.access import NEXT_ROUTES
from accounts.models import Draft, Invitation, NoticeText, SignUpJourney, TotpDevice, User
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, STATES, VALUES, credentials, events, journeys, next_step, walk_to
from tests.client import GuardedClient
from tests.guards.database import WRITE
from tests.people import Person

pytestmark = pytest.mark.django_db

START_OVER = "Steget är inte längre aktuellt. Börja om."
PAGES = (
    "kod",
    "verifierad",
    "nuvarande-losenord",
    "qr",
    "engangskod",
    "kontroll",
    "kontroll/aterstallningskod",
    "losenord",
)
OWN = {
    "code": {"kod"},
    "verified": {"verifierad"},
    "current_password": {"nuvarande-losenord"},
    "enrol": {"qr", "engangskod"},
    "challenge": {"kontroll", "kontroll/aterstallningskod"},
    "new_password": {"losenord"},
}
HOME = {
    "code": "kod",
    "verified": "verifierad",
    "current_password": "nuvarande-losenord",
    "enrol": "qr",
    "challenge": "kontroll",
    "new_password": "losenord",
}


def is_refused(client: Client, address: str, journey_id: str, **values: str) -> bool:
    """Post a step; whether it leads to the start with its sentence."""
    response = client.post(address, {"journey": journey_id, **(values or VALUES)})
    if response.headers.get("Location") != "/konto/?besked=borja-om":
        return False
    return START_OVER in client.get(response.headers["Location"]).content.decode()


@pytest.mark.asvs("2.2.2", "2.3.1")
@pytest.mark.parametrize(
    ("person", "state"),
    [
        ("invited", "none"),
        ("invited", "done"),
        *dict.fromkeys((who, state) for who, state, _ in STATES if who == "invited" or state not in {"code", "verified"}),
    ],
    indirect=["person"],
)
@pytest.mark.parametrize("page", PAGES)
def test_steg_01_a_page_out_of_turn_leads_home_and_its_post_is_refused(
    client: Client, person: Person, state: str, page: str
) -> None:
    if state == "done":
        people.sign_up(client, person)
        client.post("/konto/logga-ut/")
    elif state != "none":
        walk_to(client, person, state)
    if page in OWN.get(state, set()):
        return
    live = journeys(person.email)
    home = f"/konto/{HOME[state]}/" if state in HOME else "/konto/"
    assert client.get(f"/konto/{page}/").headers["Location"] == home
    assert client.head(f"/konto/{page}/").headers["Location"] == home

    before = credentials(person.email), SignUpJourney.objects.order_by("pk").values_list("pk", "state", "totp_failures")[::1]
    rejected, written = events("account:journey:rejected"), []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if match := WRITE.match(str(sql)):
            written.append(match[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        refused = client.post(f"/konto/{page}/", {"journey": live[-1].pk if live else "x", **VALUES})
    assert refused.headers["Location"] == "/konto/?besked=borja-om"
    assert set(written) <= {"accounts_auditevent", "accounts_auditorigin"}
    assert events("account:journey:rejected") == rejected + 1
    assert before == (
        credentials(person.email),
        SignUpJourney.objects.order_by("pk").values_list("pk", "state", "totp_failures")[::1],
    )
    assert client.get("/konto/").status_code == 200


@pytest.mark.asvs("2.2.2", "2.3.1")
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_steg_01_other_methods_are_refused(client: Client, invited: Person, method: str) -> None:
    walk_to(client, invited, "code")
    for page in PAGES:
        assert getattr(client, method)(f"/konto/{page}/").status_code == 405


@pytest.mark.parametrize(("person", "state", "page"), STATES, indirect=["person"])
def test_steg_03_an_old_journey_is_over(client: Client, person: Person, clock: Traveller, state: str, page: str) -> None:
    walk_to(client, person, state)
    live = journeys(person.email)[-1].pk
    before = credentials(person.email)
    clock.shift((61 if state == "code" else 31) * 60)
    assert is_refused(client, f"/konto/{page}/", live)
    assert client.get(f"/konto/{page}/").headers["Location"] == "/konto/"
    assert credentials(person.email) == before


def test_steg_04_a_restart_in_another_tab_makes_the_first_tab_stale(client: Client, invited: Person, clock: Traveller) -> None:
    walk_to(client, invited, "enrol")
    first, phone = journeys(INVITED)[-1].pk, people.Phone(people.key_on_page(client.get("/konto/qr/")))
    clock.shift(61)
    people.ask_for_code(client, INVITED)
    assert is_refused(client, "/konto/engangskod/", first, token=phone.code())
    assert journeys(INVITED)[-1].state == "code"
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(INVITED))
    assert client.get("/konto/verifierad/").status_code == 200


def test_steg_06_a_reloaded_qr_page_shows_the_same_secret_and_a_new_journey_another(
    client: Client, invited: Person, clock: Traveller
) -> None:
    walk_to(client, invited, "enrol")
    first = people.key_on_page(client.get("/konto/qr/"))
    assert people.key_on_page(client.get("/konto/qr/")) == first
    clock.shift(61)
    walk_to(client, invited, "enrol")
    assert people.key_on_page(client.get("/konto/qr/")) != first


def test_steg_07_closed_after_the_one_time_code_nothing_is_left(client: Client, invited: Person) -> None:
    walk_to(client, invited, "new_password")
    assert not TotpDevice.objects.exists()
    assert not invited.user.has_usable_password()
    assert Invitation.objects.get().accepted_at is None
    later = GuardedClient()
    walk_to(later, invited, "enrol")
    assert people.key_on_page(later.get("/konto/qr/")) != invited.phone.secret


def session_key(client: Client) -> str:
    """The session's cookie."""
    return client.cookies["__Host-session"].value if "__Host-session" in client.cookies else ""


@pytest.mark.asvs("7.2.4")
def test_steg_08_each_proof_brings_a_new_session_key_and_the_old_one_is_dead(client: Client, invited: Person) -> None:
    keys = []
    people.ask_for_code(client, INVITED)
    keys.append(session_key(client))
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(INVITED))
    keys.append(session_key(client))
    people.post_step(client, "/konto/verifierad/")
    invited.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    people.post_step(client, "/konto/engangskod/", token=invited.phone.code())
    keys.append(session_key(client))
    people.post_step(client, "/konto/losenord/", password=invited.password, confirmation=invited.password)
    keys.append(session_key(client))
    client.post("/konto/logga-ut/")
    assert len(set(keys)) == 4
    for key in keys:
        thief = GuardedClient()
        thief.cookies["__Host-session"] = key
        assert thief.get("/konto/losenord/").headers["Location"] == "/konto/"
        assert thief.get("/inlamning/").headers["Location"] == "/?next=submissions%3Aoverview"


@pytest.mark.asvs("7.2.4")
def test_steg_08_so_do_the_password_and_the_new_phone_of_a_recovery_case(client: Client, phoneless: Person) -> None:
    keys = []
    people.ask_for_code(client, phoneless.email)
    for state in ("code", "current_password", "enrol"):
        while journeys(phoneless.email)[-1].state != state:
            next_step(client, phoneless, journeys(phoneless.email)[-1])
        keys.append(session_key(client))
    assert next_step(client, phoneless, journeys(phoneless.email)[-1]).headers["Location"] == "/"
    assert len({*keys, session_key(client)}) == 4
    for key in keys:
        thief = GuardedClient()
        thief.cookies["__Host-session"] = key
        assert thief.get("/konto/qr/").headers["Location"] == "/konto/"


@pytest.mark.asvs("7.2.4")
def test_steg_09_a_planted_cookie_is_worth_nothing_once_the_code_is_verified(client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    attacker = GuardedClient()
    attacker.cookies["__Host-session"] = session_key(client)
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(INVITED))
    for page in PAGES:
        assert attacker.get(f"/konto/{page}/").headers["Location"] == "/konto/"


@pytest.mark.asvs("11.5.1")
def test_steg_10_a_foreign_journey_id_is_refused(client: Client, other_client: Client, invited: Person, active: Person) -> None:
    walk_to(client, invited, "verified")
    walk_to(other_client, active, "verified")
    assert is_refused(other_client, "/konto/verifierad/", journeys(INVITED)[-1].pk)
    assert [walk.state for walk in journeys(INVITED) + journeys(ACTIVE)] == ["verified", "verified"]


@pytest.mark.asvs("3.5.3")
def test_steg_11_reading_writes_nothing(client: Client, request: pytest.FixtureRequest) -> None:
    # the guarded client refuses every write on GET and HEAD but the session's stamp
    for number, (name, state) in enumerate(dict.fromkeys((name, state) for name, state, _ in STATES)):
        visitor = GuardedClient(REMOTE_ADDR=f"192.0.2.{number}")
        walk_to(visitor, request.getfixturevalue(name), state)
        for page in ("", *(f"{page}/" for page in PAGES)):
            visitor.get(f"/konto/{page}")
            visitor.head(f"/konto/{page}")
    assert client.get("/konto/").cookies.get("__Host-session") is None


def test_steg_12_a_signed_in_person_is_asked_to_sign_out(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    assert "Du är redan inloggad" in client.get("/konto/").content.decode()
    assert client.post("/konto/", {"email": INVITED}).headers["Location"] == "/konto/"
    assert not SignUpJourney.objects.exists()


def test_steg_13_until_the_notice_is_accepted_every_page_leads_to_it(client: Client) -> None:
    person = people.made_person(ACTIVE, has_accepted=False)
    people.sign_in(client, person)
    for address in ("/", "/konto/", "/handbok/", "/integritet/", "/profil/uppgifter/"):
        assert client.get(address).headers["Location"] == "/konto/integritet/", address
    for route in NEXT_ROUTES:
        page = client.get(reverse(route)).headers["Location"]
        assert page == f"/konto/integritet/?next={route}"
        assert f'name="next" value="{route}"' in client.get(page).content.decode()
    assert client.post("/inlamning/").headers["Location"] == "/konto/integritet/"
    assert client.post("/konto/integritet/").headers["Location"] == "/"
    user = person.user
    assert (user.notice_version, user.notice_accepted_at) == (1, timezone.now())
    assert client.get("/").status_code == 200
    at = timezone.now()
    NoticeText.objects.create(
        version=2,
        state="published",
        body="Ny text.",
        what_changed="Allt.",
        publishes_on=at.date(),
        publishes_at=at,
        changed_at=at,
    )
    assert client.get("/").headers["Location"] == "/konto/integritet/"


def test_steg_13_a_staff_member_s_admin_waits_too(client: Client) -> None:
    person = people.made_person("hanna@skr.example", staff_role="officer", has_accepted=False)
    people.sign_in(client, person)
    assert client.get("/admin/").headers["Location"] == "/konto/integritet/?next=admin:index"


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("deferrals:overview", "/uppskov/"),
        ("", "/"),
        ("accounts:security", "/"),
        ("https://ond.example/", "/"),
        ("//ond.example", "/"),
    ],
)
def test_after_the_notice_one_comes_to_the_page_one_asked_for(client: Client, asked: str, led_to: str) -> None:
    person = people.made_person("cia.ny@trosa.example", has_accepted=False)
    people.sign_in(client, person)
    assert client.post("/konto/integritet/", {"next": asked}).headers["Location"] == led_to


def test_after_the_notice_one_comes_to_what_was_not_saved(client: Client) -> None:
    person = people.made_person("cia.ny@trosa.example", has_accepted=False)
    people.sign_in(client, person)
    Draft.objects.create(user=person.user, path="/meddelanden/nytt/", values_sealed=b"x", created_at=timezone.now())
    assert client.post("/konto/integritet/", {"next": "deferrals:overview"}).headers["Location"] == "/konto/utkast/"


def test_a_sealed_secret_that_does_not_open_starts_over_without_a_fault(client: Client, invited: Person) -> None:
    walk_to(client, invited, "enrol")
    SignUpJourney.objects.update(secret_sealed=b"\x01" + b"0" * 60)
    assert is_refused(client, "/konto/engangskod/", journeys(INVITED)[-1].pk, token="000000")
    assert client.get("/konto/qr/").headers["Location"] == "/konto/?besked=borja-om"


@pytest.mark.asvs("6.4.3", "6.4.4")
@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ("invitation", "enrol"),
        ("", ""),
        ("device password", "reset"),
        ("device password invitation", "reset"),
        ("device password totp", "reset"),
        ("device password staff", ""),
        ("password invitation", ""),
        ("password totp", "reenrol"),
        ("password totp invitation", "reenrol"),
        ("device password both", "enrol"),
        ("password both", "enrol"),
        ("device password both staff", "enrol"),
        ("totp", ""),
        ("invitation staff", "enrol"),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_the_branch_is_chosen_by_what_the_user_has(has: str, expected: str, active: bool) -> None:
    user = User(email="x@y.se", is_active=active, staff_role="officer" if "staff" in has else "")
    user.set_password("hemligt") if "password" in has else user.set_unusable_password()
    case = next((kind for kind in ("totp", "both") if kind in has), "")
    standing = journey_rules.Standing(user, "device" in has, "invitation" in has, case)
    assert journey_rules.branch(standing) == (expected if active else "")


def test_an_address_without_a_user_leads_nowhere() -> None:
    assert journey_rules.branch(journey_rules.Standing(None, False, False)) == ""


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        ("invited", {"verified": "3 av 7", "enrol": "4 av 7", "new_password": "6 av 7"}),
        ("active", {"verified": "3 av 5", "challenge": "4 av 5", "new_password": "5 av 5"}),
        ("phoneless", {"verified": "3 av 6", "current_password": "4 av 6", "enrol": "5 av 6"}),
        ("factorless", {"verified": "3 av 6", "enrol": "4 av 6", "new_password": "6 av 6"}),
    ],
    indirect=["person"],
)
def test_each_page_tells_which_step_of_how_many_it_is(client: Client, person: Person, shown: dict[str, str]) -> None:
    for state, words in shown.items():
        browser = GuardedClient(REMOTE_ADDR=f"192.0.2.{len(state)}")
        walk_to(browser, person, state)
        assert f"Steg {words}" in browser.get(f"/konto/{HOME[state]}/").content.decode()
        if state == "enrol":
            number, of, total = words.split()
            assert f"Steg {int(number) + 1} {of} {total}" in browser.get("/konto/engangskod/").content.decode()
        if state == "challenge":
            assert f"Steg {words}" in browser.get("/konto/kontroll/aterstallningskod/").content.decode()
