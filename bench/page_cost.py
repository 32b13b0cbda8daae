"""What a page, an upload and a whole season cost: processor seconds, queries and bytes, with 1, 320 and 3 200 units.

    .venv/bin/python bench/page_cost.py [--units 1,320,3200] [--rows 500,5000,75000] [--rounds 9]

Makes a portal of its own for each number of units (bench/portal.py, production settings) with a year's submissions for all of
them, and asks for the pages in this process, through the whole stack of middleware and without a network, as a person of one unit
with --rows (the middle number) and as an officer of SKR. For each page, name=value: the least processor time of portal and database
together, queries and kilobytes; /healthz is the bare view, asked by nobody. Then what a sign-in, an upload with its review and a
correction cost, by rows, and from all of it the season: 320 units with 1.2 million rows, 700 people.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

import psutil  # noqa: E402
import pyotp  # noqa: E402

from bench import season  # noqa: E402
from bench.at_work import GROUP  # noqa: E402
from bench.browser import FORM, hidden_in  # noqa: E402
from bench.portal import HOST, Portal  # noqa: E402

REAL_UNITS = 300  # kommuner and regioner
SEASON_ROWS, SEASON_UNITS, SEASON_PEOPLE = 1_200_000, 320, 700
PAGES_A_PERSON, CORRECTIONS_A_UNIT, FILES_A_UNIT = 120, 40, 4  # assumed: nobody has counted them yet


def main() -> None:
    """A process for each number of units, then the tables."""
    asked = options()
    if asked.one:
        print(json.dumps(measure(asked.one, [int(rows) for rows in asked.rows.split(",")], asked.rounds)))
        return
    sizes = [int(units) for units in asked.units.split(",")]
    told = {}
    for units in sizes:
        command = [sys.executable, __file__, "--one", str(units), "--rounds", str(asked.rounds)]
        command += ["--rows", asked.rows if units == sizes[-1] else asked.rows.split(",")[len(asked.rows.split(",")) // 2]]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        told[units] = json.loads(ran.stdout.splitlines()[-1])
    for name in told[sizes[0]]["pages"]:
        for units in sizes:
            page = told[units]["pages"][name]
            print(
                f"{name}: units={units} cpu_ms={page['cpu_s'] * 1000:.1f} queries={page['queries']} kb={page['bytes'] / 1000:.1f}"
            )
    work = told[sizes[-1]]["work"]
    for name, cost in work.items():
        print(f"{name}: cpu_s={cost['cpu_s']:.3f} stored_kb={cost.get('stored', 0) / 1000:.0f}")
    print(whole_season(told[sizes[-1]]["pages"], work))


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", default="1,320,3200")
    parser.add_argument("--rows", default="500,5000,75000")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(units: int, rows: list[int], rounds: int) -> dict[str, Any]:
    """The pages with so many units, and the work for each number of rows."""
    with Portal() as portal:
        comers = season.make(portal.folder, units=min(units, REAL_UNITS), people=1, scale=0.05)
        make_up(units - REAL_UNITS)
        visitor = Visitor(portal, comers[0])
        work = {"sign_in": {"cpu_s": visitor.sign_in()}}
        for count in sorted(rows, key=lambda count: count == rows[len(rows) // 2]):  # the middle one last: the pages show it
            work |= visitor.work(count)
        return {"pages": visitor.pages(rounds), "work": work}


def make_up(count: int) -> None:
    """So many more units that hand in, of no real country."""
    from profiles.models import Unit
    from submissions.models import Collection, Submission

    names = [f"Påhittad enhet {number}" for number in range(count)]
    units = [Unit(code=f"X{number}", name=name, sort_key=name.lower(), kind="bolag") for number, name in enumerate(names)]
    collection = Collection.objects.get(year=season.YEAR)
    Submission.objects.bulk_create(Submission(unit=unit, collection=collection) for unit in Unit.objects.bulk_create(units))


class Visitor:
    """A browser in this process, and the processor time that its requests take here and in the database."""

    def __init__(self, portal: Portal, comer: season.Comer) -> None:
        from django.db import connection
        from django.test import Client

        self.comer, self.room = comer, f"/inlamning/{comer.unit}/{comer.year}/"
        self.client = Client(headers={"host": HOST, "origin": f"https://{HOST}", "referer": f"https://{HOST}/"})
        self.staff = Client(headers={"host": HOST, "origin": f"https://{HOST}", "referer": f"https://{HOST}/"})
        self.nobody = Client(headers={"host": HOST})  # asks for the bare view
        connection.ensure_connection()
        self.here = psutil.Process()
        self.database = psutil.Process(connection.connection.info.backend_pid)

    def spent(self) -> float:
        """Processor seconds so far, here and in the database's process for us."""
        return sum(sum(process.cpu_times()[:2]) for process in (self.here, self.database))

    def sign_in(self) -> float:
        """As the person, and as an officer; the processor seconds of one."""
        from django.utils import timezone

        from accounts import services, totp
        from accounts.models import User
        from accounts.notice import NOTICE_VERSION
        from accounts.roles import StaffRole

        now = timezone.now()
        user, _ = services.invite_user(email="bo@skr.example", by=None, at=now, staff_role=StaffRole.OFFICER)
        secret = totp.new_secret()
        services.complete_enrolment(user=user, secret=secret, password=season.PASSWORD, at=now)
        services.accept_notice(user=User.objects.get(pk=user.pk), at=now, version=NOTICE_VERSION)
        before = self.spent()
        _both_factors(self.client, self.comer.email, self.comer.secret)
        _both_factors(self.staff, "bo@skr.example", base64.b32encode(secret).decode())
        return (self.spent() - before) / 2

    def get(self, path: str) -> Any:
        """A page, as who may see it."""
        client = self.staff if path.startswith("/admin/") else self.nobody if path == "/healthz" else self.client
        return client.get(path, secure=True)

    def text(self, path: str) -> str:
        """A page that must be one."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return str(answer.content.decode())

    def post(self, path: str, values: dict[str, Any]) -> Any:
        """A form that must be taken."""
        answer = self.client.post(path, values, secure=True)
        assert answer.status_code == 302, f"{path}: {answer.status_code}"
        return answer

    def work(self, rows: int) -> dict[str, dict[str, float]]:
        """An upload with so many rows until the review is seen, and a correction of it."""
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.db import connection

        from submissions import synthetic

        content = synthetic.delivery(self.comer.unit, rows, 3, 0.008)
        before, size = self.spent(), database_bytes(connection)
        self.post(f"{self.room}lamna/", {"kind": "riktig", "file": SimpleUploadedFile("november.txt", content)})
        page = self.text(f"{self.room}granska/")
        told = {f"upload_{rows}": {"cpu_s": self.spent() - before, "stored": database_bytes(connection) - size}}
        for address in dict.fromkeys(GROUP.findall(page)):
            forms = [form for form in FORM.findall(self.text(address)) if form[0].endswith("/ratta/")]
            if forms:
                before = self.spent()
                self.post(forms[0][0], {**hidden_in(forms[0][1]), "value": "1"})
                told[f"correction_{rows}"] = {"cpu_s": self.spent() - before}
                break
        return told

    def pages(self, rounds: int) -> dict[str, dict[str, float]]:
        """The cost of each page."""
        review = self.text(f"{self.room}granska/")
        group = next(address for address in dict.fromkeys(GROUP.findall(review)) if "/rad/" in self.text(address))
        places = {
            "healthz": "/healthz",
            "start": "/",
            "submission": self.room,
            "upload_form": f"{self.room}lamna/",
            "review": f"{self.room}granska/",
            "findings": group,
            "row": f"{self.room}rad/3/",
            "rows": f"{self.room}rader/",
            "tables": f"{self.room}tabeller/",
            "hand_in_form": f"{self.room}klarmarkera/",
            "messages": "/meddelanden/",
            "message_form": "/meddelanden/nytt/",
            "deferrals": "/uppskov/",
            "profile": "/profil/",
            "handbook": "/handbok/",
            "desk": "/admin/",
            "desk_submissions": "/admin/submissions/submission/",
        }
        return {name: self.cost(path, rounds) for name, path in places.items()}

    def cost(self, path: str, rounds: int) -> dict[str, float]:
        """The least processor time of some rounds of ten, the queries and the bytes."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            answer = self.get(path)
            count = len(queries)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        length = len(answer.content)
        best = min(self._ten(lambda: self.get(path)) for _ in range(rounds))
        return {"cpu_s": best, "queries": count, "bytes": length}

    def _ten(self, ask: Callable[[], Any]) -> float:
        before, clock = self.database_spent(), time.process_time()
        for _ in range(10):
            ask()
        return (time.process_time() - clock + self.database_spent() - before) / 10

    def database_spent(self) -> float:
        """In hundredths, as the system counts them."""
        return sum(self.database.cpu_times()[:2])


def database_bytes(connection: Any) -> int:
    """The size of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _both_factors(client: Any, email: str, secret: str) -> None:
    client.get("/", secure=True)
    client.post("/", {"email": email, "password": season.PASSWORD}, secure=True)
    answer = client.post("/konto/logga-in/", {"token": pyotp.TOTP(secret).at(int(time.time()))}, secure=True)
    assert answer.status_code == 302, f"{email} kom inte in: {answer.status_code}"


def whole_season(pages: dict[str, dict[str, float]], work: dict[str, dict[str, float]]) -> str:
    """Processor seconds and megabytes of 320 units with 1.2 million rows."""
    uploads = {int(name.split("_")[1]): cost for name, cost in work.items() if name.startswith("upload_")}
    least, most = min(uploads), max(uploads)
    row_s = (uploads[most]["cpu_s"] - uploads[least]["cpu_s"]) / (most - least) if most > least else 0.0
    row_b = (uploads[most]["stored"] - uploads[least]["stored"]) / (most - least) if most > least else 0.0
    each_s, each_b = uploads[least]["cpu_s"] - row_s * least, max(0.0, uploads[least]["stored"] - row_b * least)
    corrections = [cost["cpu_s"] for name, cost in work.items() if name.startswith("correction_")]
    seen = [cost["cpu_s"] for name, cost in pages.items() if name not in {"healthz", "desk", "desk_submissions"}]
    files = FILES_A_UNIT * (SEASON_UNITS * each_s + SEASON_ROWS * row_s)
    corrected = SEASON_UNITS * CORRECTIONS_A_UNIT * sum(corrections) / max(1, len(corrections))
    looked = SEASON_PEOPLE * PAGES_A_PERSON * sum(seen) / len(seen)
    stored = FILES_A_UNIT * (SEASON_UNITS * each_b + SEASON_ROWS * row_b) / 1e6
    return (
        f"season: upload_s={each_s:.3f} row_us={row_s * 1e6:.1f} row_bytes={row_b:.0f} files_s={files:.0f} "
        f"corrections_s={corrected:.0f} pages_s={looked:.0f} cpu_s={files + corrected + looked:.0f} stored_mb={stored:.0f}"
    )


if __name__ == "__main__":
    main()
