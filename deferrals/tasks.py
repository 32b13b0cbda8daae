"""Jobs of Uppskov. Entry points like views: one service called."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from deferrals import reminding
from submissions.models import Collection

log = structlog.get_logger("deferrals")

SWEDISH_HOUR = 7


@app.periodic(cron="10 5,6 * * 1-5")
@app.task(name="deferrals.tasks.remind", queueing_lock="remind", pass_context=False)
def remind(timestamp: int) -> None:
    """Send the day's reminders at 07.10 in Sweden: 05.10 UTC in the summer, 06.10 in the winter; the other hour does nothing."""
    at = datetime.fromtimestamp(timestamp, UTC)
    if timezone.localtime(at).hour != SWEDISH_HOUR:
        return
    for collection in Collection.objects.filter(closed_at=None, opens_on__lte=timezone.localdate(at)).order_by("year", "pk"):
        outcomes = reminding.remind_year(collection=collection, at=timezone.now())
        if outcomes:
            unheard = sum(not one.people for one in outcomes)
            log.info("reminded", year=collection.year, units=len(outcomes) - unheard, without_people=unheard)
