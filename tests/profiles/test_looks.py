"""Every way to a row of a unit leaves an event, whoever goes there; whole personnummer only for those who may (LOG-07)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from accounts.models import AuditEvent
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene

pytestmark = pytest.mark.django_db

PAGE = "/inlamning/0488/2026/"


@pytest.mark.asvs("8.2.3", "14.2.6", "16.3.2")
def test_log_07_every_page_with_rows_leaves_a_line_whoever_looks(scene: Scene) -> None:
    """Of rows with their fields, of a group's rows and of the corrections: object and line, never a value."""
    place = scene.trosa
    pages = {
        f"{PAGE}rad/{place.correction.row}/": f"version 1, rad {place.correction.row}",
        f"{PAGE}anmarkningar/{place.group.check}/{place.group.key}/": f"version 1, kontroll {place.group.check}",
        f"{PAGE}rattelser/": "version 1, rättelserna",
    }
    for person in (scene.cast.cia, scene.cast.bo, scene.cast.anna, scene.cast.officer, scene.cast.coordinator):
        client = sign_in(GuardedClient(), person)
        for address, what in pages.items():
            before = AuditEvent.objects.filter(code="data:read").count()
            assert client.get(address).status_code == 200
            events = AuditEvent.objects.filter(code="data:read").order_by("pk")[before:]
            assert {(event.actor_id, event.unit, event.result) for event in events} == {
                (person.pk, "0488", "personnummer maskade")
            }
            assert events[0].object.startswith(f"0488/2026 {what}")
            years = [event.object.split()[0] for event in events]
            assert years == (["0488/2026", "0488/2025"] if "/rad/" in address else ["0488/2026"])  # last year's row beside it


@pytest.mark.asvs("16.3.2")
def test_log_07_pages_without_rows_leave_none(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.bo)
    for address in (PAGE, f"{PAGE}granska/", f"{PAGE}version/1/", f"{PAGE}klarmarkera/", "/inlamning/", "/profil/0488/insyn/"):
        client.get(address)
    assert not AuditEvent.objects.filter(code__startswith="data:read").exists()


@pytest.mark.asvs("8.2.3", "14.2.6", "16.3.2")
def test_log_07_the_same_masked_look_is_one_line_in_ten_minutes_and_every_reveal_is_one(
    scene: Scene, clock: time_machine.Coordinates
) -> None:
    client, row = sign_in(GuardedClient(), scene.cast.bo), scene.trosa.correction.row
    mine = AuditEvent.objects.filter(code="data:read", actor_id=scene.cast.bo.pk, object__startswith="0488/2026 ")
    for _ in range(3):
        client.get(f"{PAGE}rad/{row}/")
    assert mine.count() == 1
    for _ in range(3):
        client.post(f"{PAGE}rad/{row}/visa/")
    assert mine.filter(result="personnummer visade").count() == 3
    sign_in(GuardedClient(), scene.cast.anna).get(f"{PAGE}rad/{row}/")
    client.get(f"{PAGE}rad/{row % 70 + 1}/")
    assert mine.filter(result="personnummer maskade").count() == 2
    clock.shift(timedelta(minutes=10))
    client.get(f"{PAGE}rad/{row}/")
    assert mine.filter(result="personnummer maskade").count() == 3
    assert not mine.filter(object__regex=r"[0-9]{6}-?[0-9]{4}").exists()


@pytest.mark.asvs("8.2.1", "8.2.3", "8.3.1")
def test_log_07_readers_and_system_administrators_reveal_nowhere(scene: Scene) -> None:
    place = scene.trosa
    addresses = [
        f"{PAGE}rad/{place.correction.row}/visa/",
        f"{PAGE}anmarkningar/{place.group.check}/{place.group.key}/visa/",
        f"/admin/submissions/submission/{place.submission.pk}/anmarkning/{place.group.key}/visa/",
        f"/admin/submissions/submission/{place.submission.pk}/exportera/",
        f"{PAGE}version/1/hamta/",
    ]
    for person in (scene.cast.cia, scene.cast.system):
        client = sign_in(GuardedClient(), person)
        for address in addresses:
            answer = client.post(address, {"purpose": "Vill se personnummer", "revealed": "on"})
            assert answer.status_code in {403, 404}, (person, address)
    assert not AuditEvent.objects.filter(code__in=["data:read", "data:exported"]).exists()
