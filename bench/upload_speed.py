"""From the last byte of an upload to the rendered review page: how long the person waits.

    python bench/upload_speed.py [--rows 75000] [--times 5]

Makes its own delivery, its own database (dropped afterwards) and posts through the whole stack of middleware, views,
services and templates in this process, without a network. Prints name=value lines, medians in seconds: `total_s` is the
POST and the review page it leads to, `first_check_s` the whole check as a service, `after_correction_s` the service that
corrects one value and stores the new answer. `after_correction_ratio` is the second beside the first (goal 0.1;
`after_salary_ratio`, for a value that checks of the whole file read, at most 1); last `ratio`, total_s beside floor_s. Needs DATABASE_URL (a server where a database may be made).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("TEST_DB_NAME", "test_upload_speed")
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402

django.setup()

import polars as pl  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import get_runner, setup_test_environment, teardown_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

UNIT, SEED = "0488", 7
PAGE = f"/inlamning/{UNIT}/2026/"
OF_SERVICES = ("first_check_s", "after_correction_s", "after_salary_s")


def timed(job: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and the answer."""
    start = time.perf_counter()
    answer = job()
    return time.perf_counter() - start, answer


def floor(submission: Any, content: bytes, by: Any) -> tuple[float, float]:
    """Seconds to keep the bytes sealed in a row of their own, and to fetch, open and read them; nothing is left behind."""
    from config.lib import sealed
    from submissions.models import Delivery
    from submissions.services import storage

    def store() -> Delivery:
        sha256 = hashlib.sha256(content).hexdigest()
        row = Delivery(
            submission=submission, version=1_000_000, uploaded_at=timezone.now(), uploaded_by=by, size=len(content), sha256=sha256
        )
        row.name_sealed = sealed.seal_text(row, "name_sealed", "fil.txt")
        row.content_sealed = sealed.seal(row, "content_sealed", storage.pack_content(content))
        row.save(force_insert=True)
        return row

    def read() -> pl.DataFrame:
        kept = storage.content_of(Delivery.objects.get(version=1_000_000))
        return pl.read_csv(
            kept, has_header=False, separator=";", infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True
        )

    storing, row = timed(store)
    reading, _ = timed(read)
    row.delete()
    return storing, reading


def measure(rows: int, times: int) -> None:
    """Upload, look, correct, look at a group, and print."""
    from submissions import synthetic
    from submissions.models import Collection, Delivery, Submission
    from submissions.services import storage
    from submissions.services.collections import open_collection
    from tests.cast import make_cast, sign_in

    cast = make_cast()
    open_collection(year=2026, by=None, at=timezone.now())
    Collection.objects.update(opens_on="2000-01-01", delivers_on="2000-01-01")
    content = synthetic.delivery(UNIT, rows, SEED, defects=0.02)
    client = sign_in(Client(SERVER_NAME="testserver"), cast.bo)
    secure = {"secure": True}
    names = ("post_s", "review_s", "review_cold_s", "correct_s", "store_s", "read_s", "floor_s", "total_s", *OF_SERVICES)
    spent: dict[str, list[float]] = {name: [] for name in names}
    submission = Submission.objects.get(unit__code=UNIT)
    for number in range(times):
        store, read = floor(submission, content, cast.bo)
        spent["store_s"].append(store)
        spent["read_s"].append(read)
        spent["floor_s"].append(store + read)
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
        for name, took in zip(OF_SERVICES, service_times(number, by=cast.bo), strict=True):
            spent[name].append(took)
    current = Delivery.objects.get(is_current=True)
    sys.stdout.write(f"rows={rows}\nbytes={len(content)}\nfindings={current.fel + current.varning + current.info}\n")
    for name, values in spent.items():
        sys.stdout.write(f"{name}={statistics.median(values):.3f}\n")
    middle = {name: statistics.median(values) for name, values in spent.items()}
    sys.stdout.write(f"after_salary_ratio={middle['after_salary_s'] / middle['first_check_s']:.3f}\n")
    sys.stdout.write(f"after_correction_ratio={middle['after_correction_s'] / middle['first_check_s']:.3f}\n")
    sys.stdout.write(f"ratio={middle['total_s'] / middle['floor_s']:.2f}\n")


def service_times(number: int, *, by: Any) -> tuple[float, float, float]:
    """`OF_SERVICES`: the whole check of the current file, and a correction of a text and of a salary."""
    from submissions.models import Delivery
    from submissions.services.correct import correct
    from submissions.services.deliver import check_delivery

    def corrected(field: int, value: str) -> float:
        current = Delivery.objects.get(is_current=True)
        known, at = {"delivery": current, "expected_revision": current.revision, "by": by}, timezone.now()
        return timed(lambda: correct(row=9, field=field, value=value, at=at, **known))[0]

    current = Delivery.objects.get(is_current=True)
    first = timed(lambda: check_delivery(delivery=current, at=timezone.now()))[0]
    return first, corrected(6, f"rättad {number}"), corrected(22, str(31000 + number))


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
