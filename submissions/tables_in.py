"""The files that SKR reads in on a page or by a command: a text with semicolons or a workbook, with or without a heading.

What is wrong is said in Swedish sentences with the line's number, all of it at once, and nothing of such a file is used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.lib import csv_file
from config.lib.file_types import named_by_first_bytes
from config.lib.text import broken_line, one_line
from submissions.frames import Refusal
from submissions.reading.workbook import is_packed, read_cells

MOST_FAULTS = 10
MOST_LINES = 20_000
WIDE = (b"\xff\xfe", b"\xfe\xff")


class BadFile(ValueError):
    """The file cannot be used; str() is its faults as Swedish sentences, `faults` each of them."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults[:MOST_FAULTS]
        more = len(faults) - len(self.faults)
        self.faults += (f"Och {more} fel till.",) * bool(more)
        super().__init__(" ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something on it: its number in the file, and its values by the columns' names."""

    number: int
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def read_lines(data: bytes, columns: Mapping[str, Sequence[str]], *, needed: int) -> list[Line]:
    """The lines of a file with these columns, by name with the ways to write each heading, in their usual order.

    With a heading the columns may stand in any order, and columns that nobody knows are passed by; without one they stand
    in the usual order, and the first `needed` must be there. Raises `BadFile`.
    """
    rows = _rows(data, needed)
    if len(rows) > MOST_LINES:
        raise BadFile(f"Filen har fler än {MOST_LINES} rader.")
    if not rows:
        raise BadFile("Filen är tom.")
    names, has_heading = _names(rows[0][1], columns, needed)
    lines, faults = [], []
    for number, cells in rows[has_heading:]:
        if len(cells) < min(needed, len(names)):
            faults.append(f"Rad {number} har {len(cells)} fält. Det ska vara minst {needed}, åtskilda med semikolon.")
            continue
        lines.append(Line(number, dict(zip(names, cells, strict=False))))
    if faults:
        raise BadFile(*faults)
    return lines


def _names(first: Sequence[str], columns: Mapping[str, Sequence[str]], needed: int) -> tuple[list[str], bool]:
    """The columns' names in the file's order, and whether its first line is a heading."""
    by_heading = {written: name for name, ways in columns.items() for written in (name, *ways)}
    found = [by_heading.get(cell.casefold(), "") for cell in first]
    known = [name for name in found if name]
    if len(known) < 2:
        return list(columns), False
    missing = [name for name in list(columns)[:needed] if name not in known]
    if missing:
        raise BadFile(f"Rad 1: rubriken saknar {_listed(missing)}. Kolumnerna är {';'.join(columns)}.")
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise BadFile(f"Rad 1: rubriken har {_listed(twice)} två gånger.")
    return found, True


def _listed(names: Sequence[str]) -> str:
    return " och ".join(names)


def _rows(data: bytes, width: int) -> list[tuple[int, list[str]]]:
    """Number and trimmed cells of each line that is not blank."""
    cells = _workbook(data, width) if is_packed(data) else _text(data)
    trimmed = [(number, [_bare(one_line(cell)) for cell in row]) for number, row in cells]
    return [(number, row) for number, row in trimmed if any(row)]


def _bare(cell: str) -> str:
    """Without the apostrophe that our own files put before what a spreadsheet would take for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(csv_file.FORMULA_STARTS) else cell


def _workbook(data: bytes, width: int) -> list[tuple[int, list[str]]]:
    found = read_cells(data, width)
    if isinstance(found, Refusal):
        raise BadFile(f"Filen kan inte läsas. {found.seen}")
    rows = ([cell or "" for cell in row] for row in found.iter_rows())
    return [(number, [_whole(cell) for cell in row]) for number, row in enumerate(rows, 1)]


def _whole(cell: str) -> str:
    """A number as a workbook gives it, without the decimals of a whole one: "101010.0" is "101010"."""
    return cell.removesuffix(".0") if cell.removesuffix(".0").isdigit() else cell


def _text(data: bytes) -> list[tuple[int, list[str]]]:
    if data.startswith(WIDE) or b"\0" in data[:4_000]:
        raise BadFile("Filens teckenkodning går inte att läsa. Spara den som CSV UTF-8 och läs in den igen.")
    kind = named_by_first_bytes(data)
    if kind:
        raise BadFile(f"Filen är {kind}. Läs in en textfil (.csv) eller ett kalkylblad (.xlsx).")
    text = decode(data)
    lines = text.splitlines()
    wrong = broken_line(text)
    if wrong:
        raise BadFile(f"Rad {wrong}: å, ä och ö är förstörda. Spara filen som CSV UTF-8 och läs in den igen.")
    separator = _separator(lines)
    return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1))


def _separator(lines: Sequence[str]) -> str:
    """Semicolon, unless the first line has none but tabs."""
    first = next((line for line in lines if line.strip()), "")
    return "\t" if ";" not in first and "\t" in first else ";"


def decode(data: bytes) -> str:
    """UTF-8 with or without its mark, else Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
