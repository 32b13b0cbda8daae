"""What runs later, again: deliveries whose check was cut short are taken up."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from submissions.services import deliver


@app.periodic(cron="* * * * *")
@app.task(name="submissions.tasks.take_up_unchecked", queueing_lock="take_up_unchecked", pass_context=False)
def take_up_unchecked(timestamp: int) -> None:
    """Check what was received and not checked. Once a minute; nothing to do is the rule."""
    deliver.take_up_unchecked(at=timezone.now())
