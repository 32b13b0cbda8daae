"""A chain of digests over the audit trail, so that an event that is changed, removed or slipped in shows.

Each link holds SHA-256 of the digest before it and of one event, all its columns. The links are made by a sealer that
runs every minute, not by `accounts.audit.record`: a chain inside the insert would make every transaction of the portal
wait for the one before it to commit, and two that hold each other's rows would deadlock. Events commit in another order
than their ids, so the order of the chain is the order of sealing, and what commits late gets its link late.

The newest link's position and digest, the *head*, is a log line each minute. The log is shipped off the host, so who
rewrites the events and the whole chain after them, as the tables' owner can, contradicts the log (`verify`, `anchors`).
What happens between a commit and the next sealing is outside the chain; each event is a log line of its own then.
Source: security note, section 9; ASVS 16.4.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import AuditEvent, AuditLink

COLUMNS = ("id", "at", "code", "actor_id", "actor", "subject_id", "unit", "object", "result", "purpose", "request_id")
"""Every column of an event."""

BEGINNING = "0" * 64  # what stands before the first link
BATCH = 2_000
LOCK = 0x61756469  # "audi": the sealer's advisory lock
LOOK_BACK = timedelta(days=1)  # no transaction stays open so long
SEALED_WITHIN = timedelta(hours=1)
KEPT = timedelta(days=5 * 365)  # the database keeps events for five years (a day more than this); then a link may stand alone


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link."""

    position: int
    digest: str

    def __str__(self) -> str:
        return f"{self.position}:{grouped(self.digest)}"


Row = tuple[Any, ...]


def canonical(row: Row) -> bytes:
    """An event's columns as the digest reads them: JSON with sorted keys, times in UTC with microseconds.

    What is empty is left out, so that the table may get a new column and the old links still hold.
    """
    values = {name: value for name, value in zip(COLUMNS, row, strict=True) if value not in (None, "")}
    values["at"] = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_after(previous: str, row: Row) -> str:
    """The digest of the event that comes after the digest `previous`."""
    return hashlib.sha256(previous.encode() + canonical(row)).hexdigest()


def grouped(digest: str) -> str:
    """A digest in groups of four, which no log masks as a personnummer."""
    return "-".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def head() -> Head | None:
    """The newest link; None before the first."""
    link = AuditLink.objects.order_by("-position").first()
    return Head(link.position, link.digest) if link else None


# Sealing -------------------------------------------------------------------------------------------------------------


def seal(at: datetime) -> int:
    """Link every committed event that has no link, by id; the count. Safe to run twice at once: the second waits."""
    count = 0
    while sealed := _seal_batch(at):
        count += sealed
        if sealed < BATCH:
            break
    return count


@transaction.atomic
def _seal_batch(at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    newest = head() or Head(0, BEGINNING)
    position, digest, links = newest.position, newest.digest, []
    for row in _unsealed().filter(id__gt=_floor()).order_by("id").values_list(*COLUMNS)[:BATCH]:
        position, digest = position + 1, digest_after(digest, row)
        links.append(AuditLink(position=position, event_id=row[0], digest=digest, at=at))
    AuditLink.objects.bulk_create(links)
    return len(links)


def _unsealed() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(~Exists(AuditLink.objects.filter(event_id=OuterRef("id"))))


def late(at: datetime) -> int:
    """How many events should have had their link by then."""
    return _unsealed().filter(at__lt=at - SEALED_WITHIN, id__gt=_floor()).count()


def _floor() -> int:
    """An event id that nothing to be sealed lies under, so that a quiet minute costs little.

    It was sealed a day before the newest one. What lies under it and is not sealed would have to commit after the newest
    sealing in a transaction that began before: longer than any stays open.
    """
    newest = AuditLink.objects.order_by("-position").values_list("at", flat=True).first()
    if newest is None:
        return 0
    old = AuditLink.objects.filter(at__lt=newest - LOOK_BACK).order_by("-position")
    return old.values_list("event_id", flat=True).first() or 0


# Verifying -----------------------------------------------------------------------------------------------------------


def verify(at: datetime, *, anchors: Mapping[int, str] | None = None) -> Iterator[str]:
    """The faults of trail and chain, each a Swedish sentence, as they are found.

    Reads in batches: constant memory, two statements a batch. Writes nothing.

    `anchors` are heads from the log, position to digest: the chain must hold them as they were.
    """
    yield from _broken_links(at, dict(anchors or {}))
    yield from _missing_links(at)


def _broken_links(at: datetime, anchors: dict[int, str]) -> Iterator[str]:
    position, digest = 0, BEGINNING
    while links := list(AuditLink.objects.filter(position__gt=position).order_by("position")[:BATCH]):
        wanted = [link.event_id for link in links]
        events = {row[0]: row for row in AuditEvent.objects.filter(id__in=wanted).order_by("id").values_list(*COLUMNS)}
        for link in links:
            name = f"Länk {link.position}"
            if link.position != position + 1:
                yield f"{name} följer på länk {position}: det saknas länkar emellan."
            event = events.get(link.event_id)
            if event is None:
                if link.at > at - KEPT:
                    yield f"{name}: händelse {link.event_id} finns inte längre."
            elif link.position == position + 1 and digest_after(digest, event) != link.digest:
                yield f"{name}: händelse {link.event_id} eller kedjan före den är ändrad."
            if anchors.pop(link.position, link.digest) != link.digest:
                yield f"{name} är inte den som loggen visar."
            position, digest = link.position, link.digest
    for missing in sorted(anchors):
        yield f"Länk {missing} finns i loggen men inte i databasen."


def _missing_links(at: datetime) -> Iterator[str]:
    """Events that the sealer has passed by: too old, or slipped in under those sealed long ago."""
    last = 0
    late = _unsealed().filter(Q(at__lt=at - SEALED_WITHIN) | Q(id__lte=_floor())).order_by("id").values_list("id", flat=True)
    while found := list(late.filter(id__gt=last)[:BATCH]):
        yield from (f"Händelse {event_id} saknar länk." for event_id in found)
        last = found[-1]
