"""What the web processes count while they serve: requests, their times, password hashes at work. For /metrics.

The figures of every process of one gunicorn lie in one piece of shared memory that its master makes before it forks, each
process writing in a *slot* of its own. So whichever process answers /metrics gives the sum of all, without files on a disk.
A slot is taken over with what it has counted when its process is replaced: a count never goes back while the master lives.
Several gunicorns are several targets. Nothing here knows Django, so that the master may import it.
"""

from __future__ import annotations

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

AREAS = (
    *(
        "start",
        "konto",
        "inlamning",
        "uppskov",
        "profil",
        "meddelanden",
        "admin",
        "kvittens",
        "kontroller",
        "handbok",
        "tillganglighet",
    ),
    *("integritet", "driftmeddelande", "csp-rapport", "static", "other"),
)
"""The first part of an address; what is none of ours is `other`. The probes are not counted."""

STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds; the last bucket is what took longer
PROBES = frozenset({"healthz", "readyz", "metrics"})

BUCKETS = len(BOUNDS) + 1
PER_AREA = len(STATUSES) + BUCKETS + 1  # counts by status, counts by time, milliseconds together
HASHES = len(AREAS) * PER_AREA  # where the number of hashes at work stands
REFUSED = HASHES + 1  # and of those that found no place
SLOT = REFUSED + 1
SLOTS = 64  # processes at once, those that are being replaced among them


def area_of(path: str) -> str:
    """The area of an address."""
    first = path.lstrip("/").partition("/")[0]
    return first if first in AREAS else "other" if first else "start"


class Board:
    """The shared memory, and this process's slot in it."""

    def __init__(self) -> None:
        self._figures = memoryview(mmap.mmap(-1, SLOTS * SLOT * 8)).cast("q")  # anonymous and shared with children
        self._lock = threading.Lock()
        self._slot: int | None = 0

    def use(self, slot: int | None) -> None:
        """Count in that slot from now on; in none where there are more processes than slots."""
        self._slot = slot
        self._lock = threading.Lock()  # the one before may have been held by another thread at the fork
        if slot is not None:
            self.leave(slot)

    def leave(self, slot: int) -> None:
        """Its process is gone, and so is what it had at work."""
        self._figures[slot * SLOT + HASHES] = 0

    def _add(self, place: int, number: int) -> None:
        if self._slot is not None:
            self._figures[self._slot * SLOT + place] += number

    def count(self, path: str, status: int, seconds: float) -> None:
        """One request that has been answered."""
        if path.strip("/") in PROBES:
            return
        start = AREAS.index(area_of(path)) * PER_AREA
        with self._lock:
            self._add(start + min(max(status // 100, 1), 5) - 1, 1)
            self._add(start + len(STATUSES) + bisect_left(BOUNDS, seconds), 1)
            self._add(start + PER_AREA - 1, round(seconds * 1000))

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """A password hash is worked out inside."""
        with self._lock:
            self._add(HASHES, 1)
        try:
            yield
        finally:
            with self._lock:
                self._add(HASHES, -1)

    def refuse_hash(self) -> None:
        """A password was not compared: too many were at once."""
        with self._lock:
            self._add(REFUSED, 1)

    def _sum(self, place: int) -> int:
        return sum(self._figures[slot * SLOT + place] for slot in range(SLOTS))

    def requests(self) -> dict[tuple[str, str], int]:
        """How many by area and status, of all processes; none is left out."""
        return {
            (area, status): self._sum(number * PER_AREA + place)
            for number, area in enumerate(AREAS)
            for place, status in enumerate(STATUSES)
        }

    def times(self) -> dict[str, tuple[list[int], float]]:
        """By area: how many took up to each bound and how many longer, each request once; and the seconds together."""
        return {
            area: (
                [self._sum(number * PER_AREA + len(STATUSES) + place) for place in range(BUCKETS)],
                self._sum((number + 1) * PER_AREA - 1) / 1000,
            )
            for number, area in enumerate(AREAS)
        }

    def hashes(self) -> int:
        """Password hashes at work now, or waiting for their turn."""
        return self._sum(HASHES)

    def refused_hashes(self) -> int:
        """Passwords that were not compared because too many were at once."""
        return self._sum(REFUSED)


board = Board()
"""The one of this process and of those it forks."""


def free_slot(taken: set[int | None]) -> int | None:
    """The first slot that no living process has."""
    return next((slot for slot in range(SLOTS) if slot not in taken), None)
