"""Regelhälsa as SKR meets it: each check with its link, the noisy ones named, by year."""

from __future__ import annotations

import pytest

from submissions.models import CheckCount, CheckSetting, Delivery
from tests.admin.conftest import as_role
from tests.scene import Scene

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/submissions/checksetting/halsa/"


def test_the_page_tells_what_each_check_gave_with_a_link_to_its_settings(scene: Scene) -> None:
    page = as_role(scene, "statistician").get(ADDRESS).content.decode()
    hit = CheckCount.objects.filter(delivery=scene.trosa.delivery).order_by("check_code", "pk")[0]
    setting = CheckSetting.objects.get(collection__year=2026, code=hit.check_code)
    assert f'<a href="/admin/submissions/checksetting/{setting.pk}/change/">{setting.code}</a>' in page
    assert "Kontroller utan träffar" in page
    assert "Ser brusiga ut" not in page  # nobody has handed in yet


def test_the_noisy_ones_are_named_at_the_top(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("submissions.services.rule_health.NOISY_UNITS", 2)
    for delivery in Delivery.objects.filter(submission__collection__year=2025).order_by("pk"):
        CheckCount.objects.create(
            delivery=delivery, check_code="RIM05", level="varning", first_rows=3, first_groups=2, rows=3, groups=2
        )
    page = as_role(scene, "officer").get(f"{ADDRESS}?ar=2025").content.decode()
    assert "Ser brusiga ut" in page
    assert "2 av 2 enheter ändrade inget" in page


def test_it_is_found_in_the_menu_and_marks_its_own_link(scene: Scene) -> None:
    page = as_role(scene, "coordinator").get(ADDRESS).content.decode()
    assert f'href="{ADDRESS}" aria-current="page"' in page
    assert page.count('aria-current="page"><span class="menu__label">') == 1


def test_a_year_without_files_says_so(scene: Scene) -> None:
    CheckCount.objects.all().delete()
    page = as_role(scene, "officer").get(ADDRESS).content.decode()
    assert "Inga träffar än" in page
