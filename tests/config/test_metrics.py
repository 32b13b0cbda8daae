"""/metrics: nothing without the token, and with it the figures that tell an operator what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts import audit, audit_chain
from config import health, metrics
from config.lib import jobs, tally
from messaging.models import OutgoingMail
from submissions import synthetic
from submissions.services import deliver
from submissions.services.collections import open_collection
from tests.cast import make_cast

TOKEN = "-".join(("inte", "i", "drift", "bara", "i", "prov", "0123456789"))


@pytest.fixture(autouse=True)
def _fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(metrics, "tries", metrics.Tries(5))
    monkeypatch.setattr(tally, "board", tally.Board())


def ask(client: Client, authorization: str = f"Bearer {TOKEN}", **more: str) -> Any:
    """The answer to somebody who shows that."""
    return client.get("/metrics", headers={"Authorization": authorization}, **more)


def figures(client: Client) -> dict[tuple[str, str], float]:
    """Each figure by its name and its labels' values."""
    answer = ask(client)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer["Cache-Control"] == "no-store"
    return {
        (sample.name.removeprefix("portal_"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


# Who may ask ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["", TOKEN, f"Bearer {TOKEN}x", f"bearer {TOKEN}", "Bearer ", f"Basic {TOKEN}", "Bearer å"])
def test_without_the_token_there_is_nothing_here(client: Client, db: None, shown: str) -> None:
    assert ask(client, shown).status_code == 404
    assert client.get("/metrics").content == client.get("/finns-inte").content.replace(b"finns-inte", b"metrics")


def test_with_no_token_set_nobody_may_ask(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert ask(client, "Bearer ").status_code == 404


@pytest.mark.django_db
def test_tries_are_counted_before_the_token_is_looked_at_and_by_address(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for _ in range(5):
        assert ask(client, "Bearer fel", HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 404
    assert ask(client, HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 404
    assert ask(client, HTTP_X_FORWARDED_FOR="203.0.113.8").status_code == 200


def test_many_addresses_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "ADDRESSES", 3)
    tries = metrics.Tries(2)
    assert all(tries.take(str(number)) for number in range(3))
    assert [tries.take(str(number)) for number in range(3, 7)] == [True, True, False, False]
    assert tries.take("0")
    assert len(tries._used) == 4


# What is told --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_idle_portal_tells_that_nothing_waits_and_nobody_works(client: Client) -> None:
    found = figures(client)
    assert {
        name: found[name, ""] for name in ("database_up", "workers", "mails_waiting", "files_unchecked", "migrations_missing")
    } == {
        **{"database_up": 1, "workers": 0, "mails_waiting": 0, "files_unchecked": 0, "migrations_missing": 0},
    }
    assert found["backup_timestamp_seconds", ""] == found["audit_sealed_timestamp_seconds", ""] == 0
    assert found["database_bytes", ""] > 1_000_000
    assert 1 <= found["database_connections", ""] <= found["database_connections_max", ""]
    assert 0 < found["disk_free_bytes", ""] < found["disk_bytes", ""]


@pytest.mark.django_db
def test_what_waits_is_told_with_its_age(client: Client) -> None:
    now = timezone.now()
    cast = make_cast()
    open_collection(year=2026, by=None, at=now)
    submission = cast.trosa.submissions.get()
    content = synthetic.delivery("0488", 30, 1)
    deliver.receive_delivery(submission=submission, content=content, name="a.txt", by=cast.bo, at=now - timedelta(seconds=90))
    OutgoingMail.objects.all().delete()
    for minutes, attempts in ((3, 0), (7, 2)):
        OutgoingMail.objects.create(template="x", created_at=now - timedelta(minutes=minutes), attempts=attempts)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s), (%s)", [now, now - timedelta(hours=1)])
    for ago in (30, 50, -600):
        jobs.enqueue("messaging.tasks.send_mail", run_at=now - timedelta(seconds=ago), mail=1)
    jobs.enqueue("accounts.tasks.tidy")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE type = 'deferred'", [now - timedelta(seconds=200)])
    audit.record("operation:backup", object="a.age", at=now)
    audit_chain.seal(now)
    found = figures(client)
    expected = {
        ("files_unchecked", ""): 1,
        ("files_oldest_seconds", ""): 90,
        ("mails_waiting", ""): 2,
        ("mails_oldest_seconds", ""): 420,
        ("mails_failing", ""): 1,
        ("workers", ""): 1,
        ("worker_heartbeat_timestamp_seconds", ""): now.timestamp(),
        ("jobs_waiting", "messaging.tasks.send_mail"): 2,
        ("jobs_oldest_seconds", "messaging.tasks.send_mail"): 50,
        ("jobs_waiting", "accounts.tasks.tidy"): 1,
        ("jobs_oldest_seconds", "accounts.tasks.tidy"): 200,
        ("backup_timestamp_seconds", ""): now.timestamp(),
        ("audit_sealed_timestamp_seconds", ""): now.timestamp(),
        ("audit_unsealed_late", ""): 0,
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.django_db
def test_jobs_that_have_failed_are_told_by_task(client: Client) -> None:
    number = jobs.enqueue("accounts.tasks.tidy")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [number])
    found = figures(client)
    assert found["jobs_failed", "accounts.tasks.tidy"] == 1
    assert ("jobs_waiting", "accounts.tasks.tidy") not in found


@pytest.mark.django_db
def test_requests_and_their_times_are_told(client: Client) -> None:
    tally.board.count("/inlamning/", 200, 0.2)
    tally.board.count("/inlamning/", 503, 70)
    before = tally.board.refused_hashes()
    tally.board.refuse_hash()
    with tally.board.hashing():
        found = figures(client)
    assert found["requests_total", "inlamning,2xx"] == found["requests_total", "inlamning,5xx"] == 1
    assert found["request_seconds_bucket", "inlamning,0.1"] == 0
    assert found["request_seconds_bucket", "inlamning,0.25"] == found["request_seconds_bucket", "inlamning,60.0"] == 1
    assert found["request_seconds_count", "inlamning"] == found["request_seconds_bucket", "inlamning,+Inf"] == 2
    assert found["request_seconds_sum", "inlamning"] == 70.2
    assert found["password_hashes", ""] == 1
    assert found["password_refused_total", ""] == before + 1


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_figure_and_the_others_are_still_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally.board.count("/", 200, 0.2)

    def away() -> Iterator[None]:
        raise OperationalError

    monkeypatch.setattr(health, "missing_migrations", away)
    found = figures(client)
    assert found["database_up", ""] == 0
    assert found["requests_total", "start,2xx"] == 1
    assert ("mails_waiting", "") not in found


@pytest.mark.django_db
def test_the_number_of_questions_does_not_grow_with_the_rows(client: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            ask(client)
        return len(asked)

    def add(task: str) -> None:
        jobs.enqueue(task)
        OutgoingMail.objects.create(template="x", created_at=timezone.now())
        audit.record("data:read", at=timezone.now())
        audit_chain.seal(timezone.now())

    add("accounts.tasks.tidy")
    first = questions()
    for task in ("accounts.tasks.tidy", "messaging.tasks.retry_stalled", "messaging.tasks.send_digests"):
        add(task)
    assert questions() == first < 16


@pytest.mark.django_db
def test_no_figure_tells_of_a_person_or_a_unit(client: Client) -> None:
    make_cast()
    text = ask(client).content.decode()
    for word in ("anna", "trosa", "0488", "skr.example"):
        assert word not in text.lower()
