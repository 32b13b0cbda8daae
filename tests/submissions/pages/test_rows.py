"""Rader: found by what is wrong with them, by etikett, by line, behind a number of a table, or for one person."""

from __future__ import annotations

import re

import polars as pl
import pytest

from accounts.models import AuditEvent
from config.lib import personnummer
from submissions import checking
from submissions.fields import in_words
from submissions.models import Delivery
from submissions.services import storage
from submissions.views.row import row_of_the_same
from submissions.views.row_filter import rows_of_person
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import ROWS, Scene
from tests.submissions.engine.rows import frame_of, person, row

pytestmark = pytest.mark.django_db

PAGE = "/inlamning/0488/2026/"


@pytest.fixture(autouse=True)
def forget() -> None:
    """The frames of another test's delivery, which had the same key."""
    storage.cache.clear()


def listed(page: str) -> list[int]:
    """The rows in the list, in its order."""
    return [int(number) for number in re.findall(r'href="/inlamning/0488/2026/rad/([0-9]+)/', page)]


def delivery_of(scene: Scene) -> Delivery:
    """Trosa's file with its frames."""
    return Delivery.objects.get(pk=scene.trosa.delivery.pk)


def test_all_rows_stand_fifty_to_a_page_in_the_files_order(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.cia)
    first = client.get(f"{PAGE}rader/").content.decode()
    assert listed(first) == list(range(1, 51))
    assert listed(client.get(f"{PAGE}rader/?sida=2").content.decode()) == list(range(51, ROWS + 1))
    assert not personnummer.LOOKS_LIKE.search(re.sub(r"<[^>]*>", " ", first))
    event = AuditEvent.objects.filter(code="data:read", actor_id=scene.cast.cia.pk).earliest("pk")
    assert (event.object, event.result) == ("0488/2026 version 1, 50 rader mellan rad 1 och 50", "personnummer maskade")


def test_rows_are_found_by_line_level_check_and_correction(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    findings = storage.findings_of(delivery_of(scene))
    on_rows = findings.filter(pl.col("row").is_not_null())
    check = on_rows["check"][0]
    cases = {
        "radnr=7": [7],
        "niva=varning": sorted(on_rows.filter(pl.col("level") == "varning")["row"].unique()),
        f"kontroll={check}": sorted(on_rows.filter(pl.col("check") == check)["row"].unique()),
        "rattad=ja": sorted(storage.changes_of(delivery_of(scene))["row"].unique()),
        f"rattad=nej&radnr={scene.trosa.correction.row}": [],
        "radnr=9999": [],
    }
    for query, rows in cases.items():
        assert listed(client.get(f"{PAGE}rader/?{query}").content.decode()) == rows, query
    assert cases["niva=varning"]


def test_rows_are_found_by_the_etikett_or_its_name(scene: Scene, client: GuardedClient) -> None:
    frame = storage.current_frame(delivery_of(scene))
    code = frame["f9"].drop_nulls().mode()[0]
    label = scene.trosa.submission.collection.spec().lists["aid"].codes[code].label
    rows = frame.filter(pl.col("f9") == code)["row"].to_list()
    for asked in (code, label.upper()):
        page = sign_in(client, scene.cast.bo).get(f"{PAGE}rader/", {"etikett": asked}).content.decode()
        assert set(rows) <= set(listed(page)), asked
    assert listed(client.get(f"{PAGE}rader/", {"etikett": code}).content.decode()) == rows
    assert "Inga rader passar" in client.get(f"{PAGE}rader/", {"etikett": "rymdpilot"}).content.decode()


def test_the_rows_of_a_group_lead_from_one_to_the_next(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    group = scene.trosa.explained
    page = client.get(f"{PAGE}rader/?grupp={group.key}").content.decode()
    rows = checking.group_rows(storage.findings_of(delivery_of(scene)), group.check, group.field, group.value)["row"]
    assert listed(page) == sorted(rows.drop_nulls().unique())
    assert f'href="{PAGE}rad/{listed(page)[0]}/?grupp={group.key}"' in page
    assert "En grupp som inte finns kvar" in client.get(f"{PAGE}rader/?grupp=abc").content.decode()


@pytest.mark.parametrize(
    "query",
    ["radnr=x", "radnr=-1", "niva=allt", "kontroll=XXX99", "rattad=kanske", "grupp=%22", "sida=x", "tabell=a&rad=b&kolumn=%00"],
)
def test_an_odd_question_is_no_error(scene: Scene, client: GuardedClient, query: str) -> None:
    assert sign_in(client, scene.cast.bo).get(f"{PAGE}rader/?{query}").status_code == 200


def test_a_number_of_a_table_opens_its_rows(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    page = client.get(f"{PAGE}rader/?tabell=populationer&rad=alla&kolumn=anstallningar").content.decode()
    assert "Anställningar" in page
    assert listed(page) == list(range(1, 51))
    gone = client.get(f"{PAGE}rader/?tabell=populationer&rad=alla&kolumn=finns-inte").content.decode()
    assert "Ett tal som inte finns i tabellerna" in gone
    assert listed(gone) == []


def test_last_years_rows_are_shown_without_links(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    page = client.get(f"{PAGE}rader/?tabell=populationer&rad=alla&kolumn=anstallningar&ur=mot").content.decode()
    assert "Raderna är ur förra årets fil." in page
    assert "Rad 7" in page
    assert listed(page) == []
    assert AuditEvent.objects.filter(code="data:read", object__startswith="0488/2025 version 1, 50 rader").exists()


# One person ----------------------------------------------------------------------------------------------------------


def test_a_person_is_searched_by_post_and_never_in_an_address(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    frame = storage.current_frame(delivery_of(scene))
    number = frame["f7"][4]
    rows = frame.filter(pl.col("f7") == number)["row"].to_list()
    for written in (number, f"19{number}", f"{number[:6]}-{number[6:]}", f" {number} "):
        page = client.post(f"{PAGE}rader/person/", {"person": written}).content.decode()
        assert listed(page) == rows
        assert f"Sökning på {number[:6]}-****" in page
        assert number not in page
        assert f"{number[:6]}-{number[6:]}" not in page
    event = AuditEvent.objects.filter(code="data:read", object__contains="sökning efter en person").latest("pk")
    assert event.actor_id == scene.cast.bo.pk
    assert number[6:] not in event.object
    assert client.get(f"{PAGE}rader/person/?person={number}").status_code == 405


def test_an_employment_is_searched_by_anybody_and_a_personnummer_by_those_who_may_see_it(
    scene: Scene, client: GuardedClient
) -> None:
    frame = storage.current_frame(delivery_of(scene))
    key, number = frame["f40"][4], frame["f7"][4]
    for someone in (scene.cast.cia, scene.cast.officer):
        sign_in(client, someone)
        assert 5 in listed(client.post(f"{PAGE}rader/person/", {"person": key.lower()}).content.decode())
        assert client.post(f"{PAGE}rader/person/", {"person": number}).status_code == 403


def test_a_search_that_finds_nothing_says_so_and_is_logged(scene: Scene, client: GuardedClient) -> None:
    page = sign_in(client, scene.cast.bo).post(f"{PAGE}rader/person/", {"person": "finns inte"}).content.decode()
    assert "Ingen rad i filen har det numret." in page
    assert AuditEvent.objects.filter(object="0488/2026 version 1, sökning efter en person, ingen rad").exists()
    refused = client.post(f"{PAGE}rader/person/", {"person": ""})
    assert refused.status_code == 422
    assert "Skriv ett anställningsnummer eller ett personnummer." in refused.content.decode()


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        (person(), [1, 3]),
        (f"19{person()}", [1, 3]),
        ("a00002", [2]),
        ("A00002 ", [2]),
        ("2", []),
        (person()[:9], []),
        (f"x{person()}", []),
        ("", []),
    ],
)
def test_whose_rows_they_are(written: str, rows: list[int]) -> None:
    frame = frame_of([row({7: person()}, key=1), row(key=2), row({7: person()}, key=3)])
    assert rows_of_person(frame, written)["row"].to_list() == rows


# The page of a row ---------------------------------------------------------------------------------------------------


def words_of(page: str) -> str:
    """What stands on the page, without markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.replace("\xa0", " ").replace("\u202f", " ")).split())


def test_a_row_is_told_in_words_in_sections(scene: Scene, client: GuardedClient) -> None:
    values = storage.current_frame(delivery_of(scene)).filter(pl.col("f22").is_not_null()).row(0, named=True)
    page = words_of(sign_in(client, scene.cast.bo).get(f"{PAGE}rad/{values['row']}/").content.decode())
    for words in ("Arbetsgivaren", "Personen", "Arbetet", "Anställningen", "Lönen", "Tomma fält och nollor", " kr", " %"):
        assert words in page, words
    assert f"{values['f18'][:4]}-{values['f18'][4:6]}-{values['f18'][6:]}" in page
    assert re.search(r"(kvinna|man), [0-9]+ år", page)
    assert values["f7"] not in page
    assert f"{values['f7'][:6]}-****" in page


def test_a_row_leads_to_the_next_in_the_list_one_came_from(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    rows = listed(client.get(f"{PAGE}rader/?niva=varning").content.decode())
    page = client.get(f"{PAGE}rad/{rows[1]}/?niva=varning").content.decode()
    assert f'rel="prev" href="{PAGE}rad/{rows[0]}/?niva=varning"' in page
    assert f'rel="next" href="{PAGE}rad/{rows[2]}/?niva=varning"' in page
    assert f"2 av {len(rows)} i listan" in words_of(page)
    outside = next(number for number in range(1, ROWS) if number not in rows)
    assert 'rel="next"' not in client.get(f"{PAGE}rad/{outside}/?niva=varning").content.decode()
    assert f'rel="next" href="{PAGE}rad/2/"' in client.get(f"{PAGE}rad/1/").content.decode()


def test_the_same_person_stands_beside_as_last_year(scene: Scene, client: GuardedClient) -> None:
    last = Delivery.objects.get(submission__unit=scene.trosa.unit, submission__collection__year=2025)
    numbers = set(storage.current_frame(last)["f7"].drop_nulls())
    frame = storage.current_frame(delivery_of(scene))
    stayed = next(values for values in frame.iter_rows(named=True) if values["f7"] in numbers)
    joined = next(values for values in frame.iter_rows(named=True) if values["f7"] not in numbers)
    sign_in(client, scene.cast.bo)
    assert "Förra året" in client.get(f"{PAGE}rad/{stayed['row']}/").content.decode()
    assert "Förra året" not in client.get(f"{PAGE}rad/{joined['row']}/").content.decode()
    assert AuditEvent.objects.filter(code="data:read", object__startswith="0488/2025 version 1, rad ").count() == 1


def test_every_change_of_a_value_stands_in_its_history(scene: Scene, client: GuardedClient) -> None:
    sign_in(client, scene.cast.bo)
    before = storage.current_frame(delivery_of(scene)).filter(pl.col("row") == 5)["f14"][0]
    for value in ("2061", "2062"):
        form = {"version": 1, "revision": delivery_of(scene).revision, "value": value}
        client.post(f"{PAGE}rad/5/falt/14/ratta/", form)
    page = words_of(client.get(f"{PAGE}rad/5/").content.decode())
    assert f"{before} blev 2061 , Bo Ask" in page
    assert "2061 blev 2062 , Bo Ask" in page
    assert "Ångrad eller ersatt av Bo Ask" in page
    assert "2062 Rättat här Historik" in page


def test_a_question_about_the_row_is_asked_by_those_who_may_write(scene: Scene, client: GuardedClient) -> None:
    page = sign_in(client, scene.cast.bo).get(f"{PAGE}rad/5/").content.decode()
    assert f'href="{PAGE}rad/5/fraga/"' in page
    assert 'href="#fragor">Fråga SKR om raden' in page
    page = sign_in(client, scene.cast.cia).get(f"{PAGE}rad/5/").content.decode()
    assert "Fråga SKR" not in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (18, "20261101", "2026-11-01"),
        (18, "20261301", ""),
        (18, "2026", ""),
        (20, "07500", "75,00\xa0%"),
        (21, "3815", "38,15\xa0timmar per vecka"),
        (22, "0036500", "36\u202f500\xa0kr"),
        (24, "016550", "165,50\xa0kr/tim"),
        (25, "08000", "80,00\xa0timmar"),
        (3, "2120002841", "212000-2841"),
        (39, "J", "ja"),
        (22, "3o500", ""),
        (22, None, ""),
        (6, "123", ""),
    ],
)
def test_a_value_in_words(field: int, value: str | None, words: str) -> None:
    assert in_words(field, value) == words


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ([({40: "A00001"}, 2), ({40: "X"}, 1)], 1),
        ([({40: "X", 9: "101010"}, 2), ({40: "Y"}, 2)], 2),
        ([({40: "X", 9: "101010"}, 2), ({40: "Y", 9: "101010"}, 2)], 1),
        ([], None),
    ],
)
def test_whose_row_it_was_last_year(others: list[tuple[dict[int, str], int]], found: int | None) -> None:
    me = frame_of([row({7: person()})]).row(0, named=True)
    frame = frame_of([*(row({7: person(), **changes}) for changes, _ in others), row(key=9)])
    same = row_of_the_same(frame, me)
    assert (same["row"] if same else None) == found
