"""Läget as SKR meets it: every number leads to a list with as many rows, and the year that is chosen stays."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.models import Unit
from submissions.models import Collection, Delivery, Submission
from tests.admin.conftest import as_role
from tests.admin.units import more_units
from tests.cast import make_unit
from tests.scene import Scene

pytestmark = pytest.mark.django_db

LISTS = "/admin/submissions/submission/"


def links(page: str) -> list[tuple[str, int]]:
    """Every number of the page that leads to a list: its address and the number."""
    figures = re.findall(r'key-figure__link" href="([^"]+)">\s*<span class="key-figure__value">([^<]+)<', page)
    minor = re.findall(r'admin-minor__link" href="([^"]+)"><span class="admin-minor__value">([^<]+)<', page)
    cells = re.findall(r'<td data-label="[^"]+" class="is-number"><a href="([^"]+)">([^<]+)</a>', page)
    return [(html.unescape(href), int(number.replace("\u202f", ""))) for href, number in [*figures, *minor, *cells]]


def test_every_number_leads_to_a_list_with_as_many_rows(scene: Scene, clock: object) -> None:
    more_units(14)
    clock.move_to(datetime(2026, 12, 4, 9, tzinfo=UTC))  # type: ignore[attr-defined]
    client = as_role(scene, "coordinator")
    found = links(client.get("/admin/").content.decode())
    assert len(found) > 60
    assert {number for _, number in found} - {0, 1}
    rows_of: dict[str, int] = {}
    for href, number in found:
        if href not in rows_of:
            rows_of[href] = client.get(href).context["cl"].result_count
        assert rows_of[href] == number, href


def test_the_chosen_year_stays_on_the_way_to_the_lists_and_back(scene: Scene) -> None:
    client = as_role(scene, "officer")
    assert "Novemberstatistiken 2026, sista dag" in client.get("/admin/").content.decode()
    assert "Novemberstatistiken 2025, sista dag" in client.get("/admin/?ar=2025").content.decode()
    assert "Novemberstatistiken 2025, sista dag" in client.get("/admin/").content.decode()
    assert client.get(LISTS).context["cl"].get_filters_params() == {}
    assert [one.submission_year for one in years_in(client.get(LISTS))] == [2025, 2025]
    assert [one.submission_year for one in years_in(client.get(f"{LISTS}?insamling=2026"))] == [2026, 2026]
    assert "Novemberstatistiken 2026, sista dag" in as_role(scene, "statistician").get("/admin/").content.decode()


def test_the_way_back_from_a_submission_leads_to_the_list_as_it_was_narrowed(scene: Scene) -> None:
    client = as_role(scene, "officer")
    address = f"{LISTS}{scene.trosa.submission.pk}/change/"
    assert f'href="{LISTS}"' in client.get(address).content.decode()
    client.get(f"{LISTS}?lan=04&status=under_review")
    assert f'href="{LISTS}?lan=04&amp;status=under_review"' in client.get(address).content.decode()
    client.get(f"{LISTS}?q=19121212-1212")
    assert "1212" not in client.get(address).content.decode()


def years_in(answer: object) -> list[object]:
    """The rows of the list, each with its year."""
    rows = list(answer.context["cl"].result_list)  # type: ignore[attr-defined]
    for row in rows:
        row.submission_year = row.collection.year
    return rows


@pytest.mark.parametrize("asked", ["1999", "x", "", "2026'", "99999999999999999999"])
def test_a_year_that_is_not_there_changes_nothing(scene: Scene, asked: str) -> None:
    page = as_role(scene, "officer").get("/admin/", {"ar": asked})
    assert page.status_code == 200
    assert "Novemberstatistiken 2026, sista dag" in page.content.decode()


def test_the_page_takes_as_many_queries_for_two_units_as_for_twenty(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    asked = []
    for number in (0, 18):
        more_units(number)
        client.get("/admin/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/")
        asked.append(len(captured))
    assert asked[0] == asked[1]
    assert asked[1] <= 45


def test_the_list_tells_whom_to_ring_and_why(scene: Scene, clock: object) -> None:
    clock.move_to(datetime(2026, 12, 4, 9, tzinfo=UTC))  # type: ignore[attr-defined]
    Delivery.objects.filter(submission=scene.trosa.submission).update(is_current=False)
    page = as_role(scene, "officer").get("/admin/submissions/submission/att-ringa/").content.decode()
    assert "Försenad 3 dagar: ingen fil som gick att läsa har kommit." in page
    assert "0156-520 00" in page
    front = as_role(scene, "officer").get("/admin/").content.decode()
    assert "Försenad 3 dagar" in front


def test_the_front_page_shows_ten_and_leads_to_the_others(scene: Scene, clock: object) -> None:
    more_units(30)
    clock.move_to(datetime(2026, 12, 4, 9, tzinfo=UTC))  # type: ignore[attr-defined]
    client = as_role(scene, "officer")
    front = client.get("/admin/").content.decode()
    assert front.count('class="row__link"') == 10
    whole = client.get("/admin/submissions/submission/att-ringa/").content.decode()
    told = re.search(r"Visa alla (\d+)", front)
    assert told is not None
    assert whole.count('class="row__link"') == int(told[1]) > 10


def test_a_closed_year_has_nobody_to_ring(scene: Scene) -> None:
    client = as_role(scene, "officer")
    assert "Att ringa" not in client.get("/admin/?ar=2025").content.decode()
    assert "Insamlingen är avslutad" in client.get("/admin/submissions/submission/att-ringa/").content.decode()


def test_the_curve_compares_with_last_year_and_stands_as_a_table_too(scene: Scene) -> None:
    page = as_role(scene, "statistician").get("/admin/").content.decode()
    assert page.count('class="chart__stroke chart__stroke--now"') == 3
    assert page.count('class="chart__stroke chart__stroke--before"') == 3
    assert "2 (100 %)" in page


def test_the_systems_keeper_sees_nothing_of_the_collection(scene: Scene) -> None:
    page = as_role(scene, "system").get("/admin/").content.decode()
    assert "Att ringa" not in page
    assert "chart" not in page


def test_many_units_without_people_are_told_in_one_line_and_hide_no_other(scene: Scene) -> None:
    client = as_role(scene, "officer")
    only_word = "Ingen i enheten kan lämna uppgifter. Bjud in någon."
    _without_people(1)
    assert only_word in client.get("/admin/").content.decode()
    _without_people(12)
    many = client.get("/admin/").content.decode()
    told = re.search(r"I (\d+)\s+enheter kan ingen lämna uppgifter\.", many)
    assert told is not None
    assert int(told[1]) >= 13
    assert only_word not in many
    assert "/admin/profiles/unit/?kontaktperson=saknas" in many


def _without_people(number: int) -> None:
    """Further units of the year that nobody has been invited to."""
    for index in range(number):
        unit = make_unit(f"25{Unit.objects.count()}{index}", f"Ny ort {index}")
        Submission.objects.create(unit=unit, collection=Collection.objects.get(year=2026))
