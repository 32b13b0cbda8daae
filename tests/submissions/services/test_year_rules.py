"""The year's rules are read once by a process, and anew as soon as any of them differs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from submissions.models import CheckSetting, Code, CodeList, Collection, Field, Layout
from submissions.spec import CollectionSpec

CHANGES: list[tuple[str, Callable[[Collection], object], Callable[[CollectionSpec], object]]] = [
    ("a check", lambda year: CheckSetting.objects.filter(collection=year, code="KOD06").update(level="info"), lambda s: s.checks["KOD06"].level),
    ("a check's unit", lambda year: CheckSetting.objects.filter(collection=year, code="KOD06").update(applies_to="0488"), lambda s: s.checks["KOD06"].applies_to),
    ("a check less", lambda year: CheckSetting.objects.filter(collection=year, code="KOD06").delete(), lambda s: len(s.checks)),
    ("a field", lambda year: Field.objects.filter(layout=year.layout, number=9).update(max_length=3), lambda s: s.layout[9].max_length),
    ("a field less", lambda year: Field.objects.filter(layout=year.layout, number=40).delete(), lambda s: len(s.layout)),
    ("the layout's name", lambda year: Layout.objects.filter(pk=year.layout_id).update(name="annan"), lambda s: s.layout.name),
    ("a list", lambda year: CodeList.objects.filter(collection=year, kind="aid").update(name="Annan"), lambda s: s.lists["aid"].name),
    ("a list less", lambda year: year.code_lists.remove(year.code_lists.order_by("kind").first()), lambda s: sorted(s.lists)),
    ("the last day", lambda year: Collection.objects.filter(pk=year.pk).update(direct_deferral_days=9), lambda s: s.direct_deferral_days),
]  # fmt: skip


@pytest.mark.parametrize(("change", "seen"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_what_is_changed_is_seen_at_once(
    collection: Collection, change: Callable[[Collection], object], seen: Callable[[CollectionSpec], object]
) -> None:
    before = seen(collection.spec())
    with transaction.atomic():
        change(collection)
        then = seen(Collection.objects.get(pk=collection.pk).spec())
        transaction.set_rollback(True)
    assert then != before
    assert seen(Collection.objects.get(pk=collection.pk).spec()) == before


def test_rules_that_are_known_take_one_question(collection: Collection) -> None:
    first = collection.spec()
    with CaptureQueriesContext(connection) as asked:
        again = Collection.objects.select_related("layout").get(pk=collection.pk).spec()
    assert again == first
    assert again.checks is first.checks
    assert len(asked) == 2  # the year, and whether its rules are the known ones


def test_two_years_with_the_same_layout_are_not_mixed(collection: Collection) -> None:
    other = Collection.objects.create(
        year=collection.year + 1,
        opens_on=collection.opens_on.replace(year=collection.year + 1),
        measurement_day=collection.measurement_day,
        due_date=collection.due_date.replace(year=collection.year + 1),
        latest_deferral_date=collection.latest_deferral_date.replace(year=collection.year + 1),
        layout=collection.layout,
    )
    assert collection.spec().checks
    assert not other.spec().checks
    assert not other.spec().lists
    assert CodeList.objects.exists()
    assert Code.objects.exists()
