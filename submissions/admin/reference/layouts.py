"""The postbeskrivningar: which fields a row has."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.admin_site import PortalAdmin, Section, portal_admin
from submissions.models import Layout


@admin.register(Layout, site=portal_admin)
class LayoutAdmin(PortalAdmin):
    """The postbeskrivningar and their fields."""

    section = Section.SETTINGS
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
