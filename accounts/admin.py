"""The audit trail and the privacy notice in the admin. No device, code, session or journey is shown anywhere; persons are in profiles.admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_notices import NoticeTextAdmin
from accounts.admin_site import PortalAdmin, Section, portal_admin
from accounts.audit_words import AREAS, result_words, words
from accounts.models import AuditEvent

__all__ = ["AuditEventAdmin", "NoticeTextAdmin"]


class AreaFilter(admin.SimpleListFilter):
    """What the event is about: the first part of its code."""

    title = "område"
    parameter_name = "omrade"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(AREAS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(code__startswith=f"{self.value()}:") if self.value() in AREAS else queryset


@admin.register(AuditEvent, site=portal_admin)
class AuditEventAdmin(PortalAdmin):
    """Who did what, when. Append-only."""

    section = Section.OPERATION
    position = 90
    is_personal = True
    lead = "Vem som gjorde vad och när. Loggen kan inte ändras."
    list_display = ("at", "what", "actor", "unit", "object", "outcome")
    list_filter = (AreaFilter, ("at", admin.DateFieldListFilter))
    search_fields = ("actor", "unit__exact", "code", "object")
    search_help_text = "Sök person, enhetskod eller händelse"
    ordering = ("-at", "-pk")
    list_per_page = 100
    facts = ("at", "what", "code", "actor", "subject_id", "unit", "object", "outcome", "purpose", "request_id")

    @admin.display(description="händelse", ordering="code")
    def what(self, event: AuditEvent) -> str:
        """The code in words."""
        return words(event.code)

    @admin.display(description="utfall")
    def outcome(self, event: AuditEvent) -> str:
        """The result in words."""
        return result_words(event.result)

    def heading(self, obj: AuditEvent) -> str:
        """The event in words, not its code."""
        return words(obj.code)
