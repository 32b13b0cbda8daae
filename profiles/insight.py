"""Who has seen a unit's rows, as the unit reads it: the audit trail's reads, exports and views of the portal as the unit sees it, in words.

Everybody with a role in the unit sees the same list, SKR's looks among them with the purpose that was given. It tells
which delivery, row or group, never what stood there. Source: security note, sections 9 and 11 (LOG-07).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.reads import REVEALED
from profiles.models import Membership, Unit

READ, EXPORTED, VIEWED = "data:read", "data:exported", "access:viewing:started"
WORDS = {READ: "Läste", EXPORTED: "Hämtade", VIEWED: "Såg"}
ALL, SKR, OWN = "alla", "skr", "egna"
WHO = ((ALL, "Alla"), (SKR, "SKR"), (OWN, "Enhetens egna"))
MONTH, YEAR = "30", "365"
PERIODS = ((ALL, "Hela tiden"), (MONTH, "Senaste 30 dagarna"), (YEAR, "Senaste året"))
HEADING = ("Tid", "Vem", "Hos", "Vad", "Uppgifter", "Hur", "Ändamål")


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the list."""

    at: datetime
    who: str
    side: str  # "SKR, Statistiker", "Uppgiftslämnare", "Tidigare Läsare"
    verb: str
    what: str
    how: str
    is_revealed: bool
    purpose: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose looks, and of which time."""

    who: str = ALL
    period: str = ALL

    @property
    def is_narrowed(self) -> bool:
        """Whether something is left out."""
        return self != Choice()


def events(unit: Unit, choice: Choice, *, now: datetime) -> QuerySet[AuditEvent]:
    """The unit's reads and exports, newest first."""
    found = AuditEvent.objects.filter(unit=unit.code, code__in=WORDS, actor_id__isnull=False)
    staff = User.objects.exclude(staff_role="").values("pk")
    if choice.who == SKR:
        found = found.filter(actor_id__in=staff)
    elif choice.who == OWN:
        found = found.exclude(actor_id__in=staff)
    if choice.period != ALL:
        found = found.filter(at__gte=now - timedelta(days=int(choice.period)))
    return found.order_by("-at", "-pk")


def looks(unit: Unit, found: Iterable[AuditEvent]) -> list[Look]:
    """Those events in words: two questions for who the people are, however many there are."""
    kept = list(found)
    people = {event.actor_id for event in kept if event.actor_id is not None}
    staff = {one.pk: one for one in User.objects.filter(pk__in=people).exclude(staff_role="").order_by("pk")}
    memberships = Membership.objects.filter(unit=unit, user__in=people).order_by("created_at", "pk")
    roles = {one.user_id: one for one in memberships}
    return [_look(unit, event, staff.get(event.actor_id or 0), roles.get(event.actor_id or 0)) for event in kept]


def _look(unit: Unit, event: AuditEvent, staff: User | None, membership: Membership | None) -> Look:
    return Look(
        at=event.at,
        who=event.actor,
        side=f"SKR, {staff.get_staff_role_display()}" if staff else _role(membership),
        verb=WORDS[event.code],
        what=event.object.removeprefix(f"{unit.code}/"),
        how=event.result or ("bara läsning" if event.code == VIEWED else ""),
        is_revealed=REVEALED in event.result,
        purpose=event.purpose,
    )


def _role(membership: Membership | None) -> str:
    if membership is None:
        return "Ingen roll i enheten nu"
    label = membership.get_role_display()
    return label if membership.ended_at is None else f"Tidigare {label}"


def table(found: Iterable[Look]) -> Iterator[tuple[str, ...]]:
    """The lines as a table, under `HEADING`; times in Swedish time."""
    for one in found:
        at = timezone.localtime(one.at).strftime("%Y-%m-%d %H:%M:%S")
        yield (at, one.who, one.side, one.verb, one.what, one.how, one.purpose)
