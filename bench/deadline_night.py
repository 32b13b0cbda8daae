"""The last evening: 330 units and 700 people in an hour of model time, against gunicorn with the production settings.

    .venv/bin/python bench/deadline_night.py [--minutes 10] [--pace 6] [--units 330] [--people 700] [--scale 1.0] [--web 2] [--save FILE]

Makes a portal of its own (bench/portal.py) with its people and files (bench/season.py) and lets the people of bench/evening.py come
through nginx (locust; an environment of its own is made in var/bench-venv from requirements/bench.txt at the first run).
Each signs in with password (real Argon2) and one-time code. One of each unit uploads its November file of the unit's real size,
looks at what is wrong, corrects, explains and reads what she would hand in; the others look about and write to SKR. Every three
minutes of model time a region uploads 75 000 rows once more. Somebody asks once a second for /healthz, the bare view, and for one that
does nothing but passes through the middleware with a session (bench/urls.py): what a page's p95 is compared with. `--pace` presses the hour together: 6 is an hour in ten minutes.

Prints name=value: for each page count, failures, median, p95 and p99 in ms and the ratio of its p95 to those of the two bare views, then
requests a second, failures, mails, lines of error in the log, and the processor seconds and memory of web, worker and database.
Exit 1 when something failed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

import psutil  # noqa: E402

from bench import season  # noqa: E402
from bench.portal import Portal  # noqa: E402

LARGEST = 75_000
BARE, SIGNED_IN = "healthz", "bare"
OWN_TIME = {"upload", "upload_large", "password", "one_time_code", BARE, SIGNED_IN}  # what is no page, or is slow by intention


def main() -> int:
    """Make, run, report."""
    asked = options()
    with Portal(processes=asked.web, proxy=True) as portal:
        began = time.monotonic()
        comers = season.make(portal.folder, units=asked.units, people=asked.people + 1, scale=asked.scale)
        largest = max((comer for comer in comers if comer.file), key=lambda comer: comer.rows)
        from submissions import synthetic

        rows = max(1, int(LARGEST * asked.scale))
        (portal.folder / "large.txt").write_bytes(synthetic.delivery(largest.unit, rows, 3, 0.008))
        parts = {comers[-1].email: "bare", largest.email: "large"}
        people = [{**comer.as_dict(), "part": parts.get(comer.email, "")} for comer in comers]
        random.Random(1).shuffle(people)  # noqa: S311 - those with a file come all through the hour, as the others
        (portal.folder / "people.json").write_text(json.dumps(people), encoding="utf-8")
        print(f"prepared_s={time.monotonic() - began:.0f}", flush=True)
        portal.start()
        before = usage(portal)
        failed = run_people(portal.folder, portal.url, asked)
        after = usage(portal)
        errors = list(portal.errors())
        lines = [
            *told(portal.folder),
            f"mails={portal.mail.mails.total()}",
            f"log_errors={len(errors)}",
            *(f"{part}_cpu_s={after[part][0] - before[part][0]:.0f}" for part in after),
            *(f"{part}_mb={after[part][1]:.0f}" for part in after),
        ]
    print("\n".join(lines))
    for error in errors[:5]:
        print(error[:300], file=sys.stderr)
    if asked.save:
        asked.save.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return 1 if failed or errors else 0


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the evening takes on the clock")
    parser.add_argument("--pace", type=float, default=6.0, help="model seconds a second")
    parser.add_argument("--units", type=int, default=330)
    parser.add_argument("--people", type=int, default=700)
    parser.add_argument("--scale", type=float, default=1.0, help="share of a unit's real number of rows")
    parser.add_argument("--web", type=int, default=2, help="processes of gunicorn, eight threads each")
    parser.add_argument("--save", type=Path, help="also write the lines there")
    return parser.parse_args()


def usage(portal: Portal) -> dict[str, tuple[float, float]]:
    """Processor seconds (those of ended children too) and unshared megabytes of web, worker and database."""
    database = psutil.Process(int((portal.cluster.data / "postmaster.pid").read_text().split("\n", 1)[0]))
    parts = {
        "web": portal.tree("web0"),
        "worker": portal.tree("worker0"),
        "database": [database, *database.children(recursive=True)],
    }
    return {name: _sum(processes) for name, processes in parts.items()}


def _sum(processes: list[psutil.Process]) -> tuple[float, float]:
    seconds = memory = 0.0
    for process in processes:
        try:
            times, held = process.cpu_times(), process.memory_full_info()
        except psutil.Error:
            continue
        seconds += times.user + times.system + times.children_user + times.children_system
        memory += held.uss / 1e6
    return seconds, memory


def run_people(folder: Path, portal_url: str, asked: argparse.Namespace) -> bool:
    """locust without its page, in an environment of its own; whether something failed."""
    home, lock = BASE / "var" / "bench-venv", BASE / "requirements" / "bench.txt"
    if not (home / "made").exists():
        venv.create(home, with_pip=True, clear=True)
        install = ["install", "-q", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", lock]
        subprocess.run([home / "bin" / "pip", *install], check=True)
        (home / "made").touch()
    command = [home / "bin" / "locust", "-f", BASE / "bench" / "evening.py", "--headless", "--only-summary"]
    a_second = max(1.0, asked.people / (asked.minutes * 60 * 0.7))
    command += ["--users", str(asked.people + 1), "--spawn-rate", str(a_second), "--run-time", f"{int(asked.minutes * 60)}s"]
    command += ["--stop-timeout", "30", "--csv", folder / "told", "--host", portal_url]
    own = {**os.environ, "PEOPLE": str(folder / "people.json"), "PACE": str(asked.pace), "LARGE": str(folder / "large.txt")}
    run = subprocess.run(command, env=own, cwd=folder, check=False, capture_output=True, text=True)
    errors = run.stdout.partition("Error report")[2] + run.stderr.partition("Error report")[2]
    if errors:
        print(errors, file=sys.stderr)
    return run.returncode != 0


def told(folder: Path) -> list[str]:
    """One line a page, and the whole."""
    with (folder / "told_stats.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    p95 = {row["Name"]: float(row["95%"]) for row in rows}
    bare, signed_in = p95.get(BARE) or 1.0, p95.get(SIGNED_IN) or 1.0
    lines = []
    for row in rows:
        name = "all" if row["Name"] == "Aggregated" else row["Name"]
        lines.append(
            f"{name}: count={row['Request Count']} failed={row['Failure Count']} median_ms={row['50%']} p95_ms={row['95%']} "
            f"p99_ms={row['99%']} bare_ratio={float(row['95%']) / bare:.1f} "
            f"signed_in_ratio={float(row['95%']) / signed_in:.1f}"
        )
    total = rows[-1]
    lines.append(beside_large(json.loads((folder / "asked.json").read_text(encoding="utf-8"))))
    return [*lines, f"requests_per_s={float(total['Requests/s']):.1f}", f"failed={total['Failure Count']}"]


def beside_large(asked: list[tuple[float, float, str]]) -> str:
    """How long pages took that were asked for while the largest file was being taken, beside all other pages."""
    spans = [(until - ms / 1000, until) for until, ms, name in asked if name == "upload_large"]
    beside: list[float] = []
    else_: list[float] = []
    for until, ms, name in asked:
        if name in OWN_TIME:
            continue
        is_beside = any(begin < until and until - ms / 1000 < end for begin, end in spans)
        (beside if is_beside else else_).append(ms)

    def cut(times: list[float]) -> str:
        cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [0.0] * 99
        return f"median_ms={cuts[49]:.0f} p95_ms={cuts[94]:.0f}"

    return f"pages_beside_large: count={len(beside)} {cut(beside)}\npages_else: count={len(else_)} {cut(else_)}"


if __name__ == "__main__":
    sys.exit(main())
