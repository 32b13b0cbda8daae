"""Accounts that nobody uses: warned in good time, then closed (security note, attack E9; acceptance test DRIFT-11).

An account without a sign-in for 400 days is closed as SKR's Systemadministratör would close it, with nobody behind it; its
owner is warned 30 days before. One that SKR has opened again waits 30 days for its owner. Invited people have no account
yet: their invitations end by themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts import audit, limits
from accounts.models import AuditEvent, User
from profiles import notices, suspension


def dormant(*, at: datetime) -> QuerySet[User]:
    """Open accounts whose time is over."""
    return _unused_for(limits.DORMANT, at).exclude(pk__in=_subjects("account:user:restored", at - limits.RESTORED_GRACE))


def to_warn(*, at: datetime) -> QuerySet[User]:
    """Open accounts that will be closed within 30 days, whose owners have not been told."""
    silent = _unused_for(limits.DORMANT - limits.DORMANT_WARNING, at)
    return silent.exclude(pk__in=dormant(at=at).values("pk")).exclude(
        pk__in=_subjects("account:user:warned", at - 2 * limits.DORMANT_WARNING)
    )


def warn_dormant(*, at: datetime) -> int:
    """Tell those who will lose their accounts when, and how to keep them; how many."""
    people = list(to_warn(at=at))
    for user in people:
        with transaction.atomic():
            closes_at = max((user.last_login or user.created_at) + limits.DORMANT, at + timedelta(days=1))
            audit.record("account:user:warned", subject=user, result="dormant", at=at)
            notices.send("account_unused", {user.email}, in_bulk=True, closes_at=closes_at)
    return len(people)


def suspend_dormant(*, at: datetime) -> int:
    """Close the accounts whose time is over, each in a transaction of its own; how many."""
    closed = 0
    for user in list(dormant(at=at)):
        with transaction.atomic():
            if not dormant(at=at).filter(pk=user.pk).exists():  # signed in meanwhile
                continue
            closed += 1
            suspension.close_account(user=user, by=None, at=at, result="dormant")
            notices.send("account_closed", {user.email}, in_bulk=True)
    return closed


def _unused_for(time: timedelta, at: datetime) -> QuerySet[User]:
    """Open, finished accounts whose last sign-in (or making) lies that far back."""
    finished = User.objects.filter(is_active=True).exclude(password__startswith="!")
    return finished.annotate(used_at=Coalesce("last_login", "created_at")).filter(used_at__lte=at - time).order_by("pk")


def _subjects(code: str, since: datetime) -> QuerySet[AuditEvent, int | None]:
    """Whom such events concern, since then."""
    events = AuditEvent.objects.filter(code=code, at__gt=since, subject_id__isnull=False)
    return events.order_by().values_list("subject_id", flat=True)
