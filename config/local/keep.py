"""`python -m config.local.keep PROGRAM …`: run a program, and start it again when it ends by itself.

The worker gives up when the database has been away for a few seconds. The portal must not stop for that: the pages come
back on their own, and so should the jobs. A program that ends again and again at once is given up.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

PAUSE = 3.0  # seconds before the next start
ENDED_AT_ONCE = 60.0  # a run shorter than this counts as a failed start
FAILED_STARTS = 10


def keep(program: list[str], stopping: threading.Event, *, pause: float = PAUSE) -> int:
    """0 when told to stop; 1 when the program did not stay up in ten starts in a row."""
    failed = 0
    while not stopping.is_set():
        began = time.monotonic()
        subprocess.run(program, check=False)
        failed = failed + 1 if time.monotonic() - began < ENDED_AT_ONCE else 1
        if failed >= FAILED_STARTS and not stopping.is_set():
            return 1
        stopping.wait(pause)
    return 0


def main(program: list[str]) -> int:
    """Run until told to stop. The signal reaches the program too: they share a process group."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return keep(program, stopping)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
