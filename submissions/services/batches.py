"""Correct many rows at once: one field of the rows of one group of findings, seen before it is done, undone at once.

`preview` says what would come of it and stores nothing. `correct_batch` does what was previewed: where anything in the
file has changed since, it is refused and the person sees a new preview, so that nobody presses for something else than
she saw. A batch is one sealed frame of cells, whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import transaction

from accounts.models import User
from config.lib import sealed
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import amount, one_line
from submissions import checking, reading
from submissions.checking import repairs
from submissions.frames import FIELD_NUMBERS, KEY_FIELD, OVERLAY_SCHEMA, PERSONAL_NUMBER_FIELD, column
from submissions.models import CorrectionBatch, Delivery
from submissions.services import storage
from submissions.services.correct import Cells, Conflict, CorrectionRefused, check_again, clean_value, lock_for_change, would_be
from submissions.services.groups import Group, group_key, salt_of

WRONG_WIDTH = "FIL02"
ONE_EACH = (PERSONAL_NUMBER_FIELD, KEY_FIELD)  # no two rows should have the same
MIN_REASON, MAX_REASON = 3, 300
FINDING_KEY = ("check", "row", "field", "about")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asks for: one value for all rows, or a named repair; of the whole group or of the chosen rows."""

    value: str = ""
    repair: str = ""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckChange:
    """How many findings of a check go, or come."""

    check: str
    field: int | None
    level: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would do."""

    field: int
    cells: pl.DataFrame  # row, old, new
    left_out: int  # rows that were asked for and would not change
    before: dict[str, int]  # findings by level
    after: dict[str, int]
    gone: list[CheckChange]
    come: list[CheckChange]


def can_correct_together(group: Group) -> bool:
    """Whether the group's findings stand in a field of rows that can be changed together."""
    return group.field in FIELD_NUMBERS and group.check != WRONG_WIDTH


def preview(*, delivery: Delivery, group: Group, wanted: Wanted) -> Preview:
    """What would come of it: the cells, and the findings that go and come. Raises `CorrectionRefused`."""
    number, cells, left_out = _cells(delivery, group, wanted)
    before = storage.findings_of(delivery)
    overlay = cells.select("row", pl.lit(number).alias("field"), "new").cast(OVERLAY_SCHEMA)
    frame = reading.apply_corrections(storage.current_frame(delivery), overlay)
    outcome = would_be(delivery, frame, changed=_places(number, cells))
    return Preview(
        field=number,
        cells=cells,
        left_out=left_out,
        before={"fel": delivery.fel, "varning": delivery.varning, "info": delivery.info},
        after=outcome.counts,
        gone=_only_in(before, outcome.findings),
        come=_only_in(outcome.findings, before),
    )


def correct_batch(
    *, delivery: Delivery, group: Group, wanted: Wanted, reason: str, expected_revision: int, by: User, at: datetime
) -> CorrectionBatch:
    """Do what was previewed at that revision. Raises `NotAllowed`, `CorrectionRefused` or `Conflict`."""
    reason = clean_reason(reason)
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        if locked.revision != expected_revision:
            raise Conflict(
                "Någon har rättat i filen sedan du såg förhandsvisningen. Inget är ändrat av dig än. "
                "Här är en ny förhandsvisning: se över den och bekräfta igen."
            )
        number, cells, _ = _cells(locked, group, wanted)
        batch = CorrectionBatch(
            delivery=locked,
            check_code=group.check,
            field=number,
            cells=cells.height,
            by=by,
            at=at,
            revision=locked.revision + 1,
        )
        batch.cells_sealed = storage.seal_cells(batch, cells)
        batch.reason_sealed = sealed.seal_text(batch, "reason_sealed", reason)
        batch.save(force_insert=True)
        rows = amount(cells.height, "rad", "rader")
        what = f"samlad rättelse fält {number}, {rows}"
        check_again(submission, locked, changed=_places(number, cells), by=by, at=at, what=what)
    return batch


def just_made(*, delivery: Delivery, check: str, key: str, wanted: Wanted, revision: int, by: User) -> CorrectionBatch | None:
    """The person's own batch that did the same at what she saw: what a second press of the button finds."""
    mine = CorrectionBatch.objects.filter(delivery=delivery, check_code=check, by=by, undone_at=None)
    batch = mine.filter(revision=revision + 1).order_by("pk").first()
    return batch if batch is not None and _is_same(delivery, batch, key, wanted) else None


def _is_same(delivery: Delivery, batch: CorrectionBatch, key: str, wanted: Wanted) -> bool:
    cells = storage.cells_of(delivery, batch)
    value = cells.item(0, "old") if batch.field in checking.CODE_FIELDS else None
    is_of_group = group_key(salt_of(delivery.submission), batch.check_code, batch.field, value) == key
    new = None if wanted.repair else reading.kind_value(batch.field, wanted.value)
    has_value = bool(wanted.repair) or cells["new"].eq_missing(pl.Series([new], dtype=pl.String)).all()
    return is_of_group and has_value and (not wanted.rows or cells["row"].is_in(wanted.rows).all())


def undo_batch(*, batch: CorrectionBatch, by: User, at: datetime) -> CorrectionBatch:
    """Give the values back what lies under the batch. Undoing what is already undone is `Conflict`."""
    with transaction.atomic():
        submission, locked = lock_for_change(batch.delivery, by=by, at=at)
        live = CorrectionBatch.objects.filter(pk=batch.pk, undone_at=None)
        if not live.update(undone_at=at, undone_by=by, undone_revision=locked.revision + 1):
            raise Conflict("Den samlade rättelsen är redan ångrad. Ladda om sidan för att se hur värdena ser ut nu.")
        rows = amount(batch.cells, "rad", "rader")
        cells = _places(batch.field, storage.cells_of(locked, batch))
        what = f"ångrad samlad rättelse fält {batch.field}, {rows}"
        check_again(submission, locked, changed=cells, by=by, at=at, what=what)
    batch.refresh_from_db(fields=["undone_at", "undone_by", "undone_revision"])
    return batch


def clean_reason(text: str) -> str:
    """Why the rows are changed, on one line. Raises `CorrectionRefused` for one that is too short, too long or too personal."""
    reason = one_line(text)
    if len(reason) < MIN_REASON:
        raise CorrectionRefused("Skriv med några ord varför värdena ändras.")
    if len(reason) > MAX_REASON:
        raise CorrectionRefused(f"Skälet får ha högst {MAX_REASON} tecken. Det har {len(reason)}.")
    if LOOKS_LIKE.search(reason):
        raise CorrectionRefused("Skriv inte personnummer i skälet.")
    return reason


def values_of(delivery: Delivery, group: Group) -> pl.DataFrame:
    """The group's rows with the value they have now: row, old; each row once."""
    found = checking.group_rows(storage.findings_of(delivery), group.check, group.field, group.value)
    name = column(group.field or 0)
    now = storage.current_frame(delivery).select("row", pl.col(name).alias("old"))
    return now.join(found.select("row").drop_nulls().unique(), on="row", how="semi")


def _places(number: int, cells: pl.DataFrame) -> Cells:
    return [(row, number) for row in cells["row"]]


def _cells(delivery: Delivery, group: Group, wanted: Wanted) -> tuple[int, pl.DataFrame, int]:
    """The field, the values that change (row, old, new), and how many rows that were asked for stay as they are."""
    if group.field is None or not can_correct_together(group):
        raise CorrectionRefused("De här raderna går inte att rätta tillsammans. Rätta i lönesystemet och lämna en ny fil.")
    asked = values_of(delivery, group)
    if wanted.rows:
        asked = asked.filter(pl.col("row").is_in(wanted.rows))
    if asked.is_empty():
        raise CorrectionRefused("Ingen av raderna har anmärkningen längre. Ladda om sidan för att se hur filen ser ut nu.")
    cells = asked.with_columns(_new_values(delivery, group, wanted, asked["old"]).alias("new"))
    if wanted.repair:
        cells = cells.filter(pl.col("new").is_not_null())
    cells = cells.filter(pl.col("old").ne_missing(pl.col("new")))
    if cells.is_empty():
        raise CorrectionRefused("Inget värde skulle ändras. Skriv ett annat värde.")
    return group.field, cells, asked.height - cells.height


def _new_values(delivery: Delivery, group: Group, wanted: Wanted, old: pl.Series) -> pl.Series:
    number = group.field or 0
    if wanted.repair:
        repair = repairs.BY_NAME.get(wanted.repair)
        if repair is None or not repair.fits(group.check, number):
            raise CorrectionRefused("Välj ett av de sätt att rätta som står i listan.")
        return repairs.repaired(old, repair, delivery.submission.collection.spec().layout[number])
    new = clean_value(number, wanted.value)
    if number in ONE_EACH and new is not None and old.len() > 1:
        raise CorrectionRefused("Raderna kan inte få samma värde här: fältet ska vara olika på varje rad.")
    return pl.Series("new", [new], dtype=pl.String).new_from_index(0, old.len())


def _only_in(one: pl.DataFrame, other: pl.DataFrame) -> list[CheckChange]:
    """The findings that only the first has, counted by check and field, most first. Those of the whole file go by their value."""
    if one.is_empty():
        return []
    mine = _keyed(one)
    left = mine if other.is_empty() else mine.join(_keyed(other), on=FINDING_KEY, how="anti", nulls_equal=True)
    counted = (
        left.group_by("check", "field", "level").len().sort(-pl.col("len").cast(pl.Int64), "check", "field", nulls_last=True)
    )
    return [CheckChange(check, number, level, count) for check, number, level, count in counted.iter_rows()]


def _keyed(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.with_columns(pl.when(pl.col("row").is_null()).then(pl.col("value")).alias("about"))
