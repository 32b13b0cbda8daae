"""Vad händer om: a change is tried over what is handed in before it is switched on, and what is accepted stays accepted."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from submissions import checking, synthetic
from submissions.checking import trial as engine
from submissions.models import Delivery, Submission, SubmissionEvent, Trial
from submissions.services import deliver, rechecks, review, storage, trials
from tests.admin.conftest import as_person, as_role
from tests.admin.test_check_settings import form_of, setting_of
from tests.scene import ROWS, YEAR, Place, Scene

pytestmark = pytest.mark.django_db

LOW = {"threshold_high": 20000, "threshold_text": "> 20 000 kr"}


def asked(client: Client, code: str = "RIM02", **changes: Any) -> Trial:
    """A trial that was asked for on the check's page."""
    setting = setting_of(code)
    answer = client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", form_of(setting, gor="prova", **changes))
    assert answer.status_code == 302, answer.content.decode()
    return Trial.objects.order_by("-pk")[0]


def page_of(client: Client, trial: Trial) -> str:
    """The trial's page."""
    return client.get(f"/admin/submissions/trial/{trial.pk}/change/").content.decode()


def switch_on(client: Client, trial: Trial) -> str:
    """Press Slå på, and the page that follows."""
    return client.post(f"/admin/submissions/trial/{trial.pk}/sla-pa/", follow=True).content.decode()


def handed_in(scene: Scene, place: Place) -> Submission:
    """The place's submission with a right file, Klarmarkerad."""
    submission = Submission.objects.select_related("unit", "collection").get(pk=place.submission.pk)
    by, at = scene.cast.bo, timezone.now()
    file = synthetic.delivery(place.code, ROWS, 7)
    delivery = deliver.receive_delivery(submission=submission, content=file, name="ratt.txt", by=by, at=at)
    delivery = deliver.check_delivery(delivery=delivery, at=at)
    submission.refresh_from_db()
    review.hand_in(submission=submission, delivery=delivery, expected_revision=delivery.revision, by=by, at=at)
    submission.refresh_from_db()
    return submission


def current(place: Place) -> Delivery:
    """The file that counts."""
    return Delivery.objects.get(submission=place.submission, is_current=True)


def test_a_trial_tells_what_a_threshold_would_give_before_anything_is_changed(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    before = current(scene.trosa).varning
    trial = asked(client, **LOW)
    assert "Den börjar inom någon minut" in page_of(client, trial)
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.done, trial.total, trial.tried_year) == ("done", 2, 2, YEAR)
    page = page_of(client, trial)
    assert "Slå på" in page
    assert scene.trosa.unit.name in page
    assert f"/admin/submissions/submission/{scene.trosa.submission.pk}/change/" in page
    assert (current(scene.trosa).varning, setting_of("RIM02").threshold) == (before, {"high": 120000})
    assert trials.totals(trial)["rows_after"] > trials.totals(trial)["rows_before"]


def test_the_figures_of_a_trial_are_those_of_the_check_once_it_is_on(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    said = {unit["unit"]: unit["after"]["varning"] for unit in trial.units}
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        assert "Ändringen är påslagen" in switch_on(as_person(scene.cast.statistician), trial)
        assert rechecks.recheck_changed(at=timezone.now()) == 2
        assert rechecks.recheck_changed(at=timezone.now()) == 0
    concerned = checking.concerned("RIM02")
    for place in (scene.trosa, scene.other):
        found = storage.findings_of(current(place))
        assert found.filter(found["check"].is_in(list(concerned)) & (found["level"] == "varning")).height == said[place.code]
        told = SubmissionEvent.objects.filter(submission=place.submission, text__startswith="SKR har ändrat årets kontroller")
        assert told.count() == 1


def test_what_is_handed_in_stays_as_it_was_judged_and_the_unit_reads_why(scene: Scene) -> None:
    submission, client = handed_in(scene, scene.trosa), as_role(scene, "statistician")
    before = current(scene.trosa)
    trial = asked(client, level="fel", **LOW)
    trials.run(trial_id=trial.pk)
    assert "Klar, rörs inte" in page_of(client, trial)
    later = timezone.now() + timedelta(minutes=1)
    with time_machine.travel(later, tick=False):
        switch_on(as_person(scene.cast.statistician), trial)
        rechecks.recheck_changed(at=timezone.now())
        after = current(scene.trosa)
        assert (after.checked_at, after.fel, after.varning) == (before.checked_at, before.fel, before.varning)
        assert current(scene.other).fel > scene.other.delivery.fel
        page = as_person(scene.cast.anna).get(f"/inlamning/0488/{YEAR}/").content.decode()
        assert "Bedömd som när ni klarmarkerade" in page
        assert "Bedömd som när ni klarmarkerade" not in as_person(scene.cast.dan).get(f"/inlamning/0480/{YEAR}/").content.decode()
        submission.refresh_from_db()
        review.begin_review(submission=submission, by=scene.cast.officer, at=timezone.now())
        submission.refresh_from_db()
        review.approve(submission=submission, by=scene.cast.officer, at=timezone.now())
        submission.refresh_from_db()
        assert (submission.status, rechecks.recheck_changed(at=timezone.now())) == ("approved", 0)


def test_what_comes_back_to_the_unit_is_judged_by_the_new_settings(scene: Scene) -> None:
    submission, client = handed_in(scene, scene.trosa), as_role(scene, "statistician")
    trial = asked(client, level="fel", **LOW)
    trials.run(trial_id=trial.pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        switch_on(as_person(scene.cast.statistician), trial)
        rechecks.recheck_changed(at=timezone.now())
        review.withdraw(submission=submission, by=scene.cast.bo, at=timezone.now())
        assert rechecks.recheck_changed(at=timezone.now()) == 1
        assert current(scene.trosa).fel > 0


def test_a_trial_is_cancelled_where_the_settings_change_meanwhile(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    setting = setting_of("RIM01")
    client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", form_of(setting, level="info"))
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert trial.state == "cancelled"
    assert "Årets inställningar ändrades under tiden" in page_of(client, trial)


def test_an_answer_that_no_longer_holds_cannot_be_switched_on(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    trials.run(trial_id=trial.pk)
    setting = setting_of("RIM01")
    client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", form_of(setting, level="info"))
    assert "Resultatet gäller inte längre" in page_of(client, trial)
    assert "Gör en ny innan du slår på" in switch_on(client, trial)
    assert setting_of("RIM02").threshold == {"high": 120000}


def test_a_trial_that_was_cut_short_goes_on_where_it_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = asked(as_role(scene, "statistician"), **LOW)
    real, tried = trials._try_on, []

    def dies_on_the_second(delivery: Delivery, question: Any) -> Any:
        if tried:
            raise KeyboardInterrupt
        tried.append(delivery.pk)
        return real(delivery, question)

    monkeypatch.setattr(trials, "_try_on", dies_on_the_second)
    monkeypatch.setattr(trials, "BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.done) == ("running", 1)
    monkeypatch.setattr(trials, "_try_on", real)
    assert trials.take_up(at=timezone.now()) == 0  # its lease holds
    with time_machine.travel(timezone.now() + trials.LEASE + timedelta(seconds=1), tick=False):
        assert trials.take_up(at=timezone.now()) == 1
    trial.refresh_from_db()
    assert (trial.state, trial.done, len({unit["unit"] for unit in trial.units})) == ("done", 2, 2)


def test_before_the_first_file_of_the_year_last_years_are_tried(scene: Scene) -> None:
    Delivery.objects.filter(submission__collection__year=YEAR).update(is_current=False)
    client = as_role(scene, "statistician")
    trial = asked(client, **LOW)
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.done, trial.tried_year) == ("done", 2, YEAR - 1)
    page = page_of(client, trial)
    assert f"från {YEAR - 1}, eftersom ingen har lämnat för {YEAR} än" in page
    assert "Klar, rörs inte" in page


def test_a_trial_is_stopped_by_a_button_and_pressed_twice_it_is_asked_once(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    trial, again = asked(client, **LOW), asked(client, **LOW)
    assert trial.pk == again.pk
    client.post(f"/admin/submissions/trial/{trial.pk}/avbryt/")
    events = AuditEvent.objects.filter(code="operation:trial", object=f"RIM02 {YEAR}").order_by("pk")
    assert [(one.actor_id, one.result) for one in events] == [(scene.cast.statistician.pk, result) for result in ("", "ended")]
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.done) == ("cancelled", 0)
    assert "redan avslutad" in client.post(f"/admin/submissions/trial/{trial.pk}/avbryt/", follow=True).content.decode()


def test_texts_need_no_trial_and_a_check_outside_the_rows_has_none(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    for code, changes in (("RIM02", {"title": "Hög lön"}), ("KOM02", {"level": "info"})):
        setting = setting_of(code)
        page = client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", form_of(setting, gor="prova", **changes))
        assert page.status_code == 200
        assert "spara" in page.content.decode().lower()


def test_a_result_holds_figures_and_no_row_of_anybody(scene: Scene) -> None:
    trial = asked(as_role(scene, "statistician"), **LOW)
    trials.run(trial_id=trial.pk)
    trial.refresh_from_db()
    kinds = {"unit": str, "name": str, "is_accepted": bool, "is_broken": bool, "before": dict, "after": dict}
    for unit in trial.units:
        assert all(isinstance(value, kinds.get(name, int)) for name, value in unit.items())


def test_each_check_that_takes_anothers_place_is_tried_together_with_it() -> None:
    """Every `is_on("X")` of the engine's sources has its line in TAKEN_OVER."""
    folder = Path(engine.__file__).parent
    asked_about = {
        code for path in folder.glob("*.py") for code in re.findall(r'is_on\("([A-Z0-9]+)"\)', path.read_text("utf-8"))
    }
    assert asked_about == set(engine.TAKEN_OVER)
