"""SKR gives a unit a later last day of its own accord: an uppskov that nobody asked for, with the same history and effect."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from deferrals import states
from deferrals.handling import record, required, tell_unit
from deferrals.models import Deferral
from submissions.models import Submission
from submissions.services import deliver
from submissions.services.review import move_due_date

Status = Deferral.Status


def check_can_extend(submission: Submission, day: date, on: date) -> None:
    """The unit still has the ball, nothing that it asked for waits, and the day is a later workday within the year's limit.

    Looks at the deferrals and exemptions of the submission, which a list has prefetched. Raises NotAllowed.
    """
    if submission.exempt_at is not None:
        raise NotAllowed("Enheten omfattas inte i år.")
    states.check_needs_it(submission)
    if any(asked.is_waiting for asked in (*submission.deferrals.all(), *submission.exemptions.all())):
        raise NotAllowed("Enheten har en begäran som väntar på beslut.")
    states.check_date(submission, day, on)


@transaction.atomic
def extend(*, submission: Submission, day: date, text: str, nonce: UUID, by: User, at: datetime) -> Deferral:
    """Give the later day, with the reason that the unit reads; the same `nonce` again gives what it made. Raises NotAllowed."""
    states.check_is_decider(by)
    locked = deliver.lock(submission)
    before = Deferral.objects.filter(nonce=nonce, submission=locked, requested_by=by).first()
    if before is not None:
        return before
    check_can_extend(locked, day, timezone.localdate(at))
    made = Deferral.objects.create(
        submission=locked,
        requested_date=day,
        reason=Deferral.Reason.OTHER,
        text=required(text, "Skriv varför enheterna får mer tid."),
        nonce=nonce,
        requested_at=at,
        requested_by=by,
    )
    states.decide(made, Status.GRANTED, by=by, at=at, granted_date=day)
    move_due_date(submission=locked, to=day, by=by, at=at, text="SKR har gett enheten mer tid.")
    record("deferral:granted", locked, by, at, f"{day.isoformat()}, på SKR:s eget beslut")
    tell_unit(locked, template="decided", in_bulk=True)
    return made
