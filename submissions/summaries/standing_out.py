"""Which lines of a comparison stand out from everybody's, so that a page can show them first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from submissions.summaries.differences import LEAST_NUMBER, Difference
from submissions.summaries.grid import Cell, Grid, Line, Measure

TIMES = 2.0  # so many times everybody's part
LEAST_POINTS = 1.0  # percentage points between a group's median raise and everybody's
RULE = (
    "Markerat är det som avviker: minst 5 i antal och minst dubbelt så stor andel som för alla. Anställda nu markeras när "
    "de är minst 10 procent fler eller färre än före, medianen när den skiljer minst 1 procentenhet."
)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A line that stands out, and the keys of the columns where it does."""

    line: Line
    columns: frozenset[str]


def standing_out(made: Grid, most: int) -> list[Outstanding]:
    """The lines directly under everybody's that stand out by `RULE`, what is least like chance first; at most so many."""
    whole = next((line for line in made.lines if line.depth == 0), None)
    if whole is None:
        return []
    found = []
    for line in made.lines:
        weights = {cell.column.key: _weight(cell, line, whole) for cell in line.cells} if line.depth == 1 else {}
        notable = frozenset(key for key, weight in weights.items() if weight)
        if notable:
            found.append((max(weights.values()), Outstanding(line, notable)))
    found.sort(key=lambda entry: (-entry[0], entry[1].line.key))
    return [outstanding for _, outstanding in found[:most]]


def _weight(cell: Cell, line: Line, whole: Line) -> float:
    """How far the cell lies outside what chance gives a group of that size; 0 where it is not worth a look."""
    column, value = cell.column, cell.value
    if column.since:
        difference = Difference(value or 0.0, _sum(line, (column.since,)))
        return difference.weight if difference.is_notable else 0.0
    basis, all_basis, everybody = _sum(line, column.of), _sum(whole, column.of), _value(whole, column.key)
    if value is None or everybody is None or basis < LEAST_NUMBER or not all_basis:
        return 0.0
    if column.measure == Measure.RAISE:
        return abs(value - everybody) * sqrt(basis) if abs(value - everybody) >= LEAST_POINTS else 0.0
    expected = basis * everybody / all_basis
    if value < LEAST_NUMBER or value < TIMES * expected:
        return 0.0
    return (value - expected) / sqrt(max(expected, 1.0))


def _value(line: Line, key: str) -> float | None:
    return next(cell.value for cell in line.cells if cell.column.key == key)


def _sum(line: Line, keys: tuple[str, ...]) -> float:
    return sum(_value(line, key) or 0.0 for key in keys)
