"""The gates every request passes: session age, a verified second factor, the accepted privacy notice."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionAge:
    """End sessions that have been idle or open too long. The full rules arrive with the session list."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class RequireVerified:
    """Deny by default: a view without @open_view answers only a session with a verified second factor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object) -> HttpResponse | None:
        """Send everybody else to the sign-in."""
        if getattr(view, "is_open", False) or (request.user.is_authenticated and request.user.is_verified()):
            return None
        return HttpResponseRedirect(reverse("start"))


class NoticeGate:
    """Until the current privacy notice is accepted, every page leads to it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
