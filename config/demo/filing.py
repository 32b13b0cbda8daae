"""How a made-up unit hands in: upload, mend, explain, Klarmarkera, each through its service at the time it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from django.utils import timezone

from accounts.models import User
from config.demo import texts
from submissions.frames import FIELD_NUMBERS, column
from submissions.models import Delivery, Receipt, Submission
from submissions.services import comments, correct, deliver, groups, issuing, review, storage
from submissions.spec import FEL


def upload(
    submission: Submission, content: bytes, name: str, *, by: User, at: datetime, is_test: bool = False
) -> Delivery:  # fmt: skip
    """Receive and check a file; the answer is there two seconds later."""
    delivery = deliver.receive_delivery(submission=submission, content=content, name=name, by=by, at=at, is_test=is_test)
    checked_at = at + timedelta(seconds=2)
    delivery = deliver.check_delivery(delivery=delivery, at=checked_at, content=content, clock=lambda: checked_at)
    submission.refresh_from_db()
    return delivery


def mend(delivery: Delivery, clean: bytes, *, by: User, at: datetime, most: int | None = None) -> Delivery:
    """Correct the rows that must be corrected, value by value, to what the file without slips says; at most so many values."""
    lines, made = clean.decode("cp1252").splitlines(), 0
    findings = storage.findings_of(delivery).filter(pl.col("level") == FEL, pl.col("row").is_not_null())
    frame = storage.current_frame(delivery)
    for row in sorted(set(findings["row"].to_list())):
        right = lines[row - 1].split(";")
        wrong = frame.filter(pl.col("row") == row)
        if wrong.is_empty():  # a row that could not be read as one
            continue
        cells = wrong.row(0, named=True)
        for number in FIELD_NUMBERS:
            if (cells[column(number)] or "") == right[number - 1]:
                continue
            if most is not None and made >= most:
                return delivery
            try:
                at += timedelta(minutes=1)
                revision = delivery.revision
                corrected = correct.correct(
                    delivery=delivery, row=row, field=number, value=right[number - 1], expected_revision=revision, by=by, at=at
                )
            except correct.CorrectionRefused:
                continue
            delivery, made = corrected.delivery, made + 1
    return delivery


def why_late(submission: Submission, at: datetime) -> issuing.Late | None:
    """Why it comes late, where it does."""
    if not issuing.is_late(submission, today=timezone.localdate(at)):
        return None
    return issuing.Late(Receipt.LateReason.PAYROLL_SYSTEM, texts.SEN)


def explain(submission: Submission, delivery: Delivery, *, by: User, at: datetime) -> int:
    """Explain what must be explained, a minute each; how many explanations it took."""
    given = 0
    for number, group in enumerate(groups.groups_of(submission, storage.findings_of(delivery))):
        if group.needs_comment:
            text = texts.EXPLANATIONS.get(group.check[:3], texts.EXPLANATIONS["fallback"])
            comments.comment_group(delivery=delivery, group_key=group.key, text=text, by=by, at=at + timedelta(minutes=number))
            given += 1
    delivery.refresh_from_db()
    submission.refresh_from_db()
    return given


def confirm(submission: Submission, delivery: Delivery, *, by: User, at: datetime) -> Receipt:
    """Klarmarkera the file as it stands."""
    receipt = review.hand_in(
        submission=submission,
        delivery=delivery,
        expected_revision=delivery.revision,
        late=why_late(submission, at),
        by=by,
        at=at,
    )
    submission.refresh_from_db()
    return receipt
