"""bin/lighthouse: what Google's Lighthouse says of the main pages, at a desk and on a phone.

Lighthouse comes from npm in the versions of bench/lighthouse/package-lock.json, each with its hash, and is installed in
var/lighthouse. It asks the portal of bin/run (started here unless it runs), as one of the demo's people. The figures for speed
follow the machine and what else it does, and never make a run red; the other three are the same everywhere and do.
The audit is-crawlable is left out: the portal asks search engines to stay away (noindex), and that is not a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.local import paths, processes
from config.local.demo_session import AGENT, REVIEW, SUBMITTER, Browser

LOCK = paths.BASE / "bench" / "lighthouse"
PLACE = paths.VAR / "lighthouse"
DOCUMENT = paths.BASE / "docs" / "lighthouse.md"
COMMAND = PLACE / "npm" / "node_modules" / "lighthouse" / "cli" / "index.js"
OLDEST_NODE = (18, 16)
INSTALL_WITHIN, START_WITHIN, PAGE_WITHIN = 180, 300, 120  # seconds
TRIES = 2
AT_ONCE = 2  # but for the figures that are written down, whose speed one at a time tells more truly
GOAL = 95
CATEGORIES = {
    "performance": "Snabbhet",
    "accessibility": "Tillgänglighet",
    "best-practices": "God praxis",
    "seo": "Sökbarhet",
}
SIZES = {"dator": ("--preset=desktop",), "mobil": ()}
LEFT_OUT = "is-crawlable"
OPEN = {"Inloggning": "/"}
OF_SUBMITTER = {"Startsida": "/", "Granskning": REVIEW, "Meddelanden": "/meddelanden/"}
RUNS_THE_TESTS = ("DATABASE_URL", "PORTAL_ENV", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "TEST_DB_NAME")
DESCRIPTION = "Mäter huvudsidorna med Lighthouse. Rapporterna hamnar i var/lighthouse."


class Misled(Exception):
    """Another page answered than the one that was to be measured: the figures would be about that."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a page got: 0 to 100 for each category of CATEGORIES, and the audits that took points off."""

    page: str
    size: str
    points: dict[str, int]
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """What holds on every machine is at the goal."""
        return all(points >= GOAL for name, points in self.points.items() if name != "performance")


def read_report(page: str, size: str, report: str) -> Score:
    """The score of Lighthouse's JSON report; Unable where the page could not be measured, Misled where it was another page."""
    told = json.loads(report)
    if "runtimeError" in told:
        raise paths.Unable(f"{page} ({size}) gick inte att mäta: {told['runtimeError'].get('message', '')}")
    if told["finalDisplayedUrl"] != told["requestedUrl"]:
        raise Misled(f"{page} ({size}): {told['requestedUrl']} ledde till {told['finalDisplayedUrl']}.")
    faults = {
        reference["id"]
        for name in CATEGORIES
        for reference in told["categories"][name]["auditRefs"]
        if reference["weight"]
        and (told["audits"][reference["id"]]["score"] or 0) < 0.9
        and _counts(told["audits"][reference["id"]])
    }
    points = {name: round(100 * (told["categories"][name]["score"] or 0)) for name in CATEGORIES}
    return Score(page, size, points, tuple(sorted(faults)))


def _counts(audit: dict[str, object]) -> bool:
    return audit["scoreDisplayMode"] not in {"notApplicable", "manual", "informative"}


def table(scores: Iterable[Score]) -> str:
    """The scores as a table in Markdown."""
    heads = ["Sida", "Skärm", *CATEGORIES.values(), "Det som drar ner"]
    rows = [[one.page, one.size, *(str(one.points[name]) for name in CATEGORIES), ", ".join(one.faults)] for one in scores]
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def document(scores: Iterable[Score], version: str, on: str) -> str:
    """docs/lighthouse.md."""
    return f"""# Lighthouse

Uppmätt {on} med Lighthouse {version} och `bin/lighthouse --write`, mot portalen i `bin/run` med demodata. Målet är minst {GOAL} i
varje. Snabbheten är uträknad för en långsam uppkoppling och beror på hur upptagen datorn är. De andra tre är lika överallt,
och `bin/test` blir rött om någon av dem är under {GOAL}.

{table(scores)}

Kontrollen `{LEFT_OUT}` är utelämnad: portalen ber sökmotorer att hålla sig borta (`noindex`), och det ska den göra.
"""


def node_version(said: str) -> tuple[int, int]:
    """(20, 11) of "v20.11.1"; (0, 0) of anything else."""
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def install() -> None:
    """Lighthouse in var/lighthouse, as locked; Unable with a reason where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise paths.Unable("node och npm finns inte på den här datorn.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if node_version(version) < OLDEST_NODE:
        raise paths.Unable(f"node {version} är för gammal, {'.'.join(map(str, OLDEST_NODE))} behövs.")
    folder, stamp = PLACE / "npm", PLACE / "npm.stamp"
    lock = (LOCK / "package-lock.json").read_text(encoding="utf-8")
    if COMMAND.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(LOCK / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_WITHIN)
    except subprocess.TimeoutExpired:
        raise paths.Unable(f"npm blev inte klar på {INSTALL_WITHIN} sekunder.") from None
    if ended.returncode:
        raise paths.Unable(f"paketen gick inte att hämta med npm ({(ended.stderr.strip().splitlines() or ['okänt fel'])[0]}).")
    stamp.write_text(lock, encoding="utf-8")


@contextlib.contextmanager
def portal() -> Iterator[str]:
    """The address of the portal of bin/run, started here and stopped again unless it is running."""
    running = str(processes.recall().get("url", ""))
    if running and processes.answers(running):
        yield running
        return
    environment = {name: value for name, value in os.environ.items() if name not in RUNS_THE_TESTS}
    command = [paths.PYTHON, "-m", "config.local", "run"]
    began = time.monotonic()
    with subprocess.Popen(command, cwd=paths.BASE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            while not ((url := str(processes.recall().get("url", ""))) and processes.answers(url)):
                if run.poll() is not None or time.monotonic() - began > START_WITHIN:
                    raise paths.Unable("portalen startade inte. Pröva bin/run.")
                time.sleep(0.5)
            yield url
        finally:
            run.terminate()


def measure(address: str, page: str, size: str, cookies: str) -> Score:
    """One page at one size; its reports are var/lighthouse/NAME.report.html and .json."""
    base = PLACE / f"{page.lower()}-{size}"
    headers = Path(f"{base}.headers.json")
    paths.write_private(headers, json.dumps({"Cookie": cookies} if cookies else {}))
    chrome = "--headless=new --disable-dev-shm-usage" + (" --no-sandbox" if os.geteuid() == 0 else "")
    command = ["node", str(COMMAND), address, "--quiet", "--output=json", "--output=html", f"--output-path={base}"]
    command += [f"--only-categories={','.join(CATEGORIES)}", f"--skip-audits={LEFT_OUT}", f"--extra-headers={headers}"]
    command += [f"--emulated-user-agent={AGENT}"]
    command += [f"--chrome-flags={chrome}", *SIZES[size]]
    environment = {"CHROME_PATH": paths.chromium(), **os.environ}
    report = Path(f"{base}.report.json")
    report.unlink(missing_ok=True)
    try:
        for _ in range(TRIES):  # Chrome on a busy machine now and then misses the start of the page
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PAGE_WITHIN)
            if ended.returncode == 0:
                break
    except subprocess.TimeoutExpired:
        raise paths.Unable(f"{page} ({size}) blev inte klar på {PAGE_WITHIN} sekunder.") from None
    finally:
        headers.unlink(missing_ok=True)
    if ended.returncode or not report.exists():
        raise paths.Unable(f"{page} ({size}) gick inte att mäta: {(ended.stderr.strip().splitlines() or [''])[-1]}")
    return read_report(page, size, report.read_text(encoding="utf-8"))


def measure_all(base: str, *, at_once: int) -> list[Score]:
    """Every page at every size; so many at once, since most of the time is the browser's waiting for nothing more to happen."""
    submitter = Browser(base)
    submitter.sign_in(SUBMITTER)
    pages = [(name, path, "") for name, path in OPEN.items()]
    pages += [(name, path, submitter.cookies) for name, path in OF_SUBMITTER.items()]
    with ThreadPoolExecutor(at_once) as pool:
        measured = [pool.submit(measure, base + path, name, size, cookies) for name, path, cookies in pages for size in SIZES]
        try:
            return [one.result() for one in measured]
        finally:
            pool.shutdown(cancel_futures=True)


def main(arguments: list[str]) -> int:
    """1 where a page is below the goal in what holds on every machine; a machine that lacks something is told in one line."""
    options = argparse.ArgumentParser(prog="bin/lighthouse", description=DESCRIPTION, add_help=False)
    options.add_argument("--help", "-h", action="help", help="visar den här hjälpen")
    options.add_argument("--write", action="store_true", help="skriver docs/lighthouse.md")
    options.add_argument("--if-possible", action="store_true", help="inget fel när något saknas på datorn")
    wanted = options.parse_args(arguments)
    try:
        install()
        with portal() as base:
            scores = measure_all(base, at_once=1 if wanted.write else AT_ONCE)
    except paths.Unable as reason:
        print(f"inte körd: {reason}")
        return 0 if wanted.if_possible else 3
    except Misled as wrong:
        print(f"Fel sida mättes. {wrong}")
        return 1
    print(table(scores))
    if wanted.write:
        version = json.loads((COMMAND.parent.parent / "package.json").read_text(encoding="utf-8"))["version"]
        DOCUMENT.write_text(document(scores, version, datetime.now(UTC).date().isoformat()), encoding="utf-8")
    bad = [f"{one.page} ({one.size}): {', '.join(one.faults)}" for one in scores if not one.is_good]
    if bad:
        print("\n".join([f"Under {GOAL}:", *bad]))
    return 1 if bad else 0
