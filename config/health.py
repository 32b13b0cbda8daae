"""Whether the portal lives and is ready, for load balancers and watchers; and what browsers report of the content policy."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from procrastinate.contrib.django.models import ProcrastinateWorker

from accounts.access import open_view
from accounts.models import AuditEvent
from messaging.models import OutgoingMail

log = structlog.get_logger("portal.csp")

WORKER_SILENT = timedelta(seconds=60)  # a worker stamps its row every ten seconds
ANSWERS_WITHIN, CONNECTED_WITHIN = 3, 2  # seconds; libpq waits no shorter for a connection
MAIL_LATE = timedelta(minutes=15)
BACKUPS_LOOKED_FOR = 100_000
REPORTS_PER_MINUTE = 30
REPORT_BYTES = 16_384
AWAY = ("08", "53", "57P", "25006")
"""How the states begin that pass: no connection, no room left, being shut down or started, a standby that is not yet promoted."""


@open_view
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so that a slow database does not restart the web servers."""
    return JsonResponse({"status": "ok"})


@open_view
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when this process can serve: the database answers and its tables are those of this version; else 503.

    A silent worker or late mail is told as `warning`, with 200: taking the web servers away would not help. A database that
    takes the call and says nothing counts as one that does not answer, after ANSWERS_WITHIN.
    """
    try:
        with time_limit():
            missing = missing_migrations()
            warnings = {} if missing else operation_warnings(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "svarar inte"}, status=503)
    if missing:
        return JsonResponse({"status": "unavailable", "migrations": missing}, status=503)
    return JsonResponse({"status": "warning" if warnings else "ok", **warnings})


@contextmanager
def time_limit() -> Iterator[None]:
    """Give the database ANSWERS_WITHIN for all that is asked inside; raises DatabaseError when it is over.

    No limit of the server's own helps where the server hangs, and none of TCP's where it takes what we send and is silent.
    So a clock beside us breaks the connection, which wakes whoever waits for it. A new connection is tried out first: one
    that is being made cannot be broken.
    """
    began = time.monotonic()
    try:
        if connection.connection is None:
            psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": CONNECTED_WITHIN}).close()
    except psycopg.Error as problem:
        raise OperationalError(str(problem)) from problem
    connection.ensure_connection()
    clock = threading.Timer(began + ANSWERS_WITHIN - time.monotonic(), _break_off, [connection.connection])
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _break_off(raw: psycopg.Connection[Any] | None) -> None:
    """Close the line under a connection that another thread uses."""
    with suppress(OSError, psycopg.Error):
        if raw is not None:
            with socket.socket(fileno=os.dup(raw.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


def is_away(error: BaseException | None) -> bool:
    """Whether this fault came of a database that is away and will be back: nothing is wrong with what was asked.

    The driver's own fault lies below Django's, or below that of the queue of jobs.
    """
    if error is None:
        return False
    if isinstance(error, psycopg.Error):
        passing = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return error.sqlstate.startswith(AWAY) if error.sqlstate else passing
    if error.__cause__ is None:
        return isinstance(error, OperationalError | InterfaceError)
    return is_away(error.__cause__)


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations of this version's code."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def missing_migrations() -> list[str]:
    """Those that the database has not had."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in known_migrations() - set(applied))


def operation_warnings(at: datetime) -> dict[str, str]:
    """What somebody should look at, in a Swedish word or two for each."""
    warnings = {}
    heartbeat = ProcrastinateWorker.objects.aggregate(latest=Max("last_heartbeat"))["latest"]
    if heartbeat is None or heartbeat < at - WORKER_SILENT:
        warnings["worker"] = "ingen som arbetar" if heartbeat is None else f"tyst sedan {heartbeat:%Y-%m-%dT%H:%M:%SZ}"
    waiting = OutgoingMail.objects.filter(deliver=True, sent_at=None, created_at__lt=at - MAIL_LATE)
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is not None:
        warnings["mail"] = f"äldsta väntar sedan {oldest:%Y-%m-%dT%H:%M:%SZ}"
    return warnings


def last_backup() -> datetime | None:
    """When a backup was last made; None for never, or so long ago that BACKUPS_LOOKED_FOR events have come since.

    Events have no index by their code, so no more of them are looked through.
    """
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made = AuditEvent.objects.filter(code="operation:backup", pk__gt=last - BACKUPS_LOOKED_FOR).order_by("-pk")
    return made.values_list("at", flat=True).first()


class Allowance:
    """So many per minute in this process; anybody may post reports, and a log must not be filled by them."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._minute, self._used = 0, 0

    def take(self) -> bool:
        """True while the present minute has room."""
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._used = minute, 0
            self._used += 1
            return self._used <= self.per_minute


allowance = Allowance(REPORTS_PER_MINUTE)


@open_view
@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what a browser blocked: directive, page without its query, and the blocked address's host. Always 204."""
    if allowance.take() and int(request.headers.get("Content-Length") or 0) <= REPORT_BYTES:
        report = read_report(request.body)
        if report:
            log.warning("csp_violation", **report)
    return HttpResponse(status=204)


def read_report(body: bytes) -> dict[str, str]:
    """The three facts from a report in the report-uri form; empty for anything else."""
    try:
        report: Any = json.loads(body)["csp-report"]
        directive = str(report.get("effective-directive") or report.get("violated-directive") or "")
        page, blocked = str(report.get("document-uri") or ""), str(report.get("blocked-uri") or "")
        where = urlsplit(blocked)
        return {"directive": directive[:60], "path": urlsplit(page).path[:200], "blocked": (where.netloc or where.path)[:100]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
