"""Att ringa: the units that need a call, each with why, worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from config.lib.text import amount
from submissions.models import Delivery
from submissions.services.season.standing import APPROVED, HANDED_IN, Standing

SHRUNK = 0.4  # so much smaller than last year's file, or more
MANY_UPLOADS = 10  # files without a hand-in
UNANSWERED = timedelta(days=3)  # a matter has waited for SKR longer than this
QUIET_FROM = timedelta(days=14)  # so long after the opening somebody should have signed in
FOLDED_AT = 10  # so many are shown on the front page

LATE, NOBODY, FAILS_NOW, SMALLER, STRUGGLES, UNHEARD, QUIET = 60, 50, 40, 30, 30, 25, 15
"""The weight of each reason; a unit with several has their sum. Our own until SKR says otherwise."""


@dataclass(frozen=True, slots=True)
class Season:
    """What the reasons are measured against."""

    opens_on: date
    today: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to ring, in words, and how much it weighs."""

    text: str
    weight: int


@dataclass(frozen=True, slots=True)
class Concern:
    """A unit to ring and why, the heaviest reason first."""

    unit: Standing
    reasons: tuple[Reason, ...]

    @property
    def weight(self) -> int:
        """What all reasons weigh together."""
        return sum(reason.weight for reason in self.reasons)


def concerns(standings: Iterable[Standing], season: Season) -> list[Concern]:
    """The units to ring, worst first, of the same weight by name. Nobody is rung who is not part of the year."""
    found = []
    for one in standings:
        reasons = [] if one.is_exempt else [reason for rule in RULES if (reason := rule(one, season)) is not None]
        if reasons:
            found.append(Concern(one, tuple(sorted(reasons, key=lambda reason: -reason.weight))))
    return sorted(found, key=lambda concern: (-concern.weight, concern.unit.sort_key, concern.unit.pk))


def folded(found: list[Concern]) -> tuple[list[Concern], int]:
    """What the front page shows, and how many units it tells of in one line: those that only lack people, where they are many.

    Before the invitations that is nearly everybody, and would hide what else there is.
    """
    others = [concern for concern in found if any(reason.weight != NOBODY for reason in concern.reasons)]
    unmanned = len(found) - len(others)
    return (others, unmanned) if unmanned > FOLDED_AT else (found, 0)


def _late(one: Standing, season: Season) -> Reason | None:
    if not one.is_late:
        return None
    days = amount((season.today - one.due_on).days, "dag", "dagar")
    return Reason(f"Försenad {days}: ingen fil som gick att läsa har kommit.", LATE)


def _nobody(one: Standing, season: Season) -> Reason | None:
    if one.status in HANDED_IN or one.able:
        return None
    return Reason("Ingen i enheten kan lämna uppgifter. Bjud in någon.", NOBODY)


def _fails_now(one: Standing, season: Season) -> Reason | None:
    """The latest file fails though an earlier one did not."""
    if one.status in HANDED_IN or len(one.files) < 2 or not one.files[-1].fails:
        return None
    last, earlier = one.files[-1], one.files[:-1]
    if last.fel and any(file.is_good for file in earlier):
        return Reason(
            f"En tidigare fil var utan fel, men i den senaste måste {amount(last.fel, 'sak', 'saker')} rättas.", FAILS_NOW
        )
    if not last.fel and any(file.status == Delivery.Status.CHECKED for file in earlier):
        return Reason("En tidigare fil gick att läsa, men den senaste avvisades.", FAILS_NOW)
    return None


def _smaller(one: Standing, season: Season) -> Reason | None:
    file = one.current
    if one.status in APPROVED or file is None or not one.rows_before:
        return None
    lost = 1 - file.rows / one.rows_before
    if lost < SHRUNK:
        return None
    now, before = amount(file.rows, "rad", "rader"), f"{amount(one.rows_before, '', '').strip()} förra året"
    return Reason(f"Filen är {lost:.0%} mindre än förra årets: {now} mot {before}.".replace("%", " %"), SMALLER)


def _struggles(one: Standing, season: Season) -> Reason | None:
    if one.status in HANDED_IN or len(one.files) < MANY_UPLOADS:
        return None
    return Reason(f"{len(one.files)} filer har kommit, men inget är klarmarkerat.", STRUGGLES)


def _unheard(one: Standing, season: Season) -> Reason | None:
    if one.waits_since is None or season.now - one.waits_since <= UNANSWERED:
        return None
    days = (season.today - timezone.localdate(one.waits_since)).days
    return Reason(f"Enheten har väntat på svar från SKR i {amount(days, 'dag', 'dagar')}.", UNHEARD)


def _quiet(one: Standing, season: Season) -> Reason | None:
    """There are people, but none has signed in this season."""
    if one.status in HANDED_IN or not one.able or season.today < season.opens_on + QUIET_FROM:
        return None
    if one.last_sign_in is not None and timezone.localdate(one.last_sign_in) >= season.opens_on:
        return None
    return Reason("Ingen i enheten har loggat in sedan insamlingen öppnade.", QUIET)


RULES: tuple[Callable[[Standing, Season], Reason | None], ...] = (
    _late,
    _nobody,
    _fails_now,
    _smaller,
    _struggles,
    _unheard,
    _quiet,
)
