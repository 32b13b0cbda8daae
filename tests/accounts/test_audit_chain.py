"""The chain over the audit trail: what is changed, removed or slipped in shows, and what commits late gets its link late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import structlog
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import audit, audit_chain, tasks
from accounts.management.commands.verify_audit import read_head
from accounts.models import AuditEvent, AuditLink
from config import logs
from config.lib import jobs
from tests.messaging.test_worker import work

pytestmark = pytest.mark.django_db


def write(count: int) -> list[AuditEvent]:
    """Events of this moment."""
    return [audit.record("file:uploaded", unit="0488", object=f"version {number}") for number in range(1, count + 1)]


def sealed(count: int) -> list[AuditEvent]:
    """Events with their links."""
    events = write(count)
    assert audit_chain.seal(timezone.now()) == count
    return events


def faults(**heads: Any) -> list[str]:
    """What `verify` finds two hours from now, when everything ought to have its link."""
    return list(audit_chain.verify(timezone.now() + timedelta(hours=2), **heads))


@contextmanager
def tampering() -> Iterator[None]:
    """The right of the tables' owner to switch the triggers off."""
    with connection.cursor() as cursor:
        for table in ("accounts_auditevent", "accounts_auditlink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_append_only")
        yield
        for table in ("accounts_auditevent", "accounts_auditlink"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_append_only")


def verify_audit(*arguments: str) -> tuple[str, str]:
    """What the command prints, and its refusal."""
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except CommandError as refusal:
        return out.getvalue(), f"{refusal.returncode} {refusal}"
    return out.getvalue(), ""


def test_every_column_of_an_event_is_in_its_digest() -> None:
    assert set(audit_chain.COLUMNS) == {field.attname for field in AuditEvent._meta.concrete_fields}


def test_the_digest_is_that_of_the_event_written_out() -> None:
    row = (7, datetime(2026, 11, 16, 8, tzinfo=UTC), "file:uploaded", 3, "Anna Ek", None, "0488", "å", "", "", "abc")
    assert audit_chain.canonical(row).decode() == (
        '{"actor":"Anna Ek","actor_id":3,"at":"2026-11-16T08:00:00.000000+00:00","code":"file:uploaded","id":7,'
        '"object":"å","request_id":"abc","unit":"0488"}'
    )
    first = audit_chain.digest_after(audit_chain.BEGINNING, row)
    assert len(first) == 64
    assert audit_chain.digest_after(first, row) != first


def test_events_are_linked_in_the_order_of_their_ids_and_once() -> None:
    events = sealed(3)
    assert list(AuditLink.objects.order_by("position").values_list("position", "event_id")) == [
        (number, event.pk) for number, event in enumerate(events, 1)
    ]
    assert audit_chain.seal(timezone.now()) == 0
    assert audit_chain.head() == audit_chain.Head(3, AuditLink.objects.get(position=3).digest)
    assert faults() == []


def test_many_events_are_linked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "BATCH", 3)
    sealed(7)
    with CaptureQueriesContext(connection) as queries:
        assert faults() == []
    assert len(queries) <= 2 * 4 + 2  # two a batch, and the look for events without a link


def test_a_quiet_minute_costs_the_same_however_long_the_trail_is() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert audit_chain.seal(timezone.now()) == 0
        return len(queries)

    sealed(2)
    few = statements()
    sealed(40)
    assert statements() == few


def test_a_quiet_minute_looks_only_at_the_last_day_s_events() -> None:
    events = sealed(3)
    now = timezone.now()
    with tampering():
        AuditLink.objects.filter(position__lte=2).update(at=now - timedelta(days=2))
        assert audit_chain._floor() == events[1].pk


def test_what_commits_late_gets_its_link_late_and_its_place_last() -> None:
    late, *others = write(3)
    with tampering():  # stands in for a transaction that has not committed yet
        AuditEvent.objects.filter(pk=late.pk).delete()
    audit_chain.seal(timezone.now())
    late.save(force_insert=True)
    assert audit_chain.seal(timezone.now()) == 1
    order = list(AuditLink.objects.order_by("position").values_list("event_id", flat=True))
    assert order == [event.pk for event in (*others, late)]
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain() -> None:
    write(60)

    def seal() -> None:
        audit_chain.seal(timezone.now())
        connection.close()

    threads = [threading.Thread(target=seal) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(AuditLink.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 61))
    assert faults() == []


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "Någon annan"), ("actor_id", 99), ("unit", "0480"), ("object", ""), ("at", datetime(2026, 1, 1, tzinfo=UTC))],
)
def test_a_changed_event_shows(column: str, value: object) -> None:
    events = sealed(5)
    with tampering():
        AuditEvent.objects.filter(pk=events[2].pk).update(**{column: value})
    assert faults() == [f"Länk 3: händelse {events[2].pk} eller kedjan före den är ändrad."]


@pytest.mark.asvs("16.4.2")
def test_a_removed_event_shows_and_one_older_than_five_years_may_be_gone() -> None:
    events = sealed(3)
    with tampering():
        AuditEvent.objects.filter(pk=events[1].pk).delete()
        assert faults() == [f"Länk 2: händelse {events[1].pk} finns inte längre."]
        AuditLink.objects.filter(position=2).update(at=timezone.now() - timedelta(days=5 * 366))
        assert faults() == []


@pytest.mark.asvs("16.4.2")
def test_a_removed_link_shows() -> None:
    events = sealed(4)
    with tampering():
        AuditLink.objects.filter(position=2).delete()
    assert faults() == [
        "Länk 3 följer på länk 1: det saknas länkar emellan.",
        f"Händelse {events[1].pk} saknar länk.",
    ]


@pytest.mark.asvs("16.4.2")
def test_links_that_change_places_show() -> None:
    events = sealed(3)
    with tampering():
        AuditLink.objects.filter(event_id=events[0].pk).update(event_id=0)
        AuditLink.objects.filter(event_id=events[1].pk).update(event_id=events[0].pk)
        AuditLink.objects.filter(event_id=0).update(event_id=events[1].pk)
    assert [fault.split(":")[0] for fault in faults()] == ["Länk 1", "Länk 2"]


@pytest.mark.asvs("16.4.2")
def test_an_event_slipped_in_long_after_shows_whatever_time_it_carries() -> None:
    events = sealed(3)
    now = timezone.now()
    with tampering():
        AuditEvent.objects.filter(pk=events[0].pk).delete()
        AuditLink.objects.filter(position=1).delete()
        AuditLink.objects.filter(position=2).update(position=1, at=now - timedelta(days=2))
        AuditLink.objects.filter(position=3).update(position=2)
    slipped = AuditEvent.objects.create(pk=events[0].pk, at=now + timedelta(days=9), code="file:uploaded")
    assert audit_chain.seal(now) == 0
    assert f"Händelse {slipped.pk} saknar länk." in faults()


def test_an_event_of_the_last_hour_may_wait_for_its_link() -> None:
    write(1)
    now = timezone.now()
    assert list(audit_chain.verify(now + timedelta(minutes=59))) == []
    assert len(list(audit_chain.verify(now + timedelta(minutes=61)))) == 1


@pytest.mark.asvs("16.4.3")
def test_a_chain_made_anew_contradicts_the_head_in_the_log() -> None:
    events = sealed(3)
    head = audit_chain.head()
    assert head is not None
    assert faults(anchors={head.position: head.digest}) == []
    with tampering():  # the owner rewrites an event and the whole chain
        AuditEvent.objects.filter(pk=events[0].pk).update(actor="Någon annan")
        AuditLink.objects.all().delete()
    audit_chain.seal(timezone.now())
    assert faults() == []
    assert faults(anchors={3: head.digest, 9: head.digest}) == [
        "Länk 3 är inte den som loggen visar.",
        "Länk 9 finns i loggen men inte i databasen.",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.real_clock
@pytest.mark.asvs("16.4.3")
def test_the_worker_seals_and_writes_the_head_to_the_log() -> None:
    write(2)
    with structlog.testing.capture_logs() as lines:
        jobs.enqueue(tasks.seal_audit_trail.name, timestamp=int(timezone.now().timestamp()))
        work()
    told = [line for line in lines if line["event"] == "audit_chain_sealed"]  # the worker's own clock may ask for it too
    assert sum(line["sealed"] for line in told) == 2
    assert {line["head"] for line in told} == {str(audit_chain.head())}


def test_the_head_passes_the_masks_of_the_log_and_comes_back_from_it() -> None:
    digest = "8112189876" * 6 + "abcd"
    head = audit_chain.Head(1234, digest)
    assert logs.mask_value("head", str(head)) == str(head)
    assert read_head(str(head)) == (1234, digest)


@pytest.mark.asvs("16.4.2")
def test_the_command_says_that_the_trail_is_whole_or_what_is_not(clock: Any) -> None:
    assert verify_audit() == ("0 händelser, 0 länkar, 0 fel. Kedjans läge: tom.\n", "")
    events = sealed(2)
    assert verify_audit() == (f"2 händelser, 2 länkar, 0 fel. Kedjans läge: {audit_chain.head()}.\n", "")
    with tampering():
        AuditEvent.objects.filter(pk=events[1].pk).update(result="gick bra")
    said, refusal = verify_audit("--head", str(audit_chain.head()))
    assert said.splitlines()[0] == f"Länk 2: händelse {events[1].pk} eller kedjan före den är ändrad."
    assert said.splitlines()[1].startswith("2 händelser, 2 länkar, 1 fel.")
    assert refusal == "1 Händelseloggen är inte som den skrevs."


@pytest.mark.parametrize("typed", ["12", "0:" + "a" * 64, "12:xyz", "12:" + "a" * 63])
def test_what_is_no_head_is_wrong_use(typed: str) -> None:
    assert verify_audit("--head", typed) == ("", f"2 --head ska se ut som i loggen, 1234:0a1b-…, inte {typed}.")


@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditevent SET actor = 'x'",
        "DELETE FROM accounts_auditevent",
        "TRUNCATE accounts_auditevent",
        "UPDATE accounts_auditlink SET digest = 'x'",
        "DELETE FROM accounts_auditlink",
        "TRUNCATE accounts_auditlink",
    ],
)
def test_log_06_the_owner_too_is_refused_by_the_trigger(statement: str) -> None:
    sealed(2)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert (AuditEvent.objects.count(), AuditLink.objects.count()) == (2, 2)


@pytest.mark.asvs("16.4.2")
def test_log_06_events_older_than_five_years_may_be_deleted_and_their_links_stay() -> None:
    audit.record("file:uploaded", at=timezone.now() - timedelta(days=5 * 366))
    audit.record("file:uploaded", at=timezone.now() - timedelta(days=5 * 360))
    audit_chain.seal(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditevent WHERE at < now() - interval '5 years'")
    assert (AuditEvent.objects.count(), AuditLink.objects.count()) == (1, 2)
