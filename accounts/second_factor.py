"""Try a one-time code against a user's app: under locks, with waits, replay guard, audit and the mails that warn her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import django_otp
from django.db import transaction

from accounts import audit, limits, totp
from accounts.models import TotpDevice, User
from config.lib.crypto import SealBroken
from config.lib.mail import PortalMail


class Outcome(StrEnum):
    """What came of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    CLOCK = "clock"  # wrong, but right for a phone whose clock is minutes off
    WAIT = "wait"  # not compared, not counted, not consumed
    ENDED = "ended"  # wrong once too often: the journey is over


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, and the device where it was right."""

    outcome: Outcome
    device: TotpDevice | None = None


@transaction.atomic
def check(user: User, token: str, *, at: datetime, occasion: str) -> Verdict:
    """Compare `token` through `django_otp.verify_token`, at most once per time step.

    `occasion` is "sign_in", "step_up" or "reset": it says in the warning mail what the person trying had already done.
    """
    User.objects.select_for_update().filter(pk=user.pk).first()
    device = TotpDevice.objects.select_for_update().filter(user=user, revoked_at=None).first()
    if device is None:
        return Verdict(Outcome.WRONG)
    allowed, _ = totp.verify_is_allowed(device)
    if not allowed:
        audit.record("account:totp:blocked", subject=user, result="wait", at=at)
        return Verdict(Outcome.WAIT)
    try:
        reason = totp.reason_to_refuse(device, token)
        verified = django_otp.verify_token(user, device.persistent_id, token)
    except SealBroken:
        audit.record("operation:key", subject=user, object="totp", result="broken", at=at)
        return Verdict(Outcome.WRONG)
    if verified is not None:
        audit.record("account:totp:right", by=user, subject=user, at=at)
        return Verdict(Outcome.RIGHT, verified)
    audit.record("account:totp:replayed" if reason == "replayed" else "account:totp:wrong", subject=user, result=reason, at=at)
    device.refresh_from_db()
    _warn(user, device, at=at, occasion=occasion)
    return Verdict(Outcome.CLOCK if reason == "clock" else Outcome.WRONG)


def _warn(user: User, device: TotpDevice, *, at: datetime, occasion: str) -> None:
    if device.failures == limits.TOTP_MAIL_AT:
        PortalMail("accounts/totp_failures", to=user.email, context={"at": at, "occasion": occasion}).send()
    if device.failures == limits.TOTP_CLOSED_AT:
        audit.record("account:totp:blocked", subject=user, result="closed", at=at)
        PortalMail("accounts/totp_closed", to=user.email, context={"at": at}).send()
