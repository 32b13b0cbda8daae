"""Questions to SKR about a group of findings or a row: what the thread keeps, and whether it has been corrected since.

A group is known by its opaque name, a row by whose it is: anställningsnummer, else personnummer, else its line. The thread keeps
both keyed by the submission's salt; what it needs to find the row again is sealed. It is corrected when none of the
findings that it was asked with is left, or, for a row that had none, when the row holds something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import polars as pl
from django.db.models import Q

from accounts.models import User
from config.lib import crypto
from messaging import services as messaging
from messaging.models import Question, Thread, ThreadQuerySet
from messaging.services import Matter
from submissions.frames import FIELD_NUMBERS, KEY_FIELD, PERSONAL_NUMBER_FIELD, column
from submissions.models import Delivery, Submission
from submissions.services import storage
from submissions.services.groups import Group, group_marks, groups_of, salt_of
from submissions.services.marks import Marks, cover_of, marks_of

MARK_LENGTH = 16
Rows = Callable[[], pl.DataFrame]


def matter_of_group(delivery: Delivery, group: Group) -> Matter:
    """The group as a thread keeps it."""
    submission = delivery.submission
    marks = group_marks(submission, group, storage.findings_of(delivery), lambda: storage.current_frame(delivery))
    return Matter(
        year=submission.collection.year,
        version=delivery.version,
        check=group.check,
        field=group.field,
        group=group.key,
        kept={"rows": sorted(marks.rows), "figures": list(marks.figures)},
    )


def matter_of_row(delivery: Delivery, values: Mapping[str, Any]) -> Matter:
    """The row, with its values in the current file, as a thread keeps it."""
    submission, whose = delivery.submission, _whose(values)
    marks = _marks_on(submission, values["row"], storage.findings_of(delivery), lambda: storage.current_frame(delivery))
    return Matter(
        year=submission.collection.year,
        version=delivery.version,
        row_mark=_mark(submission, whose),
        row=values["row"],
        kept={"whose": whose, "rows": sorted(marks.rows), "content": _content(submission, values)},
    )


def threads_about(submission: Submission) -> ThreadQuerySet:
    """The threads about something in the submission's files."""
    threads: ThreadQuerySet = Thread.objects.filter(unit=submission.unit_id, year=submission.collection.year)
    return threads.exclude(group="", row_mark="").select_related("unit").order_by("-last_message_at", "-pk")


def threads_at_group(submission: Submission, group: str, user: User) -> list[Thread]:
    """Those about the group that the person sees, or with a question about it, the latest first."""
    asked = Question.objects.filter(group=group, thread__unit=submission.unit_id).order_by("pk").values("thread")
    threads: ThreadQuerySet = Thread.objects.filter(unit=submission.unit_id, year=submission.collection.year)
    found = threads.visible_to(user).filter(Q(group=group) | Q(pk__in=asked))
    return list(found.select_related("unit").order_by("-last_message_at", "-pk"))


def threads_at_row(submission: Submission, values: Mapping[str, Any], user: User) -> list[Thread]:
    """Those about the row's person that the person sees, the latest first."""
    mark = _mark(submission, _whose(values))
    return list(threads_about(submission).visible_to(user).filter(row_mark=mark))


def row_of_thread(thread: Thread, frame: pl.DataFrame) -> int | None:
    """Where the thread's row stands in those rows; None where it is gone."""
    matter = messaging.matter_of(thread)
    values = _row_of(matter, frame) if matter else None
    return values["row"] if values else None


def note_corrections(submission: Submission, delivery: Delivery, *, findings: pl.DataFrame, rows: Rows, at: datetime) -> None:
    """Tell the submission's threads what the file that counts says now, in the transaction that made it so."""
    if not delivery.is_current:
        return
    for thread in threads_about(submission):
        matter = messaging.matter_of(thread)
        if matter is None:
            continue
        note = messaging.note_resolved if _is_resolved(submission, matter, findings, rows) else messaging.note_returned
        note(thread=thread, version=delivery.version, at=at)


def _is_resolved(submission: Submission, matter: Matter, findings: pl.DataFrame, rows: Rows) -> bool:
    kept = Marks(frozenset(matter.kept.get("rows", ())), tuple(matter.kept.get("figures", ())))
    if matter.group:
        group = next((group for group in groups_of(submission, findings) if group.key == matter.group), None)
        return group is None or cover_of(kept, group_marks(submission, group, findings, rows)).held == 0
    values = _row_of(matter, rows())
    if values is None:
        return True
    if kept.rows:
        return not kept.rows & _marks_on(submission, values["row"], findings, rows).rows
    return _content(submission, values) != matter.kept.get("content")


def _row_of(matter: Matter, frame: pl.DataFrame) -> Mapping[str, Any] | None:
    name, _, value = str(matter.kept.get("whose", "")).partition("=")
    by_line = name == "rad"
    found = frame.filter(pl.col("row") == int(value) if by_line else pl.col(column(int(name))) == value)
    if found.height > 1:  # several with the same: the one on the line that was asked about, else the first
        same_line = found.filter(pl.col("row") == matter.row)
        found = found if same_line.is_empty() else same_line
    return None if found.is_empty() else found.row(0, named=True)


def _whose(values: Mapping[str, Any]) -> str:
    """Whose the row is: "40=A1032", "7=…", or for want of both "rad=17"."""
    for number in (KEY_FIELD, PERSONAL_NUMBER_FIELD):
        if values[column(number)]:
            return f"{number}={values[column(number)]}"
    return f"rad={values['row']}"


def _mark(submission: Submission, whose: str) -> str:
    return crypto.digest("thread-row", whose, key=salt_of(submission))[:MARK_LENGTH]


def _content(submission: Submission, values: Mapping[str, Any]) -> str:
    """A digest of everything that the row holds."""
    return crypto.digest("thread-content", *(values[column(n)] or "" for n in FIELD_NUMBERS), key=salt_of(submission))


def _marks_on(submission: Submission, row: int, findings: pl.DataFrame, rows: Rows) -> Marks:
    """The marks of the findings on one row that must be corrected or explained."""
    on_row = findings.filter(pl.col("row") == row, pl.col("level") != "info")
    return marks_of(salt_of(submission), on_row, rows)
