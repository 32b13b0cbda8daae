"""The sign-up and the forgotten password, page by page as in the client's manual.

Each view shows the journey's page on GET and makes one transition on POST; which page is due, and whether a posted step
still holds, is decided by `accounts.journey`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts import audit, device_cookie, journey, qr_code, sign_in, totp
from accounts.forms import CodeForm, EmailForm, NewPasswordForm, RefusableForm, TokenForm
from accounts.models import SignUpJourney, User
from accounts.networks import prefix_of
from accounts.second_factor import Outcome
from accounts.views import _page
from config.lib import context

State = SignUpJourney.State
PAGES = {
    State.CODE: "accounts:code",
    State.VERIFIED: "accounts:verified",
    State.ENROL: "accounts:qr",
    State.CHALLENGE: "accounts:challenge",
    State.NEW_PASSWORD: "accounts:new_password",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The browser's live journey at this moment. On POST its id is the one that the form carried."""

    journey: SignUpJourney
    at: datetime


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
        if form.is_valid():
            return _start_journey(request, form.cleaned_data["email"], timezone.now())
    else:
        word = _page.word_of(request)
        form = EmailForm.refused(_page.TOO_SOON) if word == "vanta" else EmailForm()
    notices = {"borja-om": _page.START_OVER, "for-manga-fel": _page.TOO_MANY_TOKENS}
    notice = notices.get(_page.word_of(request), "") if request.method != "POST" else ""
    return render(request, "accounts/start.html", {"form": form, "notice": notice})


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
    if request.method == "POST" and "again" in request.POST:
        try:
            journey.send_again(journey_id=step.journey.pk, session=request.session, at=step.at)
        except journey.TooSoonError:
            return _page.redirect_with("accounts:code", "vanta")
        return _page.redirect_with("accounts:code", "ny-kod")
    if request.method == "POST":
        form: RefusableForm = CodeForm(request.POST)
        if form.is_valid():
            typed = form.cleaned_data["code"]
            if journey.verify_code(journey_id=step.journey.pk, session=request.session, typed=typed, at=step.at):
                return HttpResponseRedirect(reverse("accounts:verified"))
            return _page.redirect_with("accounts:code", "fel")
    else:
        form = CodeForm.refused(_page.WRONG_CODE) if _page.word_of(request) == "fel" else CodeForm()
    word = _page.word_of(request)
    context_ = {
        "form": form,
        "journey": step.journey,
        "email": journey.email_of(step.journey),
        "word": word,
        "too_soon": _page.TOO_SOON,
    }
    return render(request, "accounts/code.html", context_)


@step_page(State.VERIFIED)
def verified(request: HttpRequest, step: Step) -> HttpResponse:
    """The address is proved."""
    if request.method == "POST":
        state = journey.go_on(journey_id=step.journey.pk, session=request.session, at=step.at)
        return HttpResponseRedirect(reverse(PAGES[State(state)]))
    return _render(request, "verified", step, email=journey.email_of(step.journey))


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
    """The first code of the new app."""
    return _token_page(request, step, "one_time_code", journey.verify_enrolment)


@step_page(State.CHALLENGE)
def challenge(request: HttpRequest, step: Step) -> HttpResponse:
    """A code of the app that the account already has."""
    return _token_page(request, step, "challenge", journey.verify_challenge)


def _token_page(request: HttpRequest, step: Step, page: str, verify: Callable[..., Outcome]) -> HttpResponse:
    if request.method == "POST":
        form: RefusableForm = TokenForm(request.POST)
        if form.is_valid():
            typed = form.cleaned_data["token"]
            outcome = verify(journey_id=step.journey.pk, session=request.session, typed=typed, at=step.at)
            if outcome == Outcome.ENDED:
                return _page.redirect_with("accounts:start", "for-manga-fel")
            if outcome == Outcome.RIGHT:
                return HttpResponseRedirect(reverse("accounts:new_password"))
            return _page.redirect_with(f"accounts:{page}", outcome)
    else:
        form = token_form(request)
    return _render(request, page, step, form=form)


def token_form(request: HttpRequest) -> TokenForm:
    """An empty form for a one-time code, with the sentence that the redirect named."""
    refusal = _page.TOKEN_REFUSALS.get(_page.word_of(request))  # type: ignore[call-overload]
    return TokenForm.refused(refusal) if refusal else TokenForm()


@step_page(State.NEW_PASSWORD)
def new_password(request: HttpRequest, step: Step) -> HttpResponse:
    """The password, twice. Everything is written here, and the person is signed in."""
    assert step.journey.user is not None  # noqa: S101 - a verified journey has a user
    form = NewPasswordForm(request.POST or None, user=step.journey.user)
    if request.method == "POST" and form.is_valid():
        user, device = journey.set_password(
            journey_id=step.journey.pk, session=request.session, password=form.cleaned_data["password"], at=step.at
        )
        sign_in.open_session(request, user, device, at=step.at)
        response = HttpResponseRedirect(reverse("start"))
        device_cookie.write(response, user)
        return response
    return _render(request, "new_password", step, form=form)


def _render(request: HttpRequest, page: str, step: Step, **more: object) -> HttpResponse:
    is_reset = step.journey.branch == SignUpJourney.Branch.RESET
    return render(request, f"accounts/{page}.html", {"journey": step.journey, "is_reset": is_reset, **more})
