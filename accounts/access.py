"""The doors: which views are open, what a signed-in request looks like, and refusals with a human reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User

View = TypeVar("View", bound=Callable[..., Any])


class NotAllowed(PermissionDenied):
    """The person may not do this now; the message is a Swedish sentence that is shown to her."""

    @property
    def reason(self) -> str:
        """The sentence."""
        return str(self.args[0]) if self.args else ""


class UserRequest(HttpRequest):
    """A request with a verified session: RequireVerified lets no other through to a view without @open_view."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails


def open_view(view: View) -> View:
    """Mark a view as answering without a session. Everything else asks for one (deny by default)."""
    view.is_open = True  # type: ignore[attr-defined]
    return view
