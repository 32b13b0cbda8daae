"""How a submission stands, in the words of the page: status, who has the ball, what to do now, how many days are left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from config.lib.dates import days_until
from config.lib.text import amount
from submissions import states
from submissions.models import Delivery, Submission

Status = Submission.Status

TONES = {
    Status.NOT_STARTED: "neutral",
    Status.RECEIVED: "info",
    Status.UNDER_REVIEW: "warning",
    Status.HANDED_IN: "success",
    Status.SKR_REVIEW: "info",
    Status.RETURNED: "warning",
    Status.APPROVED: "success",
    Status.LOCKED: "neutral",
}
BALLS = {states.UNIT: "Väntar på er", states.SKR: "Väntar på SKR", states.NOBODY: "Klart"}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the head of a submission's page says."""

    label: str
    tone: str
    ball: str
    is_ours: bool
    means: str
    now: str
    step: int  # of Ladda upp, Rätta och förklara, Klarmarkera; 4 when all are done
    due_date: date
    is_granted: bool
    is_late: bool
    left: str  # "7 dagar kvar", empty once handed in


def situation_of(
    submission: Submission,
    delivery: Delivery | None,
    *,
    today: date,
    is_reopened: bool = False,
    must_explain: bool = True,
    points: int = 0,
) -> Situation:
    """The situation of a submission with its current delivery, if any.

    `is_reopened` where SKR has opened again what it had approved; `must_explain` as the year's KOM02 says;
    `points` are those of SKR's that are open.
    """
    status = Status(submission.status)
    if submission.exempt_at is not None:
        return _exempt(submission)
    if status == Status.NOT_STARTED and today < submission.collection.opens_on:
        return _before_opening(submission)
    if status == Status.NOT_STARTED and submission.collection.closed_at is not None:
        return _never_begun(submission)
    left = _left(delivery, must_explain)
    meaning = _meaning(status, delivery, is_reopened)
    is_late = states.is_late(submission, has_file=delivery is not None, is_reopened=is_reopened, on=today)
    return Situation(
        label="Försenad" if is_late else "Öppnad igen" if is_reopened else status.label,
        tone="error" if is_late else "warning" if is_reopened else TONES[status],
        ball=BALLS[meaning.ball],
        is_ours=meaning.ball == states.UNIT,
        means=meaning.means,
        now=_now(submission, delivery, left, points, today) or meaning.now,
        step=_step(status, delivery, left + points),
        due_date=submission.due_date,
        is_granted=submission.granted_due_date is not None,
        is_late=is_late,
        left=days_until((submission.due_date - today).days) if status in states.WORKING and not is_reopened else "",
    )


def _exempt(submission: Submission) -> Situation:
    return _nothing_to_do(
        submission,
        label="Omfattas inte i år",
        means="SKR har beslutat att ni inte omfattas av årets insamling.",
        now="Ni behöver inte lämna någon fil i år. Beslutet står under Uppskov.",
    )


def _before_opening(submission: Submission) -> Situation:
    opens = submission.collection.opens_on.isoformat()
    return _nothing_to_do(
        submission,
        label="Inte öppen",
        means="Årets insamling har inte öppnat.",
        now=f"Ni behöver inte göra något nu. Insamlingen öppnar {opens}.",
        ball=f"Öppnar {opens}",
    )


def _never_begun(submission: Submission) -> Situation:
    return _nothing_to_do(
        submission,
        label="Inget lämnat",
        means="Insamlingen är avslutad.",
        now="Ingen fil lämnades. Skriv till SKR under Meddelanden om det är fel.",
    )


def _nothing_to_do(submission: Submission, *, label: str, means: str, now: str, ball: str = BALLS[states.NOBODY]) -> Situation:
    """Where nobody has the ball and no day is counted down."""
    return Situation(
        label=label,
        tone="neutral",
        ball=ball,
        is_ours=False,
        means=means,
        now=now,
        step=1,
        due_date=submission.due_date,
        is_granted=submission.granted_due_date is not None,
        is_late=False,
        left="",
    )


REOPENED = "SKR har öppnat inlämningen igen. Det som är godkänt gäller under tiden."
NOBODY = "Ni har klarmarkerat att ni inte hade några anställda på mätdagen. SKR har inte börjat granska."


def _meaning(status: Status, delivery: Delivery | None, is_reopened: bool) -> states.Meaning:
    """What the state means; of two that are not to be seen from the state alone, in their own words."""
    meaning = states.MEANINGS[status]
    if is_reopened:
        return replace(meaning, means=REOPENED)
    return replace(meaning, means=NOBODY) if status == Status.HANDED_IN and delivery is None else meaning


def _left(delivery: Delivery | None, must_explain: bool) -> int:
    """The groups that stop the hand-in until they are corrected or explained."""
    return delivery.uncommented if delivery is not None and must_explain else 0


def _now(submission: Submission, delivery: Delivery | None, left: int, points: int, today: date) -> str:
    """The next action where it depends on the file, or on the day."""
    status, first = Status(submission.status), submission.collection.delivers_on
    if status == Status.NOT_STARTED and first is not None and today < first:
        return f"Prova gärna med en testfil redan nu. Årets fil kan lämnas från {first.isoformat()}."
    if status == Status.RETURNED and points:
        return (
            f"Läs vad SKR skriver vid {amount(points, 'anmärkning', 'anmärkningar')}. Rätta eller förklara, och klarmarkera igen."
        )
    if status != Status.UNDER_REVIEW or delivery is None:
        return ""
    if delivery.fel:
        return f"Rätta {amount(delivery.fel, 'anmärkning', 'anmärkningar')}, i sidan eller med en ny fil."
    if left:
        return f"Rätta eller förklara {amount(left, 'grupp', 'grupper')} av anmärkningar."
    if points:
        return f"Rätta eller förklara på nytt {amount(points, 'punkt', 'punkter')} från SKR."
    return "Inget är kvar att rätta eller förklara. Klarmarkera så är ni klara."


def _step(status: Status, delivery: Delivery | None, left: int) -> int:
    if status not in states.WORKING:
        return 4
    if delivery is None or delivery.status != Delivery.Status.CHECKED:
        return 1
    return 2 if delivery.fel or left else 3
