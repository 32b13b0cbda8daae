"""A person changes her own address: a code to the new one, notice to both (security note, section 6; ATER-12).

The page answers alike whether or not the new address has an account here. Where it has, its owner gets a mail that says
so, and no code that would be taken exists outside this portal's memory. Counted and kept as the codes of the sign-up.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import audit, codes, credentials, limits, throttling
from accounts.access import UserRequest
from accounts.models import AddressChange, User
from accounts.networks import prefix_of
from accounts.sessions import session_digest
from config.lib import context, crypto, sealed
from config.lib.mail import PortalMail

LANE = "change"


class TooSoonError(Exception):
    """Too many codes have been asked for; nothing was sent."""


def live(request: UserRequest, *, at: datetime) -> AddressChange | None:
    """The change that this browser has under way. Reads only."""
    own = AddressChange.objects.filter(user=request.user, session_hmac=session_digest(request.session))
    change = own.filter(used_at=None, replaced_at=None, sent_at__gt=at - limits.JOURNEY_LIFETIME).first()
    return change if change and sealed.opens(change, "new_email_sealed") else None


def new_address(change: AddressChange) -> str:
    """The address that the change leads to."""
    return sealed.open_text(change, "new_email_sealed")


def _digest(user: User, email: str, code: str) -> str:
    return crypto.digest("address-change", user.pk, email, code)


def send(request: UserRequest, *, email: str, at: datetime) -> None:
    """Mail a code to the new address; an older one of this person's ends. Raises TooSoonError."""
    _reserve_send(request, email, at)
    code = codes.new_code()
    with credentials.own_account(request) as user:
        AddressChange.objects.filter(user=user, used_at=None, replaced_at=None).update(replaced_at=at)
        change = AddressChange(user=user, session_hmac=session_digest(request.session), sent_at=at)
        change.new_email_sealed = sealed.seal_text(change, "new_email_sealed", email)
        change.digest = _digest(user, email, code)
        change.save(force_insert=True)
        owner = User.objects.filter(email=email).first()
        template = "accounts/address_taken" if owner else "accounts/address_code"
        deliver = owner is None or owner.is_active
        values = {"at": at} if owner else {"at": at, "code": code}
        PortalMail(template, to=email, context=values, deliver=deliver, expires_at=at + limits.CODE_LIFETIME).send()
        audit.record("account:email:change_requested", by=user, subject=user, at=at)


def _reserve_send(request: UserRequest, email: str, at: datetime) -> None:
    """Once a minute; five an hour and ten a day for the person, for the address, and the network's share."""
    last = AddressChange.objects.filter(user=request.user).order_by("-sent_at", "-pk").values_list("sent_at", flat=True).first()
    if last and at < last + limits.SEND_INTERVAL:
        raise TooSoonError
    rooms = [
        throttling.take("send/network", prefix_of(context.current().address), *limits.SENDS_PER_NETWORK, at=at),
        throttling.take_all("address_change", request.user.pk, limits.SENDS_PER_ADDRESS, at=at),
        throttling.take_all("send", email, limits.SENDS_PER_ADDRESS, lane=LANE, at=at),
    ]
    if not all(rooms):
        raise TooSoonError


def confirm(request: UserRequest, change: AddressChange, *, typed: str, at: datetime) -> User | None:
    """The code from the new mailbox changes the address; gives the user, of her new epoch. None for every other reason.

    Each of the five tries is counted and committed before anything is compared.
    """
    tries = AddressChange.objects.filter(pk=change.pk, attempts__lt=limits.CODE_ATTEMPTS)
    with transaction.atomic(durable=True):
        has_try = bool(tries.update(attempts=F("attempts") + 1))
    email = new_address(change)
    with credentials.own_account(request) as user:
        if not (has_try and _use(user, change, email, typed, at) and _write(user, email)):
            audit.record("account:code:wrong" if has_try else "account:code:blocked", subject=user, object="e-post", at=at)
            return None
        old = request.user.email
        credentials.renew(request, user, at=at)
        audit.record("account:email:changed", by=user, subject=user, at=at)
        for address in (old, email):
            PortalMail("accounts/address_changed", to=address, context={"at": at, "old": old, "new": email}).send()
    return user


def _use(user: User, change: AddressChange, email: str, typed: str, at: datetime) -> bool:
    """Whether this is the live code, at most ten minutes old and for an address that nobody has; marks it used."""
    code = codes.clean(typed)
    waiting = AddressChange.objects.select_for_update().filter(pk=change.pk, user=user, used_at=None, replaced_at=None).first()
    is_right = waiting is not None and bool(code) and crypto.same(_digest(user, email, code), waiting.digest)
    if waiting is None or not is_right or at > waiting.sent_at + limits.CODE_LIFETIME:
        return False
    if User.objects.filter(email=email).exists():
        return False
    waiting.used_at = at
    waiting.save(update_fields=["used_at"])
    return True


def _write(user: User, email: str) -> bool:
    """Store the address; False where somebody was given it at this very moment."""
    user.email, user.bounced_at = email, None
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "bounced_at"])
    except IntegrityError:
        return False
    return True
