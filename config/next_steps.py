"""The start page "Nästa steg": for each of a person's units what to do next, who has the ball, and the last date.

How a submission stands is `submissions.situation`; this module adds the one headline and the one button, orders the
cards, and gathers everything in a constant number of queries.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from accounts import limits
from accounts.models import User
from deferrals.models import Deferral
from messaging.models import Thread
from profiles import access
from profiles.models import AccessRequest, Handover, Membership, Unit
from submissions import states
from submissions.models import Delivery, Submission
from submissions.services import issuing, points
from submissions.situation import Situation, situation_of

Status = Submission.Status


@dataclass(frozen=True, slots=True)
class Action:
    """The card's headline and its button: the verb, and the page of `submissions` it leads to."""

    headline: str
    button: str = ""  # empty: nothing to press
    page: str = "submission"
    text: str = ""  # empty: the situation's own sentence


_DONE = {
    Status.HANDED_IN: Action("Inlämnad", "Visa kvittensen", "receipt"),
    Status.SKR_REVIEW: Action("SKR granskar", "Visa inlämningen"),
    Status.APPROVED: Action("Godkänd", "Visa kvittensen", "receipt"),
    Status.LOCKED: Action("Godkänd och låst", "Visa inlämningen"),
}


_EXEMPT = Action("Ni omfattas inte i år", text="SKR har beslutat att ni inte behöver lämna någon fil i år.")


def action_for(
    submission: Submission,
    delivery: Delivery | None,
    *,
    refused: bool,
    may_submit: bool,
    today: date,
    must_explain: bool = True,
    points: int = 0,
) -> Action:
    """The one next action: every state has exactly one.

    `delivery` is the current file, `refused` that the newest was not taken, `points` how many of SKR's are open.
    """
    status = Status(submission.status)
    if submission.exempt_at is not None:
        return _EXEMPT
    if status in _DONE:
        return _DONE[status]
    action = _first_file(submission, refused, today) if delivery is None else _with_file(status, delivery, must_explain, points)
    if action.button and not may_submit:
        return Action(action.headline, "Visa inlämningen", text="En uppgiftslämnare eller kontaktperson i enheten gör detta.")
    return action


def _first_file(submission: Submission, refused: bool, today: date) -> Action:
    if submission.status == Status.RECEIVED:
        return Action("Filen kontrolleras", "Visa inlämningen")
    if today < submission.collection.opens_on:
        return Action("Insamlingen har inte öppnat")
    if submission.collection.closed_at is not None:
        return Action("Insamlingen är stängd", text="Ingen fil lämnades. Skriv till SKR under Meddelanden om det är fel.")
    first = submission.collection.delivers_on
    if first is not None and today < first:
        text = f"Årets fil kan lämnas från {first.isoformat()}. Prova gärna med en testfil redan nu: den räknas inte."
        return Action("Prova med en testfil", "Prova en testfil", "upload", text)
    if refused:
        text = "Den senaste filen kunde inte tas emot. Se vad som var fel och lämna en ny."
        return Action("Lämna filen igen", "Se vad som var fel", text=text)
    text = "Ta ut filen ur lönesystemet efter novemberlönen och lämna den här. Svaret kommer direkt."
    return Action("Lämna årets fil", "Lämna fil", "upload", text)


def _with_file(status: Status, delivery: Delivery, must_explain: bool, points: int) -> Action:
    if status == Status.RETURNED:
        return Action("SKR har skickat tillbaka inlämningen", "Se vad SKR skriver")
    if delivery.fel:
        return Action("Rätta filen", "Rätta", "review")
    if delivery.uncommented and must_explain:
        return Action("Förklara det som avviker", "Förklara", "review")
    if points:
        return Action("Svara på det som SKR vill veta", "Till punkterna", "review")
    return Action("Klarmarkera", "Klarmarkera", "hand_in", "Inget är kvar. Filen är inte inlämnad förrän ni har klarmarkerat.")


@dataclass(frozen=True, slots=True)
class Card:
    """One unit on the start page."""

    submission: Submission
    situation: Situation
    action: Action
    role: str
    days_left: int
    unread: int
    deferral: Deferral | None
    review_is_due: bool = False  # of the unit's people, by this person
    lacks_contact: bool = False
    may_submit: bool = True
    asked: int = 0  # requests for a role that the person may answer
    is_offered: bool = False  # a colleague wants to hand her role over
    is_alone: bool = False  # nobody else can sign in for the unit

    @property
    def unit(self) -> Unit:
        """The unit, for the parts of the page that only know one."""
        return self.submission.unit

    @property
    def url(self) -> str:
        """Where the button leads."""
        return reverse(f"submissions:{self.action.page}", args=[self.submission.unit.code, self.submission.collection.year])

    @property
    def label(self) -> str:
        """The button for somebody who hears it alone: which unit it concerns."""
        return f"{self.action.button}, {self.submission.unit.name}"

    @property
    def tone(self) -> str:
        """late, ours, done or nothing, for the card's edge."""
        if self.situation.is_late:
            return "late"
        if self.situation.is_ours:
            return "ours"
        return "done" if self.submission.status in _DONE else ""


def _newest_year(user: User) -> list[Submission]:
    submissions = (
        Submission.objects.visible_to(user)
        .select_related("unit", "collection")
        .order_by("-collection__year", "unit__sort_key", "pk")
    )
    newest = submissions[0].collection.year if submissions else 0
    return [submission for submission in submissions if submission.collection.year == newest]


def cards_of(user: User, *, today: date) -> list[Card]:
    """One card for each of the person's units in the newest collection, ours and most urgent first."""
    roles = access.roles_of(user)
    submissions = _newest_year(user)
    current: dict[int, Delivery] = {}
    newest: dict[int, Delivery] = {}
    for delivery in Delivery.objects.light().filter(submission__in=submissions, is_test=False).order_by("version", "pk"):
        newest[delivery.submission_id] = delivery
        if delivery.is_current:
            current[delivery.submission_id] = delivery
    unread = Counter(Thread.objects.visible_to(user).unread_by(user).order_by("pk").values_list("unit_id", flat=True))
    ended = [Deferral.Status.WITHDRAWN, Deferral.Status.REVOKED]
    wished = Deferral.objects.filter(submission__in=submissions).exclude(status__in=ended)
    deferrals = {deferral.submission_id: deferral for deferral in wished.order_by("requested_at", "pk")}
    units = Unit.objects.filter(pk__in=[submission.unit_id for submission in submissions])
    standing = units.standing(timezone.now() - limits.PEOPLE_CONFIRMED)
    asked = Counter(
        AccessRequest.objects.waiting().visible_to(user).exclude(user=user).order_by("pk").values_list("unit_id", flat=True)
    )
    offered = set(Handover.objects.open(timezone.now()).filter(receiver=user).order_by("pk").values_list("unit_id", flat=True))
    reopened = issuing.reopened_among(submissions)
    optional, left = states.explaining_is_optional(submissions), points.open_counts(submissions)
    cards = []
    for submission in submissions:
        role = roles[submission.unit_id]
        file, latest = current.get(submission.pk), newest.get(submission.pk)
        refused = latest is not None and latest.status == Delivery.Status.REJECTED
        must_explain = submission.pk not in optional
        is_reopened, may_submit = submission.pk in reopened, role in access.MAY_SUBMIT
        cards.append(
            Card(
                submission=submission,
                situation=situation_of(
                    submission,
                    file,
                    today=today,
                    is_reopened=is_reopened,
                    must_explain=must_explain,
                    points=left[submission.pk],
                ),
                action=action_for(
                    submission,
                    file,
                    refused=refused,
                    may_submit=may_submit,
                    today=today,
                    must_explain=must_explain,
                    points=left[submission.pk],
                ),
                role=Membership.Role(role).label,
                days_left=(submission.due_date - today).days,
                unread=unread[submission.unit_id],
                deferral=deferrals.get(submission.pk),
                review_is_due=role is Membership.Role.CONTACT
                and not standing[submission.unit_id].is_confirmed
                and submission.collection.is_open(today),
                lacks_contact=submission.unit.is_active and not standing[submission.unit_id].has_contact,
                may_submit=may_submit,
                asked=asked[submission.unit_id],
                is_offered=submission.unit_id in offered,
                is_alone=standing[submission.unit_id].people == 1,
            )
        )
    return sorted(cards, key=lambda card: (not card.situation.is_ours, card.days_left))
