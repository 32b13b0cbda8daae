"""Visa som uppgiftslämnaren, from the page of a unit or of its submission."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts import viewing
from accounts.admin_site import PortalAdmin
from accounts.purpose import PurposeForm
from accounts.viewed import Viewing
from profiles.models import Membership, Unit

ROLES = [(role.value, role.label) for role in (Membership.Role.SUBMITTER, Membership.Role.CONTACT)]


class ViewAsForm(PurposeForm):
    """Whose eyes, and why."""

    role = forms.ChoiceField(label="Visa som", choices=ROLES, widget=forms.RadioSelect, initial=Membership.Role.SUBMITTER)

    field_order = ("role", "purpose")


def view_as_page(admin: PortalAdmin, request: HttpRequest, obj: Unit, *, about: object, back: str, to: str) -> HttpResponse:
    """Ask for the purpose, then lead to the unit's page `to`; `back` is where the button that ends it leads."""
    asked = admin.require(request, viewing.PERMISSION)
    form = ViewAsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        role = Membership.Role(form.cleaned_data["role"])
        seen = Viewing(
            unit_id=obj.pk,
            unit_code=obj.code,
            unit_name=obj.name,
            role=role.value,
            role_name=str(role.label),
            purpose=form.cleaned_data["purpose"],
            since=timezone.now(),
            back=back,
        )
        viewing.begin(asked, seen)
        return HttpResponseRedirect(to)
    return admin.show(request, "admin/profiles/view_as.html", about, {"form": form, "unit": obj, "back_url": back})
