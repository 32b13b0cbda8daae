"""What is wrong in one row by itself: form and codes first, then how the fields go together.

A value that fails its own check is unknown to the rules that come after: it is taken out of the row, and its field is
remembered, so that "empty" and "not known" are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from submissions.spec import GOTLAND, KOMMUN, REGION, CollectionSpec
from tests.oracle.text import DATES, Row
from tests.oracle.values import age, birth, day, digits, luhn

DIGITS_ONLY = (3, 7, 9, 13)
EXACT = {3: (10, "FMT05"), 7: (10, "FMT06"), 9: (6, "KOD01"), 13: (5, "KOD04")}
WHILE_READING = ("FIL01", "FIL02", "FIL03")  # what cannot be read cannot be let through
LISTED = (
    ("KOD01", 9, "aid"),
    ("KOD03", 10, "ansvar"),
    ("KOD04", 13, "specialitet"),
    ("KOD05", 15, "lonekollektivavtal"),
    ("KOD07", 16, "anstallningsform"),
    ("KOD07", 17, "avloningsform"),
    ("KOD08", 5, "verksamhet"),
)
LIMITED_TERMS = ("2", "3", "4", "6")


@dataclass
class Known:
    """A row of which only the values that passed their own checks are left."""

    values: Row
    unknown: set[int]
    found: list[tuple[str, int | None]] = field(default_factory=list)

    def get(self, number: int) -> str:
        """The value, "" where it is empty or unknown."""
        return self.values.get(number, "")

    def number(self, number: int) -> int | None:
        """The value as a number, None where it is empty, unknown or no number."""
        return int(self.get(number)) if digits(self.get(number)) else None

    def empty(self, number: int) -> bool:
        """True where the field was left empty; an unknown value is not empty."""
        return number not in self.values and number not in self.unknown

    def within(self, number: int, low: float, high: float) -> bool:
        """True where the value is known and lies between the two."""
        value = self.number(number)
        return value is not None and low <= value <= high

    def outside(self, number: int, low: float, high: float) -> bool:
        """True where the value is known and does not lie between the two."""
        return self.number(number) is not None and not self.within(number, low, high)

    def say(self, check: str, number: int | None) -> None:
        """A finding on this row."""
        self.found.append((check, number))


def look(row: Row, unit_code: str, unit_kind: str, positions: dict[str, str] | None, year: CollectionSpec) -> Known:
    """Everything that concerns the row alone."""
    known = Known(dict(row), set())
    _form(known, unit_kind, year)
    _codes(known, unit_kind, positions, year)
    _doctors(known, year)
    _pay(known, year)
    _time(known, year)
    _work(known, unit_code, unit_kind, positions or {}, year)
    _amounts(known, year)
    return known


def is_on(check: str, year: CollectionSpec) -> bool:
    """True for a check that SKR makes this year; one that is not made takes no other's place."""
    its = year.checks[check]
    if check in WHILE_READING:
        return True
    return its.enabled and (its.valid_until is None or year.measurement_day <= its.valid_until)


def follows_kommun(unit_kind: str) -> bool:
    """True for everybody but a region: kommunalförbund and companies follow kommun."""
    return unit_kind != REGION


def _fail(known: Known, check: str, number: int) -> None:
    known.say(check, number)
    known.values.pop(number, None)
    known.unknown.add(number)


def _form(known: Known, unit_kind: str, year: CollectionSpec) -> None:
    for spec in year.layout.fields:
        number, value = spec.number, known.get(spec.number)
        if number == 8:
            continue
        if not value:
            if spec.is_required(unit_kind):
                _fail(known, "FMT03", number)
        elif (spec.numeric or number in DIGITS_ONLY) and not digits(value):
            _fail(known, "FMT01", number)
        elif len(value) > spec.max_length:
            _fail(known, "FMT02", number)
        elif number in DATES and not day(value):
            _fail(known, "FMT04", number)
        elif number == 3 and not (len(value) == 10 and luhn(value) and value.strip("0")):
            _fail(known, "FMT05", number)
        elif number == 7 and not (len(value) == 10 and luhn(value) and birth(value, year.measurement_day)):
            _fail(known, "FMT06", number)
    number_7 = known.get(7)
    born = birth(number_7, year.measurement_day) if number_7 else None
    limits = year.checks["FMT08"].threshold
    if born and not limits["low"] <= age(born, year.measurement_day) <= limits["high"]:
        known.say("FMT08", 7)


def _codes(known: Known, unit_kind: str, positions: dict[str, str] | None, year: CollectionSpec) -> None:
    if known.get(16) == "5" and is_on("KOD06", year):
        _fail(known, "KOD06", 16)
    for check, number, kind in LISTED:
        if check == "KOD08" and not follows_kommun(unit_kind):
            continue
        if check == "KOD04" and _has_specialty_but_is_no_doctor(known, year):
            known.say("LOG02", 13)
        elif known.get(number) and known.get(number) not in year.lists[kind].codes:
            _fail(known, check, number)
    etikett = year.lists["aid"].codes.get(known.get(9))
    if etikett and etikett.sector not in ("", REGION if unit_kind == REGION else KOMMUN):
        known.say("KOD02", 9)
    if unit_kind == REGION and positions is not None and known.get(14) and known.get(14) not in positions:
        _fail(known, "KOD09", 14)
    if follows_kommun(unit_kind) and known.get(14) and not (digits(known.get(14)) and len(known.get(14)) == 4):
        _fail(known, "KOD10", 14)


def _has_specialty_but_is_no_doctor(known: Known, year: CollectionSpec) -> bool:
    limits = year.checks["LOG02"].threshold
    return bool(known.get(13)) and known.outside(9, limits["low"], limits["high"]) and is_on("LOG02", year)


def _doctors(known: Known, year: CollectionSpec) -> None:
    def span(check: str) -> tuple[float, float]:
        return year.checks[check].threshold["low"], year.checks[check].threshold["high"]

    if known.within(9, *span("LOG01")) and known.empty(13):
        known.say("LOG01", 13)
    if known.within(9, *span("LOG03")) and known.empty(10):
        known.say("LOG03", 10)
    if known.get(10) == "M" and known.outside(9, *span("LOG04")):
        known.say("LOG04", 10)
    if known.get(10) == "L" and known.within(9, *span("LOG05")):
        known.say("LOG05", 10)


def _pay(known: Known, year: CollectionSpec) -> None:
    for check, form, needed in (("LOG06", "1", (20, 22)), ("LOG07", "2", (24, 25))):
        missing = [number for number in needed if known.empty(number)]
        if known.get(17) == form and missing:
            known.say(check, missing[0])
    if known.outside(20, 0, year.checks["LOG08"].threshold["high"] * 100):
        known.say("LOG08", 20)
    if known.get(16) == "1" and known.get(17) == "2":
        known.say("LOG13", 17)


def _time(known: Known, year: CollectionSpec) -> None:
    started, ended = day(known.get(18)), day(known.get(19))
    if known.get(16) == "1" and ended and ended < year.measurement_day:
        known.say("LOG09", 19)
    if known.get(16) in LIMITED_TERMS and known.get(17) == "1" and known.empty(19):
        known.say("LOG10", 19)
    if started and started > date(year.measurement_day.year, 11, 30):
        known.say("LOG11", 18)
    if (known.number(27) or 0) > 0 and known.empty(28):
        known.say("LOG12", 28)


def _work(known: Known, unit_code: str, unit_kind: str, positions: dict[str, str], year: CollectionSpec) -> None:
    what = positions.get(known.get(14), "").casefold()
    etikett = year.lists["aid"].codes.get(known.get(9))
    limits = year.checks["LOG14"].threshold
    is_permanent_monthly = known.get(16) == "1" and known.get(17) == "1"
    if "undersköterska" in what and is_permanent_monthly and known.outside(9, limits["low"], limits["high"]):
        known.say("LOG14", 9)
    if not follows_kommun(unit_kind):
        return
    limits = year.checks["LOG15"].threshold
    is_in_school = known.within(5, limits["low"], limits["high"])
    if "socialpedagog" in what and is_in_school and etikett and int(known.get(9)) != limits["aid"]:
        known.say("LOG15", 9)
    limits = year.checks["LOG16"].threshold
    if known.within(5, limits["low"], limits["high"]) and etikett and "lärare" in etikett.label.casefold():
        known.say("LOG16", 9)
    if unit_code == GOTLAND and 5 in known.unknown and ("FMT03", 5) in known.found and is_health_care(known.get(9)):
        known.say("LOG17", 5)


def is_health_care(etikett: str) -> bool:
    """Doctors to carers (201-208), dental care (251-253) and rehabilitation (301) in the list of AID."""
    return etikett[:3] in {*map(str, range(201, 209)), *map(str, range(251, 254))}


def is_absurd(known: Known, year: CollectionSpec) -> bool:
    """True for a salary that must be a slip: it gives RIM03 and nothing else."""
    limits = year.checks["RIM03"].threshold
    return is_on("RIM03", year) and known.outside(22, limits["low"], limits["high"])


def _amounts(known: Known, year: CollectionSpec) -> None:
    def limit(check: str, name: str) -> float:
        return year.checks[check].threshold[name]

    salary, hourly, hours, share = (known.number(number) for number in (22, 24, 25, 20))
    if salary is not None:
        if is_absurd(known, year):
            known.say("RIM03", 22)
        elif salary < limit("RIM01", "low"):
            known.say("RIM01", 22)
        elif salary > limit("RIM02", "high"):
            known.say("RIM02", 22)
    if hourly is not None and not limit("RIM04", "low") <= hourly / 100 <= limit("RIM04", "high"):
        known.say("RIM04", 24)
    if hours is not None and hours / 100 > limit("RIM07", "high"):
        known.say("RIM07", 25)
    if known.get(17) == "1" and share is not None and share / 100 < limit("RIM08", "low"):
        known.say("RIM08", 20)
