"""Profil & enheter: own details, how one wants mail, and my units."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import own_events
from accounts.access import NotAllowed, UserRequest
from accounts.models import MailNotices
from profiles import access, preferences, requests, services
from profiles.forms import DetailsForm, MailNoticesForm
from profiles.models import Unit


@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """Own details and my units with my role in each."""
    roles = access.roles_of(request.user)
    units = Unit.objects.filter(pk__in=roles).with_people().in_order()
    rows = [{"unit": unit, "role": roles[unit.pk].label} for unit in units]
    context = {
        "rows": rows,
        "mail": preferences.notice_choice(request.user),
        "requests": requests.own(request.user, at=timezone.now()),
        "notices": own_events.notices_accepted(request.user),
    }
    return render(request, "profiles/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: UserRequest) -> HttpResponse:
    """Change one's own name and telephone."""
    user = request.user
    form = DetailsForm(request.POST or None, initial={"name": user.name, "phone": user.phone})
    if request.method == "POST" and form.is_valid():
        services.change_own_details(by=user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, "Dina uppgifter är sparade.")
        return redirect("profiles:overview")
    return render(request, "profiles/details.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def mail_notices(request: UserRequest) -> HttpResponse:
    """Choose how one wants mail about new messages."""
    user = request.user
    form = MailNoticesForm(request.POST if request.method == "POST" else None, initial={"choice": user.mail_notices})
    if form.is_valid():
        try:
            preferences.choose_notices(choice=form.cleaned_data["choice"], by=user, at=timezone.now())
        except NotAllowed as refusal:
            form.add_error("choice", refusal.reason)
        else:
            messages.success(request, f"Mejl om nya meddelanden: {MailNotices(user.mail_notices).label}.")
            return redirect("profiles:overview")
    context = {"form": form, "may_turn_off": preferences.may_turn_off(user), "holds": preferences.notice_choice(user)}
    return render(request, "profiles/mail_notices.html", context)
