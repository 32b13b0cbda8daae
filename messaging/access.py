"""Who may write in a thread: the unit's people with a right to submit, and SKR's people with a right to answer."""

from __future__ import annotations

from accounts.access import NotAllowed
from accounts.models import User
from profiles import access as unit_access
from profiles.models import Unit


def check_can_write(user: User, unit: Unit) -> None:
    """Start a thread about the unit, answer in one, mark one as done."""
    if user.is_staff:
        if not user.has_perm("messaging.answer_thread"):
            raise NotAllowed("Din roll hos SKR ger inte rätt att svara på meddelanden.")
    else:
        unit_access.check_can_submit(user, unit)


def can_write(user: User, unit: Unit) -> bool:
    """Whether `check_can_write` passes."""
    try:
        check_can_write(user, unit)
    except NotAllowed:
        return False
    return True
