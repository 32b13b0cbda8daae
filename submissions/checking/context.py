"""What a run of the checks knows besides the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from submissions.spec import GOTLAND, KOMMUN, REGION, VARNING, CheckSpec, CollectionSpec

# A code that is missing in one of these lists is no error until SKR has established the list.
LIST_OF_CHECK = {"KOD01": "aid", "KOD04": "specialitet", "KOD08": "verksamhet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The unit, the year's settings and what is known from other files. `previous` is last year's approved frame."""

    unit_code: str
    unit_kind: str
    collection: CollectionSpec
    previous: pl.DataFrame | None = None
    positions: Mapping[str, str] | None = None  # kodförteckning: plain text by code
    unit_names: Mapping[str, str] = field(default_factory=dict)
    earlier: Mapping[str, date] = field(default_factory=dict)  # delivered on, by SHA-256
    sha256: str = ""
    replaces: date | None = None  # when the file that this one replaces was delivered
    is_test: bool = False

    @property
    def sector(self) -> str:
        """kommun or region: kommunalförbund and companies follow the kommuner."""
        return REGION if self.unit_kind == REGION else KOMMUN

    def spec(self, code: str) -> CheckSpec:
        """The settings of a check."""
        return self.collection.checks[code]

    def codes(self, kind: str) -> list[str]:
        """The codes of a list, none where the collection has no such list."""
        listed = self.collection.lists.get(kind)
        return list(listed.codes) if listed else []

    def threshold(self, code: str, name: str) -> float:
        """A named threshold of a check; KeyError where the settings lack it."""
        return self.collection.checks[code].threshold[name]

    def concerns(self, check: CheckSpec) -> bool:
        """True where the check applies to such a unit."""
        if check.applies_to == "Gotland":
            return self.unit_code == GOTLAND
        return check.applies_to in ("alla", self.sector)


def effective_level(code: str, collection: CollectionSpec) -> str:
    """The level a check has in this collection: a varning at most while its code list is not established."""
    listed = collection.lists.get(LIST_OF_CHECK.get(code, ""))
    if listed is not None and not listed.established and collection.checks[code].level == "fel":
        return VARNING
    return collection.checks[code].level
