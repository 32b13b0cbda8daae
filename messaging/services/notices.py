"""Mail that there is something to read, without a word of what: as it comes, or once a day.

How a person wants it stands in `profiles.preferences`. As it comes: one mail per person and thread until she has read it.
Once a day: one mail for all threads, if anything is still unread when the day's mails go.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from django.db import transaction
from django.db.models import Q

from accounts.models import MailNotices, User
from accounts.roles import StaffRole
from config.lib.mail import PortalMail
from messaging.models import PendingNotice, ReadMark, Thread, ThreadEvent
from profiles import access as unit_access
from profiles.models import Membership
from profiles.preferences import notice_choices


def tell_other_side(thread: Thread, *, by: User, earlier: datetime | None, at: datetime, in_bulk: bool = False) -> None:
    """Tell those on the other side. `earlier` is when this side wrote before: who has not read that knows already.

    `in_bulk` marks one of many matters that start at once: its mails wait their turn.
    """
    unaware: set[int] = set()
    if earlier is not None:
        have_read = ReadMark.objects.filter(thread=thread, read_at__gte=earlier).values_list("user_id", flat=True)
        unaware = set(_told_at(thread, earlier, staff=not by.is_staff)) - set(have_read)
        if thread.events.filter(kind=ThreadEvent.Kind.ASSIGNED, at__gte=earlier).exists():
            unaware.discard(thread.assignee_id or 0)  # she got the matter since, and no mail about what stood in it
    people = _other_side(thread, by)
    choices = notice_choices(people)
    daily = sorted((person for person in people if choices[person.pk] is MailNotices.DAILY), key=attrgetter("pk"))
    PendingNotice.objects.bulk_create(  # touching a row that is there waits for a digest under way, which takes it along
        [PendingNotice(user=person, since=at) for person in daily],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["user"],
    )
    for person in people:
        if choices[person.pk] is MailNotices.AT_ONCE and person.pk not in unaware:
            PortalMail("messaging/new_message", to=person.email, in_bulk=in_bulk).send()


def send_digests(*, at: datetime) -> int:
    """The day's mails: one to each who waits for it and still has something unread. How many went.

    May be run again or by two at once: each row is taken away with its mail.
    """
    sent = 0
    for pk in list(PendingNotice.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            waiting = PendingNotice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
            notice = waiting.filter(pk=pk).first()
            if notice is None:
                continue
            user = notice.user
            unread = Thread.objects.visible_to(user).unread_by(user).filter(last_message_at__gte=notice.since)
            if user.is_active and (count := unread.count()):
                PortalMail("messaging/digest", to=user.email, context={"count": count}, in_bulk=True).send()
                sent += 1
            notice.delete()
    return sent


def _other_side(thread: Thread, by: User) -> list[User]:
    """The unit's people who may answer; at SKR who has the thread, else those who have written in it, else every handläggare."""
    if by.is_staff:
        return list(unit_access.people_with(thread.unit, unit_access.MAY_SUBMIT))
    staff = User.objects.filter(is_active=True).exclude(staff_role="")
    involved = Q(pk__in=thread.messages.filter(is_from_staff=True).values("author")) | Q(pk=thread.assignee_id)
    return list(staff.filter(involved).order_by("pk")) or list(staff.filter(staff_role=StaffRole.OFFICER).order_by("pk"))


def _told_at(thread: Thread, earlier: datetime, *, staff: bool) -> list[int]:
    """Whom the mail about the earlier message reached: everybody at SKR, at the unit those with a role then."""
    if staff:
        return list(User.objects.exclude(staff_role="").values_list("pk", flat=True))
    given = Q(invitation=None, created_at__lte=earlier) | Q(invitation__accepted_at__lte=earlier)
    members = Membership.objects.in_force().filter(given, unit=thread.unit)
    return list(members.values_list("user_id", flat=True))
