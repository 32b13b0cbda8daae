"""A number beside the earlier one: how much it differs, and when that is worth a person's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

LEAST_PERCENT, LEAST_NUMBER = 10.0, 5  # the number: of persons or rows that differ, of those behind a mean or a share
LEAST_POINTS = 5.0  # percentage points, of shares
RULE = (
    "Markerat är det som skiljer minst 10 procent och minst 5 i antal. Löner och andelar markeras när minst 5 står bakom: "
    "löner vid 10 procent, andelar vid 5 procentenheter."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers; the earlier one is None where there is nothing to compare with. `basis`: how many stand
    behind a mean or a share."""

    value: float | None
    before: float | None
    is_money: bool = False
    is_share: bool = False
    basis: float = 0

    @property
    def change(self) -> float | None:
        """What came or went: percentage points for a share."""
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def percent(self) -> float | None:
        """The change in percent of the earlier number; None where that is nothing, or a share."""
        if self.change is None or not self.before or self.is_share:
            return None
        return 100 * self.change / self.before

    @property
    def is_notable(self) -> bool:
        """Whether the change follows `RULE`. What came from nothing has no percent and counts by its number."""
        if self.change is None:
            return False
        if self.is_share:
            return self.basis >= LEAST_NUMBER and abs(self.change) >= LEAST_POINTS
        if self.is_money:
            return self.basis >= LEAST_NUMBER and self.percent is not None and abs(self.percent) >= LEAST_PERCENT
        return abs(self.change) >= LEAST_NUMBER and (self.percent is None or abs(self.percent) >= LEAST_PERCENT)

    @property
    def weight(self) -> float:
        """What puts the change before others: how far it lies outside what chance moves a number of that size."""
        if self.change is None:
            return 0.0
        return abs(self.percent or 0.0) if self.is_money else abs(self.change) / sqrt(max(self.before or 0.0, 1.0))
