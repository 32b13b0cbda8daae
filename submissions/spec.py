"""What one year's collection asks for, as plain immutable values.

The engines (`reading`, `checking`, `summaries`) and the commands work on these; the database models build them
(`Collection.spec()`) and `submissions.builtin` builds them from the files in `submissions/data/`. This module must
not know the database, the web or polars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

KOMMUN, REGION, KOMMUNALFORBUND, BOLAG = "kommun", "region", "kommunalforbund", "bolag"
FEL, VARNING, INFO = "fel", "varning", "info"
GOTLAND = "0980"


def sector_of(unit_kind: str) -> str:
    """kommun or region: kommunalförbund and companies follow the kommuner."""
    return REGION if unit_kind == REGION else KOMMUN


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """An employer that hands in: four-character code, name, kind; an inactive one is known but never asked."""

    code: str
    name: str
    kind: str  # kommun, region, kommunalforbund, bolag
    active: bool = True


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of the layout (postbeskrivning). `required_*` is O (always), V (on a condition), F (free) or - (empty)."""

    number: int
    name: str
    numeric: bool
    max_length: int
    required_kommun: str
    required_region: str
    format: str = ""
    allowed: str = ""
    meaning: str = ""
    evidence: str = ""

    def is_required(self, unit_kind: str) -> bool:
        """True where every row of such a unit must fill the field; kommunalförbund and companies follow kommun."""
        return (self.required_region if unit_kind == REGION else self.required_kommun) == "O"


@dataclass(frozen=True, slots=True)
class LayoutSpec:
    """A year's layout: its name and its fields in order."""

    name: str
    fields: tuple[FieldSpec, ...]

    def __getitem__(self, number: int) -> FieldSpec:
        return self.fields[number - 1]

    def __len__(self) -> int:
        return len(self.fields)


@dataclass(frozen=True, slots=True)
class CodeSpec:
    """One code of a list. `sector` is kommun, region or "" (both); the groups are SKR's personalgrupper (AID only)."""

    code: str
    label: str
    sector: str = ""
    group_kommun: str = ""
    group_region: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CodeListSpec:
    """A version of a code list. A list that SKR has not `established` may warn but never reject: its check is a varning."""

    kind: str  # aid, ansvar, bea_pan, arbetstid, specialitet, lonekollektivavtal, anstallningsform, avloningsform, ledighetsorsak, verksamhet, lonesystem
    version: str
    established: bool
    codes: Mapping[str, CodeSpec]
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check of the catalogue: when it bites. How it works is code (`submissions.checking`)."""

    code: str
    level: str  # fel, varning, info
    fields: str  # as the catalogue writes it: "9", "16,17", "fil", "alla N" …
    applies_to: str  # alla, kommun, region, Gotland
    message: str
    condition: str
    threshold_text: str
    threshold: Mapping[str, float] = field(default_factory=dict)
    enabled: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    evidence: str = ""
    title: str = ""  # a short heading; empty: the shipped text
    advice: str = ""  # what to do about a finding; empty: the shipped text
    why: str = ""  # what the statistics need it for; empty: the shipped text
    mend: str = ""  # how to mend it in the payroll system; empty: the shipped text
    answers: tuple[str, ...] = ()  # ready-made explanations; none: the shipped ones

    def is_valid(self, day: date) -> bool:
        """True where the measurement day is within the check's dates."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_until is None or day <= self.valid_until)

    def concerns(self, unit_code: str, unit_kind: str) -> bool:
        """True where the check applies to such a unit."""
        if self.applies_to == "Gotland":
            return unit_code == GOTLAND
        return self.applies_to in ("alla", sector_of(unit_kind))


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """A whole year: calendar, layout, lists by kind, checks by code."""

    year: int
    opens_on: date
    delivers_on: date  # real files are taken from this day, test files from the opening
    measurement_day: date
    due_date: date
    latest_deferral_date: date
    layout: LayoutSpec
    lists: Mapping[str, CodeListSpec]
    checks: Mapping[str, CheckSpec]
    direct_deferral_days: int = 0  # so many days past the last day are given without SKR's decision; 0: none
