"""The postbeskrivningar: which fields a row has, a new version of one, its fields one by one, and what two differ in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, portal_admin
from config.lib import csv_file, downloads, uploads
from submissions import imports, spec
from submissions.admin.reference import common
from submissions.frames import FIELD_COUNT
from submissions.models import Layout
from submissions.services import layouts
from submissions.services.settings import MAY_CHANGE, Kind, Refused

FORM = require_http_methods(["GET", "HEAD", "POST"])
MOST_BYTES = 1_000_000
REQUIRED = [(key, f"{key}: {words}") for key, words in layouts.REQUIRED.items()]


class NewLayoutForm(forms.Form):
    """A new version: of another, or of a file."""

    name = forms.CharField(
        label="Namn",
        max_length=layouts.NAME_LENGTH,
        help_text="Till exempel PS-2027.1.",
        error_messages={"required": "Ge den nya versionen ett namn."},
    )
    source = forms.ModelChoiceField(
        label="Utgå från",
        queryset=Layout.objects.none(),
        required=False,
        empty_label="En fil",
        error_messages={"invalid_choice": "Välj en postbeskrivning i listan."},
    )
    file = forms.FileField(
        label="Fil med fälten",
        required=False,
        help_text=f"Bara om du utgår från en fil: {', '.join(imports.LAYOUT_COLUMNS)}. Semikolon emellan, eller ett kalkylblad (.xlsx).",
        error_messages={"empty": "Filen är tom (0 byte).", "invalid": "Webbläsaren skickade ingen fil. Välj filen igen."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Layout.objects.order_by("-name", "pk")  # type: ignore[attr-defined]


class FieldForm(forms.Form):
    """One field of a layout."""

    name = forms.CharField(label="Namn", max_length=80, error_messages={"required": "Skriv fältets namn."})
    numeric = forms.BooleanField(label="Numeriskt: bara siffror", required=False)
    max_length = forms.IntegerField(
        label="Längd, högst antal tecken",
        min_value=1,
        max_value=layouts.LONGEST_VALUE,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Skriv ett helt tal från 1 till {layouts.LONGEST_VALUE}."
        ),
    )
    required_kommun = forms.ChoiceField(
        label="Krav för kommuner", choices=REQUIRED, error_messages={"invalid_choice": "Välj ett krav."}
    )
    required_region = forms.ChoiceField(
        label="Krav för regioner", choices=REQUIRED, error_messages={"invalid_choice": "Välj ett krav."}
    )
    format = forms.CharField(label="Format", max_length=120, required=False)
    allowed = forms.CharField(label="Tillåtna värden", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    meaning = forms.CharField(label="Betydelse", max_length=200, required=False)
    reason = common.reason_field()
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, field: spec.FieldSpec | None, **kwargs: Any) -> None:
        initial = {"required_kommun": "F", "required_region": "F", "seen": layouts.mark_of(field)}
        if field is not None:
            names = ("name", "numeric", "max_length", "required_kommun", "required_region", "format", "allowed", "meaning")
            initial |= {name: getattr(field, name) for name in names}
        super().__init__(*args, **{"initial": initial, **kwargs})

    @property
    def texts(self) -> list[forms.BoundField]:
        """The fields that are words."""
        return [self[name] for name in ("format", "allowed", "meaning")]

    def field_of(self, number: int, evidence: str) -> spec.FieldSpec:
        """What was filled in."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("reason", "seen")}
        words = {name: " ".join(values[name].split()) for name in ("name", "format", "allowed", "meaning")}
        return spec.FieldSpec(number=number, evidence=evidence, **{**values, **words})


@admin.register(Layout, site=portal_admin)
class LayoutAdmin(PortalAdmin):
    """The postbeskrivningar and their fields."""

    section = Section.SETTINGS
    position = 62
    lead = "Vilka fält en rad i filen har, i ordning. En som används av en insamling med filer ändras inte: gör en ny version."
    makes_new = True
    list_display = ("name", "n_fields", "years")
    ordering = ("-name", "-pk")
    object_template = "admin/submissions/layout.html"
    facts = ("name", "n_fields", "years")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """A new version, its fields, and what it differs in from another."""
        return [
            ("ny/", uploads.at_most(MOST_BYTES)(FORM(self.new)), "new"),
            ("<int:layout_id>/falt/<int:number>/", FORM(self.field), "field"),
            ("<int:layout_id>/falt/<int:number>/ta-bort/", require_POST(self.remove), "remove"),
            ("<int:layout_id>/skillnad/<int:other_id>/", require_safe(self.difference), "difference"),
            ("<int:layout_id>/falt.csv", require_safe(self.fields_file), "fields_file"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Make a new version."""
        return [("Lägg upp en ny version", self.page_url("new"))] if request.user.has_perm(MAY_CHANGE) else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Layout]:
        """With the number of fields and the years."""
        return super().get_queryset(request).annotate(field_count=Count("fields")).prefetch_related("collection_set")

    @admin.display(description="antal fält", ordering="field_count")
    def n_fields(self, layout: Any) -> int:
        """How many fields a row has."""
        return layout.field_count

    @admin.display(description="används av")
    def years(self, layout: Layout) -> str:
        """The years that use it."""
        return ", ".join(str(year) for year in sorted(one.year for one in layout.collection_set.all()))

    def heading(self, obj: Layout | None) -> str:
        """The layout's name."""
        return f"Postbeskrivning {obj}" if obj else "Ny postbeskrivning"

    def details(self, request: HttpRequest, obj: Layout) -> dict[str, Any]:
        """The fields in order, and the buttons."""
        may_change = request.user.has_perm(MAY_CHANGE)
        is_fixed, fields = layouts.is_fixed(obj), list(obj.fields.order_by("number", "pk"))
        others = [(one, self.page_url("difference", obj.pk, one.pk)) for one in self._others(obj)]
        can_edit = may_change and not is_fixed
        can_remove = can_edit and len(fields) > FIELD_COUNT
        return {
            "fields": [(field, self.page_url("field", obj.pk, field.number) if can_edit else "") for field in fields],
            "is_fixed": is_fixed,
            "new_url": f"{self.page_url('new')}?fran={obj.pk}" if may_change else "",
            "add_url": self.page_url("field", obj.pk, len(fields) + 1) if can_edit else "",
            "remove_url": self.page_url("remove", obj.pk, len(fields)) if can_remove else "",
            "last": fields[-1] if fields else None,
            "others": others,
            "file_url": self.page_url("fields_file", obj.pk),
            "changes": common.history(Kind.LAYOUT, obj.name),
        }

    def _others(self, layout: Layout) -> QuerySet[Layout]:
        return Layout.objects.exclude(pk=layout.pk).order_by("-name", "pk")

    def new(self, request: HttpRequest) -> HttpResponse:
        """Make a version of another, or of a file; a file with a fault leaves nothing behind."""
        asked = self.require(request, MAY_CHANGE)
        is_sent = request.method == "POST"
        initial = {"source": request.GET.get("fran", "")[:18]}
        form = NewLayoutForm(request.POST if is_sent else None, request.FILES if is_sent else None, initial=initial)
        if is_sent and uploads.was_too_large(request):
            form.add_error("file", "Filen är för stor för en postbeskrivning. Kontrollera att du valde rätt fil.")
        if form.is_valid():
            try:
                made = self._made(form, asked)
            except imports.BadFile as fault:
                for sentence in fault.faults:
                    form.add_error("file", sentence)
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(request, f"{made} är upplagd. Ingen insamling använder den än.")
                return HttpResponseRedirect(self.object_url(made))
        return self.show(request, "admin/submissions/layout_new.html", None, {"form": form})

    def _made(self, form: NewLayoutForm, asked: Any) -> Layout:
        data, now = form.cleaned_data, timezone.now()
        if data["source"] is not None:
            return layouts.copy_layout(layout=data["source"], name=data["name"], by=asked.user, at=now)
        if data["file"] is None:
            raise Refused("Välj en fil, eller en postbeskrivning att utgå från.", "file")
        fields = imports.read_layout(uploads.content_of(data["file"]))
        return layouts.make_layout(name=data["name"], fields=fields, source="en fil", by=asked.user, at=now)

    def field(self, request: HttpRequest, layout_id: int, number: int) -> HttpResponse:
        """Change a field, or add the one after the last."""
        asked = self.require(request, MAY_CHANGE)
        layout: Layout = self.find(request, layout_id)
        fields = layout.spec().fields
        if not 1 <= number <= len(fields) + 1:
            raise Http404
        old = fields[number - 1] if number <= len(fields) else None
        form = FieldForm(request.POST if request.method == "POST" else None, field=old)
        if form.is_valid():
            try:
                layouts.save_field(
                    layout=layout,
                    field=form.field_of(number, old.evidence if old else ""),
                    seen=form.cleaned_data["seen"],
                    why=form.cleaned_data["reason"],
                    by=asked.user,
                    at=timezone.now(),
                )
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(request, f"Fält {number} är sparat.")
                return HttpResponseRedirect(self.object_url(layout))
        context = {"form": form, "number": number, "is_new": old is None, "layout_url": self.object_url(layout)}
        return self.show(request, "admin/submissions/layout_field.html", layout, context)

    def remove(self, request: HttpRequest, layout_id: int, number: int) -> HttpResponse:
        """Take the last field away, if it is one that was added."""
        asked, layout = self.require(request, MAY_CHANGE), self.find(request, layout_id)
        return self.perform(
            request,
            lambda: layouts.remove_last(layout=layout, number=number, by=asked.user, at=timezone.now()),
            done=f"Fält {number} är borttaget.",
            back=self.object_url(layout),
        )

    def difference(self, request: HttpRequest, layout_id: int, other_id: int) -> HttpResponse:
        """What the layout has otherwise than another."""
        layout: Layout = self.find(request, layout_id)
        other: Layout = self.find(request, other_id)
        context = {
            "other": other,
            "rows": layouts.differences(other.spec(), layout.spec()),
            "layout_url": self.object_url(layout),
        }
        return self.show(request, "admin/submissions/layout_difference.html", layout, context)

    def fields_file(self, request: HttpRequest, layout_id: int) -> HttpResponseBase:
        """The fields as a file that can be changed and read in as a new version."""
        layout: Layout = self.find(request, layout_id)
        rows = (
            (
                field.number,
                field.name,
                "N" if field.numeric else "A/N",
                field.max_length,
                field.required_kommun,
                field.required_region,
                field.format,
                field.allowed,
                field.meaning,
                field.evidence,
            )
            for field in layout.spec().fields
        )
        return downloads.attachment(
            csv_file.write(imports.LAYOUT_COLUMNS, rows), name=f"{layout.name}.csv", content_type=csv_file.CONTENT_TYPE
        )
