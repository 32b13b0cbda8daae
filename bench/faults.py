"""What happens when something breaks while people work: each fault tried against a portal of its own, and what was lost.

    .venv/bin/python bench/faults.py [all | kills database disk mail proxy slow huge …] [--seconds 60] [--people 12] [--seed 1]

kills     kill -9 of web processes and workers by chance, all the time, while people upload, correct, explain, hand in and write
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
import hashlib
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
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from bench import season  # noqa: E402
from bench.browser import FORM, Browser, NoAnswer, hidden_in  # noqa: E402
from bench.portal import FIRST_PORT, HOST, PROXY_PORT, Portal  # noqa: E402
from bench.season import Comer  # noqa: E402

GROUP = re.compile(r'href="(/inlamning/[^"]+/anmarkningar/[^"#?]+)')
WORDS = "Uppgifterna stämmer, vi har kontrollerat dem."


@dataclass
class Promises:
    """What the portal said yes to, and what it said nothing about, by those who work."""

    uploads: dict[str, list[str]] = field(default_factory=dict)  # unit: sha256 of each file taken
    tried: dict[str, list[str]] = field(default_factory=dict)  # unit: sha256 of each file sent
    explained: list[tuple[str, str]] = field(default_factory=list)  # unit, key of the group
    messages: list[str] = field(default_factory=list)
    tried_messages: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of those."""
        with self.lock:
            self.answers[what] += 1


class Worker(threading.Thread):
    """A person who goes on whatever happens: signs in again when she must, uploads, looks, explains, hands in, takes it back, writes."""

    def __init__(self, comer: Comer, url: str, promises: Promises, over: threading.Event, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.comer, self.promises, self.over, self.chance = comer, promises, over, chance
        self.browser = Browser(url)
        self.room = f"/inlamning/{comer.unit}/{comer.year}/"
        self.content = Path(comer.file).read_bytes()
        self.turn = 0

    def run(self) -> None:
        """Until told to stop."""
        while not self.over.is_set():
            try:
                self.browser.sign_in(self.comer)
                break
            except (NoAnswer, AssertionError):
                self.over.wait(31)  # the next one-time code
        steps = (self.upload, self.look, self.explain, self.write)
        while not self.over.is_set():
            try:
                steps[self.turn % len(steps)]()
            except NoAnswer:
                self.promises.count("no_answer")
            except Exception as error:
                self.promises.odd.append(f"{type(error).__name__}: {error}")
            self.turn += 1
            self.over.wait(self.chance.uniform(0, 0.5))

    def page(self, path: str) -> str:
        """A page, told about where it is none."""
        answer = self.browser.get(path)
        self.promises.count(str(answer.status))
        if answer.status == 500 or "Traceback" in answer.text:
            self.promises.odd.append(f"500 på {path}")
        return answer.text if answer.status == 200 else ""

    def upload(self) -> None:
        """Her file, a row shorter or longer each time."""
        content = self.content + self.content.splitlines(keepends=True)[-1] * (self.turn % 7)
        mark = hashlib.sha256(content).hexdigest()
        page = self.page(f"{self.room}lamna/")
        if not page:
            return
        with self.promises.lock:
            self.promises.tried.setdefault(self.comer.unit, []).append(mark)
        answer = self.browser.upload(f"{self.room}lamna/", page, {"kind": "riktig"}, "november.txt", content)
        self.promises.count(f"upload_{answer.status}")
        if answer.status == 302:
            with self.promises.lock:
                self.promises.uploads.setdefault(self.comer.unit, []).append(mark)

    def look(self) -> None:
        """What is wrong."""
        self.page(f"{self.room}granska/")

    def explain(self) -> None:
        """One group."""
        groups = list(dict.fromkeys(GROUP.findall(self.page(f"{self.room}granska/"))))
        for address in groups[:3]:
            page = self.page(address)
            form = next(
                (action for action, inside in FORM.findall(page) if action.endswith("/forklara/") and 'name="text"' in inside), ""
            )
            if form:
                answer = self.browser.post(form, page, {"text": WORDS})
                self.promises.count(f"explain_{answer.status}")
                if answer.status == 302:
                    with self.promises.lock:
                        self.promises.explained.append((self.comer.unit, form.split("/")[-3]))
                return

    def write(self) -> None:
        """To SKR, with a subject of its own."""
        page = self.page("/meddelanden/nytt/")
        if not page:
            return
        subject = f"Fråga {self.comer.email} {self.turn}"
        with self.promises.lock:
            self.promises.tried_messages[subject] += 1
        values = {
            **hidden_in(page),
            "unit": self.comer.unit,
            "category": "file",
            "subject": subject,
            "text": "Hinner vi i kväll?",
        }
        answer = self.browser.post("/meddelanden/nytt/", page, values)
        self.promises.count(f"message_{answer.status}")
        if answer.status == 302:
            with self.promises.lock:
                self.promises.messages.append(subject)


def under_load(
    portal: Portal, asked: argparse.Namespace, breaking: Callable[[threading.Event], dict[str, int]]
) -> dict[str, int]:
    """People work while `breaking` breaks; then everything rests until the jobs are done."""
    promises, over = Promises(), threading.Event()
    comers = season.make(portal.folder, units=asked.people * 2, people=asked.people, scale=0.05)
    portal.start()
    people = [
        Worker(comer, portal.url, promises, over, random.Random(asked.seed + number))
        for number, comer in enumerate(comers)
        if comer.file
    ]  # noqa: S311
    for person in people:
        person.start()
    threading.Timer(asked.seconds, over.set).start()
    counts = breaking(over)
    over.wait()
    for person in people:
        person.join(90)
    rest(portal)
    return {**counts, **dict(sorted(promises.answers.items())), **broken(portal, promises)}


def rest(portal: Portal) -> None:
    """Let what is left be picked up: as the periodic jobs do it, without waiting for their minute."""
    from django.db import connection
    from django.utils import timezone

    from messaging import outbox
    from messaging.models import OutgoingMail
    from submissions.models import Delivery
    from submissions.services import deliver

    connection.close()
    for _ in range(int(deliver.LEASE.total_seconds()) + 60):  # whoever died at a check has it so long
        deliver.take_up_unchecked(at=timezone.now())
        waiting = OutgoingMail.objects.filter(sent_at=None, deliver=True, payload_sealed__isnull=False)
        if not waiting.exists() and not Delivery.objects.filter(status=Delivery.Status.RECEIVED).exists():
            return
        for mail in waiting[:500]:
            with contextlib.suppress(outbox.NotSent):
                outbox.send_stored(mail.pk, at=timezone.now())
        time.sleep(1)


def broken(portal: Portal, promises: Promises) -> dict[str, int]:
    """Every promise against the database."""
    from django.db import connection
    from django.utils import timezone

    from accounts import audit_chain
    from messaging.models import OutgoingMail, Thread
    from submissions.models import Comment, Delivery

    connection.close()
    lost = Counter[str]()
    for unit, marks in promises.uploads.items():
        stored = Counter(Delivery.objects.filter(submission__unit__code=unit).values_list("sha256", flat=True))
        tried = Counter(promises.tried[unit])
        lost["uploads_lost"] += sum((Counter(marks) - stored).values())
        lost["uploads_doubled"] += sum((stored - tried).values())
    for unit, key in set(promises.explained):
        lost["explanations_lost"] += not Comment.objects.filter(submission__unit__code=unit, group=key).exists()
    written = Counter(thread.subject for thread in Thread.objects.all())
    lost["messages_lost"] += sum((Counter(promises.messages) - written).values())
    lost["messages_doubled"] += sum((written - promises.tried_messages).values())
    lost["files_unchecked"] += Delivery.objects.filter(status=Delivery.Status.RECEIVED).count()
    lost["mails_unsent"] += OutgoingMail.objects.filter(sent_at=None, deliver=True, payload_sealed__isnull=False).count()
    audit_chain.seal(timezone.now())
    lost["trail_broken"] += len(list(audit_chain.verify(timezone.now())))
    lost["odd_answers"] += len(promises.odd)
    for line in promises.odd[:5]:
        print(line, file=sys.stderr)
    twice = sum(count - 1 for count in portal.mail.mails.values())
    lost["nothing_tried"] += not promises.uploads
    return {
        "promised": sum(map(len, promises.uploads.values())) + len(promises.explained) + len(promises.messages),
        "mails_twice": twice,
        **{f"broken_{name}": count for name, count in lost.items()},
    }


def kills(asked: argparse.Namespace) -> dict[str, int]:
    """kill -9, of the web and of the workers, every second or so."""
    with Portal(workers=2) as portal:
        chance = random.Random(asked.seed)  # noqa: S311

        def breaking(over: threading.Event) -> dict[str, int]:
            counts = Counter[str]()
            while not over.wait(chance.uniform(5, 15)):
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
