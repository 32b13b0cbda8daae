"""The button that ends Visa som uppgiftslämnaren."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import viewing


@require_POST
def end_viewing(request: HttpRequest) -> HttpResponse:
    """See the portal as oneself again, on the page where it began. Pressed twice it has ended once."""
    seen = viewing.kept(request)
    if seen is None:
        return HttpResponseRedirect(reverse("start"))
    viewing.end(request, seen, result="by_owner", at=timezone.now())
    messages.success(request, f"Du ser inte längre portalen som {seen.unit_name}.")
    return HttpResponseRedirect(seen.back)
