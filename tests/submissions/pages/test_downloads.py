"""Hämta: the corrected file, every finding, the rows with what is wrong on them, and the changes for the payroll system."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import polars as pl
import pytest
from django.http import HttpResponse

from accounts.models import AuditEvent
from config.lib import personnummer
from submissions import synthetic
from submissions.models import Delivery
from submissions.services import storage
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, SLIPS, Scene
from tests.submissions.pages.test_exports import body_of, last_export, table_of

pytestmark = pytest.mark.django_db

PAGE = "/inlamning/0488/2026/"
DELIVERED = synthetic.delivery("0488", ROWS, 7, SLIPS)


@pytest.fixture(autouse=True)
def forget() -> None:
    """The frames of another test's delivery, which had the same key."""
    storage.cache.clear()


def sheets_of(answer: HttpResponse) -> dict[str, list[list[object]]]:
    """The workbook's sheets as a spreadsheet program reads them."""
    book = openpyxl.load_workbook(io.BytesIO(body_of(answer)))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


# The corrected file --------------------------------------------------------------------------------------------------


def test_the_corrected_file_differs_in_the_corrected_values_alone(scene: Scene, client: GuardedClient) -> None:
    changes = storage.changes_of(Delivery.objects.get(pk=scene.trosa.delivery.pk))
    answer = sign_in(client, scene.cast.bo).post(f"{PAGE}hamta/rattad-fil/")
    before = [line.split(";") for line in DELIVERED.decode("cp1252").split("\r\n")]
    after = [line.split(";") for line in answer.content.decode("cp1252").split("\r\n")]
    differing = [
        (row, field, new)
        for row, (old_line, new_line) in enumerate(zip(before, after, strict=True), 1)
        for field, (old, new) in enumerate(zip(old_line, new_line, strict=True), 1)
        if old != new
    ]
    assert differing == [(row, field, new or "") for row, field, _, new in changes.iter_rows()]
    assert scene.trosa.correction.row in [row for row, _, _ in differing]
    assert "personalstatistik-trosa-2026-version-1-rattad.txt" in answer.headers["Content-Disposition"]
    event = last_export()
    assert (event.actor_id, event.unit, event.object) == (scene.cast.bo.pk, "0488", "0488/2026 version 1, den rättade filen")
    assert (event.result, event.purpose) == (f"{ROWS} rader, personnummer visade", "egen kopia")


@pytest.mark.parametrize("form", ["same", "text"])
def test_the_corrected_file_handed_in_again_gives_no_difference(scene: Scene, client: GuardedClient, form: str) -> None:
    sign_in(client, scene.cast.bo)
    content = client.post(f"{PAGE}hamta/rattad-fil/", {"form": form}).content
    before = Delivery.objects.get(pk=scene.trosa.delivery.pk)
    client.post(f"{PAGE}lamna/", {"file": io.BytesIO(content)})
    after = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    assert after.version == before.version + 1
    assert storage.current_frame(after).equals(storage.current_frame(before), null_equal=True)
    assert storage.base_frame(after).equals(storage.current_frame(before), null_equal=True)
    assert (after.fel, after.varning) == (before.fel, before.varning)


def test_a_value_that_the_files_letters_cannot_write_is_named(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo).post(f"{PAGE}rad/5/falt/6/ratta/", {"version": 1, "revision": 1, "value": "Łódź"})
    exported = AuditEvent.objects.filter(code="data:exported").count()
    refused = client.post(f"{PAGE}hamta/rattad-fil/")
    assert refused.status_code == 422
    assert "Rad 5, fält 6: tecknet Ł finns inte i filens teckenkodning, Windows-1252." in refused.content.decode()
    assert AuditEvent.objects.filter(code="data:exported").count() == exported
    assert "Łódź".encode() in client.post(f"{PAGE}hamta/rattad-fil/", {"form": "text"}).content


# Findings ------------------------------------------------------------------------------------------------------------


def test_every_finding_leaves_in_words(scene: Scene, client: GuardedClient) -> None:
    findings = storage.findings_of(Delivery.objects.get(pk=scene.trosa.delivery.pk))
    sign_in(client, scene.cast.bo)
    heading, *rows = table_of(client.post(f"{PAGE}hamta/anmarkningar/", {"kind": "csv"}))
    assert heading == [
        "Nivå", "Vad det gäller", "Gör så här", "Rad", "Anställningsnummer", "Fält", "Fältets namn", "Värde", "Förklaring", "Kontroll"
    ]  # fmt: skip
    assert len(rows) == findings.height
    assert last_export().result == f"{findings.height} rader, personnummer maskade"
    assert [row[9] for row in rows] == findings["check"].to_list()
    explained = {row[8] for row in rows if row[9] == scene.trosa.explained.check and row[8]}
    assert explained == {"förklaring: det stämmer."}
    assert not [value for row in rows for value in row if personnummer.LOOKS_LIKE.search(value)]

    book = sheets_of(client.post(f"{PAGE}hamta/anmarkningar/", {"kind": "xlsx"}))
    assert list(book) == ["Anmärkningar", "Sammanfattning"]
    assert [["" if value is None else str(value) for value in row] for row in book["Anmärkningar"]] == [heading, *rows]
    assert sum(row[3] for row in book["Sammanfattning"][1:]) == findings.height


@pytest.mark.asvs("1.2.10")
@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+46 70 123", "-rad", "<b>&'", "0012"])
def test_exp_01_no_value_becomes_a_formula_a_number_or_markup(scene: Scene, client: GuardedClient, text: str) -> None:
    sign_in(client, scene.cast.bo).post(f"{PAGE}rad/5/falt/6/ratta/", {"version": 1, "revision": 1, "value": text})
    heading, *rows = sheets_of(client.post(f"{PAGE}hamta/felkolumn/", {"kind": "xlsx"}))["Rader"]
    assert rows[4][5] == text
    _, *rows = table_of(client.post(f"{PAGE}hamta/felkolumn/", {"kind": "csv"}))
    assert rows[4][5] == (f"'{text}" if text[0] in "=@+-" else text)


def test_the_rows_leave_as_the_layout_has_them_with_what_is_wrong_last(scene: Scene, client: GuardedClient) -> None:
    delivery = Delivery.objects.get(pk=scene.trosa.delivery.pk)
    findings, frame = storage.findings_of(delivery), storage.current_frame(delivery)
    sign_in(client, scene.cast.bo)
    heading, *rows = sheets_of(client.post(f"{PAGE}hamta/felkolumn/", {"kind": "xlsx", "revealed": "on"}))["Rader"]
    assert [re.match("[0-9]+", str(name))[0] for name in heading[:40]] == [str(number) for number in range(1, 41)]
    assert heading[40:] == ["Rad", "Nivå", "Anmärkningar"]
    assert [row[:40] for row in rows] == [[*values[1:8], None, *values[8:]] for values in frame.iter_rows()]
    assert {row[40] for row in rows if row[42]} == set(findings["row"].drop_nulls())
    assert last_export().result == f"{ROWS} rader, personnummer visade"
    _, *masked = sheets_of(client.post(f"{PAGE}hamta/felkolumn/", {"kind": "xlsx"}))["Rader"]
    assert not [value for row in masked for value in row if personnummer.LOOKS_LIKE.search(str(value))]


# Changes -------------------------------------------------------------------------------------------------------------


def test_the_changes_are_listed_by_employment_for_the_payroll_system(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo).post(f"{PAGE}rad/5/falt/14/ratta/", {"version": 1, "revision": 1, "value": "2061"})
    page = client.get(f"{PAGE}andringslista/").content.decode()
    changes = storage.changes_of(Delivery.objects.get(pk=scene.trosa.delivery.pk))
    assert f"{changes.height}\xa0värden i {changes['row'].n_unique()}\xa0anställningar" in page
    assert "Fält 14 Befattning" in page
    assert str(scene.cast.bo) in page
    assert not personnummer.LOOKS_LIKE.search(re.sub(r"<[^>]*>", " ", page))
    assert AuditEvent.objects.filter(code="data:read", object="0488/2026 version 1, ändringslistan").exists()
    heading, *rows = table_of(client.post(f"{PAGE}andringslista/hamta/", {"kind": "csv"}))
    assert heading[:6] == ["Anställningsnummer", "Personnummer", "Fält", "Fältets namn", "Från", "Till"]
    assert {int(row[9]) for row in rows} == set(changes["row"])
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    (row,) = [row for row in rows if row[9] == "5"]
    assert row[2:6] == ["14", "Befattning", DELIVERED.split(b"\r\n")[4].split(b";")[13].decode(), "2061"]
    assert row[7] == str(scene.cast.bo)


def test_a_reader_reads_the_changes_and_takes_nothing_out(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.cia)
    page = client.get(f"{PAGE}hamta/").content.decode()
    assert "hämtas av enhetens uppgiftslämnare och kontaktpersoner" in page
    assert "<form" not in page.split("<main")[1].split("</main")[0]
    for address in ("hamta/rattad-fil/", "hamta/anmarkningar/", "hamta/felkolumn/", "andringslista/hamta/"):
        assert client.post(f"{PAGE}{address}", {"kind": "csv"}).status_code == 403


@pytest.mark.parametrize("kind", ["", "pdf"])
def test_a_form_without_a_kind_gives_nothing(scene: Scene, client: GuardedClient, kind: str) -> None:
    refused = sign_in(client, scene.cast.bo).post(f"{PAGE}hamta/anmarkningar/", {"kind": kind})
    assert refused.status_code == 422
    assert "Välj om du vill ha filen som Excel eller CSV." in refused.content.decode()


def test_an_old_version_is_taken_out_by_its_number(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo).post(f"{PAGE}lamna/", {"file": io.BytesIO(synthetic.delivery("0488", ROWS, 7))})
    answer = client.post(f"{PAGE}hamta/anmarkningar/?version=1", {"kind": "csv"})
    assert "version-1-anmarkningar.csv" in answer.headers["Content-Disposition"]
    assert last_export().object == "0488/2026 version 1, alla anmärkningar"
    assert 'action="/inlamning/0488/2026/hamta/felkolumn/?version=1"' in client.get(f"{PAGE}hamta/?version=1").content.decode()


def test_of_several_files_each_comes_back_corrected_in_a_zip(scene: Scene, client: GuardedClient) -> None:
    lines = synthetic.delivery("0488", ROWS, 7).splitlines(keepends=True)
    parts = [b"".join(lines[:30]), b"\r\n" + b"".join(lines[30:])]
    sign_in(client, scene.cast.bo)
    client.post(f"{PAGE}lamna/", {"file": [io.BytesIO(part) for part in parts]})
    current = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    form = {"version": current.version, "revision": current.revision, "value": "Solåsen"}
    row = storage.base_frame(current)["row"][-1]
    assert row == ROWS + 1
    client.post(f"{PAGE}rad/{row}/falt/6/ratta/", form)
    answer = client.post(f"{PAGE}hamta/rattad-fil/")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["del 1.txt", "del 2.txt"]
    after = [archive.read(name) for name in archive.namelist()]
    expected = lines[-1].split(b";")
    expected[5] = "Solåsen".encode("cp1252")
    kept = storage.changes_of(Delivery.objects.get(pk=current.pk)).filter(pl.col("row") != row)
    assert kept.is_empty() or after[0] != parts[0]
    assert after[1].endswith(b";".join(expected))
    assert client.post(f"{PAGE}lamna/", {"file": [io.BytesIO(part) for part in after]}).status_code == 302
    newest = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    assert storage.base_frame(newest).equals(storage.current_frame(Delivery.objects.get(pk=current.pk)), null_equal=True)
