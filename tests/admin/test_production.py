"""Produktionsuttag in the admin: the statistician makes one, a job writes it, and each fetch has a purpose and leaves events."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent
from accounts.roles import StaffRole
from config.lib.retention import carry_out
from submissions import tasks
from submissions.models import Collection, Delivery, Export, ExportFile, ExportPart, Receipt
from submissions.services import production_files, retention
from submissions.services.production_files import MAY_EXPORT, MAY_IDENTIFY
from tests.admin.conftest import as_person, as_role
from tests.scene import ROWS, Scene

pytestmark = pytest.mark.django_db

PURPOSE = "Underlag till lönerapporten"


def page_of(year: int = 2025) -> str:
    """The page of a year."""
    return f"/admin/submissions/collection/{Collection.objects.get(year=year).pk}/produktionsuttag/"


def make(client: Client, **form: str) -> ExportFile:
    """Press the button, and let the job run."""
    answer = client.post(f"{page_of()}gor/", {"format": "parquet", **form})
    assert answer.status_code == 302, answer.content.decode()
    made = ExportFile.objects.latest("pk")
    tasks.make_export(file=made.pk)
    made.refresh_from_db()
    return made


def fetch(client: Client, made: ExportFile, purpose: str = PURPOSE) -> Any:
    """Ask for the zip."""
    return client.post(f"{page_of()}{made.pk}/hamta/", {"purpose": purpose})


def zip_of(answer: Any) -> zipfile.ZipFile:
    """What was handed out."""
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_statistician_makes_a_version_and_fetches_it_for_a_purpose(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    page = client.get(page_of()).content.decode()
    assert "Det blir version 1." in page
    assert "Inget uttag är gjort" in page
    made = make(client)
    assert (made.status, made.units_done, made.trouble) == (ExportFile.Status.READY, 2, "")
    page = client.get(page_of()).content.decode()
    assert "Det är samma uppgifter som i version 1." in page
    assert f'href="{page_of()}{made.pk}/hamta/"' in page
    answer = fetch(client, made)
    assert 'filename="produktionsuttag-2025-version-1-parquet.zip"' in answer.headers["Content-Disposition"]
    with zip_of(answer) as packed:
        assert json.loads(packed.read("manifest.json"))["version"] == 1
        assert pl.read_parquet(io.BytesIO(packed.read("data.parquet"))).height == 2 * ROWS
    events = AuditEvent.objects.filter(code="data:exported", purpose=PURPOSE).order_by("pk")
    assert [(event.actor_id, event.unit, event.result) for event in events] == [
        (scene.cast.statistician.pk, "", f"{2 * ROWS} rader, pseudonymer, parquet"),
        (scene.cast.statistician.pk, "0480", f"{ROWS} rader, pseudonymer"),
        (scene.cast.statistician.pk, "0488", f"{ROWS} rader, pseudonymer"),
    ]
    assert "Hämtade: produktionsuttag 2025 version 1" in as_person(scene.cast.anna).get("/profil/0488/insyn/").content.decode()


def test_pressed_twice_it_is_made_once(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    for _ in range(2):
        assert client.post(f"{page_of()}gor/", {"format": "csv"}).status_code == 302
    made = ExportFile.objects.get()
    for _ in range(2):
        tasks.make_export(file=made.pk)
    assert client.post(f"{page_of()}gor/", {"format": "csv"}).status_code == 302
    assert (Export.objects.count(), ExportFile.objects.count(), ExportPart.objects.count()) == (1, 1, 1)


def test_a_purpose_and_fresh_factors_are_asked_for_each_time(scene: Scene, clock: time_machine.Coordinates) -> None:
    client = as_role(scene, "statistician")
    made = make(client)
    for purpose in ("", "test", "om 811218-9876 och annat"):
        assert "field--error" in fetch(client, made, purpose).content.decode()
    clock.shift(timedelta(minutes=11))
    for answer in (fetch(client, made), client.post(f"{page_of()}gor/", {"format": "csv"})):
        assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:step_up"))
    assert not AuditEvent.objects.filter(code="data:exported", purpose=PURPOSE).exists()
    assert ExportFile.objects.count() == 1


def test_personnummer_need_a_right_of_their_own(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role(scene, "statistician")
    made = make(client, identified="on")
    assert not made.is_pseudonymised
    with zip_of(fetch(client, made)) as packed:
        assert pl.read_parquet(io.BytesIO(packed.read("data.parquet")))["person"].str.contains(r"^\d{10}$").all()
    event = AuditEvent.objects.filter(code="data:exported", unit="0488").latest("pk")
    assert event.result == f"{ROWS} rader, personnummer visade"
    fewer = roles.PERMISSIONS[StaffRole.STATISTICIAN] - {MAY_IDENTIFY}
    monkeypatch.setitem(roles.PERMISSIONS, StaffRole.STATISTICIAN, fewer)
    page = client.get(page_of()).content.decode()
    assert "Med personnummer i stället" not in page
    assert f"{made.pk}/hamta/" not in page
    assert fetch(client, made).status_code == 403
    assert make(client, identified="on").is_pseudonymised  # a forged tick does nothing


def test_only_those_who_may_see_the_page(scene: Scene) -> None:
    assert [role for role, may in roles.PERMISSIONS.items() if MAY_EXPORT in may] == [StaffRole.STATISTICIAN]
    page = as_role(scene, "officer").get(f"/admin/submissions/collection/{Collection.objects.get(year=2025).pk}/change/")
    assert "Produktionsuttag" not in page.content.decode()


def test_a_year_without_anything_approved_says_so(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    page = client.get(page_of(2026)).content.decode()
    assert "Inget är godkänt än" in page
    assert "Under granskning" in page  # why the units are not in it
    answer = client.post(f"{page_of(2026)}gor/", {"format": "csv"})
    assert answer.status_code == 200
    assert not Export.objects.exists()


def test_what_goes_wrong_is_told_and_can_be_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role(scene, "statistician")
    kept = scene.trosa.receipt.data_sha256
    Receipt.objects.filter(pk=scene.trosa.receipt.pk).update(data_sha256="0" * 64)
    made = make(client)
    assert made.status == ExportFile.Status.FAILED
    page = client.get(page_of()).content.decode()
    assert "Raderna från Trosa stämmer inte med kvittens" in page
    assert fetch(client, made).status_code == 200  # the page says that it is not there
    Receipt.objects.filter(pk=scene.trosa.receipt.pk).update(data_sha256=kept)
    assert make(client).status == ExportFile.Status.READY


def test_a_dead_job_does_not_stand_in_the_way(scene: Scene, clock: time_machine.Coordinates) -> None:
    client = as_role(scene, "statistician")
    client.post(f"{page_of()}gor/", {"format": "csv"})
    dead = ExportFile.objects.get()
    assert "Uttaget görs" in client.get(page_of()).content.decode()
    clock.shift(timedelta(hours=3))
    production_files.give_up_dead(at=timezone.now())
    dead.refresh_from_db()
    assert dead.status == ExportFile.Status.FAILED
    assert make(as_role(scene, "statistician"), format="csv").status == ExportFile.Status.READY


def test_the_pieces_go_after_a_week_and_the_version_stays(scene: Scene, clock: time_machine.Coordinates) -> None:
    made = make(as_role(scene, "statistician"))
    clock.shift(timedelta(days=7))
    rule = next(rule for rule in retention.rules(timezone.now()) if rule.name == "production")
    assert carry_out(rule, at=timezone.now()) == 1
    made.refresh_from_db()
    assert (made.size, ExportPart.objects.count()) == (0, 0)
    client = as_role(scene, "statistician")
    assert "Filen är borttagen" in client.get(page_of()).content.decode()
    assert "Uttaget finns inte kvar" in fetch(client, made).content.decode()
    again = make(client)
    assert (again.pk != made.pk, again.manifest_sha256) == (True, made.manifest_sha256)


def test_purged_files_are_told_on_the_page(scene: Scene) -> None:
    gone = dict.fromkeys(("name_sealed", "content_sealed", "findings_sealed", "summary_sealed", "carried_sealed"))
    Delivery.objects.filter(pk=scene.trosa.receipt.delivery_id).update(**gone, purged_at=timezone.now())
    assert "Filerna är gallrade för 1 enhet (Trosa)" in as_role(scene, "statistician").get(page_of()).content.decode()
