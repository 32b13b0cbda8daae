"""Pages of somebody signed in: the privacy notice that must be read first, and the way out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, drafts, notice_text, services, sign_in, viewing
from accounts import notice as notices
from accounts import step_up as stepping_up
from accounts.access import NEXT_ROUTES, UserRequest, before_notice, next_address, open_view
from accounts.forms import StepUpForm
from accounts.second_factor import Outcome
from accounts.views import _page

STEP_UP_REFUSALS = {
    Outcome.WRONG: "Lösenordet eller engångskoden är fel, eller så är koden redan använd. Vänta på nästa kod i appen.",
    Outcome.CLOCK: _page.TOKEN_REFUSALS[Outcome.CLOCK],
    Outcome.WAIT: "Det har blivit många försök. Vänta en stund innan du försöker igen.",
}


@before_notice
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: UserRequest) -> HttpResponse:
    """What the portal does with one's own personal data, and what is new since one last read it; OK leads on.

    OK on a page that is older than the version in force shows the new one instead. `next` is the page she was on her way to.
    """
    at, before = timezone.now(), request.user.notice_version
    route = request.POST.get("next") or request.GET.get("next", "")
    shown = notices.current(at)
    if request.method == "POST" and request.POST.get("version", str(shown.version)) == str(shown.version):
        services.accept_notice(user=request.user, at=at, version=shown.version)
        has_drafts = drafts.are_waiting(request.user, at=at)
        return HttpResponseRedirect(reverse("accounts:drafts") if has_drafts else next_address(route))
    is_new = not before or before < shown.version
    context: dict[str, Any] = {
        "has_read": before,
        "is_new": is_new,
        "shown": shown,
        "text": notice_text.as_html(shown.body),
        "changes": notice_text.changes(notices.text_of(before).body, shown.body) if before and is_new else [],
        "next": route if route in NEXT_ROUTES else "",
        "menu": [],
    }
    return render(request, "accounts/notice.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def step_up(request: UserRequest) -> HttpResponse:
    """Password and one-time code once more, before something that a borrowed session must not do."""
    form = StepUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = stepping_up.confirm(request, at=timezone.now(), **form.cleaned_data)
        if outcome == Outcome.RIGHT:
            return HttpResponseRedirect(stepping_up.return_address(request))
        if outcome == Outcome.ENDED:
            return _page.redirect_with("start", "for-manga-fel")
        form.add_error(None, STEP_UP_REFUSALS[outcome])
    context = {"form": form, "used_code": bool(request.session.get(sign_in.USED_CODE))}
    return render(request, "accounts/step_up.html", context)


@open_view
@before_notice
@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and have the browser forget what it kept of it."""
    if request.user.is_authenticated:
        seen = viewing.kept(request)
        if seen is not None:
            viewing.end(request, seen, result="sign_out", at=timezone.now())
        audit.record("account:session:ended", by=request.user, subject=request.user, result="sign_out", at=timezone.now())
    logout(request)
    response = HttpResponseRedirect(reverse("start"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
