"""Jobs about people. Entry points like views: one service called."""

from __future__ import annotations

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from profiles import dormancy, end_dates, names, retention

log = structlog.get_logger("profiles")


@app.periodic(cron="40 4 * * *")
@app.task(name="profiles.tasks.close_dormant", queueing_lock="close-dormant", pass_context=False)
def close_dormant(timestamp: int) -> None:
    """Warn those who have not signed in for long, and close the accounts whose time is over."""
    at = timezone.now()
    warned, closed = dormancy.warn_dormant(at=at), dormancy.suspend_dormant(at=at)
    if warned or closed:
        log.info("dormant_accounts", warned=warned, closed=closed)


@app.periodic(cron="5 0 * * *")
@app.task(name="profiles.tasks.end_past_roles", queueing_lock="end-past-roles", pass_context=False)
def end_past_roles(timestamp: int) -> None:
    """Write down the roles whose last day has passed as ended (they gave no rights since midnight), and warn of the next ones."""
    at = timezone.now()
    ended, warned = end_dates.end_past(at=at), end_dates.warn_of_last_day(at=at)
    if ended or warned:
        log.info("past_roles", ended=ended, warned=warned)


@app.periodic(cron="5 * * * *")
@app.task(name="profiles.tasks.put_names_in_force", queueing_lock="put-names-in-force", pass_context=False)
def put_names_in_force(timestamp: int) -> None:
    """Call the units what they are called from today on, soon after midnight in Sweden, whatever the season."""
    changed = names.put_in_force(at=timezone.now())
    if changed:
        log.info("names_in_force", count=changed)


@app.periodic(cron="50 4 * * *")
@app.task(name="profiles.tasks.purge", queueing_lock="purge-profiles", pass_context=False)
def purge(timestamp: int) -> None:
    """Delete answered requests and former contacts whose time is over."""
    counts = retention.purge(at=timezone.now())
    if any(counts.values()):
        log.info("purged", **{rule.name: counts[rule.what] for rule in retention.RULES})
