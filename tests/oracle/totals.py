"""What is wrong in the file as a whole: counts and shares, most of them beside last year's.

People are told apart by field 7 as it stands: a number with a slip is still somebody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

from submissions.spec import CollectionSpec
from tests.oracle.groups import WHOLE_TIME, Rows
from tests.oracle.rows import follows_kommun, is_on
from tests.oracle.text import Row
from tests.oracle.values import digits, is_coordination

CHIEFS = ("A", "B", "C")
CARE = ("512", "513")

Found = list[tuple[str, int]]
Raw = dict[int, Row]


def this_year(raw: Raw, rows: Rows, year: CollectionSpec) -> Found:
    """The checks of the file alone: check and field, 0 for none."""
    limits = {check: year.checks[check].threshold for check in ("FMT07", "AGG11", "AGG12")}
    found: Found = []
    coordination = sum(is_coordination(row.get(7)) for row in rows.values() if row.get(7))
    if coordination * 100 > limits["FMT07"]["share"] * len(rows):
        found.append(("FMT07", 7))
    if not any(row.get(10) == "A" for row in rows.values()):
        found.append(("AGG08", 10))
    if sum(row.get(39) == "N" for row in rows.values()) * 100 > limits["AGG11"]["share"] * len(rows):
        found.append(("AGG11", 39))
    is_of_some_size = len(people(raw, lambda row: True)) >= limits["AGG12"]["persons"]
    if is_of_some_size and not any(row.get(28) == "01" for row in rows.values()):
        found.append(("AGG12", 28))
    return found


def against(now: Raw, then: Raw, unit_kind: str, year: CollectionSpec) -> Found:
    """The checks of the counts beside last year's."""

    def limit(check: str, name: str) -> float:
        return year.checks[check].threshold[name]

    def counts(number: int, *values: str) -> tuple[int, int]:
        return tuple(len(people(its, lambda row: row.get(number) in values)) for its in (then, now))

    found: Found = []
    is_large = len(people(then, lambda row: True)) >= limit("AGG01", "large")
    if changed(*counts(17, "1"), limit("AGG01", "share_large" if is_large else "share_small")):
        found.append(("AGG01", 0))
    before, after = counts(17, "2")
    if changed(before, after, limit("AGG02", "share")) or (not before and after >= limit("AGG02", "new")):
        found.append(("AGG02", 0))
    for etikett in year.lists["aid"].codes:
        before, after = counts(9, etikett)
        is_many = max(before, after) >= limit("AGG03", "persons")
        if is_many and (not before or changed(before, after, limit("AGG03", "share"))):
            found.append(("AGG03", 9))
    before, after = counts(10, *CHIEFS)
    if max(before, after) >= limit("AGG07", "persons") and changed(before, after, limit("AGG07", "share")):
        found.append(("AGG07", 10))
    for care in CARE if follows_kommun(unit_kind) else ():
        before, after = counts(5, care)
        if max(before, after) >= limit("AGG09", "persons") and changed(before, after, limit("AGG09", "share")):
            found.append(("AGG09", 5))
    return found + _same_people(now, then, year) + _averages(now, then, year)


def _same_people(now: Raw, then: Raw, year: CollectionSpec) -> Found:
    found: Found = []
    listed = year.lists["aid"].codes
    etiketter_now, etiketter_then = defaultdict(set), defaultdict(set)
    for its, etiketter in ((now, etiketter_now), (then, etiketter_then)):
        for row in its.values():
            if 7 in row and row.get(9) in listed:
                etiketter[row[7]].add(row[9])
    both = [person for person in etiketter_now if person in etiketter_then]
    moved = [person for person in both if not etiketter_now[person] & etiketter_then[person]]
    if len(moved) * 100 > year.checks["AGG04"].threshold["share"] * len(both):
        found.append(("AGG04", 9))
    before = people(then, lambda row: digits(row[7]))
    gone = before - people(now, lambda row: True)
    if len(gone) * 100 > year.checks["AGG10"].threshold["share"] * len(before):
        found.append(("AGG10", 7))
    return found


def _averages(now: Raw, then: Raw, year: CollectionSpec) -> Found:
    found: Found = []
    before, after = mean_salary(then, year), mean_salary(now, year)
    limits = year.checks["AGG05"].threshold
    if before and after and not limits["low"] <= 100 * (after - before) / before <= limits["high"]:
        found.append(("AGG05", 22))
    before, after = full_time_percent(then), full_time_percent(now)
    if before is not None and after is not None and abs(after - before) > Fraction(year.checks["AGG06"].threshold["points"]):
        found.append(("AGG06", 20))
    return found


def people(raw: Raw, which: Callable[[Row], bool]) -> set[str]:
    """The different people with such a row."""
    return {row[7] for row in raw.values() if 7 in row and which(row)}


def changed(before: int, after: int, percent: float) -> bool:
    """True where the number has moved more than so many percent; from nothing there is no percent."""
    return abs(after - before) * 100 > percent * before > 0


def amounts(raw: Raw, number: int) -> list[int]:
    """The numbers in a field of the monthly-paid."""
    return [int(row[number]) for row in raw.values() if row.get(17) == "1" and digits(row.get(number, ""))]


def mean_salary(raw: Raw, year: CollectionSpec) -> float | None:
    """The mean salary of the monthly-paid, without what RIM03 calls absurd."""
    limits = year.checks["RIM03"].threshold
    salaries = amounts(raw, 22)
    if is_on("RIM03", year):
        salaries = [salary for salary in salaries if limits["low"] <= salary <= limits["high"]]
    return sum(salaries) / len(salaries) if salaries else None


def full_time_percent(raw: Raw) -> Fraction | None:
    """The share of the monthly-paid who work full time, exactly."""
    shares = amounts(raw, 20)
    return Fraction(100 * sum(share >= WHOLE_TIME for share in shares), len(shares)) if shares else None
