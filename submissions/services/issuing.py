"""Receipts: issued at the hand-in, kept with what was signed, and ended when the hand-in no longer holds.

What was signed (the control sums and the whole signed text) is sealed with the receipt, so that it can be shown and fetched
as it was when the file is long gone, a person has another name or the key is another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from config.lib import context, sealed
from submissions import receipts
from submissions.models import Comment, Delivery, Receipt, Submission, SubmissionEvent
from submissions.services import storage
from submissions.services.groups import groups_of
from submissions.summaries import Line, control_sums

Status = Submission.Status
REOPENED = frozenset({Status.NOT_STARTED, Status.RECEIVED, Status.UNDER_REVIEW})  # with a receipt in force


@dataclass(frozen=True, slots=True)
class Late:
    """Why a hand-in comes after the last day."""

    reason: Receipt.LateReason
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a receipt keeps sealed."""

    lines: tuple[Line, ...]
    text: str
    set_aside: int | None  # the version that no longer counted once nobody was said to be employed


def receipt_in_force(submission: Submission) -> Receipt | None:
    """The receipt of the hand-in that holds now."""
    receipts_now = Receipt.objects.filter(submission=submission, withdrawn_at=None)
    newest = receipts_now.select_related("issued_by").order_by("-issued_at", "-pk")
    return context.remember(("receipt", submission.pk), newest.first)


def reopened(submission: Submission) -> Receipt | None:
    """The receipt that still holds while the unit works again: SKR has opened what it had approved."""
    return receipt_in_force(submission) if submission.status in REOPENED else None


def reopened_among(submissions: Iterable[Submission]) -> set[int]:
    """The keys of those that `reopened` gives a receipt for."""
    working = [one.pk for one in submissions if one.status in REOPENED]
    return set(Receipt.objects.filter(submission__in=working, withdrawn_at=None).values_list("submission", flat=True))


def issue(
    submission: Submission, delivery: Delivery | None, *, late: Late | None, set_aside: int | None = None, by: User, at: datetime
) -> Receipt:
    """The receipt of the current file, or without one of the statement that nobody was employed. An earlier one ends."""
    end_receipt(submission, at)
    lines = control_sums(storage.current_frame(delivery)) if delivery else ()
    receipt = Receipt(
        submission=submission,
        delivery=delivery,
        issued_at=at,
        issued_by=by,
        late_reason=late.reason if late else "",
        late_text=late.text if late else "",
        **(_counts(submission, delivery) if delivery else {"rows": 0, "corrections": 0, "comments": 0}),
    )
    kept = {"lines": [asdict(line) for line in lines], "text": receipts.signed_text(receipt, lines), "set_aside": set_aside}
    receipt.figures_sealed = sealed.seal_text(receipt, "figures_sealed", json.dumps(kept, ensure_ascii=False))
    receipt.save(force_insert=True)
    return receipt


def _counts(submission: Submission, delivery: Delivery) -> dict[str, Any]:
    keys = {group.key for group in groups_of(submission, storage.findings_of(delivery))}
    return {
        "sha256": delivery.sha256,
        "data_sha256": receipts.data_sha256(storage.current_frame(delivery)),
        "rows": delivery.rows or 0,
        "corrections": storage.count_corrections(delivery),
        "comments": Comment.objects.filter(submission=submission, replaced_at=None, group__in=keys).count(),
    }


def end_receipt(submission: Submission, at: datetime) -> None:
    """The receipt in force, if any, no longer is."""
    Receipt.objects.filter(submission=submission, withdrawn_at=None).update(withdrawn_at=at)


def take_back(submission: Submission, at: datetime) -> Receipt | None:
    """The hand-in that holds no longer does. The receipt that it replaced, of what SKR had opened again, holds again."""
    taken_back = receipt_in_force(submission)
    end_receipt(submission, at)
    if taken_back is None:
        return None
    replaced = Receipt.objects.filter(submission=submission, withdrawn_at=taken_back.issued_at).exclude(pk=taken_back.pk)
    replaced.update(withdrawn_at=None)
    return receipt_in_force(submission)


def kept_of(receipt: Receipt) -> Kept:
    """What the receipt keeps sealed; nothing for one from before that was kept."""
    if receipt.figures_sealed is None:
        return Kept((), "", None)
    kept = json.loads(sealed.open_column(receipt, "figures_sealed"))
    return Kept(tuple(Line(**line) for line in kept["lines"]), kept["text"], kept["set_aside"])


def is_late(submission: Submission, *, today: date) -> bool:
    """Whether a hand-in now comes after the last day.

    Not where the unit handed in by that day and SKR, not the unit, has sent it back or opened it since.
    """
    if today <= submission.due_date:
        return False
    midnight = timezone.make_aware(datetime.combine(submission.due_date + timedelta(days=1), time.min))
    holds = receipt_in_force(submission)
    if holds is not None and holds.issued_at < midnight:
        return False
    in_time = Receipt.objects.filter(submission=submission, issued_at__lt=midnight).order_by("-issued_at", "-pk").first()
    if in_time is None:
        return True
    taken_back = {"from_status": Status.HANDED_IN, "to_status__in": [Status.UNDER_REVIEW, Status.NOT_STARTED]}
    return SubmissionEvent.objects.filter(submission=submission, at__gte=in_time.issued_at, **taken_back).exists()
