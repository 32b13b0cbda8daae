"""How far the sending of a mailing has come, in words for its page (config.lib.progress)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from config.lib.progress import Progress, usual
from config.lib.text import amount
from deferrals.mailing.states import State
from deferrals.models import Mailing, MailingLine

EARLIER = 5  # mailings of the same kind, to learn the pace from
LATE = timedelta(minutes=3)  # the job runs each minute
Line = MailingLine.State


def of_mailing(mailing: Mailing, counts: Mapping[str, int], *, at: datetime) -> Progress | None:
    """A mailing that is being sent, or should be; `counts` are its lines by state. None for every other."""
    if mailing.runs_at is None or mailing.runs_at > at or mailing.state not in {State.QUEUED, State.RUNNING}:
        return None
    latest = mailing.lines.aggregate(at=Max("at"))["at"]
    moved = max(mailing.runs_at, latest) if latest else mailing.runs_at
    done = counts.get(Line.DONE, 0) + counts.get(Line.FAILED, 0)
    total = done + counts.get(Line.WAITING, 0)
    trouble = "Det fortsätter av sig självt, och ingen får det två gånger. Händer inget på tio minuter: hör av dig till driften."
    return Progress(
        id=f"utskick-{mailing.pk}",
        title="Skickas nu",
        text=f"{done} av {amount(total, 'mottagare är klar', 'mottagare är klara')}. Det går att stoppa det som är kvar.",
        done=done,
        total=total,
        usual=usual("Ett utskick till så många", _times(mailing.kind), total),
        trouble=trouble if moved < at - LATE else "",
    )


def _times(kind: str) -> list[tuple[timedelta, int]]:
    gets_it = ~Q(lines__state=Line.LEFT_OUT)
    sent = Mailing.objects.filter(kind=kind, state=State.DONE).annotate(count=Count("lines", filter=gets_it))
    earlier = sent.order_by("-ended_at", "-pk")[:EARLIER]
    return [(one.ended_at - one.runs_at, one.count) for one in earlier if one.ended_at and one.runs_at]
