"""The start page "Nästa steg": for each of a person's units what to do next, who has the ball, and the last date.

`step_for` is a pure function of a few facts, so that every state has exactly one next action; `steps_of` gathers the
facts in a constant number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from accounts.models import User
from config.lib.dates import days_until
from deferrals.models import Deferral
from messaging.models import Thread
from profiles.models import Membership
from submissions.models import Delivery, Submission

Status = Submission.Status
UNIT, SKR, NOBODY = "Ni", "SKR", "Ingen"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the next step of one submission depends on. Counts are of the current file's open findings."""

    status: str
    opens_on: date
    due_date: date
    today: date
    may_submit: bool
    fel: int = 0
    unexplained: int = 0
    checking: bool = False
    refused: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What the page says: one headline, one sentence, who has the ball, where the button leads."""

    headline: str
    text: str
    ball: str
    action: str = ""  # the button's verb; empty: nothing to press
    target: str = ""  # upload, review, hand_in, submission
    tone: str = "neutral"  # neutral, todo, late, done

    @property
    def is_ours(self) -> bool:
        """Whether the unit is to act."""
        return self.ball == UNIT


def _rows(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {many}"


def _file_step(facts: Facts, tone: str) -> Step:
    """No file counts yet: not opened, closed, refused, or simply not handed in."""
    if facts.today < facts.opens_on:
        return Step("Insamlingen har inte öppnat", f"Den öppnar {facts.opens_on.isoformat()}. Ni behöver inte göra något nu.", NOBODY)
    if facts.closed:
        return Step("Insamlingen är stängd", "Ingen fil lämnades. Skriv till SKR under Meddelanden om det är fel.", NOBODY, tone="late")
    if facts.refused:
        return Step("Lämna filen igen", "Den senaste filen kunde inte tas emot. Se vad som var fel och lämna en ny.", UNIT, "Lämna en ny fil", "upload", tone)
    return Step("Lämna årets fil", "Ta ut filen ur lönesystemet efter novemberlönen och lämna den här. Svaret kommer direkt.", UNIT, "Lämna fil", "upload", tone)


def _review_step(facts: Facts, tone: str) -> Step:
    """A file is there: checked, corrected, explained, handed in."""
    if facts.checking:
        return Step("Filen kontrolleras", "Öppna granskningen för att se svaret.", UNIT, "Öppna granskningen", "review", tone)
    if facts.fel:
        return Step("Rätta filen", f"{_rows(facts.fel, 'anmärkning', 'anmärkningar')} måste rättas, i sidan eller med en ny fil.", UNIT, "Rätta", "review", tone)
    if facts.unexplained:
        return Step("Förklara det som avviker", f"{_rows(facts.unexplained, 'grupp', 'grupper')} av anmärkningar måste rättas eller förklaras.", UNIT, "Förklara", "review", tone)
    return Step("Klarmarkera", "Inget är kvar att rätta eller förklara. Filen är inte inlämnad förrän ni har klarmarkerat.", UNIT, "Klarmarkera", "hand_in", tone)


def step_for(facts: Facts) -> Step:
    """The one next step."""
    late = facts.today > facts.due_date
    tone = "late" if late else "todo"
    if facts.status == Status.NOT_STARTED:
        step = _file_step(facts, tone)
    elif facts.status in {Status.RECEIVED, Status.UNDER_REVIEW}:
        step = _review_step(facts, tone)
    elif facts.status == Status.RETURNED:
        step = Step("SKR har skickat tillbaka inlämningen", "Läs vad SKR vill att ni ser över, rätta och klarmarkera igen.", UNIT, "Se vad SKR skriver", "submission", tone)
    elif facts.status == Status.HANDED_IN:
        step = Step("Inlämnad", "Ni är klara. SKR börjar granska inom kort.", SKR, "Visa kvittens", "submission", "done")
    elif facts.status == Status.SKR_REVIEW:
        step = Step("SKR granskar", "SKR hör av sig under Meddelanden om något är oklart.", SKR, "Visa inlämningen", "submission", "done")
    else:
        step = Step("Godkänd", "SKR har godkänt uppgifterna. Tack!", NOBODY, "Visa kvittens", "submission", "done")
    if step.is_ours and not facts.may_submit:
        return Step(step.headline, "En uppgiftslämnare eller kontaktperson i enheten gör detta. Du kan följa arbetet.", UNIT, "Visa inlämningen", "submission", step.tone)
    return step


@dataclass(frozen=True, slots=True)
class UnitStep:
    """One card of the start page."""

    submission: Submission
    step: Step
    url: str
    role: str
    due_date: date
    days_left: int
    unread: int
    deferral: Deferral | None

    @property
    def action_label(self) -> str:
        """The button for somebody who hears it alone: which unit it concerns."""
        return f"{self.step.action}, {self.submission.unit.name}"

    @property
    def due_sentence(self) -> str:
        """'i dag', '7 dagar kvar', '2 dagar försenad'."""
        return days_until(self.days_left)


def step_url(submission: Submission, target: str) -> str:
    """The address of a step's button."""
    return reverse(f"submissions:{target or 'submission'}", args=[submission.unit.code, submission.collection.year])


def _card(submission: Submission, membership: Membership, delivery: Delivery | None, refused: bool, unread: int, deferral: Deferral | None, today: date) -> UnitStep:
    facts = Facts(
        status=submission.status,
        opens_on=submission.collection.opens_on,
        due_date=submission.due_date,
        today=today,
        may_submit=membership.role in {Membership.Role.SUBMITTER, Membership.Role.CONTACT},
        fel=delivery.fel if delivery else 0,
        unexplained=delivery.uncommented if delivery else 0,
        checking=submission.status == Status.RECEIVED,
        refused=refused,
        closed=submission.collection.closed_at is not None,
    )
    step = step_for(facts)
    return UnitStep(
        submission=submission,
        step=step,
        url=step_url(submission, step.target),
        role=membership.get_role_display(),
        due_date=facts.due_date,
        days_left=(facts.due_date - today).days,
        unread=unread,
        deferral=deferral,
    )


def _latest(deliveries: Iterable[Delivery]) -> tuple[dict[int, Delivery], set[int]]:
    """Per submission the current delivery, and the submissions whose newest file was refused."""
    current: dict[int, Delivery] = {}
    newest: dict[int, Delivery] = {}
    for delivery in deliveries:
        newest[delivery.submission_id] = delivery
        if delivery.is_current:
            current[delivery.submission_id] = delivery
    return current, {pk for pk, d in newest.items() if d.status == Delivery.Status.REJECTED}


def steps_of(user: User, *, today: date) -> list[UnitStep]:
    """The cards of one person's units in the newest collection, what is ours and most urgent first."""
    memberships = {m.unit_id: m for m in Membership.objects.in_force().filter(user=user).order_by("pk")}
    submissions = list(
        Submission.objects.visible_to(user)
        .filter(unit__in=memberships)
        .select_related("unit", "collection")
        .order_by("-collection__year", "unit__sort_key", "pk")
    )
    year = submissions[0].collection.year if submissions else 0
    submissions = [s for s in submissions if s.collection.year == year]
    current, refused = _latest(Delivery.objects.light().filter(submission__in=submissions).order_by("version", "pk"))
    unread: dict[int, int] = defaultdict(int)
    for unit_id in Thread.objects.visible_to(user).unread_by(user).order_by("pk").values_list("unit_id", flat=True):
        unread[unit_id] += 1
    deferrals = {
        d.submission_id: d for d in Deferral.objects.filter(submission__in=submissions).exclude(status="withdrawn").order_by("requested_at", "pk")
    }
    cards = [
        _card(s, memberships[s.unit_id], current.get(s.pk), s.pk in refused, unread[s.unit_id], deferrals.get(s.pk), today) for s in submissions
    ]
    return sorted(cards, key=lambda c: (not c.step.is_ours, c.days_left))
