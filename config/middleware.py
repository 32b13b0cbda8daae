"""Middleware of the whole portal: who is asking (request id, address) and the security headers of every answer."""

from __future__ import annotations

import ipaddress
import secrets
import string
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from config import logs
from config.lib import context

GetResponse = Callable[[HttpRequest], HttpResponse]


def client_address(request: HttpRequest) -> str:
    """The client's address: the TRUSTED_PROXY_COUNT-th from the right of X-Forwarded-For, else the peer's."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    count = settings.TRUSTED_PROXY_COUNT
    candidate = hops[-count] if count and len(hops) >= count else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return ""


class RequestContext:
    """Give each request an id, and bind it to audit events and log lines."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = "".join(secrets.choice(string.ascii_lowercase) for _ in range(14))  # no digits: no log masks it
        request.request_id = request_id  # type: ignore[attr-defined]
        agent = request.headers.get("User-Agent", "")[:400]
        context.set_origin(context.Origin(request_id, client_address(request), context.browser_family(agent)))
        context.keep_answers(keep=request.method in {"GET", "HEAD"})
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id", "user_id")
            context.set_origin(None)
            context.keep_answers(keep=False)
        response["X-Request-ID"] = request_id
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Write who is signed in on the log lines to come, where the session has been read already.

        An address with a NUL in it is none of ours, and the database would not take it.
        """
        user = getattr(request, "_cached_user", None)
        if user is not None and user.pk:
            logs.bind_user(user.pk)
        if "\0" in request.path_info:
            raise Http404


def csp_header() -> str:
    """The Content-Security-Policy from settings.SECURE_CSP (Django 6's name and shape)."""
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in settings.SECURE_CSP.items())


class SecurityHeaders:
    """Put the constant security headers on every answer, and keep dynamic pages out of every cache (ASVS 3.4, 14.3.2).

    No page answers another method than GET, HEAD and POST. Django answers 405 with an empty page; a person who reloads an
    address that only takes forms gets ours.
    """

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.constant = {
            "Content-Security-Policy": csp_header(),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request) if request.method in self.METHODS else HttpResponseNotAllowed(self.METHODS)
        for name, value in self.constant.items():
            response.headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
        if response.status_code == 405 and not response.streaming and not response.content:
            response.content = render_to_string("405.html", request=request)
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            response.headers["Content-Length"] = str(len(response.content))
        if response.status_code >= 400 or not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "HEAD" and not response.streaming:
            response.content = b""  # the headers as for GET, its length too
        return response
