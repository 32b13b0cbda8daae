"""What a thread is about, as the app above tells it, and whether that has been corrected since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from config.lib import sealed
from messaging.models import Thread, ThreadEvent


@dataclass(frozen=True, slots=True)
class Matter:
    """A group of findings or a row of a unit's file that year. `kept` is sealed: what tells whether it is corrected."""

    year: int
    version: int
    kept: Mapping[str, Any]
    check: str = ""
    field: int | None = None
    group: str = ""
    row_mark: str = ""
    row: int | None = None


def put_matter(thread: Thread, matter: Matter) -> None:
    """Write the matter on a thread that is about to be saved."""
    thread.year, thread.version = matter.year, matter.version
    thread.check_code, thread.field, thread.group = matter.check, matter.field, matter.group
    thread.row_mark, thread.row = matter.row_mark, matter.row
    thread.matter_sealed = sealed.seal_text(thread, "matter_sealed", json.dumps(dict(matter.kept)))


def matter_of(thread: Thread) -> Matter | None:
    """What the thread is about; None for one that is about the unit at large."""
    if thread.matter_sealed is None or thread.year is None:
        return None
    kept = json.loads(sealed.open_column(thread, "matter_sealed"))
    return Matter(
        year=thread.year,
        version=thread.version or 0,
        check=thread.check_code,
        field=thread.field,
        group=thread.group,
        row_mark=thread.row_mark,
        row=thread.row,
        kept=kept,
    )


@transaction.atomic
def note_resolved(*, thread: Thread, version: int, at: datetime) -> bool:
    """What the thread asks about is corrected as of that version; False when it was known. The status stays: people close."""
    if not Thread.objects.filter(pk=thread.pk, resolved_at=None).update(resolved_version=version, resolved_at=at):
        return False
    ThreadEvent.objects.create(thread=thread, kind=ThreadEvent.Kind.RESOLVED, at=at, by=None, detail=str(version))
    _record("thread:resolved", thread, version, at)
    return True


@transaction.atomic
def note_returned(*, thread: Thread, version: int, at: datetime) -> bool:
    """What was corrected is there again in that version; False when it never was."""
    if not Thread.objects.filter(pk=thread.pk, resolved_at__isnull=False).update(resolved_version=None, resolved_at=None):
        return False
    ThreadEvent.objects.create(thread=thread, kind=ThreadEvent.Kind.RETURNED, at=at, by=None, detail=str(version))
    _record("thread:returned", thread, version, at)
    return True


def _record(code: str, thread: Thread, version: int, at: datetime) -> None:
    audit.record(code, unit=thread.unit.code, object=f"ärende {thread.pk}", result=f"version {version}", at=at)
