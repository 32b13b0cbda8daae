"""Do SKR's lists take longer when three years are in the portal? 30 units against 330, with 4 million findings counted.

    python bench/desk_speed.py [--few 30] [--many 330] [--rounds 9]

Asks for Läget, Att ringa, Regelhälsa and every list of the administration through the whole stack of middleware, in this process
and without a network, first with few units and then with many. Each unit has three people and three years: five files a year
with 27 checks counted in each, thirty lines of history, ten explanations, matters, a request for uppskov, mails and events.
Nobody in every other unit has signed in, so half of them are to be rung. There are no rows in the files: no list opens one.
Prints name=value: queries, median and best milliseconds, the best processor time of the portal's process and of its database
connection together (Linux, with the database on the same machine), and last the ratios of both bests. With as many queries they
are to be at most 3; on a machine that does other things only the processor time tells. Needs DATABASE_URL (a server where a
database may be made; it is dropped afterwards).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("TEST_DB_NAME", "test_desk_speed")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Sum  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import (  # noqa: E402
    get_runner,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone  # noqa: E402

from accounts.admin_site import portal_admin  # noqa: E402
from accounts.models import User  # noqa: E402
from accounts.roles import PERMISSIONS, StaffRole  # noqa: E402
from deferrals.models import Deferral  # noqa: E402
from messaging.models import Thread  # noqa: E402
from profiles.counties import COUNTIES  # noqa: E402
from profiles.models import ContactPerson, Membership, PayrollSystem, Unit  # noqa: E402
from submissions.models import CheckCount, Collection, Delivery, Receipt, Submission  # noqa: E402
from submissions.services import collections  # noqa: E402
from tests.cast import Cast, make_cast, sign_in  # noqa: E402

YEARS = (2024, 2025, 2026)
FILES, CHECKS, FINDINGS_A_CHECK = 5, 27, 35  # a submission; 330 * 3 * 5 * 27 * about 35: 4.5 million
PEOPLE = {StaffRole.OFFICER: "officer", StaffRole.COORDINATOR: "coordinator", StaffRole.SYSTEM: "system"}
EXTRA = {
    "laget": ("officer", "/admin/"),
    "att_ringa": ("officer", "/admin/submissions/submission/att-ringa/"),
    "regelhalsa": ("officer", "/admin/submissions/checksetting/halsa/"),
    "inlamningar_alla_ar": ("officer", "/admin/submissions/submission/?insamling=alla"),
    "inlamningar_forsenade": ("officer", "/admin/submissions/submission/?forsenad=ja"),
    "inlamningar_storlek": ("officer", "/admin/submissions/submission/?storlek=500-1999"),
    "inlamningar_lonesystem": ("officer", "/admin/submissions/submission/?lonesystem=hrm"),
    "inlamningar_sorterade": ("officer", "/admin/submissions/submission/?o=-7"),
}
HANG_ON = (  # what hangs on the new submissions and units; each statement fills where nothing is yet
    """INSERT INTO submissions_checkcount (delivery_id, check_code, level, first_rows, first_groups, rows, groups)
       SELECT d.id, s.code, s.level, (d.id * 7 + s.id) %% %(most)s, (d.id + s.id) %% 9, (d.id * 3 + s.id) %% %(most)s, (d.id + s.id) %% 5
       FROM submissions_delivery d JOIN submissions_submission o ON o.id = d.submission_id JOIN submissions_collection c
         ON c.id = o.collection_id
       CROSS JOIN LATERAL (SELECT id, code, level FROM submissions_checksetting WHERE collection_id = c.id ORDER BY code LIMIT %(checks)s) s
       WHERE NOT EXISTS (SELECT FROM submissions_checkcount n WHERE n.delivery_id = d.id)""",
    """INSERT INTO submissions_submissionevent (submission_id, at, by_id, from_status, to_status, text)
       SELECT o.id, make_date(c.year::int, 11, (2 + (o.id + n) %% 28)::int) + interval '9 hours', NULL,
              CASE n WHEN 1 THEN 'not_started' WHEN 2 THEN 'under_review' WHEN 3 THEN 'skr_review' ELSE '' END,
              CASE n WHEN 1 THEN 'received' WHEN 2 THEN 'handed_in' WHEN 3 THEN 'approved' ELSE '' END, 'Filen är kontrollerad.'
       FROM submissions_submission o JOIN submissions_collection c ON c.id = o.collection_id, generate_series(1, 30) n
       WHERE NOT EXISTS (SELECT FROM submissions_submissionevent e WHERE e.submission_id = o.id)""",
    """INSERT INTO submissions_comment (submission_id, check_code, "group", rows, version, text_sealed, by_id, at, is_repeated)
       SELECT o.id, s.code, left(md5(s.code || n), 16), 3, 1, '\\x00', %(by)s, now(), n %% 2 = 0
       FROM submissions_submission o JOIN submissions_checksetting s ON s.collection_id = o.collection_id AND s.level = 'varning',
            generate_series(1, 1) n
       WHERE s.code < 'LOG' AND NOT EXISTS (SELECT FROM submissions_comment e WHERE e.submission_id = o.id)""",
    """INSERT INTO accounts_auditevent (at, code, actor_id, actor, unit, object, result, purpose, request_id)
       SELECT now() - n * interval '1 hour' - u.id * interval '1 second', 'data:changed', %(by)s, 'Bo Ask', u.code, 'fil', '', '', ''
       FROM profiles_unit u, generate_series(1, 300) n WHERE NOT EXISTS (SELECT FROM accounts_auditevent e WHERE e.unit = u.code)""",
    """INSERT INTO messaging_outgoingmail (template, recipient, deliver, created_at, sent_at, attempts, last_error)
       SELECT 'messaging/new_message', 'p' || u.id || '@exempel.example', true, now() - n * interval '1 hour', now(), 1, ''
       FROM profiles_unit u, generate_series(1, 60) n
       WHERE NOT EXISTS (SELECT FROM messaging_outgoingmail m WHERE m.recipient = 'p' || u.id || '@exempel.example')""",
)


def make_units(count: int, cast: Cast) -> None:
    """Units up to that number, each with its people, years and all that hangs on them."""
    start = Unit.objects.count()
    counties, kinds, now = list(COUNTIES), list(Unit.Kind.values), timezone.now()
    numbers = range(start, count)
    units = [
        Unit(code=f"{counties[n % len(counties)]}{n:04}", name=f"Enhet {n}", sort_key=f"enhet {n}", kind=kinds[n % 4])
        for n in numbers
    ]
    units = Unit.objects.bulk_create(units)
    users = User.objects.bulk_create(
        User(email=f"p{u.code}.{k}@exempel.example", name=f"Person {u.code} {k}", password="!", last_login=None if n % 2 else now)
        for n, u in enumerate(units)
        for k in "abc"
    )
    roles = list(Membership.Role.values)
    Membership.objects.bulk_create(
        Membership(user=user, unit=units[n // 3], role=roles[n % 3], created_at=now) for n, user in enumerate(users)
    )
    ContactPerson.objects.bulk_create(ContactPerson(unit=u, name="Kim Ek", phone="08-1", at=now, by=cast.bo) for u in units)
    systems = ("hrm", "heroma", "personec-p")
    PayrollSystem.objects.bulk_create(
        PayrollSystem(unit=u, year=year, code=systems[n % 3], name=systems[n % 3], at=now, by=cast.bo)
        for n, u in enumerate(units)
        for year in YEARS
    )
    for year in YEARS:
        make_year(year, units, cast, now)
    parameters = {"most": 2 * FINDINGS_A_CHECK, "checks": CHECKS, "by": cast.bo.pk}
    with connection.cursor() as cursor:
        for statement in HANG_ON:
            cursor.execute(statement, parameters)
        cursor.execute("VACUUM ANALYZE")


def make_year(year: int, units: list[Unit], cast: Cast, now: datetime) -> None:
    """One year of the units: five files each, receipts, matters and a request for uppskov of every third."""
    collection = Collection.objects.get(year=year)
    states = list(Submission.Status.values) if year == YEARS[-1] else ["locked"]
    made = Submission.objects.bulk_create(
        Submission(unit=u, collection=collection, status=states[n % len(states)], status_changed_at=now)
        for n, u in enumerate(units)
    )
    files = Delivery.objects.bulk_create(
        Delivery(
            submission=one,
            version=version,
            status="checked",
            is_current=version == FILES,
            uploaded_at=now - timedelta(days=version),
            checked_at=now,
            uploaded_by=cast.bo,
            name_sealed=b"x",
            content_sealed=b"x",
            size=1,
            sha256="0" * 64,
            rows=(one.unit_id * 37) % 20_000,
            fel=version % 3,
        )
        for one in made
        if one.status != "not_started"
        for version in range(1, FILES + 1)
    )
    in_force = {"handed_in", "skr_review", "approved", "locked"}
    Receipt.objects.bulk_create(
        Receipt(
            submission=file.submission, delivery=file, issued_at=now, issued_by=cast.bo, sha256="0" * 64,
            data_sha256="0" * 64, rows=1, corrections=0, comments=0,
        )
        for file in files
        if file.is_current and file.submission.status in in_force
    )  # fmt: skip
    Thread.objects.bulk_create(
        Thread(
            unit=u, year=year, category="file", subject=f"Fråga {n}", status="waiting_skr" if n % 20 == 0 else "done",
            created_at=now, created_by=cast.bo, last_message_at=now - timedelta(days=n % 9), last_message_from_staff=False,
        )
        for u in units
        for n in range(10)
    )  # fmt: skip
    Deferral.objects.bulk_create(
        Deferral(
            submission=one, requested_at=now, requested_by=cast.bo, requested_date=date(year, 12, 8), reason="other",
            status="granted", granted_date=date(year, 12, 8), decided_at=now,
        )
        for one in made[::3]
    )  # fmt: skip


def pages() -> dict[str, tuple[str, str]]:
    """Every list with somebody who may see it, and the other pages."""
    lists = {}
    for model, its in portal_admin._registry.items():
        right = f"{model._meta.app_label}.view_{model._meta.model_name}"
        person = next((who for role, who in PEOPLE.items() if right in PERMISSIONS[role]), None)
        if person is not None:
            lists[str(model._meta.model_name)] = (person, its.list_url())  # type: ignore[attr-defined]
    return {**EXTRA, **lists}


@dataclass(frozen=True)
class Measured:
    """One page: queries, and milliseconds."""

    queries: int
    median: float
    best: float
    cpu: float  # the best, of this process and of its database connection's


def processor_ms(backend: Path) -> float:
    """What this process and the connection's process in the database have used of the processor."""
    database = int(backend.read_text().split()[0]) / 1e6 if backend.exists() else 0.0
    return time.process_time() * 1000 + database


def measure(client: Client, address: str, rounds: int) -> Measured:
    """The page, once it has been asked for."""
    for _ in range(2):
        answer = client.get(address, secure=True)
        assert answer.status_code == 200, (address, answer.status_code)
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        client.get(address, secure=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path("/proc", str(cursor.fetchone()[0]), "schedstat")
    times, busy = [], []
    for _ in range(rounds):
        start, work = time.perf_counter(), processor_ms(backend)
        client.get(address, secure=True)
        times.append((time.perf_counter() - start) * 1000)
        busy.append(processor_ms(backend) - work)
    return Measured(len(statements), statistics.median(times), min(times), min(busy))


def measure_all(cast: Cast, name: str, rounds: int) -> dict[str, Measured]:
    """Every page; prints as it goes."""
    found = {}
    for page, (person, address) in pages().items():
        one = found[page] = measure(sign_in(Client(), getattr(cast, person)), address, rounds)
        shown = {"queries": one.queries, "ms": f"{one.median:.1f}", "best_ms": f"{one.best:.1f}", "cpu_ms": f"{one.cpu:.1f}"}
        print("\n".join(f"{page}_{name}_{what}={value}" for what, value in shown.items()), flush=True)
    return found


def main() -> None:
    """Make the database, measure, drop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=30)
    parser.add_argument("--many", type=int, default=330)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    setup_test_environment()
    databases = runner.setup_databases()
    try:
        cast = make_cast()
        for year in YEARS:
            collections.open_collection(year=year, by=None, at=timezone.now())
        make_units(options.few, cast)
        few = measure_all(cast, "few", options.rounds)
        make_units(options.many, cast)
        found = CheckCount.objects.aggregate(first=Sum("first_rows"), now=Sum("rows"))
        print(f"submissions={Submission.objects.count()}\nfindings_counted={found['first']}", flush=True)
        many = measure_all(cast, "many", options.rounds)
        for page, one in many.items():
            before = few[page]
            print(f"{page}_ratio={one.best / before.best:.2f}\n{page}_cpu_ratio={one.cpu / before.cpu:.2f}")
            if one.queries != before.queries:
                print(f"{page}_more_queries={one.queries - before.queries}")
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


if __name__ == "__main__":
    main()
