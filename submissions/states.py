"""How a submission moves, who may move it, and the one place that does.

    Ej påbörjad -> Fil mottagen -> Under granskning -> Klarmarkerad -> Granskas av SKR -> Godkänd -> Låst
    Fil mottagen -> Ej påbörjad                       the first file was refused
    Ej påbörjad -> Klarmarkerad                       nobody was employed: a statement without a file
    Klarmarkerad -> Under granskning, Ej påbörjad     the unit takes it back, until SKR has begun
    Granskas av SKR -> Åter till uppgiftslämnare -> Under granskning, Klarmarkerad
    Godkänd -> Under granskning, Ej påbörjad          SKR opens it again on the unit's request

A move is a conditional UPDATE: of two that come at once, one gets it. Each leaves a `SubmissionEvent` (shown to the
unit) and an audit event in the caller's transaction. The rules raise `NotAllowed` with a sentence for the page, which
`reason_against` gives; those that only show or hide something have a Boolean twin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import amount
from profiles import access
from submissions.models import Delivery, ReviewPoint, Submission, SubmissionEvent
from submissions.spec import INFO, CheckSpec

Status = Submission.Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.NOT_STARTED: frozenset({Status.RECEIVED, Status.HANDED_IN}),
    Status.RECEIVED: frozenset({Status.UNDER_REVIEW, Status.NOT_STARTED}),
    Status.UNDER_REVIEW: frozenset({Status.HANDED_IN}),
    Status.HANDED_IN: frozenset({Status.UNDER_REVIEW, Status.NOT_STARTED, Status.SKR_REVIEW}),
    Status.SKR_REVIEW: frozenset({Status.APPROVED, Status.RETURNED}),
    Status.RETURNED: frozenset({Status.UNDER_REVIEW, Status.HANDED_IN}),
    Status.APPROVED: frozenset({Status.LOCKED, Status.UNDER_REVIEW, Status.NOT_STARTED}),
    Status.LOCKED: frozenset(),
}

WORKING = frozenset({Status.NOT_STARTED, Status.RECEIVED, Status.UNDER_REVIEW, Status.RETURNED})
"""The unit has the ball: it may upload; with a current file also correct, explain and hand in. Test files move nothing."""

FINISHED = frozenset({Status.APPROVED, Status.LOCKED})
"""SKR has approved: what is accepted stays accepted, and no file is checked again."""

UNIT, SKR, NOBODY = "unit", "skr", "nobody"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state means to a person at the unit."""

    ball: str  # unit, skr, nobody
    means: str
    now: str


MEANINGS: dict[Status, Meaning] = {
    Status.NOT_STARTED: Meaning(UNIT, "Ingen fil har lämnats än.", "Ta ut filen ur lönesystemet och ladda upp den."),
    Status.RECEIVED: Meaning(UNIT, "Filen är mottagen och sparad. Den kontrolleras.", "Öppna granskningen för att se svaret."),
    Status.UNDER_REVIEW: Meaning(
        UNIT, "Filen är kontrollerad men inte inlämnad.", "Gå igenom anmärkningarna och klarmarkera när inget är kvar."
    ),
    Status.HANDED_IN: Meaning(
        SKR, "Ni har klarmarkerat. SKR har inte börjat granska.", "Ni är klara. Ni kan ta tillbaka inlämningen tills SKR börjar."
    ),
    Status.SKR_REVIEW: Meaning(SKR, "SKR granskar uppgifterna.", "Ni behöver inte göra något. Frågor kommer under Meddelanden."),
    Status.RETURNED: Meaning(
        UNIT, "SKR vill att ni ser över uppgifterna.", "Läs vad SKR skriver, rätta eller förklara och klarmarkera igen."
    ),
    Status.APPROVED: Meaning(NOBODY, "SKR har godkänt uppgifterna.", "Ni är klara. Tack!"),
    Status.LOCKED: Meaning(NOBODY, "Årets insamling är avslutad och uppgifterna är låsta.", "Ni är klara. Tack!"),
}

_CLOSED_TO_CHANGES: dict[Status, str] = {
    Status.HANDED_IN: "Inlämningen är klarmarkerad. Ta tillbaka den först om ni vill ändra något.",
    Status.SKR_REVIEW: "SKR granskar inlämningen. Skriv till SKR under Meddelanden om något behöver ändras.",
    Status.APPROVED: "SKR har godkänt uppgifterna. Be SKR öppna inlämningen igen om något är fel.",
    Status.LOCKED: "Årets insamling är avslutad och kan inte ändras.",
}


class Moved(NotAllowed):
    """The submission was in another state than the step starts from: somebody else was first, or the page was old."""


def move(submission: Submission, to: Status, *, by: User | None, at: datetime, text: str, from_: Status | None = None) -> None:
    """Move the submission, in the caller's transaction. Raises `Moved` where it no longer stands in the state it left.

    `from_` is the state the step starts from, by default the one this object was loaded with.
    """
    start = Status(from_ or submission.status)
    if to not in TRANSITIONS[start]:
        raise Moved(f"Inlämningen är {start.label.lower()} och kan inte bli {to.label.lower()}.")
    moved = Submission.objects.filter(pk=submission.pk, status=start).update(status=to, status_changed_at=at)
    if not moved:
        current = Status(Submission.objects.values_list("status", flat=True).get(pk=submission.pk))
        raise Moved(f"Någon annan hann före: inlämningen är nu {current.label.lower()}. Ladda om sidan.")
    submission.status = to
    submission.status_changed_at = at
    SubmissionEvent.objects.create(submission=submission, at=at, by=by, from_status=start, to_status=to, text=text)
    audit.record(
        "submission:moved",
        by=by,
        unit=submission.unit.code,
        object=f"{submission.unit.code}/{submission.collection.year}",
        result=f"{start.label} → {to.label}",
        at=at,
    )


def note(submission: Submission, *, by: User | None, at: datetime, text: str) -> None:
    """A line in the history without a move."""
    SubmissionEvent.objects.create(submission=submission, at=at, by=by, text=text)


# What the unit may do -----------------------------------------------------------------------------------------------


def check_is_open(submission: Submission, *, today: date) -> None:
    """The year takes files: it has opened and SKR has not closed it."""
    collection = submission.collection
    if today < collection.opens_on:
        raise NotAllowed(f"Insamlingen öppnar {collection.opens_on.isoformat()}.")
    if collection.closed_at is not None:
        raise NotAllowed("Insamlingen är stängd. Skriv till SKR under Meddelanden om något behöver ändras.")


def check_takes_real_files(submission: Submission, *, today: date) -> None:
    """The day has come from which files count; before it, from the opening, only test files are taken."""
    first = submission.collection.delivers_on
    if first is not None and today < first:
        raise NotAllowed(
            f"Årets fil kan lämnas från {first.isoformat()}, efter novemberlönen. Prova gärna med en testfil redan nu."
        )


def check_is_working(submission: Submission) -> None:
    """The unit has the ball, and is part of the year."""
    if submission.exempt_at is not None:
        raise NotAllowed("SKR har beslutat att ni inte omfattas i år. Skriv till SKR under Meddelanden om det är fel.")
    if submission.status not in WORKING:
        raise NotAllowed(_CLOSED_TO_CHANGES[Status(submission.status)])


def check_can_upload(user: User, submission: Submission, *, today: date) -> None:
    """Deliver a file that counts."""
    access.check_can_submit(user, submission.unit)
    check_is_open(submission, today=today)
    check_is_working(submission)
    check_takes_real_files(submission, today=today)


def check_can_test(user: User, submission: Submission, *, today: date) -> None:
    """Try a test file: whatever the state, from the opening until SKR closes the year."""
    access.check_can_submit(user, submission.unit)
    check_is_open(submission, today=today)


def check_can_supplement(user: User, submission: Submission, *, today: date) -> None:
    """Add or take away a file beside the delivery: SKR may have asked for it also after the hand-in."""
    access.check_can_submit(user, submission.unit)
    check_is_open(submission, today=today)


def check_can_change_conditions(user: User, submission: Submission, *, today: date) -> None:
    """Change what the checks go by beside the file: the kodförteckning, the payroll system."""
    check_can_supplement(user, submission, today=today)
    check_is_working(submission)


def check_can_change(user: User, submission: Submission, *, today: date) -> None:
    """Correct values and explain findings in the current file."""
    check_can_upload(user, submission, today=today)


def explaining_is_optional(submissions: Iterable[Submission]) -> frozenset[int]:
    """Those (their keys) where warnings without explanation do not stop the hand-in.

    The year's KOM02 is off, bra att veta, outside its dates or for other units. One question a year, whatever their number.
    """
    asked = list(submissions)
    years = {submission.collection_id: submission.collection for submission in asked}
    checks = {pk: year.spec().checks.get("KOM02") for pk, year in years.items()}
    return frozenset(one.pk for one in asked if (check := checks[one.collection_id]) and not _bites(check, one))


def _bites(check: CheckSpec, submission: Submission) -> bool:
    unit, day = submission.unit, submission.collection.measurement_day
    return check.enabled and check.level != INFO and check.is_valid(day) and check.concerns(unit.code, unit.kind)


def check_is_complete(delivery: Delivery | None) -> None:
    """The current file is checked and nothing in it is left to correct or explain."""
    if delivery is None:
        raise NotAllowed("Det finns ingen fil att klarmarkera.")
    if delivery.status != Delivery.Status.CHECKED:
        raise NotAllowed("Filen är inte färdigkontrollerad.")
    if delivery.is_encoding_unsure:
        raise NotAllowed("Svara först på om å, ä och ö i filen är rätt lästa. Frågan står överst på granskningen.")
    if delivery.fel:
        raise NotAllowed(f"{amount(delivery.fel, 'anmärkning', 'anmärkningar')} måste rättas först.")
    if delivery.uncommented and not explaining_is_optional([delivery.submission]):
        raise NotAllowed(
            f"{amount(delivery.uncommented, 'grupp', 'grupper')} av anmärkningar måste rättas eller förklaras först."
        )
    check_points_are_answered(delivery.submission)


def check_points_are_answered(submission: Submission) -> None:
    """Nothing of what SKR wants looked at again is left without a correction or a new explanation."""
    left = ReviewPoint.objects.open().filter(submission=submission).count() if submission.return_reason else 0
    if left:
        raise NotAllowed(f"{amount(left, 'punkt', 'punkter')} från SKR måste rättas eller förklaras på nytt först.")


def check_can_hand_in(user: User, submission: Submission, delivery: Delivery | None, *, today: date) -> None:
    """Klarmarkera."""
    access.check_can_submit(user, submission.unit)
    check_is_open(submission, today=today)
    check_is_working(submission)
    check_is_complete(delivery)


def check_can_state_nobody(user: User, submission: Submission, *, today: date) -> None:
    """Hand in the statement that nobody was employed on the measurement day, which then has come."""
    access.check_can_submit(user, submission.unit)
    check_is_open(submission, today=today)
    check_is_working(submission)
    if today < submission.collection.measurement_day:
        day = submission.collection.measurement_day.isoformat()
        raise NotAllowed(f"Mätdagen är {day}. Uppgiften om att ni inte hade några anställda kan lämnas från den dagen.")


def check_can_ask_to_reopen(user: User, submission: Submission) -> None:
    """Ask SKR to open what it has approved; what is not approved yet has nearer ways, and what is locked none."""
    access.check_can_submit(user, submission.unit)
    if submission.status == Status.LOCKED or submission.collection.closed_at is not None:
        raise NotAllowed("Årets insamling är avslutad och kan inte öppnas igen.")
    if submission.status == Status.SKR_REVIEW:
        raise NotAllowed("SKR granskar inlämningen. Skriv till SKR under Meddelanden om något behöver ändras.")
    if submission.status == Status.HANDED_IN:
        raise NotAllowed("SKR har inte börjat granska. Ta tillbaka klarmarkeringen i stället.")
    if submission.status != Status.APPROVED:
        raise NotAllowed("Inlämningen är redan öppen hos er.")


def check_can_withdraw(user: User, submission: Submission, *, today: date) -> None:
    """Take the hand-in back, until SKR has begun."""
    access.check_can_submit(user, submission.unit)
    if submission.status != Status.HANDED_IN:
        if submission.status == Status.SKR_REVIEW:
            raise NotAllowed("SKR har börjat granska. Skriv till SKR under Meddelanden om något behöver ändras.")
        raise NotAllowed("Inlämningen är inte klarmarkerad.")
    check_is_open(submission, today=today)


def is_late(submission: Submission, *, has_file: bool, is_reopened: bool, on: date) -> bool:
    """Försenad: past its due date, and SKR waits for a file. `Submission.objects.overdue()` says the same of many."""
    is_awaited = submission.status in WORKING and submission.exempt_at is None and submission.collection.closed_at is None
    return is_awaited and not has_file and not is_reopened and submission.due_date < on


# What SKR may do ----------------------------------------------------------------------------------------------------


def check_can_review(user: User) -> None:
    """SKR's reviewers: handläggare, samordnare and statistiker."""
    if not user.has_perm("submissions.review_submission"):
        raise NotAllowed("Bara SKR:s handläggare, samordnare och statistiker granskar inlämningar.")


def check_can_begin_review(user: User, submission: Submission) -> None:
    """Take up a handed-in submission."""
    check_can_review(user)
    if submission.status != Status.HANDED_IN:
        raise NotAllowed(f"Bara en klarmarkerad inlämning kan tas upp till granskning. Den här är {_label(submission)}.")


def check_can_approve(user: User, submission: Submission) -> None:
    """Approve what is being reviewed."""
    check_can_review(user)
    if submission.status != Status.SKR_REVIEW:
        raise NotAllowed(f"Bara en inlämning som granskas av SKR kan godkännas. Den här är {_label(submission)}.")


def check_can_return(user: User, submission: Submission) -> None:
    """Send what is being reviewed back to the unit."""
    check_can_review(user)
    if submission.status != Status.SKR_REVIEW:
        raise NotAllowed(f"Bara en inlämning som granskas av SKR kan skickas tillbaka. Den här är {_label(submission)}.")


def check_can_judge(user: User, submission: Submission) -> None:
    """Accept the unit's explanations, while SKR reviews."""
    check_can_review(user)
    if submission.status != Status.SKR_REVIEW:
        raise NotAllowed(f"Förklaringar godtas medan SKR granskar. Inlämningen är {_label(submission)}.")


def check_can_waive(user: User, submission: Submission) -> None:
    """Decide that the unit need not correct or explain certain findings, until the year's data is approved."""
    check_can_review(user)
    if submission.status in FINISHED:
        raise NotAllowed(f"Inlämningen är {_label(submission)}, så det finns inget att ge dispens från.")


def check_can_reopen(user: User, submission: Submission) -> None:
    """Open what is approved, on the unit's request."""
    check_can_review(user)
    if submission.collection.closed_at is not None:
        raise NotAllowed("Årets insamling är stängd.")
    if submission.status != Status.APPROVED:
        raise NotAllowed(f"Bara en godkänd inlämning kan öppnas igen. Den här är {_label(submission)}.")


def _label(submission: Submission) -> str:
    return Status(submission.status).label.lower()


# Boolean twins ------------------------------------------------------------------------------------------------------


def reason_against(check: Callable[..., None], *args: object, **kwargs: object) -> str:
    """The sentence that a rule answers with, empty where it lets through: what stands beside a button that is not there."""
    try:
        check(*args, **kwargs)
    except NotAllowed as refusal:
        return refusal.reason
    return ""


def can_state_nobody(user: User, submission: Submission, *, today: date) -> bool:
    """Whether `check_can_state_nobody` passes."""
    return not reason_against(check_can_state_nobody, user, submission, today=today)


def can_begin_review(user: User, submission: Submission) -> bool:
    """Whether `check_can_begin_review` passes."""
    return not reason_against(check_can_begin_review, user, submission)


def can_approve(user: User, submission: Submission) -> bool:
    """Whether `check_can_approve` passes."""
    return not reason_against(check_can_approve, user, submission)


def can_return(user: User, submission: Submission) -> bool:
    """Whether `check_can_return` passes."""
    return not reason_against(check_can_return, user, submission)


def can_reopen(user: User, submission: Submission) -> bool:
    """Whether `check_can_reopen` passes."""
    return not reason_against(check_can_reopen, user, submission)
