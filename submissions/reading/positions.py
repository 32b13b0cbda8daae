"""A region's kodförteckning: local position codes (field 14) with their plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from submissions.frames import Refusal
from submissions.reading.decode import decode
from submissions.reading.kind import BLANKS, kind_value
from submissions.reading.limits import MAX_BYTES
from submissions.reading.refusals import file_kind
from submissions.reading.workbook import is_packed, read_cells

POSITION_FIELD = 14
LONGEST_CODE = 6
SEPARATORS = (";", "\t", "|", ",")
HEADINGS = {"KOD", "BEFATTNINGSKOD", "KATEGORIKOD", "BEFATTNING", "CODE"}
EXPECTED = (
    "Vi väntade oss en textfil med en kod och dess klartext på varje rad, åtskilda med semikolon, "
    "eller ett kalkylblad (.xlsx, .ods) med koden i den första kolumnen och klartexten i den andra."
)


class PositionListError(ValueError):
    """The kodförteckning cannot be read; the text says why, in Swedish."""


@dataclass(frozen=True, slots=True)
class Position:
    """One code with its plain text, and the line of the file where it stands."""

    line: int
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to look at on a line of the list."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class PositionList:
    """A kodförteckning as it was read."""

    positions: tuple[Position, ...]
    troubles: tuple[Trouble, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Plain text by code; where a code stands twice the last one holds."""
        return {position.code: position.label for position in self.positions}


def read_positions(data: bytes) -> dict[str, str]:
    """Plain text by code. Codes are read as field 14 is. Raises `PositionListError` where no code was found."""
    return read_position_list(data).labels


def read_position_list(data: bytes) -> PositionList:
    """The list line by line, with what is odd in it. Raises `PositionListError` where no code was found."""
    return read_position_cells(position_cells(data))


def position_cells(data: bytes) -> pl.DataFrame:
    """The first two columns of every line, "code" and "label", as they stand. Raises `PositionListError`."""
    if len(data) > MAX_BYTES:
        raise PositionListError(f"Kodförteckningen är för stor. {EXPECTED}")
    if is_packed(data):
        return _cells(data)
    return pl.DataFrame(list(_lines(data)), schema={"code": pl.String, "label": pl.String}, orient="row")


def read_position_cells(cells: pl.DataFrame) -> PositionList:
    """What `position_cells` found, with what is odd in it. Raises `PositionListError` where there is no code."""
    positions: list[Position] = []
    troubles: list[Trouble] = []
    first: dict[str, Position] = {}
    for number, (raw, text) in enumerate(cells.iter_rows(), 1):
        code = kind_value(POSITION_FIELD, raw.strip(BLANKS + '"'))
        label = text.strip(BLANKS + '"')
        if not code:
            if label:
                troubles.append(Trouble(number, "texten har ingen kod"))
            continue
        if code in HEADINGS:
            continue
        found = Position(number, code, label)
        positions.append(found)
        troubles += _troubles(found, first.setdefault(code, found))
    if not positions:
        raise PositionListError(f"Kodförteckningen har inga koder. {EXPECTED}")
    return PositionList(tuple(positions), tuple(troubles))


def _cells(data: bytes) -> pl.DataFrame:
    """Code and text of each row of a workbook."""
    cells = read_cells(data, 2)
    if isinstance(cells, Refusal):
        raise PositionListError(f"Kodförteckningen kan inte läsas. {cells.seen} {EXPECTED}")
    if cells.width < 2:
        raise PositionListError(f"Kodförteckningen har ingen klartext. {EXPECTED}")
    return cells.select(pl.col("1").fill_null("").alias("code"), pl.col("2").fill_null("").alias("label"))


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    """Code and text of each line of a text."""
    text = _text(data)
    separator = next((mark for mark in SEPARATORS if mark in text), None)
    if separator is None:
        raise PositionListError(f"Kodförteckningen har ingen klartext. {EXPECTED}")
    for line in text.splitlines():
        code, _, rest = line.partition(separator)
        yield code, rest.split(separator)[0]


def _text(data: bytes) -> str:
    kind = file_kind(data)
    if kind:
        raise PositionListError(f"Kodförteckningen är {kind}. {EXPECTED}")
    decoded = decode(data)
    if isinstance(decoded, Refusal):
        raise PositionListError(f"Kodförteckningens teckenkodning kan inte tolkas. {EXPECTED}")
    return decoded.data.decode("utf-8")


def _troubles(found: Position, first: Position) -> list[Trouble]:
    """What is odd with one line; `first` is where the code stood the first time."""
    texts = []
    if not found.label:
        texts.append(f"koden {found.code} saknar text")
    if len(found.code) > LONGEST_CODE:
        texts.append(f"koden {found.code} är längre än {LONGEST_CODE} tecken")
    if found.label != first.label:
        texts.append(f"koden {found.code} står också på rad {first.line}, med en annan text")
    return [Trouble(found.line, text) for text in texts]
