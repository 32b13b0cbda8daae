"""The years: make the next one, move its calendar, choose its layout, and the rules for uppskov."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Section, badge, portal_admin
from config.lib.text import amount
from submissions import progress
from submissions.admin.production import ProductionPages
from submissions.admin.reference import common
from submissions.models import Collection, Layout, SettingChange
from submissions.services import calendar, layouts, new_year, production_files
from submissions.services.calendar import LABELS, Calendar
from submissions.services.settings import MAY_CHANGE

FORM = require_http_methods(["GET", "HEAD", "POST"])
HELP = {
    "opens_on": "Från den dagen tas testfiler emot.",
    "delivers_on": "Från den dagen räknas filerna.",
    "measurement_day": "Uppgifterna avser anställda den dagen.",
    "due_date": "Gäller alla som inte har uppskov.",
    "latest_deferral_date": "Senare än så kan inget uppskov ges.",
}


class DeferralRulesForm(forms.Form):
    """How late a date may be, and how many days are given without a decision."""

    latest = common.date_field("Senaste datum som kan ges")
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


class CalendarForm(forms.Form):
    """The year's five dates; those that can no longer be changed say why and keep what they are."""

    opens_on = common.date_field(LABELS["opens_on"])
    delivers_on = common.date_field(LABELS["delivers_on"])
    measurement_day = common.date_field(LABELS["measurement_day"])
    due_date = common.date_field(LABELS["due_date"])
    latest_deferral_date = common.date_field(LABELS["latest_deferral_date"])
    reason = common.reason_field("Enheterna läser skälet om sista dagen flyttas när insamlingen är öppen.")
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        now = calendar.calendar_of(collection)
        initial = {**{name: getattr(now, name) for name in LABELS}, "seen": calendar.latest_change(collection)}
        super().__init__(*args, **{"initial": initial, **kwargs})
        reasons = calendar.fixed(collection, today=timezone.localdate())
        for name in LABELS:
            self.fields[name].help_text = reasons.get(name, HELP[name])
            self.fields[name].disabled = name in reasons

    @property
    def dates(self) -> list[forms.BoundField]:
        """The fields of the dates, in order."""
        return [self[name] for name in LABELS]

    def calendar(self) -> Calendar:
        """What was filled in."""
        return Calendar(**{name: self.cleaned_data[name] for name in LABELS})


class LayoutForm(forms.Form):
    """Which layout the year's files are read by."""

    layout = forms.ModelChoiceField(
        label="Postbeskrivning",
        queryset=Layout.objects.none(),
        empty_label=None,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Välj en postbeskrivning."),
    )
    reason = common.reason_field()

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"layout": collection.layout_id}, **kwargs})
        self.fields["layout"].queryset = Layout.objects.order_by("-name", "pk")  # type: ignore[attr-defined]


@admin.register(Collection, site=portal_admin)
class CollectionAdmin(ProductionPages):
    """The calendar of each year."""

    section = Section.SETTINGS
    position = 60
    lead = "Kalendern för varje års insamling."
    makes_new = True
    list_display = ("year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "layout", "state")
    list_select_related = ("layout",)
    ordering = ("-year", "-pk")
    object_template = "admin/submissions/collection.html"
    facts = (
        "year", "opens_on", "delivers_on", "measurement_day", "due_date", "latest_deferral_date", "direct_deferral", "layout", "lists",
        "closed_at",
    )  # fmt: skip

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """The next year, the calendar, the layout the rules for a later date, and what is taken out."""
        return [
            *super().pages(),
            ("nytt-ar/", FORM(self.new), "new"),
            ("<int:collection_id>/kalender/", FORM(self.calendar), "calendar"),
            ("<int:collection_id>/postbeskrivning/", require_POST(self.choose_layout), "choose_layout"),
            ("<int:collection_id>/uppskovsregler/", require_POST(self.set_deferral_rules), "deferral_rules"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Make the next year."""
        return [("Lägg upp nästa år", self.page_url("new"))] if request.user.has_perm(MAY_CHANGE) else []

    @admin.display(description="läge")
    def state(self, collection: Collection) -> SafeString:
        """Open until SKR closes the year."""
        if collection.closed_at:
            return badge("Stängd")
        if timezone.localdate() < collection.opens_on:
            return badge("Förbereds", "info")
        return badge("Öppen", "success")

    @admin.display(description="uppskov utan beslut")
    def direct_deferral(self, collection: Collection) -> str:
        """The rule in words."""
        until = collection.direct_deferral_until
        if until is None:
            return "Nej, SKR beslutar om varje begäran"
        days = amount(collection.direct_deferral_days, "dag", "dagar")
        return f"Enhetens första begäran, högst {days}: till och med {until.isoformat()}"

    @admin.display(description="kodlistor")
    def lists(self, collection: Collection) -> str:
        """The year's lists with their versions."""
        found = collection.code_lists.order_by("kind", "pk")
        return ", ".join(f"{one.name or one.kind} ({one.version})" for one in found)

    def details(self, request: HttpRequest, obj: Collection) -> dict[str, Any]:
        """The forms that change the year, for those who may, and what has been changed."""
        is_open = obj.closed_at is None
        may_set, may_move, may_change = (
            is_open and request.user.has_perm(one) for one in (calendar.MAY_SET, calendar.MAY_CHANGE, MAY_CHANGE)
        )
        going_on = progress.of_recheck(obj, at=timezone.now())
        changes = SettingChange.objects.filter(collection=obj).select_related("by").order_by("-at", "-pk")
        return {
            "rules_form": DeferralRulesForm(collection=obj) if may_set else None,
            "rules_url": self.page_url("deferral_rules", obj.pk),
            "production_url": self.page_url("production", obj.pk) if request.user.has_perm(production_files.MAY_EXPORT) else "",
            "calendar_url": self.page_url("calendar", obj.pk) if may_move else "",
            "layout_form": LayoutForm(collection=obj) if may_change and not layouts.has_files(obj) else None,
            "layout_url": self.page_url("choose_layout", obj.pk),
            "changes": list(changes[: common.MOST_CHANGES]),
            "going_on": [going_on] if going_on else [],
        }

    def new(self, request: HttpRequest) -> HttpResponse:
        """What the next year will be made of, and the button that makes it."""
        asked = self.require(request, MAY_CHANGE)
        now = timezone.now()
        if request.method == "POST":
            year = request.POST.get("year", "")
            try:
                wanted = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0
                made = new_year.make(year=wanted, by=asked.user, at=now)
            except NotAllowed as refusal:
                messages.error(request, refusal.reason)
                return HttpResponseRedirect(self.page_url("new"))
            messages.success(request, f"Insamlingen {made.year} är upplagd. Se över kalendern innan den öppnar.")
            return HttpResponseRedirect(self.object_url(made))
        context = {"plan": new_year.plan(timezone.localdate(now)), "heading": "Nytt år"}
        return self.show(request, "admin/submissions/new_year.html", None, context)

    def heading(self, obj: Collection | None) -> str:
        """The year's name."""
        return str(obj) if obj else "Nytt år"

    def calendar(self, request: HttpRequest, collection_id: int) -> HttpResponse:
        """Move the year's dates."""
        asked = self.require(request, calendar.MAY_CHANGE)
        collection: Collection = self.find(request, collection_id)
        form = CalendarForm(request.POST if request.method == "POST" else None, collection=collection)
        if form.is_valid():
            try:
                changed = calendar.change_calendar(
                    collection=collection,
                    to=form.calendar(),
                    why=form.cleaned_data["reason"],
                    seen=form.cleaned_data["seen"] or 0,
                    by=asked.user,
                    at=timezone.now(),
                )
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(request, "Kalendern är ändrad." if changed else "Ingenting är ändrat.")
                return HttpResponseRedirect(self.object_url(collection))
        return self.show(
            request, "admin/submissions/calendar.html", collection, {"form": form, "collection_url": self.object_url(collection)}
        )

    def choose_layout(self, request: HttpRequest, collection_id: int) -> HttpResponse:
        """Give the year another layout."""
        asked = self.require(request, MAY_CHANGE)
        collection: Collection = self.find(request, collection_id)
        form = LayoutForm(request.POST, collection=collection)
        if form.is_valid():
            try:
                layouts.choose_layout(
                    collection=collection,
                    layout=form.cleaned_data["layout"],
                    why=form.cleaned_data["reason"],
                    by=asked.user,
                    at=timezone.now(),
                )
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(request, f"Årets filer läses efter {form.cleaned_data['layout']}.")
                return HttpResponseRedirect(self.object_url(collection))
        return self.object_page(request, collection, layout_form=form)

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
