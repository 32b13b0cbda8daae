"""What SKR wants a unit to look at again, followed up: what is collected, what is sent, and what became of each point.

A point is mended when its group is gone from the file that counts, and open again should the group come back; it is
answered when the unit explains the group anew. `marking` collects points, `review.return_to_unit` sends them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import polars as pl
from django.db.models import Case, QuerySet, When

from submissions.checking.waivers import covering
from submissions.models import Delivery, ReviewPoint, Submission
from submissions.services import evaluate
from submissions.services.groups import groups_of


def send_points(submission: Submission, *, at: datetime) -> int:
    """Send what is collected, in the caller's transaction: how many points."""
    return ReviewPoint.objects.filter(submission=submission, sent_at=None).update(sent_at=at)


def collected(submission: Submission) -> list[ReviewPoint]:
    """The points that are not sent yet, in the order they were written."""
    found = ReviewPoint.objects.filter(submission=submission, sent_at=None)
    return list(found.select_related("by").order_by("at", "pk"))


def sent(submission: Submission) -> list[ReviewPoint]:
    """Those that the unit has been sent, the latest round first."""
    found = ReviewPoint.objects.filter(submission=submission, sent_at__isnull=False)
    return list(found.select_related("by").order_by("-sent_at", "at", "pk"))


def latest_round(submission: Submission) -> list[ReviewPoint]:
    """The points of the last return; none once SKR has approved, and no question where nothing was returned."""
    if not submission.return_reason:
        return []
    return list(_of_the_round(submission).select_related("by").order_by("at", "pk"))


def open_counts(submissions: Iterable[Submission]) -> Counter[int]:
    """How many points are open, by submission. One question, none where nothing was returned."""
    returned = [one.pk for one in submissions if one.return_reason]
    if not returned:
        return Counter()
    found = ReviewPoint.objects.open().filter(submission__in=returned).order_by("pk")
    return Counter(found.values_list("submission_id", flat=True))


def note_answer(submission: Submission, group_key: str, *, at: datetime | None) -> None:
    """The unit has explained the group anew, or with None taken the explanation away; in the caller's transaction."""
    points = _of_the_round(submission).filter(group=group_key)
    points.filter(answered_at__isnull=at is not None).update(answered_at=at)


def note_findings(submission: Submission, delivery: Delivery, *, findings: pl.DataFrame, at: datetime) -> None:
    """See which points the file that counts has mended, in the transaction that made it so.

    What SKR has given a dispens from since need not be mended.
    """
    if not delivery.is_current or not submission.return_reason:
        return
    points = _of_the_round(submission)
    decided = evaluate.waivers_of(delivery)
    groups = groups_of(submission, findings)
    waived = {one.key for one in groups if covering(decided, one.check, one.field, one.value) is not None}
    there = [one.key for one in groups if one.key not in waived]
    points.filter(resolved_at=None).exclude(group__in=there).update(
        resolved_at=at,
        resolved_version=delivery.version,
        resolved_by_waiver=Case(When(group__in=sorted(waived), then=True), default=False),
    )
    points.filter(resolved_at__isnull=False, group__in=there).update(
        resolved_at=None, resolved_version=None, resolved_by_waiver=False
    )


def _of_the_round(submission: Submission) -> QuerySet[ReviewPoint]:
    """The points of the last return. What became of an earlier round is not changed any more."""
    found = ReviewPoint.objects.filter(submission=submission, sent_at__isnull=False)
    return found.filter(sent_at=found.order_by("-sent_at").values("sent_at")[:1])
