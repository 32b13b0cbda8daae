"""Ask for a later date, take it back, grant, decline or revoke it. A granted date counts everywhere at once.

Every verb locks the submission first, so that a unit's request, SKR's decision and a hand-in take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import amount
from deferrals import states
from deferrals.handling import cleaned, record, required, tell_unit
from deferrals.models import Deferral
from profiles import access
from profiles.models import Unit
from submissions.models import Submission
from submissions.services import deliver
from submissions.services.review import move_due_date

Status = Deferral.Status


class SomeCannot(NotAllowed):
    """Of the units asked for together these cannot have it, each with its sentence; nothing was asked for."""

    def __init__(self, reasons: Sequence[tuple[Unit, str]], asked: int) -> None:
        self.reasons = list(reasons)
        sentence = f"Ingen begäran är skickad: {amount(len(reasons), 'enhet', 'enheter')} av {asked} kan inte få datumet."
        super().__init__(reasons[0][1] if asked == 1 else sentence)


class NoWord(NotAllowed):
    """The decision needs a text to the unit."""


@transaction.atomic
def request_deferrals(
    *, submissions: Sequence[Submission], requested_date: date, reason: str, text: str, nonce: UUID, by: User, at: datetime
) -> list[Deferral]:
    """A request for each submission, or for none of them. What the collection's rule gives is granted at once.

    The same `nonce` again gives the requests that it made. Raises `SomeCannot` with a sentence for each unit that cannot.
    """
    if not submissions:
        raise NotAllowed("Välj minst en enhet.")
    text = cleaned(text)
    if reason not in Deferral.Reason.values:
        raise NotAllowed("Välj ett skäl i listan.")
    if reason == Deferral.Reason.OTHER and not text:
        raise NotAllowed("Beskriv kort varför ni behöver mer tid.")
    keys = {submission.pk for submission in submissions}
    locked = [deliver.lock(one) for one in sorted(submissions, key=lambda one: one.pk)]
    wanted = {(pk, requested_date, reason, text) for pk in keys}
    before = asked_before(nonce, by)
    if {(one.submission_id, one.requested_date, one.reason, one.text) for one in before} == wanted:
        return before
    if before:
        nonce = uuid4()  # the same form, filled in with something else
    today = timezone.localdate(at)
    checked = [(one, _reason_against(one, requested_date, by, today)) for one in locked]
    if refused := [(one.unit, sentence) for one, sentence in checked if sentence]:
        raise SomeCannot(refused, len(keys))
    made = [_request(one, requested_date, reason, text, nonce, by=by, at=at) for one in locked]
    return sorted(made, key=lambda one: one.submission.unit.sort_key)


def request_deferral(*, submission: Submission, requested_date: date, reason: str, text: str, by: User, at: datetime) -> Deferral:
    """The request of one unit alone."""
    values = {"requested_date": requested_date, "reason": reason, "text": text, "by": by, "at": at}
    return request_deferrals(submissions=[submission], nonce=uuid4(), **values)[0]  # type: ignore[arg-type]


def asked_before(nonce: UUID | str, by: User) -> list[Deferral]:
    """What the form with this `nonce` made when the person sent it; nothing for a nonce that is none."""
    try:
        nonce = UUID(str(nonce))
    except ValueError:
        return []
    return list(Deferral.objects.with_people().filter(nonce=nonce, requested_by=by).order_by("submission__unit__sort_key", "pk"))


def _reason_against(submission: Submission, day: date, by: User, today: date) -> str:
    """Why this unit cannot have the date; empty where it can."""
    try:
        access.check_can_submit(by, submission.unit)
        states.check_can_request(submission, today)
        states.check_date(submission, day, today)
    except NotAllowed as refusal:
        return refusal.reason
    return ""


def _request(
    submission: Submission, day: date, reason: str, text: str, nonce: UUID, *, by: User, at: datetime
) -> Deferral:  # fmt: skip
    until = states.direct_until(submission, timezone.localdate(at))
    try:
        with transaction.atomic():
            deferral = Deferral.objects.create(
                submission=submission, requested_date=day, reason=reason, text=text, nonce=nonce, requested_at=at, requested_by=by
            )
    except IntegrityError:
        raise NotAllowed("Formuläret är redan skickat. Ladda om sidan för att se vad som gäller.") from None
    record("deferral:requested", submission, by, at, day.isoformat())
    if until is not None and day <= until:
        _grant_by_rule(deferral, by=by, at=at)
    return deferral


def _grant_by_rule(deferral: Deferral, *, by: User, at: datetime) -> None:
    submission, day = deferral.submission, deferral.requested_date
    days = submission.collection.direct_deferral_days
    states.decide(deferral, Status.GRANTED, by=None, at=at, granted_date=day, rule_days=days)
    move_due_date(submission=submission, to=day, by=by, at=at, text="Uppskovet beviljades direkt enligt SKR:s regel.")
    record("deferral:granted_by_rule", submission, by, at, f"{day.isoformat()}, högst {amount(days, 'dag', 'dagar')}")
    tell_unit(submission, but=by)


@transaction.atomic
def take_back_deferral(*, deferral: Deferral, seen: str, by: User, at: datetime) -> None:
    """The unit needs no more time: what waits is not asked any longer, and a granted date does not count any longer.

    `seen` is how the request stood on the person's page: one that SKR has granted meanwhile is not given back unread.
    """
    _lock(deferral)
    access.check_can_submit(by, deferral.submission.unit)
    if deferral.status == Status.GRANTED and seen != Status.GRANTED:
        raise NotAllowed("SKR har beviljat uppskovet sedan du öppnade sidan. Läs svaret här. Behövs det inte kan ni ta bort det.")
    states.check_can_take_back(deferral, timezone.localdate(at))
    _end(deferral, Status.WITHDRAWN, "Enheten har tagit tillbaka uppskovet.", by=by, at=at)
    record("deferral:withdrawn", deferral.submission, by, at)


@transaction.atomic
def grant_deferral(*, deferral: Deferral, granted_date: date, answer: str, by: User, at: datetime) -> None:
    """Give a later date, the one asked for or another; another needs a word to the unit."""
    _lock(deferral)
    states.check_can_grant(by, deferral)
    submission = deferral.submission
    states.check_date(submission, granted_date, timezone.localdate(at))
    answer = cleaned(answer)
    if granted_date != deferral.requested_date and not answer:
        raise NoWord("Skriv varför enheten får ett annat datum än det begärda.")
    states.decide(deferral, Status.GRANTED, by=by, at=at, granted_date=granted_date, answer=answer)
    move_due_date(submission=submission, to=granted_date, by=by, at=at, text="SKR har beviljat uppskov.")
    record("deferral:granted", submission, by, at, granted_date.isoformat())
    tell_unit(submission)


@transaction.atomic
def decline_deferral(*, deferral: Deferral, answer: str, by: User, at: datetime) -> None:
    """Say no, with the reason why: the last day stays."""
    _lock(deferral)
    states.check_can_decide(by, deferral)
    answer = required(answer, "Skriv varför det inte går att ge uppskov.")
    states.decide(deferral, Status.DECLINED, by=by, at=at, answer=answer)
    record("deferral:declined", deferral.submission, by, at)
    tell_unit(deferral.submission)


@transaction.atomic
def answer_together(*, deferrals: Sequence[Deferral], answer: Callable[[Deferral], None]) -> None:
    """The same answer to requests that one form made: to all of them or to none.

    Raises what `answer` raises, where there are several with the unit's name before the sentence.
    """
    for one in sorted(deferrals, key=attrgetter("submission_id")):  # two who answer the same ones lock them in the same order
        try:
            answer(one)
        except NoWord:
            raise
        except NotAllowed as refusal:
            if len(deferrals) == 1:
                raise
            raise NotAllowed(f"{one.submission.unit.name}: {refusal.reason}") from refusal


@transaction.atomic
def revoke_deferral(*, deferral: Deferral, text: str, by: User, at: datetime) -> None:
    """SKR takes a granted date back, with the reason why: the date before it counts again."""
    _lock(deferral)
    states.check_can_revoke(by, deferral, timezone.localdate(at))
    text = required(text, "Skriv varför uppskovet upphävs.")
    _end(deferral, Status.REVOKED, "SKR har upphävt uppskovet.", by=by, at=at, text=text)
    record("deferral:revoked", deferral.submission, by, at)
    tell_unit(deferral.submission, template="decided")


def _lock(deferral: Deferral) -> None:
    """The submission's row, and the request as it stands then."""
    locked = deliver.lock(deferral.submission)
    deferral.refresh_from_db()
    deferral.submission = locked


def _end(deferral: Deferral, to: states.Status, what: str, *, by: User, at: datetime, text: str = "") -> None:
    was_granted = deferral.status == Status.GRANTED
    before = states.date_without(deferral)
    states.end(deferral, to, by=by, at=at, text=text)
    if was_granted:
        move_due_date(submission=deferral.submission, to=before, by=by, at=at, text=what)
