"""The sending: a mailing whose undo window is over is claimed, and each of its lines is carried out once.

A line is a transaction of its own with the mailing's row locked, its effect and its result together: a worker that is killed
leaves whole lines behind, and the next run takes up the rest. A run does so many lines that no other mail has to wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid5

import structlog
from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from config.lib.text import amount
from deferrals import extending, reminding
from deferrals.mailing import states
from deferrals.mailing.states import State
from deferrals.models import Mailing, MailingLine
from messaging.services import start_thread
from profiles import services as people
from profiles.models import Unit
from submissions.models import Submission

LINES_PER_RUN = 120  # each minute; the mails themselves go at limits.BULK_MAILS
Kind = Mailing.Kind
log = structlog.get_logger("deferrals")


def run_due(*, at: datetime, most: int = LINES_PER_RUN) -> int:
    """Claim what is due and carry out at most so many lines, the oldest mailing first; how many were."""
    Mailing.objects.filter(state=State.QUEUED, runs_at__lte=at).update(state=State.RUNNING)
    done = 0
    for key in list(Mailing.objects.filter(state=State.RUNNING).order_by("runs_at", "pk").values_list("pk", flat=True)):
        while done < most and run_next(key, at=at):
            done += 1
    return done


@transaction.atomic
def run_next(mailing_id: int, *, at: datetime) -> bool:
    """Carry out the next line; False where none is left, and the mailing is then done, or where it has been stopped."""
    mailing = Mailing.objects.select_for_update(of=("self",)).select_related("created_by", "collection").get(pk=mailing_id)
    if mailing.state != State.RUNNING:
        return False
    waiting = mailing.lines.filter(state=MailingLine.State.WAITING).select_related("unit")
    line = waiting.order_by("number", "pk").first()
    if line is None:
        _end(mailing, at)
        return False
    state, result = _carry_out(mailing, line, at)
    mailing.lines.filter(pk=line.pk).update(state=state, result=result[:300], at=at)
    return True


def _end(mailing: Mailing, at: datetime) -> None:
    states.move(mailing, State.DONE, start=State.RUNNING, ended_at=at)
    sent = mailing.lines.filter(state=MailingLine.State.DONE).count()
    failed = mailing.lines.filter(state=MailingLine.State.FAILED).count()
    what = f"utskick {mailing.pk}, {mailing.get_kind_display().lower()}"
    audit.record("mailing:done", object=what, result=f"{sent} skickade, {failed} gick inte", at=at)


def _carry_out(mailing: Mailing, line: MailingLine, at: datetime) -> tuple[MailingLine.State, str]:
    """The effect, whole or not at all, and what to write about it."""
    try:
        with transaction.atomic():
            states.check_may_send(mailing.created_by)
            return MailingLine.State.DONE, DOERS[Kind(mailing.kind)](mailing, line, at)
    except people.AlreadyThere as there:
        return MailingLine.State.LEFT_OUT, there.reason
    except NotAllowed as refusal:
        return MailingLine.State.FAILED, refusal.reason
    except Exception:  # one line that breaks must not hold up all others; the log tells why
        log.exception("mailing_line_failed", mailing=mailing.pk, line=line.number)
        return MailingLine.State.FAILED, "Ett fel i portalen. Det är loggat."


def _invite(mailing: Mailing, line: MailingLine, at: datetime) -> str:
    unit = _unit(line)
    earlier = mailing.lines.filter(unit=unit, number__lt=line.number, state=MailingLine.State.DONE)
    made = people.invite_member(
        unit=unit,
        email=line.email,
        name=line.name,
        role=line.role,
        by=mailing.created_by,
        at=at,
        in_bulk=True,
        tells=not earlier.exists(),
    )
    return "Fick rollen direkt." if made.invitation is None else "Inbjuden."


def _remind(mailing: Mailing, line: MailingLine, at: datetime) -> str:
    keys = {person["user"] for person in line.people}
    told = reminding.remind_unit(submission=_submission(mailing, line), only=keys, by=mailing.created_by, at=at)
    return f"{amount(told, 'mejl', 'mejl')}."


def _message(mailing: Mailing, line: MailingLine, at: datetime) -> str:
    unit, by = _unit(line), mailing.created_by
    thread = start_thread(
        unit=unit,
        category=mailing.category,
        subject=line.subject,
        text=line.text,
        by=by,
        at=at,
        nonce=uuid5(mailing.nonce, unit.code),
        year=mailing.collection.year if mailing.collection else None,
        draft=f"utskick-{mailing.pk}",
        in_bulk=True,
    )
    return f"Ärende {thread.pk}."


def _extend(mailing: Mailing, line: MailingLine, at: datetime) -> str:
    if mailing.new_date is None:
        raise NotAllowed("Utskicket har inget datum.")
    extending.extend(
        submission=_submission(mailing, line),
        day=mailing.new_date,
        text=mailing.text,
        nonce=mailing.nonce,
        by=mailing.created_by,
        at=at,
    )
    return f"Sista dag är {mailing.new_date.isoformat()}."


DOERS: dict[Kind, Callable[[Mailing, MailingLine, datetime], str]] = {
    Kind.INVITE: _invite,
    Kind.REMIND: _remind,
    Kind.MESSAGE: _message,
    Kind.EXTEND: _extend,
}
"""What each kind does with one line; gives the result in words, raises NotAllowed."""


def _unit(line: MailingLine) -> Unit:
    if line.unit is None:
        raise NotAllowed("Raden har ingen enhet.")
    return line.unit


def _submission(mailing: Mailing, line: MailingLine) -> Submission:
    found = Submission.objects.select_related("unit", "collection").filter(collection=mailing.collection, unit=line.unit).first()
    if found is None:
        raise NotAllowed("Enheten hör inte längre till årets insamling.")
    return found
