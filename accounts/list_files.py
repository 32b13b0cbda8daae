"""A list of the admin as a file: the columns that it shows, as plain text and numbers, and every row of its filter in its order.

Nothing here decides who may see a list. The rows are read in pieces into a frame and are at most `limits.LIST_ROWS`, so that a
file takes limited memory, also as a workbook. Each file is counted and leaves an event, as other exports (EXP-01, EXP-02, EXP-03).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl
from django import forms
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Field
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts import exports, limits
from accounts.access import NotAllowed
from accounts.models import User
from accounts.purpose import PurposeForm
from config.lib import csv_file, personnummer, spreadsheet
from config.lib.spreadsheet import Sheet
from config.lib.text import amount, one_line

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

XLSX, CSV = "xlsx", "csv"
KINDS = ((XLSX, "Excel (.xlsx)"), (CSV, "CSV (.csv)"))
AT_A_TIME = 2_000
EMPTY = frozenset({"", "–"})
LONGEST_SHEET_NAME = 31
EVERYTHING = frozenset({"Alla", "Alla datum"})  # what a filter that leaves nothing out is called


class Number(str):
    """A number as it is written on a page, which knows what it is: its file has the number itself."""

    value: int

    def __new__(cls, value: int) -> Number:
        """With the thousands apart."""
        made = super().__new__(cls, f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"))
        made.value = value
        return made


class ListFileForm(PurposeForm):
    """Which kind of file; and what it is for, where the list is about persons."""

    kind = forms.ChoiceField(
        label="Filslag",
        choices=KINDS,
        initial=XLSX,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj Excel eller CSV.", "invalid_choice": "Välj Excel eller CSV."},
    )

    def __init__(self, *args: Any, is_personal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].help_text = "Vad du behöver listan till. Texten sparas i händelseloggen."
        if not is_personal:
            del self.fields["purpose"]


@dataclass(frozen=True, slots=True)
class ListFile:
    """What is handed out: its name, its bytes, whole or in pieces, and their type."""

    name: str
    content: bytes | Iterator[bytes]
    content_type: str


def file_of(*, changelist: ChangeList, title: str, kind: str, purpose: str, by: User, at: datetime) -> ListFile:
    """Every row of the list as it is filtered and sorted. Raises `TooManyExports`, and `NotAllowed` where it is too long."""
    if changelist.result_count > limits.LIST_ROWS:
        rows, most = amount(changelist.result_count, "rad", "rader"), amount(limits.LIST_ROWS, "rad", "rader")
        raise NotAllowed(f"Listan har {rows}, och en fil kan ha högst {most}. Filtrera listan så att den blir kortare.")
    exports.reserve(by=by, unit="", at=at)
    frame = frame_of(changelist)
    exports.record(
        by=by,
        unit="",
        object=f"listan {title}{in_brackets(narrowed_by(changelist))}",
        rows=frame.height,
        note=dict(KINDS)[kind],
        purpose=purpose,
        at=at,
    )
    name = f"{title} {timezone.localdate(at).isoformat()}.{kind}"
    if kind == CSV:
        return ListFile(name, csv_file.write(frame.columns, frame.iter_rows()), csv_file.CONTENT_TYPE)
    return ListFile(name, spreadsheet.write([Sheet(title[:LONGEST_SHEET_NAME], frame)]), spreadsheet.CONTENT_TYPE)


# Columns and rows ----------------------------------------------------------------------------------------------------


def headings_of(changelist: ChangeList) -> list[str]:
    """The list's headings, each once."""
    found: list[str] = []
    for name in changelist.list_display:
        heading = capfirst(str(label_for_field(name, changelist.model, changelist.model_admin)))
        same = sum(heading == other or other.startswith(f"{heading} ") and other[len(heading) + 1 :].isdigit() for other in found)
        found.append(f"{heading} {same + 1}" if same else heading)
    return found


def frame_of(changelist: ChangeList) -> pl.DataFrame:
    """The rows under the list's headings. A column of nothing but whole numbers is a column of numbers; others are text."""
    names = [str(name) for name in changelist.list_display]
    schema = dict.fromkeys(headings_of(changelist), pl.String())
    numeric = [True] * len(names)
    pieces = [pl.DataFrame(schema=schema)]
    for rows in _in_pieces(_values(changelist, names)):
        for place in range(len(names)):
            numeric[place] = numeric[place] and all(isinstance(row[place], int | None) for row in rows)
        texts = [[None if value is None else str(value) for value in row] for row in rows]
        pieces.append(pl.DataFrame(texts, schema=schema, orient="row"))
    frame = pl.concat(pieces, rechunk=True)
    return frame.with_columns(
        pl.col(heading).cast(pl.Int64)
        for heading, is_number in zip(schema, numeric, strict=True)
        if is_number and frame[heading].null_count() < frame.height
    )


def _values(changelist: ChangeList, names: list[str]) -> Iterator[list[str | int | None]]:
    rows: Any = changelist.queryset[: limits.LIST_ROWS]
    for row in rows.iterator(chunk_size=AT_A_TIME):
        yield [_value(name, row, changelist) for name in names]


def _value(name: str, row: Any, changelist: ChangeList) -> str | int | None:
    field, _, value = lookup_field(name, row, changelist.model_admin)
    choices = getattr(field, "flatchoices", None) if isinstance(field, Field) else None
    return plain(dict(choices).get(value, value) if choices else value)


def _in_pieces(rows: Iterator[list[str | int | None]]) -> Iterator[list[list[str | int | None]]]:
    while some := list(islice(rows, AT_A_TIME)):
        yield some


def plain(value: object) -> str | int | None:
    """What a cell of the list says, without its markup: a whole number, a text on one line, or nothing."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, bool):
        return "Ja" if value else "Nej"
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(str(plain(one)) for one in value) or None
    text = html.unescape(strip_tags(value)) if isinstance(value, SafeString) else str(value)
    text = one_line(text)
    return None if text in EMPTY else text


# What the list is narrowed by ----------------------------------------------------------------------------------------


def narrowed_by(changelist: ChangeList) -> list[str]:
    """The filters and the search in words, for the page and the audit trail; a personnummer that was searched for is not told."""
    found = []
    for spec in changelist.filter_specs:
        chosen = next((choice for choice in spec.choices(changelist) if choice["selected"]), None)
        if chosen and str(chosen["display"]) not in EVERYTHING:
            found.append(f"{spec.title}: {chosen['display']}")
    if changelist.query:
        is_secret = personnummer.LOOKS_LIKE.search(changelist.query)
        found.append("sökning på ett nummer" if is_secret else f"sökning: {one_line(changelist.query)}")
    return found


def in_brackets(parts: Iterable[str]) -> str:
    """ " (status: Låst; sökning: Trosa)", or nothing."""
    joined = "; ".join(parts)
    return f" ({joined})" if joined else ""
