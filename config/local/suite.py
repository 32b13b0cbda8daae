"""bin/test: style, rules and pages, browser, each a named and timed step; or pytest alone with what one gives it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from config.local import paths
from config.local.locks import FileLock
from config.local.postgres import Cluster

TEST_CLUSTER = Cluster(paths.VAR / "pg-test", durable=False)
PYTEST = [paths.PYTHON, "-m", "pytest"]
BOTH_CORES = ["-q", "-n", "2", "--dist", "worksteal"]  # a module's tests together, until one has no more to do
AT_MOST = 8
HELP = """Använd:
  bin/test                    alla steg: stil, regler och sidor, webbläsare, Lighthouse
  bin/test --fast             utan webbläsare
  bin/test SÖKVÄG -k ORD …    bara pytest, med det du anger"""
RULES = "Regler och sidor"
LIGHTHOUSE = "Lighthouse (rapport)"  # red for accessibility, practice and search below 95; never for speed
FILM = ["tests/browser", "--last-failed", "--tracing=on"]  # a film of what failed, to look at with playwright show-trace
COUNTS = re.compile(r"(\d+) (passed|failed|errors?)\b")


def main(arguments: list[str]) -> int:
    """0 when all is green."""
    if {"--help", "-h"} & set(arguments):
        print(HELP)
        return 0
    slot = take_slot()
    own_cluster = "DATABASE_URL" not in os.environ
    try:
        environment = test_environment()
        if own_cluster:
            TEST_CLUSTER.acquire()
            environment["DATABASE_URL"] = TEST_CLUSTER.url
        if arguments and arguments != ["--fast"]:
            return subprocess.run([*PYTEST, *arguments], cwd=paths.BASE, env=environment, check=False).returncode
        return run_steps(environment, with_browser=not arguments)
    finally:
        if own_cluster:
            TEST_CLUSTER.release()
        slot.release()


def take_slot() -> FileLock:
    """A number of our own: two runs at once get two databases. TEST_DB_NAME set by hand is kept."""
    for number in range(1, AT_MOST + 1):
        slot = FileLock(paths.VAR / f"pg-test.slot{number}")
        if slot.take(wait=False):
            os.environ.setdefault("TEST_DB_NAME", f"test_portal_{number}")
            return slot
        slot.release()
    raise paths.Unable(f"{AT_MOST} testkörningar pågår redan här. Vänta tills någon är klar.")


def test_environment() -> dict[str, str]:
    """The machine's environment, as the tests want it: what is compiled and rewritten for pytest is kept for the next process."""
    machine = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    one_each = {"POLARS_MAX_THREADS": "1"}  # two processes have the cores
    ours = {"PORTAL_ENV": "test", "DJANGO_ALLOW_ASYNC_UNSAFE": "1", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return one_each | machine | ours


def run_steps(environment: dict[str, str], *, with_browser: bool) -> int:
    """The steps in order; the first red one is the last. Ends with one line that sums the tests up.

    Lighthouse mostly waits, so it goes on beside the rules from their start, and tells what it found when its turn comes.
    """
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} kärnor")
    but_browser = ["tests", "--ignore=tests/browser"]
    steps = {
        "Stil": ([paths.PYTHON, "-m", "config.local", "lint"], "bin/lint"),
        RULES: ([*PYTEST, *BOTH_CORES, *but_browser], f"bin/test {' '.join(but_browser)}"),
        "Webbläsare": ([*PYTEST, *BOTH_CORES, "--screenshot=only-on-failure", "tests/browser"], f"bin/test {' '.join(FILM)}"),
        LIGHTHOUSE: ([paths.PYTHON, "-m", "config.local", "lighthouse", "--if-possible"], "bin/lighthouse"),
    }
    if not with_browser:
        del steps["Webbläsare"], steps[LIGHTHOUSE]
    passed = failed = 0
    lighthouse: Beside | None = None
    try:
        for name, (command, again) in steps.items():
            print(f"\n== {name} ==", flush=True)
            began = time.monotonic()
            if name == RULES and LIGHTHOUSE in steps:
                lighthouse = Beside(steps[LIGHTHOUSE][0], environment)
            status, last_line = lighthouse.tell() if lighthouse and name == LIGHTHOUSE else stream(command, environment)
            counts = counts_in(last_line)
            passed += counts.get("passed", 0)
            failed += counts.get("failed", 0) + counts.get("error", 0)
            print(f"== {name}: {'grönt' if status == 0 else 'rött'} på {time.monotonic() - began:.0f} s ==", flush=True)
            if status:
                print(f"Kör om bara det steget:  {again}")
                print(f"{passed} passed, {max(failed, 1)} failed")
                return 1
    finally:
        if lighthouse:
            lighthouse.stop()
    print(f"{passed} passed, {failed} failed")
    return 0


class Beside:
    """A step that goes on beside the others; what it says is kept until somebody asks."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            command, cwd=paths.BASE, env=environment, stdout=self._said, stderr=subprocess.STDOUT, start_new_session=True
        )

    def tell(self) -> tuple[int, str]:
        """Wait for it and show what it said; its exit status and last line."""
        status = self._process.wait()
        self._said.seek(0)
        text = self._said.read()
        print(text, end="", flush=True)
        return status, (text.strip().splitlines() or [""])[-1]

    def stop(self) -> None:
        """End it, as Ctrl-C would, if it still goes on."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
        self._said.close()


def counts_in(line: str) -> dict[str, int]:
    """{"passed": 12, "failed": 1, "error": 2} from the line that pytest ends with."""
    return {kind.rstrip("s"): int(number) for number, kind in COUNTS.findall(line)}


def stream(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command with its output shown as it comes; its exit status and last line."""
    last_line = ""
    with subprocess.Popen(
        command, cwd=paths.BASE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for by PIPE
        for line in process.stdout:
            print(line, end="", flush=True)
            last_line = line.strip() or last_line
    return process.returncode, last_line
