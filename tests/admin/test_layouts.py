"""SKR's statistiker makes a new postbeskrivning in the admin, changes its fields, and chooses it for a year without files."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from submissions.models import Collection, Layout, SettingChange
from submissions.services import layouts
from tests.admin.conftest import as_role
from tests.admin.test_calendar import make_next, year_of
from tests.scene import YEAR, Scene

pytestmark = pytest.mark.django_db

URL = "/admin/submissions/layout/"
YEARS = "/admin/submissions/collection/"


def new(client: Client, *, source: Any = "", content: bytes | None = None, name: str = "PS-2027.1") -> HttpResponse:
    """Send the form of a new version."""
    file = {} if content is None else {"file": SimpleUploadedFile("falt.csv", content)}
    return client.post(f"{URL}ny/", {"name": name, "source": source, **file})


def copied(client: Client) -> Layout:
    """A new version of this year's."""
    assert new(client, source=year_of().layout_id).status_code == 302
    return Layout.objects.get(name="PS-2027.1")


def form_of(layout: Layout, number: int, **changes: Any) -> dict[str, Any]:
    """What the form of a field sends; of the one after the last an example."""
    fields = layout.spec().fields
    old = fields[number - 1] if number <= len(fields) else None
    names = ("name", "max_length", "required_kommun", "required_region", "format", "allowed", "meaning")
    values = {name: getattr(old, name) for name in names} if old else {
        "name": "Distansarbete", "max_length": 3, "required_kommun": "F", "required_region": "F", "meaning": "Andel i procent"
    }  # fmt: skip
    is_numeric = old.numeric if old else True
    values |= {"numeric": "on"} if is_numeric else {}
    sent = {**values, "seen": layouts.mark_of(old), "reason": "Nytt för i år.", **changes}
    return {name: value for name, value in sent.items() if value is not None}


def save(client: Client, layout: Layout, number: int, **changes: Any) -> HttpResponse:
    """Send the form of a field."""
    return client.post(f"{URL}{layout.pk}/falt/{number}/", form_of(layout, number, **changes))


def test_a_new_version_is_made_of_another_changed_and_given_a_field(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    made = copied(client)
    assert made.spec().fields == year_of().layout.spec().fields
    assert save(client, made, 23, max_length=7, meaning="Fasta tillägg").status_code == 302
    assert save(client, made, 41).status_code == 302
    spec = made.spec()
    assert (len(spec), spec[23].max_length, spec[41].name, spec[41].numeric) == (41, 7, "Distansarbete", True)
    page = client.get(f"{URL}{made.pk}/skillnad/{year_of().layout_id}/").content.decode()
    assert "41 Distansarbete" in page
    assert "Längd" in page
    assert "Nytt för i år." in client.get(f"{URL}{made.pk}/change/").content.decode()
    assert SettingChange.objects.filter(kind="layout", key="PS-2027.1").count() == 3


def test_a_layout_of_a_year_with_files_is_never_changed(scene: Scene) -> None:
    client, layout = as_role(scene, "statistician"), year_of().layout
    before = layout.spec()
    assert "Gör en ny version" in save(client, layout, 23, max_length=7).content.decode()
    assert "Gör en ny version" in save(client, layout, 41).content.decode()
    page = client.get(f"{URL}{layout.pk}/change/").content.decode()
    assert "Ändras inte" in page
    assert "Lägg till ett fält" not in page
    assert layout.spec() == before


FAULTS: list[tuple[int, dict[str, Any], str]] = [
    (23, {"name": ""}, "Skriv fältets namn."),
    (23, {"max_length": "0"}, "Skriv ett helt tal från 1 till 200."),
    (23, {"max_length": "19"}, "Längden ska vara 1–18 tecken."),
    (22, {"numeric": None}, "Kontrollerna läser fältet som numeriskt"),
    (9, {"numeric": "on"}, "Kontrollerna läser fältet som text"),
    (23, {"required_kommun": "X"}, "Välj ett krav."),
    (23, {"name": "Nytt", "reason": ""}, "Skriv varför"),
    (23, {"name": "Nytt", "seen": "00000000"}, "Någon har ändrat inställningen"),
]


@pytest.mark.parametrize(("number", "changes", "words"), FAULTS)
def test_a_field_that_cannot_be_is_refused_at_its_place(scene: Scene, number: int, changes: dict[str, Any], words: str) -> None:
    client = as_role(scene, "statistician")
    made = copied(client)
    assert words in save(client, made, number, **changes).content.decode()
    assert made.spec().fields == year_of().layout.spec().fields


def test_only_an_added_field_can_be_taken_away(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    made = copied(client)
    save(client, made, 41)
    assert "Bara det sista" in client.post(f"{URL}{made.pk}/falt/42/ta-bort/", follow=True).content.decode()
    client.post(f"{URL}{made.pk}/falt/41/ta-bort/")
    assert len(made.spec()) == 40
    assert "Kontrollerna behöver" in client.post(f"{URL}{made.pk}/falt/40/ta-bort/", follow=True).content.decode()
    assert client.get(f"{URL}{made.pk}/falt/43/").status_code == 404


def test_the_fields_come_out_as_a_file_and_go_in_as_a_new_version(scene: Scene) -> None:
    client, old = as_role(scene, "statistician"), year_of().layout
    answer = client.get(f"{URL}{old.pk}/falt.csv")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert new(client, content=content).status_code == 302
    assert Layout.objects.get(name="PS-2027.1").spec().fields == old.spec().fields


BAD_FILES: list[tuple[bytes, str]] = [
    (b"faltnr;namn;form;maxlangd;krav_kommun;krav_region\n1;Kod;A/N;4;O;O", "Fält 2–40 saknas."),
    (b"faltnr;namn;form;maxlangd;krav_kommun;krav_region\nett;Kod;A/N;4;O;O", "Rad 2: fältets nummer och längd"),
    (b"faltnr;namn;form;maxlangd;krav_kommun;krav_region\n1;Kod;B;4;O;O", "Rad 2: formen ska vara N"),
    (b"faltnr;namn;form;maxlangd;krav_kommun;krav_region\n2;Kod;N;4;O;O", "utan luckor"),
    (b"faltnr;namn\n1;Kod", "rubriken saknar form"),
    (b"%PDF-1.7", "Filen är en PDF."),
]


@pytest.mark.parametrize(("content", "words"), BAD_FILES)
def test_a_file_with_a_fault_makes_no_layout(scene: Scene, content: bytes, words: str) -> None:
    before = Layout.objects.count()
    assert words in new(as_role(scene, "statistician"), content=content).content.decode()
    assert Layout.objects.count() == before


def test_a_new_version_needs_a_name_of_its_own_and_a_source(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    assert "Det finns redan en postbeskrivning" in new(client, source=year_of().layout_id, name="PS-2026.1").content.decode()
    assert "Ge den nya versionen ett namn." in new(client, source=year_of().layout_id, name=" ").content.decode()
    assert "Välj en fil, eller en postbeskrivning att utgå från." in new(client).content.decode()


def test_a_year_gets_another_layout_until_its_first_file_has_come(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    made, later = copied(client), make_next(client)
    form = {"layout": made.pk, "reason": "Nytt fält i år."}
    assert "Skriv varför" in client.post(f"{YEARS}{later.pk}/postbeskrivning/", {"layout": made.pk}).content.decode()
    client.post(f"{YEARS}{later.pk}/postbeskrivning/", form)
    assert year_of(YEAR + 1).layout == made
    answer = client.post(f"{YEARS}{year_of().pk}/postbeskrivning/", form)
    assert "Filer har redan kommit in" in answer.content.decode()
    assert Collection.objects.get(year=YEAR).layout.name == "PS-2026.1"
