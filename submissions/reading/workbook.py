"""Workbooks (.xlsx, .ods) to rows. Nothing in one is believed: its directory is weighed first, and it is opened by a
process of its own with little memory, little time and nothing to steal (`workbook_process`).

A row is the sheet's own row. Every value is a text, as the cell holds it; a cell with a date in a date field is read as
ÅÅÅÅMMDD, which loses nothing. What a spreadsheet has already lost (leading zeros) is for the checks to find.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from config.lib import packed
from config.lib.text import amount
from submissions.frames import ODS, XLSX, Refusal, column, numbers_to
from submissions.reading import refusals
from submissions.reading.limits import BOOK_SECONDS, BOOK_UNPACKED, MAX_FIELDS, MAX_ROWS
from submissions.reading.split import Split, is_header
from submissions.spec import LayoutSpec

ROOT = Path(__file__).resolve().parent.parent.parent
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
DATES = (18, 19, 29, 30)
DATE_CELL = r"^(\d{4})-(\d{2})-(\d{2})(?: 00:00:00)?$"
EXIT_OUT_OF_MEMORY = (-6, -9, -24)  # SIGABRT where no memory was to be had, SIGKILL and SIGXCPU at the limit of time


@dataclass(frozen=True, slots=True)
class Workbook:
    """The rows of a workbook's sheet, its kind, and what should be told about how it was read."""

    rows: Split
    format: str
    notes: tuple[str, ...]


def is_packed(data: bytes) -> bool:
    """True for a zip file: what a workbook is."""
    return packed.is_packed(data)


def read_workbook(data: bytes, layout: LayoutSpec) -> Workbook | Refusal:
    """The rows of a workbook, or why it is not read."""
    kind = _kind(data)
    if isinstance(kind, Refusal):
        return kind
    answer = _open_apart(data, len(layout))
    if isinstance(answer, Refusal):
        return answer
    told, cells = answer
    rows = _rows(cells, layout)
    if isinstance(rows, Refusal):
        return rows
    split, dates = rows
    notes = []
    if dates:
        notes.append(f"{amount(dates, 'datumcell', 'datumceller')} lästes som ÅÅÅÅMMDD.")
    if told["others"]:
        notes.append("Arbetsboken har fler blad. Bara det blad som stämmer med postbeskrivningen är läst.")
    return Workbook(split, kind, tuple(notes))


def read_cells(data: bytes, width: int) -> pl.DataFrame | Refusal:
    """The cells of a workbook's sheet as texts, columns "1", "2" …; of several sheets the one with `width` columns."""
    kind = _kind(data)
    answer = kind if isinstance(kind, Refusal) else _open_apart(data, width)
    return answer if isinstance(answer, Refusal) else answer[1]


# The directory -------------------------------------------------------------------------------------------------------


def _kind(data: bytes) -> str | Refusal:
    """xlsx or ods, by the names of the members; nothing is unpacked but the few bytes that name an .ods (FIL-02, FIL-04)."""
    try:
        members = packed.members_of(data)
        return _named(members, packed.start_of(data, "mimetype", len(ODS_TYPE) + 1))
    except packed.TooLargeZip as refused:
        return refusals.too_large_workbook(str(refused))
    except packed.BrokenZip:
        return refusals.broken_workbook()


def _named(members: dict[str, zipfile.ZipInfo], mimetype: bytes) -> str | Refusal:
    if packed.has_macros(members):
        return refusals.macros()
    if packed.is_locked(members):
        return refusals.broken_workbook()
    if "xl/workbook.xml" in members:
        return XLSX
    if "content.xml" in members and mimetype == ODS_TYPE:
        return ODS
    return refusals.word_document() if "word/document.xml" in members else refusals.no_workbook()


# The process apart ---------------------------------------------------------------------------------------------------


def _open_apart(data: bytes, width: int) -> tuple[dict[str, Any], pl.DataFrame] | Refusal:
    """What `workbook_process` answered."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "submissions.reading.workbook_process", str(width)],
            input=data,
            capture_output=True,
            timeout=BOOK_SECONDS,
            cwd=ROOT,
            env={"POLARS_MAX_THREADS": "1", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return refusals.too_large_workbook("det tar för lång tid att läsa")
    if done.returncode in EXIT_OUT_OF_MEMORY or b"MemoryError" in done.stderr:
        return refusals.too_large_workbook("det tar mer minne eller tid än ett kalkylblad får ta")
    if done.returncode:
        return refusals.broken_workbook()
    line, _, rows = done.stdout.partition(b"\n")
    told = json.loads(line)
    if "problem" in told:
        return _refused(told["problem"], told["count"])
    return told, pl.read_ipc_stream(io.BytesIO(rows))


def _refused(problem: str, count: int) -> Refusal:
    if problem == "unsafe":
        return refusals.unsafe_workbook()
    if problem == "errors":
        return refusals.formula_errors(count)
    if problem == "several":
        return refusals.several_sheets(count)
    if problem == "empty":
        return refusals.empty(had_bytes=True)
    return refusals.too_large_workbook(f"det blir mer än {BOOK_UNPACKED // 1_000_000} MB uppackat")


# The rows ------------------------------------------------------------------------------------------------------------


def _rows(frame: pl.DataFrame, layout: LayoutSpec) -> tuple[Split, int] | Refusal:
    """The sheet's rows in the layout's columns, and how many cells with a date were read."""
    width = len(layout)
    found = frame.with_row_index("row", offset=1).filter(~pl.all_horizontal(pl.all().exclude("row").is_null()))
    if found.height > MAX_ROWS + 1:
        return refusals.too_many_rows(found.height)
    if frame.width < width or frame.width > MAX_FIELDS:
        return refusals.sheet_width(layout, width=frame.width, rows=found.height)
    has_header = is_header([cell or "" for cell in found.row(0)[1:]], layout)
    found = found[1:] if has_header else found
    if found.is_empty():
        return refusals.empty(had_bytes=True, has_header=True)
    extra = [pl.when(pl.col(str(n)).is_not_null()).then(pl.lit(n, pl.UInt32)) for n in range(width + 1, frame.width + 1)]
    wrong = found.select("row", pl.max_horizontal(extra).alias("n") if extra else pl.lit(None, pl.UInt32).alias("n"))
    wrong = wrong.filter(pl.col("n").is_not_null())
    if wrong.height == found.height:
        return refusals.sheet_width(layout, width=frame.width, rows=found.height)
    right = found.filter(~pl.col("row").is_in(wrong["row"].implode())) if wrong.height else found
    rows = right.select("row", *(pl.col(str(n)).alias(column(n)) for n in numbers_to(width)))
    rows, dates = _with_dates(rows)
    return Split(rows, "", has_header, wrong, frame.height), dates


def _with_dates(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Cells with a date, in the fields of dates, as ÅÅÅÅMMDD."""
    names = [column(number) for number in DATES]
    counts = rows.select(pl.col(name).str.contains(DATE_CELL).sum() for name in names).row(0)
    if not any(counts):
        return rows, 0
    return rows.with_columns(pl.col(name).str.replace(DATE_CELL, "$1$2$3") for name in names), sum(counts)
