"""Dispens: a finding that SKR has decided about is lowered at once, in the portal and in check_file, and only that one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from submissions.checking import waivers as engine
from submissions.checking.waivers import WaiverSpec
from submissions.models import Comment, Delivery, ReviewPoint, Waiver
from submissions.services import storage, waivers
from submissions.spec import INFO, VARNING
from tests.admin.conftest import as_role
from tests.admin.test_review_points import key_of, page, press, returned, unit_page
from tests.reviewing import found, fresh, hand_in, send, under_review, unusual
from tests.scene import Scene

pytestmark = pytest.mark.django_db

FORM = {"scope": "kontroll", "reason": "Lönerna är omförhandlade", "valid_until": "2026-12-31"}
UNTIL = date(2026, 12, 31)


def rows(*findings: tuple[str, str, int | None, str | None]) -> pl.DataFrame:
    schema = {"check": pl.String, "level": pl.String, "field": pl.UInt8, "value": pl.String}
    return pl.DataFrame(findings, schema=schema, orient="row")


ALL = (("RIM06", VARNING, 22, "1"), ("RIM06", VARNING, 24, "2"), ("LOG05", VARNING, 9, "2"), ("FIL04", "fel", None, None))
CASES = [
    (WaiverSpec("RIM06", "r", UNTIL), [INFO, INFO, VARNING, "fel"]),
    (WaiverSpec("RIM06", "r", UNTIL, 22), [INFO, VARNING, VARNING, "fel"]),
    (WaiverSpec("RIM06", "r", UNTIL, 24, "3"), [VARNING, VARNING, VARNING, "fel"]),
    (WaiverSpec("LOG05", "r", UNTIL, 9, "2"), [VARNING, VARNING, INFO, "fel"]),
    (WaiverSpec("FIL04", "r", UNTIL), [VARNING, VARNING, VARNING, "fel"]),
]


@pytest.mark.parametrize(("waiver", "levels"), CASES)
def test_only_what_is_covered_is_lowered_and_never_what_refuses_the_file(waiver: WaiverSpec, levels: list[str]) -> None:
    assert engine.lower(rows(*ALL), [waiver])["level"].to_list() == levels
    assert engine.lower(rows(*ALL), [])["level"].to_list() == [finding[1] for finding in ALL]


def test_a_dispens_lowers_the_finding_at_once_and_the_unit_reads_why(scene: Scene) -> None:
    send(scene, unusual())
    assert "Ge dispens" in page(scene)
    told = press(scene, "waive", key_of(scene), **FORM)
    assert "Dispensen är given" in told
    assert [(g.check, g.level) for g in found(scene) if g.check == "RIM06"] == [("RIM06", INFO)]
    assert Delivery.objects.get(submission=fresh(scene), is_current=True).uncommented == 0
    for text in (unit_page(scene, "review"), unit_page(scene, "findings", "RIM06", key_of(scene)), told):
        assert "SKR har gett dispens: Lönerna är omförhandlade." in text
    assert AuditEvent.objects.filter(code="submission:waiver:given", unit="0488", result="RIM06").count() == 1
    hand_in(scene)


def test_a_correction_after_it_finds_the_same_as_a_whole_check(scene: Scene) -> None:
    send(scene, unusual())
    press(scene, "waive", key_of(scene), **FORM)
    delivery = Delivery.objects.get(submission=fresh(scene), is_current=True)
    line = storage.findings_of(delivery).filter(pl.col("check") == "RIM06").item(0, "row")
    url = reverse("submissions:correct", args=["0488", 2026, line, 22])
    from_unit = as_role(scene, "bo").post(url, {"version": delivery.version, "revision": delivery.revision, "value": "99000"})
    assert from_unit.status_code == 302
    assert {group.level for group in found(scene) if group.check == "RIM06"} == {INFO}


def test_check_file_says_the_same_as_the_portal(scene: Scene, tmp_path: Path) -> None:
    send(scene, unusual())
    press(scene, "waive", key_of(scene), **FORM)
    waiver = Waiver.objects.live().get(collection__year=2026)
    path, last = tmp_path / "nov.txt", tmp_path / "forra.txt"
    path.write_bytes(unusual())
    previous = scene.trosa.receipt.delivery
    assert previous is not None
    last.write_bytes(storage.content_of(previous))
    out = StringIO()
    call_command("check_file", str(path), unit="0488", year=2026, previous=str(last), format="json", stdout=out)
    lowered = [one for one in json.loads(out.getvalue())["findings"] if one["check"] == waiver.check_code]
    assert {one["level"] for one in lowered} == {INFO}
    assert all("SKR har gett dispens" in one["message"] for one in lowered)


def test_an_ended_dispens_holds_no_longer_and_is_ended_once(scene: Scene) -> None:
    send(scene, unusual())
    press(scene, "waive", key_of(scene), **FORM)
    waiver, client = Waiver.objects.live().get(collection__year=2026), as_role(scene, "statistician")
    for _ in range(2):
        assert client.post(reverse("admin:submissions_waiver_end", args=[waiver.pk])).status_code == 302
    assert [g.level for g in found(scene) if g.check == "RIM06"] == [VARNING]
    assert AuditEvent.objects.filter(code="submission:waiver:ended", unit="0488").count() == 1
    assert "Avslutad" in client.get(reverse("admin:submissions_waiver_change", args=[waiver.pk])).content.decode()


def test_last_years_is_offered_and_never_carried(scene: Scene) -> None:
    send(scene, unusual())
    assert [g.level for g in found(scene) if g.check == "RIM06"] == [VARNING]
    assert "Dispens fanns förra året" in page(scene)
    address = reverse("admin:submissions_submission_waive", args=[scene.trosa.submission.pk, key_of(scene)])
    client = as_role(scene, "officer")
    assert "Förra året fanns en dispens" in client.get(address).content.decode()
    assert "lönerna är omförhandlade.</textarea>" in client.get(f"{address}?forra=1").content.decode()
    assert not Waiver.objects.filter(collection__year=2026).exists()


WRONG = [
    ({"reason": " "}, "Skriv skälet till dispensen."),
    ({"reason": "Se 19811218-9876"}, "Skriv inte personnummer här."),
    ({"valid_until": "2026-11-01"}, "Välj en dag från 2026-11-16"),
    ({"valid_until": "2028-01-01"}, "Välj en dag från 2026-11-16"),
    ({"valid_until": "i jul"}, "Skriv dagen som 2026-12-31."),
    ({"scope": "allt"}, "Välj ett giltigt alternativ"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_what_is_wrong_in_the_form_is_said_at_the_field_and_nothing_is_decided(
    scene: Scene, wrong: dict[str, str], told: str
) -> None:
    send(scene, unusual())
    assert told in press(scene, "waive", key_of(scene), **{**FORM, **wrong})
    assert not Waiver.objects.filter(collection__year=2026).exists()


def test_the_same_twice_is_given_once(scene: Scene) -> None:
    send(scene, unusual())
    key = key_of(scene)
    press(scene, "waive", key, **FORM)
    assert "Anmärkningen har redan dispens" in press(scene, "waive", key, **FORM)
    assert Waiver.objects.live().filter(collection__year=2026).count() == 1


def test_it_ends_what_the_unit_was_to_look_at_and_is_not_given_once_the_data_is_approved(scene: Scene) -> None:
    key = returned(scene)
    press(scene, "waive", key, **FORM)
    assert not ReviewPoint.objects.open().exists()
    point = ReviewPoint.objects.get()
    assert point.outcome == ("SKR har gett dispens", "success")
    assert "Åtgärdad i version" not in unit_page(scene, "submission")
    hand_in(scene)
    press(scene, "begin_review")
    press(scene, "approve")
    Waiver.objects.live().get(collection__year=2026)
    assert "inget att ge dispens från" in press(scene, "waive", key, **{**FORM, "scope": "falt"})


def test_a_file_after_its_last_day_is_judged_as_before(scene: Scene) -> None:
    send(scene, unusual())
    press(scene, "waive", key_of(scene), **{**FORM, "valid_until": "2026-11-16"})
    delivery = Delivery.objects.get(submission=fresh(scene), is_current=True)
    waiver = Waiver.objects.live().get(collection__year=2026)
    assert waivers.evaluate.waivers_of(delivery) == (waivers.evaluate.spec_of(waiver),)
    delivery.uploaded_at = timezone.now() + timedelta(days=1)
    assert waivers.evaluate.waivers_of(delivery) == ()


def test_what_another_unit_hands_in_is_not_touched(scene: Scene) -> None:
    under_review(scene)
    press(scene, "waive", key_of(scene), **FORM)
    assert not Waiver.objects.filter(unit=scene.other.unit, collection__year=2026).exists()
    assert Comment.objects.filter(submission=fresh(scene), check_code="RIM06", replaced_at=None).exists()
