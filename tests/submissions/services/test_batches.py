"""Many rows corrected at once: what is previewed, done, laid on and undone, alone and together with single corrections."""

from __future__ import annotations

import random

import polars as pl
import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from submissions import synthetic
from submissions.frames import column
from submissions.models import Correction, CorrectionBatch, Delivery, Receipt, Submission
from submissions.services import batches, comments, correct, deliver, groups, review, storage
from submissions.services.batches import Wanted
from submissions.services.correct import Conflict, CorrectionRefused
from submissions.services.groups import Group
from tests.cast import Cast

FORM = 16  # anställningsform; 5 was removed (KOD06)


def spoiled(values: dict[int, dict[int, str]], rows: int = 60) -> bytes:
    """A right file with values changed: {field: {row: value}}."""
    lines = [line.split(";") for line in synthetic.delivery("0488", rows, 7).decode("cp1252").splitlines()]
    for number, cells in values.items():
        for row, value in cells.items():
            lines[row - 1][number - 1] = value
    return "".join(f"{';'.join(line)}\r\n" for line in lines).encode("cp1252")


def delivered(submission: Submission, cast: Cast, content: bytes) -> Delivery:
    """A file that is received and checked."""
    at = timezone.now()
    received = deliver.receive_delivery(submission=submission, content=content, name="fil.txt", by=cast.bo, at=at)
    return deliver.fresh(deliver.check_delivery(delivery=received, at=at))


def group_of(delivery: Delivery, check: str, value: str | None = None) -> Group:
    """The group of that check (and value) now."""
    found = groups.groups_of(delivery.submission, storage.findings_of(delivery))
    return next(group for group in found if group.check == check and value in (None, group.value))


def change(
    delivery: Delivery, group: Group, wanted: Wanted, cast: Cast, reason: str = "Fel kod i lönesystemet."
) -> CorrectionBatch:
    """Correct together, as the page does."""
    return batches.correct_batch(
        delivery=delivery,
        group=group,
        wanted=wanted,
        reason=reason,
        expected_revision=deliver.fresh(delivery).revision,
        by=cast.bo,
        at=timezone.now(),
    )


def values(delivery: Delivery, number: int, rows: list[int]) -> list[str | None]:
    """What the rows hold in a field, with corrections."""
    frame = storage.current_frame(deliver.fresh(delivery))
    return frame.filter(pl.col("row").is_in(rows)).sort("row")[column(number)].to_list()


def test_one_code_is_changed_on_all_rows_and_undone(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8, 21), "5")}))
    group = group_of(delivery, "KOD06")
    seen = batches.preview(delivery=delivery, group=group, wanted=Wanted("1"))
    assert (seen.cells.height, seen.left_out, seen.before["fel"], seen.after["fel"]) == (3, 0, 3, 0)
    assert [(c.check, c.count) for c in seen.gone if c.level == "fel"] == [("KOD06", 3)]
    assert deliver.fresh(delivery).revision == 0

    batch = change(delivery, group, Wanted("1"), cast)
    delivery = deliver.fresh(delivery)
    assert (delivery.revision, delivery.fel) == (1, 0)
    assert values(delivery, FORM, [3, 8, 21]) == ["1", "1", "1"]
    assert storage.count_corrections(delivery) == 3
    assert storage.reason_of(delivery, batch) == "Fel kod i lönesystemet."
    assert storage.changes_of(delivery).rows() == [(3, 16, "5", "1"), (8, 16, "5", "1"), (21, 16, "5", "1")]
    (event,) = AuditEvent.objects.filter(code="data:changed")
    assert event.result == "samlad rättelse fält 16, 3 rader"

    batches.undo_batch(batch=batch, by=cast.bo, at=timezone.now())
    delivery = deliver.fresh(delivery)
    assert (delivery.revision, delivery.fel, storage.count_corrections(delivery)) == (2, 3, 0)
    assert values(delivery, FORM, [3, 8, 21]) == ["5", "5", "5"]
    with pytest.raises(Conflict, match="redan ångrad"):
        batches.undo_batch(batch=batch, by=cast.bo, at=timezone.now())


def test_only_the_chosen_rows_are_changed(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8, 21), "5")}))
    change(delivery, group_of(delivery, "KOD06"), Wanted("1", rows=(8, 21, 44)), cast)
    assert values(delivery, FORM, [3, 8, 21]) == ["5", "1", "1"]


def test_a_repair_gives_each_row_its_own_value_and_leaves_the_others(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({22: {4: "3150000", 9: "2880000", 30: "9999999"}}))
    group = group_of(delivery, "RIM03")
    assert [r.name for r in batches.repairs.offered("RIM03", trosa.collection.spec().layout[22], pl.Series(["3150000"]))] == [
        "dela"
    ]
    seen = batches.preview(delivery=delivery, group=group, wanted=Wanted(repair="dela"))
    assert seen.cells.rows() == [(4, "3150000", "31500"), (9, "2880000", "28800")]
    assert seen.left_out == 1
    change(delivery, group, Wanted(repair="dela"), cast)
    assert values(delivery, 22, [4, 9, 30]) == ["31500", "28800", "9999999"]


@pytest.mark.parametrize(
    ("wanted", "reason", "says"),
    [
        (Wanted("5"), "Därför att.", "Inget värde skulle ändras"),
        (Wanted("1;2"), "Därför att.", "semikolon"),
        (Wanted(repair="dela"), "Därför att.", "Välj ett av de sätt"),
        (Wanted("1", rows=(59,)), "Därför att.", "Ingen av raderna"),
        (Wanted("1"), " ", "varför"),
        (Wanted("1"), "x" * 301, "högst 300"),
        (Wanted("1"), "Gäller 811218-9876", "inte personnummer"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    trosa: Submission, cast: Cast, wanted: Wanted, reason: str, says: str
) -> None:
    delivery = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8), "5")}))
    with pytest.raises(CorrectionRefused, match=says):
        change(delivery, group_of(delivery, "KOD06"), wanted, cast, reason)
    assert not CorrectionBatch.objects.exists()
    assert deliver.fresh(delivery).revision == 0


def test_a_personnummer_is_not_given_to_two(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({7: dict.fromkeys((3, 8), "8112189875")}))
    with pytest.raises(CorrectionRefused, match="olika på varje rad"):
        change(delivery, group_of(delivery, "FMT06"), Wanted("8112189876"), cast)


def test_a_change_since_the_preview_is_a_conflict(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8), "5")}))
    group, at = group_of(delivery, "KOD06"), timezone.now()
    correct.correct(delivery=delivery, row=3, field=FORM, value="2", expected_revision=0, by=cast.anna, at=at)
    with pytest.raises(Conflict, match="ny förhandsvisning"):
        batches.correct_batch(
            delivery=delivery, group=group, wanted=Wanted("1"), reason="Fel kod.", expected_revision=0, by=cast.bo, at=at
        )
    newer = delivered(trosa, cast, spoiled({FORM: {3: "5"}}, rows=50))
    assert newer.is_current
    with pytest.raises(CorrectionRefused, match="nyare fil"):
        batches.correct_batch(
            delivery=delivery, group=group, wanted=Wanted("1"), reason="Fel kod.", expected_revision=1, by=cast.bo, at=at
        )


def test_a_single_correction_sees_the_batch_and_falls_back_to_it(trosa: Submission, cast: Cast) -> None:
    delivery, at = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8), "5")})), timezone.now()
    change(delivery, group_of(delivery, "KOD06"), Wanted("1"), cast)
    with pytest.raises(Conflict, match="Bo Ask ändrade samma värde till 1"):
        correct.correct(delivery=delivery, row=3, field=FORM, value="2", expected_revision=0, by=cast.anna, at=at)
    correct.correct(delivery=delivery, row=3, field=FORM, value="2", expected_revision=1, by=cast.anna, at=at)
    assert values(delivery, FORM, [3, 8]) == ["2", "1"]
    seen = storage.history_of(deliver.fresh(delivery), 3, FORM)
    assert [(c.old, c.new, c.by, c.reason) for c in seen] == [
        ("1", "2", cast.anna, ""),
        ("5", "1", cast.bo, "Fel kod i lönesystemet."),
    ]
    correct.undo_correction(correction=Correction.objects.get(), by=cast.anna, at=at)
    assert values(delivery, FORM, [3, 8]) == ["1", "1"]
    correct.correct(delivery=delivery, row=3, field=FORM, value="5", expected_revision=3, by=cast.anna, at=at)
    assert values(delivery, FORM, [3, 8]) == ["5", "1"]
    assert storage.count_corrections(deliver.fresh(delivery)) == 1  # the other has its delivered value back


def test_the_receipt_counts_what_was_corrected_together(trosa: Submission, cast: Cast) -> None:
    delivery, at = delivered(trosa, cast, spoiled({FORM: dict.fromkeys((3, 8), "5")})), timezone.now()
    change(delivery, group_of(delivery, "KOD06"), Wanted("1"), cast)
    delivery = deliver.fresh(delivery)
    for group in groups.groups_of(trosa, storage.findings_of(delivery)):
        if group.needs_comment:
            comments.comment_group(delivery=delivery, group_key=group.key, text="Det stämmer.", by=cast.bo, at=at)
    review.hand_in(submission=trosa, delivery=deliver.fresh(delivery), expected_revision=1, by=cast.bo, at=at)
    assert Receipt.objects.get().corrections == 2


@pytest.mark.parametrize("seed", [1, 2])
def test_batches_singles_and_undos_in_any_order_give_what_a_plain_list_of_changes_gives(
    trosa: Submission, cast: Cast, seed: int
) -> None:
    """The plain list: every change with its place in time, the last one in force of a cell wins."""
    rows, chance = [2, 5, 9, 14], random.Random(seed)  # noqa: S311 - no secret
    delivery = delivered(trosa, cast, spoiled({FORM: dict.fromkeys(rows, "5")}, rows=20))
    group = group_of(delivery, "KOD06")
    laid: list[tuple[object, dict[int, str]]] = []  # what was done, in order: its own record, and the values by row

    def plain() -> list[str | None]:
        cells = dict.fromkeys(rows, "5")
        for _, new in laid:
            cells |= new
        return [cells[row] for row in rows]

    for _ in range(14):
        at, fresh = timezone.now(), deliver.fresh(delivery)
        action = chance.choice(["single", "single", "batch", "undo"])
        if action == "undo" and laid:
            made, _ = laid.pop(chance.randrange(len(laid)))
            if isinstance(made, CorrectionBatch):
                batches.undo_batch(batch=made, by=cast.bo, at=at)
            else:
                correct.undo_correction(correction=made, by=cast.bo, at=at)
        elif action == "batch" and "5" in plain():
            wrong = [row for row, value in zip(rows, plain(), strict=True) if value == "5"]
            chosen, value = tuple(chance.sample(wrong, chance.randint(1, len(wrong)))), chance.choice("123")
            made = change(fresh, group_of(fresh, group.check), Wanted(value, rows=chosen), cast)
            laid.append((made, dict.fromkeys(chosen, value)))
        else:
            row, value = chance.choice(rows), chance.choice("12345")
            if value == plain()[rows.index(row)]:
                continue
            correct.correct(delivery=fresh, row=row, field=FORM, value=value, expected_revision=fresh.revision, by=cast.bo, at=at)
            laid = [(made, new) for made, new in laid if isinstance(made, CorrectionBatch) or row not in new]
            if value != plain()[rows.index(row)]:
                laid.append((Correction.objects.get(delivery=fresh, row=row, field=FORM, undone_at=None), {row: value}))
        assert values(delivery, FORM, rows) == plain()
        storage.cache.clear()
        assert values(delivery, FORM, rows) == plain()
        assert storage.count_corrections(deliver.fresh(delivery)) == sum(value != "5" for value in plain())
