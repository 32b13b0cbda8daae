"""Alarms of the whole portal: far more codes, wrong codes or failed sign-ins than people make (security note, section 4).

No counter of an address or network sees an attack that is spread over many of both. These see it: the limit passed, SKR's
Samordnare are told, and for an hour the forms of the sign-up and the sign-in answer only when they have been open for 20
seconds. A person hardly notices; a program that guesses becomes slow. Nothing is counted as wrong meanwhile, and known and
unknown addresses are treated alike (ASVS 2.4.1, 6.3.1).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction

from accounts import audit, limits, throttling
from accounts.models import AuditEvent, User
from accounts.roles import StaffRole
from config.lib import jobs
from config.lib.mail import PortalMail

TELL_TASK = "accounts.tasks.tell_of_alarm"
FIELD = "opened"  # the hidden field of the forms
_PORTAL, _FORM = "portal", "form"
_signer = TimestampSigner(salt="accounts.alarms.form")


class Kind(StrEnum):
    """What there is too much of; the values are the audit's and the mail's words."""

    SENDS = "begärda verifieringskoder"
    WRONG_CODES = "felaktiga verifieringskoder"
    FAILED_SIGN_INS = "misslyckade inloggningar"


LIMITS = {
    Kind.SENDS: limits.ALARM_SENDS,
    Kind.WRONG_CODES: limits.ALARM_WRONG_CODES,
    Kind.FAILED_SIGN_INS: limits.ALARM_FAILED_SIGN_INS,
}


def count(kind: Kind, *, at: datetime) -> None:
    """Count one, and raise the alarm when there are too many: an event and a mail, at most once an hour for each kind.

    Called outside transactions: the count stays whatever happens next.
    """
    limit, window = LIMITS[kind]
    if throttling.take("alarm", kind, limit, window, at=at):
        return
    if throttling.take("alarm/raised", kind, 1, limits.ALARM_LASTS, at=at):
        with transaction.atomic():
            minutes = int(window.total_seconds()) // 60
            event = audit.record("operation:alarm", object=kind, result=f"fler än {limit} på {minutes} minuter", at=at)
            jobs.enqueue(TELL_TASK, event_id=event.pk)


def is_raised(at: datetime) -> bool:
    """Whether an alarm has been raised within the last hour."""
    return throttling.is_running([throttling.key_of("alarm/raised", kind) for kind in Kind], limits.ALARM_LASTS, at=at)


def tell(event: AuditEvent) -> None:
    """Mail the alarm to SKR's Samordnare."""
    people = User.objects.filter(is_active=True, staff_role=StaffRole.COORDINATOR).order_by("pk")
    with transaction.atomic():
        for person in people:
            PortalMail("accounts/alarm", to=person.email, context={"event": event}).send()


# The forms' age ------------------------------------------------------------------------------------------------------


def form_time(posted: str = "") -> str:
    """The hidden field of a form: when its page was opened, signed. A genuine one that was posted is kept."""
    return posted if _age(posted) is not None else _signer.sign(_FORM)


def must_wait(posted: str, *, at: datetime) -> bool:
    """Whether an alarm is on and the form has been open for too short a time, or does not tell. Same statement for all."""
    return is_raised(at) and _age(posted) is not True


def _age(posted: str) -> bool | None:
    """True for a signed time that is old enough, False for a younger one, None for anything else."""
    try:
        _signer.unsign(posted, max_age=limits.ALARM_FORM_AGE)
    except SignatureExpired:
        return True
    except BadSignature:
        return None
    return False
