"""How a mailing moves, and who may move it.

    Utkast -> Väntar på godkännande | Skickas snart | Stoppat
    Väntar på godkännande -> Skickas snart (by another person) | Stoppat
    Skickas snart -> Skickas (after the undo window) | Stoppat
    Skickas -> Skickat | Stoppat (what is left of it)

A move is a conditional update; of two that come at once, one gets it. The rules raise `NotAllowed` with a sentence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.access import NotAllowed
from accounts.models import User
from deferrals.models import Mailing

State = Mailing.State
SEND = "deferrals.send_mailing"
UNDO = timedelta(minutes=10)
ALONE = 50  # so many one person may send to without another's approval

TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.WAITING, State.QUEUED, State.WITHDRAWN}),
    State.WAITING: frozenset({State.QUEUED, State.WITHDRAWN}),
    State.QUEUED: frozenset({State.RUNNING, State.WITHDRAWN}),
    State.RUNNING: frozenset({State.DONE, State.WITHDRAWN}),
    State.DONE: frozenset(),
    State.WITHDRAWN: frozenset(),
}


def needs_second(count: int, *, of_the_year: int) -> bool:
    """Whether another person must approve: more than `ALONE`, or every unit of the year (0: the mailing is not to a year's units)."""
    return count > ALONE or 0 < of_the_year <= count


def check_may_send(user: User) -> None:
    """SKR's samordnare."""
    if not user.has_perm(SEND):
        raise NotAllowed("Bara SKR:s samordnare skickar till många enheter.")


def check_can_submit(user: User, mailing: Mailing) -> None:
    """Whoever made the draft sends it."""
    check_may_send(user)
    _check_state(mailing, State.DRAFT)
    if mailing.created_by_id != user.pk:
        raise NotAllowed(f"Det här är ett utkast av {mailing.created_by}, som själv skickar det.")


def check_can_approve(user: User, mailing: Mailing) -> None:
    """Another than whoever made it, while it waits."""
    check_may_send(user)
    _check_state(mailing, State.WAITING)
    if mailing.created_by_id == user.pk:
        raise NotAllowed("Du skapade utskicket. En annan samordnare godkänner det.")


def check_can_withdraw(user: User, mailing: Mailing) -> None:
    """Stop it, or what is left of it."""
    check_may_send(user)
    if State.WITHDRAWN not in TRANSITIONS[State(mailing.state)]:
        raise NotAllowed(_is_already(mailing))


def move(mailing: Mailing, to: State, *, start: State, **values: Any) -> None:
    """Move the mailing from `start`, in the caller's transaction. Raises NotAllowed if it has moved meanwhile."""
    if to not in TRANSITIONS[start]:
        raise NotAllowed(f"Ett utskick som är {start.label.lower()} kan inte bli {to.label.lower()}.")
    moved = Mailing.objects.filter(pk=mailing.pk, state=start).update(state=to, **values)
    mailing.refresh_from_db()
    if not moved:
        raise NotAllowed(f"Någon hann före. {_is_already(mailing)}")


def _check_state(mailing: Mailing, state: State) -> None:
    if mailing.state != state:
        raise NotAllowed(_is_already(mailing))


def _is_already(mailing: Mailing) -> str:
    return {
        State.DRAFT: "Utskicket är ett utkast.",
        State.WAITING: "Utskicket väntar redan på att en annan samordnare godkänner det.",
        State.QUEUED: f"Utskicket är redan på väg{f', godkänt av {mailing.approved_by}' if mailing.approved_by else ''}.",
        State.RUNNING: "Utskicket håller redan på att skickas.",
        State.DONE: "Utskicket är redan skickat.",
        State.WITHDRAWN: f"Utskicket är redan stoppat av {mailing.ended_by}.",
    }[State(mailing.state)]


# Boolean twins -------------------------------------------------------------------------------------------------------


def can(check: Any, user: User, mailing: Mailing) -> bool:
    """Whether one of the rules above lets through."""
    try:
        check(user, mailing)
    except NotAllowed:
        return False
    return True
