"""Explain a group of findings. An explanation belongs to the submission and holds for the same findings of the next file."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from config.lib import sealed
from config.lib.personnummer import LOOKS_LIKE
from config.lib.text import clean_lines
from submissions import states
from submissions.models import Comment, CommentDraft, Delivery, Submission
from submissions.services import deliver, points, storage
from submissions.services.correct import lock_for_change, resume
from submissions.services.groups import Group, count_uncommented, group_marks, groups_of, salt_of
from submissions.services.groups import group_key as group_key_of
from submissions.services.marks import Marks, kept_marks, seal_marks

MIN_LENGTH, MAX_LENGTH = 3, 1000


class CommentRefused(ValueError):
    """The explanation cannot be kept; str() is a Swedish sentence."""


def clean_comment(text: str) -> str:
    """The text, trimmed. Raises `CommentRefused` for one that is too short, too long or holds a personnummer."""
    text = _tidy(text)
    if len(text) < MIN_LENGTH:
        raise CommentRefused("Skriv en förklaring med några ord.")
    return text


def _tidy(text: str) -> str:
    text = clean_lines(text)
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
        group = _group_or_refuse(locked, group_key)
        return _give(submission, locked, group, text, Marks(frozenset()), by=by, at=at)


def extend_comment(*, delivery: Delivery, group_key: str, by: User, at: datetime) -> Comment:
    """Let the group's explanation hold for all its findings now, those that came to since it was given among them."""
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        group = _group_or_refuse(locked, group_key)
        given = Comment.objects.filter(submission=submission, group=group_key, replaced_at=None).first()
        if given is None:
            raise CommentRefused("Förklaringen är borttagen. Skriv en ny.")
        return _give(submission, locked, group, given.text, kept_marks(given), by=by, at=at)


def _give(submission: Submission, locked: Delivery, group: Group, text: str, kept: Marks, *, by: User, at: datetime) -> Comment:
    """Keep the text as the group's explanation, for its findings now and for what `kept` covers already."""
    findings = storage.findings_of(locked)
    Comment.objects.filter(submission=submission, group=group.key, replaced_at=None).update(replaced_at=at)
    comment = Comment(
        submission=submission,
        check_code=group.check,
        field=group.field,
        group=group.key,
        rows=group.rows,
        version=locked.version,
        by=by,
        at=at,
    )
    comment.text_sealed = sealed.seal_text(comment, "text_sealed", text)
    before = last_years_comment(submission=submission, group=group)
    comment.is_repeated = before is not None and before.text.casefold() == text.casefold()
    now = group_marks(submission, group, findings, lambda: storage.current_frame(locked))
    comment.marks_sealed = seal_marks(comment, now | kept)
    comment.save(force_insert=True)
    _forget_draft(submission, group.key, by)
    _count_again(submission, locked)
    points.note_answer(submission, group.key, at=at)
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


def last_years_comment(*, submission: Submission, group: Group) -> Comment | None:
    """What the unit wrote last year about the same: check, field and value, or check and field where no value is shared."""
    before = Submission.objects.filter(unit=submission.unit_id, collection__year=submission.collection.year - 1).first()
    if before is None or before.salt_sealed is None:
        return None
    key = group_key_of(salt_of(before), group.check, group.field, group.value)
    return Comment.objects.filter(submission=before, group=key, replaced_at=None).first()


def draft_of(*, submission: Submission, group_key: str, by: User) -> CommentDraft | None:
    """What the person has begun to write about the group."""
    return CommentDraft.objects.filter(submission=submission, group=group_key, by=by).first()


def save_draft(*, delivery: Delivery, group_key: str, text: str, by: User, at: datetime) -> CommentDraft | None:
    """Keep what is written so far, for the writer's own eyes; nothing of it, or what is given already, needs no draft.

    Raises `NotAllowed`, or `CommentRefused` for a personnummer, a text that is too long or a group that is gone.
    """
    submission = delivery.submission
    states.check_can_change(by, submission, today=timezone.localdate(at))
    text = _tidy(text)
    _group_or_refuse(delivery, group_key)
    given = Comment.objects.filter(submission=submission, group=group_key, replaced_at=None).first()
    if not text or (given is not None and given.text == text):
        _forget_draft(submission, group_key, by)
        return None
    draft = CommentDraft(submission=submission, group=group_key, by=by)
    content = sealed.seal_text(draft, "text_sealed", text)
    kept, _ = CommentDraft.objects.update_or_create(
        submission=submission, group=group_key, by=by, defaults={"text_sealed": content, "at": at}
    )
    return kept


def _forget_draft(submission: Submission, group_key: str, by: User) -> None:
    CommentDraft.objects.filter(submission=submission, group=group_key, by=by).delete()


def remove_comment(*, delivery: Delivery, group_key: str, by: User, at: datetime) -> None:
    """Take an explanation away; nothing happens where there is none."""
    with transaction.atomic():
        submission, locked = lock_for_change(delivery, by=by, at=at)
        live = Comment.objects.filter(submission=submission, group=group_key, replaced_at=None)
        check = live.values_list("check_code", flat=True).first()
        if live.update(replaced_at=at):
            _count_again(submission, locked)
            points.note_answer(submission, group_key, at=None)
            audit.record(
                "data:changed",
                by=by,
                unit=submission.unit.code,
                object=deliver.audit_name(locked),
                result=f"förklaring {check} borttagen",
                at=at,
            )


def _group_or_refuse(delivery: Delivery, key: str) -> Group:
    groups = groups_of(delivery.submission, storage.findings_of(delivery))
    group = next((group for group in groups if group.key == key), None)
    if group is None:
        raise CommentRefused("Anmärkningen finns inte längre i filen, så den behöver ingen förklaring.")
    return group


def _count_again(submission: Submission, delivery: Delivery) -> None:
    uncommented = count_uncommented(submission, storage.findings_of(delivery), lambda: storage.current_frame(delivery))
    Delivery.objects.filter(pk=delivery.pk).update(uncommented=uncommented)
