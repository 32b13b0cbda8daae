"""Explain a group of findings. An explanation belongs to the submission and holds for the same group of the next file."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from config.lib import sealed
from config.lib.personnummer import LOOKS_LIKE
from submissions.models import Comment, Delivery, Submission
from submissions.services import deliver, storage
from submissions.services.correct import lock_for_change, resume
from submissions.services.groups import Group, count_uncommented, groups_of

MIN_LENGTH, MAX_LENGTH = 3, 1000


class CommentRefused(ValueError):
    """The explanation cannot be kept; str() is a Swedish sentence."""


def clean_comment(text: str) -> str:
    """The text, trimmed. Raises `CommentRefused` for one that is too short, too long or holds a personnummer."""
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(text) < MIN_LENGTH:
        raise CommentRefused("Skriv en förklaring med några ord.")
    if len(text) > MAX_LENGTH:
        raise CommentRefused(f"Förklaringen får ha högst {MAX_LENGTH} tecken. Den har {len(text)}.")
    if LOOKS_LIKE.search(text):
        raise CommentRefused("Skriv inte personnummer i förklaringen. Ange radnummer eller anställningsnummer i stället.")
    return text


def comment_group(*, delivery: Delivery, group_key: str, text: str, by: User, at: datetime) -> Comment:
    """Explain the group, in place of an earlier explanation of it. Raises `NotAllowed` or `CommentRefused`."""
    text = clean_comment(text)
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        group = _group(locked, group_key)
        if group is None:
            raise CommentRefused("Anmärkningen finns inte längre i filen, så den behöver ingen förklaring.")
        Comment.objects.filter(submission=submission, group=group_key, replaced_at=None).update(replaced_at=at)
        comment = Comment(
            submission=submission,
            check_code=group.check,
            field=group.field,
            group=group_key,
            rows=group.rows,
            version=locked.version,
            by=by,
            at=at,
        )
        comment.text_sealed = sealed.seal_text(comment, "text_sealed", text)
        comment.save(force_insert=True)
        _count_again(submission, locked)
        resume(submission, by=by, at=at, text="Arbetet med att förklara har börjat.")
        audit.record(
            "data:changed",
            by=by,
            unit=submission.unit.code,
            object=deliver.audit_name(locked),
            result=f"förklaring {group.check}",
            at=at,
        )
    return comment


def remove_comment(*, delivery: Delivery, group_key: str, by: User, at: datetime) -> None:
    """Take an explanation away; nothing happens where there is none."""
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        live = Comment.objects.filter(submission=submission, group=group_key, replaced_at=None)
        check = live.values_list("check_code", flat=True).first()
        if live.update(replaced_at=at):
            _count_again(submission, locked)
            audit.record(
                "data:changed",
                by=by,
                unit=submission.unit.code,
                object=deliver.audit_name(locked),
                result=f"förklaring {check} borttagen",
                at=at,
            )


def _group(delivery: Delivery, key: str) -> Group | None:
    groups = groups_of(delivery.submission, storage.findings_of(delivery))
    return next((group for group in groups if group.key == key), None)


def _count_again(submission: Submission, delivery: Delivery) -> None:
    uncommented = count_uncommented(submission, storage.findings_of(delivery))
    Delivery.objects.filter(pk=delivery.pk).update(uncommented=uncommented)
