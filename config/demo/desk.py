"""What SKR's people have done at their desk in the demo: points, notes, an accepted explanation, a dispens, questions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from config.demo import texts
from messaging import announcements, known_issues
from messaging import services as messaging
from messaging.models import Announcement, KnownIssue, Thread
from profiles import notes as unit_notes
from profiles.models import Unit
from submissions.models import Comment, Delivery, Submission
from submissions.services import accepting, asking, groups, marking, notes, storage, waivers
from submissions.services.groups import Group


def mark_first(submission: Submission, text: str, *, by: User, at: datetime) -> None:
    """A point about the first explained group; goes with the submission when it is sent back."""
    delivery, found = _groups(submission)
    for group in found:
        if group.needs_comment:
            marking.mark_point(submission=submission, delivery=delivery, group_key=group.key, text=text, by=by, at=at)
            return


def accept_first(submission: Submission, *, by: User, at: datetime) -> None:
    """The unit's first explanation is enough."""
    given = Comment.objects.filter(submission=submission, replaced_at=None).order_by("pk").first()
    if given is not None:
        accepting.accept_comment(submission=submission, comment=given.pk, by=by, at=at)


def note(submission: Submission, text: str, *, nonce: UUID, by: User, at: datetime) -> None:
    """For SKR's own on the submission's page."""
    notes.add_note(submission=submission, text=text, nonce=nonce, by=by, at=at)


def pin_on_unit(unit: Unit, text: str, *, nonce: UUID, by: User, at: datetime) -> None:
    """For SKR's own, first on the unit's page."""
    unit_notes.add_note(unit=unit, text=text, is_pinned=True, nonce=nonce, by=by, at=at)


def ask_about(submission: Submission, check: str, subject: str, text: str, *, nonce: UUID, by: User, at: datetime) -> None:
    """A thread about the check's first group, where the file has one."""
    delivery, found = _groups(submission)
    group = next((one for one in found if one.check == check), None)
    if group is not None:
        messaging.start_thread(
            unit=submission.unit,
            year=submission.collection.year,
            category=Thread.Category.FILE,
            subject=subject,
            text=text,
            matter=asking.matter_of_group(delivery, group),
            by=by,
            at=at,
            nonce=nonce,
        )


def waive(submission: Submission, check: str, *, until: date, by: User, at: datetime) -> None:
    """A dispens from the check's first group, where the file has one."""
    delivery, found = _groups(submission)
    group = next((one for one in found if one.check == check), None)
    if group is not None:
        scope = waivers.scopes_of(group)[-1]
        waivers.give_waiver(
            submission=submission,
            delivery=delivery,
            group_key=group.key,
            scope=scope,
            reason=texts.DISPENS,
            valid_until=until,
            by=by,
            at=at,
        )


def announce(*, starts_at: datetime, nonce: UUID, by: User, at: datetime) -> None:
    """What is to stand at the top of the pages some days from now."""
    announcements.create_announcement(
        text=texts.DRIFT,
        tone=Announcement.Tone.WARNING,
        audience=Announcement.Audience.ALL,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=12),
        nonce=nonce,
        by=by,
        at=at,
    )


def tell_of_fault(*, nonce: UUID, by: User, at: datetime) -> None:
    """A known fault, for the handbook."""
    said = known_issues.Said(
        title=texts.FAULT_TITLE,
        text=texts.FAULT,
        audience=KnownIssue.Audience.VENDORS,
        begins_on=timezone.localdate(at),
        solved_on=None,
        check_code="RIM03",
        field=22,
    )
    known_issues.create_issue(said=said, nonce=nonce, by=by, at=at)


def _groups(submission: Submission) -> tuple[Delivery, list[Group]]:
    """The file that counts and its groups, worst first."""
    delivery = Delivery.objects.get(submission=submission, is_current=True)
    return delivery, groups.groups_of(submission, storage.findings_of(delivery))
