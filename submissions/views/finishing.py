"""The end of the work: what is handed in, Klarmarkera, taking it back, and the receipt."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import NotAllowed, UserRequest
from profiles import access
from submissions import states
from submissions.forms import RevisionForm
from submissions.models import Correction, Receipt
from submissions.services import review as review_service
from submissions.services import storage
from submissions.services.groups import groups_of, live_comments
from submissions.summaries import Summary
from submissions.views.common import Room, enter, file_name, shown_or_404


@require_http_methods(["GET", "POST"])
def hand_in(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Show what is handed in, and hand it in."""
    room = enter(request, code, year)
    if room.current is None:
        return redirect("submissions:submission", *room.address)
    if request.method == "POST":
        return _hand_in(request, room)
    if room.submission.status not in states.WORKING:
        return redirect("submissions:receipt", *room.address)
    delivery = shown_or_404(room)
    summary = storage.summary_of(delivery)
    groups = {group.key for group in groups_of(room.submission, storage.findings_of(delivery))}
    context = room.context(
        delivery=delivery,
        name=file_name(delivery),
        lines=Summary.from_dict(summary["summary"]).lines,
        has_previous=summary["has_previous"],
        corrections=Correction.objects.filter(delivery=delivery, undone_at=None).count(),
        explanations=sum(1 for key in live_comments(room.submission) if key in groups),
    )
    return render(request, "submissions/hand_in.html", context)


def _hand_in(request: UserRequest, room: Room) -> HttpResponse:
    access.check_can_submit(request.user, room.submission.unit)
    form = RevisionForm(request.POST)
    seen = next((d for d in room.deliveries if form.is_valid() and d.version == form.cleaned_data["version"]), None)
    if seen is None:
        messages.error(request, "Sidan var för gammal. Se över uppgifterna och klarmarkera igen.")
        return redirect("submissions:review", *room.address)
    try:
        review_service.hand_in(
            submission=room.submission,
            delivery=seen,
            expected_revision=form.cleaned_data["revision"],
            by=request.user,
            at=room.now,
        )
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
        return redirect("submissions:review", *room.address)
    return redirect("submissions:receipt", *room.address)


@require_POST
def withdraw(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Take the hand-in back, until SKR has begun."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    try:
        review_service.withdraw(submission=room.submission, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
    else:
        messages.success(request, "Klarmarkeringen är tillbakatagen. Klarmarkera igen när ni är klara.")
    return redirect("submissions:submission", *room.address)


@require_GET
def receipt(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The receipt of the last hand-in, for printing and keeping."""
    room = enter(request, code, year)
    issued = (
        Receipt.objects.filter(submission=room.submission, delivery__isnull=False)
        .select_related("issued_by", "delivery__uploaded_by")
        .defer("delivery__content_sealed", "delivery__frame_sealed", "delivery__findings_sealed")
        .order_by("-issued_at", "-pk")
        .first()
    )
    if issued is None or issued.delivery is None:
        messages.info(request, "Det finns ingen kvittens än. Den kommer när ni har klarmarkerat.")
        return redirect("submissions:submission", *room.address)
    delivery = issued.delivery
    delivery.submission = room.submission
    context: dict[str, Any] = room.context(
        receipt=issued,
        delivery=delivery,
        name=file_name(delivery),
        lines=Summary.from_dict(storage.summary_of(delivery)["summary"]).lines if delivery.purged_at is None else (),
        verify_url=f"{settings.PORTAL_BASE_URL}{reverse('verify_receipt', args=[issued.code])}",
    )
    return render(request, "submissions/receipt.html", context)
