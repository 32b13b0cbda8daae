"""SKR accepts what a unit explains. An accepted explanation stays accepted for the findings that it was given for.

It follows with the explanation to the next file, where `groups.cover` says how far it reaches; an explanation that is
written anew is judged anew.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import amount
from submissions import states
from submissions.models import Comment, Delivery, ReviewPoint, Submission
from submissions.services import deliver, storage
from submissions.services.groups import groups_of


@transaction.atomic
def accept_comment(*, submission: Submission, comment: int, by: User, at: datetime) -> None:
    """Accept the explanation that was read; nothing happens where it is accepted. Raises `NotAllowed`."""
    locked = deliver.lock(submission)
    states.check_can_judge(by, locked)
    given = _given(locked, comment)
    if ReviewPoint.objects.filter(submission=locked, group=given.group, sent_at=None).exists():
        raise NotAllowed("Anmärkningen ska ses över av enheten. Ta bort den punkten först om förklaringen räcker.")
    if Comment.objects.filter(pk=given.pk, accepted_at=None).update(accepted_at=at, accepted_by=by):
        _record("submission:explanation:accepted", locked, given.check_code, by, at)


@transaction.atomic
def take_back(*, submission: Submission, comment: int, by: User, at: datetime) -> None:
    """The explanation is not accepted after all; nothing happens where it was not. Raises `NotAllowed`."""
    locked = deliver.lock(submission)
    states.check_can_judge(by, locked)
    given = _given(locked, comment)
    if Comment.objects.filter(pk=given.pk, accepted_at__isnull=False).update(accepted_at=None, accepted_by=None):
        _record("submission:explanation:taken_back", locked, given.check_code, by, at)


@transaction.atomic
def accept_check(*, submission: Submission, delivery: Delivery, check: str, by: User, at: datetime) -> int:
    """Accept all that is left of a check in that file, but what the unit is to look at again: how many explanations."""
    locked = deliver.lock(submission)
    states.check_can_judge(by, locked)
    there = [group.key for group in groups_of(locked, storage.findings_of(delivery)) if group.check == check]
    marked = ReviewPoint.objects.filter(submission=locked, sent_at=None).order_by("pk").values("group")
    left = Comment.objects.filter(submission=locked, replaced_at=None, accepted_at=None, group__in=there)
    accepted = left.exclude(group__in=marked).update(accepted_at=at, accepted_by=by)
    if accepted:
        words = f"{check}, {amount(accepted, 'förklaring', 'förklaringar')}"
        _record("submission:explanation:accepted", locked, words, by, at)
    return accepted


def _given(submission: Submission, comment: int) -> Comment:
    found = Comment.objects.filter(submission=submission, pk=comment, replaced_at=None).first()
    if found is None:
        raise NotAllowed("Enheten har skrivit en ny förklaring eller tagit bort den. Läs den som står där nu.")
    return found


def _record(code: str, submission: Submission, result: str, by: User, at: datetime) -> None:
    name = f"{submission.unit.code}/{submission.collection.year}"
    audit.record(code, by=by, unit=submission.unit.code, object=name, result=result, at=at)
