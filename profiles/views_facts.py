"""What is known of a unit besides its people: contact, payroll system, organisation numbers, and the units it belongs with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed, UserRequest
from profiles import access, facts, relations
from profiles.forms import ContactPersonForm, NumberForm
from profiles.models import OrganisationNumber, Unit, in_sight


@require_safe
def unit_facts(request: UserRequest, code: str) -> HttpResponse:
    """All of it, with what stood before."""
    unit = access.unit_or_404(request.user, code)
    today = timezone.localdate()
    ties = relations.ties_of(unit, on=today)
    context = {
        "unit": unit,
        "contact": facts.contact_person(unit),
        "earlier": facts.earlier_contact_persons(unit),
        "systems": unit.payroll_systems.select_related("by").order_by("-year", "pk"),
        "changes": facts.payroll_changes(unit),
        "numbers": [(one, one.valid_to is not None and one.valid_to < today) for one in facts.numbers_of(unit)],
        "ties": ties,
        "seen": set(Unit.objects.visible_to(request.user).values_list("pk", flat=True)) if ties else set(),
        "may_change": access.can_change_facts(request.user, unit),
        "can_submit": access.can_submit(request.user, unit),
    }
    return render(request, "profiles/unit_facts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_person(request: UserRequest, code: str) -> HttpResponse:
    """Say whom SKR rings."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_change_facts(request.user, unit)
    now = facts.contact_person(unit)
    initial = {name: getattr(now, name) for name in ("name", "title", "phone", "email")} if now else {}
    form = ContactPersonForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            facts.change_contact_person(unit=unit, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error("phone", refusal.reason)
        else:
            messages.success(request, f"SKR kontaktar {form.cleaned_data['name']} i sakfrågor.")
            return redirect("profiles:unit_facts", code=code)
    return render(request, "profiles/contact_person.html", {"unit": unit, "form": form, "now": now})


@require_http_methods(["GET", "HEAD", "POST"])
def add_number(request: UserRequest, code: str) -> HttpResponse:
    """Add an organisation number."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_change_facts(request.user, unit)
    first = timezone.localdate().replace(month=1, day=1)
    form = NumberForm(request.POST if request.method == "POST" else None, initial={"valid_from": first})
    if form.is_valid():
        try:
            is_new = facts.add_number(unit=unit, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error("valid_from", refusal.reason)
        else:
            messages.success(request, "Numret är sparat." if is_new else "Numret fanns redan. Inget är ändrat.")
            return redirect("profiles:unit_facts", code=code)
    return render(request, "profiles/add_number.html", {"unit": unit, "form": form})


@require_POST
def end_number(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """A number holds no longer."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_change_facts(request.user, unit)
    visible = OrganisationNumber.objects.filter(in_sight(request.user))
    number = access.row_or_404(
        request.user, unit.organisation_numbers.select_related("unit"), pk=pk, visible=visible, unit="unit__code"
    )
    if facts.end_number(number=number, by=request.user, at=timezone.now()):
        messages.success(request, f"Numret {number.formatted} gäller inte längre. Det står kvar i listan med sin sista dag.")
    else:
        messages.info(request, f"Numret {number.formatted} var redan avslutat.")
    return redirect("profiles:unit_facts", code=code)
