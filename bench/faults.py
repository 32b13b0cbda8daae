"""What happens when something breaks while people work: each fault tried against a portal of its own, and what was lost.

    .venv/bin/python bench/faults.py [all | kills database disk mail …] [--seconds 60] [--people 12] [--seed 1]

kills     kill -9 of web processes and workers by chance, all the time, while people sign up, upload, correct, explain, hand in and write
database  PostgreSQL stopped under the same load, in order and as a crash, away for some seconds and started
standby   the primary killed for good and its standby, which commits wait for, promoted; a new standby made; over and over
standby_async  the same where no commit waits: what is lost then is counted, not held against the portal
mail      the mail server shut while mails are written, then opened; workers killed while they send
smtp      no mail server all the time, now refusing, now silent; opened at the end
proxy     two web nodes behind nginx with two workers; one node killed at a time
disk      the database's disk runs full (needs to be root: a small tmpfs), then gets room again
clock     the clock of web and workers jumps, hours and a day, forward and back, and processes die just before it is put right
twice     every form sent by two connections at the very same moment
bombs     spreadsheets that are more than they seem, uploaded while others work; the web's memory
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
import re
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

import psutil  # noqa: E402

from bench import season  # noqa: E402
from bench.at_work import Newcomer, Person, Promises, Worker, broken, can_sign_in, rest  # noqa: E402
from bench.bombs import bombs as made_bombs  # noqa: E402
from bench.browser import Answer, Browser, NoAnswer, Twin  # noqa: E402
from bench.portal import FIRST_PORT, HOST, PROXY_PORT, Portal  # noqa: E402
from bench.season import Comer  # noqa: E402
from bench.standby import Pair  # noqa: E402


def under_load(
    portal: Portal,
    asked: argparse.Namespace,
    breaking: Callable[[threading.Event], dict[str, int]],
    *,
    browser_type: type[Browser] = Browser,
    idle: list[Comer] | None = None,
) -> dict[str, int]:
    """People work while `breaking` breaks; then everything rests until the jobs are done.

    One with an account and a file stays at home and is put into `idle`, where that is a list.
    """
    promises, over = Promises(), threading.Event()
    invited = asked.people * 8
    count = asked.people + (idle is not None)
    comers = season.make(portal.folder, units=count * 2, people=count, scale=0.05, invited=invited)
    if idle is not None:
        idle.append(comers.pop())
    portal.start()
    people: list[Person] = []
    for number, comer in enumerate(comer for comer in comers if comer.file):
        browser, chance = browser_type(portal.url, address=f"192.0.2.{number + 10}"), random.Random(asked.seed + number)  # noqa: S311
        people.append(Worker(comer, season.contents(comer), browser, promises, over, chance))
    newcomers = max(1, asked.people // 4)
    for number in range(newcomers):
        emails = [season.invited_email(one) for one in range(number, invited, newcomers)]
        browser, chance = browser_type(portal.url, address=f"198.51.100.{number + 10}"), random.Random(asked.seed - number)  # noqa: S311
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
    told = {**counts, **restarts, **dict(sorted(promises.answers.items())), **broken(portal, promises)}
    workers = [person.comer for person in people if isinstance(person, Worker)]  # last: whoever signs in gets a mail about it
    return told | {"broken_left_out": sum(not can_sign_in(portal, comer.email, comer.secret) for comer in workers)}


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
    """PostgreSQL stopped and started, every other time as a crash, and away for up to four seconds."""
    with Portal(workers=2) as portal:

        def breaking(over: threading.Event) -> dict[str, int]:
            restarts = 0
            while not over.wait(10):
                portal.restart_database("immediate" if restarts % 2 else "fast", away=restarts % 3 * 2)
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


def smtp(asked: argparse.Namespace) -> dict[str, int]:
    """No mail server as long as people work: it refuses, then takes calls and is silent, by turns."""
    with Portal(workers=2) as portal:

        def breaking(over: threading.Event) -> dict[str, int]:
            silences = 0
            portal.mail.shut()
            while not over.wait(10):
                portal.mail.hang()
                silences += 1
                over.wait(10)
                portal.mail.shut()
            portal.mail.open()
            return {"silences": silences}

        told = under_load(portal, asked, breaking)
        return told | {"broken_mails_twice": told["mails_twice"], "broken_no_mail": int(not portal.mail.mails)}


def standby(asked: argparse.Namespace) -> dict[str, int]:
    """The primary dies for good, its standby is promoted; no commit was told of that the standby had not."""
    return _with_standby(asked, waits=True)


def standby_async(asked: argparse.Namespace) -> dict[str, int]:
    """The same without waiting."""
    told = _with_standby(asked, waits=False)
    return {name.replace("broken_", "lost_" if name.endswith("_lost") else "seen_"): count for name, count in told.items()}


def _with_standby(asked: argparse.Namespace, *, waits: bool) -> dict[str, int]:
    with Portal(workers=2) as portal:
        pair = Pair(portal.cluster, waits=waits)
        os.environ["DATABASE_URL"] = pair.url
        pair.rebuild()

        def breaking(over: threading.Event) -> dict[str, int]:
            promoted = 0
            while not over.wait(15):
                pair.kill_primary()
                time.sleep(2)
                pair.promote()
                promoted += 1
                over.wait(5)  # without a standby
                pair.rebuild()
            return {"promoted": promoted}

        try:
            return under_load(portal, asked, breaking)
        finally:
            pair.end()


def clock(asked: argparse.Namespace) -> dict[str, int]:
    """Web and workers see another time than everybody else, then the right one again."""
    with Portal(workers=2) as portal:
        file, chance = portal.folder / "clock", random.Random(asked.seed)  # noqa: S311
        file.write_text("0")
        portal.environment = {"TRIAL_CLOCK": str(file)}

        def breaking(over: threading.Event) -> dict[str, int]:
            counts = Counter[str]()
            for seconds in (3600, 0, -7200, 0, 86400, 0):
                over.wait(asked.seconds / 9)
                if not seconds:
                    for kind in ("web", "worker"):
                        counts[f"killed_{portal.kill(kind, chance).rstrip('0123456789')}"] += 1
                changed = file.with_suffix(".new")
                changed.write_text(str(seconds))
                changed.rename(file)
                counts["jumps"] += 1
            return dict(counts)

        told = under_load(portal, asked, breaking)
        return told | {"broken_mails_twice": max(0, told["mails_twice"] - told.get("killed_worker", 0))}


def twice(asked: argparse.Namespace) -> dict[str, int]:
    """Every form twice at once."""
    with Portal(workers=2, nodes=1) as portal:
        told = under_load(portal, asked, lambda over: {}, browser_type=Twin)
        from accounts.models import AuditEvent

        made = Counter(AuditEvent.objects.filter(code="account:password:set").values_list("actor_id", flat=True))
        return told | {"broken_accounts_doubled": (made - Counter(made.keys())).total(), "accounts_made": made.total()}


MOST_MB = 1_500
"""What all the web's processes may hold in memory together: a spreadsheet is read in one of its own, which may take 1 GiB."""


def bombs(asked: argparse.Namespace) -> dict[str, int]:
    """Uploaded one after the other by one while the others work."""
    with Portal(workers=1) as portal:
        idle: list[Comer] = []
        measured = {"peak_mb": 0, "before_mb": 0}

        def watch(over: threading.Event) -> None:
            while not over.wait(0.05):
                with contextlib.suppress(psutil.Error):
                    now = sum(process.memory_info().rss for process in portal.tree("web0")) // 1_000_000
                    measured["peak_mb"] = max(measured["peak_mb"], now)

        def breaking(over: threading.Event) -> dict[str, int]:
            (comer,) = idle
            room, browser = f"/inlamning/{comer.unit}/{comer.year}/", Browser(portal.url, timeout=200, address="192.0.2.200")
            browser.sign_in(comer)
            over.wait(10)
            measured["before_mb"] = sum(process.memory_info().rss for process in portal.tree("web0")) // 1_000_000
            threading.Thread(target=watch, args=(over,), daemon=True).start()
            told = Counter[str]()
            for name, content in made_bombs():
                before, measured["peak_mb"] = measured["peak_mb"], 0
                page = browser.get(f"{room}lamna/").text
                answer = browser.upload(f"{room}lamna/", page, {"kind": "riktig"}, "november.xlsx", content)
                sentence = refusal_in(answer, browser)
                print(
                    f"{name}: {len(content) // 1_000_000} MB, {answer.status}, {measured['peak_mb']} MB, {sentence}", flush=True
                )
                told["bombs"] += 1
                told["broken_not_refused"] += not sentence
                measured["peak_mb"] = max(measured["peak_mb"], before)
            return dict(told)

        told = under_load(portal, asked, breaking, idle=idle)
        told["broken_uploads_doubled"] -= told["bombs"]  # which nobody who works has sent
        return told | measured | {"most_mb": MOST_MB, "broken_memory": int(measured["peak_mb"] > MOST_MB)}


def refusal_in(answer: Answer, browser: Browser) -> str:
    """Why the file was not taken, in the page's words; "" where it was."""
    from submissions.models import Delivery

    if answer.status == 302:
        last = Delivery.objects.order_by("-pk").filter(submission__unit__code=answer.location.split("/")[2]).first()
        return last.refusal if last and last.status == Delivery.Status.REJECTED else ""
    found = re.search(r'class="[^"]*(?:error|notice)[^"]*"[^>]*>(.*?)</', answer.text, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[1]).strip() if found and answer.status in {200, 400, 413, 422} else ""


def disk(asked: argparse.Namespace) -> dict[str, int]:
    """The disk of the database is filled by others while people work, and gets room again."""
    small = Path("/tmp") / f"small-disk-{os.getpid()}"  # noqa: S108
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", small], check=True)
    try:
        with Portal(workers=1, disk=small) as portal:
            portal.watches_database = True

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
    "smtp": smtp,
    "standby": standby,
    "standby_async": standby_async,
    "clock": clock,
    "twice": twice,
    "bombs": bombs,
    "proxy": proxy,
    "disk": disk,
    "slow": slow,
    "huge": huge,
}


def main() -> int:
    """One after the other, each in a process of its own: Django reads its settings once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("faults", nargs="*", default=["all"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names = list(FAULTS) if "all" in asked.faults else asked.faults
    if len(names) > 1:
        values = ["--seconds", str(asked.seconds), "--people", str(asked.people), "--seed", str(asked.seed)]
        ended = [subprocess.run([sys.executable, __file__, name, *values], check=False).returncode for name in names]
        return 1 if any(ended) else 0
    told = FAULTS[names[0]](asked)
    total = sum(count for what, count in told.items() if what.startswith("broken_"))
    print(f"{names[0]}: " + " ".join(f"{what}={count}" for what, count in told.items()), flush=True)
    print(f"broken={total}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
