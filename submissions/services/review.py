"""Hand in and take back (the unit), take up, approve and return (SKR), and the date by which all this is due."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib.mail import PortalMail
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import amount
from profiles import access
from submissions import receipts, states
from submissions.models import Delivery, Receipt, Submission
from submissions.services import deliver, issuing, points
from submissions.services.issuing import Late

Status = Submission.Status
SEE_THE_POINTS = "Se över det som står vid anmärkningarna."


def current_delivery(submission: Submission) -> Delivery | None:
    """The file that counts, without its large columns."""
    return Delivery.objects.light().kept().filter(submission=submission, is_current=True).select_related("uploaded_by").first()


@transaction.atomic
def hand_in(
    *, submission: Submission, delivery: Delivery, expected_revision: int, late: Late | None = None, by: User, at: datetime
) -> Receipt:
    """Klarmarkera the current file as the person saw it. Pressed twice, or by two at once, it gives the same receipt.

    Raises `NotAllowed` where something is left, the file has been replaced or a value has been changed meanwhile, and
    `ReasonNeeded` where the last day is over and nobody has said why.
    """
    locked = deliver.lock(submission)
    current = _current_with_frame(locked)
    same = issuing.receipt_in_force(locked) if locked.status == Status.HANDED_IN else None
    if same is not None and same.delivery_id == delivery.pk:
        return same
    if current is None:
        raise NotAllowed("Det finns ingen fil att klarmarkera.")
    states.check_can_hand_in(by, locked, current, today=timezone.localdate(at))
    _refuse_change(locked, current, delivery, expected_revision)
    receipt = issuing.issue(locked, current, late=_why_late(locked, late, at), by=by, at=at)
    _hand_in(locked, receipt, f"Klarmarkerad, version {current.version}.", by=by, at=at)
    return receipt


@transaction.atomic
def hand_in_nobody(
    *, submission: Submission, expected_version: int | None, late: Late | None = None, by: User, at: datetime
) -> Receipt:
    """Hand in the statement that nobody was employed on the measurement day. Twice gives the same receipt.

    A current file, which the person saw as `expected_version` (0 for none), is set aside: it no longer counts. Raises `NotAllowed`, and `ReasonNeeded` as `hand_in`.
    """
    locked = deliver.lock(submission)
    same = issuing.receipt_in_force(locked) if locked.status == Status.HANDED_IN else None
    if same is not None and same.delivery_id is None:
        return same
    states.check_can_state_nobody(by, locked, today=timezone.localdate(at))
    _refuse_waiting(locked)
    current = current_delivery(locked)
    if expected_version != (current.version if current else 0):
        raise NotAllowed("Någon har lämnat en ny fil sedan du öppnade sidan. Öppna den igen och se vad som gäller.")
    late = _why_late(locked, late, at)
    Delivery.objects.filter(submission=locked, is_current=True).update(is_current=False)
    receipt = issuing.issue(locked, None, late=late, set_aside=current.version if current else None, by=by, at=at)
    text = f"{receipts.NOBODY}."
    if current is not None:
        text += f" Version {current.version} räknas inte."
    _hand_in(locked, receipt, text, by=by, at=at)
    return receipt


class ReasonNeeded(NotAllowed):
    """The last day is over, and the hand-in does not say why it comes late."""


def _why_late(submission: Submission, late: Late | None, at: datetime) -> Late | None:
    """Why the hand-in is late, none where it is not (any longer); raises `ReasonNeeded` where it is and says nothing."""
    if not issuing.is_late(submission, today=timezone.localdate(at)):
        return None
    if late is None:
        raise ReasonNeeded(f"Sista dagen var {submission.due_date.isoformat()}. Välj varför inlämningen kommer sent.")
    refuse_personnummer(late.text)
    return late


def _hand_in(submission: Submission, receipt: Receipt, text: str, *, by: User, at: datetime) -> None:
    late = " Efter sista dagen." if receipt.late_reason else ""
    states.move(submission, Status.HANDED_IN, by=by, at=at, text=f"{text}{late} Kvittens {receipt.code}.")
    tell_unit(submission, "handed_in", receipt=receipt.code)


def _current_with_frame(submission: Submission) -> Delivery | None:
    current = (
        Delivery.objects.select_for_update()
        .defer("content_sealed", "frame_sealed")
        .filter(submission=submission, is_current=True)
        .first()
    )
    if current is not None:
        current.submission = submission
    return current


def _refuse_change(submission: Submission, current: Delivery, seen: Delivery, revision: int) -> None:
    """Raise `NotAllowed` where the file is not the one on the page that was confirmed."""
    if current.pk != seen.pk:
        raise NotAllowed("En nyare fil har ersatt den du såg. Se över den nya filen och klarmarkera igen.")
    if current.revision != revision:
        raise NotAllowed("Någon har rättat ett värde sedan du öppnade sidan. Se över uppgifterna och klarmarkera igen.")
    _refuse_waiting(submission)


def _refuse_waiting(submission: Submission) -> None:
    if Delivery.objects.filter(submission=submission, status=Delivery.Status.RECEIVED, is_test=False).exists():
        raise NotAllowed("En nyare fil är mottagen men inte färdigkontrollerad. Vänta en stund och ladda om sidan.")


def tell_unit(submission: Submission, template: str, **values: str) -> None:
    """A mail without data to everybody who hands in for the unit: what happened, and the start page's address."""
    unit = submission.unit
    for person in access.people_with(unit, access.MAY_SUBMIT):
        context = {"unit": unit.name, "year": submission.collection.year, **values}
        PortalMail(f"submissions/{template}", to=person.email, context=context).send()


@transaction.atomic
def withdraw(*, submission: Submission, by: User, at: datetime) -> Receipt | None:
    """Take the hand-in back, until SKR has begun. Its receipt stays, marked as no longer in force.

    A file that the statement of nobody employed had set aside counts again, if it is still there. So does the receipt of
    what SKR had approved before it was opened again, which is given back.
    """
    locked = deliver.lock(submission)
    states.check_can_withdraw(by, locked, today=timezone.localdate(at))
    receipt = issuing.receipt_in_force(locked)
    if receipt is not None and receipt.delivery_id is None:
        version = issuing.kept_of(receipt).set_aside or 0
        kept = Delivery.objects.kept().filter(submission=locked, version=version, status=Delivery.Status.CHECKED, is_test=False)
        kept.update(is_current=True)
    to = Status.UNDER_REVIEW if current_delivery(locked) else Status.NOT_STARTED
    holds = issuing.take_back(locked, at)
    again = f"Kvittens {holds.code}, som SKR har godkänt, gäller igen." if holds else ""
    states.move(locked, to, by=by, at=at, text=with_text("Klarmarkeringen togs tillbaka.", again))
    return holds


@transaction.atomic
def begin_review(*, submission: Submission, by: User, at: datetime) -> None:
    """SKR takes the submission up; the person becomes its handler."""
    locked = deliver.lock(submission)
    states.check_can_begin_review(by, locked)
    states.move(locked, Status.SKR_REVIEW, by=by, at=at, text="SKR har börjat granska.")
    Submission.objects.filter(pk=locked.pk).update(handler=by)


@transaction.atomic
def approve(*, submission: Submission, by: User, at: datetime, text: str = "") -> None:
    """SKR approves. `text` is shown to the unit."""
    locked = deliver.lock(submission)
    states.check_can_approve(by, locked)
    refuse_personnummer(text)
    states.move(locked, Status.APPROVED, by=by, at=at, text=with_text("SKR har godkänt uppgifterna.", text))
    Submission.objects.filter(pk=locked.pk).update(return_reason="")
    tell_unit(locked, "approved")


@transaction.atomic
def return_to_unit(*, submission: Submission, reason: str, by: User, at: datetime) -> None:
    """SKR sends it back with a reason, and with the points that are collected, which the unit reads.

    The reason may be left out where there are points. The receipt is no longer in force.
    """
    locked = deliver.lock(submission)
    states.check_can_return(by, locked)
    sent = points.send_points(locked, at=at)
    reason = reason.strip() or (SEE_THE_POINTS if sent else "")
    if not reason:
        raise NotAllowed("Skriv vad enheten ska se över.")
    refuse_personnummer(reason)
    told = f" med {amount(sent, 'punkt', 'punkter')}" if sent else ""
    states.move(locked, Status.RETURNED, by=by, at=at, text=with_text(f"SKR har skickat tillbaka inlämningen{told}.", reason))
    Submission.objects.filter(pk=locked.pk).update(return_reason=reason)
    issuing.end_receipt(locked, at)
    tell_unit(locked, "returned")


@transaction.atomic
def move_due_date(*, submission: Submission, to: date | None, by: User, at: datetime, text: str = "") -> None:
    """Give this unit a last day of its own, or with None the collection's again. Refuses a date past the year's latest."""
    locked = deliver.lock(submission)
    collection = locked.collection
    if to is not None and to > collection.latest_deferral_date:
        raise NotAllowed(f"Senaste möjliga datum är {collection.latest_deferral_date.isoformat()}.")
    if to is not None and to < collection.opens_on:
        raise NotAllowed(f"Datumet ligger före insamlingens början, {collection.opens_on.isoformat()}.")
    Submission.objects.filter(pk=locked.pk).update(granted_due_date=to)
    day = (to or collection.due_date).isoformat()
    states.note(locked, by=by, at=at, text=with_text(f"Sista dag är {day}.", text))
    audit.record(
        "submission:due_date", by=by, unit=locked.unit.code, object=f"{locked.unit.code}/{collection.year}", result=day, at=at
    )


def refuse_personnummer(text: str) -> None:
    """Raise `NotAllowed` where the text has one. The history is kept in clear: single persons are written about under Meddelanden only."""
    if LOOKS_LIKE.search(text):
        raise NotAllowed("Skriv inte personnummer här. Uppgifter om enskilda personer skrivs under Meddelanden.")


def with_text(sentence: str, text: str) -> str:
    """The sentence of an event with what a person added."""
    return f"{sentence} {text.strip()}".strip()[:400]
