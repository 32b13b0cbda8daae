"""Collect what SKR wants the unit to look at again: a reason for each group of findings, not sent until it goes back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib import sealed
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import clean_lines
from submissions import states
from submissions.models import Comment, Delivery, ReviewPoint, Submission
from submissions.services import deliver, storage
from submissions.services.groups import groups_of

MAX_LENGTH = 1000


def mark_point(*, submission: Submission, delivery: Delivery, group_key: str, text: str, by: User, at: datetime) -> ReviewPoint:
    """Collect a point about the group, or write one that is not sent yet anew. Raises `NotAllowed`."""
    text = clean_point(text)
    with transaction.atomic():
        locked = deliver.lock(submission)
        states.check_can_return(by, locked)
        group = next((one for one in groups_of(locked, storage.findings_of(delivery)) if one.key == group_key), None)
        if group is None:
            raise NotAllowed("Anmärkningen finns inte längre i filen.")
        if Comment.objects.filter(submission=locked, group=group_key, replaced_at=None, accepted_at__isnull=False).exists():
            raise NotAllowed("Förklaringen är godtagen. Ta tillbaka det först om enheten ska se över anmärkningen.")
        content = sealed.seal_text(ReviewPoint(submission=locked, group=group.key), "text_sealed", text)
        told = {"text_sealed": content, "version": delivery.version, "by": by, "at": at}
        marked, _ = ReviewPoint.objects.update_or_create(
            submission=locked,
            group=group.key,
            sent_at=None,
            defaults=told,
            create_defaults={**told, "check_code": group.check, "field": group.field},
        )
        _record("submission:point:marked", locked, group.check, by, at)
    return marked


@transaction.atomic
def remove_point(*, submission: Submission, group_key: str, by: User, at: datetime) -> None:
    """Take away a point that is not sent; nothing happens where there is none. Raises `NotAllowed`."""
    locked = deliver.lock(submission)
    states.check_can_return(by, locked)
    point = ReviewPoint.objects.filter(submission=locked, group=group_key, sent_at=None).first()
    if point is not None:
        point.delete()
        _record("submission:point:removed", locked, point.check_code, by, at)


def clean_point(text: str) -> str:
    """The reason, trimmed. Raises `NotAllowed` for none, one that is too long or one with a personnummer."""
    text = clean_lines(text)
    if not text:
        raise NotAllowed("Skriv vad enheten ska se över.")
    if len(text) > MAX_LENGTH:
        raise NotAllowed(f"Texten får ha högst {MAX_LENGTH} tecken. Den har {len(text)}.")
    if LOOKS_LIKE.search(text):
        raise NotAllowed("Skriv inte personnummer här. Ange radnummer i stället, eller skriv under Meddelanden.")
    return text


def _record(code: str, submission: Submission, check: str, by: User, at: datetime) -> None:
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, result=check, at=at)
