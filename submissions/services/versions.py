"""The versions of a unit's file: a test file handed in for real, an earlier file that holds again, what differs between two."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions import states
from submissions.difference import difference
from submissions.models import Delivery, Submission
from submissions.services import asking, deliver, points, storage

Status = Submission.Status


def deliver_for_real(*, delivery: Delivery, by: User, at: datetime) -> Delivery:
    """Hand a test file in for real: its bytes are received as the next version, which counts. Raises `NotAllowed`.

    The test file stays what it was. A real version has its own time, its own person and its own check, which compares it
    with what is there now; a test that turned real would say that it was delivered when it was not.
    """
    if not delivery.is_test:
        raise NotAllowed("Filen är ingen testfil.")
    if delivery.status != Delivery.Status.CHECKED:
        raise NotAllowed("Testfilen är inte kontrollerad, eller avvisades. Bara en fil som går att läsa kan lämnas på riktigt.")
    kept = deliver.fresh(delivery, with_content=True)
    content = storage.content_of(kept)
    source = f" (samma fil som testfilen version {delivery.version})"
    received = deliver.receive_delivery(
        submission=kept.submission,
        content=content,
        name=storage.name_of(kept),
        part_sizes=kept.part_sizes,
        chosen_encodings=kept.chosen_encodings,
        by=by,
        at=at,
        source=source,
        once=True,
    )
    if received.status != Delivery.Status.RECEIVED:
        return received
    return deliver.try_check(delivery=received, at=at, content=content)


def activate(*, delivery: Delivery, by: User, at: datetime) -> Delivery:
    """Let an earlier file be the one that counts again, with the corrections it had. Raises `NotAllowed`.

    It is checked first, with the rules of today; one that they would refuse is not taken. Undone by activating the other.
    """
    delivery = deliver.fresh(delivery)
    states.check_can_upload(by, delivery.submission, today=timezone.localdate(at))
    check_can_be_current(delivery)
    checked = deliver.recheck(delivery=delivery, at=at, store=True)
    if checked.problem:
        raise NotAllowed(f"Version {delivery.version} kontrollerades igen men kan inte gälla: {checked.problem}")
    with transaction.atomic():
        submission = deliver.lock(delivery.submission)
        states.check_can_upload(by, submission, today=timezone.localdate(at))
        chosen = deliver.fresh(delivery)
        check_can_be_current(chosen)
        waiting = Delivery.objects.filter(submission=submission, is_test=False, status=Delivery.Status.RECEIVED)
        if waiting.exists():  # it would take the place of the chosen one as soon as it is checked
            raise NotAllowed("En nyare fil är mottagen men inte färdigkontrollerad. Vänta en stund och ladda om sidan.")
        Delivery.objects.filter(submission=submission, is_current=True).update(is_current=False)
        Delivery.objects.filter(pk=chosen.pk).update(is_current=True)
        chosen.is_current, chosen.submission = True, submission
        frame = storage.current_frame(chosen)
        asking.note_corrections(submission, chosen, findings=storage.findings_of(chosen), rows=lambda: frame, at=at)
        points.note_findings(submission, chosen, findings=storage.findings_of(chosen), at=at)
        text = f"Version {chosen.version} gäller igen."
        if submission.status in {Status.RECEIVED, Status.RETURNED}:
            states.move(submission, Status.UNDER_REVIEW, by=by, at=at, text=text)
        else:
            states.note(submission, by=by, at=at, text=text)
        audit.record(
            "data:changed",
            by=by,
            unit=submission.unit.code,
            object=deliver.audit_name(chosen),
            result="gäller igen",
            at=at,
        )
    return chosen


def check_can_be_current(delivery: Delivery) -> None:
    """An earlier real file that is checked and still kept. Raises `NotAllowed`."""
    if delivery.is_current:
        raise NotAllowed(f"Version {delivery.version} är redan den fil som gäller.")
    if delivery.is_test:
        raise NotAllowed("En testfil kan inte gälla. Lämna in den på riktigt i stället.")
    if delivery.purged_at is not None:
        raise NotAllowed("Filen är borttagen, eftersom tiden för att spara den har gått ut.")
    if delivery.status != Delivery.Status.CHECKED:
        raise NotAllowed("Filen avvisades eller är inte färdigkontrollerad. Bara en kontrollerad fil kan gälla.")


def difference_between(before: Delivery, after: Delivery) -> pl.DataFrame:
    """What differs between two kept files of one submission, with their corrections laid on (submissions.difference)."""
    key = ("difference", before.pk, before.revision, after.pk, after.revision)
    found = storage.cache.get(key)
    if found is None:
        found = storage.cache.put(key, difference(storage.current_frame(before), storage.current_frame(after)))
    return found
