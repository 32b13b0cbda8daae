"""Ask for a role at a unit, and answer those who ask."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed, UserRequest
from accounts.step_up import needs_step_up
from config.lib.text import one_line
from profiles import access, contacts, requests
from profiles.forms_requests import AnswerForm, AskForm
from profiles.models import AccessRequest, Unit


@require_http_methods(["GET", "HEAD", "POST"])
def ask_access(request: UserRequest) -> HttpResponse:
    """Find a unit (?sok=), see who answers there, and ask (?enhet=). The unit is no part of the path: it is not one's own."""
    requests.check_can_ask(request.user)
    code = (request.POST if request.method == "POST" else request.GET).get("enhet", "")
    if code or request.method == "POST":
        return _ask(request, code)
    words = one_line(request.GET.get("sok", ""))[:100]
    context = {"words": words, "found": requests.find_units(words), "is_too_short": 0 < len(words) < 2, "most": requests.FOUND}
    return render(request, "profiles/ask_access.html", context)


def _ask(request: UserRequest, code: str) -> HttpResponse:
    unit = Unit.objects.filter(code=code.replace("\0", ""), is_active=True).first()
    if unit is None:
        raise Http404
    roles = requests.higher_roles(request.user, unit)
    waiting = requests.waiting_of(unit).filter(user=request.user).first()
    form = AskForm(request.POST if request.method == "POST" else None, roles=roles)
    if form.is_valid():
        try:
            requests.ask_for_access(unit=unit, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            messages.success(
                request, f"Din begäran om behörighet i {unit.name} är skickad. Svaret kommer hit och du får ett mejl."
            )
            return redirect("profiles:overview")
    context = {
        "unit": unit,
        "form": form,
        "waiting": waiting,
        "held": access.role_at(request.user, unit),
        "answerers": requests.who_answers(unit),
        "lacks_contact": contacts.lacks_contact(unit),
    }
    return render(request, "profiles/ask_access_unit.html", context)


@require_POST
def withdraw_request(request: UserRequest, pk: int) -> HttpResponse:
    """Take one's own request back."""
    own = AccessRequest.objects.filter(user=request.user).select_related("unit", "user")
    found = access.row_or_404(request.user, own, pk=pk, visible=AccessRequest.objects.visible_to(request.user), unit="unit__code")
    try:
        requests.withdraw_request(request=found, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        messages.success(request, f"Din begäran om behörighet i {found.unit.name} är återtagen.")
    return redirect("profiles:overview")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def answer_request(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Grant what somebody asks for, or decline it."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, unit)
    visible = AccessRequest.objects.visible_to(request.user)
    rows = AccessRequest.objects.filter(unit=unit).select_related("user", "unit", "answered_by")
    asked = access.row_or_404(request.user, rows, pk=pk, visible=visible, unit="unit__code")
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=requests.suggestion(asked))
    if form.is_valid():
        try:
            message = requests.answer_request(
                request=asked, button=request.POST.get("svar", ""), by=request.user, at=timezone.now(), **form.cleaned_data
            )
        except NotAllowed as refusal:
            asked.refresh_from_db(from_queryset=rows)
            form.add_error(None, refusal.reason)
        else:
            messages.success(request, message)
            return redirect("profiles:unit", code=code)
    context = {"unit": unit, "asked": asked, "form": form, "held": access.role_at(asked.user, unit)}
    return render(request, "profiles/answer_request.html", context)
