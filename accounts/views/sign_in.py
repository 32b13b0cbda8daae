"""The sign-in: address and password on the start page, then the one-time code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts import device_cookie, second_factor
from accounts import sign_in as signing_in
from accounts.access import NEXT_ROUTES, next_address
from accounts.forms import SignInForm, TokenForm
from accounts.second_factor import Outcome
from accounts.views import _page
from accounts.views.sign_up import token_form

WRONG = "E-posten eller lösenordet är fel."
WAIT = "Det har blivit många försök. Vänta en stund innan du försöker igen."
NOTICES = {"logga-in-igen": _page.SIGN_IN_AGAIN, "utloggad": _page.SIGNED_OUT_BY_AGE, "avbruten": _page.SIGNED_OUT_MEANWHILE}


@_page.anonymous_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first factor; also the portal's front page for somebody who is not signed in."""
    next_route = request.POST.get("next") or request.GET.get("next", "")
    next_route = next_route if next_route in NEXT_ROUTES else ""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        at, email = timezone.now(), form.cleaned_data["email"]
        try:
            user = signing_in.check_password(request, email=email, password=form.cleaned_data["password"], at=at)
        except signing_in.TooManyTriesError:
            form.add_error(None, WAIT)
        else:
            if user is not None:
                signing_in.remember(request.session, user, next_route=next_route, at=at)
                return HttpResponseRedirect(reverse("accounts:sign_in_code"))
            form.add_error(None, WRONG)
    notice = "" if form.is_bound else NOTICES.get(_page.word_of(request), "")
    return render(request, "accounts/sign_in.html", {"form": form, "next": next_route, "notice": notice})


@_page.anonymous_page
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second factor."""
    at = timezone.now()
    user = signing_in.pending(request.session, at)
    if user is None:
        return _page.redirect_with("start", "logga-in-igen")
    form = TokenForm(request.POST) if request.method == "POST" else token_form(request)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/sign_in_code.html", {"form": form})
    verdict = second_factor.check(user, form.cleaned_data["token"], at=at, occasion="sign_in")
    if verdict.outcome != Outcome.RIGHT or verdict.device is None:
        return _page.redirect_with("accounts:sign_in_code", verdict.outcome)
    response = HttpResponseRedirect(next_address(signing_in.next_route(request.session)))
    is_new_browser = not device_cookie.belongs_to(request, user)
    signing_in.open_session(request, user, verdict.device, at=at)
    if is_new_browser:
        signing_in.tell_of_new_browser(user, at=at)
    device_cookie.write(response, user)
    return response
