"""What the pages for anonymous visitors share: headers, methods, and the sentence that a redirect carries along.

A refusal is told after a redirect by a word in the query ("?besked=fel"), so that reloading a page never sends a code
again and reading a page never writes. The words lead to the sentences here and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import alarms
from accounts.access import open_view
from accounts.second_factor import Outcome

View = Callable[..., HttpResponse]

START_OVER = "Steget är inte längre aktuellt. Börja om."
WRONG_CODE = "Koden är fel eller har gått ut."
TOO_SOON = "Vänta en stund innan du begär en ny kod."
TOO_FAST = "Just nu kommer ovanligt många försök till portalen. Vänta 20 sekunder och tryck sedan på knappen igen."
TOO_MANY_TRIES = "Det har blivit många försök. Vänta en stund innan du försöker igen."
WRONG_PASSWORD = "Lösenordet är fel."
WRONG_RECOVERY_CODE = (
    "Återställningskoden är fel eller redan använd. Efter fem försök på en timme får du vänta, också med rätt kod."
)
TOO_MANY_TOKENS = "Du har skrivit fel engångskod för många gånger. Börja om."
SIGN_IN_AGAIN = "Det gick för lång tid. Logga in igen."
SIGNED_OUT_BY_AGE = "Du har varit inaktiv eller inloggad länge och har därför loggats ut. Logga in igen."
SIGNED_OUT_MEANWHILE = (
    "Du loggades ut medan sidan arbetade, kanske i en annan flik. Det du skickade kan ha hunnit sparas. Logga in och se efter."
)
SIGNED_OUT_WITH_DRAFT = (
    "Du hann loggas ut innan det du skrev sparades. Vi har kvar texten: logga in igen, så kan du skicka den därifrån."
)
SIGNED_OUT_BY_FAILURES = "Du skrev fel lösenord eller engångskod fem gånger och har därför loggats ut. Logga in igen."
ROLE_TAKEN_OVER = "Du har tagit över som kontaktperson. Din roll är ändrad, så logga in igen."
UNIT_LEFT = "Du har lämnat enheten och är utloggad. Har du roller i andra enheter, logga in igen."

TOKEN_REFUSALS = {
    Outcome.WRONG: "Engångskoden är fel eller redan använd. Vänta på nästa kod i appen och försök igen.",
    Outcome.CLOCK: "Engångskoden är fel. Kontrollera att klockan i telefonen ställs automatiskt.",
    Outcome.WAIT: "För många fel. Vänta en stund och skriv sedan en ny engångskod.",
}


def anonymous_page(view: View) -> View:
    """An open page for somebody who is not signed in; others are asked to sign out first. Never cached, never logged."""

    @wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            return signed_in_already(request)
        return view(request, *args, **kwargs)

    guarded = sensitive_post_parameters()(never_cache(require_http_methods(["GET", "HEAD", "POST"])(inner)))
    return open_view(transaction.non_atomic_requests(guarded))


def signed_in_already(request: HttpRequest) -> HttpResponse:
    """Ask a signed-in person to sign out before she opens the sign-up."""
    if request.method == "POST":
        return HttpResponseRedirect(reverse("accounts:start"))
    return render(request, "accounts/signed_in_already.html")


def redirect_with(route: str, word: str = "") -> HttpResponse:
    """To a page by its name, with a word for its sentence."""
    return HttpResponseRedirect(reverse(route) + (f"?besked={word}" if word else ""))


def word_of(request: HttpRequest) -> str:
    """The word that the redirect carried."""
    return request.GET.get("besked", "")


def form_time(request: HttpRequest) -> str:
    """The hidden field of the forms that an alarm slows down; one that was posted is kept, so that waiting helps."""
    return alarms.form_time(request.POST.get(alarms.FIELD, ""))


def must_wait(request: HttpRequest, at: datetime) -> bool:
    """Whether an alarm is on and the posted form was opened only just now."""
    return alarms.must_wait(request.POST.get(alarms.FIELD, ""), at=at)
