"""The gates every request passes: session age, a verified second factor, the accepted privacy notice.

A form that is posted too late is not lost: what was written is kept as a draft (`accounts.drafts`), once the CSRF check has
passed, for whoever's session it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts import audit, device_cookie, drafts, limits, sign_in
from accounts.access import NEXT_ROUTES, is_verified
from accounts.models import Session, User
from accounts.notice import current_version
from config.lib import context
from config.lib.progress import ASKED_BY_ITSELF

STOP_POLLING = 286  # htmx: ask no more
GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


class SessionAge:
    """End sessions that have been idle or open too long, and stamp the living ones once a minute."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        row = row_of(request)
        if row is not None:
            self._check(request, row, timezone.now())
        return self.get_response(request)

    def _check(self, request: HttpRequest, row: Session, at: datetime) -> None:
        user = cast(User, request.user)
        left, limit = time_left(row, at, is_staff=user.is_staff)
        if left < timedelta(0) and is_polled(request):
            request.user = AnonymousUser()  # the next page that she opens herself ends the session and tells her why
        elif left < timedelta(0):
            audit.record("account:session:ended", by=user, subject=user, result=limit, at=at)
            logout(request)
            request.session_ended_of = user  # type: ignore[attr-defined]

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> None:
        """Stamp the session, unless the page only asked by itself."""
        row, at = row_of(request), timezone.now()
        if row is None or at < row.last_seen_at + limits.IDLE_STAMP or is_polled(request):
            return
        Session.objects.filter(pk=row.pk).update(last_seen_at=at)
        row.last_seen_at = at


def is_polled(request: HttpRequest) -> bool:
    """Whether a page asks by itself, without anybody doing anything."""
    if request.method not in {"GET", "HEAD"}:
        return False
    if ASKED_BY_ITSELF in request.GET:
        return True
    try:
        return bool(getattr(resolve(request.path_info).func, "is_polling", False))
    except Resolver404:
        return False


def row_of(request: HttpRequest) -> Session | None:
    """The session's row of somebody who is signed in."""
    row: Session | None = request.session.row if request.user.is_authenticated else None  # type: ignore[attr-defined]
    return row


def time_left(session: Session, at: datetime, *, is_staff: bool) -> tuple[timedelta, str]:
    """How long the session lives on if nothing more is done, and what ends it: "idle" or "age". Below zero it is over.

    SKR's own people have shorter times.
    """
    idle = limits.STAFF_SESSION_IDLE if is_staff else limits.SESSION_IDLE
    absolute = limits.STAFF_SESSION_ABSOLUTE if is_staff else limits.SESSION_ABSOLUTE
    until_idle, until_age = session.last_seen_at + idle - at, session.created_at + absolute - at
    return (until_idle, "idle") if until_idle <= until_age else (until_age, "age")


class RequireVerified:
    """Deny by default: a view without @open_view answers only a session with a verified second factor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND and is_verified(request.user):
            drafts.sent(request, response)
        return response

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        """Send everybody else to the sign-in, with the name of the page asked for when it is a listed one.

        What somebody had written when her session ended is kept. Where the session is gone without a trace, the browser's
        device cookie tells whose it was.
        """
        is_open, match = getattr(view, "is_open", False), request.resolver_match
        if is_verified(request.user):
            shows_nothing = is_open and match is not None and match.view_name != "start"
            return None if shows_nothing or getattr(view, "is_before_notice", False) else self._ask_anew(request)
        if is_open:
            return None
        if getattr(view, "is_polling", False) and request.headers.get("HX-Request") == "true":
            return HttpResponse(status=STOP_POLLING)  # leave the page where it is, with what is written on it
        query = {}
        user = getattr(request, "session_ended_of", None)
        if user is not None:
            query["besked"] = "utloggad"
        if drafts.keep(request, user=user or device_cookie.owner, at=timezone.now()):
            query["besked"] = "sparat"
        if request.method in {"GET", "HEAD"} and match and match.view_name in NEXT_ROUTES:
            query["next"] = match.view_name
        return redirect_to(request, reverse("start") + (f"?{urlencode(query)}" if query else ""))

    def _ask_anew(self, request: HttpRequest) -> HttpResponse | None:
        """A session that turns up in a browser of another family may be stolen: both factors before anything else."""
        row, client, match = row_of(request), context.current().client, request.resolver_match
        if row is not None and row.client and client and row.client != client and not request.session.get(sign_in.MOVED):
            request.session[sign_in.MOVED] = True
            user = cast(User, request.user)
            audit.record("account:session:moved", by=user, subject=user, result="asked", at=timezone.now())
        if not request.session.get(sign_in.MOVED) or (match and match.view_name == "accounts:step_up"):
            return None
        if request.method == "GET":
            request.session[sign_in.RETURN_TO] = request.path
        return redirect_to(request, reverse("accounts:step_up"))


class NoticeGate:
    """Until the current privacy notice is accepted, every page leads to it.

    Who has accepted an earlier version is asked at the next whole page: a form that she sends meanwhile is not lost.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        """Lead to the notice from wherever somebody signed in goes."""
        user = request.user
        if not user.is_authenticated or getattr(view, "is_before_notice", False):
            return None
        is_page = request.method in {"GET", "HEAD"} and request.headers.get("HX-Request") != "true"
        if user.notice_version and (not is_page or user.notice_version >= current_version(timezone.now())):
            return None
        match = request.resolver_match
        route = match.view_name if is_page and match and match.view_name in NEXT_ROUTES else ""
        return redirect_to(request, reverse("accounts:notice") + (f"?next={route}" if route else ""))


def redirect_to(request: HttpRequest, address: str) -> HttpResponse:
    """Lead the whole page there, also when only a fragment was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
