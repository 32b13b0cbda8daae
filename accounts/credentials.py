"""A person changes her own password, phone and recovery codes, signed in and after step-up (security note, section 6).

Each change ends her sessions in other browsers and her device cookies by a new epoch, voids what else is under way, and
tells her by mail; the browser she sits at goes on under a new key. The change of address is `accounts.address_change`.
Nothing secret is kept in the session: the new phone's key lies sealed in a row until its first code is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import django_otp
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.db.models import F

from accounts import audit, limits, passwords, recovery_codes, services, throttling, totp
from accounts.access import UserRequest
from accounts.device_cookie import STRANGE
from accounts.models import AddressChange, DeviceSwap, RecoveryBatch, SignUpJourney, User
from accounts.second_factor import Outcome
from accounts.sessions import session_digest
from config.lib import sealed
from config.lib.mail import PortalMail


@contextmanager
def own_account(request: UserRequest) -> Iterator[User]:
    """The person's row, locked, in a transaction. Raises SessionInterrupted where her session ended meanwhile."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=request.user.pk)
        if not user.is_active or user.session_epoch != request.user.session_epoch:
            raise SessionInterrupted
        yield user


def renew(request: UserRequest, user: User, *, at: datetime) -> None:
    """After a change of credentials: other browsers out, this one on under a new key, nothing else left under way."""
    services.end_journeys(SignUpJourney.objects.filter(user=user, ended_at=None), "superseded", at=at)
    AddressChange.objects.filter(user=user, used_at=None, replaced_at=None).update(replaced_at=at)
    DeviceSwap.objects.filter(user=user).delete()
    RecoveryBatch.objects.filter(user=user).delete()
    services.end_sessions(user, by=user, at=at, keep=request.session.session_key or "")
    update_session_auth_hash(request, user)


# Password ------------------------------------------------------------------------------------------------------------


def change_password(request: UserRequest, *, password: str, at: datetime) -> User:
    """A new password; the caller has compared the current one. Gives the user, of her new epoch."""
    encoded = passwords.encode(password)  # before the lock: it takes a while
    with own_account(request) as user:
        user.password = encoded
        user.save(update_fields=["password"])
        renew(request, user, at=at)
        throttling.clear(throttling.key_of("password", user.email, lane=STRANGE))
        audit.record("account:password:changed", by=user, subject=user, at=at)
        PortalMail("accounts/password_changed", to=user.email, context={"at": at}).send()
    return user


# The phone -----------------------------------------------------------------------------------------------------------


def swap_of(request: UserRequest, *, at: datetime) -> DeviceSwap | None:
    """The change of phone that this browser has begun, while it holds. Reads only."""
    own = DeviceSwap.objects.filter(user=request.user, session_hmac=session_digest(request.session))
    swap = own.filter(created_at__gt=at - limits.DEVICE_SWAP).first()
    return swap if swap and sealed.opens(swap, "secret_sealed") else None


def swap_secret(swap: DeviceSwap) -> bytes:
    """The key on offer to the new phone."""
    return sealed.open_column(swap, "secret_sealed")


def begin_swap(request: UserRequest, *, at: datetime) -> None:
    """Offer a key to a new phone; an older offer is void. The phone there is goes on working."""
    with own_account(request) as user:
        DeviceSwap.objects.filter(user=user).delete()
        swap = DeviceSwap(user=user, session_hmac=session_digest(request.session), created_at=at)
        swap.secret_sealed = sealed.seal(swap, "secret_sealed", totp.new_secret())
        swap.save(force_insert=True)


def finish_swap(request: UserRequest, swap: DeviceSwap, *, typed: str, at: datetime) -> Outcome:
    """The new phone's first code: right, it is the only phone from now on. After five wrong ones the offer is void.

    Each try is counted and committed before it is compared. The code itself is not accepted again at the sign-in.
    """
    tries = DeviceSwap.objects.filter(pk=swap.pk, failures__lt=limits.JOURNEY_TOTP_FAILURES)
    with transaction.atomic(durable=True):
        if not tries.update(failures=F("failures") + 1):
            return Outcome.ENDED
    code = totp.clean(typed)
    with own_account(request) as user:
        offer = DeviceSwap.objects.select_for_update().filter(pk=swap.pk, user=user).first()
        if offer is None:
            return Outcome.ENDED
        secret = swap_secret(offer)
        step = totp.matching_step(secret, code) if code else None
        if step is not None:
            _write_phone(request, user, secret, step, at)
            return Outcome.RIGHT
        audit.record("account:totp:wrong", subject=user, result="enrolment", at=at)
        if offer.failures >= limits.JOURNEY_TOTP_FAILURES:
            offer.delete()
            return Outcome.ENDED
    return Outcome.CLOCK if code and totp.is_clock_wrong(secret, code) else Outcome.WRONG


def _write_phone(request: UserRequest, user: User, secret: bytes, step: int, at: datetime) -> None:
    device = services.write_device(user, secret, last_t=step, at=at)
    renew(request, user, at=at)
    django_otp.login(request, device)
    PortalMail("accounts/phone_changed", to=user.email, context={"at": at}).send()


# Recovery codes ------------------------------------------------------------------------------------------------------


def confirm_codes(request: UserRequest, batch: RecoveryBatch, *, typed: str, at: datetime) -> bool:
    """One code typed back puts the batch in force. False when it is none of them."""
    codes = recovery_codes.codes_of(batch)
    if not recovery_codes.is_one_of(typed, codes):
        return False
    digests = recovery_codes.hashes(codes)  # before the lock: it takes a while
    with own_account(request) as user:
        if not recovery_codes.put_in_force(batch, user, digests, at=at):
            return False
        renew(request, user, at=at)
    return True
