"""Which year's collection a new thread belongs to.

Collections live in an app above this one, so who knows is named in the settings (RUNNING_YEAR), as the outbox is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string


def running_year(at: datetime) -> int | None:
    """The year whose collection runs then; None before there is any."""
    answer: Callable[[date], int | None] = import_string(settings.RUNNING_YEAR)
    return answer(timezone.localdate(at))
