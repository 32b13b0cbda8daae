"""The units of the list enheter.csv, and the organisationsnummer a synthetic delivery bears."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.lib.orgnr import check_digit
from submissions.spec import GOTLAND, REGION

DATA = Path(__file__).resolve().parent.parent / "data" / "2026"


class UnknownUnit(ValueError):
    """No such unit in enheter.csv."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's code, name and kind (kommun or region)."""

    code: str
    name: str
    kind: str

    @property
    def is_region(self) -> bool:
        """True for the regions; Gotland, which is both, counts as kommun."""
        return self.kind == REGION

    @property
    def is_gotland(self) -> bool:
        """True for the one unit that has both a kommun's and a region's tasks."""
        return self.code == GOTLAND

    @property
    def organisation_number(self) -> str:
        """Ten digits made from the code, in the series of kommuner (21) or regioner (23), with a right check digit."""
        nine = f"{'23210' if self.is_region else '21200'}{self.code}"
        return nine + check_digit(nine)


@cache
def known_units() -> dict[str, Unit]:
    """Every unit of enheter.csv by code."""
    with (DATA / "enheter.csv").open(encoding="utf-8", newline="") as source:
        return {row["kod"]: Unit(row["kod"], row["namn"], row["typ"]) for row in csv.DictReader(source, delimiter=";")}


def unit(code: str) -> Unit:
    """The unit with that code, or UnknownUnit."""
    try:
        return known_units()[code]
    except KeyError:
        raise UnknownUnit(code) from None


@cache
def etikett_labels() -> dict[str, str]:
    """Every etikett of the built-in AID list with its name."""
    with (DATA / "aid_arbetslista.csv").open(encoding="utf-8", newline="") as source:
        return {row["kod"]: row["benamning"] for row in csv.DictReader(source, delimiter=";")}
