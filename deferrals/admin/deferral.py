"""Requests for a later date: those that wait first, and a page to grant, decline or revoke each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.admin_site import Section, portal_admin
from config.lib import csv_file, downloads
from deferrals import due_dates, services, states
from deferrals.admin.common import DECIDE, AnswerForm, DeclineForm, RequestAdmin, RevokeForm
from deferrals.forms import date_field, limit
from deferrals.models import Deferral
from submissions.models import Submission
from submissions.services.collections import running_collection


class GrantForm(AnswerForm):
    """A yes: the date asked for or another, and a word to the unit."""

    granted_date = date_field("Nytt sista datum", "Skriv det nya datumet.")
    field_order = ["granted_date", "text"]

    def __init__(self, *args: Any, deferral: Deferral, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"granted_date": deferral.requested_date}, **kwargs})
        dates = states.window(deferral.submission, timezone.localdate())
        limit(
            self.fields["granted_date"],
            dates,
            help_text="Välj ett annat datum än det begärda och skriv varför, om det passar bättre.",
        )


@admin.register(Deferral, site=portal_admin)
class DeferralAdmin(RequestAdmin):
    """Uppskov: what is asked for and what was decided."""

    section = Section.COLLECTION
    position = 20
    lead = "Begäran om senare datum. De som väntar på beslut står först."
    list_display = ("unit", "state", "requested_date", "reason", "requested_at", "granted_date", "decider")
    object_template = "admin/deferrals/deferral.html"
    facts = ("unit_link", "submission_link", "state", "requested_date", "present_date", "reason", "text")
    waiting_label = "begäran om uppskov"
    panel_title = "Uppskov"
    panel_empty = "Inga begäran om uppskov."

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """The answers, and the list of every unit's last day."""
        return [
            ("<int:deferral_id>/bevilja/", require_POST(self.grant), "grant"),
            ("<int:deferral_id>/avsla/", require_POST(self.decline), "decline"),
            ("<int:deferral_id>/upphav/", require_POST(self.revoke), "revoke"),
            ("sista-dagar.csv", require_safe(self.due_dates), "due_dates"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The list to take away."""
        return [("Hämta alla sista dagar (CSV)", self.page_url("due_dates"))]

    def panel_text(self, asked: Deferral) -> str:
        """The date asked for, and the one given where it is another."""
        if asked.granted_date and asked.granted_date != asked.requested_date:
            return f"Till {asked.granted_date}, begärt {asked.requested_date}"
        return f"Till {asked.requested_date}"

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """With the date to give, and the other units that were asked for by the same form."""
        together = self.get_queryset(request).filter(nonce=obj.nonce).exclude(pk=obj.pk)
        return {
            **super().details(request, obj),
            "grant_form": GrantForm(prefix="ja", deferral=obj),
            "together": [(one, self.object_url(one)) for one in together.order_by("submission__unit__sort_key", "pk")],
        }

    def grant(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Give a later date."""
        asked = self.require(request, DECIDE)
        deferral: Deferral = self.find(request, deferral_id)
        form = GrantForm(request.POST, prefix="ja", deferral=deferral)
        day = form.cleaned_data.get("granted_date") if form.is_valid() else None

        def decide() -> None:
            values = {"granted_date": form.cleaned_data["granted_date"], "answer": form.cleaned_data["text"]}
            services.grant_deferral(deferral=deferral, by=asked.user, at=timezone.now(), **values)

        done = f"Uppskovet är beviljat till {day}. Enheten får ett mejl."
        return self.answer(request, deferral, form, "grant_form", decide, done, field="granted_date")

    def decline(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Say no."""
        asked = self.require(request, DECIDE)
        deferral: Deferral = self.find(request, deferral_id)
        form = DeclineForm(request.POST, prefix="nej")

        def decide() -> None:
            services.decline_deferral(deferral=deferral, answer=form.cleaned_data["text"], by=asked.user, at=timezone.now())

        return self.answer(request, deferral, form, "decline_form", decide, "Begäran är avslagen. Enheten får ett mejl.")

    def revoke(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Take a granted date back."""
        asked = self.require(request, DECIDE)
        deferral: Deferral = self.find(request, deferral_id)
        form = RevokeForm(request.POST, prefix="upphav")

        def decide() -> None:
            services.revoke_deferral(deferral=deferral, text=form.cleaned_data["text"], by=asked.user, at=timezone.now())

        return self.answer(request, deferral, form, "revoke_form", decide, "Uppskovet är upphävt. Enheten får ett mejl.")

    def due_dates(self, request: HttpRequest) -> HttpResponseBase:
        """Every unit's last day in the running collection, as CSV."""
        self.require(request, "deferrals.view_deferral")
        newest = running_collection(timezone.localdate())
        found = Submission.objects.visible_to(request.user).filter(collection=newest).select_related("unit", "collection")
        content = due_dates.list_of(found.order_by("unit__sort_key", "pk"))
        year = newest.year if newest else timezone.localdate().year
        return downloads.attachment(content, name=f"sista-dagar-{year}.csv", content_type=csv_file.CONTENT_TYPE)
