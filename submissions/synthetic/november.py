"""What one November adds to an employment: hours, leave and the pay that varies; and the row as the layout wants it.

Rows are lists of 41 texts where index n is field n of PS-2026.1 and index 0 is unused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from submissions.synthetic.chance import Chance, Curve, Wheel
from submissions.synthetic.jobs import CARE
from submissions.synthetic.units import Unit, etikett_labels
from submissions.synthetic.workforce import Employment

Row = list[str]

FIELDS = 40
SPECIALTY = "80110"  # Akutsjukvård, the one code whose meaning is public
DISTRICTS_FROM_ROWS = 20_000
SICK, PARENTAL, CARE_OF_CHILD, STUDIES, OTHER_JOB, UNION, SICKNESS_COMPENSATION, OTHER = (
    "01", "02", "03", "04", "05", "06", "07", "09",
)  # fmt: skip
LEAVE = Wheel(
    (
        (SICK, 38), (PARENTAL, 30), (CARE_OF_CHILD, 4), (STUDIES, 7), (OTHER_JOB, 6), (UNION, 3),
        (SICKNESS_COMPENSATION, 6), (OTHER, 6),
    )
)  # fmt: skip
LEAVE_SHARE, PARENTS_UP_TO = 0.10, 46
EXTENT = Wheel((("10000", 62), ("5000", 20), ("2500", 10), ("7500", 4), ("2000", 4)))
HOURS: Curve = ((0, 3), (0.25, 17), (0.5, 41), (0.75, 76), (0.95, 128), (1, 166))
FIRE_HOURS: Curve = ((0, 2), (0.5, 8), (1, 30))
FULL_TIME_HOURS = {"2": 3633, "3": 3700}


@dataclass(frozen=True, slots=True)
class _Leave:
    """Leave at the measurement day; `extent` in hundredths of a percent of the agreed time."""

    extent: int = 0
    reason: str = ""
    begins: date | None = None
    ends: date | None = None


def rows_of(unit: Unit, employments: list[Employment], year: int, seed: int) -> list[Row]:
    """The employments as rows, in order of personnummer and employment number, as payroll systems write them."""
    chance = Chance(unit.code, len(employments), seed, year, "november")
    in_order = sorted(employments, key=lambda one: (one.person.number, one.key))
    sick = next((one for one in in_order if not one.hourly), None) if len(in_order) >= 100 else None
    with_districts = not unit.is_region and len(in_order) >= DISTRICTS_FROM_ROWS
    rows = []
    for one in in_order:
        leave = _leave(one, year, chance) if one is not sick else _Leave(5_000, SICK, date(year, 10, 20), None)
        row = _fixed_fields(unit, one, leave)
        if with_districts:
            row[2] = f"{int(one.place.number) % 10 + 1:02}"
        _variable_pay(row, one, leave, chance)
        rows.append(row)
    return rows


def local_position(etikett: str, rhythm: str) -> str:
    """A region's own befattningskod for an etikett; night work has a code of its own."""
    return f"{etikett[:3]}{etikett[4:]}{'N' if rhythm == '2' else 'A'}"


def kommun_position(etikett: str) -> str:
    """A four-digit befattningskod for an etikett: invented, one each, since the real list is not public."""
    return f"{_areas()[etikett[:3]]}{etikett[4:]}"


@cache
def _areas() -> dict[str, int]:
    """A two-digit number for each main area of the AID list."""
    return {area: 10 + index for index, area in enumerate(sorted({code[:3] for code in etikett_labels()}))}


def _fixed_fields(unit: Unit, one: Employment, leave: _Leave) -> Row:
    """Fields 1-30, 39 and 40, numeric ones filled with zeros to their width."""
    job, monthly = one.job, not one.hourly
    day = "{:%Y%m%d}".format
    row = [""] * (FIELDS + 1)
    row[1] = unit.code
    row[3] = unit.organisation_number
    row[4] = one.place.number
    row[5] = "" if unit.is_region else one.place.activity
    row[6] = one.place.name
    row[7] = one.person.number
    row[8] = one.person.name
    row[9] = job.etikett
    row[10] = one.responsibility
    row[11] = one.component
    row[12] = one.rhythm
    row[13] = SPECIALTY if job.is_licensed_doctor else ""
    row[14] = local_position(job.etikett, one.rhythm) if unit.is_region else kommun_position(job.etikett)
    row[15] = one.agreement
    row[16] = one.form
    row[17] = "1" if monthly else "2"
    row[18] = day(one.begins)
    row[19] = day(one.ends) if one.ends else "00000000"
    row[20] = f"{one.share:05}"
    row[21] = f"{FULL_TIME_HOURS.get(one.rhythm, 4000):04}" if monthly else "0000"
    row[22] = f"{one.salary:07}"
    row[23] = f"{one.supplement:06}"
    row[24] = f"{one.wage:06}"
    row[25] = "00000"
    row[26] = "0000000"
    row[27] = f"{leave.extent:05}"
    row[28] = leave.reason
    row[29] = day(leave.begins) if leave.begins else "00000000"
    row[30] = day(leave.ends) if leave.ends else "00000000"
    row[39] = one.reviewed
    row[40] = one.key
    return row


def _variable_pay(row: Row, one: Employment, leave: _Leave, chance: Chance) -> None:
    """Fields 25 and 26 of the hourly paid, 31-38 of everybody at work."""
    inconvenient = on_call = standby = extra_time = extra_pay = over_time = over_pay = other = 0
    care = one.job.rhythm == CARE
    if one.hourly:
        curve = FIRE_HOURS if one.agreement == "4" else HOURS
        hours = int(chance.on(curve) * 4) * 25
        row[25] = f"{hours:05}"
        row[26] = f"{hours * one.wage // 10_000:07}"
        if care and chance.roll() < 0.6:
            inconvenient = hours // 100 * chance.between(4, 24)
    elif leave.extent < 10_000:
        per_hour = one.salary / 165
        if care and chance.roll() < 0.72:
            inconvenient = chance.between(15, 420) * 10
        if one.job.is_doctor and one.job.etikett > "201013" and chance.roll() < 0.7:
            on_call = chance.between(20, 1_400) * 10
        if one.job.etikett in ("201010", "501011", "501015", "551012", "601010", "601011") and chance.roll() < 0.4:
            standby = chance.between(20, 700) * 10
        if one.share < 10_000 and chance.roll() < 0.25:
            extra_time = chance.between(2, 80) * 25
            extra_pay = int(extra_time / 100 * per_hour * 1.2)
        if chance.roll() < 0.09:
            over_time = chance.between(2, 60) * 25
            over_pay = int(over_time / 100 * per_hour * 1.8)
        if chance.roll() < 0.03:
            other = chance.between(1, 30) * 100
    row[31] = f"{inconvenient:06}"
    row[32] = f"{on_call:06}"
    row[33] = f"{standby:06}"
    row[34] = f"{extra_time:05}"
    row[35] = f"{extra_pay:06}"
    row[36] = f"{over_time:05}"
    row[37] = f"{over_pay:06}"
    row[38] = f"{other:06}"


def _leave(one: Employment, year: int, chance: Chance) -> _Leave:
    """Leave for one of ten monthly paid; parental leave and care of child only for those of the age."""
    if one.hourly or chance.roll() >= LEAVE_SHARE:
        return _Leave()
    reason = LEAVE.spin(chance)
    if reason in (PARENTAL, CARE_OF_CHILD) and one.person.age > PARENTS_UP_TO:
        reason = SICK
    if reason == SICKNESS_COMPENSATION and one.person.age < 40:
        reason = OTHER
    extent = int(EXTENT.spin(chance))
    first_day = date(year, 11, 1)
    if reason == CARE_OF_CHILD:
        begins = first_day - timedelta(days=chance.between(0, 2))
        return _Leave(10_000, reason, begins, begins + timedelta(days=chance.between(2, 6)))
    begins = max(one.begins, first_day - timedelta(days=int(chance.between(1, 19) ** 2)))
    open_ended = reason in (SICK, SICKNESS_COMPENSATION) and chance.roll() < 0.5
    ends = None if open_ended else first_day + timedelta(days=chance.between(3, 300))
    return _Leave(extent, reason, begins, ends)
