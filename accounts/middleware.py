"""The gates every request passes: session age, a verified second factor, the accepted privacy notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts import audit, limits
from accounts.access import NEXT_ROUTES, is_verified
from accounts.models import Session, User
from accounts.notice import NOTICE_VERSION

GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class SessionAge:
    """End sessions that have been idle or open too long, and stamp the living ones once a minute."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request, timezone.now())
        return self.get_response(request)

    def _check(self, request: HttpRequest, at: datetime) -> None:
        row: Session | None = request.session.row  # type: ignore[attr-defined]
        user = cast(User, request.user)
        if row is None:
            return
        reason = too_old(row, at, is_staff=user.is_staff)
        if reason:
            audit.record("account:session:ended", by=user, result=reason, at=at)
            logout(request)
            request.session_ended = reason  # type: ignore[attr-defined]
        elif at >= row.last_seen_at + limits.IDLE_STAMP:
            Session.objects.filter(pk=row.pk).update(last_seen_at=at)
            row.last_seen_at = at


def too_old(session: Session, at: datetime, *, is_staff: bool) -> str:
    """ "idle" or "age" where the session's time is over; "" otherwise. SKR's own people have shorter times."""
    idle = limits.STAFF_SESSION_IDLE if is_staff else limits.SESSION_IDLE
    absolute = limits.STAFF_SESSION_ABSOLUTE if is_staff else limits.SESSION_ABSOLUTE
    if at > session.last_seen_at + idle:
        return "idle"
    return "age" if at > session.created_at + absolute else ""


class RequireVerified:
    """Deny by default: a view without @open_view answers only a session with a verified second factor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        """Send everybody else to the sign-in, with the name of the page asked for when it is a listed one."""
        if getattr(view, "is_open", False) or is_verified(request.user):
            return None
        query = {}
        if getattr(request, "session_ended", ""):
            query["besked"] = "utloggad"
        match = request.resolver_match
        if request.method in {"GET", "HEAD"} and match and match.view_name in NEXT_ROUTES:
            query["next"] = match.view_name
        return redirect_to(request, reverse("start") + (f"?{urlencode(query)}" if query else ""))


class NoticeGate:
    """Until the current privacy notice is accepted, every page leads to it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        """Lead to the notice from wherever somebody signed in goes."""
        user = request.user
        if not user.is_authenticated or user.notice_version == NOTICE_VERSION or getattr(view, "is_before_notice", False):
            return None
        return redirect_to(request, reverse("accounts:notice"))


def redirect_to(request: HttpRequest, address: str) -> HttpResponse:
    """Lead the whole page there, also when only a fragment was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
