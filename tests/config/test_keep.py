"""The worker of bin/run is started again when it ends by itself, and ends when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from config.local import keep, paths


def test_a_program_that_never_stays_up_is_given_up(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    program = [sys.executable, "-c", f"open({str(starts)!r}, 'a').write('x')"]
    assert keep.keep(program, threading.Event(), pause=0) == 1
    assert len(starts.read_text(encoding="utf-8")) == keep.FAILED_STARTS


def test_a_program_that_ends_is_started_again_until_told_to_stop(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = (
        "import pathlib, sys, time\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    sys.exit(1)\n"
        "print('igen', flush=True)\n"
        "time.sleep(60)\n"
    )
    kept = subprocess.Popen(
        [sys.executable, "-m", "config.local.keep", sys.executable, "-c", script],
        cwd=paths.BASE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert kept.stdout is not None
    with kept:
        assert kept.stdout.readline() == "igen\n"
        os.killpg(kept.pid, signal.SIGTERM)
        assert kept.wait(30) == 0
