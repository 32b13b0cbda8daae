"""A clock that is wrong by as many seconds as a file says, for the process that follows it; what is monotonic stays right.

libfaketime would do it from outside, but Python's sleep fails under it.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import time_machine


def follow(file: Path) -> None:
    """From now on, and within a twentieth of a second of each change."""
    clock = time_machine.travel(time.time(), tick=True).start()
    threading.Thread(target=_keep, args=(file, clock), daemon=True).start()


def _keep(file: Path, clock: time_machine.Coordinates) -> None:
    wrong_by, pause = 0, threading.Event()
    while not pause.wait(0.05):
        wanted = int(file.read_text())
        if wanted != wrong_by:
            clock.shift(wanted - wrong_by)
            wrong_by = wanted
