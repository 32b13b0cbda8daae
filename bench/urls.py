"""The portal's addresses and one more, for trials: a view that does nothing, for somebody who is signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import *  # noqa: F403
from config.urls import urlpatterns as portal


def bare(_request: HttpRequest) -> HttpResponse:
    """What every page of the portal costs before it has begun: the middleware with session, person, device and notice."""
    return HttpResponse("ok")


urlpatterns = [*portal, path("bench/bare/", bare)]
