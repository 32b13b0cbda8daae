"""The e-mail code: six digits, kept as a keyed digest, sent by mail, five tries, ten minutes.

Every try is reserved by a conditional update that is committed before anything is compared, so neither parallel requests
nor an error in between give a try for free.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts import limits
from accounts.models import EmailCode, SignUpJourney
from config.lib import crypto
from config.lib.mail import PortalMail

_CODE = re.compile(r"[0-9]{6}\Z")


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**limits.CODE_DIGITS):0{limits.CODE_DIGITS}d}"


def clean(text: str) -> str:
    """The six ASCII digits of what was typed, spaces out; "" for everything else."""
    digits = "".join(text.split()) if len(text) <= 64 else ""
    return digits if _CODE.match(digits) else ""


def digest(journey: SignUpJourney, code: str) -> str:
    """What is kept of a code; bound to its journey."""
    return crypto.digest("email-code", journey.pk, code)


def issue(journey: SignUpJourney, *, template: str, to: str, deliver: bool, at: datetime) -> None:
    """Make a code that replaces this journey's older one, and mail it; undelivered it costs the same statements."""
    code = new_code()
    EmailCode.objects.filter(journey=journey, used_at=None, replaced_at=None).update(replaced_at=at)
    EmailCode.objects.create(journey=journey, digest=digest(journey, code), sent_at=at)
    PortalMail(template, to=to, context={"code": code, "at": at}, deliver=deliver, expires_at=at + limits.CODE_LIFETIME).send()


def reserve_try(journey: SignUpJourney) -> bool:
    """Take one of the live code's five tries; False when none is left. Committed when this returns."""
    live = EmailCode.objects.filter(journey=journey, used_at=None, replaced_at=None, attempts__lt=limits.CODE_ATTEMPTS)
    with transaction.atomic(durable=True):
        return bool(live.update(attempts=F("attempts") + 1))


def use(journey: SignUpJourney, typed: str, *, at: datetime) -> bool:
    """Whether `typed` is the journey's live code, at most ten minutes old; marks it used. The caller holds the locks."""
    code = EmailCode.objects.select_for_update().filter(journey=journey, used_at=None, replaced_at=None).first()
    expected = code.digest if code else ""
    is_right = crypto.same(digest(journey, clean(typed)), expected) and bool(clean(typed))
    if code is None or not is_right or at > code.sent_at + limits.CODE_LIFETIME:
        return False
    return bool(EmailCode.objects.filter(pk=code.pk, used_at=None, replaced_at=None).update(used_at=at))
