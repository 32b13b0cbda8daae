"""Threads with the units, and the list of outgoing mail (never its text), in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_site import PortalAdmin, badge, portal_admin
from messaging.models import OutgoingMail


class MailStateFilter(admin.SimpleListFilter):
    """Whether the mail has gone."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request, model_admin):
        return [("vantar", "Väntar"), ("skickat", "Skickat"), ("fel", "Fel vid senaste försök")]

    def queryset(self, request, queryset):
        match self.value():
            case "vantar":
                return queryset.filter(sent_at=None, deliver=True)
            case "skickat":
                return queryset.filter(sent_at__isnull=False)
            case "fel":
                return queryset.filter(sent_at=None).exclude(last_error="")
        return queryset


@admin.register(OutgoingMail, site=portal_admin)
class OutgoingMailAdmin(PortalAdmin):
    """What was to be sent, to whom and how it went; the text stays sealed."""

    position = 92
    lead = "Vilka mejl portalen har skickat eller ska skicka. Texten visas inte."
    list_display = ("created_at", "template", "recipient", "sent_at", "attempts", "state", "last_error")
    list_filter = (MailStateFilter, "template")
    search_fields = ("recipient",)
    search_help_text = "Sök mottagare"
    ordering = ("-created_at", "-pk")
    facts = ("template", "recipient", "created_at", "expires_at", "sent_at", "attempts", "state", "last_error")

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
