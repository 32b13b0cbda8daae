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
from profiles import access
from submissions import receipts, states
from submissions.models import Comment, Correction, Delivery, Receipt, Submission
from submissions.services import deliver, storage
from submissions.services.groups import groups_of

Status = Submission.Status


def current_delivery(submission: Submission) -> Delivery | None:
    """The file that counts, without its large columns."""
    return Delivery.objects.light().kept().filter(submission=submission, is_current=True).select_related("uploaded_by").first()


def receipt_in_force(submission: Submission) -> Receipt | None:
    """The receipt of the hand-in that holds now."""
    receipts_now = Receipt.objects.filter(submission=submission, withdrawn_at=None)
    return receipts_now.select_related("issued_by").order_by("-issued_at", "-pk").first()


@transaction.atomic
def hand_in(*, submission: Submission, delivery: Delivery, expected_revision: int, by: User, at: datetime) -> Receipt:
    """Klarmarkera the current file as the person saw it. Pressed twice, or by two at once, it gives the same receipt.

    Raises `NotAllowed` where something is left, the file has been replaced or a value has been changed meanwhile.
    """
    locked = deliver.lock(submission)
    current = _current_with_frame(locked)
    if locked.status == Status.HANDED_IN and current is not None and current.pk == delivery.pk:
        receipt = receipt_in_force(locked)
        if receipt is not None:
            return receipt
    if current is None:
        raise NotAllowed("Det finns ingen fil att klarmarkera.")
    states.check_can_hand_in(by, locked, current, today=timezone.localdate(at))
    _refuse_change(locked, current, delivery, expected_revision)
    if locked.status == Status.RETURNED:
        states.move(locked, Status.UNDER_REVIEW, by=by, at=at, text="Uppgifterna är sedda över.")
    receipt = _issue(locked, current, by=by, at=at)
    states.move(locked, Status.HANDED_IN, by=by, at=at, text=f"Klarmarkerad, version {current.version}. Kvittens {receipt.code}.")
    _tell_unit(locked, "handed_in", receipt=receipt.code)
    return receipt


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
    if Delivery.objects.filter(submission=submission, status=Delivery.Status.RECEIVED, is_test=False).exists():
        raise NotAllowed("En nyare fil är mottagen men inte färdigkontrollerad. Vänta en stund och ladda om sidan.")


def _issue(submission: Submission, delivery: Delivery, *, by: User, at: datetime) -> Receipt:
    keys = {group.key for group in groups_of(submission, storage.findings_of(delivery))}
    return Receipt.objects.create(
        submission=submission,
        delivery=delivery,
        issued_at=at,
        issued_by=by,
        sha256=delivery.sha256,
        data_sha256=receipts.data_sha256(storage.current_frame(delivery)),
        rows=delivery.rows or 0,
        corrections=Correction.objects.filter(delivery=delivery, undone_at=None).count(),
        comments=Comment.objects.filter(submission=submission, replaced_at=None, group__in=keys).count(),
    )


def _tell_unit(submission: Submission, template: str, **values: str) -> None:
    """A mail without data to everybody who hands in for the unit: what happened, and the start page's address."""
    unit = submission.unit
    for person in access.people_with(unit, access.MAY_SUBMIT):
        context = {"unit": unit.name, "year": submission.collection.year, **values}
        PortalMail(f"submissions/{template}", to=person.email, context=context).send()


def _end_receipt(submission: Submission, at: datetime) -> None:
    Receipt.objects.filter(submission=submission, withdrawn_at=None).update(withdrawn_at=at)


@transaction.atomic
def withdraw(*, submission: Submission, by: User, at: datetime) -> None:
    """Take the hand-in back, until SKR has begun. Its receipt stays, marked as no longer in force."""
    locked = deliver.lock(submission)
    states.check_can_withdraw(by, locked, today=timezone.localdate(at))
    states.move(locked, Status.UNDER_REVIEW, by=by, at=at, text="Klarmarkeringen togs tillbaka.")
    _end_receipt(locked, at)


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
    _refuse_personnummer(text)
    states.move(locked, Status.APPROVED, by=by, at=at, text=_with("SKR har godkänt uppgifterna.", text))
    Submission.objects.filter(pk=locked.pk).update(return_reason="")
    _tell_unit(locked, "approved")


@transaction.atomic
def return_to_unit(*, submission: Submission, reason: str, by: User, at: datetime) -> None:
    """SKR sends it back with a reason, which the unit reads. The receipt is no longer in force."""
    locked = deliver.lock(submission)
    states.check_can_return(by, locked)
    if not reason.strip():
        raise NotAllowed("Skriv vad enheten ska se över.")
    _refuse_personnummer(reason)
    states.move(locked, Status.RETURNED, by=by, at=at, text=_with("SKR har skickat tillbaka inlämningen.", reason))
    Submission.objects.filter(pk=locked.pk).update(return_reason=reason.strip())
    _end_receipt(locked, at)
    _tell_unit(locked, "returned")


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
    states.note(locked, by=by, at=at, text=_with(f"Sista dag är {day}.", text))
    audit.record(
        "submission:due_date", by=by, unit=locked.unit.code, object=f"{locked.unit.code}/{collection.year}", result=day, at=at
    )


def _refuse_personnummer(text: str) -> None:
    """The history is kept in clear: single persons are written about under Meddelanden only."""
    if LOOKS_LIKE.search(text):
        raise NotAllowed("Skriv inte personnummer här. Uppgifter om enskilda personer skrivs under Meddelanden.")


def _with(sentence: str, text: str) -> str:
    return f"{sentence} {text.strip()}".strip()[:400]
