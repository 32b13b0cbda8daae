"""A number beside the earlier one: how much it differs, and when that is worth a person's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

LEAST_NUMBER, LEAST_PERCENT = 5, 10.0  # of what is counted
LEAST_MONEY = 6.0  # percent, of pay
LEAST_POINTS = 5.0  # percentage points, of shares
RULE = (
    "Markerat är det som skiljer minst 10 procent och minst 5 i antal, för löner minst 6 procent "
    "och för andelar minst 5 procentenheter."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers; the earlier one is None where there is nothing to compare with."""

    value: float | None
    before: float | None
    is_money: bool = False
    is_share: bool = False

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
            return abs(self.change) >= LEAST_POINTS
        if self.is_money:
            return self.percent is not None and abs(self.percent) >= LEAST_MONEY
        return abs(self.change) >= LEAST_NUMBER and (self.percent is None or abs(self.percent) >= LEAST_PERCENT)

    @property
    def weight(self) -> float:
        """What puts the change before others: how far it lies outside what chance moves a number of that size."""
        if self.change is None:
            return 0.0
        return abs(self.percent or 0.0) if self.is_money else abs(self.change) / sqrt(max(self.before or 0.0, 1.0))
