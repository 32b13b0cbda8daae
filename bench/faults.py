"""What happens when something breaks while people work: each fault tried against a portal of its own, and what was lost.

    .venv/bin/python bench/faults.py [all | kills database disk mail proxy slow huge …] [--seconds 60] [--people 12] [--seed 1]

kills     kill -9 of web processes and workers by chance, all the time, while people sign up, upload, correct, explain, hand in and write
database  PostgreSQL restarted under the same load, in order and as a crash
mail      the mail server shut while mails are written, then opened; workers killed while they send
proxy     two web nodes behind nginx with two workers; one node killed at a time
disk      the database's disk runs full (needs to be root: a small tmpfs), then gets room again
slow      sixty clients that send a body a byte a second, straight at the web server and through nginx
huge      a body of 5 GB, straight and through nginx

After each the promises are compared with the database: everything the portal said yes to is there, once; every file is checked;
receipts verify and their rows are those signed; the trail is whole; each mail went out, and how many went twice. Prints name=value
and exits 1 where a promise was broken. Needs nginx for proxy, slow and huge.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from bench import season  # noqa: E402
from bench.at_work import Newcomer, Person, Promises, Worker, broken, rest  # noqa: E402
from bench.browser import Browser, NoAnswer  # noqa: E402
from bench.portal import FIRST_PORT, HOST, PROXY_PORT, Portal  # noqa: E402


def under_load(
    portal: Portal, asked: argparse.Namespace, breaking: Callable[[threading.Event], dict[str, int]]
) -> dict[str, int]:
    """People work while `breaking` breaks; then everything rests until the jobs are done."""
    promises, over = Promises(), threading.Event()
    invited = asked.people * 8
    comers = season.make(portal.folder, units=asked.people * 2, people=asked.people, scale=0.05, invited=invited)
    portal.start()
    people: list[Person] = []
    for number, comer in enumerate(comer for comer in comers if comer.file):
        browser, chance = Browser(portal.url, address=f"192.0.2.{number + 10}"), random.Random(asked.seed + number)  # noqa: S311
        people.append(Worker(comer, season.contents(comer), browser, promises, over, chance))
    newcomers = max(1, asked.people // 4)
    for number in range(newcomers):
        emails = [season.invited_email(one) for one in range(number, invited, newcomers)]
        browser, chance = Browser(portal.url, address=f"198.51.100.{number + 10}"), random.Random(asked.seed - number)  # noqa: S311
        people.append(Newcomer(emails, portal.mail, browser, promises, over, chance))
    for person in people:
        person.start()
    threading.Timer(asked.seconds, over.set).start()
    counts = breaking(over)
    over.wait()
    for person in people:
        person.join(90)
    rest(portal)
    restarts = {f"restarts_{name}": count for name, count in sorted(portal.restarts.items())}
    return {**counts, **restarts, **dict(sorted(promises.answers.items())), **broken(portal, promises)}


def kills(asked: argparse.Namespace) -> dict[str, int]:
    """kill -9, of the web and of the workers, every few seconds."""
    with Portal(workers=2) as portal:
        chance = random.Random(asked.seed)  # noqa: S311

        def breaking(over: threading.Event) -> dict[str, int]:
            counts = Counter[str]()
            while not over.wait(chance.uniform(1, 6)):
                counts[f"killed_{portal.kill(chance.choice(['web', 'worker']), chance).rstrip('0123456789')}"] += 1
            return dict(counts)

        return under_load(portal, asked, breaking)


def proxy(asked: argparse.Namespace) -> dict[str, int]:
    """Two nodes behind nginx, one killed at a time."""
    with Portal(nodes=2, workers=2, proxy=True) as portal:
        chance = random.Random(asked.seed)  # noqa: S311

        def breaking(over: threading.Event) -> dict[str, int]:
            counts = Counter[str]()
            while not over.wait(chance.uniform(6, 15)):
                counts[f"killed_{portal.kill('web', chance)}"] += 1
            return dict(counts)

        return under_load(portal, asked, breaking)


def database(asked: argparse.Namespace) -> dict[str, int]:
    """PostgreSQL restarted, every other time as a crash."""
    with Portal(workers=2) as portal:

        def breaking(over: threading.Event) -> dict[str, int]:
            restarts = 0
            while not over.wait(10):
                portal.restart_database("immediate" if restarts % 2 else "fast")
                restarts += 1
            return {"database_restarts": restarts}

        return under_load(portal, asked, breaking)


def mail(asked: argparse.Namespace) -> dict[str, int]:
    """The mail server comes and goes, and the workers are killed while they send."""
    with Portal(workers=2) as portal:
        chance = random.Random(asked.seed)  # noqa: S311

        def breaking(over: threading.Event) -> dict[str, int]:
            counts = Counter[str]()
            while not over.wait(3):
                portal.mail.shut()
                counts["mail_server_shut"] += 1
                portal.kill("worker", chance)
                counts["killed_worker"] += 1
                over.wait(5)
                portal.mail.open()
            return dict(counts)

        return under_load(portal, asked, breaking)


def disk(asked: argparse.Namespace) -> dict[str, int]:
    """The disk of the database is filled by others while people work, and gets room again."""
    small = Path("/tmp") / f"small-disk-{os.getpid()}"  # noqa: S108
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", small], check=True)
    try:
        with Portal(workers=1, folder=small) as portal:

            def breaking(over: threading.Event) -> dict[str, int]:
                filled = 0
                filling = small / "filling"
                while not over.wait(6):
                    with contextlib.suppress(OSError), filling.open("wb") as file:
                        while True:
                            file.write(bytes(1_000_000))
                    filled += 1
                    over.wait(6)
                    filling.unlink()
                filling.unlink(missing_ok=True)
                return {"disk_filled": filled}

            return under_load(portal, asked, breaking)
    finally:
        subprocess.run(["umount", "-l", small], check=False)
        shutil.rmtree(small, ignore_errors=True)


def slow(asked: argparse.Namespace) -> dict[str, int]:
    """Sixty clients that take their time; how long a page takes meanwhile."""
    with Portal(proxy=True) as portal:
        portal.start()
        straight = _slowed(f"http://127.0.0.1:{FIRST_PORT}", f"http://127.0.0.1:{FIRST_PORT}", asked)
        time.sleep(3)
        portal.wait_for(f"http://127.0.0.1:{FIRST_PORT}/readyz")
        behind = _slowed(portal.url, portal.url, asked)
        return {"ms_straight": straight, "ms_behind_nginx": behind, "broken_behind_nginx": int(behind > 5_000)}


def _slowed(attacked: str, asked_at: str, asked: argparse.Namespace) -> int:
    """Milliseconds of the slowest of ten pages while sixty dawdle."""
    held = list(_dawdlers(attacked, 60))
    worst = 0.0
    for _ in range(10):
        began = time.monotonic()
        with contextlib.suppress(NoAnswer):
            Browser(asked_at, timeout=15).get("/")
        worst = max(worst, time.monotonic() - began)
        for connection in held:
            with contextlib.suppress(OSError):
                connection.send(b"x")
        time.sleep(0.5)
    for connection in held:
        connection.close()
    return round(worst * 1000)


def _dawdlers(url: str, count: int) -> Iterator[socket.socket]:
    for _ in range(count):
        connection = _connect(url)
        connection.sendall(_head("/", 1_000_000))
        yield connection


def huge(asked: argparse.Namespace) -> dict[str, int]:
    """5 GB to the upload, straight and through nginx: how much was sent before somebody said stop."""
    with Portal(proxy=True) as portal:
        portal.start()
        told: dict[str, int] = {}
        for name, url in {"straight": f"http://127.0.0.1:{FIRST_PORT}", "behind_nginx": portal.url}.items():
            sent, status = _pour(url, 5_000_000_000)
            told |= {f"mb_taken_{name}": sent // 1_000_000, f"status_{name}": status}
            memory = max(process.memory_full_info().uss for process in portal.tree("web0"))
            told |= {f"web_mb_after_{name}": int(memory // 1_000_000), f"broken_{name}": int(memory > 1_000_000_000)}
        return told


def _pour(url: str, size: int) -> tuple[int, int]:
    connection = _connect(url)
    connection.settimeout(30)
    sent, piece = 0, bytes(1_000_000)
    try:
        connection.sendall(_head("/inlamning/0488/2026/lamna/", size))
        while sent < size:
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        first = connection.recv(200).split()
        return sent, int(first[1]) if len(first) > 1 else 0
    return sent, 0


def _connect(url: str) -> socket.socket:
    port = urlsplit(url).port or PROXY_PORT
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    return (
        ssl._create_unverified_context().wrap_socket(connection, server_hostname=HOST) if url.startswith("https") else connection
    )


def _head(path: str, length: int) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.9"]
    lines += ["Content-Type: multipart/form-data; boundary=b", f"Content-Length: {length}", "", ""]
    return "\r\n".join(lines).encode()


FAULTS: dict[str, Callable[[argparse.Namespace], dict[str, int]]] = {
    "kills": kills,
    "database": database,
    "mail": mail,
    "proxy": proxy,
    "disk": disk,
    "slow": slow,
    "huge": huge,
}


def main() -> int:
    """One after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("faults", nargs="*", default=["all"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    total = 0
    for name in FAULTS if "all" in asked.faults else asked.faults:
        told = FAULTS[name](asked)
        total += sum(count for what, count in told.items() if what.startswith("broken_"))
        print(f"{name}: " + " ".join(f"{what}={count}" for what, count in told.items()), flush=True)
    print(f"broken={total}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
