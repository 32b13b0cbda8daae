"""How a request moves, when it may be made and decided, and which dates it may name.

    Begärd -> Beviljad | Avslagen | Återtagen

A move is a conditional update; of two that come at once, one gets it. The rules raise `NotAllowed` with a sentence
for the page. Who may ask is `profiles.access.check_can_submit`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from accounts.access import NotAllowed
from accounts.models import User
from config.lib import workdays
from deferrals.models import Deferral
from submissions.models import Submission
from submissions.states import check_is_open, check_is_working

Status = Deferral.Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.GRANTED, Status.DECLINED, Status.WITHDRAWN}),
    Status.GRANTED: frozenset(),
    Status.DECLINED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}


def window(submission: Submission, on: date) -> tuple[date, date] | None:
    """The first and last workday that a new date may be: after the last day and today's past, within SKR's limit."""
    first = workdays.on_or_after(max(submission.due_date + timedelta(1), on))
    last = workdays.on_or_before(submission.collection.latest_deferral_date)
    return (first, last) if first <= last else None


def check_date(submission: Submission, day: date, on: date) -> None:
    """A new date is a workday within the window."""
    dates = window(submission, on)
    if dates is None:
        raise NotAllowed(_no_date_left(submission))
    first, last = dates
    if not first <= day <= last:
        raise NotAllowed(f"Välj ett datum från och med {first.isoformat()} till och med {last.isoformat()}.")
    if reason := workdays.closed_because(day):
        raise NotAllowed(f"{day.isoformat()} är {reason}. Välj en vardag.")


def check_can_request(submission: Submission, on: date) -> None:
    """Ask for a later date: the year is open, the unit has the ball, nothing waits, and there is a later date to give.

    Looks at `submission.deferrals.all()`, so a list that has prefetched them costs no query here.
    """
    check_is_open(submission, today=on)
    check_is_working(submission)
    if any(deferral.status == Status.REQUESTED for deferral in submission.deferrals.all()):
        raise NotAllowed("Ni har redan en begäran som väntar på svar.")
    if window(submission, on) is None:
        raise NotAllowed(_no_date_left(submission))


def check_can_withdraw(deferral: Deferral) -> None:
    """Take a request back while it waits."""
    _check_waits(deferral)


def check_can_decide(user: User, deferral: Deferral) -> None:
    """Grant or decline: SKR's samordnare, while the request waits."""
    if not user.has_perm("deferrals.decide_deferral"):
        raise NotAllowed("Bara SKR:s samordnare beslutar om uppskov.")
    _check_waits(deferral)


def move(deferral: Deferral, to: Status, *, by: User, at: datetime, **values: Any) -> None:
    """Move a waiting request, in the caller's transaction, with who decided and when. Raises NotAllowed if it has moved."""
    start = Status.REQUESTED
    if to not in TRANSITIONS[start]:
        raise NotAllowed(f"En begäran kan inte bli {to.label.lower()}.")
    moved = Deferral.objects.filter(pk=deferral.pk, status=start).update(status=to, decided_at=at, decided_by=by, **values)
    deferral.refresh_from_db()
    if not moved:
        _check_waits(deferral)


def _check_waits(deferral: Deferral) -> None:
    if deferral.status != Status.REQUESTED:
        raise NotAllowed(f"Begäran är redan {Status(deferral.status).label.lower()}.")


def _no_date_left(submission: Submission) -> str:
    latest = submission.collection.latest_deferral_date.isoformat()
    return f"Det senaste datum som SKR kan ge är {latest}. Skriv till SKR under Meddelanden om ni inte hinner."


def reason_against(check: Callable[..., None], *args: object) -> str:
    """The sentence that a rule answers with; empty where it lets through."""
    try:
        check(*args)
    except NotAllowed as refusal:
        return refusal.reason
    return ""


def can_request(submission: Submission, on: date) -> bool:
    """Whether `check_can_request` passes."""
    return not reason_against(check_can_request, submission, on)


def can_withdraw(deferral: Deferral) -> bool:
    """Whether `check_can_withdraw` passes."""
    return not reason_against(check_can_withdraw, deferral)


def can_decide(user: User, deferral: Deferral) -> bool:
    """Whether `check_can_decide` passes."""
    return not reason_against(check_can_decide, user, deferral)
