"""A delivery on its way out: the file as it was delivered, or the rows with corrections as a table.

An export is counted before anything is opened, and recorded once it is known what leaves (EXP-02, EXP-03).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts import exports, reads
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import csv_file
from submissions import checking
from submissions.frames import FIELD_NUMBERS, column
from submissions.models import Delivery
from submissions.services import storage
from submissions.services.deliver import audit_name, fresh


@dataclass(frozen=True, slots=True)
class Export:
    """What is handed out: its name and its bytes, whole or in pieces."""

    name: str
    content: bytes | Iterator[bytes]


def file_of(*, delivery: Delivery, by: User, at: datetime) -> Export:
    """The delivered bytes, byte for byte, for somebody at the unit that delivered them. Raises `TooManyExports`."""
    unit = delivery.submission.unit.code
    _check_kept(delivery)
    exports.reserve(by=by, unit=unit, at=at)
    content = storage.content_of(fresh(delivery, with_content=True))
    exports.record(
        by=by,
        unit=unit,
        object=f"{audit_name(delivery)}, filen",
        rows=delivery.rows or 0,
        note="som den lämnades",
        purpose=exports.OWN_COPY,
        at=at,
    )
    return Export(f"{_title(delivery)}.txt", content)


def rows_of(*, delivery: Delivery, revealed: bool, purpose: str, by: User, at: datetime) -> Export:
    """The rows with corrections as CSV, personnummer masked unless `revealed`. Raises `TooManyExports`."""
    unit = delivery.submission.unit.code
    _check_kept(delivery)
    exports.reserve(by=by, unit=unit, at=at)
    loaded = Delivery.objects.defer("content_sealed", "findings_sealed").get(pk=delivery.pk)
    loaded.submission = delivery.submission
    frame = storage.current_frame(loaded)
    if not revealed:
        frame = checking.masking.mask_frame(frame)
    layout = delivery.submission.collection.spec().layout
    numeric = {column(field.number) for field in layout.fields if field.numeric}
    is_number = [name in numeric for name in frame.columns]
    heading = ["Rad", *(f"{number} {layout[number].name}" for number in FIELD_NUMBERS)]
    exports.record(
        by=by,
        unit=unit,
        object=f"{audit_name(delivery)}, alla rader",
        rows=frame.height,
        note=reads.REVEALED if revealed else reads.MASKED,
        purpose=purpose,
        at=at,
    )
    rows = (
        [csv_file.number_or_text(value) if number else value for value, number in zip(row, is_number, strict=True)]
        for row in frame.iter_rows()
    )
    return Export(f"{_title(delivery)} rader.csv", csv_file.write(heading, rows))


def _check_kept(delivery: Delivery) -> None:
    """What has been purged cannot be taken out."""
    if delivery.purged_at is not None:
        raise NotAllowed("Filen är borttagen, eftersom tiden för att spara den har gått ut.")


def _title(delivery: Delivery) -> str:
    """ "Personalstatistik Trosa kommun 2026 version 3": ours, whatever the delivered file was called."""
    submission = delivery.submission
    return f"Personalstatistik {submission.unit.name} {submission.collection.year} version {delivery.version}"
