"""What is wrong between rows: doublets, a salary far from its group, and one person's rows in two years."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import fmean, median

from submissions.spec import CollectionSpec
from tests.oracle.rows import Known, is_absurd, is_on
from tests.oracle.text import Row
from tests.oracle.values import digits

WHOLE_LEAVE = 10_000
WHOLE_TIME = 10_000
SPREAD = 0.6745

Rows = dict[int, Known]


def look(raw: dict[int, Row], rows: Rows, before: dict[int, Row] | None, year: CollectionSpec) -> None:
    """Says each finding on its row."""
    same = _identical(raw, rows)
    _keys(rows, same, year)
    _persons(rows, year)
    _far_salaries(rows, year)
    if before is not None:
        _changed_salaries(rows, before, year)


def _identical(raw: dict[int, Row], rows: Rows) -> set[int]:
    counts = Counter(tuple(sorted(row.items())) for row in raw.values())
    same = {number for number, row in raw.items() if counts[tuple(sorted(row.items()))] > 1}
    for number in same:
        rows[number].say("DUB04", None)
    return same


def _keys(rows: Rows, same: set[int], year: CollectionSpec) -> None:
    counts = Counter(row.get(40) for row in rows.values())
    for number, row in rows.items():
        if row.get(40) and counts[row.get(40)] > 1 and not (number in same and is_on("DUB04", year)):
            row.say("DUB01", 40)


def _persons(rows: Rows, year: CollectionSpec) -> None:
    persons = by_person(rows)
    for its_rows in persons.values():
        if len(its_rows) > year.checks["DUB02"].threshold["rows"]:
            for row in its_rows:
                row.say("DUB02", 7)
        working = [row for row in its_rows if _takes_part(row)]
        if sum(row.number(20) or 0 for row in working) > year.checks["DUB03"].threshold["high"] * 100:
            for row in working:
                row.say("DUB03", 20)


def _takes_part(row: Known) -> bool:
    """A monthly-paid row with a share of at most 100 percent, not wholly on leave."""
    leave = 0 if row.empty(27) else row.number(27)
    share = row.number(20)
    return row.get(17) == "1" and share is not None and share <= WHOLE_TIME and leave is not None and leave < WHOLE_LEAVE


def by_person(rows: Rows) -> dict[str, list[Known]]:
    """The rows of each personnummer that is right."""
    persons = defaultdict(list)
    for row in rows.values():
        if row.get(7):
            persons[row.get(7)].append(row)
    return persons


def _far_salaries(rows: Rows, year: CollectionSpec) -> None:
    limits = year.checks["RIM05"].threshold
    groups = defaultdict(list)
    for row in rows.values():
        if row.get(9) and row.get(17) == "1" and row.get(22):
            groups[row.get(9)].append(row)
    for its_rows in groups.values():
        if len(its_rows) < limits["rows"]:
            continue
        salaries = [int(row.get(22)) for row in its_rows]
        middle = median(salaries)
        spread = median(abs(salary - middle) for salary in salaries)
        for row in its_rows:
            if spread and not is_absurd(row, year) and abs(SPREAD * (int(row.get(22)) - middle) / spread) > limits["z"]:
                row.say("RIM05", 22)


def _changed_salaries(rows: Rows, before: dict[int, Row], year: CollectionSpec) -> None:
    """Beside the mean, where the person had several such rows last year."""
    limits = year.checks["RIM06"].threshold
    then = defaultdict(list)
    for old in before.values():
        if old.get(17) == "1" and digits(old.get(22, "")):
            then[old.get(7), old.get(9)].append(int(old[22]))
    for row in rows.values():
        its_own = then.get((row.get(7), row.get(9)))
        if row.get(17) != "1" or not row.get(22) or not its_own or is_absurd(row, year):
            continue
        change = 100 * (int(row.get(22)) - fmean(its_own)) / fmean(its_own)
        if not limits["low"] <= change <= limits["high"]:
            row.say("RIM06", 22)
