"""Mergers in the admin: planned from a unit's page with a preview of exactly what happens, listed, and undone before the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Panel, PanelRow, PortalAdmin, Section, badge, link, portal_admin
from accounts.step_up import needs_step_up
from deferrals import merging
from profiles.models import Unit, UnitMerger


class MergerForm(forms.Form):
    """Which unit it goes up in and from which day, of which the preview is made; and what is chosen in that."""

    into = forms.CharField(
        label="Går upp i enheten med koden",
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv den andra enhetens kod.", "max_length": "Skriv den andra enhetens kod."},
    )
    on = forms.DateField(
        label="Från och med",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Välj från vilken dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2027-01-01."},
    )

    people = forms.TypedMultipleChoiceField(label="Får rollen också där", coerce=int, required=False)
    keeps_file = forms.BooleanField(label="Enheten lämnar själv klart det som den har påbörjat i år", required=False)

    def __init__(self, *args: Any, people: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = [(key, str(key)) for key in people]  # type: ignore[attr-defined]
        self.fields["people"].error_messages["invalid_choice"] = "Någon av personerna har inte längre en roll i enheten."

    def clean_into(self) -> Unit:
        """A unit that there is."""
        found = Unit.objects.filter(code=self.cleaned_data["into"].strip()).first()
        if found is None:
            raise forms.ValidationError("Det finns ingen enhet med den koden.")
        return found


@admin.register(UnitMerger, site=portal_admin)
class MergerAdmin(PortalAdmin):
    """Every merger, planned and carried out."""

    section = Section.PEOPLE
    position = 45
    lead = "Enheter som går upp i en annan. En ny sammanslagning börjar på enhetens sida."
    empty_text = "En sammanslagning börjar på sidan för den enhet som går upp i en annan."
    list_display = ("unit_name", "into_name", "on", "state", "by")
    list_display_links = ("unit_name",)
    list_select_related = ("unit", "into", "by", "undone_by")
    search_fields = ("unit__name", "into__name", "unit__code__startswith", "into__code__startswith")
    search_help_text = "Sök enhet eller kod"
    ordering = ("-on", "-pk")
    object_template = "admin/deferrals/merger.html"
    facts = ("unit_link", "into_link", "on", "state", "roles", "at", "by", "carried_out_at", "undone_at", "undone_by")
    hides_empty_facts = True

    def get_queryset(self, request: HttpRequest) -> Any:
        """With both units and who decided."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="enhet", ordering="unit__sort_key")
    def unit_name(self, merger: UnitMerger) -> str:
        """The unit that goes up in another."""
        return str(merger.unit)

    @admin.display(description="går upp i", ordering="into__sort_key")
    def into_name(self, merger: UnitMerger) -> str:
        """The other unit."""
        return str(merger.into)

    @admin.display(description="enhet")
    def unit_link(self, merger: UnitMerger) -> SafeString:
        """The unit, as a link."""
        return link(portal_admin.object_url(merger.unit), merger.unit)

    @admin.display(description="går upp i")
    def into_link(self, merger: UnitMerger) -> SafeString:
        """The other unit, as a link."""
        return link(portal_admin.object_url(merger.into), merger.into)

    @admin.display(description="läge", ordering="carried_out_at")
    def state(self, merger: UnitMerger) -> SafeString:
        """Planned, carried out or undone."""
        if merger.undone_at is not None:
            return badge("Ångrad")
        return badge("Genomförd", "success") if merger.carried_out_at else badge("Planerad", "info")

    @admin.display(description="får roller i den andra enheten")
    def roles(self, merger: UnitMerger) -> str:
        """Whom, and as what."""
        chosen = merger.people.select_related("user").order_by("user__name", "pk")
        return ", ".join(f"{one.user} ({one.get_role_display()})" for one in chosen)

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Plan one, and undo it."""
        plan = require_http_methods(["GET", "HEAD", "POST"])(needs_step_up(self.plan))
        return [
            ("ny/<int:unit_id>/", plan, "plan"),
            ("<int:merger_id>/angra/", require_POST(self.undo), "undo"),
        ]

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The mergers of a unit, and the way to a new one."""
        if not isinstance(obj, Unit):
            return []
        rows = self.get_queryset(request)
        of_unit = (rows.filter(unit=obj) | rows.filter(into=obj)).order_by("-on", "-pk")
        lines = [PanelRow(str(one), self.object_url(one), f"Från {one.on.isoformat()}", self.state(one)) for one in of_unit]
        may_plan = obj.is_active and request.user.has_perm(merging.PERMISSION)
        action = ("Gå upp i en annan enhet", self.page_url("plan", obj.pk)) if may_plan else None
        return [Panel("Sammanslagningar", lines, "Enheten har inte slagits samman med någon annan.", action=action)]

    def details(self, request: HttpRequest, obj: UnitMerger) -> dict[str, Any]:
        """The button, until the day."""
        is_planned = obj.undone_at is None and obj.carried_out_at is None
        may_undo = is_planned and request.user.has_perm(merging.PERMISSION)
        return {"undo_url": self.page_url("undo", obj.pk) if may_undo else ""}

    def plan(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Choose unit and day, see exactly what happens, and decide."""
        asked = self.require(request, merging.PERMISSION)
        unit = Unit.objects.visible_to(asked.user).filter(pk=unit_id).first()
        if unit is None:
            raise Http404
        in_force = [one.pk for one, _ in merging.preview(unit, unit, timezone.localdate()).people]
        if request.method == "POST":
            form = MergerForm(request.POST, people=in_force)
            if form.is_valid():
                try:
                    merger = merging.plan_merger(unit=unit, by=asked.user, at=timezone.now(), **form.cleaned_data)
                except NotAllowed as refusal:
                    form.add_error(_field_of(refusal), refusal.reason)
                else:
                    messages.success(request, _said(merger))
                    return HttpResponseRedirect(portal_admin.object_url(unit))
        else:
            form = MergerForm(request.GET if request.GET else None, people=in_force)
            if form.is_bound and form.is_valid():
                try:
                    merging.check_units(unit, form.cleaned_data["into"])
                except NotAllowed as refusal:
                    form.add_error("into", refusal.reason)
        return self.show(request, "admin/deferrals/plan_merger.html", unit, self._shown(unit, form))

    def _shown(self, unit: Unit, form: MergerForm) -> dict[str, Any]:
        """The form, and the preview once it can be made."""
        given = getattr(form, "cleaned_data", {})
        into, on = given.get("into"), given.get("on")
        is_ready = form.is_bound and "into" not in form.errors
        seen = merging.preview(unit, into, on) if is_ready and into is not None and on is not None else None
        return {
            "form": form,
            "seen": seen,
            "into": into,
            "on": on,
            "has_file": seen is not None and any(one.has_file for one in seen.open),
            "chosen": given.get("people", ()),
            "unit_url": portal_admin.object_url(unit),
        }

    def undo(self, request: HttpRequest, merger_id: int) -> HttpResponse:
        """Ångra, until the day."""
        asked = self.require(request, merging.PERMISSION)
        merger = self.find(request, merger_id)
        return self.perform(
            request,
            lambda: merging.undo_merger(merger=merger, by=asked.user, at=timezone.now()),
            done="Sammanslagningen är ångrad. Enheterna är två som förut.",
            back=self.object_url(merger),
        )


def _field_of(refusal: NotAllowed) -> str:
    if isinstance(refusal, merging.WrongDay):
        return "on"
    return "keeps_file" if isinstance(refusal, merging.HasFile) else "into"


def _said(merger: UnitMerger) -> str:
    merger.refresh_from_db()
    if merger.carried_out_at is not None:
        return f"{merger.unit.name} har gått upp i {merger.into.name}."
    return f"{merger.unit.name} går upp i {merger.into.name} den {merger.on.isoformat()}. Det går att ångra till dess."
