"""/metrics: what an operator watches, in Prometheus' text format, for who has the token.

Most figures are counted from the database when they are asked for, so that every web process gives the same. Requests, their
times and password hashes are counted by the processes themselves (`config.lib.tally`) and hold for this gunicorn. No figure
tells of a person or a unit. A database that is away is a figure too (`portal_database_up 0`), not an error.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import accumulate

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from accounts import audit_chain
from accounts.access import open_view
from accounts.hashers import AT_ONCE
from accounts.models import AuditLink
from config import health
from config.lib import tally
from config.middleware import client_address
from messaging.models import OutgoingMail
from submissions.models import Delivery

TRIES_PER_MINUTE = 30  # of one address; a watcher asks every 15 seconds
ADDRESSES = 1_000

Measure = Callable[[datetime], Iterable[Metric]]


class Tries:
    """So many per address and minute in this process; counted before anything is compared."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._minute, self._used = 0, dict[str, int]()

    def take(self, address: str) -> bool:
        """True while the address has some left. More addresses than we remember share what is left for one."""
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._used = minute, {}
            known = address if address in self._used or len(self._used) < ADDRESSES else ""
            self._used[known] = self._used.get(known, 0) + 1
            return self._used[known] <= self.per_minute


tries = Tries(TRIES_PER_MINUTE)


@open_view
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for `Authorization: Bearer METRICS_TOKEN`; to anybody else there is nothing here (404)."""
    if not settings.METRICS_TOKEN or not tries.take(client_address(request)):
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Figures(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Figures(Collector):
    """Every figure at one moment."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the registry is made for one answer."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Of this gunicorn first, which need no database."""
        yield from of_the_processes()
        yield from of_the_disk()
        found: list[Metric] = []
        try:
            with health.time_limit():
                for measure in MEASURES:
                    found += measure(self.at)
        except DatabaseError:
            yield gauge("database_up", "1 where the database answers in time", 0)
            return
        yield gauge("database_up", "1 where the database answers in time", 1)
        yield from found


def gauge(name: str, what: str, value: float) -> Metric:
    """One figure."""
    return GaugeMetricFamily(f"portal_{name}", what, value=value)


def by_label(name: str, what: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """One figure for each value of a label."""
    family = GaugeMetricFamily(f"portal_{name}", what, labels=[label])
    for value, number in values:
        family.add_metric([value], number)
    return family


def age(at: datetime, since: datetime | None) -> float:
    """Seconds since then; 0 where there is nothing that waits."""
    return max((at - since).total_seconds(), 0) if since else 0


def stamp(moment: datetime | None) -> float:
    """Seconds since 1970; 0 for never."""
    return moment.timestamp() if moment else 0


# Of the processes ----------------------------------------------------------------------------------------------------


def of_the_processes() -> Iterator[Metric]:
    """Requests by area and status, their times by area, hashes at work; all processes of this gunicorn together."""
    requests = CounterMetricFamily("portal_requests", "Requests that have been answered", labels=["area", "status"])
    for (area, status), number in tally.board.requests().items():
        if number:
            requests.add_metric([area, status], number)
    yield requests
    times = HistogramMetricFamily("portal_request_seconds", "Seconds from a request's head to its answer's end", labels=["area"])
    bounds = [*(str(bound) for bound in tally.BOUNDS), "+Inf"]
    for area, (counts, seconds) in tally.board.times().items():
        if any(counts):
            times.add_metric([area], list(zip(bounds, accumulate(counts), strict=True)), seconds)
    yield times
    yield gauge("password_hashes", "Password hashes at work or waiting for their turn", tally.board.hashes())
    yield gauge("password_hashes_at_once", "Most that one process works at", AT_ONCE)
    refused = CounterMetricFamily("portal_password_refused", "Passwords not compared because too many were at once")
    refused.add_metric([], tally.board.refused_hashes())
    yield refused


def of_the_disk() -> Iterator[Metric]:
    """Of the web server's own disk; the database's is the database server's to watch."""
    disk = shutil.disk_usage(settings.BASE_DIR)
    yield gauge("disk_bytes", "Size of the disk that the web server's programs lie on", disk.total)
    yield gauge("disk_free_bytes", "What is free on it", disk.free)


# From the database ---------------------------------------------------------------------------------------------------


def of_the_version(at: datetime) -> Iterator[Metric]:
    """First: without its tables nothing else can be asked."""
    missing = len(health.missing_migrations())
    yield gauge("migrations_missing", "Migrations of this version that the database has not had", missing)


def of_the_jobs(at: datetime) -> Iterator[Metric]:
    """What waits, works and has failed, by task; and whether anybody works."""
    due = ProcrastinateJob.objects.filter(Q(scheduled_at=None) | Q(scheduled_at__lte=at), status="todo").values_list("task_name")
    waiting = due.annotate(
        number=Count("pk", distinct=True),
        asked=Min("procrastinateevent__at", filter=Q(scheduled_at=None)),
        scheduled=Min("scheduled_at"),
    ).order_by("task_name")
    rows = [(name, number, min(filter(None, since), default=None)) for name, number, *since in waiting]
    yield by_label("jobs_waiting", "Jobs that are due and wait", "task", ((name, number) for name, number, _ in rows))
    yield by_label(
        "jobs_oldest_seconds",
        "How long the oldest of them has waited",
        "task",
        ((name, age(at, since)) for name, _, since in rows),
    )
    for status, what in (("doing", "Jobs at work"), ("failed", "Jobs that have failed, until somebody takes them away")):
        found = ProcrastinateJob.objects.filter(status=status).values_list("task_name").annotate(n=Count("pk"))
        yield by_label(f"jobs_{status}", what, "task", found.order_by("task_name"))
    workers = ProcrastinateWorker.objects.aggregate(
        latest=Max("last_heartbeat"), alive=Count("pk", filter=Q(last_heartbeat__gte=at - health.WORKER_SILENT))
    )
    yield gauge("workers", "Workers that have stamped their row within a minute", workers["alive"])
    yield gauge("worker_heartbeat_timestamp_seconds", "When a worker last did; 0 for never", stamp(workers["latest"]))


def of_the_mails(at: datetime) -> Iterator[Metric]:
    """Those that are to be sent and are not yet."""
    found = OutgoingMail.objects.filter(deliver=True, sent_at=None).aggregate(
        waiting=Count("pk"), oldest=Min("created_at"), tried=Count("pk", filter=Q(attempts__gt=0))
    )
    yield gauge("mails_waiting", "Mails that are to be sent", found["waiting"])
    yield gauge("mails_oldest_seconds", "How long the oldest of them has waited", age(at, found["oldest"]))
    yield gauge("mails_failing", "Those of them that the mail server has refused at least once", found["tried"])


def of_the_files(at: datetime) -> Iterator[Metric]:
    """Uploads that have been taken in and not checked."""
    found = Delivery.objects.filter(status=Delivery.Status.RECEIVED).aggregate(waiting=Count("pk"), oldest=Min("uploaded_at"))
    yield gauge("files_unchecked", "Uploaded files that are being checked or wait for it", found["waiting"])
    yield gauge("files_oldest_seconds", "How long the oldest of them has waited", age(at, found["oldest"]))


def of_the_audit_trail(at: datetime) -> Iterator[Metric]:
    """When it was last sealed, what waits for that, and when the last backup was made."""
    newest = AuditLink.objects.order_by("-position").first()
    yield gauge(
        "audit_sealed_timestamp_seconds",
        "When the audit trail was last sealed; 0 for never",
        stamp(newest.at if newest else None),
    )
    yield gauge("audit_unsealed_late", "Events that should have been sealed an hour ago", audit_chain.late(at))
    yield gauge(
        "backup_timestamp_seconds",
        "When the last backup was made; 0 for never or long ago",
        stamp(health.last_backup()),
    )


def of_the_database(at: datetime) -> Iterator[Metric]:
    """Its size and its connections."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), current_setting('max_connections')::int,"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"
        )
        size, most, now = cursor.fetchone()
    yield gauge("database_bytes", "Size of the database", size)
    yield gauge("database_connections", "Connections to the database", now)
    yield gauge("database_connections_max", "Connections that the server takes, to all its databases", most)


MEASURES: tuple[Measure, ...] = (*(of_the_version, of_the_jobs, of_the_mails, of_the_files, of_the_audit_trail, of_the_database),)
"""What is counted in the database, in order."""
