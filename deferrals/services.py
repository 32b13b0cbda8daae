"""Ask for a later date, take the request back, grant or decline it. A granted date counts everywhere at once.

The mail about an answer says only that there is one.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import personnummer
from config.lib.mail import PortalMail
from deferrals import states
from deferrals.models import Deferral
from profiles import access
from submissions.models import Submission
from submissions.services.review import move_due_date

TEXT_LENGTH = 2000


@transaction.atomic
def request_deferral(*, submission: Submission, requested_date: date, reason: str, text: str, by: User, at: datetime) -> Deferral:
    """A request that waits for SKR. Raises NotAllowed with the sentence for the page."""
    today = timezone.localdate(at)
    access.check_can_submit(by, submission.unit)
    states.check_can_request(submission, today)
    states.check_date(submission, requested_date, today)
    text = _cleaned(text)
    if reason not in Deferral.Reason.values:
        raise NotAllowed("Välj ett skäl i listan.")
    if reason == Deferral.Reason.OTHER and not text:
        raise NotAllowed("Beskriv kort varför ni behöver mer tid.")
    try:
        with transaction.atomic():
            deferral = Deferral.objects.create(
                submission=submission,
                requested_date=requested_date,
                reason=reason,
                text=text,
                requested_at=at,
                requested_by=by,
            )
    except IntegrityError:
        raise NotAllowed("Ni har redan en begäran som väntar på svar.") from None
    _record("requested", deferral, by, at, requested_date.isoformat())
    return deferral


@transaction.atomic
def withdraw_deferral(*, deferral: Deferral, by: User, at: datetime) -> None:
    """Take a waiting request back."""
    access.check_can_submit(by, deferral.submission.unit)
    states.move(deferral, states.Status.WITHDRAWN, by=by, at=at)
    _record("withdrawn", deferral, by, at)


@transaction.atomic
def grant_deferral(*, deferral: Deferral, granted_date: date, answer: str, by: User, at: datetime) -> None:
    """Give a later date, the one asked for or another; it becomes the submission's last day everywhere."""
    states.check_can_decide(by, deferral)
    states.check_date(deferral.submission, granted_date, timezone.localdate(at))
    states.move(deferral, states.Status.GRANTED, by=by, at=at, granted_date=granted_date, answer=_cleaned(answer))
    move_due_date(submission=deferral.submission, to=granted_date, by=by, at=at, text="SKR har beviljat uppskov.")
    _record("granted", deferral, by, at, granted_date.isoformat())
    _tell_unit(deferral)


@transaction.atomic
def decline_deferral(*, deferral: Deferral, answer: str, by: User, at: datetime) -> None:
    """Say no, with the reason why: the last day stays."""
    states.check_can_decide(by, deferral)
    answer = _cleaned(answer)
    if not answer:
        raise NotAllowed("Skriv varför det inte går att ge uppskov.")
    states.move(deferral, states.Status.DECLINED, by=by, at=at, answer=answer)
    _record("declined", deferral, by, at)
    _tell_unit(deferral)


def _cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > TEXT_LENGTH:
        raise NotAllowed(f"Texten får vara högst {TEXT_LENGTH} tecken.")
    if personnummer.LOOKS_LIKE.search(text):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Ta bort det; det behövs inte här.")
    return text


def _record(outcome: str, deferral: Deferral, by: User, at: datetime, result: str = "") -> None:
    submission = deferral.submission
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(f"deferral:{outcome}", by=by, unit=submission.unit.code, object=name, result=result, at=at)


def _tell_unit(deferral: Deferral) -> None:
    unit = deferral.submission.unit
    for person in access.people_with(unit, access.MAY_SUBMIT):
        PortalMail("deferrals/answered", to=person.email, context={"unit": unit.name}).send()
