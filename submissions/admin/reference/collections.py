"""The years: the calendar of each, and the rules for uppskov."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Section, badge, portal_admin
from config.lib.text import amount
from submissions.admin.production import ProductionPages
from submissions.models import Collection
from submissions.services import calendar, production_files


class DeferralRulesForm(forms.Form):
    """How late a date may be, and how many days are given without a decision."""

    latest = forms.DateField(
        label="Senaste datum som kan ges",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Skriv det senaste datumet.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD."},
    )
    direct_days = forms.IntegerField(
        label="Bevilja direkt, högst antal dagar efter sista dagen",
        help_text="Gäller enhetens första begäran. 0 betyder att SKR beslutar om varje begäran.",
        min_value=0,
        max_value=366,
        error_messages={
            "required": "Skriv ett antal dagar, 0 för inga.",
            "invalid": "Skriv ett helt antal dagar.",
            "min_value": "Skriv 0 eller fler dagar.",
            "max_value": "Så många dagar ryms inte till senaste uppskov.",
        },
    )

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        initial = {"latest": collection.latest_deferral_date, "direct_days": collection.direct_deferral_days}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["latest"].widget.attrs["min"] = collection.due_date.isoformat()


@admin.register(Collection, site=portal_admin)
class CollectionAdmin(ProductionPages):
    """The calendar of each year."""

    section = Section.SETTINGS
    position = 60
    lead = "Kalendern för varje års insamling."
    list_display = ("year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "layout", "state")
    list_select_related = ("layout",)
    ordering = ("-year", "-pk")
    object_template = "admin/submissions/collection.html"
    facts = (
        "year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "direct_deferral", "layout", "lists", "closed_at",
    )  # fmt: skip

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """The rules for a later date, and what is taken out."""
        return [
            *super().pages(),
            ("<int:collection_id>/uppskovsregler/", require_POST(self.set_deferral_rules), "deferral_rules"),
        ]

    @admin.display(description="läge")
    def state(self, collection: Collection) -> SafeString:
        """Open until SKR closes the year."""
        return badge("Stängd") if collection.closed_at else badge("Öppen", "success")

    @admin.display(description="uppskov utan beslut")
    def direct_deferral(self, collection: Collection) -> str:
        """The rule in words."""
        until = collection.direct_deferral_until
        if until is None:
            return "Nej, SKR beslutar om varje begäran"
        days = amount(collection.direct_deferral_days, "dag", "dagar")
        return f"Enhetens första begäran, högst {days}: till och med {until.isoformat()}"

    def details(self, request: HttpRequest, obj: Collection) -> dict[str, Any]:
        """The form that changes the rules, for those who may."""
        may_set = request.user.has_perm(calendar.MAY_SET) and obj.closed_at is None
        return {
            "rules_form": DeferralRulesForm(collection=obj) if may_set else None,
            "rules_url": self.page_url("deferral_rules", obj.pk),
            "production_url": self.page_url("production", obj.pk) if request.user.has_perm(production_files.MAY_EXPORT) else "",
        }

    def set_deferral_rules(self, request: HttpRequest, collection_id: int) -> HttpResponse:
        """How late a date may be, and what is given without a decision."""
        asked = self.require(request, calendar.MAY_SET)
        collection = self.find(request, collection_id)
        form = DeferralRulesForm(request.POST, collection=collection)
        if form.is_valid():
            try:
                changed = calendar.set_deferral_rules(
                    collection=collection, by=asked.user, at=timezone.now(), **form.cleaned_data
                )
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                messages.success(request, "Reglerna för uppskov är sparade." if changed else "Ingenting är ändrat.")
                return HttpResponseRedirect(self.object_url(collection))
        return self.object_page(request, collection, rules_form=form)

    @admin.display(description="kodlistor")
    def lists(self, collection: Collection) -> str:
        """The year's lists with their versions."""
        found = collection.code_lists.order_by("kind", "pk")
        return ", ".join(f"{one.name or one.kind} ({one.version})" for one in found)
