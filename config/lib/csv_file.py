"""CSV that a spreadsheet opens without running anything in it (security note, attack F10; ASVS 1.2.10).

Excel and LibreOffice take a text that begins like a formula for one, quoted or not. Such a text gets an apostrophe before
it and is then only shown. A number is written as a number, also a negative one: only what was text can be a trap.

The form is what Excel in Swedish opens by a double click: UTF-8 with its mark, semicolons, decimal comma, CRLF.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

Value = str | int | float | Decimal | None

CONTENT_TYPE = "text/csv; charset=utf-8"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
ROWS_AT_A_TIME = 1_000


def cell(value: Value) -> str:
    """A value as it is written: text made inert, a number with a decimal comma, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return str(value).replace(".", ",")


def number_or_text(text: str | None) -> Value:
    """A whole number where the text is one in plain digits, with or without a minus; else the text itself."""
    if text is None:
        return None
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and str(int(text)) == text else text


def write(heading: Iterable[str], rows: Iterable[Iterable[Value]]) -> Iterator[bytes]:
    """The file in pieces, so that a large one is never held whole."""
    yield "\ufeff".encode()
    yield _lines([heading])
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_A_TIME)):
        yield _lines(some)


def _lines(rows: Iterable[Iterable[Value]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [cell(value) for value in row] for row in rows
    )
    return text.getvalue().encode("utf-8", "replace")
