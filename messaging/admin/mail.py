"""The list of outgoing mail, never its text."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from messaging.models import OutgoingMail


class MailStateFilter(admin.SimpleListFilter):
    """Whether the mail has gone."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("vantar", "Väntar"), ("skickat", "Skickat"), ("fel", "Fel vid senaste försök")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        waiting = Q(sent_at=None, deliver=True)
        match self.value():
            case "vantar":
                return queryset.filter(waiting)
            case "skickat":
                return queryset.filter(sent_at__isnull=False)
            case "fel":
                return queryset.filter(waiting).exclude(last_error="")
        return queryset


@admin.register(OutgoingMail, site=portal_admin)
class OutgoingMailAdmin(PortalAdmin):
    """What was to be sent, to whom and how it went; the text stays sealed."""

    section = Section.OPERATION
    position = 92
    is_personal = True
    lead = "Vilka mejl portalen har skickat eller ska skicka. Texten visas inte."
    empty_title = "Inga mejl än"
    list_display = ("created_at", "template", "recipient", "sent_at", "attempts", "state", "last_error")
    list_filter = (MailStateFilter, ("template", admin.AllValuesFieldListFilter))
    search_fields = ("recipient",)
    search_help_text = "Sök mottagare"
    ordering = ("-created_at", "-pk")
    facts = ("template", "recipient", "created_at", "expires_at", "sent_at", "attempts", "state", "last_error")

    def heading(self, obj: OutgoingMail) -> str:
        """To whom; the text stays sealed."""
        return f"Mejl till {obj.recipient}" if obj.recipient else "Mejl"

    @admin.display(description="läge")
    def state(self, mail: OutgoingMail) -> SafeString:
        """Sent, waiting, stopped."""
        if mail.sent_at:
            return badge("Skickat", "success")
        if not mail.deliver:
            return badge("Ska inte skickas")
        if mail.expires_at and mail.expires_at < timezone.now():
            return badge("För sent")
        return badge("Fel", "error") if mail.last_error else badge("Väntar", "info")
