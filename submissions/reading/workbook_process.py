"""The limited process in which a workbook is opened: `python -m submissions.reading.workbook_process WIDTH < book`.

Answers on its standard output with a line of JSON, and after it the rows as Arrow IPC where there are any. The line has
`problem` (a name of `Problem`) and `count`, or `others`, the number of sheets that were not read. It takes no other
input, has no secrets in its environment, writes no file, and dies at its limits of memory and time.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from submissions.reading.limits import BOOK_CPU_SECONDS, BOOK_MEMORY, BOOK_UNPACKED

HEAD = 64 * 1024
CHUNK = 1024 * 1024
DEFINES = (b"<!DOCTYPE", b"<!ENTITY", b"\0")  # a NUL: XML in UTF-16, in which the others would not be seen
ERROR_MARKS = {".xlsx": (b' t="e"',), ".ods": (b'value-type="error"',)}
UNSAFE, TOO_LARGE, ERRORS, SEVERAL, EMPTY = "unsafe", "too_large", "errors", "several", "empty"


@dataclass(frozen=True, slots=True)
class Problem(Exception):  # noqa: N818 - an answer, not a fault
    """Why the workbook is not read."""

    name: str
    count: int = 0


def limit_this_process() -> None:
    """From now on: no file, no core dump, and no more time and memory, beside its own, than a workbook may take."""
    limits = (
        (resource.RLIMIT_AS, _own_size() + BOOK_MEMORY),
        (resource.RLIMIT_CPU, BOOK_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))


def _own_size() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def look_through(data: bytes) -> None:
    """Unpacks every member once, without keeping it. Raises `Problem` for DTDs, false sizes and cells with an error."""
    unpacked = errors = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for member in book.infolist():
            is_sheet = member.filename.startswith("xl/worksheets/") or member.filename == "content.xml"
            before = b""
            for number, chunk in enumerate(_chunks(book, member)):
                unpacked += len(chunk)
                if unpacked > BOOK_UNPACKED:
                    raise Problem(TOO_LARGE)
                if not number and member.filename.endswith((".xml", ".rels")) and any(m in chunk[:HEAD] for m in DEFINES):
                    raise Problem(UNSAFE)
                if is_sheet:
                    errors += _errors(before + chunk) - _errors(before)
                    before = chunk[-32:]
    if errors:
        raise Problem(ERRORS, errors)


def _errors(text: bytes) -> int:
    return sum(text.count(mark) for marks in ERROR_MARKS.values() for mark in marks)


def _chunks(book: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with book.open(member) as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def rows_of(data: bytes, width: int) -> tuple[pl.DataFrame, int]:
    """The rows of the one sheet to read, columns of texts from A on, and how many other sheets have something."""
    book = fastexcel.read_excel(data)
    found = [frame for frame in (_sheet(book, name) for name in book.sheet_names) if frame is not None]
    if not found:
        raise Problem(EMPTY)
    fitting = [frame for frame in found if frame.width == width] if len(found) > 1 else found
    if len(fitting) != 1:
        raise Problem(SEVERAL, len(found))
    return fitting[0], len(found) - 1


def _sheet(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame | None:
    """A visible sheet up to its last column with something in it; None where it is hidden or empty."""
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True)
    if sheet.visible != "visible" or not sheet.width or not sheet.height:
        return None
    frame = sheet.to_polars()
    filled = [place for place, column in enumerate(frame.get_columns(), 1) if column.null_count() < frame.height]
    return frame[:, : filled[-1]] if filled else None


def main() -> None:
    """Read the book on standard input; answer on standard output."""
    data = sys.stdin.buffer.read()
    width = int(sys.argv[1])
    limit_this_process()
    frame = None
    try:
        look_through(data)
        frame, others = rows_of(data, width)
        answer: dict[str, object] = {"others": others}
    except Problem as problem:
        answer = {"problem": problem.name, "count": problem.count}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    if frame is not None:
        frame.rename({name: str(place) for place, name in enumerate(frame.columns, 1)}).write_ipc_stream(sys.stdout.buffer)


if __name__ == "__main__":
    main()
