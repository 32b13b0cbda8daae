"""What the dear things do to somebody else's page: her pages beside an upload or sign-ins, and beside a process that works as hard.

    .venv/bin/python bench/beside.py [--what upload|sign_ins] [--seconds 40] [--rows 75000] [--tries 8] [--web 1] [--every 0.05]

Makes a portal of its own (bench/portal.py) with one web node of --web processes. One person of a small unit asks for a page every
--every seconds, one after the other; her times are taken three times over, in turns: alone; while regions upload --rows rows again
and again, one at a time, or while --tries strangers at once try passwords, each from an address of her own; and, the reference, while a
process that has nothing to do with the portal keeps one core busy, which is an upload's own share of the machine. Prints name=value:
median and p95 of each in ms, and `own_share_ratio_p95`, beside the dear thing against beside the busy process.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from bench import season  # noqa: E402
from bench.browser import Browser  # noqa: E402
from bench.portal import Portal  # noqa: E402

BUSY = "import math\nwhile True: math.factorial(2000)"
ROUNDS = 4
TRY_AGAIN = 0.5  # seconds that a stranger waits before her next guess


def main() -> None:
    """Make, ask in turns, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--what", choices=["upload", "sign_ins"], default="upload")
    parser.add_argument("--tries", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--web", type=int, default=1)
    parser.add_argument("--every", type=float, default=0.05)
    asked = parser.parse_args()
    with Portal(processes=asked.web) as portal:
        comers = season.make(portal.folder, units=12, people=12, scale=0.05)
        portal.start()
        pages = Pages(portal, comers.pop(), asked.every)
        work: Work = Uploads(portal, comers, asked.rows) if asked.what == "upload" else Guesses(portal, asked.tries)
        times: dict[str, list[float]] = {"alone": [], "beside_work": [], "beside_busy": []}
        for _ in range(ROUNDS):
            part = asked.seconds / ROUNDS
            times["alone"] += pages.ask(part)
            with work:
                times["beside_work"] += pages.ask(part)
            busy = subprocess.Popen([sys.executable, "-c", BUSY])
            times["beside_busy"] += pages.ask(part)
            busy.kill()
            busy.wait()
        told = {name: (statistics.median(found), statistics.quantiles(found, n=20)[18]) for name, found in times.items()}
        for name, (median, p95) in told.items():
            print(f"{name}: pages={len(times[name])} median_ms={median * 1000:.0f} p95_ms={p95 * 1000:.0f}")
        refused = f" refused={work.refused}" if isinstance(work, Guesses) else ""
        print(f"{asked.what}={len(work.took)} median_s={statistics.median(work.took):.2f}{refused}")
        beside, busy_one = told["beside_work"], told["beside_busy"]
        print(f"own_share_ratio_median={beside[0] / busy_one[0]:.2f} own_share_ratio_p95={beside[1] / busy_one[1]:.2f}")
        print(*portal.errors(), sep="\n", file=sys.stderr)


def signed_in(portal: Portal, comer: season.Comer) -> Browser:
    """Her browser."""
    browser = Browser(portal.url)
    browser.sign_in(comer)
    return browser


class Pages:
    """Somebody of another unit who looks about."""

    def __init__(self, portal: Portal, comer: season.Comer, every: float) -> None:
        self.browser, self.every = signed_in(portal, comer), every
        room = f"/inlamning/{comer.unit}/{comer.year}/"
        page = self.browser.get(f"{room}lamna/").text
        taken = self.browser.upload(f"{room}lamna/", page, {"kind": "riktig"}, "november.txt", Path(comer.file).read_bytes())
        assert taken.status == 302, taken.status
        self.paths = ["/", room, f"{room}granska/", f"{room}rad/3/", "/meddelanden/", "/handbok/"]

    def ask(self, seconds: float) -> list[float]:
        """Seconds of each page."""
        found, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            for path in self.paths:
                began = time.monotonic()
                answer = self.browser.get(path)
                found.append(time.monotonic() - began)
                assert answer.status == 200, f"{path}: {answer.status}"
                time.sleep(self.every)
        return found


class Work(ABC):
    """Something that goes on all the time within the block, `at_once` times over."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.took: list[float] = []

    @abstractmethod
    def once(self) -> float:
        """One of them until its answer; the seconds it took."""

    def __enter__(self) -> None:
        """Begin."""
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._go_on) for _ in range(self.at_once)]
        for thread in self.threads:
            thread.start()

    def _go_on(self) -> None:
        while not self.over.is_set():
            self.took.append(self.once())

    def __exit__(self, *_error: object) -> None:
        """Those under way are the last."""
        self.over.set()
        for thread in self.threads:
            thread.join()


class Uploads(Work):
    """Regions that upload, one after the other: a unit may send so many files a day."""

    def __init__(self, portal: Portal, comers: list[season.Comer], rows: int) -> None:
        from submissions import synthetic

        super().__init__(at_once=1)
        files = [(signed_in(portal, comer), comer, synthetic.delivery(comer.unit, rows, 3, 0.008)) for comer in comers]
        self.turns = itertools.cycle(files)

    def once(self) -> float:
        """One file."""
        browser, comer, content = next(self.turns)
        room = f"/inlamning/{comer.unit}/{comer.year}/"
        page = browser.get(f"{room}lamna/").text
        began = time.monotonic()
        answer = browser.upload(f"{room}lamna/", page, {"kind": "riktig"}, "november.txt", content)
        assert answer.status == 302, answer.status
        return time.monotonic() - began


class Guesses(Work):
    """Strangers who try a password of somebody that is not there, which costs a whole hash: never twice from the same network."""

    def __init__(self, portal: Portal, at_once: int) -> None:
        super().__init__(at_once)
        self.url, self.numbers = portal.url, itertools.count()
        self.refused = 0

    def once(self) -> float:
        """One try."""
        number = next(self.numbers)
        browser = Browser(self.url, address=f"10.{number // 250 % 250}.{number % 250}.7")
        page = browser.get("/").text
        began = time.monotonic()
        answer = browser.post("/", page, {"email": f"ingen.{number}@enhet.example", "password": season.PASSWORD})
        took = time.monotonic() - began
        assert answer.status == 200, answer.status
        self.refused += "ovanligt många försök" in answer.text
        time.sleep(TRY_AGAIN)
        return took


if __name__ == "__main__":
    main()
