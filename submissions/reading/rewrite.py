"""The delivered file with corrected values in it: every other byte as it came.

Only lines with a correction are taken apart. Encoding and its mark, separator, quotation marks, blanks around a value, line
ends, header, blank lines and empty fields at the end stay. What comes out is read again, and handed out only where the
reading gives exactly the corrected rows.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import polars as pl

from submissions.frames import ENCODING_LABELS, NAME_FIELD, Reading, column, numbers_of
from submissions.reading.kind import BLANKS
from submissions.reading.reader import read
from submissions.reading.split import SEPARATORS, is_quoted
from submissions.spec import LayoutSpec

MARKS = {
    "utf-8": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
OUTSIDE_QUOTES = rb'(?=(?:[^"]*"[^"]*")*[^"]*$)'
ANOTHER_WAY = "Hämta den rättade filen som ny textfil i stället."
Cell = tuple[int, int, str | None, str | None]
"""Row, field, the value as it was read and the new one; None is empty."""


class RewriteRefused(ValueError):
    """The corrected values cannot stand in this file; str() is a Swedish sentence that names where."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How the values of the file are written."""

    codec: str
    label: str
    separator: str
    quoted: bool
    width: int


def changed_cells(delivered: pl.DataFrame, corrected: pl.DataFrame) -> pl.DataFrame:
    """The values that differ between two frames of the same rows: row, field, old, new; by row and field."""
    found = [
        pl.DataFrame({"row": delivered["row"], "old": delivered[name], "new": corrected[name]})
        .filter(pl.col("old").ne_missing(pl.col("new")))
        .select("row", pl.lit(number, pl.UInt8).alias("field"), "old", "new")
        for number, name in ((number, column(number)) for number in numbers_of(delivered))
        if not delivered[name].equals(corrected[name], null_equal=True)
    ]
    if not found:
        return pl.DataFrame(schema={"row": pl.UInt32, "field": pl.UInt8, "old": pl.String, "new": pl.String})
    return pl.concat(found).sort("row", "field")


def rewrite(data: bytes, layout: LayoutSpec, corrected: pl.DataFrame, *, encoding: str | None = None) -> bytes:
    """The delivered text file with the values of `corrected`, the delivered frame with its corrections.

    `encoding` is what a person answered, where the reading was in doubt.
    Raises `RewriteRefused` where a value cannot be written in the file's encoding or between its separators, and where the
    file that came out would be read as anything but the corrected rows.
    """
    delivered = read(data, layout, encoding=encoding)
    cells = changed_cells(delivered.frame, corrected)
    if cells.is_empty():
        return data
    changed = _with_values(data, delivered, len(layout), cells.select("row", "field", "old", "new").iter_rows())
    if not read(changed, layout, encoding=encoding).frame.equals(corrected, null_equal=True):
        raise RewriteRefused(f"Med rättelserna skulle filen läsas på ett annat sätt än förut. {ANOTHER_WAY}")
    return changed


def _with_values(data: bytes, delivered: Reading, width: int, cells: Iterator[Cell]) -> bytes:
    mark, codec = next(
        ((mark, codec) for mark, codec in MARKS.get(delivered.encoding, ()) if data.startswith(mark)), (b"", delivered.encoding)
    )
    body = data[len(mark) :]
    is_wide = codec.startswith(("utf-16", "utf-32"))
    if is_wide:  # a byte of such a file is no character: the lines are found in UTF-8, which is the same text
        body = body.decode(codec).encode()
    form = _Form(
        "utf-8" if is_wide else codec,
        ENCODING_LABELS.get(delivered.encoding, delivered.encoding),
        delivered.separator,
        is_quoted(body, delivered.separator),
        width,
    )
    lines = body.splitlines(keepends=True)
    for row, on_line in groupby(cells, key=itemgetter(0)):
        lines[row - 1] = _line(lines[row - 1], on_line, form)
    body = b"".join(lines)
    return mark + (body.decode().encode(codec) if is_wide else body)


def _line(line: bytes, cells: Iterator[Cell], form: _Form) -> bytes:
    text = line.rstrip(b"\r\n")
    mark = form.separator.encode()
    values = text.split(mark)
    if len(values) > form.width and b'"' in text:
        outside = re.split(re.escape(mark) + OUTSIDE_QUOTES, text)  # a separator between quotation marks is part of a value
        values = outside if len(outside) == form.width else values
    for row, field, old, new in cells:
        values[field - 1] = _cell(values[field - 1], f"Rad {row}, fält {field}", old or "", new or "", form)
    return mark.join(values) + line[len(text) :]


def _cell(written: bytes, where: str, old: str, new: str, form: _Form) -> bytes:
    """The new value where the old one stood, with its quotation marks, and as wide as it was where it was padded."""
    if form.separator in new:
        raise RewriteRefused(f"{where}: värdet har tecknet {form.separator}, som skiljer fälten åt i filen. {ANOTHER_WAY}")
    if form.quoted and '"' in new:
        raise RewriteRefused(f"{where}: värdet har citattecken, som står runt varje värde i filen. {ANOTHER_WAY}")
    text = written.decode(form.codec)
    has_quotes = len(text) > 1 and text[0] == text[-1] == '"' and not old.startswith('"')  # they are not of the value
    quote = '"' if has_quotes else ""
    text = text[len(quote) : len(text) - len(quote)]
    kept = text.lstrip(BLANKS)
    before = text[: len(text) - len(kept)] if kept else ""
    value = new.replace('"', '""') if has_quotes else new
    made = (before + value).ljust(len(text) if text.endswith(" ") else 0)
    try:
        return f"{quote}{made}{quote}".encode(form.codec)
    except UnicodeEncodeError as error:
        sign = error.object[error.start]
        raise RewriteRefused(
            f"{where}: tecknet {sign} finns inte i filens teckenkodning, {form.label}. "
            f"Skriv värdet utan det, eller hämta den rättade filen som ny textfil i stället."
        ) from None


def as_text(frame: pl.DataFrame, layout: LayoutSpec) -> bytes:
    """Rows as a new text file: semicolons, one row a line with CRLF, no header, an empty field 8; Windows-1252 or UTF-8.

    Another separator is taken where a value holds a semicolon. Raises `RewriteRefused` where no separator is free.
    """
    texts = [pl.col(column(number)) for number in numbers_of(frame)]
    separator = next((mark for mark in SEPARATORS if not _holds(frame, mark)), None)
    if separator is None or any(_holds(frame, sign) for sign in "\r\n"):
        raise RewriteRefused(
            "Något värde i filen har radbrytning, eller varje tecken som kunde skilja fälten åt. Rätta det först."
        )
    whole = frame.select(texts).with_columns(pl.lit(None, pl.String).alias(column(NAME_FIELD)))
    out = io.BytesIO()
    whole.select(column(number) for number in range(1, len(layout) + 1)).write_csv(
        out, include_header=False, separator=separator, line_terminator="\r\n", quote_style="never"
    )
    data = out.getvalue()
    with suppress(UnicodeEncodeError):
        data = data.decode().encode("cp1252")
    if not read(data, layout).frame.drop("row").equals(frame.drop("row"), null_equal=True):
        raise RewriteRefused("Raderna går inte att skriva som text så att de läses likadant. Rätta filen i lönesystemet.")
    return data


def _holds(frame: pl.DataFrame, sign: str) -> bool:
    return (
        frame.select(
            pl.any_horizontal(pl.col(column(number)).str.contains(sign, literal=True).any() for number in numbers_of(frame))
        ).item()
        or False
    )
