"""How far something has come that takes a while, as the page tells it: read from what is stored, never guessed by a clock.

A page that shows one asks again by itself until nothing is going on: a script without disturbing the reader, and where
nothing is written on the page (`is_watched` in its context) also the browser without scripts, by a line in its head. Asking is
no sign of life: `ASKED_BY_ITSELF` in the address says that nobody did anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from config.lib.text import amount

ASKED_BY_ITSELF = "av-sig-sjalv"
STANDS_STILL = "stilla"  # in the address: the reader has stopped the page from asking by itself
SECONDS_WITHOUT_SCRIPTS = 20  # between two askings: time to read the page, and to stop it


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and how far. `total` is 0 where nobody knows how much there is."""

    id: str  # "provkorning-7"; the page that has the answer marks it with `outcome`
    title: str  # "Provkörningen pågår"
    text: str  # what is done of how much, or what happens now
    done: int = 0
    total: int = 0
    usual: str = ""  # how long such a one has taken before
    trouble: str = ""  # it stands still: what happens now, and what to do

    @property
    def share(self) -> int:
        """Per cent done."""
        return min(100, 100 * self.done // self.total) if self.total else 0


def usual(what: str, earlier: Iterable[tuple[timedelta, int]], size: int) -> str:
    """How long it takes at the pace of earlier ones (time, size): "Provkörningen brukar ta ungefär 4 minuter." "" where unknown."""
    paces = [took.total_seconds() / count for took, count in earlier if count and took > timedelta(0)]
    return f"{what} brukar ta {about(timedelta(seconds=median(paces) * size))}." if paces and size else ""


def about(time: timedelta) -> str:
    """A length of time in words, rounded up as one speaks."""
    minutes = -(-time // timedelta(minutes=1))
    if minutes <= 1:
        return "högst en minut"
    if minutes < 90:
        return f"ungefär {minutes} minuter"
    return f"ungefär {amount(round(minutes / 60), 'timme', 'timmar')}"
