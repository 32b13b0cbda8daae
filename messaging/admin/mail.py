"""The list of outgoing mail, never its text."""

from __future__ import annotations

import functools
import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from messaging.models import OutgoingMail

CHOICE = re.compile(r"{% if [^%]+%}([^{]*){% else %}[^{]*{% endif %}")  # of two wordings the first
PLACE = re.compile(r"{{[^}]+}}")
TAG = re.compile(r"{%[^%]+%}")


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


@functools.cache
def subject_of(template: str) -> str:
    """The subject of a letter as it is shipped, with … for what is filled in; its name where the letter is no more."""
    try:
        source: str = get_template(f"mail/{template}.txt").template.source  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return template
    line = CHOICE.sub(r"\1", source.partition("\n")[0])
    return TAG.sub("", PLACE.sub("…", line)).strip() or template


class LetterFilter(admin.SimpleListFilter):
    """Which letter, of those that have been sent."""

    title = "mejl"
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = OutgoingMail.objects.order_by("template").values_list("template", flat=True).distinct()
        return sorted(((name, subject_of(name)) for name in names), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        return queryset.filter(template=self.value()) if self.value() else queryset


@admin.register(OutgoingMail, site=portal_admin)
class OutgoingMailAdmin(PortalAdmin):
    """What was to be sent, to whom and how it went; the text stays sealed."""

    section = Section.OPERATION
    position = 92
    is_personal = True
    lead = "Vilka mejl portalen har skickat eller ska skicka. Texten visas inte."
    empty_title = "Inga mejl än"
    list_display = ("created_at", "letter", "recipient", "sent_at", "attempts", "state", "last_error")
    list_filter = (MailStateFilter, LetterFilter)
    search_fields = ("recipient",)
    search_help_text = "Sök mottagare"
    ordering = ("-created_at", "-pk")
    facts = ("letter", "recipient", "created_at", "expires_at", "sent_at", "attempts", "state", "last_error")

    def heading(self, obj: OutgoingMail) -> str:
        """To whom; the text stays sealed."""
        return f"Mejl till {obj.recipient}" if obj.recipient else "Mejl"

    @admin.display(description="mejl", ordering="template")
    def letter(self, mail: OutgoingMail) -> str:
        """Which letter, by its subject."""
        return subject_of(mail.template)

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
