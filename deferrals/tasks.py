"""Jobs of Uppskov, reminders and mailings. Entry points like views: one service called."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from deferrals import merging, reminding, retention
from deferrals.mailing import running
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


@app.periodic(cron="* * * * *")
@app.task(name="deferrals.tasks.run_mailings", queueing_lock="run-mailings", pass_context=False)
def run_mailings(timestamp: int) -> None:
    """Send the next lines of the mailings whose undo window is over. Once a minute; nothing to do is the rule."""
    done = running.run_due(at=timezone.now())
    if done:
        log.info("mailing_lines_done", count=done)


@app.periodic(cron="10 * * * *")
@app.task(name="deferrals.tasks.carry_out_mergers", queueing_lock="carry-out-mergers", pass_context=False)
def carry_out_mergers(timestamp: int) -> None:
    """Carry out the mergers of units whose day has come, soon after midnight in Sweden, whatever the season."""
    done = merging.carry_out_due(at=timezone.now())
    if done:
        log.info("mergers_carried_out", count=done)


@app.periodic(cron="55 4 * * *")
@app.task(name="deferrals.tasks.purge", queueing_lock="purge-deferrals", pass_context=False)
def purge(timestamp: int) -> None:
    """Delete the mailings whose time is over, each night."""
    counts = retention.purge(at=timezone.now())
    if any(counts.values()):
        log.info("mailings_purged", total=sum(counts.values()))
