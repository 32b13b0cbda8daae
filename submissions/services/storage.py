"""What a delivery keeps sealed: its bytes, its frames and its summary, and how they are brought back.

Recently used frames stay in a small cache in this process, keyed by delivery, revision and time of check, so that going
through a large file's findings does not decrypt it for every page. Nothing here decides what a person may see.
"""

from __future__ import annotations

import io
import json
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Generic, TypeVar

import polars as pl
from django.db.models import Q, QuerySet

from accounts.models import User
from config.lib import sealed
from submissions import frames, reading
from submissions.frames import column
from submissions.models import Correction, CorrectionBatch, Delivery, Supplement

T = TypeVar("T")
CACHE_BYTES = 200_000_000
CELLS_SCHEMA = pl.Schema({"row": pl.UInt32, "old": pl.String, "new": pl.String})
CHANGES_SCHEMA = pl.Schema({"row": pl.UInt32, "field": pl.UInt8, "old": pl.String, "new": pl.String})


_memories: list[Recent[Any]] = []


class Recent(Generic[T]):
    """The most recently used things of one kind, up to a number of bytes by `size_of`. Safe between threads."""

    def __init__(self, limit: int, size_of: Callable[[T], int]) -> None:
        self.limit = limit
        self.held = 0
        self._size_of = size_of
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()
        _memories.append(self)

    def get(self, key: Hashable) -> T | None:
        """The thing, or None."""
        with self._lock:
            found = self._things.get(key)
            if found is None:
                return None
            self._things.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, thing: T) -> T:
        """Keep the thing and give it back; the least recently used ones go."""
        size = self._size_of(thing)
        with self._lock:
            if key in self._things:
                self.held -= self._things.pop(key)[1]
            if size <= self.limit:
                self._things[key] = (thing, size)
                self.held += size
            while self.held > self.limit:
                _, (_, gone) = self._things.popitem(last=False)
                self.held -= gone
        return thing

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self.held = 0


def forget() -> None:
    """Hold nothing any more of what was used recently, frames or other things."""
    for memory in _memories:
        memory.clear()


cache = Recent[pl.DataFrame](CACHE_BYTES, lambda frame: int(frame.estimated_size()) + 1_000)


# Bytes ---------------------------------------------------------------------------------------------------------------


def pack_content(content: bytes) -> bytes:
    """The uploaded bytes, compressed."""
    return zlib.compress(content, level=1)


def content_of(row: Delivery | Supplement) -> bytes:
    """The bytes as they were uploaded; a supplement's are packed as a delivery's."""
    return zlib.decompress(sealed.open_column(row, "content_sealed"))


def position_list_of(supplement: Supplement) -> reading.PositionList:
    """A kodförteckning as it is read; a workbook is opened once. Raises `PositionListError`."""
    key = ("positions", supplement.pk)
    cells = cache.get(key)
    if cells is None:
        cells = cache.put(key, reading.position_cells(content_of(supplement)))
    return reading.read_position_cells(cells)


def name_of(delivery: Delivery) -> str:
    """The file's own name, for showing only; "" once the file is gone."""
    return sealed.open_text(delivery, "name_sealed") if delivery.name_sealed is not None else ""


# Frames --------------------------------------------------------------------------------------------------------------


def seal_frame(delivery: Delivery, name: str, frame: pl.DataFrame) -> bytes:
    """The frame as sealed Parquet, for the column of that name."""
    return sealed.seal(delivery, name, _as_parquet(frame))


def _as_parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def _open_frame(delivery: Delivery, column: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(sealed.open_column(delivery, column)))


def base_frame(delivery: Delivery) -> pl.DataFrame:
    """The rows as delivered, without corrections."""
    key = ("frame", delivery.pk, *delivery.chosen_encodings)
    found = cache.get(key)
    if found is None:
        if delivery.frame_sealed is None:
            return frames.empty_frame()
        found = cache.put(key, _open_frame(delivery, "frame_sealed"))
    return found


def keep_base_frame(delivery: Delivery, frame: pl.DataFrame) -> None:
    """Hold a frame that was just made."""
    cache.put(("frame", delivery.pk, *delivery.chosen_encodings), frame)


def state_of(delivery: Delivery) -> tuple[int, int, datetime | None]:
    """What tells the delivery's rows, with corrections, from those of other deliveries and of other times."""
    return delivery.pk, delivery.revision, delivery.as_of


def current_frame(delivery: Delivery) -> pl.DataFrame:
    """The rows with corrections laid over them."""
    if not delivery.revision:
        return base_frame(delivery)
    key = ("current", *state_of(delivery))
    found = cache.get(key)
    if found is None:
        found = cache.put(key, reading.apply_corrections(base_frame(delivery), _kept_overlay(delivery)))
    return found


def findings_of(delivery: Delivery) -> pl.DataFrame:
    """The findings of the last check."""
    key = ("findings", delivery.pk, delivery.revision, delivery.checked_at)
    found = cache.get(key)
    if found is None:
        if delivery.findings_sealed is None:
            return pl.DataFrame()
        found = cache.put(key, _open_frame(delivery, "findings_sealed"))
    return found


def keep_findings(delivery: Delivery, findings: pl.DataFrame) -> None:
    """Hold findings that were just made and stored."""
    cache.put(("findings", delivery.pk, delivery.revision, delivery.checked_at), findings)


# Corrections ---------------------------------------------------------------------------------------------------------


def seal_value(delivery: Delivery, row: int, field: int, value: str | None) -> bytes:
    """A value of a correction, the old or the new; empty is stored as an empty text."""
    return sealed.seal_text(Correction(delivery=delivery, row=row, field=field), "new_sealed", value or "")


def old_and_new(delivery: Delivery, correction: Correction) -> tuple[str, str]:
    """A correction's two values."""
    correction.delivery = delivery  # the same row, at hand: it is not fetched once more
    return sealed.open_text(correction, "old_sealed"), sealed.open_text(correction, "new_sealed")


def seal_cells(batch: CorrectionBatch, cells: pl.DataFrame) -> bytes:
    """The cells of a batch (`CELLS_SCHEMA`) as its sealed column. The batch must know its delivery, field and revision."""
    return sealed.seal(batch, "cells_sealed", _as_parquet(cells.cast(CELLS_SCHEMA)))


def cells_of(delivery: Delivery, batch: CorrectionBatch) -> pl.DataFrame:
    """What a batch changed: row, old, new (null is empty), in the order of the rows."""
    batch.delivery = delivery  # the same row, at hand: it is not fetched once more
    return pl.read_parquet(io.BytesIO(sealed.open_column(batch, "cells_sealed")))


def reason_of(delivery: Delivery, batch: CorrectionBatch) -> str:
    """Why a batch was made, in the words of the person who made it."""
    batch.delivery = delivery
    return sealed.open_text(batch, "reason_sealed")


def overlay_of(delivery: Delivery) -> pl.DataFrame:
    """The corrections in force, single ones and batches, as the engine lays them on: one row a cell (`OVERLAY_SCHEMA`).

    They lie in order of revision and the last one of a cell wins; of the same revision the single one.
    """
    then = _then(delivery)
    batches = CorrectionBatch.objects.filter(then, delivery=delivery).order_by("revision", "pk")
    layers = [
        cells_of(delivery, batch).select(
            pl.col("row").cast(pl.Int64), pl.lit(batch.field, pl.Int64).alias("field"), "new", _revision(batch.revision)
        )
        for batch in batches
    ]
    singles = Correction.objects.filter(then, delivery=delivery).order_by("revision", "pk")
    values = [(c.row, c.field, old_and_new(delivery, c)[1] or None, c.revision) for c in singles]
    layers.append(pl.DataFrame(values, schema={**frames.OVERLAY_SCHEMA, "revision": pl.Int64}, orient="row"))
    laid = pl.concat(layers).sort("revision", maintain_order=True)
    return laid.unique(["row", "field"], keep="last", maintain_order=True).drop("revision")


def _kept_overlay(delivery: Delivery) -> pl.DataFrame:
    """`overlay_of` for pages. A service that corrects asks anew: it changes the corrections before they have their revision."""
    key = ("overlay", *state_of(delivery))
    found = cache.get(key)
    return cache.put(key, overlay_of(delivery)) if found is None else found


def _then(delivery: Delivery) -> Q:
    """The corrections that were in force at the moment the delivery is seen as of; now where it names none."""
    if delivery.as_of is None:
        return Q(undone_at=None)
    return Q(at__lte=delivery.as_of) & (Q(undone_at=None) | Q(undone_at__gt=delivery.as_of))


def _revision(revision: int) -> pl.Expr:
    return pl.lit(revision, pl.Int64).alias("revision")


def changes_of(delivery: Delivery) -> pl.DataFrame:
    """The values that differ from the delivered file: row, field, old (as delivered), new; by row and field."""
    if not delivery.revision:
        return pl.DataFrame(schema=CHANGES_SCHEMA)
    key = ("changes", *state_of(delivery))
    found = cache.get(key)
    return cache.put(key, _changes_of(delivery)) if found is None else found


def _changes_of(delivery: Delivery) -> pl.DataFrame:
    overlay = _kept_overlay(delivery)
    if overlay.is_empty():
        return pl.DataFrame(schema=CHANGES_SCHEMA)
    delivered = base_frame(delivery).with_columns(pl.col("row").cast(pl.Int64))
    parts = [
        cells.join(delivered.select("row", pl.col(column(int(field))).alias("old")), on="row")
        for (field,), cells in overlay.group_by("field", maintain_order=True)
    ]
    changed = pl.concat(parts).filter(pl.col("old").ne_missing(pl.col("new")))
    return changed.select(CHANGES_SCHEMA.keys()).cast(CHANGES_SCHEMA).sort("row", "field")


def count_corrections(delivery: Delivery) -> int:
    """How many values differ from the delivered file, whether they were corrected one by one or together."""
    return changes_of(delivery).height


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a value: who gave it which content, alone or in a batch, and whether it was undone."""

    old: str | None
    new: str | None
    by: User
    at: datetime
    revision: int
    undone_by: User | None
    undone_at: datetime | None
    undone_revision: int | None
    reason: str = ""  # of a batch
    is_carried: bool = False  # followed from the file before

    @property
    def latest_revision(self) -> int:
        """When it was last touched: made, or undone."""
        return max(self.revision, self.undone_revision or 0)


def history_of(delivery: Delivery, row: int, field: int) -> list[Change]:
    """All that was done to one value of the delivery, single corrections and batches, the latest made first."""
    corrections = Correction.objects.filter(delivery=delivery, row=row, field=field)
    batches = CorrectionBatch.objects.filter(delivery=delivery, field=field)
    return _histories(delivery, row, corrections, batches).get(field, [])


def histories_of(delivery: Delivery, row: int) -> dict[int, list[Change]]:
    """`history_of` for each field of a row that has one, in two queries."""
    corrections, batches = (
        Correction.objects.filter(delivery=delivery, row=row),
        CorrectionBatch.objects.filter(delivery=delivery),
    )
    return _histories(delivery, row, corrections, batches)


def _histories(
    delivery: Delivery, row: int, corrections: QuerySet[Correction], batches: QuerySet[CorrectionBatch]
) -> dict[int, list[Change]]:
    people = ("by", "undone_by")
    found: dict[int, list[Change]] = defaultdict(list)
    for correction in corrections.select_related(*people).order_by("pk"):
        found[correction.field].append(_change(correction, *old_and_new(delivery, correction)))
    for batch in batches.select_related(*people).order_by("pk"):
        cells = cells_of(delivery, batch).filter(pl.col("row") == row)
        if cells.height:
            change = _change(batch, cells.item(0, "old"), cells.item(0, "new"), reason_of(delivery, batch))
            found[batch.field].append(change)
    return {field: sorted(changes, key=lambda change: -change.revision) for field, changes in found.items()}


def _change(made: Correction | CorrectionBatch, old: str | None, new: str | None, reason: str = "") -> Change:
    return Change(
        old=old or None,
        new=new or None,
        by=made.by,
        at=made.at,
        revision=made.revision,
        undone_by=made.undone_by,
        undone_at=made.undone_at,
        undone_revision=made.undone_revision,
        reason=reason,
        is_carried=made.carried_from_id is not None,
    )


# Parts ---------------------------------------------------------------------------------------------------------------


def contents_of(delivery: Delivery, content: bytes) -> list[bytes]:
    """The files that the delivery's bytes are made of, in order; one where it came as a single file."""
    ends = list(accumulate(delivery.part_sizes)) or [len(content)]
    return [content[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def names_of(delivery: Delivery) -> list[str]:
    """The files' own names, in order, for showing only; none once the file is gone."""
    return name_of(delivery).splitlines()


def firsts_of(delivery: Delivery) -> tuple[int, ...]:
    """The row that each part's first line is counted as, for `frames.place`; none of a single file."""
    if len(delivery.part_sizes) < 2:
        return ()
    return tuple(part["first"] for part in summary_of(delivery).get("reading", {}).get("parts", ()))


# Summary -------------------------------------------------------------------------------------------------------------


def seal_summary(delivery: Delivery, values: dict[str, Any]) -> bytes:
    """What was read and the review tables."""
    return sealed.seal_text(delivery, "summary_sealed", json.dumps(values, ensure_ascii=False))


def summary_of(delivery: Delivery) -> dict[str, Any]:
    """What `seal_summary` was given; empty before the first check."""
    if delivery.summary_sealed is None:
        return {}
    values: dict[str, Any] = json.loads(sealed.open_column(delivery, "summary_sealed"))
    return values
