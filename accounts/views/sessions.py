"""Where the person is signed in: the list, ending one or all others, and the clock that pages ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.access import UserRequest, is_verified, open_view, polling
from accounts.middleware import row_of, time_left
from accounts.models import Session
from accounts.sessions import reference_to
from accounts.step_up import needs_step_up
from config.lib import crypto


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One browser that the person is signed in from."""

    row: Session
    reference: str  # names it in a form; the key itself never leaves the cookie
    is_this: bool


def own_sessions(request: UserRequest, *, at: datetime) -> list[OwnSession]:
    """Her living sessions, this one first."""
    rows = Session.objects.filter(user=request.user, expire_date__gt=at).order_by("-last_seen_at", "pk")
    living = [row for row in rows if time_left(row, at, is_staff=request.user.is_staff)[0] >= timedelta(0)]
    listed = [OwnSession(row, reference_to(row), row.pk == request.session.session_key) for row in living]
    return sorted(listed, key=lambda one: not one.is_this)


@require_POST
@needs_step_up(back="accounts:security")
def end_session(request: UserRequest) -> HttpResponse:
    """End one of one's other sessions. Repeating it changes nothing."""
    at, reference = timezone.now(), request.POST.get("session", "")
    for one in own_sessions(request, at=at):
        if one.is_this or not crypto.same(one.reference, reference if reference.isascii() else ""):
            continue
        if Session.objects.filter(pk=one.row.pk).delete()[0]:
            audit.record("account:session:ended", by=request.user, subject=request.user, result="by_owner", at=at)
        messages.success(request, f"Inloggningen i {one.row.client or 'den andra webbläsaren'} är avslutad.")
    return redirect("accounts:security")


@require_POST
@needs_step_up(back="accounts:security")
def end_other_sessions(request: UserRequest) -> HttpResponse:
    """End all sessions but this one."""
    at, user = timezone.now(), request.user
    if Session.objects.filter(user=user).exclude(pk=request.session.session_key).delete()[0]:
        audit.record("account:session:all_ended", by=user, subject=user, result="by_owner", at=at)
    messages.success(request, "Du är nu bara inloggad här.")
    return redirect("accounts:security")


@open_view
@polling
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session_time(request: HttpRequest) -> HttpResponse:
    """Seconds until the session ends, for the page's own clock; POST is a sign of life. 0 for somebody signed out."""
    row = row_of(request) if is_verified(request.user) else None
    if row is None:
        return JsonResponse({"seconds": 0, "extends": False})
    left, limit = time_left(row, timezone.now(), is_staff=request.user.is_staff)
    return JsonResponse({"seconds": int(left.total_seconds()), "extends": limit == "idle"})
