""" "Omfattas inte i år": the unit asks, SKR decides, also on its own, and may take the decision back.

What it does to the submission is `submissions.services.scope`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from deferrals import states
from deferrals.handling import cleaned, record, required, tell_unit
from deferrals.models import Deferral, Exemption
from profiles import access
from submissions.models import Submission
from submissions.services import deliver, scope

Status = Exemption.Status


@transaction.atomic
def request_exemption(*, submission: Submission, reason: str, text: str, by: User, at: datetime) -> Exemption:
    """The unit asks not to be part of the year. The same again while it waits gives the request that waits."""
    locked = deliver.lock(submission)
    access.check_can_submit(by, locked.unit)
    text = required(text, "Beskriv kort varför ni inte omfattas i år.")
    _check_reason(reason)
    waiting = Exemption.objects.filter(submission=locked, status=Status.REQUESTED, requested_by=by, reason=reason, text=text)
    if same := waiting.first():
        return same
    states.check_can_ask_to_be_exempt(locked, timezone.localdate(at))
    exemption = _made(locked, reason=reason, text=text, by=by, at=at)
    record("exemption:requested", locked, by, at)
    return exemption


@transaction.atomic
def take_back_exemption(*, exemption: Exemption, by: User, at: datetime) -> None:
    """The unit no longer asks for it."""
    _lock(exemption)
    access.check_can_submit(by, exemption.submission.unit)
    states.check_can_take_back(exemption, timezone.localdate(at))
    states.end(exemption, Status.WITHDRAWN, by=by, at=at)
    record("exemption:withdrawn", exemption.submission, by, at)


@transaction.atomic
def grant_exemption(*, exemption: Exemption, answer: str, by: User, at: datetime) -> None:
    """The unit hands nothing in this year; it leaves the lists of those that are late, and gets no reminders."""
    _lock(exemption)
    states.check_can_decide(by, exemption)
    _grant(exemption, cleaned(answer), by=by, at=at)


@transaction.atomic
def decline_exemption(*, exemption: Exemption, answer: str, by: User, at: datetime) -> None:
    """The unit is part of the year, with the reason why."""
    _lock(exemption)
    states.check_can_decide(by, exemption)
    answer = required(answer, "Skriv varför enheten omfattas.")
    states.decide(exemption, Status.DECLINED, by=by, at=at, answer=answer)
    record("exemption:declined", exemption.submission, by, at)
    tell_unit(exemption.submission, template="decided")


@transaction.atomic
def decide_exemption(*, submission: Submission, reason: str, text: str, by: User, at: datetime) -> Exemption:
    """SKR's own decision, without a request. `text` is shown to the unit."""
    locked = deliver.lock(submission)
    states.check_is_decider(by)
    text = required(text, "Skriv varför enheten inte omfattas i år.")
    _check_reason(reason)
    if Exemption.objects.filter(submission=locked, status=Status.REQUESTED).exists():
        raise NotAllowed("Enheten har själv bett om det. Svara på begäran i stället.")
    exemption = _made(locked, reason=reason, text=text, by=by, at=at)
    _grant(exemption, "", by=by, at=at)
    return exemption


@transaction.atomic
def revoke_exemption(*, exemption: Exemption, text: str, by: User, at: datetime) -> None:
    """The unit is part of the year after all, with the reason why; it stands where it stood."""
    _lock(exemption)
    states.check_can_revoke(by, exemption, timezone.localdate(at))
    if exemption.submission.collection.closed_at is not None:
        raise NotAllowed("Årets insamling är stängd.")
    text = required(text, "Skriv varför enheten omfattas.")
    states.end(exemption, Status.REVOKED, by=by, at=at, text=text)
    scope.include_again(submission=exemption.submission, by=by, at=at)
    record("exemption:revoked", exemption.submission, by, at)
    tell_unit(exemption.submission, template="decided")


def _check_reason(reason: str) -> None:
    if reason not in Exemption.Reason.values:
        raise NotAllowed("Välj ett skäl i listan.")


def _made(submission: Submission, *, reason: str, text: str, by: User, at: datetime) -> Exemption:
    try:
        with transaction.atomic():
            return Exemption.objects.create(submission=submission, reason=reason, text=text, requested_at=at, requested_by=by)
    except IntegrityError:
        raise NotAllowed("Det finns redan en begäran som väntar på svar.") from None


def _grant(exemption: Exemption, answer: str, *, by: User, at: datetime) -> None:
    submission = exemption.submission
    if submission.collection.closed_at is not None:
        raise NotAllowed("Årets insamling är stängd.")
    scope.exempt(submission=submission, by=by, at=at)
    states.decide(exemption, Status.GRANTED, by=by, at=at, answer=answer)
    record("exemption:granted", submission, by, at, exemption.get_reason_display())
    for waiting in Deferral.objects.filter(submission=submission, status=Status.REQUESTED):
        states.end(waiting, Status.REVOKED, by=by, at=at, text="Enheten omfattas inte i år och behöver inget uppskov.")
        record("deferral:revoked", submission, by, at)
    tell_unit(submission, template="decided")


def _lock(exemption: Exemption) -> None:
    """The submission's row, and the request as it stands then."""
    locked = deliver.lock(exemption.submission)
    exemption.refresh_from_db()
    exemption.submission = locked
