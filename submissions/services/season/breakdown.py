"""The year broken down: by county, size, type and payroll system."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from submissions.services.season.standing import APPROVED, HANDED_IN, RECEIVED, Standing

UNKNOWN = "okand"  # of the size, the payroll system and the county: nobody has said, or it has none


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Units with so many rows: from `least`, up to but not including `below`."""

    key: str
    label: str
    least: int
    below: int | None


SIZES = (
    SizeClass("0-499", "Under 500 rader", 0, 500),
    SizeClass("500-1999", "500–1 999 rader", 500, 2_000),
    SizeClass("2000-4999", "2 000–4 999 rader", 2_000, 5_000),
    SizeClass("5000-14999", "5 000–14 999 rader", 5_000, 15_000),
    SizeClass("15000-", "15 000 rader eller fler", 15_000, None),
)


def size_of(rows: int | None) -> str:
    """The key of the class that many rows belong to."""
    if rows is None:
        return UNKNOWN
    return next(one.key for one in reversed(SIZES) if rows >= one.least)


@dataclass(frozen=True, slots=True)
class Line:
    """How many units of one group have come how far."""

    key: str
    label: str
    total: int
    received: int
    handed_in: int
    approved: int
    late: int

    @property
    def percent(self) -> int:
        """The share that has handed in, in whole percent; never 100 while anyone is left."""
        return self.handed_in * 100 // self.total if self.total else 0


def breakdown(standings: Iterable[Standing], key: Callable[[Standing], str], labels: Mapping[str, str]) -> list[Line]:
    """A line for each group that has units, in the order of `labels`, then what they do not name. The exempt count nowhere."""
    groups: dict[str, list[Standing]] = defaultdict(list)
    for one in standings:
        if not one.is_exempt:
            groups[key(one)].append(one)
    order = [name for name in labels if name in groups] + sorted(name for name in groups if name not in labels)
    return [_line(name, labels.get(name, name), groups[name]) for name in order]


def _line(key: str, label: str, group: list[Standing]) -> Line:
    return Line(
        key=key,
        label=label,
        total=len(group),
        received=sum(one.status in RECEIVED for one in group),
        handed_in=sum(one.status in HANDED_IN for one in group),
        approved=sum(one.status in APPROVED for one in group),
        late=sum(one.is_late for one in group),
    )
