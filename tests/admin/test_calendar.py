"""SKR makes the next year in the admin, moves its calendar, and the units' pages follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from submissions.models import CodeList, Collection, SettingChange, Submission, SubmissionEvent
from submissions.services import calendar, new_year
from submissions.services.calendar import LABELS
from submissions.services.collections import _moved
from tests.admin.conftest import as_person, as_role
from tests.scene import YEAR, Scene

pytestmark = pytest.mark.django_db

URL = "/admin/submissions/collection/"


def year_of(year: int = YEAR) -> Collection:
    """A collection."""
    return Collection.objects.get(year=year)


def post(client: Client, collection: Collection, **changes: Any) -> HttpResponse:
    """Send the calendar's form with changes."""
    now = calendar.calendar_of(collection)
    form = {name: getattr(now, name).isoformat() for name in LABELS}
    form |= {"seen": str(calendar.latest_change(collection)), "reason": "Mer tid för lönesystembytet.", **changes}
    return client.post(f"{URL}{collection.pk}/kalender/", form)


def make_next(client: Client) -> Collection:
    """Press Lägg upp nästa år."""
    answer = client.post(f"{URL}nytt-ar/", {"year": str(YEAR + 1)}, follow=True)
    assert "är upplagd" in answer.content.decode()
    return year_of(YEAR + 1)


def test_next_year_is_shown_before_it_is_made_and_made_once(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    assert "Lägg upp nästa år" in client.get(URL).content.decode()
    page = client.get(f"{URL}nytt-ar/").content.decode()
    assert "2027-10-12" in page
    assert "insamlingen 2026" in page
    assert not Collection.objects.filter(year=YEAR + 1).exists()
    made = make_next(client)
    assert (made.opens_on, made.layout) == (date(2027, 10, 12), year_of().layout)
    assert Submission.objects.filter(collection=made).count() == 2
    client.post(f"{URL}nytt-ar/", {"year": str(YEAR + 1)})
    assert Collection.objects.filter(year=YEAR + 1).count() == 1
    assert "Ett annat år står på tur" in client.post(f"{URL}nytt-ar/", {"year": "2031"}, follow=True).content.decode()


def test_what_is_prepared_does_not_show_as_this_years(scene: Scene) -> None:
    make_next(as_role(scene, "statistician"))
    Collection.objects.filter(year=YEAR + 1).update(measurement_day="2027-11-02")
    anna = as_person(scene.cast.anna)
    assert anna.get("/inlamning/")["Location"].endswith(f"/{YEAR}/")
    assert str(YEAR + 1) not in anna.get("/kontroller/").content.decode()
    assert "Förbereds" in as_role(scene, "coordinator").get(URL).content.decode()


def test_a_list_in_use_that_no_year_was_old_enough_for_goes_to_the_new_year(scene: Scene) -> None:
    old = year_of().code_lists.get(kind="ansvar")
    newer = CodeList.objects.create(kind="ansvar", name=old.name, version="2026-12", valid_from=date(2026, 11, 10))
    assert make_next(as_role(scene, "statistician")).code_lists.get(kind="ansvar") == newer


def test_before_it_opens_every_date_may_be_moved(scene: Scene) -> None:
    made = make_next(as_role(scene, "statistician"))
    moved = {name: (getattr(calendar.calendar_of(made), name) + timedelta(days=1)).isoformat() for name in LABELS}
    for role in ("coordinator", "statistician"):
        assert post(as_role(scene, role), year_of(YEAR + 1), **moved).status_code == 302
        moved = {
            name: (getattr(calendar.calendar_of(year_of(YEAR + 1)), name) + timedelta(days=1)).isoformat() for name in LABELS
        }
    assert year_of(YEAR + 1).opens_on == date(2027, 10, 14)
    assert SettingChange.objects.filter(collection=made, kind="calendar").count() == 2


def test_a_later_last_day_is_on_the_units_pages_at_once_with_the_reason(scene: Scene) -> None:
    Submission.objects.filter(pk=scene.other.submission.pk).update(granted_due_date="2026-12-03")
    answer = post(as_role(scene, "coordinator"), year_of(), due_date="2026-12-04")
    assert answer.status_code == 302, answer.content.decode()
    page = as_person(scene.cast.anna).get(f"/inlamning/0488/{YEAR}/").content.decode()
    assert "SKR har flyttat årets sista dag till 2026-12-04. Mer tid för lönesystembytet." in page
    assert Submission.objects.get(pk=scene.other.submission.pk).due_date == date(2026, 12, 4)
    change = SettingChange.objects.get(kind="calendar")
    assert (change.why, change.changes) == (
        "Mer tid för lönesystembytet.",
        [{"label": "Sista dag", "from": "2026-12-01", "to": "2026-12-04"}],
    )
    assert "Mer tid för lönesystembytet." in as_role(scene, "officer").get(f"{URL}{year_of().pk}/change/").content.decode()


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"due_date": "2026-11-30"}, "sista dagen kan bara flyttas till en senare dag"),
    ({"due_date": "2026-11-10"}, "en dag som har passerat"),
    ({"due_date": "2026-12-20"}, "Senaste uppskov kan inte ligga före sista dagen."),
    ({"latest_deferral_date": "2026-11-30"}, "Senaste uppskov kan inte ligga före sista dagen."),
    ({"due_date": "snart"}, "ÅÅÅÅ-MM-DD"),
    ({"due_date": "2026-12-04", "reason": ""}, "Skriv varför"),
    ({"due_date": "2026-12-04", "reason": "Fråga 19800101-2389"}, "Skriv inte personnummer här"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_what_cannot_be_is_said_at_its_date_and_changes_nothing(scene: Scene, changes: dict[str, str], words: str) -> None:
    before = calendar.calendar_of(year_of())
    answer = post(as_role(scene, "coordinator"), year_of(), **changes)
    assert words in answer.content.decode()
    assert calendar.calendar_of(year_of()) == before
    assert not SubmissionEvent.objects.filter(text__contains="flyttat").exists()


def test_days_that_have_passed_are_shown_and_never_changed(scene: Scene) -> None:
    client, before = as_role(scene, "coordinator"), calendar.calendar_of(year_of())
    assert "Dagen har passerat och kan inte ändras." in client.get(f"{URL}{year_of().pk}/kalender/").content.decode()
    post(client, year_of(), opens_on="2026-12-01", measurement_day="2026-11-20", delivers_on="2026-11-20")
    assert calendar.calendar_of(year_of()) == before


def test_a_granted_date_and_the_direct_rule_bound_the_latest_day(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    Submission.objects.filter(pk=scene.other.submission.pk).update(granted_due_date="2026-12-10")
    assert "redan fått uppskov till 2026-12-10" in post(client, year_of(), latest_deferral_date="2026-12-09").content.decode()
    Collection.objects.filter(year=YEAR).update(direct_deferral_days=14)
    assert "Regeln att bevilja 14 dagar direkt" in post(client, year_of(), due_date="2026-12-02").content.decode()


def test_an_old_tab_does_not_write_over_a_colleagues_dates(scene: Scene) -> None:
    client = as_role(scene, "coordinator")
    post(client, year_of(), due_date="2026-12-04")
    assert "Någon har ändrat inställningen" in post(client, year_of(), due_date="2026-12-07", seen="0").content.decode()
    assert year_of().due_date == date(2026, 12, 4)


def test_who_may_what(scene: Scene) -> None:
    for role, may_move, may_make in (("officer", 403, 403), ("coordinator", 200, 403), ("statistician", 200, 200)):
        client = as_role(scene, role)
        assert client.get(f"{URL}{year_of().pk}/kalender/").status_code == may_move
        assert client.get(f"{URL}nytt-ar/").status_code == may_make


@pytest.mark.parametrize(("before", "after"), [((2028, 2, 29), (2029, 2, 28)), ((2026, 12, 1), (2027, 12, 1))])
def test_a_date_moves_by_whole_years(scene: Scene, before: tuple[int, int, int], after: tuple[int, int, int]) -> None:
    spec = year_of().spec()
    spec = replace(spec, year=before[0], latest_deferral_date=date(*before))
    assert _moved(spec, after[0]).latest_deferral_date == date(*after)


def test_two_who_make_the_year_at_once_get_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_next(as_role(scene, "statistician"))

    def beaten(**_: object) -> None:
        raise IntegrityError

    first = Collection.objects.filter(year=YEAR + 1)
    monkeypatch.setattr(new_year, "open_collection", beaten)
    monkeypatch.setattr(new_year, "_existing", lambda year: None)
    monkeypatch.setattr(new_year, "next_year", lambda on: YEAR + 1)
    assert new_year.make(year=YEAR + 1, by=scene.cast.statistician, at=timezone.now()) == made == first.get()
