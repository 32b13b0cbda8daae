"""The sign-in: address and password on the start page, then the one-time code."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts import device_cookie, drafts, recovery_codes, second_factor
from accounts import sign_in as signing_in
from accounts.access import NEXT_ROUTES, next_address
from accounts.forms import RecoveryCodeForm, RefusableForm, SignInForm, TokenForm
from accounts.models import TotpDevice, User
from accounts.second_factor import Outcome
from accounts.views import _page
from accounts.views.sign_up import token_form

WRONG = "E-posten eller lösenordet är fel."
WRONG_RECOVERY_CODE = "Återställningskoden är fel eller redan använd. Efter fem försök får du vänta en timme."
NOTICES = {
    "logga-in-igen": _page.SIGN_IN_AGAIN,
    "utloggad": _page.SIGNED_OUT_BY_AGE,
    "avbruten": _page.SIGNED_OUT_MEANWHILE,
    "lamnat": _page.UNIT_LEFT,
    "tagit-over": _page.ROLE_TAKEN_OVER,
    "sparat": _page.SIGNED_OUT_WITH_DRAFT,
    "for-manga-fel": _page.SIGNED_OUT_BY_FAILURES,
}


@_page.anonymous_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first factor; also the portal's front page for somebody who is not signed in."""
    next_route = request.POST.get("next") or request.GET.get("next", "")
    next_route = next_route if next_route in NEXT_ROUTES else ""
    form = SignInForm(request.POST or None)
    at = timezone.now()
    if request.method == "POST" and _page.must_wait(request, at):
        form.add_error(None, _page.TOO_FAST)
    elif request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            user = signing_in.check_password(request, email=email, password=form.cleaned_data["password"], at=at)
        except signing_in.TooManyAtOnceError:
            form.add_error(None, _page.TOO_FAST)
        except signing_in.TooManyTriesError:
            form.add_error(None, _page.TOO_MANY_TRIES)
        else:
            if user is not None:
                signing_in.remember(request.session, user, next_route=next_route, at=at)
                return HttpResponseRedirect(reverse("accounts:sign_in_code"))
            form.add_error(None, WRONG)
    notice = "" if form.is_bound else NOTICES.get(_page.word_of(request), "")
    context = {"form": form, "next": next_route, "notice": notice, "opened": _page.form_time(request)}
    return render(request, "accounts/sign_in.html", context)


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
    address = next_address(signing_in.next_route(request.session))
    return let_in(
        request, user, verdict.device, reverse("accounts:drafts") if drafts.are_waiting(user, at=at) else address, at=at
    )


@_page.anonymous_page
def sign_in_recovery_code(request: HttpRequest) -> HttpResponse:
    """A recovery code in the app's place. The app stays as it is; the next page asks for a new one."""
    at = timezone.now()
    user = signing_in.pending(request.session, at)
    if user is None:
        return _page.redirect_with("start", "logga-in-igen")
    device = TotpDevice.objects.filter(user=user, revoked_at=None).first()
    if request.method == "POST":
        form: RefusableForm = RecoveryCodeForm(request.POST)
        if device is not None and form.is_valid():
            if not recovery_codes.use(user=user, typed=form.cleaned_data["recovery_code"], at=at):
                return _page.redirect_with("accounts:sign_in_recovery_code", "fel")
            response = let_in(request, user, device, reverse("accounts:new_phone"), at=at)
            request.session[signing_in.USED_CODE] = True
            return response
    else:
        is_refused = _page.word_of(request) == "fel"
        form = RecoveryCodeForm.refused(WRONG_RECOVERY_CODE) if is_refused else RecoveryCodeForm()
    return render(request, "accounts/sign_in_recovery_code.html", {"form": form, "has_app": device is not None})


def let_in(request: HttpRequest, user: User, device: TotpDevice, address: str, *, at: datetime) -> HttpResponse:
    """Sign in whoever has shown both factors, tell her of a browser that is new, and lead on."""
    response = HttpResponseRedirect(address)
    is_new_browser = not device_cookie.belongs_to(request, user)
    signing_in.open_session(request, user, device, at=at)
    if is_new_browser:
        signing_in.tell_of_new_browser(user, at=at)
    device_cookie.write(response, user)
    return response
