"""Alarms of the whole portal: what is spread over many addresses is noticed too, and slowed down (KOD-14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import alarms, limits, tasks
from accounts.models import AuditEvent, EmailCode, RateLimit
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, UNKNOWN, events, jobs, journeys, masked, statements
from tests.client import GuardedClient
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("2.4.1", "6.3.1", "6.6.3")]

WAIT = "Vänta 20 sekunder och tryck sedan på knappen igen."


def opened_in(response: HttpResponse) -> str:
    """The signed time that the page's form carries."""
    found = re.search(r'name="opened" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


def raise_alarm(kind: alarms.Kind = alarms.Kind.WRONG_CODES) -> None:
    """As much as is too much."""
    with mock.patch.dict(alarms.LIMITS, {kind: (1, alarms.LIMITS[kind][1])}):
        alarms.count(kind, at=timezone.now())
        alarms.count(kind, at=timezone.now())


def test_kod_14_two_hundred_wrong_codes_over_many_addresses_raise_the_alarm_once_an_hour(clock: Traveller) -> None:
    people.made_person("sam@skr.example", staff_role="coordinator")
    people.made_person("hanna@skr.example", staff_role="officer")
    clock.shift(60)
    for number in range(41):
        client = GuardedClient(REMOTE_ADDR=f"192.0.2.{number}")
        people.ask_for_code(client, f"person{number}@kommun{number}.se")
        for _ in range(5):
            people.post_step(client, "/konto/kod/", code="x00000")
    assert events("account:code:wrong") >= 200
    (job,) = jobs("tell_of_alarm")
    event = AuditEvent.objects.get(code="operation:alarm")
    assert (event.object, event.result) == ("felaktiga verifieringskoder", "fler än 200 på 60 minuter")
    tasks.tell_of_alarm(**job)
    (letter,) = people.mails("sam@skr.example", "accounts/alarm")
    assert "fler än 200 på 60 minuter" in letter.body
    assert people.mails("hanna@skr.example", "accounts/alarm") == []
    assert WAIT in people.ask_for_code(GuardedClient(), UNKNOWN).content.decode()


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        (alarms.Kind.SENDS, lambda client: people.ask_for_code(client, UNKNOWN)),
        (alarms.Kind.FAILED_SIGN_INS, lambda client: client.post("/", {"email": UNKNOWN, "password": "fel"})),
    ],
)
def test_kod_14_so_do_codes_asked_for_and_failed_sign_ins(kind: alarms.Kind, act: Callable[[Client], HttpResponse]) -> None:
    with mock.patch.dict(alarms.LIMITS, {kind: (2, alarms.LIMITS[kind][1])}):
        for _ in range(2):
            act(GuardedClient())
        assert events("operation:alarm") == 0
        act(GuardedClient())
        assert AuditEvent.objects.get(code="operation:alarm").object == kind
        raise_alarm(kind)
    assert events("operation:alarm") == 1


def test_the_limits_are_those_of_the_security_note() -> None:
    seen = {kind.name: (count, window.total_seconds()) for kind, (count, window) in alarms.LIMITS.items()}
    assert seen == {"SENDS": (1_000, 3600), "WRONG_CODES": (200, 3600), "FAILED_SIGN_INS": (1_000, 300)}


def test_kod_14_an_alarm_lasts_an_hour_and_is_raised_anew_while_it_goes_on(clock: Traveller) -> None:
    raise_alarm()
    clock.shift(3599)
    assert alarms.is_raised(timezone.now())
    clock.shift(2)
    assert not alarms.is_raised(timezone.now())
    raise_alarm()
    assert events("operation:alarm") == 2


def test_kod_14_the_address_waits_twenty_seconds_and_goes_through(client: Client, invited: Person, clock: Traveller) -> None:
    raise_alarm()
    page = client.get("/konto/")
    answer = client.post("/konto/", {"email": INVITED, "opened": opened_in(page)})
    assert WAIT in answer.content.decode()
    assert not EmailCode.objects.exists()
    clock.shift(21)
    again = client.post("/konto/", {"email": INVITED, "opened": opened_in(answer)})  # the page that said wait
    assert again.headers["Location"] == "/konto/kod/"


def test_kod_14_the_code_waits_and_nothing_is_counted(client: Client, invited: Person, clock: Traveller) -> None:
    people.ask_for_code(client, INVITED)
    code, walk = people.code_in_mail(INVITED), journeys(INVITED)[-1].pk
    raise_alarm()
    page = client.get("/konto/kod/")
    for values in ({"code": code}, {"code": "x00000"}, {"again": "1"}):
        for opened in ({"opened": opened_in(page)}, {"opened": "form:1abcde:falskt"}, {}):
            answer = client.post("/konto/kod/", {"journey": walk, **values, **opened})
            assert WAIT in answer.content.decode()
    assert EmailCode.objects.get().attempts == 0
    clock.shift(61)
    assert client.post("/konto/kod/", {"journey": walk, "code": code, "opened": opened_in(page)}).headers["Location"] == (
        "/konto/verifierad/"
    )


def test_kod_14_the_sign_in_waits_and_nothing_is_counted(client: Client, active: Person, clock: Traveller) -> None:
    raise_alarm()
    before = RateLimit.objects.count()
    page = client.get("/")
    values = {"email": ACTIVE, "password": active.password}
    for opened in (opened_in(page), opened_in(page) + "x", ""):
        assert WAIT in client.post("/", {**values, "opened": opened}).content.decode()
    assert RateLimit.objects.count() == before
    assert events("account:sign_in:failed") == 0
    clock.shift(21)
    assert client.post("/", {**values, "opened": opened_in(page)}).headers["Location"] == "/konto/logga-in/"


def test_kod_14_a_time_that_was_signed_for_something_else_is_none(client: Client) -> None:
    raise_alarm()
    forged = alarms.TimestampSigner(salt="accounts.device").sign("form")
    assert WAIT in client.post("/konto/", {"email": UNKNOWN, "opened": forged}).content.decode()
    assert alarms.form_time(forged) != forged


def test_kod_14_known_and_unknown_wait_alike(invited: Person, active: Person) -> None:
    raise_alarm()
    pages, ran_ = set(), set()
    for email in (INVITED, ACTIVE, UNKNOWN):
        with statements() as ran:
            sent = GuardedClient().post("/konto/", {"email": email})
            entered = GuardedClient().post("/", {"email": email, "password": "Fel7#katt!Moln"})
        pages.add(str([masked(answer, email) for answer in (sent, entered)]))
        ran_.add("\n".join(ran))
    assert len(pages) == len(ran_) == 1


def test_without_an_alarm_nobody_waits(client: Client, invited: Person) -> None:
    page = client.get("/konto/")
    assert client.post("/konto/", {"email": INVITED, "opened": opened_in(page)}).headers["Location"] == "/konto/kod/"
    assert limits.ALARM_FORM_AGE.total_seconds() == 20
