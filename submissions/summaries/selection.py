"""Which rows stand behind a number of a review table: a selection that an address can carry and a frame be filtered by.

An address holds keys only (`personalgrupper`, `g-larare.e-301010`, `anstallda`), never a value of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

NOW, BEFORE = "nu", "mot"  # the rows of the shown file, or of what it is compared with
LAST_YEAR, VERSION = "forra-aret", "version"  # what it is compared with
ALL = "alla"  # the row of everybody
DIMENSIONS = {
    "f": "form",
    "s": "sex",
    "g": "group",
    "e": "etikett",
    "d": "etikett_before",
    "v": "verksamhet",
    "a": "age",
    "b": "band",
}
LETTERS = {column: letter for letter, column in DIMENSIONS.items()}
KEY = re.compile(r"[A-Za-z0-9-]{1,60}")
ROW = re.compile(r"[a-z]-[A-Za-z0-9-]{1,60}(\.[a-z]-[A-Za-z0-9-]{1,60}){0,2}")


@dataclass(frozen=True, slots=True)
class Selection:
    """One cell of one table: the table's key, the row's, the column's, and whose rows."""

    table: str
    row: str = ALL
    column: str = ""
    frame: str = NOW
    against: str = LAST_YEAR

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Selection | None:
        """The selection in a query string (`tabell`, `rad`, `kolumn`, `ur`, `mot`); None where there is none or it is odd."""
        table, row, column = (query.get(name, "") for name in ("tabell", "rad", "kolumn"))
        frame, against = query.get("ur", NOW), query.get("mot", LAST_YEAR)
        well_formed = KEY.fullmatch(table) and KEY.fullmatch(column) and (row == ALL or ROW.fullmatch(row))
        if not well_formed or frame not in (NOW, BEFORE) or against not in (LAST_YEAR, VERSION):
            return None
        return cls(table, row, column, frame, against)

    @property
    def parameters(self) -> dict[str, str]:
        """What `parse` reads, for an address; what is as usual is left out."""
        values = {"tabell": self.table, "rad": self.row, "kolumn": self.column}
        if self.frame != NOW:
            values["ur"] = self.frame
        if self.against != LAST_YEAR:
            values["mot"] = self.against
        return values

    @property
    def keys(self) -> dict[str, str] | None:
        """The columns of a prepared frame and the value each has on this row; None where a letter is unknown."""
        return keys_of_row(self.row)


def row_key(keys: Mapping[str, str]) -> str:
    """The row where those columns have those values: {"group": "larare"} gives "g-larare"."""
    return ".".join(f"{LETTERS[column]}-{value}" for column, value in keys.items()) or ALL


def keys_of_row(row: str) -> dict[str, str] | None:
    """The columns and values of a row's key; None where it names none."""
    if row == ALL:
        return {}
    parts = [part.partition("-") for part in row.split(".")]
    if any(letter not in DIMENSIONS for letter, _, _ in parts):
        return None
    return {DIMENSIONS[letter]: value for letter, _, value in parts}
