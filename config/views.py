"""Pages that belong to no app: start page, receipts' verification, the open guidance, the demo's outbox, errors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import open_view


@open_view
def start(request: HttpRequest) -> HttpResponse:
    """The sign-in, or "Nästa steg" for somebody signed in."""
    return render(request, "start.html")


@open_view
def verify_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a receipt is ours, without personal data."""
    return render(request, "verify_receipt.html", {"code": code})


@open_view
def checks(request: HttpRequest) -> HttpResponse:
    """The catalogue of checks."""
    return render(request, "checks.html")


@open_view
def check(request: HttpRequest, code: str) -> HttpResponse:
    """One check."""
    return render(request, "check.html", {"code": code})


@open_view
def handbook(request: HttpRequest) -> HttpResponse:
    """Guidance."""
    return render(request, "handbook.html")


@open_view
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, readable without an account."""
    return render(request, "privacy.html")


@open_view
def outbox(request: HttpRequest) -> HttpResponse:
    """The demo's sent mails (only with DEMO)."""
    return render(request, "outbox.html")


@open_view
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a stale tab or a foreign page."""
    return render(request, "403_csrf.html", status=403)
