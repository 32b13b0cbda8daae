"""People of the account tests, and ways to compare pages and statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from accounts import services
from accounts.models import AuditEvent, SignUpJourney, TotpDevice, User
from tests import people
from tests.client import GuardedClient
from tests.people import Person

INVITED, ACTIVE, UNKNOWN = "anna.berg@ystad.se", "bo.ek@ystad.se", "okand@ystad.se"


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
def other_client() -> GuardedClient:
    """A second browser."""
    return GuardedClient()


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
