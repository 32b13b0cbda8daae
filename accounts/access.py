"""The doors: which views are open, what a signed-in request looks like, and refusals with a human reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User

View = TypeVar("View", bound=Callable[..., Any])


class NotAllowed(PermissionDenied):
    """The person may not do this now; the message is a Swedish sentence that is shown to her."""

    status = 403  # of the page that says so

    @property
    def reason(self) -> str:
        """The sentence."""
        return str(self.args[0]) if self.args else ""


class UserRequest(HttpRequest):
    """A request with a verified session: RequireVerified lets no other through to a view without @open_view."""

    user: User
    htmx: HtmxDetails


def is_verified(user: User | AnonymousUser | None) -> bool:
    """True for somebody signed in with both factors. (The OTP middleware puts `is_verified` on the user as it passes.)"""
    return user is not None and user.is_authenticated and bool(getattr(user, "is_verified", lambda: False)())


def open_view(view: View) -> View:
    """Mark a view as answering without a session. Everything else asks for one (deny by default)."""
    view.is_open = True  # type: ignore[attr-defined]
    return view


def before_notice(view: View) -> View:
    """Mark a view as reachable for somebody signed in who has not accepted the privacy notice yet."""
    view.is_before_notice = True  # type: ignore[attr-defined]
    return view


def polling(view: View) -> View:
    """Mark a view that pages ask by themselves: reading it is no sign of life and does not keep a session open."""
    view.is_polling = True  # type: ignore[attr-defined]
    return view


# Where a sign-in may lead on to. Names, never addresses: an address from outside is not followed.
NEXT_ROUTES = ("submissions:overview", "deferrals:overview", "profiles:overview", "messaging:overview", "admin:index")


def next_address(route: str) -> str:
    """The address of a listed route name; the start page for every other."""
    return reverse(route if route in NEXT_ROUTES else "start")
