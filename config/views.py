"""Pages that belong to no app: start page, receipts' verification, the catalogue of checks, the demo's outbox, errors."""

from __future__ import annotations

import base64
import sys
from typing import cast

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, drafts, notice, notice_text
from accounts.access import NotAllowed, UserRequest, is_verified, open_view
from accounts.middleware import redirect_to
from accounts.models import User
from accounts.views.sign_in import sign_in
from config import health
from config.lib import context, signatures, uploads
from config.lib.text import one_line
from config.next_steps import cards_of
from messaging import announcements
from messaging.models import Announcement, OutgoingMail
from messaging.outbox import read as read_mail
from submissions import catalogue, receipts
from submissions.forms import RECEIPT_BYTES, ReceiptCodeForm, ReceiptTextForm

OF_A_UNIT = frozenset({"submissions", "deferrals", "profiles"})  # where an address's `code` is a unit's


@open_view
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The sign-in; for somebody signed in "Nästa steg", for SKR's people their desk."""
    if not is_verified(request.user):
        return sign_in(request)
    if request.user.is_staff:
        return redirect("admin:index")
    return next_steps_page(cast(UserRequest, request))


def next_steps_page(request: UserRequest) -> HttpResponse:
    """What each of the person's units should do next, and who has the ball."""
    cards = cards_of(request.user, today=timezone.localdate())
    return render(request, "start.html", {"cards": cards, "ours": sum(card.situation.is_ours for card in cards)})


@open_view
@require_safe
def verify_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a receipt is ours, without personal data."""
    receipt = receipts.verify(code)
    return render(request, "verify_receipt.html", {"code": code[:40], "receipt": receipt}, status=200 if receipt else 404)


@open_view
@require_http_methods(["GET", "HEAD", "POST"])
@uploads.at_most(RECEIPT_BYTES)
def check_receipt(request: HttpRequest) -> HttpResponse:
    """How a receipt is verified: by its code, by its signed text here, or by anybody with our open keys."""
    form = ReceiptTextForm()
    if request.method == "POST":
        form = ReceiptTextForm(request.POST, request.FILES, too_large=uploads.was_too_large(request))
    code = request.GET.get("kod", "")
    if request.method != "POST" and receipts.verify(code):
        return redirect("verify_receipt", code)
    answer = form.answer() if form.is_valid() else None
    status = 422 if form.errors else 200
    if answer and answer.receipt:
        form = ReceiptTextForm()  # the text has names in it: what is genuine is not sent back
    context = {
        "form": form,
        "code_form": ReceiptCodeForm(initial={"kod": code[:20]}),
        "code": code[:40],
        "answer": answer,
        "keys": [
            {"name": name, "pem": signatures.pem_of(key), "base64": base64.b64encode(key).decode(), "in_use": number == 0}
            for number, (name, key) in enumerate(signatures.open_keys().items())
        ],
    }
    return render(request, "check_receipt.html", context, status=status)


@open_view
@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """The catalogue of checks, from the running year's settings."""
    spec = catalogue.current_spec()
    search = one_line(request.GET.get("sok", ""))[:100]
    families = catalogue.families(spec, search)
    count = sum(len(entries) for _, entries in families)
    return render(request, "checks.html", {"year": spec.year, "families": families, "search": search, "count": count})


@open_view
@require_safe
def check(request: HttpRequest, code: str) -> HttpResponse:
    """One check: what it looks for and what to do."""
    spec = catalogue.current_spec()
    found = spec.checks.get(code.upper())
    if found is None:
        raise Http404
    return render(request, "check.html", {"year": spec.year, "entry": catalogue.entry(found, spec)})


@open_view
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, readable without an account."""
    shown = notice.current(timezone.now())
    return render(request, "privacy.html", {"shown": shown, "text": notice_text.as_html(shown.body)})


@open_view
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement, readable without an account."""
    return render(request, "accessibility.html")


@open_view
@require_POST
def hide_announcement(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a driftmeddelande away for as long as the session lives, and go back to the page."""
    if Announcement.objects.active(timezone.now()).filter(pk=pk).exists():
        announcements.hide(request.session, pk)
    page = request.POST.get("sida", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return redirect_to(request, page if is_ours else reverse("start"))


@open_view
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The demo's mails, newest first (the address exists only with DEMO)."""
    mails = OutgoingMail.objects.filter(deliver=True, payload_sealed__isnull=False).order_by("-created_at", "-pk")
    page = Paginator(mails, 50).get_page(request.GET.get("sida"))
    letters = [{"mail": mail, "letter": read_mail(mail)} for mail in page.object_list]
    return render(request, "outbox.html", {"page": page, "letters": letters})


@open_view
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a stale tab or a foreign page.

    What was written is kept as a draft where the browser says that our own page sent it (no other page can say so): then somebody
    has signed in anew in another tab since it was opened.
    """
    user, is_ours = getattr(request, "user", None), request.headers.get("Sec-Fetch-Site") == "same-origin"
    may_keep = is_ours and isinstance(user, User) and is_verified(user) and not user.viewing
    if may_keep and drafts.keep(request, user=cast(User, user), at=timezone.now()):
        return redirect_to(request, reverse("accounts:drafts"))
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; a session that was ended while the request ran, in another tab say, leads to the sign-in."""
    if isinstance(exception, SessionInterrupted):
        return redirect_to(request, f"{reverse('start')}?besked=avbruten")
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the reason where the rule has one; some rules are about how often, and answer 429. The try is logged."""
    refusal = exception if isinstance(exception, NotAllowed) else NotAllowed()
    match = request.resolver_match
    if refusal.status == NotAllowed.status and match and is_verified(request.user):
        unit = str(match.kwargs.get("code", ""))[:10] if match.namespace in OF_A_UNIT else ""
        audit.record("access:denied", by=cast(User, request.user), unit=unit, object=request.path)
    return render(request, "403.html", {"reason": refusal.reason}, status=refusal.status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not yours."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database is away for a while: stands alone, without context processors or database."""
    status = 503 if health.is_away(sys.exception()) else 500
    page = render_to_string(f"{status}.html", {"request_id": context.current().request_id})
    return HttpResponse(page, status=status, headers={"Retry-After": "30"} if status == 503 else None)
