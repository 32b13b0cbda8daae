"""From the last byte of an upload to the rendered review page: how long the person waits.

    python bench/upload_speed.py [--rows 75000] [--times 5]

Makes its own delivery, its own database (dropped afterwards) and posts through the whole stack of middleware, views,
services and templates in this process, without a network. Prints name=value lines, medians in seconds; last `total_s`,
the POST and the review page it leads to. Needs DATABASE_URL (a server where a database may be made).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("TEST_DB_NAME", "test_upload_speed")
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import get_runner, setup_test_environment, teardown_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

UNIT, SEED = "0488", 7
PAGE = f"/inlamning/{UNIT}/2026/"


def timed(job: Callable[[], object]) -> tuple[float, object]:
    """Seconds and the answer."""
    start = time.perf_counter()
    answer = job()
    return time.perf_counter() - start, answer


def measure(rows: int, times: int) -> None:
    """Upload, look, correct, look at a group, and print."""
    from submissions import synthetic
    from submissions.models import Collection, Delivery
    from submissions.services import storage
    from submissions.services.collections import open_collection
    from tests.cast import make_cast, sign_in

    cast = make_cast()
    open_collection(year=2026, by=None, at=timezone.now())
    Collection.objects.update(opens_on="2000-01-01")
    content = synthetic.delivery(UNIT, rows, SEED, defects=0.02)
    client = sign_in(Client(SERVER_NAME="testserver"), cast.bo)
    secure = {"secure": True}
    spent: dict[str, list[float]] = {name: [] for name in ("post_s", "review_s", "review_cold_s", "correct_s", "total_s")}
    for number in range(times):
        file = SimpleUploadedFile(f"fil{number}.txt", content)
        post, answer = timed(lambda file=file: client.post(f"{PAGE}lamna/", {"file": file}, **secure))
        if answer.status_code != 302 or not answer["Location"].endswith("/granska/"):
            raise SystemExit(f"Filen togs inte emot: {answer.status_code}")
        review, page = timed(lambda: client.get(f"{PAGE}granska/", **secure))
        if page.status_code != 200:
            raise SystemExit(f"Granskningen svarade {page.status_code}")
        spent["post_s"].append(post)
        spent["review_s"].append(review)
        spent["total_s"].append(post + review)
        storage.cache.clear()
        spent["review_cold_s"].append(timed(lambda: client.get(f"{PAGE}granska/", **secure))[0])
        current = Delivery.objects.get(is_current=True)
        form = {"version": current.version, "revision": current.revision, "value": f"rättad {number}"}
        spent["correct_s"].append(timed(lambda form=form: client.post(f"{PAGE}rad/7/falt/6/ratta/", form, **secure))[0])
    current = Delivery.objects.get(is_current=True)
    sys.stdout.write(f"rows={rows}\nbytes={len(content)}\nfindings={current.fel + current.varning + current.info}\n")
    for name, values in spent.items():
        sys.stdout.write(f"{name}={statistics.median(values):.3f}\n")


def main() -> None:
    """Make the database, measure, drop it."""
    parser = argparse.ArgumentParser(description="Tiden från uppladdad fil till granskningssidan.")
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    from django.conf import settings

    runner = get_runner(settings)(verbosity=0, interactive=False)
    setup_test_environment()
    databases = runner.setup_databases()
    try:
        measure(options.rows, options.times)
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


if __name__ == "__main__":
    main()
