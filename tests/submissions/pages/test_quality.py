"""The quality card in the page: made when the year is closed, for the unit's people and SKR, and kept when the files are gone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from profiles.models import Unit
from submissions.models import Collection, Delivery, QualityCard, Receipt, Submission
from submissions.services import quality, retention
from submissions.services.closing import close_collection
from tests.admin.conftest import as_person, as_role
from tests.scene import ROWS, Scene

pytestmark = pytest.mark.django_db

PAGE = "/inlamning/0488/2025/kvalitet/"


def close(year: int = 2025) -> None:
    """The year is closed once more: what was approved since is locked, and has its card."""
    close_collection(year=year, by=None, at=timezone.now())


def text_of(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


def add_peers(count: int, **figures: float | None) -> None:
    """More kommuner with a card for the year, as Trosa's but for `figures`."""
    collection, own = Collection.objects.get(year=2025), QualityCard.objects.get(submission__unit__code="0488")
    for number in range(count):
        unit = Unit.objects.create(code=f"K{number:03}", name=f"Kommun {number}", kind="kommun")
        submission = Submission.objects.create(unit=unit, collection=collection, status="locked")
        QualityCard.objects.create(
            submission=submission,
            made_at=timezone.now(),
            kind="kommun",
            figures={**own.figures, **figures, "salary": 30_000 + number},
        )


def test_closing_makes_a_card_of_what_the_receipt_and_the_files_say(scene: Scene) -> None:
    assert "Kortet är inte gjort än" in as_person(scene.cast.anna).get(PAGE).content.decode()
    close()
    close()
    assert QualityCard.objects.count() == 2
    figures = QualityCard.objects.get(submission__unit=scene.trosa.unit).figures
    assert (figures["rows"], figures["rounds"], figures["corrected"]) == (ROWS, 1, 0.0)
    assert figures["women"] is not None
    assert figures["first_findings"] == figures["last_findings"]


def test_the_units_people_and_skr_read_it_and_nobody_else(scene: Scene) -> None:
    close()
    for person in (scene.cast.anna, scene.cast.bo, scene.cast.cia, scene.cast.statistician):
        assert as_person(person).get(PAGE).status_code == 200
    assert as_person(scene.cast.dan).get(PAGE).status_code == 404
    assert 'href="/inlamning/0488/2025/kvalitet/"' in as_person(scene.cast.cia).get("/inlamning/0488/2025/").content.decode()
    unit = as_role(scene, "officer").get(f"/admin/profiles/unit/{scene.trosa.unit.pk}/change/").content.decode()
    assert 'href="/inlamning/0488/2025/kvalitet/"' in unit


def test_with_few_others_only_the_own_figures_stand_there(scene: Scene) -> None:
    close()
    text = text_of(as_person(scene.cast.anna).get(PAGE).content.decode())
    assert "Inget att jämföra med" in text
    assert "Median" not in text.partition("Hur vi räknar")[0]
    add_peers(3)  # with Nyköping four
    assert "Inget att jämföra med" in text_of(as_person(scene.cast.anna).get(PAGE).content.decode())


def test_beside_five_others_the_medians_stand_there(scene: Scene) -> None:
    close()
    add_peers(5, women=None)
    page = as_person(scene.cast.anna).get(PAGE).content.decode()
    text = text_of(page)
    assert "Jämförelsen är med kommuner med färre än 1 000 rader: 6 enheter, er egen oräknad." in text
    assert "<svg" in page
    women = re.search(r"Andel kvinnor.*?</tr>", page, re.DOTALL)
    assert women is not None
    assert "<svg" not in women[0]  # one other has the figure
    assert "Hur vi räknar" in text


def test_the_card_outlives_the_files(scene: Scene, clock: Any) -> None:
    close()
    before = QualityCard.objects.get(submission__unit=scene.trosa.unit).figures
    clock.shift(3 * 365 * 24 * 3600)
    retention.purge(at=timezone.now())
    assert not Delivery.objects.kept().filter(submission__collection__year=2025).exists()
    assert QualityCard.objects.get(submission__unit=scene.trosa.unit).figures == before
    assert as_person(scene.cast.anna).get(PAGE).status_code == 200


def test_a_unit_that_had_nobody_has_no_card(scene: Scene) -> None:
    Receipt.objects.filter(pk=scene.trosa.receipt.pk).update(delivery=None)
    close()
    assert list(QualityCard.objects.values_list("submission__unit__code", flat=True)) == ["0480"]


def test_the_page_and_the_closing_take_as_many_queries_for_many_units(scene: Scene, django_assert_max_num_queries: Any) -> None:
    collection = Collection.objects.get(year=2025)
    close()
    counts = []
    for more in (0, 20):
        add_peers(more)
        client = as_person(scene.cast.anna)
        with django_assert_max_num_queries(40) as asked:
            client.get(PAGE)
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]
    made = []
    for pk in (scene.trosa.receipt.submission_id, None):
        QualityCard.objects.filter(**({"submission": pk} if pk else {"submission__unit__code__in": ["0488", "0480"]})).delete()
        with django_assert_max_num_queries(10) as asked:
            quality.make_cards(collection=collection, at=timezone.now())
        made.append(len(asked.captured_queries))
    assert made[0] == made[1]
