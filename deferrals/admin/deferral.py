"""Requests for a later date: those that wait first, and a page to grant, decline or revoke each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
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


class Together(forms.Form):
    """An answer that may be given to the other units that were asked for at the same time, too."""

    def offer(self, others: Sequence[Deferral]) -> None:
        """Ask whether to, where some of them wait."""
        if others:
            names = " och ".join(filter(None, [", ".join(_name(one) for one in others[:-1]), _name(others[-1])]))
            self.fields["together"] = forms.BooleanField(label=f"Ge samma svar till {names}", required=False)

    def answered(self, deferral: Deferral, others: Sequence[Deferral]) -> list[Deferral]:
        """Whom the answer is for."""
        return [deferral, *(others if self.cleaned_data.get("together") else ())]


class NoForm(DeclineForm, Together):
    """A no to a request for a later date."""

    def __init__(self, *args: Any, others: Sequence[Deferral] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(others)


class GrantForm(AnswerForm, Together):
    """A yes: the date asked for or another, and a word to the unit."""

    granted_date = date_field("Nytt sista datum", "Skriv det nya datumet.")
    field_order = ["granted_date", "text"]

    def __init__(self, *args: Any, deferral: Deferral, others: Sequence[Deferral] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"granted_date": deferral.requested_date}, **kwargs})
        self.offer(others)
        dates = states.window(deferral.submission, timezone.localdate())
        limit(
            self.fields["granted_date"],
            dates,
            help_text="Välj ett annat datum än det begärda och skriv varför, om det passar bättre.",
        )


def _told(chosen: Sequence[Deferral]) -> str:
    return f" för {len(chosen)} enheter. De får var sitt mejl." if len(chosen) > 1 else ". Enheten får ett mejl."


def _name(deferral: Deferral) -> str:
    return str(deferral.submission.unit.name)


@admin.register(Deferral, site=portal_admin)
class DeferralAdmin(RequestAdmin):
    """Uppskov: what is asked for and what was decided."""

    section = Section.COLLECTION
    position = 20
    lead = "Begäran om senare datum. De som väntar på beslut står först."
    empty_title = "Ingen har begärt uppskov"
    empty_text = "Här syns varje begäran så snart en enhet har skickat den."
    list_display = ("unit", "state", "requested_date", "reason", "requested_at", "granted_date", "decider")
    object_template = "admin/deferrals/deferral.html"
    facts = ("unit_link", "submission_link", "state", "requested_date", "present_date", "reason", "text")
    waiting_labels = ("begäran om uppskov", "begäranden om uppskov")
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
        others = self.waiting_with(request, obj)
        return {
            **super().details(request, obj),
            "grant_form": GrantForm(prefix="ja", deferral=obj, others=others),
            "decline_form": NoForm(prefix="nej", others=others),
            "waits_together": bool(others),
            "together": [(one, self.object_url(one)) for one in together.order_by("submission__unit__sort_key", "pk")],
        }

    def waiting_with(self, request: HttpRequest, deferral: Deferral) -> list[Deferral]:
        """The other requests of the same form that wait for an answer."""
        found = self.get_queryset(request).filter(nonce=deferral.nonce, status=Deferral.Status.REQUESTED)
        return list(found.exclude(pk=deferral.pk).order_by("submission__unit__sort_key", "pk"))

    def grant(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Give a later date."""
        asked = self.require(request, DECIDE)
        deferral: Deferral = self.find(request, deferral_id)
        others = self.waiting_with(request, deferral)
        form = GrantForm(request.POST, prefix="ja", deferral=deferral, others=others)
        chosen = form.answered(deferral, others) if form.is_valid() else []

        def decide() -> None:
            values = {"granted_date": form.cleaned_data["granted_date"], "answer": form.cleaned_data["text"]}
            at = timezone.now()
            services.answer_together(
                deferrals=chosen, answer=lambda one: services.grant_deferral(deferral=one, by=asked.user, at=at, **values)
            )

        done = f"Uppskovet är beviljat till {form.cleaned_data.get('granted_date')}{_told(chosen)}"
        return self.answer(request, deferral, form, "grant_form", decide, done, field="granted_date")

    def decline(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Say no."""
        asked = self.require(request, DECIDE)
        deferral: Deferral = self.find(request, deferral_id)
        others = self.waiting_with(request, deferral)
        form = NoForm(request.POST, prefix="nej", others=others)
        chosen = form.answered(deferral, others) if form.is_valid() else []

        def decide() -> None:
            text, at = form.cleaned_data["text"], timezone.now()
            services.answer_together(
                deferrals=chosen, answer=lambda one: services.decline_deferral(deferral=one, answer=text, by=asked.user, at=at)
            )

        return self.answer(request, deferral, form, "decline_form", decide, f"Begäran är avslagen{_told(chosen)}")

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
