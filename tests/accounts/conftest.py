"""People of the account tests, and ways to compare pages and statements."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import recovery, services
from accounts.models import AuditEvent, RecoveryCase, SignUpJourney, TotpDevice, User
from tests import people
from tests.client import GuardedClient
from tests.people import Person

INVITED, ACTIVE, UNKNOWN = "anna.berg@ystad.se", "bo.ek@ystad.se", "okand@ystad.se"
PHONELESS, FACTORLESS = "cia.alm@ystad.se", "disa.dahl@ystad.se"
OLD_PASSWORD = "Gul2#ekorre!Regn"
CASE = {"case_number": "2026-117", "identity_check": "Ringde växeln 0411-57 70 00 och talade med henne och hennes chef."}
DAY = 24 * 3600

VALUES = {
    "code": "000000",
    "token": "000000",
    "recovery_code": "AAAA-AAAA-AAAA-AAAA",
    "password": people.PASSWORD,
    "confirmation": people.PASSWORD,
}
# every state of every branch: who walks there, and the page whose post moves on
STATES = [
    ("invited", "code", "kod"),
    ("invited", "verified", "verifierad"),
    ("invited", "enrol", "engangskod"),
    ("invited", "new_password", "losenord"),
    ("active", "challenge", "kontroll"),
    ("active", "challenge", "kontroll/aterstallningskod"),
    ("active", "new_password", "losenord"),
    ("phoneless", "code", "kod"),
    ("phoneless", "verified", "verifierad"),
    ("phoneless", "current_password", "nuvarande-losenord"),
    ("phoneless", "enrol", "engangskod"),
    ("factorless", "code", "kod"),
    ("factorless", "verified", "verifierad"),
    ("factorless", "enrol", "engangskod"),
    ("factorless", "new_password", "losenord"),
]


@pytest.fixture
def invited(db: None) -> Person:
    """Somebody with an invitation and no account yet."""
    services.invite_user(email=INVITED, by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun (1286)")
    return Person(INVITED)


@pytest.fixture
def active(db: None) -> Person:
    """Somebody with a finished account."""
    return people.made_person(ACTIVE)


@pytest.fixture
def staff(db: None) -> Person:
    """A Handläggare at SKR."""
    return people.made_person("hanna@skr.example", staff_role="officer")


@pytest.fixture
def opener(db: None) -> User:
    """The Samordnare who opens recovery cases."""
    return people.made_person("sam@skr.example", staff_role="coordinator").user


@pytest.fixture
def second(db: None) -> User:
    """The one at SKR who approves them."""
    return people.made_person("sten@skr.example", staff_role="system").user


@pytest.fixture
def phoneless(opener: User) -> Person:
    """Somebody who has lost her phone, with a case: her password is left."""
    person = people.made_person(PHONELESS)
    opened_case(person.user, opener)
    return Person(PHONELESS)


@pytest.fixture
def factorless(opener: User, second: User, clock: Traveller) -> Person:
    """Somebody who has lost phone and password, with a case whose day has passed."""
    person = people.made_person(FACTORLESS, password=OLD_PASSWORD)
    approved_case(person.user, opener, second)
    clock.shift(DAY)
    return Person(FACTORLESS)


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Person:
    """The person that the case names by her fixture."""
    found: Person = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def other_client() -> GuardedClient:
    """A second browser."""
    return GuardedClient()


def opened_case(user: User, by: User, kind: str = "totp") -> RecoveryCase:
    """A case opened now."""
    return recovery.open_case(user=user, kind=kind, by=by, at=timezone.now(), **CASE)


def approved_case(user: User, by: User, second: User) -> RecoveryCase:
    """A case about both factors, approved now."""
    return recovery.approve_case(case=opened_case(user, by, "both"), by=second, at=timezone.now())


def walk_to(client: Client, person: Person, state: str) -> None:
    """Ask for a code and take the step that each page is for, until the journey stands in `state`."""
    people.ask_for_code(client, person.email)
    own = SignUpJourney.objects.filter(pk=people.journey_in(client.get("/konto/kod/")))
    for _ in range(6):
        walk = own.get()
        if walk.state == state:
            return
        next_step(client, person, walk)
    raise AssertionError(f"{person.email} never came to {state}")


def next_step(client: Client, person: Person, walk: SignUpJourney) -> HttpResponse:
    """The one step that the journey's page is for, done right. In ENROL the person's phone becomes the new one."""
    page, values = STEPS[walk.state]
    if walk.state == "enrol":
        person.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    return people.post_step(client, f"/konto/{page}/", **values(person))


STEPS: dict[str, tuple[str, Callable[[Person], dict[str, str]]]] = {
    "code": ("kod", lambda person: {"code": people.code_in_mail(person.email)}),
    "verified": ("verifierad", lambda person: {}),
    "current_password": ("nuvarande-losenord", lambda person: {"password": person.password}),
    "enrol": ("engangskod", lambda person: {"token": person.phone.code()}),
    "challenge": ("kontroll", lambda person: {"token": person.phone.code()}),
    "new_password": ("losenord", lambda person: {"password": person.password, "confirmation": person.password}),
}


def masked(response: HttpResponse, *addresses: str) -> tuple[int, str, dict[str, str], str]:
    """Status, target, headers and body, without token, journey id, cookies and the echoed address."""
    body = response.content.decode()
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "token", body)
    body = re.sub(r'name="journey" value="[^"]+"', "journey", body)
    for address in addresses:
        body = body.replace(address, "adress")
    headers = {name: value for name, value in response.headers.items() if name not in {"X-Request-ID", "Content-Length"}}
    return response.status_code, response.headers.get("Location", ""), headers, body


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements run inside the block, without their values."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        seen.append(re.sub(r"[A-Za-z0-9_\-]{0,40}s[0-9]+_x[0-9]+|\bs[0-9]+_x[0-9]+\b", "savepoint", str(sql)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def credentials(email: str) -> tuple[Any, ...]:
    """All that a thief would change."""
    user = User.objects.get(email=email)
    devices = TotpDevice.objects.filter(user=user).order_by("pk").values_list("pk", "secret_sealed", "revoked_at")
    return user.password, user.session_epoch, [(pk, bytes(sealed or b""), revoked) for pk, sealed, revoked in devices]


def events(code: str) -> int:
    """How many audit events of a code there are."""
    return AuditEvent.objects.filter(code=code).count()


def journeys(email: str) -> list[SignUpJourney]:
    """A user's journeys, oldest first."""
    return list(SignUpJourney.objects.filter(user__email=email).order_by("created_at", "pk"))


def jobs(name: str) -> list[dict[str, int]]:
    """The arguments of the account's jobs of that name, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [f"accounts.tasks.{name}"])
        return [json.loads(args) for (args,) in cursor.fetchall()]
