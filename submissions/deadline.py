"""The end of a check's time, as the engines see it: something to ask between their steps, which raises when time is up.

A step that has begun is not cut off: a query of polars cannot be. Between steps there is always a place to stop, so one
file can hold a process for its own longest step past the limit, and no longer. The engines know no clock but this.
Source: security note, section 4 ("Delivery … 60 s") and FIL-11.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Deadline = Callable[[], None]


class TookTooLong(Exception):
    """Reading and checking were not ready in time."""


def no_deadline() -> None:
    """A deadline that never comes: for commands and notebooks."""


def within(seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
    """A deadline so many seconds from now."""
    end = clock() + seconds

    def ask() -> None:
        if clock() > end:
            raise TookTooLong

    return ask
