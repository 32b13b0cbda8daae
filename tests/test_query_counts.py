"""No page asks the database more often because there is more: every address, with little and with much, for a unit's person and SKR.

Little is two more units of hers and of SKR's, and in Trosa two more colleagues, matters and lines of history; much is twenty.
Findings, rows and versions are multiplied by tests/submissions/pages/test_query_counts.py.
"""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.models import Thread
from profiles.models import Unit
from submissions.models import Submission, SubmissionEvent
from tests import addresses
from tests.admin.units import more_units
from tests.cast import Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.everywhere import taken_back
from tests.scene import Scene

pytestmark = pytest.mark.django_db

LITTLE, MUCH = 2, 18


def add(scene: Scene, count: int) -> None:
    """More of what lists list."""
    more_units(count)
    for unit in Unit.objects.filter(name__startswith="Ort "):
        if not unit.memberships.filter(user=scene.cast.anna).exists():
            give_role(scene.cast.anna, unit, Role.CONTACT)
    now = timezone.now()
    for number in range(count):
        colleague = make_user(f"kollega.{count}.{number}@trosa.example", f"Kollega {number}")
        give_role(colleague, scene.trosa.unit, Role.SUBMITTER)
        Thread.objects.create(
            unit=scene.trosa.unit,
            year=2026,
            category="other",
            subject=f"Fråga {count} {number}",
            status="waiting_skr",
            created_at=now,
            created_by=colleague,
            last_message_at=now,
            last_message_from_staff=False,
        )
        SubmissionEvent.objects.create(submission=scene.trosa.submission, at=now, by=colleague, text=f"Händelse {number}")
    Submission.objects.filter(unit__name__startswith="Ort ").update(handler=scene.cast.officer)


def asked(scene: Scene, name: str, enough: dict[str, int]) -> dict[str, int]:
    """How many questions each page takes once it has been seen; a page that takes no more than `enough` at first is not seen again."""
    client = GuardedClient(raise_request_exception=False)
    sign_in(client, getattr(scene.cast, name))
    cookies = client.cookies.output().replace("Set-Cookie: ", "")
    found = {}
    for route in addresses.routes():
        with taken_back():
            client.cookies = SimpleCookie(cookies)
            address = addresses.address(route, scene.trosa)
            with CaptureQueriesContext(connection) as captured:
                answer = client.get(address)
            if answer.status_code == 200 and len(captured) > enough.get(route.name, 0):
                with CaptureQueriesContext(connection) as captured:
                    client.get(address)
            if answer.status_code == 200:
                found[route.name] = len(captured)
    return found


@pytest.mark.parametrize("name", ["anna", "coordinator"])
def test_every_page_asks_as_often_for_much_as_for_little(scene: Scene, name: str) -> None:
    add(scene, LITTLE)
    few = asked(scene, name, {})
    add(scene, MUCH)
    many = asked(scene, name, few)
    assert {page: (few[page], many[page]) for page in few if many[page] > few[page]} == {}
    assert few.keys() == many.keys()
    assert len(few) > 40
