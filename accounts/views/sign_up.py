"""The sign-up and the forgotten password, page by page as in the client's manual.

Each view shows the journey's page on GET and makes one transition on POST; which page is due, and whether a posted step
still holds, is decided by `accounts.journey`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import audit, device_cookie, journey, qr_code, sign_in, totp
from accounts.forms import (
    CodeForm,
    CurrentPasswordForm,
    EmailForm,
    NewPasswordForm,
    RecoveryCodeForm,
    RefusableForm,
    TokenForm,
)
from accounts.models import SignUpJourney, TotpDevice, User
from accounts.networks import prefix_of
from accounts.notice import current_version
from accounts.second_factor import Outcome, Verdict
from accounts.views import _page
from config.lib import context

State, Branch = SignUpJourney.State, SignUpJourney.Branch
PAGES = {
    State.CODE: "accounts:code",
    State.VERIFIED: "accounts:verified",
    State.CURRENT_PASSWORD: "accounts:current_password",
    State.ENROL: "accounts:qr",
    State.CHALLENGE: "accounts:challenge",
    State.NEW_PASSWORD: "accounts:new_password",
}

WALKS = {  # the pages of each branch, in order; the notice follows where it has not been accepted
    Branch.ENROL: ("start", "code", "verified", "qr", "one_time_code", "new_password"),
    Branch.RESET: ("start", "code", "verified", "challenge", "new_password"),
    Branch.REENROL: ("start", "code", "verified", "current_password", "qr", "one_time_code"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """The browser's live journey at this moment. On POST its id is the one that the form carried."""

    journey: SignUpJourney
    at: datetime


Form = TypeVar("Form", bound=RefusableForm)
StepView = Callable[[HttpRequest, Step], HttpResponse]


def step_page(state: SignUpJourney.State) -> Callable[[StepView], Callable[..., HttpResponse]]:
    """A page of the journey in `state`. GET elsewhere leads to the journey's own page; POST elsewhere is refused."""

    def decorate(view: StepView) -> Callable[..., HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponse:
            at = timezone.now()
            live = journey.live(request.session, at)
            is_due = live is not None and live.state == state
            if request.method != "POST" and not is_due:
                return HttpResponseRedirect(reverse(PAGES[State(live.state)] if live else "accounts:start"))
            try:
                if live is None or not is_due or (request.method == "POST" and request.POST.get("journey") != live.pk):
                    raise journey.NotCurrentError
                return view(request, Step(live, at))
            except journey.NotCurrentError:
                audit.record("account:journey:rejected", object=state, at=at)
                return _page.redirect_with("accounts:start", "borja-om")

        return _page.anonymous_page(inner)

    return decorate


@_page.anonymous_page
def start(request: HttpRequest) -> HttpResponse:
    """The address to which a code is sent. The same answer for every address."""
    if request.method == "POST":
        form: RefusableForm = EmailForm(request.POST)
        at = timezone.now()
        if _page.must_wait(request, at):
            form.add_error(None, _page.TOO_FAST)
        elif form.is_valid():
            return _start_journey(request, form.cleaned_data["email"], at)
    else:
        word = _page.word_of(request)
        form = EmailForm.refused(_page.TOO_SOON) if word == "vanta" else EmailForm()
    notices = {"borja-om": _page.START_OVER, "for-manga-fel": _page.TOO_MANY_TOKENS}
    notice = notices.get(_page.word_of(request), "") if request.method != "POST" else ""
    return render(request, "accounts/start.html", {"form": form, "notice": notice, "opened": _page.form_time(request)})


def _start_journey(request: HttpRequest, email: str, at: datetime) -> HttpResponse:
    user = User.objects.filter(email=email).first()
    lane = device_cookie.lane_of(
        user, has_cookie=device_cookie.belongs_to(request, user), prefix=prefix_of(context.current().address), at=at
    )
    try:
        journey.start(email=email, user=user, lane=lane, session=request.session, at=at)
    except journey.TooSoonError:
        return _page.redirect_with("accounts:start", "vanta")
    return HttpResponseRedirect(reverse("accounts:code"))


@step_page(State.CODE)
def code(request: HttpRequest, step: Step) -> HttpResponse:
    """The code from the mail, or a new one."""
    word = _page.word_of(request)
    form: RefusableForm = CodeForm.refused(_page.WRONG_CODE) if word == "fel" else CodeForm()
    notice = _page.TOO_SOON if word == "vanta" else ""
    if request.method == "POST":
        is_again = "again" in request.POST
        form = CodeForm() if is_again else CodeForm(request.POST)
        if _page.must_wait(request, step.at):
            notice = _page.TOO_FAST
        elif is_again:
            return _send_again(request, step)
        elif form.is_valid():
            return _verify_code(request, step, form.cleaned_data["code"])
    context_ = {
        "form": form,
        "journey": step.journey,
        "email": journey.email_of(step.journey),
        "is_new": word == "ny-kod" and not notice,
        "notice": notice,
        "opened": _page.form_time(request),
    }
    return render(request, "accounts/code.html", context_)


def _send_again(request: HttpRequest, step: Step) -> HttpResponse:
    try:
        journey.send_again(journey_id=step.journey.pk, session=request.session, at=step.at)
    except journey.TooSoonError:
        return _page.redirect_with("accounts:code", "vanta")
    return _page.redirect_with("accounts:code", "ny-kod")


def _verify_code(request: HttpRequest, step: Step, typed: str) -> HttpResponse:
    if journey.verify_code(journey_id=step.journey.pk, session=request.session, typed=typed, at=step.at):
        return HttpResponseRedirect(reverse("accounts:verified"))
    return _page.redirect_with("accounts:code", "fel")


@step_page(State.VERIFIED)
def verified(request: HttpRequest, step: Step) -> HttpResponse:
    """The address is proved."""
    if request.method == "POST":
        state = journey.go_on(journey_id=step.journey.pk, session=request.session, at=step.at)
        return HttpResponseRedirect(reverse(PAGES[State(state)]))
    return _render(request, "verified", step, email=journey.email_of(step.journey))


@step_page(State.CURRENT_PASSWORD)
def current_password(request: HttpRequest, step: Step) -> HttpResponse:
    """The password, before a new phone is registered: the mailbox and SKR's case are not enough."""
    refusals = {"fel": _page.WRONG_PASSWORD, "vanta": _page.TOO_MANY_TRIES}
    if request.method == "POST":
        form: RefusableForm = CurrentPasswordForm(request.POST)
        if form.is_valid():
            word = _prove_password(request, step, form.cleaned_data["password"])
            return _page.redirect_with("accounts:current_password", word) if word else redirect("accounts:qr")
    else:
        form = _refusable(CurrentPasswordForm, refusals, request)
    return _render(request, "current_password", step, form=form)


def _prove_password(request: HttpRequest, step: Step, password: str) -> str:
    """Compare it under the sign-in's counters; the word of a refusal, or "" where the journey went on."""
    key, session = step.journey.pk, request.session
    owner = journey.owner(journey_id=key, session=session, state=State.CURRENT_PASSWORD, at=step.at)
    try:
        known = sign_in.check_password(request, email=owner.email, password=password, at=step.at, failed="account:password:wrong")
    except sign_in.TooManyTriesError:
        return "vanta"
    if known is None:
        return "fel"
    journey.accept_password(journey_id=key, session=session, known=known, at=step.at)
    return ""


@step_page(State.ENROL)
def qr(request: HttpRequest, step: Step) -> HttpResponse:
    """The QR code, and the key as text. Its button only leads on; the state is the same."""
    if request.method == "POST":
        return HttpResponseRedirect(reverse("accounts:one_time_code"))
    secret, email = journey.secret_of(step.journey), journey.email_of(step.journey)
    picture = qr_code.svg(totp.provisioning_uri(secret, email))
    return _render(request, "qr", step, picture=picture, key=totp.secret_text(secret), email=email)


@step_page(State.ENROL)
def one_time_code(request: HttpRequest, step: Step) -> HttpResponse:
    """The first code of the new app. With a password proved before, everything is written here."""
    return _token_page(request, step, "one_time_code", journey.verify_enrolment)


@step_page(State.CHALLENGE)
def challenge(request: HttpRequest, step: Step) -> HttpResponse:
    """A code of the app that the account already has."""
    return _token_page(request, step, "challenge", journey.verify_challenge)


def _token_page(request: HttpRequest, step: Step, page: str, verify: Callable[..., Verdict]) -> HttpResponse:
    if request.method == "POST":
        form: RefusableForm = TokenForm(request.POST)
        if form.is_valid():
            typed = form.cleaned_data["token"]
            verdict = verify(journey_id=step.journey.pk, session=request.session, typed=typed, at=step.at)
            if verdict.outcome == Outcome.ENDED:
                return _page.redirect_with("accounts:start", "for-manga-fel")
            if verdict.outcome != Outcome.RIGHT:
                return _page.redirect_with(f"accounts:{page}", verdict.outcome)
            return _signed_in(request, verdict.device, step.at) if verdict.device else redirect("accounts:new_password")
    else:
        form = token_form(request)
    return _render(request, page, step, form=form)


def token_form(request: HttpRequest) -> TokenForm:
    """An empty form for a one-time code, with the sentence that the redirect named."""
    return _refusable(TokenForm, _page.TOKEN_REFUSALS, request)


def _refusable(kind: type[Form], refusals: Mapping[Any, str], request: HttpRequest) -> Form:
    """An empty form, with the sentence that the redirect named."""
    refusal = refusals.get(_page.word_of(request))
    return kind.refused(refusal) if refusal else kind()


@step_page(State.CHALLENGE)
def recovery_code(request: HttpRequest, step: Step) -> HttpResponse:
    """One of the person's recovery codes, for somebody who cannot open the app."""
    if request.method == "POST":
        form: RefusableForm = RecoveryCodeForm(request.POST)
        if form.is_valid():
            typed = form.cleaned_data["recovery_code"]
            if journey.use_recovery_code(journey_id=step.journey.pk, session=request.session, typed=typed, at=step.at):
                return redirect("accounts:new_password")
            return _page.redirect_with("accounts:recovery_code", "fel")
    else:
        form = _refusable(RecoveryCodeForm, {"fel": _page.WRONG_RECOVERY_CODE}, request)
    return _render(request, "recovery_code", step, form=form)


@step_page(State.NEW_PASSWORD)
def new_password(request: HttpRequest, step: Step) -> HttpResponse:
    """The password, twice. Everything is written here, and the person is signed in."""
    assert step.journey.user is not None  # noqa: S101 - a verified journey has a user
    form = NewPasswordForm(request.POST or None, user=step.journey.user)
    if request.method == "POST" and form.is_valid():
        device = journey.set_password(
            journey_id=step.journey.pk, session=request.session, password=form.cleaned_data["password"], at=step.at
        )
        if journey.has_used_recovery_code(step.journey):
            request.session[sign_in.USED_CODE] = True
            return _signed_in(request, device, step.at, "accounts:new_phone")
        return _signed_in(request, device, step.at)
    return _render(request, "new_password", step, form=form)


def _signed_in(request: HttpRequest, device: TotpDevice, at: datetime, page: str = "start") -> HttpResponse:
    """Sign in the owner of the device after the commit; the notice follows by itself where it is due."""
    user = User.objects.get(pk=device.user_id)
    sign_in.open_session(request, user, device, at=at)
    response = redirect(page)
    device_cookie.write(response, user)
    return response


def step_of(walk: SignUpJourney, page: str) -> tuple[int, int]:
    """Which step of how many a page is, once the branch is known."""
    pages = WALKS[Branch(walk.branch)]
    number = pages.index("challenge" if page == "recovery_code" else page) + 1
    has_notice = walk.user is not None and (walk.user.notice_version or 0) >= current_version(timezone.now())
    return number, len(pages) + (walk.branch == Branch.ENROL and not has_notice)


def _render(request: HttpRequest, page: str, step: Step, **more: object) -> HttpResponse:
    number, steps = step_of(step.journey, page)
    context_ = {"journey": step.journey, "branch": step.journey.branch, "step": number, "steps": steps, **more}
    return render(request, f"accounts/{page}.html", context_)
