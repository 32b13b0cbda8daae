"""Room for deep calls.

CPython 3.11 and later keeps the frames of Python's functions in pieces of 16 kB: where a call does not fit, the next piece is
asked of the system, and given back when that call returns. Deep down in a template a call at such an edge is made thousands of
times, and each time the system is asked twice: a fifth of what the suite took. A frame larger than a piece gets one of the next
power of two instead, and what it leaves over is room for every call below it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

WORDS = 70_000  # of eight bytes: just over half a megabyte, so that the piece is a whole one, and almost half of it is free


def with_room(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same, with its frames in one piece."""

    @functools.wraps(call)
    def called(*args: Any, **options: Any) -> Any:
        return call(*args, **options)

    called.__code__ = called.__code__.replace(co_stacksize=WORDS)
    return called
