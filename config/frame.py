"""What stands around every page of somebody signed in, in one question to the database: unread matters and the nearest last day.

It is asked for each page, so it is written as SQL: putting three questions together from models costs ten times what they cost
the database. `ThreadQuerySet.unread_by`, `states.WORKING` and `AnnouncementQuerySet.active` say the same, and the tests compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from messaging.models import Thread
from profiles import access
from submissions import states

QUESTION = """
SELECT (SELECT count(*)
          FROM messaging_thread t
         WHERE t.unit_id = ANY(%(units)s) AND t.last_message_from_staff
           AND NOT EXISTS (SELECT FROM messaging_readmark m
                            WHERE m.thread_id = t.id AND m.user_id = %(user)s AND m.read_at >= t.last_message_at)),
       (SELECT min(coalesce(s.granted_due_date, c.due_date))
          FROM submissions_submission s JOIN submissions_collection c ON c.id = s.collection_id
         WHERE s.unit_id = ANY(%(units)s) AND s.status = ANY(%(working)s) AND s.exempt_at IS NULL
           AND c.closed_at IS NULL AND c.opens_on <= %(today)s),
       EXISTS (SELECT FROM messaging_announcement a
                WHERE a.starts_at <= %(at)s AND a.ends_at > %(at)s AND a.ended_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """The facts; `due_date` is the nearest of the person's units that have something left to hand in."""

    unread: int
    due_date: date | None
    has_announcements: bool  # for somebody


def frame_of(user: User, at: datetime) -> Frame:
    """The frame of a unit's person, or of somebody at SKR who sees the portal as one."""
    values: dict[str, Any] = {
        "user": user.pk,
        "units": list(access.roles_of(user)),
        "working": sorted(states.WORKING),
        "at": at,
        "today": timezone.localdate(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(QUESTION, values)
        return Frame(*cursor.fetchone())


def staff_frame(user: User) -> Frame:
    """The frame of SKR's people: every unit's matters that are not done. Announcements are looked for with the page."""
    return Frame(Thread.objects.visible_to(user).unread_by(user).count(), None, has_announcements=True)
