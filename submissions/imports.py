"""Read the files that SKR imports: units and code lists. Text with semicolons, UTF-8 or Windows-1252, with or without header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from config.lib.text import one_line
from submissions.spec import BOLAG, KOMMUN, KOMMUNALFORBUND, REGION, CodeSpec, UnitSpec

KINDS = {
    "kommun": KOMMUN,
    "region": REGION,
    "kommunalförbund": KOMMUNALFORBUND,
    "kommunalforbund": KOMMUNALFORBUND,
    "bolag": BOLAG,
}
YES_NO = {"ja": True, "nej": False}


class BadFile(ValueError):
    """The file cannot be imported; str() is a Swedish sentence that names the line."""


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _lines(data: bytes, width: int) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row; the header and blank lines left out."""
    for number, cells in enumerate(csv.reader(io.StringIO(_decode(data), newline=""), delimiter=";"), 1):
        trimmed = [one_line(cell) for cell in cells]
        if not any(trimmed) or trimmed[0].lower() in {"kod", "code"}:
            continue
        if len(trimmed) < width:
            raise BadFile(f"Rad {number} har {len(trimmed)} fält. Det ska vara minst {width}, åtskilda med semikolon.")
        yield number, trimmed


def read_units(data: bytes, known: Mapping[str, UnitSpec]) -> list[UnitSpec]:
    """kod;namn;typ[;lämnar uppgifter ja/nej]. Without the fourth a known unit keeps what it has; raises `BadFile`."""
    units: dict[str, UnitSpec] = {}
    for number, cells in _lines(data, 3):
        code, name, kind = cells[0], cells[1], KINDS.get(cells[2].lower())
        if not code or len(code) > 10:
            raise BadFile(f"Rad {number}: koden ska ha 1–10 tecken.")
        if not name or len(name) > 100:
            raise BadFile(f"Rad {number}: namnet ska ha 1–100 tecken.")
        if kind is None:
            raise BadFile(f"Rad {number}: typen {cells[2]} finns inte. Typer: kommun, region, kommunalförbund, bolag.")
        if code in units:
            raise BadFile(f"Rad {number}: koden {code} förekommer två gånger.")
        active = known[code].active if code in known else True
        if len(cells) > 3 and cells[3]:
            if cells[3].lower() not in YES_NO:
                raise BadFile(f"Rad {number}: fjärde fältet ska vara ja eller nej.")
            active = YES_NO[cells[3].lower()]
        units[code] = UnitSpec(code, name, kind, active)
    if not units:
        raise BadFile("Filen innehåller inga enheter.")
    return list(units.values())


def read_codes(data: bytes) -> dict[str, CodeSpec]:
    """kod;benämning[;sektor;personalgrupp kommun;personalgrupp region]. Raises `BadFile`."""
    codes: dict[str, CodeSpec] = {}
    for number, cells in _lines(data, 2):
        code, label = cells[0], cells[1]
        if not code or len(code) > 10:
            raise BadFile(f"Rad {number}: koden ska ha 1–10 tecken.")
        if not label or len(label) > 160:
            raise BadFile(f"Rad {number}: benämningen ska ha 1–160 tecken.")
        if code in codes:
            raise BadFile(f"Rad {number}: koden {code} förekommer två gånger.")
        sector, group_kommun, group_region = (*cells[2:5], "", "", "")[:3]
        if sector not in {"", "kommun", "region"}:
            raise BadFile(f"Rad {number}: sektorn ska vara kommun, region eller tom.")
        codes[code] = CodeSpec(code, label, sector, group_kommun[:80], group_region[:80])
    if not codes:
        raise BadFile("Filen innehåller inga koder.")
    return codes
