"""Does the list of threads take longer when there are many? 100 and 100 000 threads, for the unit's people and for SKR.

    python bench/threads_speed.py [--few 100] [--many 100000] [--rounds 9]

The same person asks for the same page through the whole stack of middleware, in this process and without a network, first with
few threads and then with many. `unit` is somebody who answers for one kommun of 290, `skr` a handläggare who sees every thread,
each in the list of Meddelanden; `filter` is SKR's list of what waits for SKR, and `admin` the list in the administration. Of the many
threads three in a hundred are open, as in a portal some years old. Prints name=value: queries, median milliseconds, and last the ratios,
which are to be at most 3. Needs DATABASE_URL (a server where a database may be made; it is dropped afterwards).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("TEST_DB_NAME", "test_threads_speed")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import (  # noqa: E402
    get_runner,
    setup_test_environment,
    teardown_test_environment,
)
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from messaging.models import Thread  # noqa: E402
from profiles.models import Unit  # noqa: E402
from tests.cast import Cast, make_cast, make_unit, sign_in  # noqa: E402

BATCH, OPEN_OF_A_HUNDRED, UNITS = 5_000, 3, 290
HANG_ON = (  # a message in each thread that has none (no list opens it), and what is done is read by both
    """INSERT INTO messaging_message (thread_id, author_id, is_from_staff, body_sealed, created_at, nonce)
       SELECT t.id, t.created_by_id, t.last_message_from_staff, '\\x00', t.created_at, gen_random_uuid() FROM messaging_thread t
       WHERE NOT EXISTS (SELECT FROM messaging_message m WHERE m.thread_id = t.id)""",
    """INSERT INTO messaging_readmark (thread_id, user_id, read_at)
       SELECT t.id, u.created_by_id, t.last_message_at FROM messaging_thread t,
              (SELECT DISTINCT created_by_id FROM messaging_thread) u
       WHERE t.status = 'done' ON CONFLICT DO NOTHING""",
)
PAGES = {
    "unit": ("bo", "/meddelanden/"),
    "skr": ("officer", "/meddelanden/"),
    "filter": ("officer", "/meddelanden/?lage=waiting_skr"),
    "admin": ("officer", "/admin/messaging/thread/"),
}


def make_threads(count: int, units: list[Unit], unit_user: User, staff: User) -> None:
    """Threads of the units in turn, one a minute back in time, with a message each; what is done is read by who wrote there."""
    now, status = timezone.now(), Thread.Status
    for start in range(0, count, BATCH):
        threads = []
        for number in range(start, min(start + BATCH, count)):
            from_staff = number % 2 == 0
            is_open = number % 100 < OPEN_OF_A_HUNDRED
            waiting = status.WAITING_UNIT if from_staff else status.WAITING_SKR
            at = now - timedelta(minutes=number + 1)
            threads.append(
                Thread(
                    unit=units[number % len(units)],
                    year=2026 - number % 3,
                    category=Thread.Category.FILE,
                    subject=f"Fråga {number}",
                    status=waiting if is_open else status.DONE,
                    created_at=at,
                    created_by=staff if from_staff else unit_user,
                    last_message_at=at,
                    last_message_from_staff=from_staff,
                )
            )
        Thread.objects.bulk_create(threads)
    with connection.cursor() as cursor:
        for statement in HANG_ON:
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE messaging_thread, messaging_message, messaging_readmark")


def measure(client: Client, address: str, rounds: int) -> tuple[int, float]:
    """Queries, and the median in milliseconds once the page has been asked for."""
    times = []
    for _ in range(2):
        answer = client.get(address, secure=True)
        assert answer.status_code == 200, answer.status_code
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        client.get(address, secure=True)
    for _ in range(rounds):
        start = time.perf_counter()
        client.get(address, secure=True)
        times.append((time.perf_counter() - start) * 1000)
    return len(statements), statistics.median(times)


def measure_all(cast: Cast, name: str, rounds: int) -> dict[str, float]:
    """Every page; prints as it goes."""
    found = {}
    for page, (person, address) in PAGES.items():
        client = sign_in(Client(), getattr(cast, person))
        queries, found[page] = measure(client, address, rounds)
        print(f"{page}_{name}_queries={queries}\n{page}_{name}_ms={found[page]:.1f}", flush=True)
    return found


def main() -> None:
    """Make the database, measure, drop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    setup_test_environment()
    databases = runner.setup_databases()
    try:
        cast = make_cast()
        units = [cast.trosa, *(make_unit(f"{9000 + number}", f"Enhet {number}") for number in range(UNITS - 1))]
        make_threads(options.few, [cast.trosa], cast.bo, cast.officer)
        few = measure_all(cast, "few", options.rounds)
        make_threads(options.many - options.few, units, cast.bo, cast.officer)
        print(f"threads={Thread.objects.count()}", flush=True)
        many = measure_all(cast, "many", options.rounds)
        for page in PAGES:
            print(f"{page}_ratio={many[page] / few[page]:.2f}")
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


if __name__ == "__main__":
    main()
