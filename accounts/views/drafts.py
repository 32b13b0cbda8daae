"""What was written when the session ended: read it again, send it or throw it away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import drafts as keeping
from accounts.access import UserRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def drafts(request: UserRequest) -> HttpResponse:
    """One's own drafts. "Skicka nu" posts the form to where it was going; "Kasta" posts here."""
    at = timezone.now()
    if request.method == "POST":
        pk = request.POST.get("discard", "")
        if pk.isascii() and pk.isdigit() and len(pk) < 19:
            keeping.discard(user=request.user, pk=int(pk), at=at)
            messages.success(request, "Texten är kastad.")
        return redirect("accounts:drafts")
    return render(request, "accounts/drafts.html", {"written": list(keeping.waiting(request.user, at=at))})
