"""Who at SKR handles a recovery case, and who is told of it. What a case does to an account is `accounts.recovery`.

A Samordnare opens it after a check of identity. Another Samordnare, or a Systemadministratör, approves one about both
factors. Nobody handles her own case, and a Kontaktperson handles none (security note, section 6; ATER-06 to ATER-11). The
Kontaktpersoner of the person's units are told at each step, her colleagues for somebody at SKR: a fooled support is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts import limits, recovery
from accounts.access import NotAllowed
from accounts.models import RecoveryCase, User
from profiles import notices
from profiles.models import Unit

OPEN, APPROVE = "accounts.open_recovery_case", "accounts.approve_recovery_case"
Kind = RecoveryCase.Kind


def check_can_open(user: User, by: User) -> None:
    """Open a case about this person."""
    if not by.has_perm(OPEN):
        raise NotAllowed("Bara SKR:s samordnare öppnar återställningsärenden.")
    if user.pk == by.pk:
        raise NotAllowed("Du kan inte öppna ett ärende för ditt eget konto. Be en kollega.")


def kinds_for(user: User) -> list[RecoveryCase.Kind]:
    """What can be recovered for this person: nothing before she has an account, and for SKR's people only everything."""
    if not user.is_active or not user.has_usable_password():
        return []
    return [Kind.BOTH] if user.is_staff else [Kind.TOTP, Kind.BOTH]


def check_can_approve(case: RecoveryCase, by: User) -> None:
    """Approve this case: somebody else than its opener and its owner."""
    if not by.has_perm(APPROVE):
        raise NotAllowed("Bara SKR:s samordnare och systemadministratörer godkänner återställningsärenden.")
    if by.pk in {case.opened_by_id, case.user_id}:
        raise NotAllowed("Ärendet måste godkännas av någon annan än den som öppnade det och den som det gäller.")


def check_can_cancel(case: RecoveryCase, by: User) -> None:
    """Stop this case: whoever may open or approve one, but not her own (she stops it by signing in)."""
    if not (by.has_perm(OPEN) or by.has_perm(APPROVE)) or by.pk == case.user_id:
        raise NotAllowed(
            "Ärendet avbryts av SKR:s samordnare och systemadministratörer, eller av personen själv, genom att logga in."
        )


def can_approve(case: RecoveryCase, by: User) -> bool:
    """Whether `check_can_approve` passes."""
    return _passes(check_can_approve, case, by)


def can_cancel(case: RecoveryCase, by: User) -> bool:
    """Whether `check_can_cancel` passes."""
    return _passes(check_can_cancel, case, by)


def _passes(check: Callable[[RecoveryCase, User], None], case: RecoveryCase, by: User) -> bool:
    try:
        check(case, by)
    except NotAllowed:
        return False
    return True


@transaction.atomic
def open_case(*, user: User, kind: str, case_number: str, identity_check: str, by: User, at: datetime) -> RecoveryCase:
    """Open a case and tell of it. Raises NotAllowed, also without a number or a check of identity."""
    check_can_open(user, by)
    case = recovery.open_case(user=user, kind=kind, case_number=case_number, identity_check=identity_check, by=by, at=at)
    _tell(case, "opened", by, at)
    return case


@transaction.atomic
def approve_case(*, case: RecoveryCase, by: User, at: datetime) -> RecoveryCase:
    """Approve a case about both factors, and tell of it. Raises NotAllowed."""
    check_can_approve(case, by)
    case = recovery.approve_case(case=case, by=by, at=at)
    _tell(case, "approved", by, at)
    return case


@transaction.atomic
def cancel_case(*, case: RecoveryCase, by: User, at: datetime) -> RecoveryCase:
    """Stop a case, and tell of it. Raises NotAllowed."""
    check_can_cancel(case, by)
    case = recovery.cancel_case(case=case, by=by, at=at)
    _tell(case, "cancelled", by, at)
    return case


def needs_approval(case: RecoveryCase, *, at: datetime) -> bool:
    """Whether the case waits for a second person."""
    return (
        case.kind == Kind.BOTH
        and case.approved_at is None
        and is_undecided(case, at=at)
        and at <= case.opened_at + limits.CASE_BOTH_APPROVAL
    )


def is_undecided(case: RecoveryCase, *, at: datetime) -> bool:
    """Whether there is something left to stop."""
    return case.used_at is None and case.cancelled_at is None and (case.valid_until is None or at < case.valid_until)


def _tell(case: RecoveryCase, step: str, by: User, at: datetime) -> None:
    """Her units' Kontaktpersoner; for somebody at SKR the Samordnare. Neither she, who has a mail of her own, nor who did it."""
    user = case.user
    units = Unit.objects.filter(pk__in=user.memberships.in_force().values("unit")).order_by("pk")
    people = notices.coordinators() if user.is_staff else set().union(*map(notices.contacts, units))
    notices.send(f"recovery_{step}", people - {user.email, by.email}, person=str(user), case=case, at=at)
