"""What a check costs and gives: the counts that are kept with each answer, and how they are added up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.retention import note
from config.lib import sealed
from config.lib.retention import carry_out
from submissions import synthetic
from submissions.models import (
    CheckCount,
    CheckSetting,
    Collection,
    Comment,
    Correction,
    CorrectionBatch,
    Delivery,
    Receipt,
    Submission,
)
from submissions.services import check_counts, comments, correct, deliver, groups, retention, rule_health, storage
from submissions.services.rule_health import Explained, UnitCount
from tests.cast import make_unit
from tests.scene import ROWS, SLIPS, Scene


def at_unit(check: str, first: tuple[int, int], now: tuple[int, int], *, done: bool = True) -> UnitCount:
    """A check at a unit: findings and groups, first and now."""
    return UnitCount(check, *first, *now, done)


CASES: list[tuple[list[UnitCount], dict[str, object]]] = [
    ([at_unit("A", (9, 3), (0, 0))], {"units": 1, "rows": 9, "done": 1, "corrected": 1, "unchanged": 0, "burden": 0, "use": 3}),
    ([at_unit("A", (9, 3), (9, 3))], {"corrected": 0, "unchanged": 1, "burden": 3, "use": 0, "left": 9}),
    ([at_unit("A", (9, 3), (2, 1))], {"corrected": 0, "unchanged": 0, "burden": 1, "use": 2}),
    ([at_unit("A", (0, 0), (4, 2))], {"units": 1, "rows": 0, "unchanged": 1, "burden": 2, "use": 0}),  # came with a later file
    ([at_unit("A", (9, 3), (9, 3), done=False)], {"units": 1, "done": 0, "unchanged": 0, "burden": 0, "left": 9}),
    ([at_unit("A", (0, 0), (0, 0))], {"units": 0, "done": 0}),
    (
        [UnitCount("A", 40, 3, 10, 1, True, units=4)],
        {"units": 4, "rows": 40, "done": 4, "unchanged": 0, "burden": 4, "use": 8, "left": 10},
    ),
    ([at_unit("A", (9, 3), (0, 0)), at_unit("A", (5, 5), (5, 5))], {"units": 2, "rows": 14, "corrected": 1, "unchanged": 1}),
]


@pytest.mark.parametrize(("counts", "expected"), CASES)
def test_a_check_is_told_by_what_became_of_it(counts: list[UnitCount], expected: dict[str, object]) -> None:
    [line] = rule_health.health(counts, {"A": Explained(1, 2, 1)}, {"A": "varning"})
    assert {name: getattr(line, name) for name in expected} == expected


def test_the_most_trouble_for_the_least_use_stands_first() -> None:
    counts = [
        at_unit("LITTLE", (9, 9), (1, 1)),
        at_unit("MUCH", (9, 9), (8, 8)),
        at_unit("NONE", (9, 3), (9, 3)),
        at_unit("READ", (99, 99), (99, 99)),
    ]
    levels = {"LITTLE": "varning", "MUCH": "fel", "NONE": "varning", "READ": "info", "SILENT": "fel"}
    assert [line.check for line in rule_health.health(counts, {}, levels)] == ["MUCH", "NONE", "LITTLE", "READ", "SILENT"]


@pytest.mark.parametrize(
    ("unchanged", "corrected", "level", "noisy"),
    [(4, 1, "varning", True), (4, 0, "varning", False), (3, 2, "varning", False), (10, 0, "info", False), (8, 2, "fel", True)],
)
def test_a_check_is_noisy_when_most_of_at_least_five_units_change_nothing(
    unchanged: int, corrected: int, level: str, noisy: bool
) -> None:
    counts = [at_unit("A", (1, 1), (1, 1))] * unchanged + [at_unit("A", (1, 1), (0, 0))] * corrected
    [line] = rule_health.health(counts, {}, {"A": level})
    assert line.is_noisy is noisy


# The counts that are kept ----------------------------------------------------------------------------------------------


def kept(delivery: Delivery) -> dict[str, tuple[int, int, int, int]]:
    """First findings and groups, and those now, by check."""
    found = CheckCount.objects.filter(delivery=delivery).order_by("check_code", "pk")
    return {one.check_code: (one.first_rows, one.first_groups, one.rows, one.groups) for one in found}


@pytest.mark.django_db
def test_the_counts_are_those_of_the_answer_and_of_the_file_as_it_came(scene: Scene) -> None:
    delivery = deliver.fresh(scene.trosa.delivery)
    now = CheckCount.objects.filter(delivery=delivery).aggregate(rows=Sum("rows"), first=Sum("first_rows"))
    assert now["rows"] == delivery.fel + delivery.varning + delivery.info == storage.findings_of(delivery).height
    assert now["first"] > now["rows"]  # the scene has corrected some
    found = check_counts.counted(storage.findings_of(delivery))
    assert {check: numbers[1:] for check, numbers in found.items()} == {
        check: numbers[2:] for check, numbers in kept(delivery).items() if numbers[2]
    }


@pytest.mark.django_db
def test_an_undone_correction_counts_again(scene: Scene) -> None:
    delivery = deliver.fresh(scene.trosa.delivery)
    before = kept(delivery)
    correct.undo_correction(correction=scene.trosa.correction, by=scene.cast.bo, at=timezone.now())
    after = kept(delivery)
    assert sum(numbers[2] for numbers in after.values()) > sum(numbers[2] for numbers in before.values())
    assert {check: numbers[:2] for check, numbers in after.items()} == {check: numbers[:2] for check, numbers in before.items()}


@pytest.mark.django_db
def test_a_check_that_is_switched_off_is_not_counted_as_corrected(scene: Scene) -> None:
    delivery = deliver.fresh(scene.trosa.delivery)
    code = next(check for check, numbers in kept(delivery).items() if numbers[2] and check != "KOM02")
    CheckSetting.objects.filter(collection__year=2026, code=code).update(enabled=False)
    deliver.recheck(delivery=delivery, at=timezone.now(), store=True)
    assert code not in kept(delivery)
    assert kept(delivery)


@pytest.mark.django_db
def test_a_later_answer_to_an_uncorrected_file_counts_anew_what_it_had_from_the_start(scene: Scene) -> None:
    delivery = deliver.fresh(scene.trosa.delivery)
    for made in (Correction, CorrectionBatch):
        made.objects.filter(delivery=delivery).update(
            undone_at=timezone.now(), undone_by=scene.cast.bo, undone_revision=delivery.revision
        )
    findings = storage.findings_of(delivery)
    check_counts.keep(delivery, findings.filter(findings["level"] != "info"), is_first=False)
    assert kept(delivery)
    assert all(numbers[:2] == numbers[2:] for numbers in kept(delivery).values())


@pytest.mark.django_db
def test_a_test_file_is_not_counted(scene: Scene) -> None:
    file = synthetic.delivery(scene.trosa.code, ROWS, 7, SLIPS)
    submission = scene.trosa.submission
    tried = deliver.receive_delivery(
        submission=submission, content=file, name="prov.txt", by=scene.cast.bo, at=timezone.now(), is_test=True
    )
    deliver.check_delivery(delivery=tried, at=timezone.now())
    assert kept(tried) == {}


@pytest.mark.django_db
def test_the_same_words_as_last_year_are_marked(scene: Scene) -> None:
    delivery, now = deliver.fresh(scene.trosa.delivery), timezone.now()
    before = Submission.objects.get(unit=scene.trosa.unit, collection__year=2025)
    group = next(one for one in groups.groups_of(delivery.submission, storage.findings_of(delivery)) if one.needs_comment)
    key = groups.group_key(groups.salt_of(before), group.check, group.field, group.value)
    said = Comment(submission=before, check_code=group.check, group=key, rows=1, version=1, by=scene.cast.bo, at=now)
    said.text_sealed = sealed.seal_text(said, "text_sealed", "Det stämmer.")
    said.save()
    words: dict[str, Any] = {"delivery": delivery, "group_key": group.key, "by": scene.cast.bo, "at": now}
    assert not comments.comment_group(text="Något annat i år.", **words).is_repeated
    assert comments.comment_group(text="det stämmer. ", **words).is_repeated


@pytest.mark.django_db
def test_as_many_questions_for_two_units_as_for_twenty(scene: Scene) -> None:
    collection = Collection.objects.get(year=2026)
    rule_health.health_of(collection)  # the codes of the lists are kept in the process
    asked = []
    for number in (0, 18):
        for index in range(number):
            _handed_in(scene, collection, f"88{index:02}")
        with CaptureQueriesContext(connection) as captured:
            lines = rule_health.health_of(collection)
        asked.append(len(captured))
    assert asked[0] == asked[1] <= 7
    line = next(line for line in lines if line.check == "RIM05")
    assert (line.done, line.unchanged, line.is_noisy) == (18, 18, True)


def _handed_in(scene: Scene, collection: Collection, code: str) -> None:
    """A unit that has handed in a file with one check's findings, untouched."""
    now = timezone.now()
    submission = Submission.objects.create(unit=make_unit(code, f"Ort {code}"), collection=collection, status="handed_in")
    delivery = Delivery.objects.create(
        submission=submission,
        version=1,
        status="checked",
        is_current=True,
        uploaded_at=now,
        checked_at=now,
        uploaded_by=scene.cast.bo,
        name_sealed=b"x",
        content_sealed=b"x",
        size=1,
        sha256="0" * 64,
        rows=10,
    )
    CheckCount.objects.create(
        delivery=delivery, check_code="RIM05", level="varning", first_rows=3, first_groups=1, rows=3, groups=1
    )
    Receipt.objects.create(
        submission=submission,
        delivery=delivery,
        issued_at=now,
        issued_by=scene.cast.bo,
        sha256="0" * 64,
        data_sha256="0" * 64,
        rows=10,
        corrections=0,
        comments=0,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "left"), [(729, 1), (731, 0)])
def test_the_numbers_of_a_closed_year_go_after_two_years(scene: Scene, days: int, left: int) -> None:
    collection = Collection.objects.get(year=2025)
    delivery = Delivery.objects.get(submission__unit=scene.trosa.unit, submission__collection=collection)
    numbers = {"first_rows": 3, "first_groups": 1, "rows": 3, "groups": 1}
    CheckCount.objects.create(delivery=delivery, check_code="RIM05", level="varning", **numbers)
    assert collection.closed_at is not None
    at = collection.closed_at + timedelta(days=days)
    [rule] = [rule for rule in retention.rules(at) if rule.name == "check_counts"]
    carry_out(rule, at=at, older_than=None, dry_run=False, receipt=note)
    assert CheckCount.objects.filter(delivery=delivery).count() == left
    assert CheckCount.objects.filter(delivery=scene.trosa.delivery).exists()
