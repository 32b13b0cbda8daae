"""End somebody's sessions from SKR's side: one browser that is said to be lost, or all of them (acceptance test SES-10).

A Systemadministratör does it, for anybody but herself; she has her own list under Profil & enheter. The owner is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts import services as accounts
from accounts.access import NotAllowed
from accounts.middleware import time_left
from accounts.models import Session, User
from accounts.sessions import reference_to
from profiles import notices

PERMISSION = "accounts.end_sessions"


def may_end(user: User, by: User) -> bool:
    """Whether `by` ends this person's sessions."""
    return by.has_perm(PERMISSION) and by.pk != user.pk


def living(user: User, *, at: datetime) -> list[Session]:
    """The person's sessions that would still answer, the last used first."""
    rows = Session.objects.filter(user=user, expire_date__gt=at).order_by("-last_seen_at", "pk")
    return [row for row in rows if time_left(row, at, is_staff=user.is_staff)[0] >= timedelta(0)]


@transaction.atomic
def end_one(*, user: User, reference: str, by: User, at: datetime) -> None:
    """End the session that `reference` names. Raises NotAllowed, also where it has ended by itself."""
    _check(user, by)
    User.objects.select_for_update().get(pk=user.pk)
    keys = [row.pk for row in living(user, at=at) if reference_to(row) == reference]
    if not Session.objects.filter(pk__in=keys).delete()[0]:
        raise NotAllowed("Inloggningen är redan avslutad.")
    audit.record("account:session:ended", by=by, subject=user, result="staff", at=at)
    notices.send("signed_out", {user.email}, at=at, is_all=False)


@transaction.atomic
def end_all(*, user: User, by: User, at: datetime) -> None:
    """End every session of the person's; the browsers that the portal knew are unknown again. Raises NotAllowed."""
    _check(user, by)
    accounts.end_sessions(User.objects.select_for_update().get(pk=user.pk), by=by, at=at)
    notices.send("signed_out", {user.email}, at=at, is_all=True)


def _check(user: User, by: User) -> None:
    if not may_end(user, by):
        raise NotAllowed("Bara SKR:s systemadministratörer avslutar andras inloggningar.")
