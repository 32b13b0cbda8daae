"""The season from the first invitation to the last purge, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from config.rehearsal import ending, handing, invariants, preparing
from config.rehearsal.plan import Part
from config.rehearsal.season import YEAR, Season, clock
from submissions.services import storage

TESTS, QUESTIONS, TIME = date(YEAR, 10, 20), date(YEAR, 10, 26), date(YEAR, 11, 16)
EARLY, LAST_DAY = date(YEAR, 11, 19), date(YEAR, 12, 1)
REVIEWED, CLOSED, TAKEN_OUT = date(YEAR, 12, 17), date(YEAR, 12, 19), date(YEAR, 12, 21)


def play(parts: Sequence[Part], *, workers: int, tell: Callable[[str], object]) -> Season:
    """Play the season in the database of the default connection, which is empty; what came of it.

    `workers` threads hand in at once on the last day; fewer than two hand in one after the other in this thread.
    """
    storage.forget()  # keyed by numbers that another database has too
    season = Season(parts, workers, tell, at=clock(preparing.LAST_YEAR_OPENS, 8))
    try:
        until_the_close(season)
        after_the_close(season)
    finally:
        storage.forget()
    return season


def until_the_close(season: Season) -> None:
    """From the first invitation until SKR has closed the year."""
    preparing.set_up(season)
    preparing.invite(season)
    handing.try_files(season, TESTS)
    handing.ask(season, QUESTIONS)
    handing.ask_for_time(season, TIME)
    handing.hand_in_early(season, EARLY)
    _check(season, invariants.WHILE_OPEN, "Före sista dagen")
    handing.hand_in_on_the_last_day(season, LAST_DAY)
    _check(season, invariants.WHILE_OPEN, "Efter sista dagen")
    handing.hand_in_after(season)
    ending.review_all(season, REVIEWED)
    ending.close(season, CLOSED)
    _check(season, invariants.AT_THE_CLOSE, "Efter avslutet")


def after_the_close(season: Season) -> None:
    """The rows are taken out, and two years later nothing is left of them."""
    ending.take_out(season, TAKEN_OUT)
    ending.purge(season)
    _check(season, invariants.AFTER_THE_PURGE, "Efter gallringen")


def _check(season: Season, checks: tuple[invariants.Check, ...], when: str) -> None:
    with season.phase(f"Kontroll: {when.lower()}") as counts:
        counts["villkor"] = invariants.check(season, checks, when=when)
