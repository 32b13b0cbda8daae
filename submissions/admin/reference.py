"""The year's settings, to read: calendar, layout, code lists and checks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_site import PortalAdmin, badge, portal_admin
from submissions.admin.filters import CollectionFilter
from submissions.models import CheckSetting, CodeList, Collection, Layout

LEVEL_TONES = {CheckSetting.Level.FEL: "error", CheckSetting.Level.VARNING: "warning", CheckSetting.Level.INFO: "info"}


@admin.register(Collection, site=portal_admin)
class CollectionAdmin(PortalAdmin):
    """The calendar of each year."""

    position = 60
    lead = "Kalendern för varje års insamling."
    list_display = ("year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "layout", "state")
    list_select_related = ("layout",)
    ordering = ("-year", "-pk")
    facts = ("year", "opens_on", "measurement_day", "due_date", "latest_deferral_date", "layout", "lists", "closed_at")

    @admin.display(description="läge")
    def state(self, collection: Collection) -> SafeString:
        """Open until SKR closes the year."""
        return badge("Stängd") if collection.closed_at else badge("Öppen", "success")

    @admin.display(description="kodlistor")
    def lists(self, collection: Collection) -> str:
        """The year's lists with their versions."""
        found = collection.code_lists.order_by("kind", "pk")
        return ", ".join(f"{one.name or one.kind} ({one.version})" for one in found)


@admin.register(Layout, site=portal_admin)
class LayoutAdmin(PortalAdmin):
    """The postbeskrivningar and their fields."""

    position = 62
    lead = "Vilka fält en rad i filen har, i ordning."
    list_display = ("name", "n_fields")
    ordering = ("-name", "-pk")
    object_template = "admin/submissions/layout.html"
    facts = ("name", "n_fields")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Layout]:
        """With the number of fields."""
        return super().get_queryset(request).annotate(field_count=Count("fields"))

    @admin.display(description="antal fält", ordering="field_count")
    def n_fields(self, layout: Any) -> int:
        """How many fields a row has."""
        return layout.field_count

    def details(self, request: HttpRequest, obj: Layout) -> dict[str, Any]:
        """The fields in order."""
        return {"fields": obj.fields.order_by("number", "pk")}


@admin.register(CodeList, site=portal_admin)
class CodeListAdmin(PortalAdmin):
    """Each version of each code list; one that SKR has not established only warns."""

    position = 64
    lead = "En kodlista som inte är fastställd av SKR varnar men avvisar aldrig ett värde."
    list_display = ("shown_name", "version", "valid_from", "n_codes", "state")
    list_filter = ("established",)
    ordering = ("kind", "-valid_from", "-pk")
    object_template = "admin/submissions/code_list.html"
    facts = ("shown_name", "version", "valid_from", "n_codes", "state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CodeList]:
        """With the number of codes."""
        return super().get_queryset(request).annotate(code_count=Count("codes"))

    def heading(self, obj: CodeList) -> str:
        """The list's name and version."""
        return f"{self.shown_name(obj)}, {obj.version}"

    @admin.display(description="lista", ordering="name")
    def shown_name(self, code_list: CodeList) -> str:
        """The list's name in words."""
        return code_list.name or code_list.kind

    @admin.display(description="antal koder", ordering="code_count")
    def n_codes(self, code_list: Any) -> int:
        """How many codes this version has."""
        return code_list.code_count

    @admin.display(description="fastställd", ordering="established")
    def state(self, code_list: CodeList) -> SafeString:
        """Whether a wrong code is refused or only warned about."""
        return badge("Fastställd", "success") if code_list.established else badge("Ej fastställd", "warning")

    def details(self, request: HttpRequest, obj: CodeList) -> dict[str, Any]:
        """The codes in order."""
        return {"codes": obj.codes.order_by("code", "pk"), "has_groups": obj.kind == "aid"}


@admin.register(CheckSetting, site=portal_admin)
class CheckSettingAdmin(PortalAdmin):
    """When each check bites in each year."""

    position = 66
    lead = "Kontrollernas nivåer, trösklar och texter."
    list_display = ("code", "title", "shown_level", "fields", "applies_to", "threshold_text", "shown_enabled")
    list_filter = (CollectionFilter, "level", "enabled")
    search_fields = ("code", "title", "message")
    search_help_text = "Sök kod eller text"
    list_select_related = ("collection",)
    list_per_page = 100
    ordering = ("-collection__year", "code", "pk")
    facts = (
        "code", "collection", "shown_level", "fields", "applies_to", "title", "message", "advice", "why", "mend", "shown_answers", "condition",
        "threshold_text", "shown_enabled", "valid_from", "valid_until", "evidence",
    )  # fmt: skip

    @admin.display(description="nivå", ordering="level")
    def shown_level(self, check: CheckSetting) -> SafeString:
        """The level in the page's words."""
        return badge(check.get_level_display(), LEVEL_TONES[CheckSetting.Level(check.level)])

    @admin.display(description="på", ordering="enabled")
    def shown_enabled(self, check: CheckSetting) -> SafeString:
        """On or off."""
        return badge("På", "success") if check.enabled else badge("Av")

    @admin.display(description="färdiga svar")
    def shown_answers(self, check: CheckSetting) -> str:
        """The ready-made explanations, one after the other."""
        return " ".join(check.answers)
