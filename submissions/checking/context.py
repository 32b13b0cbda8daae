"""What a run of the checks knows besides the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from submissions.builtin import LATEST, collection_spec
from submissions.checking.waivers import WaiverSpec
from submissions.spec import FEL, VARNING, CheckSpec, CodeListSpec, CollectionSpec, sector_of

# A code that is missing in one of these lists is no error until SKR has established the list.
LISTS_OF_CHECK = {
    "KOD01": ("aid",),
    "KOD03": ("ansvar",),
    "KOD04": ("specialitet",),
    "KOD05": ("lonekollektivavtal",),
    "KOD07": ("anstallningsform", "avloningsform"),
    "KOD08": ("verksamhet",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The unit, the year's settings and what is known from other files. `previous` is last year's approved frame."""

    unit_code: str
    unit_kind: str
    collection: CollectionSpec
    previous: pl.DataFrame | None = None
    previous_name: str = ""  # which file, and in which state, `previous` is
    positions: Mapping[str, str] | None = None  # kodförteckning: plain text by code
    unit_names: Mapping[str, str] = field(default_factory=dict)
    earlier: Mapping[str, date] = field(default_factory=dict)  # delivered on, by SHA-256
    sha256: str = ""
    replaces: date | None = None  # when the file that this one replaces was delivered
    is_test: bool = False
    firsts: tuple[int, ...] = ()  # the first row of each part, of a delivery in several files
    in_portal: bool = False  # the portal knows the supplements and the payroll systems, a file by itself does not
    waivers: tuple[WaiverSpec, ...] = ()  # what SKR has decided that the unit need not correct or explain
    payroll_system: str = ""  # this year's, in words; "" where nobody has told
    payroll_system_before: str = ""  # last year's

    @property
    def sector(self) -> str:
        """kommun or region."""
        return sector_of(self.unit_kind)

    def code_list(self, kind: str) -> CodeListSpec:
        """A list of the year, or the shipped one where the year's settings lack it."""
        return self.collection.lists.get(kind) or collection_spec(LATEST).lists[kind]

    def codes(self, kind: str) -> list[str]:
        """The codes of a list."""
        return list(self.code_list(kind).codes)

    def threshold(self, code: str, name: str) -> float:
        """A named threshold of a check; the shipped one where the year's settings lack it or hold no number."""
        value = self.collection.checks[code].threshold.get(name) if code in self.collection.checks else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return collection_spec(LATEST).checks[code].threshold[name]

    def is_on(self, code: str) -> bool:
        """True where the check is made this year; one that is not made takes no other's place."""
        check = self.collection.checks.get(code)
        return check is not None and check.enabled and self.is_valid(check)

    def is_valid(self, check: CheckSpec) -> bool:
        """True where the measurement day is within the check's dates."""
        return check.is_valid(self.collection.measurement_day)

    def concerns(self, check: CheckSpec) -> bool:
        """True where the check applies to such a unit."""
        return check.concerns(self.unit_code, self.unit_kind)


def check_spec(code: str, collection: CollectionSpec) -> CheckSpec:
    """The year's settings of a check, or the shipped ones where the year lacks it."""
    return collection.checks.get(code) or collection_spec(LATEST).checks[code]


def effective_level(code: str, collection: CollectionSpec) -> str:
    """The level a check has in this collection: a varning at most while its code list is not established."""
    lists = (collection.lists.get(kind) for kind in LISTS_OF_CHECK.get(code, ()))
    is_lowered = any(listed is not None and not listed.established for listed in lists)
    level = check_spec(code, collection).level
    return VARNING if is_lowered and level == FEL else level
