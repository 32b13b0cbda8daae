"""Probes and browser reports: what a load balancer, a watcher and a browser get."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config import health
from messaging.models import OutgoingMail

REPORT = {
    "csp-report": {
        "document-uri": "https://testserver/inlamning/?q=811218-9876",
        "effective-directive": "style-src-attr",
        "blocked-uri": "inline",
    }
}


def post_report(client: Client, body: bytes) -> int:
    """Post a report as a browser does; the status of the answer."""
    return client.post("/csp-rapport/", body, content_type="application/csp-report").status_code


@pytest.fixture(autouse=True)
def _fresh_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "allowance", health.Allowance(3))


def worker_beat(ago: timedelta) -> None:
    """A worker that stamped its row some time ago."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now() - ago])


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_ok_with_a_worker_at_work(client: Client) -> None:
    worker_beat(timedelta(seconds=12))
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("ago", [None, timedelta(minutes=5)])
def test_a_silent_worker_is_a_warning_and_the_portal_still_serves(client: Client, ago: timedelta | None) -> None:
    if ago:
        worker_beat(ago)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "warning"
    assert "worker" in response.json()


@pytest.mark.django_db
def test_late_mail_is_a_warning(client: Client) -> None:
    worker_beat(timedelta(0))
    OutgoingMail.objects.create(template="x", recipient="a@example.org", created_at=timezone.now() - timedelta(minutes=16))
    assert client.get("/readyz").json() == {"status": "warning", "mail": "äldsta väntar sedan 2026-11-16T07:44:00Z"}


@pytest.mark.django_db
def test_a_missing_migration_is_named_and_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("accounts", "0001_initial")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, ["accounts.0001_initial"])


@pytest.mark.django_db
@pytest.mark.asvs("16.5.2")
def test_a_database_that_does_not_answer_is_not_ready(client: Client) -> None:
    with patch.object(health, "missing_migrations", side_effect=DatabaseError):
        response = client.get("/readyz")
    assert response.status_code == 503


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where somebody takes the call and never says a word, as a database that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.real_clock
def test_a_database_that_takes_the_call_and_is_silent_is_not_ready_within_three_seconds(
    client: Client, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = connection.copy()
    hanging.settings_dict.update(HOST="127.0.0.1", PORT=str(silent))
    monkeypatch.setattr(health, "connection", hanging)
    began = time.monotonic()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "database": "svarar inte"})
    assert time.monotonic() - began < 3.5


@pytest.mark.django_db(transaction=True)
@pytest.mark.real_clock
def test_a_question_that_is_never_answered_is_broken_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = connection.copy()
    asked.cursor().execute("SET client_connection_check_interval = 100")  # else the server sleeps on without us
    monkeypatch.setattr(health, "connection", asked)
    monkeypatch.setattr(health, "ANSWERS_WITHIN", 0.3)
    monkeypatch.setattr(health, "missing_migrations", lambda: asked.cursor().execute("SELECT pg_sleep(20)"))
    began = time.monotonic()
    assert client.get("/readyz").status_code == 503
    assert time.monotonic() - began < 3
    asked.close()


@pytest.mark.asvs("3.4.7")
def test_a_report_is_logged_with_directive_and_path_but_no_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert post_report(client, json.dumps(REPORT).encode()) == 204
    assert "style-src-attr" in caplog.text
    assert "/inlamning/" in caplog.text
    assert "811218" not in caplog.text


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"csp-report": 7}', b"\xff\xfe", b"[" * 10_000, b'{"csp-report": {"blocked-uri": "//[x"}}']
)
def test_anything_else_is_answered_and_forgotten(client: Client, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    assert post_report(client, body) == 204
    assert "csp_violation" not in caplog.text


@pytest.mark.asvs("2.4.1")
def test_reports_cannot_fill_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        assert post_report(client, json.dumps(REPORT).encode()) == 204
    assert caplog.text.count("csp_violation") == 3


@pytest.mark.django_db
def test_a_report_by_get_is_refused(client: Client) -> None:
    assert client.get("/csp-rapport/").status_code == 405
