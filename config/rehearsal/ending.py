"""SKR's part and the end: review, return, approve, open again, close, take out, purge."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from tempfile import TemporaryDirectory

from django.db.models import Sum

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import StaffRole
from config.rehearsal import handing
from config.rehearsal.plan import Part, Path
from config.rehearsal.season import YEAR, Season, submission_of
from deferrals import services as deferrals
from deferrals.models import Deferral
from messaging import retention as of_messages
from profiles import dormancy
from profiles import retention as of_profiles
from submissions.models import Collection, Delivery, Receipt, Submission
from submissions.services import comments, correct, deliver, export, production, production_files, production_set, reopen, review
from submissions.services import retention as of_submissions
from submissions.services.closing import close_collection

Status = Submission.Status
CLOSED_TRIES = 5  # units that try everything once the year is closed
EXPORTS_APART = timedelta(minutes=4)  # a person takes out at most twenty an hour
PURPOSE = "Generalrepetition av uttaget"


def review_all(season: Season, on: date) -> None:
    """SKR takes up everything that is handed in, sends some back once, approves, and opens some again."""
    season.pass_nights(on)
    with season.phase("SKR granskar") as counts:
        for part in season.submitters(season.parts):
            submission = submission_of(part)
            if submission.status == Status.HANDED_IN:
                with season.step(part, "granskning"):
                    _review(season, part, submission, counts)


def _review(season: Season, part: Part, submission: Submission, counts: Counter[str]) -> None:
    officer, at = season.staff[StaffRole.OFFICER], season.at
    if part.course.returned:
        review.begin_review(submission=submission, by=officer, at=at)
        submission.refresh_from_db()
        reason = "Timavlönade saknas i filen. Lägg till dem och klarmarkera igen."
        review.return_to_unit(submission=submission, reason=reason, by=officer, at=at + timedelta(hours=1))
        season.expect_mail("submissions/returned", submission.unit)
        counts["skickade tillbaka"] += 1
        handing.hand_in_again(season, part, at + timedelta(hours=2))
        at += timedelta(hours=5)
    _approve(season, part, at)
    counts["godkända"] += 1
    if part.course.reopened:
        reopen.ask_to_reopen(
            submission=submission_of(part), reason="Timlönerna kom inte med.", by=season.people[part.code], at=at
        )
        reopen.grant_request(submission=submission_of(part), by=officer, at=at + timedelta(hours=3))
        season.expect_mail("submissions/reopen_answered", submission.unit)
        counts["öppnade igen"] += 1
        handing.hand_in_again(season, part, at + timedelta(hours=4))
        _approve(season, part, at + timedelta(hours=8))


def _approve(season: Season, part: Part, at: datetime) -> None:
    officer, submission = season.staff[StaffRole.OFFICER], submission_of(part)
    review.begin_review(submission=submission, by=officer, at=at)
    submission.refresh_from_db()
    review.approve(submission=submission, by=officer, at=at + timedelta(hours=2))
    season.expect_mail("submissions/approved", submission.unit)


# The end -------------------------------------------------------------------------------------------------------------


def close(season: Season, on: date) -> None:
    """The year is closed, and nothing is taken in any more."""
    season.pass_nights(on)
    with season.phase("Avslut") as counts:
        closed = close_collection(year=YEAR, by=season.staff[StaffRole.COORDINATOR], at=season.at)
        counts.update({"låsta": closed.locked, "inte godkända": len(closed.left)})
        for path in Path:
            for part in season.submitters(season.of(path))[:CLOSED_TRIES]:
                counts["nekade försök"] += _try_everything(season, part)


def _try_everything(season: Season, part: Part) -> int:
    """What the unit tries once the year is closed; how much was refused. What is taken is a fault."""
    submission, by, at = submission_of(part), season.people[part.code], season.at + timedelta(days=1)
    delivery = review.current_delivery(submission)
    name, content = "forsent.txt", handing.file_of(part) if part.rows else b"x"
    day, system = submission.collection.latest_deferral_date, Deferral.Reason.PAYROLL_SYSTEM
    tries: dict[str, Callable[[], object]] = {
        "en fil": lambda: deliver.receive_delivery(submission=submission, content=content, name=name, by=by, at=at),
        "en testfil": lambda: deliver.receive_delivery(
            submission=submission, content=content, name=name, by=by, at=at, is_test=True
        ),
        "en uppgift om inga anställda": lambda: review.hand_in_nobody(submission=submission, expected_version=0, by=by, at=at),
        "en begäran om uppskov": lambda: deferrals.request_deferral(
            submission=submission, requested_date=day, reason=system, text="", by=by, at=at
        ),
        "en begäran om att öppna igen": lambda: reopen.ask_to_reopen(submission=submission, reason="För sent.", by=by, at=at),
        "en klarmarkering tillbaka": lambda: review.withdraw(submission=submission, by=by, at=at),
    }
    if delivery is not None:
        delivery.submission = submission
        tries |= _with_file(delivery, submission, by=by, at=at)
    refused = 0
    for what, attempt in tries.items():
        try:
            attempt()
        except (NotAllowed, comments.CommentRefused, correct.CorrectionRefused):
            refused += 1
        else:
            season.fault(f"{part.unit.name} ({part.code}): {what} togs emot fast insamlingen är stängd.")
    return refused


def _with_file(delivery: Delivery, submission: Submission, *, by: User, at: datetime) -> dict[str, Callable[[], object]]:
    return {
        "en rättelse": lambda: correct.correct(
            delivery=delivery, row=1, field=6, value="För sent", expected_revision=delivery.revision, by=by, at=at
        ),
        "en klarmarkering": lambda: review.hand_in(
            submission=submission, delivery=delivery, expected_revision=delivery.revision, by=by, at=at
        ),
    }


def take_out(season: Season, on: date) -> None:
    """The statistician takes out the rows of every approved file, and compares their number with the receipt's."""
    season.pass_nights(on)
    with season.phase("Uttag") as counts:
        by, at = season.staff[StaffRole.STATISTICIAN], season.at
        of_the_year = Delivery.objects.light().filter(is_current=True, submission__collection__year=YEAR)
        locked = of_the_year.filter(submission__status=Status.LOCKED)
        for delivery in locked.select_related("submission__unit", "submission__collection").order_by("pk"):
            at += EXPORTS_APART
            made = export.rows_of(delivery=delivery, revealed=False, purpose=PURPOSE, by=by, at=at)
            content = made.content if isinstance(made.content, bytes) else b"".join(made.content)
            rows = content.count(b"\n") - 1
            if rows != delivery.rows:
                season.fault(f"Uttaget {made.name} har {rows} rader, men filen {delivery.rows}.")
            counts.update({"filer": 1, "rader": rows, "byte": len(content)})
    with season.phase("Produktionsuttag") as counts:
        _take_out_production(season, counts)


def _take_out_production(season: Season, counts: Counter[str]) -> None:
    """The whole approved data set: frozen once, whole and signed, and with the rows of the receipts."""
    collection = Collection.objects.select_related("layout").get(year=YEAR)
    in_force = Receipt.objects.filter(submission__collection=collection, submission__status=Status.LOCKED, withdrawn_at=None)
    wanted = in_force.aggregate(rows=Sum("rows"))["rows"] or 0
    if not in_force.exists():
        return
    set_of_the_year, _ = production.freeze(collection=collection, by=None, at=season.at)
    if production.freeze(collection=collection, by=None, at=season.at)[1]:
        season.fault("Samma uppgifter blev en ny version av produktionsuttaget.")
    with TemporaryDirectory() as folder:
        to = pathlib.Path(folder) / "uttag"
        made, _ = production_files.write_for_operator(
            export=set_of_the_year, format="parquet", pseudonymised=True, to=to, at=season.at
        )
        for fault in production_set.faults_in(to):
            season.fault(f"Produktionsuttaget: {fault}")
    if made.rows != wanted:
        season.fault(f"Produktionsuttaget har {made.rows} rader, men kvittenserna {wanted}.")
    counts.update({"enheter": set_of_the_year.units, "rader": made.rows})


def purge(season: Season) -> None:
    """A year and two years later: what is kept only for a while goes, and unused accounts are closed."""
    closed = season.at
    for days in (366, 732):
        season.at = closed + timedelta(days=days)
        with season.phase(f"Gallring efter {days} dagar") as counts:
            for rules in (of_messages, of_profiles, of_submissions):
                counts.update({what: count for what, count in rules.purge(at=season.at).items() if count})
            counts["varnade konton"] += dormancy.warn_dormant(at=season.at)
            counts["stängda konton"] += dormancy.suspend_dormant(at=season.at)
    season.pass_nights((season.at + timedelta(days=1)).date())
