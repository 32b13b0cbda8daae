"""Chance that falls the same way on every machine.

Only `random.Random.random()` is used, the one method Python promises to keep, and only + - * / on floats: logarithms
and exponentials may differ in the last digit between C libraries, and a delivery must be the same bytes everywhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

T = TypeVar("T")

Curve = tuple[tuple[float, float], ...]
"""Points (share, value) in rising order; between them the line is straight."""

NORMAL: Curve = (
    (0.0, -2.6), (0.005, -2.576), (0.01, -2.326), (0.025, -1.960), (0.05, -1.645), (0.1, -1.282), (0.2, -0.842),
    (0.3, -0.524), (0.4, -0.253), (0.5, 0.0), (0.6, 0.253), (0.7, 0.524), (0.8, 0.842), (0.9, 1.282), (0.95, 1.645),
    (0.975, 1.960), (0.99, 2.326), (0.995, 2.576), (1.0, 2.6),
)  # fmt: skip
"""The normal distribution's quantiles, cut at 2.6 deviations so that nothing looks like a slip."""


def at(curve: Curve, share: float) -> float:
    """The curve's value at a share between 0 and 1."""
    index = min(max(bisect_right(curve, (share, float("inf"))), 1), len(curve) - 1)
    (x0, y0), (x1, y1) = curve[index - 1], curve[index]
    return y0 + (y1 - y0) * (share - x0) / (x1 - x0)


def allot(total: int, weights: Sequence[float]) -> list[int]:
    """`total` whole things shared by weight, largest remainder first; the shares add up to `total`."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (counts[i] - exact[i], i))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts


class Chance:
    """One stream of chance, named by its parts: the same parts give the same stream."""

    def __init__(self, *parts: object) -> None:
        self.roll = Random("/".join(map(str, parts))).random  # noqa: S311 - sample data, not secrets

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, not including, the limit."""
        return int(self.roll() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, all alike likely."""
        return things[int(self.roll() * len(things))]

    def on(self, curve: Curve) -> float:
        """A value drawn from the curve."""
        return at(curve, self.roll())

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The things in another order."""
        mixed = list(things)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self.roll() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def some(self, things: Sequence[T], count: int) -> list[T]:
        """`count` of the things (or all), in a new order."""
        return self.shuffled(things)[:count]


class Wheel:
    """Things drawn by weight."""

    def __init__(self, things: Sequence[tuple[str, float]]) -> None:
        self._names = [name for name, _ in things]
        self._edges = list(accumulate(weight for _, weight in things))

    def spin(self, chance: Chance) -> str:
        """One of the things."""
        return self._names[bisect_right(self._edges, chance.roll() * self._edges[-1])]
