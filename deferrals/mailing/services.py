"""Make a mailing, send it, approve another's, stop it: one verb, one transaction, one event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import StaffRole
from config.lib.mail import PortalMail
from config.lib.personnummer import LOOKS_LIKE
from deferrals.mailing import planning, states
from deferrals.mailing.planning import Planned
from deferrals.mailing.states import State
from deferrals.models import Mailing, MailingLine
from submissions.models import Collection

BATCH = 1000
LATE = "Formuläret kunde inte tas emot. Ladda om sidan och försök igen."


def create_mailing(
    *,
    kind: str,
    collection: Collection | None,
    audience: dict[str, str],
    words: str,
    planned: Sequence[Planned],
    nonce: UUID,
    by: User,
    at: datetime,
    category: str = "",
    subject: str = "",
    text: str = "",
    new_date: date | None = None,
) -> Mailing:
    """A draft with its list. The same `nonce` again gives the draft that it made. Raises NotAllowed where nobody gets anything."""
    states.check_may_send(by)
    count = sum(not line.problem for line in planned)
    if not count:
        raise NotAllowed("Ingen skulle få utskicket. Ändra urvalet.")
    if LOOKS_LIKE.search(f"{subject}\n{text}"):
        raise NotAllowed("Texten ser ut att innehålla ett personnummer. Den går till många: ta bort det.")
    of_the_year = planning.units_of(collection).count() if collection else 0
    try:
        with transaction.atomic():
            made = Mailing.objects.create(
                kind=kind,
                collection=collection,
                audience=audience,
                audience_words=words[:300],
                category=category,
                subject=subject,
                text=text,
                new_date=new_date,
                needs_second=states.needs_second(count, of_the_year=of_the_year),
                nonce=nonce,
                created_at=at,
                created_by=by,
            )
            lines = [_line(made, number, one) for number, one in enumerate(planned, 1)]
            MailingLine.objects.bulk_create(lines, batch_size=BATCH)
            _record("mailing:created", made, by=by, at=at, result=f"{count} mottagare")
    except IntegrityError:
        before = Mailing.objects.filter(nonce=nonce, created_by=by).first()
        if before is None:
            raise NotAllowed(LATE) from None
        return before
    return made


def _line(mailing: Mailing, number: int, one: Planned) -> MailingLine:
    return MailingLine(
        mailing=mailing,
        number=number,
        unit=one.unit,
        people=one.people,
        email=one.email,
        name=one.name,
        role=one.role,
        subject=one.subject,
        text=one.text,
        state=MailingLine.State.LEFT_OUT if one.problem else MailingLine.State.WAITING,
        result=one.problem[:300],
    )


@transaction.atomic
def submit_mailing(*, mailing: Mailing, by: User, at: datetime) -> Mailing:
    """Send one's own draft: after the undo window, or first to another person where it is large. Raises NotAllowed."""
    states.check_can_submit(by, mailing)
    if mailing.needs_second:
        states.move(mailing, State.WAITING, start=State.DRAFT)
        _tell_others(mailing, by)
    else:
        states.move(mailing, State.QUEUED, start=State.DRAFT, runs_at=at + states.UNDO)
    _record("mailing:submitted", mailing, by=by, at=at, result=mailing.get_state_display())
    return mailing


@transaction.atomic
def approve_mailing(*, mailing: Mailing, by: User, at: datetime) -> Mailing:
    """The second person says yes: it goes after the undo window. Raises NotAllowed."""
    states.check_can_approve(by, mailing)
    states.move(mailing, State.QUEUED, start=State.WAITING, approved_by=by, approved_at=at, runs_at=at + states.UNDO)
    _record("mailing:approved", mailing, by=by, at=at, result=f"skapat av {mailing.created_by}")
    return mailing


@transaction.atomic
def withdraw_mailing(*, mailing: Mailing, by: User, at: datetime) -> int:
    """Stop it, or what is left of it; how many had got it already. Waits for the line that is being sent. Raises NotAllowed."""
    locked = Mailing.objects.select_for_update(of=("self",)).get(pk=mailing.pk)
    states.check_can_withdraw(by, locked)
    states.move(locked, State.WITHDRAWN, start=State(locked.state), ended_by=by, ended_at=at)
    gone = locked.lines.filter(state=MailingLine.State.DONE).count()
    left = locked.lines.filter(state=MailingLine.State.WAITING)
    left.update(state=MailingLine.State.LEFT_OUT, result="Utskicket stoppades.")
    _record("mailing:withdrawn", locked, by=by, at=at, result=f"{gone} hade skickats")
    return gone


def _tell_others(mailing: Mailing, by: User) -> None:
    """A mail to the other Samordnare: one of them has to look at it."""
    others = User.objects.filter(is_active=True, staff_role=StaffRole.COORDINATOR).exclude(pk=by.pk).order_by("pk")
    for person in others:
        PortalMail("deferrals/mailing_waits", to=person.email, context={"who": str(by)}).send()


def _record(code: str, mailing: Mailing, *, by: User, at: datetime, result: str) -> None:
    audit.record(code, by=by, object=f"utskick {mailing.pk}, {mailing.get_kind_display().lower()}", result=result, at=at)
