"""The whole way: bytes and what is asked for in, findings out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from submissions.spec import FEL, VARNING, CollectionSpec
from tests.oracle import groups, rows, totals
from tests.oracle.text import read

UNIT_CODE = 4  # characters in field 1
LISTS = {
    "KOD01": ("aid",),
    "KOD03": ("ansvar",),
    "KOD04": ("specialitet",),
    "KOD05": ("lonekollektivavtal",),
    "KOD07": ("anstallningsform", "avloningsform"),
    "KOD08": ("verksamhet",),
}


class Finding(NamedTuple):
    """One finding: row and field are 0 where it concerns the whole file or the whole row."""

    check: str
    level: str
    row: int
    field: int


@dataclass(frozen=True)
class Ask:
    """Who hands in, in which year, and what the file is held against."""

    unit_code: str
    unit_kind: str
    year: CollectionSpec
    previous: bytes | None = None
    positions: dict[str, str] | None = None
    earlier: dict[str, date] = field(default_factory=dict)
    replaces: date | None = None
    is_test: bool = False


def findings(data: bytes, ask: Ask) -> list[Finding]:
    """Everything that is wrong with the file, sorted."""
    names = [spec.name for spec in ask.year.layout.fields]
    text = read(data, names)
    if text.refused:
        return [_finding(text.refused, 0, 0, ask)]
    others = [number for number, row in text.rows.items() if 1 in row and row[1] != ask.unit_code and len(row[1]) <= UNIT_CODE]
    if len(others) == len(text.rows):
        return [_finding("FIL04", 0, 1, ask)]
    found = [_finding("FIL02", number, 0, ask) for number in text.wrong]
    looked = {number: rows.look(row, ask.unit_code, ask.unit_kind, ask.positions, ask.year) for number, row in text.rows.items()}
    before = None if ask.previous is None else read(ask.previous, names).rows
    for row in looked.values():
        if row.get(1) not in ("", ask.unit_code):
            row.say("FIL04", 1)
    groups.look(text.rows, looked, before, ask.year)
    found += [_finding(check, number, place or 0, ask) for number, row in looked.items() for check, place in row.found]
    whole = totals.this_year(text.rows, looked, ask.year)
    if before is not None:
        whole += totals.against(text.rows, before, ask.unit_kind, ask.year)
    found += [_finding(check, 0, place, ask) for check, place in whole]
    if hashlib.sha256(data).hexdigest() in ask.earlier:
        found.append(_finding("FIL05", 0, 0, ask))
    if ask.replaces and not ask.is_test:
        found.append(_finding("FIL06", 0, 0, ask))
    if ask.is_test:
        found.append(_finding("FIL07", 0, 0, ask))
    return sorted(one for one in found if rows.is_on(one.check, ask.year))


def _finding(check: str, row: int, number: int, ask: Ask) -> Finding:
    return Finding(check, level(check, ask.year), row, number)


def level(check: str, year: CollectionSpec) -> str:
    """The catalogue's level; a list that SKR has not established can only give a warning."""
    its = year.checks[check].level
    lowered = not all(year.lists[kind].established for kind in LISTS.get(check, ()))
    return VARNING if lowered and its == FEL else its
