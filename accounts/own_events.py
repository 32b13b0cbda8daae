"""A person's own sign-in events as she may read them herself (security note, section 9): when, what, from which browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts import audit_words, limits
from accounts.models import AuditEvent, AuditOrigin, User

SHOWN = (
    "account:sign_in:succeeded",
    "account:sign_in:failed",
    "account:sign_in:new_client",
    "account:totp:wrong",
    "account:totp:replayed",
    "account:totp:blocked",
    "account:totp:registered",
    "account:totp:revoked",
    "account:step_up:failed",
    "account:password:set",
    "account:password:changed",
    "account:password:wrong",
    "account:recovery_code:created",
    "account:recovery_code:used",
    "account:recovery_code:wrong",
    "account:recovery_code:blocked",
    "account:email:change_requested",
    "account:email:changed",
    "account:session:ended",
    "account:session:all_ended",
    "account:session:moved",
    "account:code:requested",
    "recovery:opened",
    "recovery:approved",
    "recovery:cancelled",
    "recovery:used",
)
_WARNINGS = frozenset({"failed", "wrong", "replayed", "blocked", "moved"})


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words."""

    at: datetime
    what: str
    outcome: str
    client: str
    is_warning: bool


def of(user: User, *, at: datetime) -> QuerySet[AuditEvent]:
    """Her own events of the last 90 days, newest first."""
    own = AuditEvent.objects.filter(subject_id=user.pk, code__in=SHOWN, at__gt=at - limits.ORIGIN_KEPT)
    return own.order_by("-at", "-pk")


def in_words(events: Iterable[AuditEvent]) -> list[Line]:
    """The events of one page, with the browser that each came from."""
    events = list(events)
    clients = dict(AuditOrigin.objects.filter(event_id__in=[event.pk for event in events]).values_list("event_id", "client"))
    return [
        Line(
            at=event.at,
            what=audit_words.words(event.code),
            outcome=_outcome(event),
            client=clients.get(event.pk, ""),
            is_warning=_is_warning(event),
        )
        for event in events
    ]


def _is_warning(event: AuditEvent) -> bool:
    return event.code.rpartition(":")[2] in _WARNINGS


def _outcome(event: AuditEvent) -> str:
    """What came of it, as a word of its own also where the event says it already."""
    words = audit_words.result_words(event.result) or ("misslyckades" if _is_warning(event) else "klart")
    return words[0].upper() + words[1:]


def password_at(user: User) -> datetime | None:
    """When the password was last set; None where the trail no longer reaches back that far."""
    written = AuditEvent.objects.filter(actor_id=user.pk, code__in=["account:password:set", "account:password:changed"])
    return written.order_by("-at", "-pk").values_list("at", flat=True).first()


def notices_accepted(user: User) -> list[tuple[str, datetime]]:
    """Each version of the privacy notice that she has accepted, with when; the newest first."""
    events = AuditEvent.objects.filter(actor_id=user.pk, code="account:notice:accepted").order_by("-at", "-pk")
    return list(events.values_list("result", "at"))
