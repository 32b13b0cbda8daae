"""Jobs of the accounts. Entry points like views: primary keys in, one service called."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from asgiref.sync import sync_to_async
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import alarms, audit_chain, retention, services
from accounts.models import AuditEvent, User

log = structlog.get_logger("accounts")


@app.task(name="accounts.tasks.tell_of_paused_lane")
def tell_of_paused_lane(user_id: int) -> None:
    """Tell inviters and coordinators that codes are being guessed for an address."""
    if user := User.objects.filter(pk=user_id).first():
        services.tell_of_paused_lane(user=user, at=timezone.now())


@app.task(name="accounts.tasks.tell_of_alarm")
def tell_of_alarm(event_id: int) -> None:
    """Tell SKR's coordinators of an alarm."""
    if event := AuditEvent.objects.filter(pk=event_id).first():
        alarms.tell(event)


@app.periodic(cron="17 * * * *")
@app.task(name="accounts.tasks.tidy", queueing_lock="accounts-tidy", pass_context=False)
async def tidy(timestamp: int) -> None:
    """Delete what the accounts keep only for a while: strangers' addresses, counters, sessions, drafts, secrets on offer."""
    counts = await sync_to_async(retention.tidy)(at=datetime.fromtimestamp(timestamp, UTC))
    if any(counts.values()):
        log.info("accounts_tidied", **counts)


@app.periodic(cron="* * * * *")
@app.task(name="accounts.tasks.seal_audit_trail", queueing_lock="seal-audit-trail", pass_context=False)
async def seal_audit_trail(timestamp: int) -> None:
    """Link new events to the chain, and write its head in the log, which is shipped off the host and so anchors it."""
    sealed = await sync_to_async(audit_chain.seal)(timezone.now())
    log.info("audit_chain_sealed", sealed=sealed, head=str(await sync_to_async(audit_chain.head)() or ""))
