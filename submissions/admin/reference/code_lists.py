"""The code lists, version by version."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from submissions.models import CodeList


@admin.register(CodeList, site=portal_admin)
class CodeListAdmin(PortalAdmin):
    """Each version of each code list; one that SKR has not established only warns."""

    section = Section.SETTINGS
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
