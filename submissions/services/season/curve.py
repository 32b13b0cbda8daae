"""The season as a curve: how many units have come how far, by day, counted in days from the collection's last day."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Count
from django.db.models.functions import TruncDate

from submissions.models import Collection, Submission, SubmissionEvent
from submissions.services.season.standing import APPROVED, HANDED_IN, RECEIVED


class Step(StrEnum):
    """What is counted."""

    RECEIVED = "received"
    HANDED_IN = "handed_in"
    APPROVED = "approved"


STATES: dict[Step, frozenset[Submission.Status]] = {
    Step.RECEIVED: RECEIVED,
    Step.HANDED_IN: HANDED_IN,
    Step.APPROVED: APPROVED,
}
BEFORE, AFTER = 60, 45  # days from the last day that are shown at most


@dataclass(frozen=True, slots=True)
class Move:
    """So many submissions went from one status to another on that day."""

    day: date
    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Curve:
    """One year: how many units there are, and after each day that changed something how many had come to each step.

    Days are counted from the last day: -3 is three days before it.
    """

    year: int
    total: int
    due: date
    steps: dict[Step, tuple[tuple[int, int], ...]]  # (day, count), in order of day

    def at(self, step: Step, day: int) -> int:
        """How many had come that far at the end of that day."""
        points = self.steps[step]
        found = bisect_right(points, day, key=lambda point: point[0])
        return points[found - 1][1] if found else 0

    def share(self, step: Step, day: int) -> float:
        """The same as a part of all, 0 to 1."""
        return self.at(step, day) / self.total if self.total else 0.0

    def date_of(self, day: int) -> date:
        """The date of a day counted from the last day."""
        return self.due + timedelta(days=day)

    def day_of(self, when: date) -> int:
        """A date counted from the last day."""
        return (when - self.due).days


def curve(*, year: int, total: int, due: date, moves: Iterable[Move]) -> Curve:
    """The year's curve of its moves, which come in any order."""
    changes: dict[Step, Counter[int]] = defaultdict(Counter)
    for move in moves:
        for step, states in STATES.items():
            change = (move.after in states) - (move.before in states)
            changes[step][(move.day - due).days] += change * move.count
    return Curve(year, total, due, {step: _cumulative(changes[step]) for step in Step})


def _cumulative(changes: Counter[int]) -> tuple[tuple[int, int], ...]:
    count, points = 0, []
    for day in sorted(changes):
        if changes[day]:
            count += changes[day]
            points.append((day, count))
    return tuple(points)


def days_shown(now: Curve, opens: date, today: date) -> tuple[int, int]:
    """The first and the last day of the picture: from the opening to a week past the last day, or past today."""
    first = max(now.day_of(opens), -BEFORE)
    return min(first, -1), min(max(now.day_of(today), 0) + 7, AFTER)


def days_told(curves: Sequence[Curve], first: int, last: int, today: int) -> list[int]:
    """The days a table has a line for: those that changed something in any of the years, the last day and today."""
    changed = {day for one in curves for points in one.steps.values() for day, _ in points}
    return sorted(day for day in changed | {0, today} if first <= day <= last)


# The last day ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many will have handed in on the last day, if those who are left do as they did last year."""

    expected: int
    share: float  # of the units left that handed in between this day and the last day, last year; 0 to 1
    left: int  # units left now


def forecast(now: Curve, before: Curve | None, today: int) -> Forecast | None:
    """None on the last day and after it, and where last year says nothing."""
    if before is None or today >= 0 or not before.total or not now.total:
        return None
    then = before.at(Step.HANDED_IN, today)
    left_then, left_now = before.total - then, now.total - now.at(Step.HANDED_IN, today)
    if left_then <= 0 or not before.at(Step.HANDED_IN, 0):
        return None
    share = max(before.at(Step.HANDED_IN, 0) - then, 0) / left_then
    return Forecast(now.total - left_now + round(share * left_now), share, left_now)


# The database ---------------------------------------------------------------------------------------------------------


def curves_of(collection: Collection) -> tuple[Curve, Curve | None]:
    """The year's curve, and the year before's where the portal has its history. Three questions."""
    years = [collection.year, collection.year - 1]
    totals = dict(
        Submission.objects.filter(collection__year__in=years, exempt_at=None)
        .order_by()
        .values_list("collection__year")
        .annotate(n=Count("pk"))
    )
    dues = dict(Collection.objects.filter(year__in=years).order_by().values_list("year", "due_date"))
    moves = _moves(years)
    made = {
        year: curve(year=year, total=totals.get(year, 0), due=due, moves=moves.get(year, ()))
        for year, due in dues.items()
    }  # fmt: skip
    before = made.get(collection.year - 1)
    has_history = before is not None and before.total and before.steps[Step.RECEIVED]
    return made[collection.year], before if has_history else None


def _moves(years: list[int]) -> dict[int, list[Move]]:
    """The moves of those years' submissions that are not exempt, by year."""
    events = SubmissionEvent.objects.filter(submission__collection__year__in=years, submission__exempt_at=None)
    counted = (
        events.exclude(to_status="")
        .order_by()
        .values_list("submission__collection__year", TruncDate("at"), "from_status", "to_status")
        .annotate(n=Count("pk"))
    )
    found: dict[int, list[Move]] = defaultdict(list)
    for year, day, before, after, count in counted:
        found[year].append(Move(day, before, after, count))
    return found
