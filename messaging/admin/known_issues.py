"""Kända fel in the admin: the list, one with its button, and the form that writes and changes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from config.lib.line_breaks import note_line_break
from messaging import known_issues
from messaging.admin.forms import CATEGORY_ERRORS, NOT_TAKEN
from messaging.known_issues import Said
from messaging.models import KnownIssue

DAY_ERRORS = {"required": "Välj en dag.", "invalid": "Skriv dagen som ÅÅÅÅ-MM-DD."}


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day, by the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, error_messages=DAY_ERRORS, **options)


class KnownIssueForm(forms.Form):
    """A new one, or a change of one."""

    title = forms.CharField(
        label="Rubrik",
        max_length=known_issues.TITLE_LENGTH,
        help_text="Vad som är fel, som den som råkar ut för det skulle säga det.",
        error_messages={"required": "Skriv en rubrik.", "max_length": f"Skriv högst {known_issues.TITLE_LENGTH} tecken."},
    )
    text = forms.CharField(
        label="Text",
        max_length=known_issues.LENGTH,
        validators=[note_line_break],
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="När felet visar sig, vad man kan göra under tiden, och när det väntas vara åtgärdat. Skriv inga personuppgifter.",
        error_messages={"required": "Skriv en text.", "max_length": f"Texten får vara högst {known_issues.LENGTH} tecken."},
    )
    audience = forms.ChoiceField(
        label="Gäller", choices=KnownIssue.Audience.choices, widget=forms.RadioSelect, error_messages=CATEGORY_ERRORS
    )
    begins_on = day_field("Från")
    solved_on = day_field("Åtgärdat", required=False, help_text="Lämna tomt så länge felet finns kvar.")
    check_code = forms.CharField(
        label="Kontroll", max_length=10, required=False, help_text="Kontrollens kod, till exempel RIM05."
    )
    field = forms.IntegerField(
        label="Fält",
        required=False,
        min_value=1,
        max_value=known_issues.LAST_FIELD,
        help_text="Fältets nummer i postbeskrivningen.",
        error_messages={
            "invalid": "Skriv ett helt tal.",
            "min_value": "Skriv ett nummer från 1.",
            "max_value": f"Skriv ett nummer till och med {known_issues.LAST_FIELD}.",
        },
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=NOT_TAKEN)
    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0, error_messages=NOT_TAKEN)

    def clean(self) -> dict[str, Any]:
        """It is not mended before it began."""
        values = super().clean() or {}
        begins, solved = values.get("begins_on"), values.get("solved_on")
        if begins and solved and solved < begins:
            self.add_error("solved_on", "Felet kan inte vara åtgärdat innan det fanns.")
        return values

    def said(self) -> Said:
        """What the form says, once it is valid."""
        data = self.cleaned_data
        return Said(
            title=data["title"],
            text=data["text"],
            audience=data["audience"],
            begins_on=data["begins_on"],
            solved_on=data["solved_on"],
            check_code=data["check_code"],
            field=data["field"],
        )


class StateFilter(admin.SimpleListFilter):
    """Öppet or åtgärdat."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("oppna", "Öppna"), ("atgardade", "Åtgärdade")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[KnownIssue]:
        today = timezone.localdate()
        match self.value():
            case "oppna":
                return queryset.filter(Q(solved_on=None) | Q(solved_on__gt=today))
            case "atgardade":
                return queryset.filter(solved_on__lte=today)
        return queryset


@admin.register(KnownIssue, site=portal_admin)
class KnownIssueAdmin(PortalAdmin):
    """What the handbook's page Kända fel tells."""

    section = Section.MESSAGES
    position = 39
    lead = "Visas på handbokens sida Kända fel, öppen för alla. Ett åtgärdat fel står kvar året ut."
    list_display = ("title", "state", "audience", "begins_on", "solved_on")
    list_filter = (StateFilter, "audience")
    search_fields = ("title", "text")
    ordering = ("-begins_on", "-pk")
    object_template = "admin/messaging/known_issue.html"
    hides_empty_facts = True
    facts = (
        *("state", "audience", "begins_on", "solved_on", "check_code", "field"),
        *("created_by", "created_at", "changed_by", "changed_at"),
    )
    list_select_related = ("created_by", "changed_by")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Write one, and change one."""
        methods = require_http_methods(["GET", "HEAD", "POST"])
        return [("nytt/", methods(self.new), "new"), ("<int:issue_id>/andra/", methods(self.edit), "edit")]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """A new one."""
        return [("Nytt känt fel", self.page_url("new"))] if request.user.has_perm(known_issues.CHANGE) else []

    @admin.display(description="läge")
    def state(self, one: KnownIssue) -> SafeString:
        """Öppet, åtgärdat, or not yet shown."""
        today = timezone.localdate()
        if one.is_solved(today):
            return badge("Åtgärdat", "success")
        return badge("Öppet", "warning") if one.begins_on <= today else badge("Visas senare", "info")

    def details(self, request: HttpRequest, obj: KnownIssue) -> dict[str, Any]:
        """The text, and the way to change it."""
        return {"edit_url": self.page_url("edit", obj.pk) if request.user.has_perm(known_issues.CHANGE) else ""}

    def new(self, request: HttpRequest) -> HttpResponse:
        """Write a new one."""
        asked = self.require(request, known_issues.CHANGE)
        initial = {"audience": "all", "begins_on": timezone.localdate()}
        form = KnownIssueForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            try:
                made = known_issues.create_issue(
                    said=form.said(), nonce=form.cleaned_data["nonce"], by=asked.user, at=timezone.now()
                )
            except NotAllowed as refusal:
                form.add_error("text", refusal.reason)
            else:
                messages.success(request, "Det kända felet är sparat.")
                return HttpResponseRedirect(self.object_url(made))
        return self._form(request, form, None)

    def edit(self, request: HttpRequest, issue_id: int) -> HttpResponse:
        """Change one, or say the day it was mended."""
        asked = self.require(request, known_issues.CHANGE)
        issue: KnownIssue = self.find(request, issue_id)
        names = ("title", "text", "audience", "begins_on", "solved_on", "check_code", "field", "nonce")
        initial = {name: getattr(issue, name) for name in names} | {"seen": issue.revision}
        form = KnownIssueForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            seen = form.cleaned_data["seen"]
            try:
                known_issues.change_issue(issue=issue, said=form.said(), seen=seen, by=asked.user, at=timezone.now())
            except NotAllowed as refusal:
                form.add_error(None if refusal.reason == known_issues.CHANGED_MEANWHILE else "text", refusal.reason)
            else:
                messages.success(request, "Det kända felet är sparat.")
                return HttpResponseRedirect(self.object_url(issue))
        return self._form(request, form, issue)

    def _form(self, request: HttpRequest, form: KnownIssueForm, issue: KnownIssue | None) -> HttpResponse:
        heading = "Ändra känt fel" if issue else "Nytt känt fel"
        back = self.object_url(issue) if issue else self.list_url()
        context = {"form": form, "heading": heading, "back": back, "back_text": "Känt fel" if issue else "Kända fel"}
        return self.show(request, "admin/messaging/known_issue_form.html", issue, context)
