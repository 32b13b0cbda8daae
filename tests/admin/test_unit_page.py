"""A unit's page for SKR: everything on one page, and notes that the unit never sees."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from config.lib import personnummer
from config.templatetags.ui import phone
from profiles import dossier, facts, notes, payroll
from profiles.models import UnitNote
from tests.admin.conftest import as_person, as_role
from tests.admin.test_work import page_of
from tests.scene import Scene

pytestmark = pytest.mark.django_db

PERSONNUMMER = personnummer.build(date(1981, 12, 18), 987)  # from Skatteverket's test series


def page(scene: Scene, role: str = "officer") -> str:
    return page_of(as_role(scene, role), "profiles/unit", scene.trosa.unit.pk)


def address(scene: Scene, verb: str, *, place: str = "trosa") -> str:
    """Where the verb is done with the place's note."""
    note = getattr(scene, place).unit.notes.get()
    return reverse(f"admin:profiles_unit_{verb}", args=[scene.trosa.unit.pk, note.pk])


def write(scene: Scene, text: str, *, role: str = "officer", **values: Any) -> Client:
    """The person's browser once she has sent the form."""
    client = as_role(scene, role)
    target = reverse("admin:profiles_unit_note", args=[scene.trosa.unit.pk])
    assert client.post(target, {"note": text, "nonce": uuid4(), **values}).status_code == 302
    return client


# The page ------------------------------------------------------------------------------------------------------------


def test_every_part_of_the_index_is_on_the_page(scene: Scene) -> None:
    text = page(scene)
    index = text[text.index('class="page-index"') : text.index("</nav>", text.index('class="page-index"'))]
    anchors = [part.split('"')[0] for part in index.split('href="#')[1:]]
    assert {"kontakt", "anteckningar", "personer", "om-enheten", "inlamningar", "meddelanden", "uppskov", "historik"} <= set(
        anchors
    )
    assert [anchor for anchor in anchors if text.count(f'id="{anchor}"') != 1] == []


def test_the_number_to_ring_is_a_link_and_each_year_says_how_it_went(scene: Scene) -> None:
    text = page(scene)
    assert 'href="tel:015652000"' in text
    assert "Sista dag 2025-12-01 · 1 fil · 80 rader" in text
    assert "Sista dag 2026-12-01 · 1 fil · 80 rader" in text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0156-520 00", '<a class="nowrap" href="tel:015652000">0156-520 00</a>'),
        ("+46 156 520 00", '<a class="nowrap" href="tel:+4615652000">+46 156 520 00</a>'),
        ("0156-520 00 ankn. 3", "0156-520 00 ankn. 3"),
        ("<b>0156-52000</b>", "&lt;b&gt;0156-52000&lt;/b&gt;"),
        ("112", "112"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_a_link_where_it_is_only_a_number(written: str, shown: str) -> None:
    assert phone(written) == shown


def test_the_history_tells_what_was_before(scene: Scene) -> None:
    unit, anna, at = scene.trosa.unit, scene.cast.anna, timezone.now() + timedelta(days=1)
    facts.change_contact_person(unit=unit, name="Vera Berg", title="", email="", phone="0156-520 01", by=anna, at=at)
    for year, name in ((2025, "Personec"), (2026, "HR Plus")):
        payroll.choose_system(unit=unit, year=year, code="x", other="", systems={"x": name}, by=anna, at=at)
    told = [one.what for one in dossier.history_of(unit)]
    assert told.index("Kontakt i sakfrågor: Vera Berg") < told.index("Kontakt i sakfrågor: Kontakt")
    assert {"Lönesystem Personec (2025)", "Byte av lönesystem till HR Plus (2026)", "Anna Ek är Kontaktperson"} <= set(told)
    assert "Har som medlem Förbundet (F0488)" in told
    assert not any("inbjuden@" in what for what in told)  # was never taken up


def test_the_page_asks_as_many_questions_whatever_the_unit_has(scene: Scene, django_assert_max_num_queries: Any) -> None:
    client, key = as_role(scene, "officer"), scene.trosa.unit.pk
    with django_assert_max_num_queries(80) as before:
        page_of(client, "profiles/unit", key)
    for number in range(5):
        notes.add_note(
            unit=scene.trosa.unit, text=f"{number}", is_pinned=False, nonce=uuid4(), by=scene.cast.officer, at=timezone.now()
        )
        facts.change_contact_person(
            unit=scene.trosa.unit, name=f"K {number}", title="", email="", phone="0156-1", by=scene.cast.anna, at=timezone.now()
        )
    with django_assert_max_num_queries(len(before)):
        page_of(client, "profiles/unit", key)


# Notes ---------------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_once_and_only_skr_sees_it(scene: Scene) -> None:
    client, form = as_role(scene, "officer"), {"note": "Ring lönechefen.", "nonce": uuid4()}
    target = reverse("admin:profiles_unit_note", args=[scene.trosa.unit.pk])
    for _ in range(2):
        assert client.post(target, form).status_code == 302
    assert UnitNote.objects.filter(unit=scene.trosa.unit).count() == 2  # the scene's and this
    assert "Ring lönechefen." in page(scene, "statistician")
    assert "Ring lönechefen." not in page(scene, "system")
    assert b"Ring" not in bytes(UnitNote.objects.latest("pk").text_sealed)
    assert AuditEvent.objects.filter(code="unit:noted", unit="0488", actor="Hanna Handläggare").count() == 2
    unit = as_person(scene.cast.anna)
    for name in ("unit", "unit_facts", "insight"):
        assert "Ring lönechefen." not in unit.get(reverse(f"profiles:{name}", args=["0488"])).content.decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  ", "Skriv en anteckning."),
        (f"Se {PERSONNUMMER}", "Skriv inte personnummer här."),
        ("x" * 2001, "Anteckningen får ha högst 2000 tecken."),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused_at_the_field(scene: Scene, text: str, told: str) -> None:
    client = as_role(scene, "officer")
    answer = client.post(reverse("admin:profiles_unit_note", args=[scene.trosa.unit.pk]), {"note": text, "nonce": uuid4()})
    assert told in answer.content.decode()
    assert UnitNote.objects.filter(unit=scene.trosa.unit).count() == 1


def test_what_is_pinned_stands_first_until_it_is_loosened(scene: Scene) -> None:
    write(scene, "Senare och inte fäst.")
    text = page(scene)
    assert text.index("Anteckning: ring före lunch."[1:]) < text.index("Senare och inte fäst.")
    client = as_role(scene, "coordinator")
    note = UnitNote.objects.earliest("pk")
    for _ in range(2):  # pressed twice
        assert client.post(reverse("admin:profiles_unit_unpin_note", args=[scene.trosa.unit.pk, note.pk])).status_code == 302
    text = page(scene)
    assert text.index("Senare och inte fäst.") < text.index("nteckning: ring före lunch.")
    assert client.post(reverse("admin:profiles_unit_pin_note", args=[scene.trosa.unit.pk, note.pk])).status_code == 302
    note.refresh_from_db()
    assert (note.pinned_by, note.pinned_at) == (scene.cast.coordinator, timezone.now())


def test_the_writer_corrects_her_note_and_nobody_else_does(scene: Scene) -> None:
    hanna, sam = as_role(scene, "officer"), as_role(scene, "coordinator")
    target = address(scene, "correct_note")
    assert hanna.post(target, {"note": "Ring efter lunch.", "revision": 1}).status_code == 302
    note = scene.trosa.unit.notes.get()
    assert (note.text, note.revision, note.corrected_at) == ("Ring efter lunch.", 2, timezone.now())
    assert "Bara Hanna Handläggare" in sam.get(target).content.decode()
    assert "Bara Hanna Handläggare" in sam.post(target, {"note": "Nej.", "revision": 2}).content.decode()
    assert scene.trosa.unit.notes.get().text == "Ring efter lunch."


def test_a_correction_from_an_old_page_is_told_what_has_happened(scene: Scene) -> None:
    hanna, target = as_role(scene, "officer"), address(scene, "correct_note")
    hanna.post(target, {"note": "Ring efter lunch.", "revision": 1})
    answer = hanna.post(target, {"note": "Ring på kvällen.", "revision": 1})
    assert "Anteckningen har ändrats sedan du öppnade sidan." in answer.content.decode()
    assert scene.trosa.unit.notes.get().text == "Ring efter lunch."


def test_the_writer_takes_her_note_away_and_a_second_press_says_so(scene: Scene) -> None:
    target = address(scene, "remove_note")
    assert "som skrev anteckningen, kan ändra den" in as_role(scene, "coordinator").post(target, follow=True).content.decode()
    assert scene.trosa.unit.notes.count() == 1
    hanna = as_role(scene, "officer")
    for _ in range(2):
        assert "Anteckningen är borttagen." in hanna.post(target, follow=True).content.decode()
    assert scene.trosa.unit.notes.count() == 0
    assert AuditEvent.objects.filter(code="unit:note:removed").count() == 1


def test_another_units_note_is_not_found_under_this_unit(scene: Scene) -> None:
    hanna = as_role(scene, "officer")
    assert hanna.get(address(scene, "correct_note", place="other")).status_code == 404
    hanna.post(address(scene, "remove_note", place="other"))
    assert scene.other.unit.notes.count() == 1


def test_drift_11_notes_go_after_two_years_but_for_those_that_are_pinned(scene: Scene, clock: Any) -> None:
    write(scene, "Senare och inte fäst.")
    clock.shift(timedelta(days=731))
    out = StringIO()
    call_command("purge", stdout=out)
    assert "anteckningar om enheter: 1 borttagna" in out.getvalue()
    assert [note.text for note in scene.trosa.unit.notes.all()] == ["anteckning: ring före lunch."]
