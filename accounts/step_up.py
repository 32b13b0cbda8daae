"""Step-up: exports, credentials and roles ask for password and one-time code anew, unless both were given just now.

`needs_step_up` guards a view; `confirm` compares, under the same counters and waits as the sign-in. The time stands in
the session and is worth nothing after ten minutes. A complete sign-in counts (security note, sections 3 and 4).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import audit, drafts, hashers, limits, second_factor, sign_in, throttling
from accounts.middleware import redirect_to
from accounts.second_factor import Outcome
from accounts.sessions import session_digest

if TYPE_CHECKING:
    from accounts.access import UserRequest

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
CONFIRMED_AT, RETURN_TO = sign_in.CONFIRMED_AT, sign_in.RETURN_TO
FAILED = "account:step_up:failed"
CHOOSE_AGAIN = "Tack, vi vet nu att det är du. Gör om det du skulle göra."


def is_fresh(session: SessionBase, at: datetime) -> bool:
    """Whether both factors were given within the last ten minutes."""
    given = session.get(CONFIRMED_AT)
    return given is not None and datetime.fromisoformat(given) <= at <= datetime.fromisoformat(given) + limits.STEP_UP


@overload
def needs_step_up(view: View) -> View: ...
@overload
def needs_step_up(*, back: str = "") -> Callable[[View], View]: ...
def needs_step_up(view: Callable[..., HttpResponseBase] | None = None, *, back: str = "") -> Any:
    """Ask for both factors before the view, unless they are fresh.

    A page is led back to by itself. A form that was posted is kept where it is one of those that `accounts.drafts` keeps.
    Otherwise `back` names the route of its page (reversed with the first of the view's own arguments, as many as it takes),
    where the person presses the button again; without it the page is the view's own address.
    """

    def decorate(guarded: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(guarded)
        def inner(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if is_fresh(request.session, timezone.now()):
                return guarded(request, *args, **kwargs)
            is_form, at = request.method == "POST", timezone.now()
            if drafts.keep(request, user=request.user, at=at):
                request.session[RETURN_TO] = reverse("accounts:drafts")
                return redirect_to(request, reverse("accounts:step_up"))
            own_page = _page_of(request)
            request.session[RETURN_TO] = _address_above(back, args, kwargs) if is_form and back else own_page
            if is_form:
                request.session["step_up_again"] = True
            return redirect_to(request, reverse("accounts:step_up"))

        return inner

    return decorate if view is None else decorate(view)


def _address_above(route: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The page's address: it lies at the view's own or above it, so that the last arguments may be too many for it."""
    for left in range(len(kwargs), 0, -1):
        try:
            return reverse(route, args=args, kwargs=dict(list(kwargs.items())[:left]))
        except NoReverseMatch:
            continue
    return reverse(route, args=args)


def _page_of(request: UserRequest) -> str:
    """The page that the browser shows: a fragment's own address is no page, so htmx tells which one asked for it."""
    shown = request.htmx.current_url_abs_path if request.headers.get("HX-Request") == "true" else None
    return shown if shown and url_has_allowed_host_and_scheme(shown, allowed_hosts=None) else request.get_full_path()


def confirm(request: UserRequest, *, password: str, token: str, at: datetime) -> Outcome:
    """Compare both factors of the person who is signed in.

    The one-time code is only tried after the right password, as at the sign-in. WAIT during a wait of either, and where the portal
    has more to compare than it can. ENDED at the fifth wrong try in a row: whoever sits there is not the person, so the session is
    over. Tries are counted first.
    """
    try:
        with hashers.place(is_known=True):
            return _confirm(request, password=password, token=token, at=at)
    except hashers.BusyError:
        return Outcome.WAIT


def _confirm(request: UserRequest, *, password: str, token: str, at: datetime) -> Outcome:
    user, session = request.user, session_digest(request.session)
    if not throttling.take("step_up", session, *limits.STEP_UP_TRIES, at=at):
        return _end(request, at)
    try:
        known = sign_in.check_password(request, email=user.email, password=password, at=at, failed=FAILED)
    except sign_in.TooManyTriesError:
        return Outcome.WAIT
    outcome = Outcome.WRONG
    if known is not None and known.pk == user.pk:
        outcome = second_factor.check(user, token, at=at, occasion="step_up").outcome
        if outcome != Outcome.RIGHT:
            audit.record(FAILED, subject=user, result=outcome, at=at)
    if outcome == Outcome.RIGHT:
        request.session[CONFIRMED_AT] = at.isoformat()
        request.session.pop(sign_in.MOVED, None)
        throttling.clear(throttling.key_of("step_up", session))
        audit.record("account:step_up:succeeded", by=user, subject=user, at=at)
        return outcome
    return _end(request, at) if throttling.is_full("step_up", session, limits.STEP_UP_TRIES[0], at=at) else outcome


def _end(request: UserRequest, at: datetime) -> Outcome:
    audit.record("account:session:ended", by=request.user, subject=request.user, result="step_up", at=at)
    logout(request)
    return Outcome.ENDED


def return_address(request: UserRequest) -> str:
    """Where the person was on her way; said once. The session is the portal's own, so the address is too."""
    if request.session.pop("step_up_again", False):
        messages.info(request, CHOOSE_AGAIN)
    return str(request.session.pop(RETURN_TO, reverse("profiles:overview")))
