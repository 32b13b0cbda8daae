"""The corrections of the file that counted before follow to the new one, where it still has the values that were corrected.

What follows is planned before the new file is checked, so that it is checked with its corrections, and written in the
transaction that makes it the current one. A file whose corrections change meanwhile is planned again (`deliver`). What does
not follow is kept with the new file, with the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from config.lib import sealed
from config.lib.text import amount
from submissions import carrying, states
from submissions.frames import OVERLAY_SCHEMA
from submissions.models import Comment, Correction, CorrectionBatch, Delivery
from submissions.services import storage

ROWS_NAMED = 20  # of a batch's rows that did not follow


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from `source`, with the rows of the new file, and what does not."""

    source: Delivery
    singles: tuple[tuple[Correction, int], ...]
    batches: tuple[tuple[CorrectionBatch, pl.DataFrame], ...]  # the frame: row, old, new
    dropped: tuple[dict[str, Any], ...]
    overlay: pl.DataFrame  # what the new file is checked with

    @property
    def cells(self) -> int:
        """How many values follow."""
        return self.overlay.height

    @property
    def revisions(self) -> dict[int, int]:
        """The new file's revision for each of the source's that follows, in the same order."""
        followed = {one.revision for one, _ in self.singles} | {batch.revision for batch, _ in self.batches}
        return {old: new for new, old in enumerate(sorted(followed), start=1)}


def source_of(delivery: Delivery) -> Delivery | None:
    """The file that a received one takes the place of once it is checked; None for a test file or one that comes too late."""
    if delivery.status != Delivery.Status.RECEIVED or delivery.is_test or delivery.submission.status not in states.WORKING:
        return None
    current = Delivery.objects.light().filter(submission=delivery.submission_id, is_current=True, version__lt=delivery.version)
    return current.first()


def is_same(one: Delivery | None, other: Delivery | None) -> bool:
    """Whether nothing was corrected, undone or delivered between."""
    return (one and (one.pk, one.revision)) == (other and (other.pk, other.revision))


def plan(source: Delivery | None, frame: pl.DataFrame) -> Plan | None:
    """What follows from the source to a file with those delivered rows; None where nothing was corrected."""
    if source is None or not source.revision:
        return None
    changes = storage.changes_of(source)
    if changes.is_empty():
        return None
    placed = carrying.carry(storage.base_frame(source), frame, changes.select("row", "field", "new"))
    overlay = placed.carried.join(changes, on=["row", "field"], how="left").select(pl.col("to_row").alias("row"), "field", "new")
    dropped = placed.dropped.join(changes, on=["row", "field"], how="left")
    singles = list(Correction.objects.filter(delivery=source, undone_at=None).order_by("revision", "pk"))
    batches = list(CorrectionBatch.objects.filter(delivery=source, undone_at=None).order_by("revision", "pk"))
    to_row = {(row, field): to for row, field, to in placed.carried.iter_rows()}
    of_batches = [(batch, _cells(source, batch, placed.carried)) for batch in batches]
    return Plan(
        source=source,
        singles=tuple((one, to_row[one.row, one.field]) for one in singles if (one.row, one.field) in to_row),
        batches=tuple((batch, cells) for batch, cells in of_batches if cells.height),
        dropped=tuple(_dropped(source, singles, batches, dropped)),
        overlay=overlay.cast(OVERLAY_SCHEMA),
    )


def _cells(source: Delivery, batch: CorrectionBatch, carried: pl.DataFrame) -> pl.DataFrame:
    """The batch's cells that follow, with their rows in the new file."""
    of_field = carried.filter(pl.col("field") == batch.field)
    followed = storage.cells_of(source, batch).join(of_field, on="row", how="inner")
    return followed.select(pl.col("to_row").alias("row"), "old", "new").sort("row")


def _dropped(
    source: Delivery, singles: list[Correction], batches: list[CorrectionBatch], dropped: pl.DataFrame
) -> Iterator[dict[str, Any]]:
    """One entry a single correction, and one a batch and reason."""
    by_cell = {(cell["row"], cell["field"]): cell for cell in dropped.iter_rows(named=True)}
    for one in singles:
        cell = by_cell.get((one.row, one.field))
        if cell is not None:
            yield {**cell, "rows": [one.row], "cells": 1}
    for batch in batches:
        rows = storage.cells_of(source, batch).select("row")
        lost = dropped.filter(pl.col("field") == batch.field).join(rows, on="row", how="semi")
        for (reason,), part in lost.group_by("reason", maintain_order=True):
            first = part.row(0, named=True)
            yield {**first, "reason": reason, "rows": part["row"].head(ROWS_NAMED).to_list(), "cells": part.height}


def write(plan: Plan, delivery: Delivery) -> None:
    """Lay the plan's corrections over the new file, in the caller's transaction. The delivery has its new revision."""
    revisions = plan.revisions
    Correction.objects.bulk_create(_single(plan.source, one, row, delivery, revisions[one.revision]) for one, row in plan.singles)
    for batch, cells in plan.batches:
        _batch(plan.source, batch, cells, delivery, revisions[batch.revision]).save(force_insert=True)


def _single(source: Delivery, one: Correction, row: int, delivery: Delivery, revision: int) -> Correction:
    old, new = storage.old_and_new(source, one)
    return Correction(
        delivery=delivery,
        row=row,
        field=one.field,
        old_sealed=storage.seal_value(delivery, row, one.field, old),
        new_sealed=storage.seal_value(delivery, row, one.field, new),
        by_id=one.by_id,
        at=one.at,
        revision=revision,
        carried_from=one,
    )


def _batch(source: Delivery, batch: CorrectionBatch, cells: pl.DataFrame, delivery: Delivery, revision: int) -> CorrectionBatch:
    followed = CorrectionBatch(
        delivery=delivery,
        check_code=batch.check_code,
        field=batch.field,
        cells=cells.height,
        by_id=batch.by_id,
        at=batch.at,
        revision=revision,
        carried_from=batch,
    )
    followed.cells_sealed = storage.seal_cells(followed, cells)
    followed.reason_sealed = sealed.seal_text(followed, "reason_sealed", storage.reason_of(source, batch))
    return followed


def columns_of(plan: Plan, delivery: Delivery) -> dict[str, Any]:
    """The new file's columns that the plan sets."""
    told = {"version": plan.source.version, "cells": plan.cells, "dropped": plan.dropped}
    content = sealed.seal_text(delivery, "carried_sealed", json.dumps(told, ensure_ascii=False))
    return {"revision": max(plan.revisions.values(), default=0), "carried_sealed": content}


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed to a file, as it was when it came: the version before, how many values, and what did not."""

    version: int
    cells: int
    dropped: tuple[dict[str, Any], ...]

    @property
    def lost(self) -> int:
        """How many corrected values did not follow and are not mended in the file either."""
        counted = Counter[str]()
        for entry in self.dropped:
            counted[entry["reason"]] += entry["cells"]
        return counted.total() - counted[carrying.MENDED]


def followed_to(delivery: Delivery) -> Followed | None:
    """What followed to the file; None where nothing was corrected in the one before."""
    if delivery.carried_sealed is None:
        return None
    told = json.loads(sealed.open_column(delivery, "carried_sealed"))
    return Followed(told["version"], told["cells"], tuple(told["dropped"]))


@dataclass(frozen=True, slots=True)
class Told:
    """What the review page says of it, in numbers."""

    version: int  # the file before
    corrections: int
    lost: int
    explanations: int


def told_of(delivery: Delivery, comments: dict[str, Comment], keys: set[str]) -> Told | None:
    """What followed to the file; None for the first one, or where nothing did and nothing was lost."""
    before = followed_to(delivery)
    reused = [comment for key, comment in comments.items() if key in keys and comment.version < delivery.version]
    if not reused and not (before and (before.cells or before.lost)):
        return None
    version = before.version if before else max(comment.version for comment in reused)
    return Told(version, before.cells if before else 0, before.lost if before else 0, len(reused))


def in_words(plan: Plan | None) -> str:
    """What the history says of it; empty where nothing was corrected."""
    if plan is None:
        return ""
    mended = sum(entry["cells"] for entry in plan.dropped if entry["reason"] == carrying.MENDED)
    lost = sum(entry["cells"] for entry in plan.dropped) - mended
    became = {"följde med": plan.cells, "fanns redan i filen": mended, "följde inte med": lost}
    told = ", ".join(f"{amount(cells, 'rättelse', 'rättelser')} {what}" for what, cells in became.items() if cells)
    return f" Från version {plan.source.version}: {told}." if told else ""
