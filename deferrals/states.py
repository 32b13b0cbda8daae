"""How a request moves, when it may be made, decided and ended, and which dates it may name.

    Begärd -> Beviljad | Avslagen | Återtagen (by the unit) | Upphävd (by SKR: it is not needed any more)
    Beviljad -> Återtagen (by the unit) | Upphävd (by SKR)

Uppskov and "omfattas inte i år" move alike. A move is a conditional update; of two that come at once, one gets it. The
rules raise `NotAllowed` with a sentence for the page. Who may ask is `profiles.access.check_can_submit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from accounts.access import NotAllowed
from accounts.models import User
from config.lib import workdays
from deferrals.models import Deferral, UnitRequest
from submissions.models import Submission
from submissions.states import WORKING, check_is_open, check_is_working

Status = UnitRequest.Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.GRANTED, Status.DECLINED, Status.WITHDRAWN, Status.REVOKED}),
    Status.GRANTED: frozenset({Status.WITHDRAWN, Status.REVOKED}),
    Status.DECLINED: frozenset(),
    Status.WITHDRAWN: frozenset(),
    Status.REVOKED: frozenset(),
}

# Which dates ---------------------------------------------------------------------------------------------------------


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


def direct_until(submission: Submission, on: date) -> date | None:
    """The last day that a request made now is given without SKR's decision; None where SKR decides.

    The collection's rule: the first request of the year, at most so many days past the ordinary last day. A request that
    was taken back does not count, so a slip can be mended; one that SKR has answered does.
    """
    until = submission.collection.direct_deferral_until
    answered = any(one.status not in (Status.REQUESTED, Status.WITHDRAWN) for one in submission.deferrals.all())
    dates = window(submission, on)
    if until is None or answered or dates is None:
        return None
    last = workdays.on_or_before(until)
    return last if dates[0] <= last else None


def in_force(deferrals: Iterable[Deferral]) -> Deferral | None:
    """The granted request whose date counts: the latest, since each gives a later date than the one before."""
    granted = [one for one in deferrals if one.status == Status.GRANTED and one.granted_date]
    return max(granted, key=lambda one: (one.granted_date, one.decided_at, one.pk), default=None)


def date_without(deferral: Deferral) -> date | None:
    """The granted date that counts again if this one does not; None for the collection's own last day."""
    others = [one for one in deferral.submission.deferrals.all() if one.pk != deferral.pk]
    before = in_force(others)
    return before.granted_date if before else None


# What the unit may do ------------------------------------------------------------------------------------------------


def check_can_request(submission: Submission, on: date) -> None:
    """Ask for a later date: the year is open, the unit has the ball, nothing waits, and there is a later date to give.

    Looks at `submission.deferrals.all()`, so a list that has prefetched them costs no query here.
    """
    check_is_open(submission, today=on)
    check_is_working(submission)
    if any(deferral.is_waiting for deferral in submission.deferrals.all()):
        raise NotAllowed("Ni har redan en begäran som väntar på svar.")
    if window(submission, on) is None:
        raise NotAllowed(_no_date_left(submission))


def check_can_ask_to_be_exempt(submission: Submission, on: date) -> None:
    """Ask not to be part of the year: it is open, the unit has the ball, and nothing waits."""
    check_is_open(submission, today=on)
    check_is_working(submission)
    if any(exemption.is_waiting for exemption in submission.exemptions.all()):
        raise NotAllowed("Ni har redan en begäran som väntar på svar.")


def check_can_take_back(request: UnitRequest, on: date) -> None:
    """The unit takes a request back while it waits; a granted date also later, as long as nobody is late by it."""
    if request.is_waiting:
        return
    if isinstance(request, Deferral) and request.status == Status.GRANTED:
        check_is_open(request.submission, today=on)
        check_is_working(request.submission)
        _check_can_end_date(request, on)
        return
    raise NotAllowed(f"Begäran är redan {Status(request.status).label.lower()}.")


def _check_can_end_date(deferral: Deferral, on: date) -> None:
    submission = deferral.submission
    current = in_force(submission.deferrals.all())
    if current is None or current.pk != deferral.pk:
        raise NotAllowed("Ett senare uppskov gäller nu. Det här datumet har ingen verkan längre.")
    back = date_without(deferral) or submission.collection.due_date
    if back < on:
        raise NotAllowed(f"Utan uppskovet var sista dagen {back.isoformat()}, som har gått. Uppskovet kan inte tas bort nu.")


# What SKR may do -----------------------------------------------------------------------------------------------------


def check_is_decider(user: User) -> None:
    """SKR's samordnare."""
    if not user.has_perm("deferrals.decide_deferral"):
        raise NotAllowed("Bara SKR:s samordnare beslutar om uppskov och om vilka som omfattas.")


def check_can_decide(user: User, request: UnitRequest) -> None:
    """Grant or decline, while the request waits."""
    check_is_decider(user)
    if not request.is_waiting:
        raise NotAllowed(f"Begäran är redan {Status(request.status).label.lower()}.")


def check_can_grant(user: User, deferral: Deferral) -> None:
    """Give a later date: the request waits, and the unit still needs it."""
    check_can_decide(user, deferral)
    check_needs_it(deferral.submission)


def check_needs_it(submission: Submission) -> None:
    """The last day still matters: the year is open and the unit has the ball."""
    if submission.collection.closed_at is not None:
        raise NotAllowed("Årets insamling är stängd. Sista dagen kan inte ändras.")
    if submission.status not in WORKING:
        raise NotAllowed(f"Inlämningen är {submission.get_status_display().lower()}. Sista dagen kan inte ändras.")


def check_can_revoke(user: User, request: UnitRequest, on: date) -> None:
    """Take back what was granted: an exemption, or a date as long as nobody is late by it."""
    check_is_decider(user)
    if request.status != Status.GRANTED:
        raise NotAllowed(f"Begäran är {Status(request.status).label.lower()} och kan inte upphävas.")
    if isinstance(request, Deferral):
        check_needs_it(request.submission)
        _check_can_end_date(request, on)


def move(request: UnitRequest, to: Status, *, start: Status = Status.REQUESTED, **values: Any) -> None:
    """Move the request from `start`, in the caller's transaction. Raises NotAllowed if it has moved meanwhile."""
    if to not in TRANSITIONS[start]:
        raise NotAllowed(f"En begäran som är {start.label.lower()} kan inte bli {to.label.lower()}.")
    moved = type(request)._default_manager.filter(pk=request.pk, status=start).update(status=to, **values)
    request.refresh_from_db(fields=sorted({"status", "decided_at", "decided_by", "ended_at", "ended_by", *values}))
    if not moved:
        raise NotAllowed(f"Någon hann före: begäran är redan {Status(request.status).label.lower()}.")


def decide(request: UnitRequest, to: Status, *, by: User | None, at: datetime, **values: Any) -> None:
    """Answer what waits; `by` is nobody where the collection's rule answers."""
    move(request, to, decided_by=by, decided_at=at, **values)


def end(request: UnitRequest, to: Status, *, by: User, at: datetime, text: str = "") -> None:
    """Take back or revoke, from where the request stands."""
    move(request, to, start=Status(request.status), ended_by=by, ended_at=at, end_text=text)


def _no_date_left(submission: Submission) -> str:
    latest = submission.collection.latest_deferral_date.isoformat()
    return f"Det senaste datum som SKR kan ge är {latest}. Skriv till SKR under Meddelanden om ni inte hinner."


# Boolean twins -------------------------------------------------------------------------------------------------------


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


def can_take_back(request: UnitRequest, on: date) -> bool:
    """Whether `check_can_take_back` passes."""
    return not reason_against(check_can_take_back, request, on)


def can_decide(user: User, request: UnitRequest) -> bool:
    """Whether `check_can_decide` passes."""
    return not reason_against(check_can_decide, user, request)


def can_revoke(user: User, request: UnitRequest, on: date) -> bool:
    """Whether `check_can_revoke` passes."""
    return not reason_against(check_can_revoke, user, request, on)
