"""Write the audit trail: one call per change, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, AuditOrigin, User
from accounts.networks import prefix_of
from config.lib import context

log = structlog.get_logger("audit")


def record(
    code: str,
    *,
    by: User | None = None,
    subject: User | None = None,
    unit: str = "",
    object: str = "",  # the audit's own word for its target
    result: str = "",
    purpose: str = "",  # why, in the person's own words; not in the log, since people write names
    at: datetime | None = None,
) -> AuditEvent:
    """Append an event ("account:sign_in:succeeded"); it is also a log line once the transaction commits."""
    origin = context.current()
    event = AuditEvent.objects.create(
        at=at or timezone.now(),
        code=code,
        actor_id=by.pk if by else None,
        actor=str(by)[:254] if by else "",
        subject_id=subject.pk if subject else None,
        unit=unit,
        object=object[:120],
        result=result[:120],
        purpose=purpose[:200],
        request_id=origin.request_id,
    )
    if origin.address or origin.client:
        AuditOrigin.objects.create(
            event_id=event.pk, at=event.at, address=origin.address, prefix=prefix_of(origin.address), client=origin.client
        )
    transaction.on_commit(
        lambda: log.info(
            code, actor=event.actor_id, subject=event.subject_id, unit=unit, object=event.object, result=event.result
        )
    )
    return event
