"""Step-up: exports, credentials and roles ask for password and one-time code anew, unless both were given just now.

`needs_step_up` guards a view; `confirm` compares, under the same counters and waits as the sign-in. The time stands in
the session and is worth nothing after ten minutes. A complete sign-in counts (security note, sections 3 and 4).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import audit, limits, second_factor, sign_in
from accounts.middleware import redirect_to
from accounts.second_factor import Outcome

if TYPE_CHECKING:
    from accounts.access import UserRequest

View = Callable[..., HttpResponse]
CONFIRMED_AT, RETURN_TO = sign_in.CONFIRMED_AT, "step_up_return"
CHOOSE_AGAIN = "Tack, vi vet nu att det är du. Gör om det du skulle göra."


def is_fresh(session: SessionBase, at: datetime) -> bool:
    """Whether both factors were given within the last ten minutes."""
    given = session.get(CONFIRMED_AT)
    return given is not None and datetime.fromisoformat(given) <= at <= datetime.fromisoformat(given) + limits.STEP_UP


def needs_step_up(view: View | None = None, *, back: str = "") -> Any:
    """Ask for both factors before the view, unless they are fresh.

    A page is led back to by itself. A form that was posted is not kept: `back` names the route of its page (reversed with
    the view's own arguments), where the person presses the button again; without it the page is the view's own address.
    """

    def decorate(guarded: View) -> View:
        @wraps(guarded)
        def inner(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if is_fresh(request.session, timezone.now()):
                return guarded(request, *args, **kwargs)
            is_form = request.method == "POST"
            request.session[RETURN_TO] = reverse(back, args=args, kwargs=kwargs) if is_form and back else request.path
            if is_form:
                request.session["step_up_again"] = True
            return redirect_to(request, reverse("accounts:step_up"))

        return inner

    return decorate if view is None else decorate(view)


def confirm(request: UserRequest, *, password: str, token: str, at: datetime) -> Outcome:
    """Compare both factors of the person who is signed in. Raises sign_in.TooManyTriesError during a wait.

    The one-time code is only tried after the right password, as at the sign-in.
    """
    user = request.user
    known = sign_in.check_password(request, email=user.email, password=password, at=at)
    outcome = Outcome.WRONG
    if known is not None and known.pk == user.pk:
        outcome = second_factor.check(user, token, at=at, occasion="step_up").outcome
    if outcome == Outcome.RIGHT:
        request.session[CONFIRMED_AT] = at.isoformat()
        audit.record("account:step_up:succeeded", by=user, subject=user, at=at)
    else:
        audit.record("account:step_up:failed", by=user, subject=user, result=outcome if known else "password", at=at)
    return outcome


def return_address(request: UserRequest) -> str:
    """Where the person was on her way; said once. The session is the portal's own, so the address is too."""
    if request.session.pop("step_up_again", False):
        messages.info(request, CHOOSE_AGAIN)
    return str(request.session.pop(RETURN_TO, reverse("profiles:overview")))
