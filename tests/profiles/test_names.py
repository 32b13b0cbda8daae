"""What a unit is called: a new name from a day, ahead too, found by the old one, and what was written keeps what it said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from messaging.search import find
from profiles import dossier, names, tasks
from profiles.models import Unit, UnitName
from submissions.models import Receipt
from submissions.services import issuing
from tests.admin.conftest import as_role
from tests.scene import Scene

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 16)


def rename(scene: Scene, name: str, day: date, *, role: str = "coordinator") -> str:
    """The page that follows on the form."""
    target = reverse("admin:profiles_unit_rename", args=[scene.other.unit.pk])
    answer = as_role(scene, role).post(target, {"name": name, "valid_from": day.isoformat()}, follow=True)
    return answer.content.decode()


def other(scene: Scene) -> Unit:
    return Unit.objects.get(pk=scene.other.unit.pk)


def search(client: Client, model: str, words: str) -> str:
    return client.get(f"/admin/{model}/", {"q": words}).content.decode()


def test_a_name_from_today_holds_at_once_and_the_old_one_is_still_found(scene: Scene) -> None:
    assert "Enheten heter nu Åsbro kommun." in rename(scene, "Åsbro  kommun", TODAY)
    unit, client = other(scene), as_role(scene, "coordinator")
    assert (unit.name, unit.sort_key[0]) == ("Åsbro kommun", "{")
    for model in ("profiles/unit", "submissions/submission", "deferrals/deferral", "messaging/thread", "profiles/membership"):
        assert search(client, model, "Nyköping").count("Åsbro kommun") >= 1, model
    assert "Heter Åsbro kommun" in [one.what for one in dossier.history_of(unit)]
    event = AuditEvent.objects.filter(code="unit:renamed", unit="0480").latest("pk")
    assert (event.object, event.result, event.actor) == ("Åsbro kommun", "från 2026-11-16", "Sam Samordnare")


def test_threads_are_found_by_the_old_name(scene: Scene) -> None:
    rename(scene, "Åsbro kommun", TODAY)
    found = find(type(scene.other.thread).objects.all(), "Nyköping")
    assert scene.other.thread in found.threads


def test_what_was_written_before_keeps_the_old_name(scene: Scene) -> None:
    rename(scene, "Åsbro kommun", TODAY)
    receipt = Receipt.objects.get(pk=scene.other.receipt.pk)
    assert "Enhet: Nyköping (0480)" in issuing.kept_of(receipt).text


def test_a_name_ahead_takes_effect_that_day_in_sweden_by_itself(scene: Scene, clock: Any) -> None:
    assert "byter namn den 2026-12-01. Till dess heter den Nyköping." in rename(scene, "Åsbro kommun", date(2026, 12, 1))
    clock.move_to(datetime(2026, 11, 30, 23, 59, tzinfo=ZoneInfo("Europe/Stockholm")))
    tasks.put_names_in_force(0)
    assert other(scene).name == "Nyköping"
    clock.move_to(datetime(2026, 12, 1, 0, 5, tzinfo=ZoneInfo("Europe/Stockholm")))
    for _ in range(2):
        tasks.put_names_in_force(0)
    assert other(scene).name == "Åsbro kommun"
    assert AuditEvent.objects.filter(code="unit:rename:in_force", unit="0480").count() == 1


def test_a_name_ahead_can_be_taken_back_until_its_day(scene: Scene, clock: Any) -> None:
    rename(scene, "Åsbro kommun", date(2026, 12, 1))
    ahead = UnitName.objects.get(name="Åsbro kommun")
    target = reverse("admin:profiles_unit_withdraw_name", args=[scene.other.unit.pk, ahead.pk])
    client = as_role(scene, "coordinator")
    assert "Enheten byter inte namn. Den heter fortfarande Nyköping." in client.post(target, follow=True).content.decode()
    assert "Namnbytet är redan borttaget." in client.post(target, follow=True).content.decode()
    rename(scene, "Åsbro kommun", TODAY)
    holds = UnitName.objects.get(name="Åsbro kommun")
    target = reverse("admin:profiles_unit_withdraw_name", args=[scene.other.unit.pk, holds.pk])
    assert "Namnet gäller redan." in client.post(target, follow=True).content.decode()
    assert other(scene).name == "Åsbro kommun"


@pytest.mark.parametrize(
    ("name", "day", "told"),
    [
        ("", TODAY, "Skriv enhetens namn."),
        ("Nyköping", TODAY, "Enheten heter redan så."),
        ("Åsbro 811218-9876", TODAY, "Namnet ser ut att innehålla ett personnummer."),
        ("Åsbro", date(1989, 12, 31), "Välj en dag från 1990 och högst två år fram."),
        ("Åsbro", TODAY + timedelta(days=733), "Välj en dag från 1990 och högst två år fram."),
    ],
)
def test_what_cannot_be_a_name_or_a_day_is_told_and_changes_nothing(scene: Scene, name: str, day: date, told: str) -> None:
    before = UnitName.objects.count()
    assert told in rename(scene, name, day)
    assert (UnitName.objects.count(), other(scene).name) == (before, "Nyköping")


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ([("B", TODAY)], "B"),
        ([("B", TODAY), ("C", TODAY)], "C"),  # the same day again: put right
        ([("B", TODAY), ("C", TODAY - timedelta(days=30))], "B"),  # written down afterwards
        ([("B", TODAY + timedelta(days=1))], "Nyköping"),
        ([("B", TODAY - timedelta(days=60)), ("C", TODAY - timedelta(days=30))], "C"),
    ],
)
def test_the_name_of_today_is_the_latest_that_has_begun(scene: Scene, given: list[tuple[str, date]], called: str) -> None:
    for name, day in given:
        names.rename_unit(unit=other(scene), name=name, valid_from=day, by=scene.cast.coordinator, at=timezone.now())
    assert (other(scene).name, names.name_on(other(scene), TODAY)) == (called, called)


def test_an_import_with_another_name_is_a_rename_dated_today(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "enheter.csv"
    file.write_text("kod;namn;typ\n0480;Åsbro;kommun\n", encoding="utf-8")
    for _ in range(2):
        call_command("import_units", str(file), stdout=StringIO())
    assert other(scene).name == "Åsbro"
    told = other(scene).names.get(name="Åsbro")
    assert (told.valid_from, told.by) == (TODAY, None)
    assert AuditEvent.objects.filter(code="unit:renamed", unit="0480", actor="").count() == 1
