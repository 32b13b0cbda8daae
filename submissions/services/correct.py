"""Correct one value in the page: a row of the overlay, then the whole file checked again, in one transaction.

The lock is optimistic. A form carries the delivery's revision it was drawn at; where the same value has been changed
since, the second person gets `Conflict`, which says what the other wrote. Changes to other values do not collide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from submissions import checking, reading, states
from submissions.deadline import TookTooLong
from submissions.frames import NAME_FIELD, PERSONAL_NUMBER_FIELD, column
from submissions.models import Correction, Delivery, Submission
from submissions.services import asking, check_counts, deliver, evaluate, points, storage
from submissions.services.evaluate import Outcome
from submissions.services.storage import Change

MAX_LENGTH = 200
Cells = Iterable[tuple[int, int]]  # row, field


class CorrectionRefused(ValueError):
    """The correction cannot be made; str() is a Swedish sentence for the place where the value was written."""


class Conflict(CorrectionRefused):
    """Somebody else changed the same value since the page was drawn."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What came of it."""

    delivery: Delivery
    row: int
    field: int
    left_on_row: int  # findings that must be corrected or explained, still on the row


def correct(*, delivery: Delivery, row: int, field: int, value: str, expected_revision: int, by: User, at: datetime) -> Corrected:
    """Give one value of the current file a new content. Raises `NotAllowed`, `CorrectionRefused` or `Conflict`.

    A second press of the button finds the value there and changes nothing. It takes the place of an earlier single correction.
    Writing what lies under that one again, the delivered value or a
    batch's, only takes it away.
    """
    new = clean_value(field, value)
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        since = _changed_since(locked, row, field, expected_revision)
        if since is not None:
            if not _is_hers(since, wanted=new, by=by):
                raise Conflict(_told_of(since, field, wanted=new))
            return Corrected(locked, row, field, _left_on(storage.findings_of(locked), row))
        delivered = _value_in(storage.base_frame(locked), row, field)
        live = Correction.objects.filter(delivery=locked, row=row, field=field, undone_at=None).first()
        overlay = storage.overlay_of(locked)
        old = _laid_on(overlay, row, field, delivered)
        if new == old:
            raise CorrectionRefused("Värdet är redan det du skrev. Inget ändrades.")
        revision = locked.revision + 1
        if live:
            _undo(live, revision=revision, by=by, at=at)
            overlay = storage.overlay_of(locked)
        if new != _laid_on(overlay, row, field, delivered):
            overlay = _with_cell(overlay, row, field, new)
            Correction.objects.create(
                delivery=locked,
                row=row,
                field=field,
                old_sealed=storage.seal_value(locked, row, field, old),
                new_sealed=storage.seal_value(locked, row, field, new),
                by=by,
                at=at,
                revision=revision,
            )
        what = f"rad {row} fält {field}"
        findings = check_again(submission, locked, changed=[(row, field)], by=by, at=at, what=what, overlay=overlay)
    return Corrected(locked, row, field, _left_on(findings, row))


@dataclass(frozen=True, slots=True)
class Tried:
    """What the checks of a single row say of it with another value."""

    value: str | None
    findings: pl.DataFrame  # by the checks of rows
    before: set[tuple[str, int | None]]  # check and field of what the row has now
    later: list[str]  # checks of the whole file that now say something of the row: judged again once it is saved


def try_value(*, delivery: Delivery, row: int, field: int, value: str) -> Tried:
    """The row with that value, checked by itself; nothing is stored. Raises `CorrectionRefused`."""
    new = clean_value(field, value)
    frame = storage.current_frame(delivery).filter(pl.col("row") == row)
    if new == _value_in(frame, row, field):
        raise CorrectionRefused("Det är värdet som står där nu.")
    now = storage.findings_of(delivery).filter(pl.col("row") == row)
    context = evaluate.context_of(delivery, delivery.submission.collection.spec())
    found = checking.check_rows(frame.with_columns(pl.lit(new, pl.String).alias(column(field))), context)
    return Tried(
        value=new,
        findings=checking.sort_findings(found),
        before=set(now.select("check", "field").iter_rows()),
        later=[check for check in now["check"].unique(maintain_order=True) if not checking.is_row_check(check)],
    )


def undo_correction(*, correction: Correction, by: User, at: datetime) -> Corrected:
    """Give the value back what lies under the correction: a batch's value or the delivered one. Undoing what is already undone is `Conflict`."""
    row, field = correction.row, correction.field
    with transaction.atomic():
        submission, locked = lock_for_change(correction.delivery, by=by, at=at)
        live = Correction.objects.filter(pk=correction.pk, undone_at=None).first()
        if live is None:
            raise Conflict("Rättelsen är redan ångrad eller ersatt av en annan. Ladda om sidan för att se hur värdet ser ut nu.")
        _undo(live, revision=locked.revision + 1, by=by, at=at)
        findings = check_again(submission, locked, changed=[(row, field)], by=by, at=at, what=f"ångrad rad {row} fält {field}")
    return Corrected(locked, row, field, _left_on(findings, row))


def clean_value(field: int, value: str) -> str | None:
    """What was written, read as kindly as a file is; None is empty. Raises `CorrectionRefused`."""
    if field == NAME_FIELD or not 1 <= field <= reading.MAX_FIELDS:
        raise CorrectionRefused(f"Fält {field} går inte att rätta.")
    text = value.strip()
    if len(text) > MAX_LENGTH:
        raise CorrectionRefused(f"Värdet är längre än {MAX_LENGTH} tecken.")
    if ";" in text or not text.isprintable():
        raise CorrectionRefused("Värdet får inte innehålla semikolon, radbrytningar eller andra styrtecken.")
    return reading.kind_value(field, text)


def lock_for_change(delivery: Delivery, *, by: User, at: datetime) -> tuple[Submission, Delivery]:
    """The submission and its current delivery, locked, once the person may change it. Raises `NotAllowed`."""
    submission = deliver.lock(delivery.submission)
    states.check_can_change(by, submission, today=timezone.localdate(at))
    locked = Delivery.objects.select_for_update().defer("content_sealed", "frame_sealed", "findings_sealed").get(pk=delivery.pk)
    locked.submission = submission
    if not locked.is_current:
        raise CorrectionRefused("En nyare fil har ersatt den här. Ladda om sidan för att se den nya filens anmärkningar.")
    return submission, locked


def resume(submission: Submission, *, by: User, at: datetime, text: str) -> None:
    """A returned submission is under the unit's review again from the first change."""
    if submission.status == Submission.Status.RETURNED:
        states.move(submission, Submission.Status.UNDER_REVIEW, by=by, at=at, text=text)


def _changed_since(delivery: Delivery, row: int, field: int, expected: int) -> Change | None:
    """How the value was changed, alone or with others, after the revision that the form was drawn at; None where it was not."""
    if expected == delivery.revision:
        return None
    return next((change for change in storage.history_of(delivery, row, field) if change.latest_revision > expected), None)


def _is_hers(change: Change, *, wanted: str | None, by: User) -> bool:
    """Whether it is the person's own last press, which gave the value that she asks for again."""
    return change.undone_at is None and change.by == by and change.new == wanted


def _told_of(other: Change, field: int, *, wanted: str | None) -> str:
    """What is said to whoever comes after somebody else's change."""
    clock = timezone.localtime(other.undone_at or other.at).strftime("%H.%M")
    if other.undone_at is not None:
        return (
            f"{other.undone_by} ångrade en rättelse av samma värde kl. {clock}, medan du hade sidan öppen. "
            "Ditt värde är inte sparat. Se efter vad som står där nu och skriv igen om det behövs."
        )
    shown = checking.masking.mask_field(field, other.new) if other.new else "tomt"
    same = " Det är samma värde som du skrev." if field != PERSONAL_NUMBER_FIELD and other.new == wanted else ""
    return (
        f"{other.by} ändrade samma värde till {shown} kl. {clock}, medan du hade sidan öppen.{same} "
        "Ditt värde är inte sparat. Skriv det igen om det är rätt."
    )


def _laid_on(overlay: pl.DataFrame, row: int, field: int, delivered: str | None) -> str | None:
    """The value with the overlay on it."""
    found = overlay.filter(pl.col("row") == row, pl.col("field") == field)
    value: str | None = delivered if found.is_empty() else found.item(0, "new")
    return value


def _with_cell(overlay: pl.DataFrame, row: int, field: int, new: str | None) -> pl.DataFrame:
    """The overlay once a single correction, which is the last word on its cell, has been added."""
    is_other = (pl.col("row") != row) | (pl.col("field") != field)
    cell = pl.DataFrame([(row, field, new)], schema=overlay.schema, orient="row")
    return pl.concat([overlay.filter(is_other), cell])


def _value_in(frame: pl.DataFrame, row: int, field: int) -> str | None:
    found = frame.filter(pl.col("row") == row)
    if found.is_empty():
        raise CorrectionRefused(
            f"Rad {row} går inte att rätta här: den finns inte i filen eller har fel antal fält. Rätta i lönesystemet och lämna en ny fil."
        )
    if column(field) not in found.columns:
        raise CorrectionRefused(f"Fält {field} går inte att rätta.")
    value: str | None = found.item(0, column(field))
    return value


def _undo(correction: Correction, *, revision: int, by: User, at: datetime) -> None:
    Correction.objects.filter(pk=correction.pk, undone_at=None).update(undone_at=at, undone_by=by, undone_revision=revision)


def check_again(
    submission: Submission,
    delivery: Delivery,
    *,
    changed: Cells,
    by: User,
    at: datetime,
    what: str,
    overlay: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Check the file with its corrections as they now are and store the answer as the next revision: the findings.

    For the services that correct: `delivery` is locked, `changed` are the cells that may have got another value, `overlay`
    the corrections now in force where the caller has them. Raises `CorrectionRefused` where there is no answer to store.
    """
    overlay = storage.overlay_of(delivery) if overlay is None else overlay
    frame = reading.apply_corrections(storage.base_frame(delivery), overlay)
    outcome = would_be(delivery, frame, changed=changed)
    values = {
        **deliver.fields_of(delivery, outcome, at),
        "summary_sealed": storage.seal_summary(delivery, outcome.summary),
        "findings_sealed": storage.seal_frame(delivery, "findings_sealed", outcome.findings),
        "revision": delivery.revision + 1,
    }
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    for name, value in values.items():
        setattr(delivery, name, value)
    check_counts.keep_corrected(delivery, outcome.findings)
    resume(submission, by=by, at=at, text="Rättningen har börjat.")
    asking.note_corrections(submission, delivery, findings=outcome.findings, rows=lambda: outcome.checked, at=at)
    points.note_findings(submission, delivery, findings=outcome.findings, at=at)
    audit.record("data:changed", by=by, unit=submission.unit.code, object=deliver.audit_name(delivery), result=what, at=at)
    transaction.on_commit(lambda: storage.keep_findings(delivery, outcome.findings))
    return outcome.findings


def would_be(delivery: Delivery, frame: pl.DataFrame, *, changed: Cells) -> Outcome:
    """What the checks say of the delivery with those rows; nothing is stored. Raises `CorrectionRefused` without an answer.

    `changed` are the cells that differ from those of the delivery's last answer.
    """
    described = storage.summary_of(delivery)["reading"]
    deadline = evaluate.time_for_a_check()
    collection = delivery.submission.collection.spec()
    try:
        outcome = evaluate.evaluate(delivery, frame, described, collection, delivered=None, deadline=deadline, changed=changed)
    except TookTooLong:
        raise CorrectionRefused(
            f"Kontrollen av filen tog längre tid än {deliver.SECONDS} sekunder och avbröts. Värdet är inte sparat. Försök igen om en stund."
        ) from None
    if not outcome.accepted:
        raise CorrectionRefused(f"Med det värdet skulle hela filen avvisas. {outcome.refusal}")
    return outcome


def _left_on(findings: pl.DataFrame, row: int) -> int:
    """How many findings that must be corrected or explained are on the row."""
    return findings.filter(pl.col("row") == row, pl.col("level") != "info").height
