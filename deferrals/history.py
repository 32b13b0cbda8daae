"""Everything that was asked and decided about a submission, for the unit's page and SKR's: both sides read the same."""

from __future__ import annotations

from typing import Any

from deferrals.models import Deferral, UnitRequest
from submissions.models import Submission

Status = UnitRequest.Status
TONES = {
    Status.REQUESTED: "info",
    Status.GRANTED: "success",
    Status.DECLINED: "warning",
    Status.WITHDRAWN: "neutral",
    Status.REVOKED: "warning",
}


def history_of(submission: Submission) -> list[dict[str, Any]]:
    """The requests of a submission that was read by `due_dates.with_requests`, newest first."""
    asked: list[UnitRequest] = [*submission.deferrals.all(), *submission.exemptions.all()]
    newest = sorted(asked, key=lambda one: (one.requested_at, one.pk), reverse=True)
    return [{"request": one, "tone": TONES[Status(one.status)], "is_deferral": isinstance(one, Deferral)} for one in newest]
