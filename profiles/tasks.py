"""Jobs about people. Entry points like views: one service called."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from profiles import dormancy

log = structlog.get_logger("profiles")


@app.periodic(cron="40 4 * * *")
@app.task(name="profiles.tasks.close_dormant", queueing_lock="close-dormant", pass_context=False)
async def close_dormant(timestamp: int) -> None:
    """Warn those who have not signed in for long, and close the accounts whose time is over."""
    at = datetime.fromtimestamp(timestamp, UTC)
    warned = await sync_to_async(dormancy.warn_dormant)(at=at)
    closed = await sync_to_async(dormancy.suspend_dormant)(at=at)
    if warned or closed:
        log.info("dormant_accounts", warned=warned, closed=closed)
