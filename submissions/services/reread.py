"""Read a delivery again, in the way a person says the letters of one of its files are written."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from submissions import states
from submissions.frames import ENCODING_LABELS
from submissions.models import Delivery
from submissions.services import deliver, storage


class EncodingRefused(NotAllowed):
    """The answer cannot be used; the sentence says why."""

    status = 422


def choose_encoding(*, delivery: Delivery, part: int, encoding: str, by: User, at: datetime) -> Delivery:
    """Keep the person's answer of that part (the first is 1) and read the same bytes so. Corrections stay.

    Raises `NotAllowed`, and `TookTooLong`.

    The answer is committed first; where the reading is cut short the question stands until it is answered again.
    """
    with transaction.atomic():
        submission = deliver.lock(delivery.submission)
        check_may_answer = states.check_can_test if delivery.is_test else states.check_can_change
        check_may_answer(by, submission, today=timezone.localdate(at))
        locked = Delivery.objects.select_for_update().light().get(pk=delivery.pk)
        locked.submission = submission
        if not locked.is_current and not locked.is_test:
            raise EncodingRefused("En nyare fil har ersatt den här. Ladda om sidan för att se den nya filen.")
        doubts = storage.summary_of(locked).get("reading", {}).get("doubts", ())
        offered = [way["encoding"] for doubt in doubts if doubt["part"] == part for way in doubt["ways"]]
        if encoding not in offered:
            raise EncodingRefused("Frågan är redan besvarad. Ladda om sidan för att se hur filen är läst.")
        parts = max(len(locked.part_sizes), 1)
        answers = [*locked.chosen_encodings, *[""] * parts][:parts]
        answers[part - 1] = encoding
        Delivery.objects.filter(pk=locked.pk).update(chosen_encodings=answers, revision=F("revision") + 1)
        label = ENCODING_LABELS.get(encoding, encoding)
        what = f"Version {locked.version}, del {part}," if parts > 1 else f"Version {locked.version}"
        states.note(submission, by=by, at=at, text=f"{what} läses som {label}.")
        audit.record(
            "file:encoding:chosen",
            by=by,
            unit=submission.unit.code,
            object=deliver.audit_name(locked),
            result=f"del {part}: {label}" if parts > 1 else label,
            at=at,
        )
    return deliver.check_delivery(delivery=deliver.fresh(delivery), at=at)
