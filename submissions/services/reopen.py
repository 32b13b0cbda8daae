"""Open again what SKR has approved: the unit asks with a reason, SKR grants or refuses.

The receipt, and the data that was approved with it, hold until the unit has handed in anew, and again where that is taken
back (`services.issuing`, `evaluate.last_years`).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import one_line
from profiles import access
from submissions import states
from submissions.models import ReopenRequest, Submission
from submissions.services import deliver
from submissions.services.review import current_delivery, refuse_personnummer, tell_unit, with_text

Outcome = ReopenRequest.Outcome
Status = Submission.Status


def open_request(submission: Submission) -> ReopenRequest | None:
    """The request that waits for SKR's answer."""
    waiting = ReopenRequest.objects.filter(submission=submission, outcome="").select_related("asked_by")
    return waiting.order_by("pk").first()


@transaction.atomic
def ask_to_reopen(*, submission: Submission, reason: str, by: User, at: datetime) -> ReopenRequest:
    """Ask SKR. A second request while one waits is answered with the first."""
    locked = deliver.lock(submission)
    states.check_can_ask_to_reopen(by, locked)
    waiting = open_request(locked)
    if waiting is not None:
        return waiting
    reason = one_line(reason)
    if not reason:
        raise NotAllowed("Skriv vad som behöver ändras och varför.")
    refuse_personnummer(reason)
    asked = ReopenRequest.objects.create(submission=locked, reason=reason, asked_by=by, asked_at=at)
    states.note(locked, by=by, at=at, text=with_text("Bad SKR öppna inlämningen igen.", reason))
    _record("submission:reopen:asked", locked, by, at)
    return asked


@transaction.atomic
def take_back_request(*, submission: Submission, by: User, at: datetime) -> None:
    """The unit no longer wants it opened."""
    locked = deliver.lock(submission)
    access.check_can_submit(by, locked.unit)
    _decide(locked, Outcome.TAKEN_BACK, "", by=by, at=at)
    states.note(locked, by=by, at=at, text="Begäran om att öppna inlämningen igen togs tillbaka.")
    _record("submission:reopen:taken_back", locked, by, at)


@transaction.atomic
def grant_request(*, submission: Submission, answer: str = "", by: User, at: datetime) -> None:
    """SKR opens the submission: the unit works again, and what was approved holds meanwhile."""
    locked = deliver.lock(submission)
    states.check_can_reopen(by, locked)
    refuse_personnummer(answer)
    _decide(locked, Outcome.GRANTED, answer, by=by, at=at)
    to = Status.UNDER_REVIEW if current_delivery(locked) else Status.NOT_STARTED
    text = "Öppnad igen. Den tidigare klarmarkeringen gäller tills ni har klarmarkerat igen."
    states.move(locked, to, by=by, at=at, text=with_text(text, answer))
    _record("submission:reopen:granted", locked, by, at)
    tell_unit(locked, "reopen_answered", outcome="öppnat inlämningen igen")


@transaction.atomic
def refuse_request(*, submission: Submission, answer: str, by: User, at: datetime) -> None:
    """SKR does not open it, and says why."""
    locked = deliver.lock(submission)
    states.check_can_review(by)
    if not answer.strip():
        raise NotAllowed("Skriv varför inlämningen inte öppnas igen.")
    refuse_personnummer(answer)
    _decide(locked, Outcome.REFUSED, answer, by=by, at=at)
    states.note(locked, by=by, at=at, text=with_text("SKR öppnar inte inlämningen igen.", answer))
    _record("submission:reopen:refused", locked, by, at)
    tell_unit(locked, "reopen_answered", outcome="svarat att inlämningen inte öppnas igen")


def _decide(submission: Submission, outcome: Outcome, answer: str, *, by: User, at: datetime) -> None:
    """Answer the request that waits. Raises `NotAllowed` where none does: somebody else was first, or the page was old."""
    waiting = ReopenRequest.objects.filter(submission=submission, outcome="")
    if not waiting.update(outcome=outcome, answer=one_line(answer), decided_by=by, decided_at=at):
        raise NotAllowed("Det finns ingen begäran som väntar på svar. Ladda om sidan.")


def _record(code: str, submission: Submission, by: User, at: datetime) -> None:
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, at=at)
