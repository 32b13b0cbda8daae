"""SKR's statistiker changes a check in the admin: its level, threshold and texts, with a reason and a history."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from submissions import builtin, thresholds
from submissions.models import CheckSetting, Collection, SettingChange
from submissions.services import checks
from tests.admin.conftest import as_role
from tests.scene import YEAR, Scene

pytestmark = pytest.mark.django_db


def setting_of(code: str) -> CheckSetting:
    """The running year's settings of a check."""
    return CheckSetting.objects.select_related("collection").get(collection__year=YEAR, code=code)


def form_of(setting: CheckSetting, **changes: Any) -> dict[str, Any]:
    """What the page's form sends, with changes."""
    values = checks.values_of(setting)
    sent = {
        name: value for name, value in values.items() if name not in ("threshold", "answers", "enabled") and value is not None
    }
    sent |= {f"threshold_{name}": value for name, value in values["threshold"].items()}
    sent |= {"answers": "\n".join(values["answers"]), "enabled": "on", "seen": checks.latest_change(setting)}
    sent |= {"reason": "Gränsen var för snäv.", "gor": "spara", **changes}
    return {name: value for name, value in sent.items() if value is not None}


def post(client: Client, setting: CheckSetting, **changes: Any) -> Any:
    """Send the form."""
    return client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", form_of(setting, **changes))


def test_a_changed_threshold_is_kept_with_who_when_why_and_from_what_to_what(scene: Scene) -> None:
    setting, client = setting_of("RIM02"), as_role(scene, "statistician")
    answer = post(client, setting, threshold_high=130000, threshold_text="> 130 000 kr")
    assert answer.status_code == 302
    assert setting_of("RIM02").threshold == {"high": 130000}
    change = SettingChange.objects.get(key="RIM02")
    assert (change.by, change.why, change.is_judging) == (scene.cast.statistician, "Gränsen var för snäv.", True)
    assert change.changes[0]["to"] == "Högst 130\u202f000 kr i månaden"
    event = AuditEvent.objects.get(code="operation:configuration", object=f"kontroll RIM02 {YEAR}")
    assert event.purpose == "Gränsen var för snäv."
    page = client.get(answer["Location"]).content.decode()
    assert "Gränsen var för snäv." in page
    assert "Annorlunda än förra året" in page
    assert "Annorlunda än som portalen levererades" in page


@pytest.mark.parametrize("role", ["officer", "coordinator"])
def test_only_the_statistiker_changes_a_check(scene: Scene, role: str) -> None:
    setting, client = setting_of("RIM02"), as_role(scene, role)
    assert post(client, setting, level="info").status_code == 403
    assert "Ändra kontrollen" not in client.get(f"/admin/submissions/checksetting/{setting.pk}/change/").content.decode()
    assert setting_of("RIM02").level == "varning"


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("RIM02", {"threshold_high": "mycket"}, "Skriv ett tal från 0 till"),
    ("RIM02", {"threshold_high": "-1"}, "Skriv ett tal från 0 till"),
    ("RIM02", {"threshold_high": "130000"}, "Skriv om tröskeln i ord också"),
    ("RIM03", {"threshold_low": "300000", "threshold_text": "annat"}, "högre än 300\u202f000"),
    ("FMT08", {"threshold_high": "200"}, "Skriv ett tal från 0 till 120."),
    ("RIM02", {"reason": " "}, "Skriv varför"),
    ("RIM02", {"level": "info", "reason": "Ring 19800101-2389"}, "Skriv inte personnummer här"),
    ("RIM02", {"message": ""}, "Skriv texten som enheterna läser."),
    ("RIM02", {"message": "Lönen {lön} är hög."}, "{lön} går inte att fylla i. De här går: {v}."),
    ("RIM02", {"advice": "Se {v}."}, "utan klamrar"),
    ("RIM02", {"why": "Som 19800101-2389"}, "Skriv inte personnummer här"),
    ("RIM02", {"level": "kanske"}, "Välj en nivå i listan."),
    ("RIM02", {"valid_from": "2027-01-01", "valid_until": "2026-01-01"}, "Sista dagen kan inte ligga före den första."),
    ("RIM02", {"valid_from": "i morgon"}, "ÅÅÅÅ-MM-DD"),
    ("FIL01", {"level": "info"}, "bara dess texter"),
]


@pytest.mark.parametrize(("code", "changes", "words"), FAULTS)
def test_what_cannot_be_is_said_at_its_field_and_changes_nothing(
    scene: Scene, code: str, changes: dict[str, Any], words: str
) -> None:
    setting, client = setting_of(code), as_role(scene, "statistician")
    answer = post(client, setting, **changes)
    assert answer.status_code == 200
    assert words in answer.content.decode().replace("&quot;", '"')
    assert checks.values_of(setting_of(code)) == checks.values_of(setting)
    assert not SettingChange.objects.filter(key=code).exists()


def test_the_preview_shows_how_the_text_reads_and_saves_nothing(scene: Scene) -> None:
    setting, client = setting_of("RIM02"), as_role(scene, "statistician")
    page = post(client, setting, gor="visa", message="Lönen {v} kr ser hög ut.", title="Hög lön").content.decode()
    assert "Lönen 123 kr ser hög ut." in page
    assert "Hög lön" in page
    assert setting_of("RIM02").message == setting.message


def test_an_old_tab_does_not_write_over_a_colleagues_change(scene: Scene) -> None:
    setting, client = setting_of("RIM02"), as_role(scene, "statistician")
    old_form = form_of(setting, level="fel")
    assert post(client, setting, level="info").status_code == 302
    answer = client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", old_form)
    assert "Någon har ändrat inställningen sedan du öppnade sidan" in answer.content.decode()
    assert setting_of("RIM02").level == "info"
    assert SettingChange.objects.filter(key="RIM02").count() == 1


def test_a_check_is_given_last_years_settings_by_a_button(scene: Scene) -> None:
    setting, client = setting_of("RIM02"), as_role(scene, "statistician")
    post(client, setting, level="info")
    page = client.get(f"/admin/submissions/checksetting/{setting.pk}/change/").content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    client.post(f"/admin/submissions/checksetting/{setting.pk}/som-forra-aret/", {"seen": seen[1]})
    assert setting_of("RIM02").level == "varning"
    assert "Gör som förra året" not in client.get(f"/admin/submissions/checksetting/{setting.pk}/change/").content.decode()
    assert SettingChange.objects.filter(key="RIM02").order_by("-pk")[0].why == "Som 2025."


def test_a_closed_year_keeps_its_checks(scene: Scene) -> None:
    Collection.objects.filter(year=YEAR).update(closed_at=timezone.now())
    setting, client = setting_of("RIM02"), as_role(scene, "statistician")
    assert "Insamlingen är stängd" in post(client, setting, level="info").content.decode()
    assert setting_of("RIM02").level == "varning"


def test_every_threshold_has_words_and_lies_within_its_limits() -> None:
    for code, check in builtin.collection_spec(builtin.LATEST).checks.items():
        assert thresholds.fault(code, check.threshold) is None, code
        for figure in thresholds.figures(code, check.threshold):
            assert figure.label != figure.name, f"{code} {figure.name}"


def test_every_check_can_be_saved_as_it_is(scene: Scene) -> None:
    client = as_role(scene, "statistician")
    for setting in CheckSetting.objects.filter(collection__year=YEAR).select_related("collection").order_by("code"):
        answer = post(client, setting, gor="visa")
        assert "Fel: " not in answer.content.decode(), setting.code
