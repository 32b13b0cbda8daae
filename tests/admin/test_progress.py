"""How far SKR's jobs have come, on the pages that show them: read from what the job has written, and where it stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from submissions import tasks
from submissions.models import Collection, ExportFile, Trial
from submissions.services import production_set, rechecks, trials
from tests.admin.conftest import as_role
from tests.admin.test_check_settings import setting_of
from tests.admin.test_production import make, page_of
from tests.admin.test_trials import LOW, asked, switch_on
from tests.admin.test_trials import page_of as page_of_trial
from tests.scene import YEAR, Scene

pytestmark = pytest.mark.django_db
WATCHED = 'http-equiv="refresh"'
LONG = timedelta(minutes=4)


def keep(trial: Trial, done: int, at: object = None) -> None:
    """What the job has written when so many units are tried."""
    Trial.objects.filter(pk=trial.pk).update(state="running", total=4, done=done, touched_at=at or timezone.now())


# A trial -------------------------------------------------------------------------------------------------------------


def test_a_trial_tells_how_far_it_has_come_until_it_is_done(scene: Scene, clock: time_machine.Coordinates) -> None:
    client = as_role(scene, "statistician")
    before = asked(client, **LOW)
    trials.run(trial_id=before.pk)
    Trial.objects.filter(pk=before.pk).update(finished_at=timezone.now() + timedelta(minutes=3))
    trial = asked(client, threshold_high=21000, threshold_text="> 21 000 kr")
    page = page_of_trial(client, trial)
    assert "Den börjar inom någon minut." in page
    assert WATCHED in page
    keep(trial, 1)
    page = page_of_trial(client, trial)
    assert "1 av 4 enheter är provade." in page
    assert 'max="4" value="1"' in page
    assert "En provkörning av så många enheter brukar ta ungefär 6 minuter." in page  # the one before: 2 units in 3 minutes
    Trial.objects.filter(pk=trial.pk).update(state="waiting", total=0, done=0, touched_at=None)
    trials.run(trial_id=trial.pk)
    page = page_of_trial(client, trial)
    assert f'id="utfall-provkorning-{trial.pk}"' in page
    assert "Provkörningen är klar" in page
    assert WATCHED not in page
    assert "<progress" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "arbetar inget i bakgrunden: hör av dig till driften"),
        ("running", "Den tas upp av sig själv inom någon minut"),
    ],
)
def test_a_trial_that_stands_still_says_so_and_what_to_do(
    scene: Scene, clock: time_machine.Coordinates, state: str, words: str
) -> None:
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    if state == "running":
        keep(trial, 1)
    assert "Det har stannat." not in page_of_trial(client, trial)
    clock.shift(LONG)
    page = page_of_trial(client, trial)
    assert "Det har stannat." in page
    assert words in page


def test_a_page_that_asks_by_itself_is_no_sign_of_life_and_can_be_read_by_another(
    scene: Scene, clock: time_machine.Coordinates
) -> None:
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    address = f"/admin/submissions/trial/{trial.pk}/change/"
    first = Session.objects.get(user=scene.cast.statistician).last_seen_at
    clock.shift(timedelta(minutes=5))
    assert "Provkörningen pågår" in client.get(f"{address}?av-sig-sjalv=1").content.decode()
    assert Session.objects.get(user=scene.cast.statistician).last_seen_at == first
    client.get(address)
    assert Session.objects.get(user=scene.cast.statistician).last_seen_at == timezone.now()
    assert "Provkörningen pågår" in page_of_trial(as_role(scene, "officer"), trial)


# A production file ---------------------------------------------------------------------------------------------------


def test_a_production_file_tells_how_far_it_has_come_and_keeps_when_it_was_ready(
    scene: Scene, clock: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role(scene, "statistician")
    write, seen = production_set.write_set, []

    def slowly(*args: object, **options: object) -> object:
        ExportFile.objects.filter(status="making").update(units_done=1)
        seen.append(client.get(page_of()).content.decode())
        clock.shift(timedelta(minutes=4))
        return write(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(production_set, "write_set", slowly)
    made = make(client)
    assert "Parquet: 1 av 2 enheter är klara." in seen[0]
    assert 'max="2" value="1"' in seen[0]
    assert WATCHED in seen[0]
    assert made.made_at is not None
    assert made.made_at - made.asked_at == timedelta(minutes=4)
    page = client.get(page_of()).content.decode()
    assert f'id="utfall-uttag-{made.pk}"' in page
    assert WATCHED not in page


def test_a_production_file_that_nobody_makes_says_so(scene: Scene, clock: time_machine.Coordinates) -> None:
    client = as_role(scene, "statistician")
    client.post(f"{page_of()}gor/", {"format": "csv"})
    assert "Det har stannat." not in client.get(page_of()).content.decode()
    clock.shift(LONG)
    assert "arbetar inget i bakgrunden" in client.get(page_of()).content.decode()
    clock.shift(timedelta(hours=2))
    client = as_role(scene, "statistician")
    assert "Gör uttaget igen." in client.get(page_of()).content.decode()
    client.post(f"{page_of()}gor/", {"format": "csv"})
    tasks.make_export(file=ExportFile.objects.latest("pk").pk)
    assert ExportFile.objects.latest("pk").status == "ready"


# Files that are judged anew ------------------------------------------------------------------------------------------


@pytest.fixture
def changed(scene: Scene) -> Iterator[Client]:
    """The statistician's browser a minute after a check was changed: two files wait."""
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    trials.run(trial_id=trial.pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        client = as_role(scene, "statistician")
        switch_on(client, trial)
        yield client


def pages(client: Client) -> list[str]:
    """The page of the check and that of the year."""
    year = Collection.objects.get(year=YEAR).pk
    places = (f"checksetting/{setting_of('RIM02').pk}", f"collection/{year}")
    return [client.get(f"/admin/submissions/{place}/change/").content.decode() for place in places]


def test_files_that_are_judged_anew_are_counted_down_and_the_page_with_a_form_is_not_loaded_again(changed: Client) -> None:
    check, year = pages(changed)
    for page in (check, year):
        assert "0 av 2 är klara med de nya inställningarna, 2 filer återstår." in page
    assert WATCHED in check
    assert WATCHED not in year  # somebody may be writing in its forms
    assert rechecks.recheck_changed(at=timezone.now()) == 2
    assert [page for page in pages(changed) if "<progress" in page] == []


def test_files_that_nobody_judges_anew_say_so(changed: Client, scene: Scene) -> None:
    with time_machine.travel(timezone.now() + LONG, tick=False):
        check, _ = pages(as_role(scene, "statistician"))
    assert "Det har stannat." in check
