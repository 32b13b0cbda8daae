"""What runs later, again: deliveries whose check was cut short are taken up, and old files are taken away."""

from __future__ import annotations

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from submissions.services import deliver, retention

log = structlog.get_logger("submissions")


@app.periodic(cron="* * * * *")
@app.task(name="submissions.tasks.take_up_unchecked", queueing_lock="take_up_unchecked", pass_context=False)
def take_up_unchecked(timestamp: int) -> None:
    """Check what was received and not checked. Once a minute; nothing to do is the rule."""
    deliver.take_up_unchecked(at=timezone.now())


@app.periodic(cron="20 4 * * *")
@app.task(name="submissions.tasks.purge_files", queueing_lock="purge-files", pass_context=False)
def purge_files(timestamp: int) -> None:
    """Take away the files whose time is over, each night."""
    counts = retention.purge(at=timezone.now())
    if any(counts.values()):
        log.info("files_purged", total=sum(counts.values()))
