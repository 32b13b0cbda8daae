"""Judge anew, after changed settings, the files that units still work with. What is accepted stays as it was judged."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.utils import timezone

from submissions import states
from submissions.models import Collection, Delivery
from submissions.services import deliver, settings

log = structlog.get_logger("submissions")

MOST_AT_ONCE = 400  # of a run; the next one, a minute later, takes what is left


def recheck_changed(*, at: datetime) -> int:
    """Check what waits since the settings were changed; how many. Safe to cut short and run again."""
    checked = 0
    for collection in Collection.objects.filter(closed_at=None).order_by("year", "pk"):
        waiting = settings.awaiting_recheck(collection).select_related("submission__unit", "submission__collection")
        for delivery in waiting.order_by("submission__unit__code", "pk")[: MOST_AT_ONCE - checked]:
            _recheck(delivery, timezone.now())
            checked += 1
    return checked


def _recheck(delivery: Delivery, at: datetime) -> None:
    """Check one, and tell the unit where the answer is another."""
    Delivery.objects.filter(pk=delivery.pk).update(recheck_tried_at=at)
    result = deliver.recheck(delivery=delivery, at=at, store=True)
    if result.problem:
        log.warning("recheck_not_done", delivery=delivery.pk)
    elif result.before != result.after:
        fel, varning, info = result.after
        text = (
            f"SKR har ändrat årets kontroller, och version {delivery.version} är kontrollerad igen: "
            f"{fel} måste rättas, {varning} måste förklaras, {info} bra att veta."
        )
        states.note(delivery.submission, by=None, at=at, text=text)
