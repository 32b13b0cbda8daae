"""The cookie of a browser that its owner has signed in from: her tries are counted apart from strangers'.

It proves nothing and opens nothing. It holds the user id and the session epoch, signed, so that a change of credentials
makes every older one worthless.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import limits
from accounts.models import AuditEvent, AuditOrigin, User

SALT = "accounts.device"
KNOWN, STRANGE = "known", "strange"


def write(response: HttpResponse, user: User) -> None:
    """Give the browser the cookie; called at each complete sign-in."""
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        f"{user.pk}.{user.session_epoch}",
        salt=SALT,
        max_age=int(limits.DEVICE_COOKIE.total_seconds()),
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def belongs_to(request: HttpRequest, user: User | None) -> bool:
    """Whether the browser carries this user's cookie, of her present epoch."""
    return user is not None and _value(request) == f"{user.pk}.{user.session_epoch}"


def owner(request: HttpRequest) -> User | None:
    """Who signed in from this browser last, if nothing about her credentials has changed since. Opens nothing."""
    key, _, epoch = _value(request).partition(".")
    if not (key.isdigit() and epoch.isdigit()):
        return None
    return User.objects.filter(pk=int(key), session_epoch=int(epoch), is_active=True).first()


def _value(request: HttpRequest) -> str:
    max_age = int(limits.DEVICE_COOKIE.total_seconds())
    return str(request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, default="", salt=SALT, max_age=max_age))


def lane_of(user: User | None, *, has_cookie: bool, prefix: str, at: datetime) -> str:
    """KNOWN for the owner's browser or a network she lately signed in from, else STRANGE. Asks the same of nobody."""
    signed_in = AuditEvent.objects.filter(code="account:sign_in:succeeded", actor_id=user.pk if user else 0)
    origins = AuditOrigin.objects.filter(
        prefix=prefix or "-", at__gte=at - limits.KNOWN_NETWORK, event_id__in=signed_in.values("pk")
    )
    return KNOWN if origins.exists() or has_cookie else STRANGE
