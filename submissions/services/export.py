"""A delivery on its way out: the file as it was delivered or corrected, and tables of its rows, findings and changes.

An export is counted before anything is opened, and recorded once it is known what leaves (EXP-02, EXP-03).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from accounts import exports, reads
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import csv_file, downloads, spreadsheet
from config.lib.spreadsheet import Sheet
from submissions import checking, reading
from submissions.frames import TEXT, column, numbers_of, part_and_line
from submissions.models import Delivery
from submissions.services import reports, storage
from submissions.services.deliver import audit_name, fresh
from submissions.spec import CollectionSpec

XLSX, CSV = "xlsx", "csv"
KINDS = ((XLSX, "Excel (.xlsx)"), (CSV, "CSV (.csv)"))
WIDE = ("Vad det gäller", "Gör så här", "Förklaring", "Anmärkningar")
MADE = (2026, 1, 1, 0, 0, 0)  # of what lies in a zip: the same files give the same bytes


class CannotBeCorrected(NotAllowed):
    """The corrected file cannot be made; the sentence says why and what to take instead."""

    status = 422


@dataclass(frozen=True, slots=True)
class Export:
    """What is handed out: its name, its bytes, whole or in pieces, and their type."""

    name: str
    content: bytes | Iterator[bytes]
    content_type: str = downloads.BYTES


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
    firsts = storage.firsts_of(loaded)
    heading = [*(["Del"] if firsts else []), "Rad", *(f"{number} {layout[number].name}" for number in numbers_of(frame))]
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
        [
            *(part_and_line(row[0], firsts) if firsts else row[:1]),
            *(csv_file.number_or_text(value) if number else value for value, number in zip(row[1:], is_number[1:], strict=True)),
        ]
        for row in frame.iter_rows()
    )
    return Export(f"{_title(delivery)} rader.csv", csv_file.write(heading, rows))


# What the unit takes out of its own ----------------------------------------------------------------------------------


def corrected_file_of(*, delivery: Delivery, as_new: bool, by: User, at: datetime) -> Export:
    """The delivered file with the corrections in it, every other byte as it came; of several files a zip.

    A workbook, or any file when `as_new`, becomes a new text file. Raises `TooManyExports` and `CannotBeCorrected`.
    """
    unit = delivery.submission.unit.code
    _check_kept(delivery)
    exports.reserve(by=by, unit=unit, at=at)
    loaded = Delivery.objects.defer("findings_sealed").get(pk=delivery.pk)
    loaded.submission = delivery.submission
    corrected = storage.current_frame(loaded)
    title = f"{_title(delivery)} rättad"
    try:
        files = [_as_new(loaded, corrected)] if as_new else _corrected_files(loaded, corrected)
    except reading.RewriteRefused as refusal:
        raise CannotBeCorrected(str(refusal)) from refusal
    exports.record(
        by=by,
        unit=unit,
        object=f"{audit_name(delivery)}, den rättade filen",
        rows=corrected.height,
        note=reads.REVEALED,
        purpose=exports.OWN_COPY,
        at=at,
    )
    if len(files) == 1:
        return Export(f"{title}.txt", files[0])
    return Export(f"{title}.zip", _zip([(f"del {number}.txt", content) for number, content in enumerate(files, 1)]))


def _as_new(delivery: Delivery, corrected: pl.DataFrame) -> bytes:
    return reading.as_text(corrected, delivery.submission.collection.spec().layout)


def _corrected_files(delivery: Delivery, corrected: pl.DataFrame) -> list[bytes]:
    """Each delivered file with its corrections. The rows of a part are counted from the part's own first line."""
    layout = delivery.submission.collection.spec().layout
    described = storage.summary_of(delivery).get("reading", {})
    contents = storage.contents_of(delivery, storage.content_of(delivery))
    firsts = storage.firsts_of(delivery) or (1,)
    formats = [part["format"] for part in described.get("parts", ())] or [delivery.format or TEXT]
    files: list[bytes] = []
    answers = [*delivery.chosen_encodings, *[""] * len(contents)][: len(contents)]
    for content, first, after, format, chosen in zip(contents, firsts, (*firsts[1:], None), formats, answers, strict=True):
        of_part = corrected.filter(pl.col("row") >= first)
        of_part = of_part if after is None else of_part.filter(pl.col("row") < after)
        own = of_part.with_columns((pl.col("row") - (first - 1)).cast(pl.UInt32))
        try:
            made = (
                reading.rewrite(content, layout, own, encoding=chosen or None) if format == TEXT else reading.as_text(own, layout)
            )
        except reading.RewriteRefused as refusal:
            if after is None and first == 1:
                raise
            raise reading.RewriteRefused(f"Del {len(files) + 1}. {refusal}") from refusal
        files.append(made)
    return files


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, MADE), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


Table = Callable[[Delivery, CollectionSpec, bool], list[Sheet]]


def findings_of(*, delivery: Delivery, kind: str, revealed: bool, by: User, at: datetime) -> Export:
    """Every finding in words; in the workbook also a summary by group. Raises `TooManyExports`."""
    return _table(delivery, "alla anmärkningar", "anmärkningar", _findings, kind, revealed=revealed, by=by, at=at)


def _findings(delivery: Delivery, collection: CollectionSpec, revealed: bool) -> list[Sheet]:
    return [
        Sheet("Anmärkningar", reports.findings_table(delivery, collection, revealed=revealed), WIDE),
        Sheet("Sammanfattning", reports.groups_table(delivery, collection, revealed=revealed), WIDE),
    ]


def marked_rows_of(*, delivery: Delivery, kind: str, revealed: bool, by: User, at: datetime) -> Export:
    """The rows as the layout has them, with a column that tells what is wrong on each. Raises `TooManyExports`."""
    return _table(delivery, "raderna med felkolumn", "med felkolumn", _marked_rows, kind, revealed=revealed, by=by, at=at)


def _marked_rows(delivery: Delivery, collection: CollectionSpec, revealed: bool) -> list[Sheet]:
    return [Sheet("Rader", reports.rows_table(delivery, collection, revealed=revealed), WIDE)]


def changes_of(*, delivery: Delivery, kind: str, revealed: bool, by: User, at: datetime) -> Export:
    """Every corrected value, from and to, by employment. Raises `TooManyExports`."""
    return _table(delivery, "ändringslistan", "ändringslista", _changes, kind, revealed=revealed, by=by, at=at)


def _changes(delivery: Delivery, collection: CollectionSpec, revealed: bool) -> list[Sheet]:
    return [Sheet("Ändringar", reports.changes_table(delivery, collection, revealed=revealed))]


def _table(
    delivery: Delivery, what: str, title: str, table: Table, kind: str, *, revealed: bool, by: User, at: datetime
) -> Export:
    """A table of the unit's own as .xlsx or .csv (its first sheet), counted before and recorded after it is made."""
    unit = delivery.submission.unit.code
    _check_kept(delivery)
    exports.reserve(by=by, unit=unit, at=at)
    loaded = Delivery.objects.defer("content_sealed").get(pk=delivery.pk)
    loaded.submission = delivery.submission
    sheets = table(loaded, delivery.submission.collection.spec(), revealed)
    first = sheets[0].frame
    exports.record(
        by=by,
        unit=unit,
        object=f"{audit_name(delivery)}, {what}",
        rows=first.height,
        note=reads.REVEALED if revealed else reads.MASKED,
        purpose=exports.OWN_COPY,
        at=at,
    )
    name = f"{_title(delivery)} {title}.{kind}"
    if kind == CSV:
        return Export(name, csv_file.write(first.columns, first.iter_rows()), csv_file.CONTENT_TYPE)
    return Export(name, spreadsheet.write(sheets), spreadsheet.CONTENT_TYPE)


def _check_kept(delivery: Delivery) -> None:
    """What has been purged cannot be taken out."""
    if delivery.purged_at is not None:
        raise NotAllowed("Filen är borttagen, eftersom tiden för att spara den har gått ut.")


def _title(delivery: Delivery) -> str:
    """ "Personalstatistik Trosa kommun 2026 version 3": ours, whatever the delivered file was called."""
    submission = delivery.submission
    return f"Personalstatistik {submission.unit.name} {submission.collection.year} version {delivery.version}"
