"""The units' part: test files, questions, uppskov, and the files with their errors, corrections and explanations."""

from __future__ import annotations

import time as stopwatch
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.roles import StaffRole
from config.demo import filing, texts
from config.rehearsal.plan import FEWEST_SLIPS, SLIPS, Part, Path
from config.rehearsal.season import YEAR, Season, submission_of
from deferrals import exempting
from deferrals import services as deferrals
from deferrals import states as deferral_states
from deferrals.models import Deferral, Exemption
from messaging import services as messaging
from messaging.models import Thread
from submissions import synthetic
from submissions.models import Supplement
from submissions.services import review, supplements

PATIENCE = (3, 12)  # values that a unit corrects in the page before it takes a new file out of its payroll system
NO_DELIVERY = b"%PDF-1.7\n% lonelista\n"


@dataclass(frozen=True, slots=True)
class Files:
    """What a unit takes out of its payroll system: first with slips, then without."""

    spoiled: bytes
    clean: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """What one hand-in took."""

    rows: int
    files: int
    corrections: int
    explanations: int
    seconds: float  # from the first file to its answer


def file_of(part: Part, *, is_spoiled: bool = False) -> bytes:
    """The unit's file, or one where slips have been made in some of its rows."""
    slips = min(max(SLIPS, FEWEST_SLIPS / part.rows), 1) if is_spoiled else 0
    return synthetic.delivery(part.code, part.rows, part.seed, slips, year=YEAR)


def files_of(part: Part) -> Files:
    """Both files of the unit."""
    return Files(file_of(part, is_spoiled=True), file_of(part))


def try_files(season: Season, on: date) -> None:
    """Some try a test file as soon as the year is open."""
    season.pass_nights(on)
    with season.phase("Testfiler") as counts:
        for part in season.submitters([part for part in season.parts if part.course.tests]):
            with season.step(part, "testfil"):
                content, by = file_of(part, is_spoiled=True), season.people[part.code]
                filing.upload(submission_of(part), content, "test.txt", by=by, at=season.at, is_test=True)
                counts["filer"] += 1
                counts["rader"] += part.rows


def ask(season: Season, on: date) -> None:
    """Some write to SKR, which answers the day after; the unit closes the matter."""
    season.pass_nights(on)
    officer = season.staff[StaffRole.OFFICER]
    with season.phase("Frågor till SKR") as counts:
        for part in season.submitters([part for part in season.parts if part.course.asks]):
            with season.step(part, "fråga"):
                by = season.people[part.code]
                thread = messaging.start_thread(
                    unit=submission_of(part).unit,
                    year=YEAR,
                    category=Thread.Category.FILE,
                    subject="Vad ska fälten innehålla?",
                    text=texts.FALTEN,
                    by=by,
                    at=season.at,
                    nonce=season.form(),
                )
                at = season.at + timedelta(days=1)
                messaging.reply(thread=thread, text=texts.FALTEN_SVAR, by=officer, at=at, nonce=season.form())
                messaging.close_thread(thread=thread, by=by, at=at + timedelta(hours=2))
                counts["ärenden"] += 1
                counts["meddelanden"] += 2


def ask_for_time(season: Season, on: date) -> None:
    """Uppskov is asked for, and SKR grants or declines the day after; one rule gives a few days at once."""
    season.pass_nights(on)
    with season.phase("Uppskov") as counts:
        for part in season.submitters(season.of(Path.GRANTED, Path.LATE)):
            with season.step(part, "uppskov"):
                counts[_ask_for_time(season, part)] += 1
        for part in season.of(Path.EXEMPT):
            with season.step(part, "omfattas inte"):
                exempting.decide_exemption(
                    submission=submission_of(part),
                    reason=Exemption.Reason.ELSEWHERE,
                    text="Uppgifterna lämnas av en annan enhet.",
                    by=season.staff[StaffRole.COORDINATOR],
                    at=season.at,
                )
                counts["omfattas inte"] += 1


def _ask_for_time(season: Season, part: Part) -> str:
    """What became of the request, in a word."""
    submission, at = submission_of(part), season.at
    dates = deferral_states.window(submission, timezone.localdate(at))
    if dates is None:
        raise ValueError("no later date is left")
    day = dates[0] if part.course.direct else dates[1]
    reason, text = Deferral.Reason.PAYROLL_SYSTEM, "Vi byter lönesystem i november."
    asked = deferrals.request_deferral(
        submission=submission, requested_date=day, reason=reason, text=text, by=season.people[part.code], at=at
    )
    if asked.status == Deferral.Status.GRANTED:
        return "beviljade direkt"
    by, at = season.staff[StaffRole.COORDINATOR], at + timedelta(days=1)
    if part.path is Path.LATE:
        deferrals.decline_deferral(deferral=asked, answer="Vi kan inte ge uppskov av det skälet.", by=by, at=at)
        return "avslagna"
    deferrals.grant_deferral(deferral=asked, granted_date=day, answer="", by=by, at=at)
    return "beviljade"


# Files ---------------------------------------------------------------------------------------------------------------


def hand_in_early(season: Season, on: date) -> None:
    """Those that are early, and those that had no employees."""
    season.pass_nights(on)
    with season.phase("Tidiga inlämningar") as counts:
        _one_by_one(season, season.of(Path.EARLY), counts)
        for part in season.submitters(season.of(Path.NOBODY)):
            with season.step(part, "inga anställda"):
                submission, by = submission_of(part), season.people[part.code]
                review.hand_in_nobody(submission=submission, expected_version=0, by=by, at=season.at)
                season.expect_mail("submissions/handed_in", submission.unit)
                counts["utan anställda"] += 1


def hand_in_on_the_last_day(season: Season, on: date) -> None:
    """Most come on the last day, many at once."""
    season.pass_nights(on)
    parts = season.submitters(season.of(Path.PEAK))
    made = {part.code: files_of(part) for part in parts}  # before the clock starts: making them is no part of the portal
    with season.phase("Sista dagen") as counts:
        if season.workers < 2:
            _one_by_one(season, parts, counts, made=made, answers=season.answers)
            return

        def one(numbered: tuple[int, Part]) -> Done | None:
            try:
                part = numbered[1]
                return _hand_in(season, part, season.at + timedelta(minutes=numbered[0] % 60), made[part.code])
            finally:
                connection.close()

        with ThreadPoolExecutor(season.workers) as pool:
            for done in pool.map(one, enumerate(parts)):
                _count(counts, done, season.answers)


def hand_in_after(season: Season) -> None:
    """Those that were given more time, on their own last days, and those that are late."""
    waiting = {part.code: _comes_on(part) for part in season.submitters(season.of(Path.GRANTED, Path.LATE))}
    for day in sorted(set(waiting.values())):
        season.pass_nights(day)
        with season.phase(f"Inlämningar {day.isoformat()}") as counts:
            _one_by_one(season, [part for part in season.parts if waiting.get(part.code) == day], counts)


def _comes_on(part: Part) -> date:
    submission = submission_of(part)
    return submission.due_date + timedelta(days=2) if part.path is Path.LATE else submission.due_date


def _one_by_one(
    season: Season,
    parts: list[Part],
    counts: Counter[str],
    made: dict[str, Files] | None = None,
    answers: list[float] | None = None,
) -> None:
    for number, part in enumerate(season.submitters(parts)):
        files = made[part.code] if made else files_of(part)
        _count(counts, _hand_in(season, part, season.at + timedelta(minutes=number % 60), files), answers)


def _count(counts: Counter[str], done: Done | None, answers: list[float] | None) -> None:
    if done is None:
        return
    counts.update({"inlämningar": 1, "filer": done.files, "rader": done.rows * done.files})
    counts.update({"rättelser": done.corrections, "förklaringar": done.explanations})
    if answers is not None:
        answers.append(done.seconds)


def _hand_in(season: Season, part: Part, at: datetime, made: Files) -> Done | None:
    """The whole way from a file with errors to the receipt; None where it ended in a fault."""
    return season.attempt(part, "inlämning", lambda: _whole_way(season, part, at, made))


def _whole_way(season: Season, part: Part, at: datetime, made: Files) -> Done:
    submission, by, files = submission_of(part), season.people[part.code], 1
    if part.unit.kind == "region":
        _add_positions(season, part, at)
    if part.course.refused:
        filing.upload(submission, NO_DELIVERY, "lonelista.pdf", by=by, at=at)
    started = stopwatch.perf_counter()
    delivery = filing.upload(submission, made.spoiled, "november.txt", by=by, at=at + timedelta(minutes=1))
    seconds = stopwatch.perf_counter() - started
    most = PATIENCE[part.seed % len(PATIENCE)]
    mended = filing.mend(delivery, made.clean, by=by, at=at + timedelta(minutes=5), most=most)
    corrections = mended.revision
    if mended.fel:
        mended, files = filing.upload(submission, made.clean, "november_ny.txt", by=by, at=at + timedelta(minutes=30)), 2
    explanations = filing.explain(submission, mended, by=by, at=at + timedelta(minutes=40))
    filing.confirm(submission, mended, by=by, at=at + timedelta(hours=3))
    season.expect_mail("submissions/handed_in", submission.unit)
    return Done(part.rows, files, corrections, explanations, seconds)


def hand_in_again(season: Season, part: Part, at: datetime) -> None:
    """A new file, with what is right in it, after SKR has sent it back or opened it again."""
    submission, by = submission_of(part), season.people[part.code]
    delivery = filing.upload(submission, file_of(part), "november_igen.txt", by=by, at=at)
    filing.explain(submission, delivery, by=by, at=at + timedelta(minutes=10))
    filing.confirm(submission, delivery, by=by, at=at + timedelta(hours=2))
    season.expect_mail("submissions/handed_in", submission.unit)


def _add_positions(season: Season, part: Part, at: datetime) -> None:
    """A region's kodförteckning."""
    supplements.add_supplement(
        submission=submission_of(part),
        kind=Supplement.Kind.POSITIONS,
        content=synthetic.position_list(part.code),
        name="kodforteckning.csv",
        note="",
        by=season.people[part.code],
        at=at,
    )
