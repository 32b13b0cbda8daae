"""The frame of a page, which is SQL, says what the models say: for people of one unit, of several and of none, from day to day."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from config.frame import Frame, frame_of
from messaging.models import Announcement, ReadMark, Thread
from profiles.models import Membership
from submissions import states
from submissions.models import Collection, Submission
from tests.cast import Cast, Role, give_role
from tests.scene import Scene, ready_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    """Two units with this year's and last year's submission, and matters."""
    return ready_scene()


def by_models(user: User, at: datetime) -> Frame:
    """The same three facts, asked of the models."""
    left = Submission.objects.visible_to(user).filter(status__in=states.WORKING, exempt_at=None, collection__closed_at=None)
    opened = left.filter(collection__opens_on__lte=timezone.localdate(at)).select_related("collection")
    return Frame(
        Thread.objects.visible_to(user).unread_by(user).count(),
        min((submission.due_date for submission in opened), default=None),
        Announcement.objects.active(at).exists(),
    )


def people(cast: Cast) -> list[User]:
    """Of one unit, of both, of none any more."""
    give_role(cast.bo, cast.other, Role.READER)
    Membership.objects.filter(user=cast.dan).update(ended_at=timezone.now())
    return [cast.anna, cast.bo, cast.dan]


@pytest.mark.parametrize("status", Submission.Status.values)
def test_the_nearest_last_day(scene: Scene, status: str):
    now = timezone.now()
    everybody, seen = people(scene.cast), set()
    Submission.objects.filter(pk=scene.trosa.submission.pk).update(status=status)
    for exempt, granted, closed, opens in product((None, now), (None, now.date()), (None, now), (-1, 1)):
        Submission.objects.filter(pk=scene.trosa.submission.pk).update(exempt_at=exempt, granted_due_date=granted)
        Collection.objects.filter(pk=scene.trosa.submission.collection_id).update(
            closed_at=closed, opens_on=now.date() + timedelta(days=opens), delivers_on=None
        )
        for user in everybody:
            made = frame_of(user, now)
            assert made == by_models(user, now)
            seen.add(made.due_date)
    assert None in seen
    assert now.date() in seen or status not in states.WORKING


def test_the_unread(scene: Scene):
    now, everybody, seen = timezone.now(), people(scene.cast), set()
    for thread, from_staff, read in product(Thread.objects.all(), (True, False), (-1, 0, 1, None)):
        Thread.objects.filter(pk=thread.pk).update(last_message_from_staff=from_staff, last_message_at=now)
        ReadMark.objects.filter(thread=thread).delete()
        if read is not None:
            ReadMark.objects.create(thread=thread, user=scene.cast.bo, read_at=now + timedelta(seconds=read))
        for user in everybody:
            made = frame_of(user, now)
            assert made == by_models(user, now)
            seen.add(made.unread)
    assert {0, 1, 2} <= seen


@pytest.mark.parametrize("days", [399, 400, 400.5, 401, 402])
def test_whether_somebody_is_told_something(scene: Scene, days: float):
    at = Announcement.objects.get().starts_at + timedelta(days=days - 400)
    assert frame_of(scene.cast.bo, at).has_announcements is (400 <= days < 401)
    assert frame_of(scene.cast.bo, at) == by_models(scene.cast.bo, at)
    Announcement.objects.update(ended_at=at)
    assert frame_of(scene.cast.bo, at) == by_models(scene.cast.bo, at)
