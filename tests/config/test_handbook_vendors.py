"""What payroll vendors need: every field with its checks, codes and example, the same as files, and files to try."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.handbook import fields, samples
from submissions import builtin, catalogue
from submissions.models import Collection, Field
from submissions.services.collections import open_collection
from tests.client import GuardedClient
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

SPEC = builtin.collection_spec(builtin.LATEST)


def main_of(client: GuardedClient, address: str) -> str:
    """The page's own text, with its markup."""
    return client.get(address).content.decode().split("<main", 1)[1].split("</main", 1)[0]


def body_of(answer: object) -> str:
    """A file's text."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode("utf-8-sig")


def test_the_page_of_the_layout_has_every_field_with_its_checks(client: GuardedClient) -> None:
    page = main_of(client, "/handbok/falt/")
    for field in SPEC.layout.fields:
        row = re.search(rf'<tr id="falt-{field.number}">.*?</tr>', page, re.DOTALL)
        assert row, field
        assert field.name in row[0]
        for check in catalogue.checks_of(field, SPEC):
            assert f"/kontroller/{check.code}/" in row[0], (field.number, check.code)


def test_every_check_that_names_a_field_stands_at_that_field() -> None:
    shown = {field.number: {check.code for check in catalogue.checks_of(field, SPEC)} for field in SPEC.layout.fields}
    for check in SPEC.checks.values():
        for part in check.fields.split(","):
            if part.strip().isdigit():
                assert check.code in shown[int(part)], check.code
    wide = {check.code for check in SPEC.checks.values() if check.fields == "alla"}
    assert all(wide <= codes for codes in shown.values())
    numeric = {check.code for check in SPEC.checks.values() if check.fields == "alla N"}
    assert all((numeric <= shown[field.number]) == field.numeric for field in SPEC.layout.fields)


@pytest.mark.parametrize("number", [field.number for field in SPEC.layout.fields])
def test_every_field_has_a_page_that_says_what_it_is(client: GuardedClient, number: int) -> None:
    page = main_of(client, f"/handbok/falt/{number}/")
    field = SPEC.layout[number]
    for words in (field.name, f"{number} av {len(SPEC.layout)}", f"högst {field.max_length} tecken"):
        assert words in page
    for check in catalogue.checks_of(field, SPEC):
        assert f"/kontroller/{check.code}/" in page


def test_a_field_shows_its_decimals_its_codes_an_example_and_what_is_often_wrong(client: GuardedClient) -> None:
    hourly, label, salary = (main_of(client, f"/handbok/falt/{number}/") for number in (24, 9, 22))
    assert "de två sista siffrorna är hundradelar" in hourly
    assert "öre per timme" in hourly
    assert "/handbok/kodlistor/aid/" in label
    example = samples.value(9)
    assert f"<code>{example}</code>" in label
    assert SPEC.lists["aid"].codes[example].label in label
    assert "Vanliga fel" in salary
    assert "58000" in salary or "<code>130000</code>" in salary
    assert client.get("/handbok/falt/0/").status_code == 404
    assert client.get("/handbok/falt/41/").status_code == 404


def test_the_layout_is_to_be_had_as_csv_and_json_with_the_same_in_both(client: GuardedClient) -> None:
    rows = list(csv.DictReader(io.StringIO(body_of(client.get("/handbok/postbeskrivning/csv/"))), delimiter=";"))
    whole = json.loads(body_of(client.get("/handbok/postbeskrivning/json/")))
    assert [int(row["nr"]) for row in rows] == [one["number"] for one in whole["fields"]] == list(range(1, 41))
    for row, one in zip(rows, whole["fields"], strict=True):
        assert (row["fält"], int(row["längd"]), row["kontroller"].split()) == (one["name"], one["max_length"], one["checks"])
    assert (whole["layout"], whole["year"], whole["separator"]) == (SPEC.layout.name, SPEC.year, ";")
    assert client.get("/handbok/postbeskrivning/xml/").status_code == 404


# Code lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(SPEC.lists))
def test_every_code_list_has_a_page_and_a_file_with_all_its_codes(client: GuardedClient, kind: str) -> None:
    codes = SPEC.lists[kind].codes
    page = main_of(client, f"/handbok/kodlistor/{kind}/")
    assert set(re.findall(r'<tr id="kod-([^"]+)"', page)) == set(codes)
    rows = list(csv.reader(io.StringIO(body_of(client.get(f"/handbok/kodlistor/{kind}/hamta/"))), delimiter=";"))
    assert [row[0] for row in rows[1:]] == list(codes)


def test_the_codes_are_searched_in_words(client: GuardedClient) -> None:
    page = main_of(client, "/handbok/kodlistor/aid/?sok=underskoterska")
    found = re.findall(r'<tr id="kod-(\d+)"', page)
    assert 0 < len(found) < 20
    assert all("ndersköterska" in SPEC.lists["aid"].codes[code].label for code in found[:1])
    assert "0\xa0koder för ”semla”" in main_of(client, "/handbok/kodlistor/aid/?sok=semla")
    assert client.get("/handbok/kodlistor/finns-inte/").status_code == 404


# Files to try --------------------------------------------------------------------------------------------------------


def test_the_good_file_has_no_fault_and_the_other_has_some(client: GuardedClient) -> None:
    assert "Inga anmärkningar." in samples.report("utan-fel", "text")
    counts = json.loads(samples.report("med-fel", "json"))["counts"]
    assert counts["fel"] > 0
    assert counts["varning"] > 0
    for slug in samples.SAMPLES:
        answer = client.get(f"/handbok/exempelfil/{slug}/")
        assert b"".join(answer.streaming_content) == samples.content(slug)
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/handbok/exempelfil/annan/").status_code == 404


def test_the_command_that_is_shown_makes_the_same_file_and_says_what_is_shown(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    sample = samples.SAMPLES["med-fel"]
    made = subprocess.run([sys.executable, *sample.command.split()], cwd=root, capture_output=True, check=True).stdout
    assert made == samples.content("med-fel")


def test_the_page_about_check_file_shows_what_it_says(client: GuardedClient) -> None:
    page = main_of(client, "/handbok/check-file/").replace("&#x27;", "'").replace("&quot;", '"')
    assert samples.report("med-fel", "text").splitlines()[0] in page
    assert '"accepted": true' in page


def test_a_year_with_another_layout_offers_no_file_of_the_old_one(client: GuardedClient) -> None:
    year = open_collection(year=SPEC.year, by=None, at=NOW).collection
    assert "exempel-utan-fel.txt" in main_of(client, "/handbok/exempelfiler/")
    assert "ett förslag" in main_of(client, "/handbok/falt/")
    Field.objects.filter(layout=Collection.objects.get(pk=year.pk).layout, number=22).update(max_length=8)
    assert "exempel-utan-fel.txt" not in main_of(client, "/handbok/exempelfiler/")
    assert "ett förslag" not in main_of(client, "/handbok/falt/")
    assert client.get("/handbok/exempelfil/utan-fel/").status_code == 404
    assert "<code>" not in main_of(client, "/handbok/falt/22/").split("Vanliga fel")[0]


def test_decimals_and_units_are_said_where_there_are_some() -> None:
    assert [number for number in range(1, 41) if fields.decimals_of(number)] == [20, 21, 24, 25, 27, 34, 36]
    assert fields.unit_of(18) == "datum, ÅÅÅÅMMDD"
    assert fields.unit_of(22) == "hela kronor"
    assert fields.unit_of(1) == ""
