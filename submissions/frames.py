"""The values that the three engines hand to each other: what was read, and what was refused.

`reading`, `checking` and `summaries` do not know each other; they meet here. A frame has the column `row` (the 1-based
line number in the delivered file, counted through where the delivery has several; in a workbook the sheet's own row
number) and one text column per field, `f1` to `f40` and those that the year's layout adds after them, where null is empty.
Field 8 (Namn) is read and dropped, so there is no `f8`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

NAME_FIELD = 8
PERSONAL_NUMBER_FIELD = 7
KEY_FIELD = 40
FIELD_COUNT = 40
FIELD_NUMBERS = tuple(number for number in range(1, FIELD_COUNT + 1) if number != NAME_FIELD)

ENCODING_LABELS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "iso-8859-1": "ISO-8859-1",
    "cp865": "CP865 (DOS)",
    "cp850": "CP850 (DOS)",
    "cp437": "CP437 (DOS)",
    "utf-8-blandad": "UTF-8 med enstaka tecken i Windows-1252",
    "utf-16-le": "UTF-16 utan märkning",
    "utf-16-be": "UTF-16 utan märkning",
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
}
SEPARATOR_LABELS = {";": "semikolon", "\t": "tabb", ",": "komma", "|": "lodstreck"}
TEXT, XLSX, ODS = "text", "xlsx", "ods"
FORMAT_LABELS = {TEXT: "textfil", XLSX: "kalkylblad (.xlsx)", ODS: "kalkylblad (.ods)"}


def column(number: int) -> str:
    """The column of a field: 7 gives "f7"."""
    return f"f{number}"


def numbers_to(width: int) -> tuple[int, ...]:
    """The numbers of the fields that are kept of a row of that width: the product's own, then those that the year adds."""
    return (*FIELD_NUMBERS, *range(FIELD_COUNT + 1, width + 1))


def numbers_of(frame: pl.DataFrame) -> tuple[int, ...]:
    """The numbers of the fields that a frame has, as `numbers_to`."""
    names = set(frame.columns)
    number = FIELD_COUNT
    while column(number + 1) in names:
        number += 1
    return numbers_to(number)


FRAME_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.UInt32,
    **{column(number): pl.String for number in FIELD_NUMBERS},
}
WRONG_ROWS_SCHEMA: dict[str, type[pl.DataType]] = {"row": pl.UInt32, "n": pl.UInt32}
OVERLAY_SCHEMA = pl.Schema({"row": pl.Int64, "field": pl.Int64, "new": pl.String})


def empty_frame() -> pl.DataFrame:
    """A frame with the right columns and no rows."""
    return pl.DataFrame(schema=FRAME_SCHEMA)


def no_wrong_rows() -> pl.DataFrame:
    """The frame of rows with the wrong number of fields, with no rows."""
    return pl.DataFrame(schema=WRONG_ROWS_SCHEMA)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with å, ä or ö as it was read, so that a person can see that the encoding is right."""

    row: int
    field: int
    value: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read the letters of a file, with values as they would then stand."""

    encoding: str
    samples: tuple[Sample, ...]

    @property
    def label(self) -> str:
        """The encoding as people write it."""
        return ENCODING_LABELS.get(self.encoding, self.encoding)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a delivery that came in several. `first` is the row that its first line is counted as."""

    first: int
    lines: int
    rows: int
    format: str
    encoding: str
    doubt: tuple[Candidate, ...] = ()  # as of `Reading`


def part_and_line(row: int, firsts: Sequence[int]) -> tuple[int, int]:
    """The part (from 1) and its own line of a row; `firsts` is each part's first row, none where there is one file."""
    part = max(bisect_right(firsts, row), 1)
    return part, row - (firsts[part - 1] if firsts else 1) + 1


def place(row: int, firsts: Sequence[int]) -> str:
    """Where a row stands, for people: "rad 17", or "del 2, rad 17" in a delivery of several files."""
    part, line = part_and_line(row, firsts)
    return f"del {part}, rad {line}" if len(firsts) > 1 else f"rad {line}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a whole file is turned away: the check it fails, what was seen and what was expected, in Swedish."""

    check: str  # FIL01, FIL02, FIL03
    seen: str
    expected: str
    row: int | None = None  # the line the message points at
    n: int | None = None  # the number of fields on that line
    width: int | None = None  # the number of fields on every line, where that is the same

    @property
    def message(self) -> str:
        """What was seen and what was expected, as text for the page."""
        return f"{self.seen} {self.expected}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read. Where `refusal` is set the frame is empty."""

    frame: pl.DataFrame
    encoding: str
    separator: str
    has_header: bool
    rows: int  # rows with data, also those with the wrong number of fields
    samples: tuple[Sample, ...]
    wrong_rows: pl.DataFrame  # row, n (number of fields)
    refusal: Refusal | None = None
    format: str = TEXT
    parts: tuple[Part, ...] = ()  # of a delivery in several files
    doubt: tuple[Candidate, ...] = ()  # ways to read a single file's letters, the chosen one first, where a person must say
    lines: int = 0  # of the file, blank ones too
    notes: tuple[str, ...] = ()  # what was read kindly and should be told, Swedish sentences

    @property
    def firsts(self) -> tuple[int, ...]:
        """The first row of each part, for `place`; none of a single file."""
        return tuple(part.first for part in self.parts)

    @property
    def doubts(self) -> dict[int, tuple[Candidate, ...]]:
        """By part, counted from 1, the ways to read its letters; only of those where a person must say which is right."""
        each = [part.doubt for part in self.parts] or [self.doubt]
        return {number: doubt for number, doubt in enumerate(each, 1) if doubt}

    @property
    def accepted(self) -> bool:
        """True where the file could be read."""
        return self.refusal is None

    @property
    def encoding_label(self) -> str:
        """The encoding as people write it, of several parts all of them; empty for a workbook."""
        used = dict.fromkeys(part.encoding for part in self.parts) or {self.encoding: None}
        return " och ".join(ENCODING_LABELS.get(encoding, encoding) for encoding in used if encoding)

    @property
    def separator_label(self) -> str:
        """The separator as a Swedish word; empty for a workbook."""
        return SEPARATOR_LABELS.get(self.separator, self.separator)

    @property
    def format_label(self) -> str:
        """The kind of file in Swedish, of several parts all of them."""
        used = dict.fromkeys(part.format for part in self.parts) or {self.format: None}
        return " och ".join(FORMAT_LABELS.get(kind, kind) for kind in used)
