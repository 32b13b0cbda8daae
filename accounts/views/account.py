"""Pages of somebody signed in: the privacy notice that must be read first, and the way out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, services
from accounts.access import UserRequest, before_notice, open_view
from accounts.notice import NOTICE_VERSION


@before_notice
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: UserRequest) -> HttpResponse:
    """What the portal does with one's own personal data; OK leads on."""
    if request.method == "POST":
        services.accept_notice(user=request.user, at=timezone.now())
        return redirect("start")
    context: dict[str, Any] = {
        "has_read": request.user.notice_version,
        "is_new": request.user.notice_version != NOTICE_VERSION,
        "menu": [],
    }
    return render(request, "accounts/notice.html", context)


@open_view
@before_notice
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and have the browser forget what it kept of it."""
    if request.user.is_authenticated:
        audit.record("account:session:ended", by=request.user, result="sign_out", at=timezone.now())
    logout(request)
    response = HttpResponseRedirect(reverse("start"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
