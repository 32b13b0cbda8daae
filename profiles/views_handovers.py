"""Hand over one's own role, and answer somebody who wants to."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from accounts.middleware import redirect_to
from accounts.step_up import needs_step_up
from profiles import access, handovers
from profiles.forms_requests import HandoverForm
from profiles.models import Handover, Unit
from profiles.roles import ROLES

ACCEPT, DECLINE = "ja", "nej"


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def hand_over(request: UserRequest, code: str) -> HttpResponse:
    """Offer one's role as Kontaktperson to a colleague."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, unit)
    people = list(handovers.receivers(unit, request.user))
    form = HandoverForm(request.POST if request.method == "POST" else None, people=people)
    if form.is_valid():
        try:
            made = handovers.offer_handover(unit=unit, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            day = timezone.localdate(made.expires_at).isoformat()
            messages.success(request, f"{made.receiver} har fått frågan om att ta över och kan svara till och med {day}.")
            return redirect("profiles:unit", code=code)
    context = {
        "unit": unit,
        "form": form,
        "people": people,
        "offered": handovers.offered_by(unit, request.user, at=timezone.now()),
        "days": limits.INVITATION_LIFETIME.days,
        "invitations": unit.memberships.pending().filter(created_by=request.user).count(),
    }
    return render(request, "profiles/hand_over.html", context)


@require_POST
def withdraw_handover(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take one's own offer back."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, unit)
    try:
        handovers.withdraw_handover(handover=_found(request, unit, pk), by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        messages.success(request, "Erbjudandet är återtaget. Du är kontaktperson som förut.")
    return redirect("profiles:unit", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def answer_handover(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take over a colleague's role, or decline. Who takes over signs in again."""
    unit = access.unit_or_404(request.user, code)
    handover, now = _found(request, unit, pk), timezone.now()
    if handover.receiver_id != request.user.pk:
        raise NotAllowed("Erbjudandet är ställt till någon annan.")
    if request.method == "POST":
        try:
            return _answered(request, unit, handover)
        except NotAllowed as refusal:
            messages.warning(request, refusal.reason)
            return redirect("profiles:unit", code=code)
    context = {
        "unit": unit,
        "handover": handover,
        "is_open": handover.outcome == "" and handover.expires_at > now,
        "held": access.role_at(request.user, unit),
        "roles": ROLES,
    }
    return render(request, "profiles/answer_handover.html", context)


def _answered(request: UserRequest, unit: Unit, handover: Handover) -> HttpResponse:
    button, now = request.POST.get("svar", ""), timezone.now()
    if button == DECLINE:
        handovers.decline_handover(handover=handover, by=request.user, at=now)
        messages.success(request, f"Du har tackat nej. {handover.giver} är kontaktperson som förut.")
    elif button != ACCEPT:
        raise NotAllowed("Välj om du tar över eller inte.")
    elif handovers.accept_handover(handover=handover, by=request.user, at=now):
        logout(request)
        return redirect_to(request, f"{reverse('start')}?besked=tagit-over")
    else:
        messages.success(request, f"Du har tagit över efter {handover.giver}.")
    return redirect("profiles:unit", code=unit.code)


def _found(request: UserRequest, unit: Unit, pk: int) -> Handover:
    rows = Handover.objects.visible_to(request.user).filter(unit=unit).select_related("giver", "receiver", "unit")
    visible = Handover.objects.visible_to(request.user)
    return access.row_or_404(request.user, rows, pk=pk, visible=visible, unit="unit__code")
