"""How a person wants mail about new messages: as they come, once a day, or not at all.

The wish stands in `User.mail_notices`; whoever sends such mail asks `notice_choice` or `notice_choices`, never the column.
Mails about the account, the collection's days and decisions are not chosen away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import MailNotices, User
from profiles.access import MAY_SUBMIT
from profiles.models import Membership

SOMEBODY_READS = "Någon i varje enhet måste få mejl om nya meddelanden. Välj Direkt eller En gång om dagen."


def notice_choice(user: User) -> MailNotices:
    """What holds for one person now."""
    return notice_choices([user])[user.pk]


def notice_choices(users: Iterable[User]) -> dict[int, MailNotices]:
    """What holds for each person now, by key, in at most two queries.

    A wish for no mail holds as long as everybody's units have somebody else who answers for them and gets mail; otherwise she
    gets it once a day, so that a message to a unit is never unseen because all of its people relied on each other.
    """
    found = {user.pk: MailNotices(user.mail_notices) for user in users}
    quiet = [pk for pk, choice in found.items() if choice is MailNotices.OFF]
    return found | dict.fromkeys(_needed(quiet), MailNotices.DAILY)


def may_turn_off(user: User) -> bool:
    """Whether somebody else gets the mail in each unit that the person answers for."""
    return not _needed([user.pk])


def _needed(people: list[int]) -> set[int]:
    """Those who answer for a unit where nobody else does who gets mail."""
    if not people:
        return set()
    answering = Membership.objects.in_force().filter(role__in=MAY_SUBMIT, user__is_active=True)
    held = answering.filter(user__in=people).order_by("pk").values_list("user_id", "unit_id")
    reached = answering.filter(user__bounced_at=None, unit__in=[unit for _, unit in held]).exclude(
        user__mail_notices=MailNotices.OFF
    )
    others = set(reached.order_by("pk").values_list("unit_id", "user_id"))
    return {user for user, unit in held if not any(other[0] == unit and other[1] != user for other in others)}


@transaction.atomic
def choose_notices(*, choice: str, by: User, at: datetime) -> bool:
    """Say how one wants mail about new messages; whether that was news. Raises NotAllowed."""
    if choice not in MailNotices.values:
        raise NotAllowed("Välj hur du vill få mejl.")
    if choice == MailNotices.OFF and not may_turn_off(by):
        raise NotAllowed(SOMEBODY_READS)
    if not User.objects.filter(pk=by.pk).exclude(mail_notices=choice).update(mail_notices=choice):
        return False
    by.mail_notices = choice
    audit.record("data:changed", by=by, subject=by, object="mejl om nya meddelanden", result=MailNotices(choice).label, at=at)
    return True
