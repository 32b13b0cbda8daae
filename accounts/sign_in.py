"""The sign-in: password first, one-time code within five minutes, then a new session and a count of the open ones.

`check_password` gives the user or None, after buckets and exactly one hash; `remember` and `pending` keep what lies
between the two factors in the anonymous session; `open_session` signs the person in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_otp
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest

from accounts import alarms, audit, device_cookie, hashers, limits, passwords, recovery, throttling
from accounts.models import Session, TotpDevice, User
from accounts.networks import prefix_of
from config.lib import context, crypto
from config.lib.mail import PortalMail

BACKEND = "accounts.backends.Backend"
BOUNCED = "Ett mejl till {email} kom tillbaka. Kontrollera under Profil & enheter att adressen stämmer."
PENDING, CONFIRMED_AT = "sign_in", "confirmed_at"  # what the session keeps; the second is the time of `accounts.step_up`
USED_CODE, MOVED, RETURN_TO = "used_recovery_code", "moved", "step_up_return"  # signed in without the app; see the middleware


class TooManyTriesError(Exception):
    """A wait is running for this address or network; nothing was compared."""


class TooManyAtOnceError(TooManyTriesError):
    """More passwords are to be compared just now than the portal can; nothing was counted and nothing compared."""


def check_password(
    request: HttpRequest, *, email: str, password: str, at: datetime, failed: str = "account:sign_in:failed"
) -> User | None:
    """The user whose password this is, or None: same statements and one hash whether or not there is such a user.

    Tries are counted before the hash: strangers' in a row with growing waits, the owner's own browser by itself, so that
    nobody locks her out from elsewhere. A failure is audited as `failed`: of somebody signed in it is no failed sign-in.
    Raises TooManyTriesError, and TooManyAtOnceError before anything is counted, whoever it is.
    """
    owner = User.objects.filter(email=email).first()
    lane = device_cookie.KNOWN if device_cookie.belongs_to(request, owner) else device_cookie.STRANGE
    try:
        with hashers.place(is_known=lane == device_cookie.KNOWN):
            if not _may_try(email, lane, at):
                audit.record(failed, subject=owner, result="wait", at=at)
                raise TooManyTriesError
            known = None
            if len(password) <= limits.PASSWORD_MAX:
                known = authenticate(request, username=email, password=passwords.normalise(password))
    except hashers.BusyError:
        raise TooManyAtOnceError from None
    if not isinstance(known, User):
        audit.record(failed, subject=owner, result="password", at=at)
        alarms.count(alarms.Kind.FAILED_SIGN_INS, at=at)
        return None
    throttling.clear(throttling.key_of("password", email, lane=lane))
    return known


def _may_try(email: str, lane: str, at: datetime) -> bool:
    """Count the try; whether it may be made."""
    if lane == device_cookie.KNOWN:
        return throttling.take("password", email, *limits.PASSWORD_PER_DEVICE, lane=lane, at=at)
    network = prefix_of(context.current().address)
    has_room = throttling.take("password/network", network, *limits.CHECKS_PER_NETWORK, at=at)
    return has_room and throttling.take_with_waits("password", email, lane=lane, at=at)


def remember(session: SessionBase, user: User, *, next_route: str, at: datetime) -> None:
    """Keep who gave the right password, under a new session key; worth nothing without the one-time code."""
    session[PENDING] = {
        "user": user.pk,
        "epoch": user.session_epoch,
        "email": crypto.digest("email", user.email),
        "at": at.isoformat(),
        "next": next_route,
    }
    session.cycle_key()


def pending(session: SessionBase, at: datetime) -> User | None:
    """Who gave the right password within the last five minutes, if nothing about the account has changed since."""
    kept: dict[str, Any] | None = session.get(PENDING)
    if kept is None or at > datetime.fromisoformat(kept["at"]) + limits.SIGN_IN_STEP:
        return None
    user = User.objects.filter(pk=kept["user"], session_epoch=kept["epoch"], is_active=True).first()
    return user if user and crypto.same(crypto.digest("email", user.email), kept["email"]) else None


def next_route(session: SessionBase) -> str:
    """The route that was asked for before the sign-in."""
    return str((session.get(PENDING) or {}).get("next", ""))


def open_session(request: HttpRequest, user: User, device: TotpDevice, *, at: datetime) -> None:
    """Sign a person in with both factors under a new session key, and end her oldest sessions beyond the number allowed.

    Whoever can do this has lost nothing: a case about both factors is cancelled. A mark that her mail came back goes too,
    and she is asked to look at her address.
    """
    allowed = limits.STAFF_SESSIONS_AT_ONCE if user.is_staff else limits.SESSIONS_AT_ONCE
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=user.pk).first()
        request.session.pop(PENDING, None)
        login(request, user, backend=BACKEND)
        django_otp.login(request, device)
        request.session[CONFIRMED_AT] = at.isoformat()
        request.session.save()
        audit.record("account:sign_in:succeeded", by=user, subject=user, at=at)
        recovery.cancel_by_sign_in(user, at=at)
        if User.objects.filter(pk=user.pk, bounced_at__isnull=False).update(bounced_at=None):
            messages.warning(request, BOUNCED.format(email=user.email))
        others = Session.objects.filter(user=user, expire_date__gt=at).exclude(pk=request.session.session_key)
        surplus = list(others.order_by("-created_at", "pk").values_list("pk", flat=True)[allowed - 1 :])
        if surplus:
            Session.objects.filter(pk__in=surplus).delete()
            audit.record("account:session:ended", by=user, subject=user, result="too_many", at=at)
            PortalMail("accounts/session_ended", to=user.email, context={"at": at, "allowed": allowed}).send()


def tell_of_new_browser(user: User, *, at: datetime) -> None:
    """Mail and event for a sign-in from a browser that does not carry the person's device cookie."""
    with transaction.atomic():
        audit.record("account:sign_in:new_client", by=user, subject=user, at=at)
        PortalMail("accounts/new_browser", to=user.email, context={"at": at}).send()
