"""The log of reads: who has looked at single rows of a unit, and whether the personnummer were masked.

Every look that shows whole personnummer is an event of its own. Of masked looks at the same thing by the same person one
in ten minutes is kept: a list is drawn anew after each correction, and two hundred events that say the same would hide
the one that matters. The object names the delivery's version and the row or group, never a personnummer.
Source: security note, sections 9 and 11 (LOG-07); ASVS 8.2.3, 14.2.6, 16.3.2.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts import audit
from accounts.models import AuditEvent, User

MASKED, REVEALED = "personnummer maskade", "personnummer visade"
SAME_LOOK = timedelta(minutes=10)


def record(*, by: User, unit: str, object: str, revealed: bool = False, purpose: str = "", at: datetime) -> None:
    """Write that the person looked at `object` of the unit; what she sees as the unit does, with the purpose of that."""
    purpose = purpose or (by.viewing.purpose if by.viewing else "")
    result = REVEALED if revealed else MASKED
    if revealed or not _is_logged(by, unit, object, result, at):
        audit.record("data:read", by=by, unit=unit, object=object, result=result, purpose=purpose, at=at)


def _is_logged(by: User, unit: str, object: str, result: str, at: datetime) -> bool:
    same = AuditEvent.objects.filter(actor_id=by.pk, at__gt=at - SAME_LOOK, at__lte=at, code="data:read")
    return same.filter(unit=unit, object=object[:120], result=result).exists()
