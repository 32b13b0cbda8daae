"""A new matter."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from config.lib import uploads
from messaging import services
from messaging.drafting import answer_to_draft, is_draft
from messaging.forms import ThreadForm
from messaging.services.drafts import NEW
from messaging.views.common import writable_units
from profiles.models import Unit

FIELDS = ("unit", "category", "subject", "text")


@uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    """Start a matter; what was begun before stands in the form."""
    units = writable_units(request)
    if not units.exists():
        raise NotAllowed("Meddelanden skrivs av enhetens uppgiftslämnare och kontaktpersoner.")
    only = units.first() if units.count() == 1 else None
    draft = services.kept_draft(place=NEW, by=request.user)
    begun = dict(draft.values) if draft else {}
    asked = {"unit": request.GET.get("enhet"), "category": request.GET.get("galler")}
    initial = {**begun, **{name: value for name, value in asked.items() if value}, **({"unit": only.code} if only else {})}
    form = ThreadForm.of(request, units=units, initial=initial)
    if request.method == "POST" and is_draft(request):
        return answer_to_draft(
            request,
            place=NEW,
            fields=FIELDS,
            default={"unit": only.code if only else "", "category": request.GET.get("galler", "")},
            again=lambda: _page(request, form, only, draft, status=422),
        )
    if request.method == "POST" and form.is_valid():
        try:
            thread = services.start_thread(by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Meddelandet är skickat.")
            return redirect("messaging:thread", pk=thread.pk)
    return _page(request, form, only, draft)


def _page(
    request: UserRequest, form: ThreadForm, only: Unit | None, draft: services.Kept | None, *, status: int = 200
) -> HttpResponse:
    return render(request, "messaging/new.html", {"form": form, "only": only, "draft": draft}, status=status)
