"""Driftmeddelanden in the admin: those that are planned, shown and over; a new one with its preview, and the end of one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from config.lib.line_breaks import note_line_break
from messaging import announcements
from messaging.admin.forms import CATEGORY_ERRORS, NOT_TAKEN
from messaging.models import Announcement

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d %H.%M"]
TIME_ERRORS = {"required": "Skriv dag och tid.", "invalid": "Skriv dag och tid som ÅÅÅÅ-MM-DD TT:MM."}


def time_field(label: str) -> forms.DateTimeField:
    """A point in time in Sweden, by the browser's own calendar."""
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, input_formats=FORMATS, widget=widget, error_messages=TIME_ERRORS)


class AnnouncementForm(forms.Form):
    """A new one."""

    text = forms.CharField(
        label="Text",
        max_length=announcements.LENGTH,
        validators=[note_line_break],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="En eller två meningar: vad som händer, när, och vad man ska göra. Skriv inga personuppgifter.",
        error_messages={"required": "Skriv en text.", "max_length": f"Texten får vara högst {announcements.LENGTH} tecken."},
    )
    tone = forms.ChoiceField(
        label="Utseende", choices=Announcement.Tone.choices, widget=forms.RadioSelect, error_messages=CATEGORY_ERRORS
    )
    audience = forms.ChoiceField(
        label="Visas på", choices=Announcement.Audience.choices, widget=forms.RadioSelect, error_messages=CATEGORY_ERRORS
    )
    starts_at = time_field("Från")
    ends_at = time_field("Till")
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=NOT_TAKEN)

    def clean(self) -> dict[str, Any]:
        """It ends after it begins, and later than now."""
        values = super().clean() or {}
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "Sluttiden måste ligga efter starttiden.")
        elif ends and ends <= timezone.now():
            self.add_error("ends_at", "Sluttiden har redan varit.")
        return values


class TimeFilter(admin.SimpleListFilter):
    """Before, during or after its time."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("planerade", "Planerade"), ("visas", "Visas nu"), ("tidigare", "Tidigare")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Announcement]:
        now = timezone.now()
        match self.value():
            case "planerade":
                return queryset.planned(now)
            case "visas":
                return queryset.active(now)
            case "tidigare":
                return queryset.past(now)
        return queryset


@admin.register(Announcement, site=portal_admin)
class AnnouncementAdmin(PortalAdmin):
    """What stands, stood and is to stand at the top of the pages."""

    section = Section.MESSAGES
    position = 38
    lead = "En rad överst på sidorna under en tid, till exempel vid driftstopp. Den som läser kan dölja den för sin inloggning."
    makes_new = True
    empty_text = "Skriv ett när alla behöver veta något, till exempel att portalen stängs en kväll."
    list_display = ("text", "state", "audience", "starts_at", "ends_at")
    list_filter = (TimeFilter, "audience")
    list_select_related = ("created_by",)
    ordering = ("-starts_at", "-pk")
    object_template = "admin/messaging/announcement.html"
    hides_empty_facts = True
    facts = ("state", "tone", "audience", "starts_at", "ends_at", "created_by", "created_at", "ended_by", "ended_at")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Make one, and end one."""
        return [
            ("nytt/", require_http_methods(["GET", "HEAD", "POST"])(self.new), "new"),
            ("<int:object_id>/avsluta/", require_POST(self.end), "end"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """A new one."""
        return [("Skriv ett driftmeddelande", self.page_url("new"))] if request.user.has_perm(announcements.CHANGE) else []

    @admin.display(description="läge")
    def state(self, one: Announcement) -> SafeString:
        """Before, during or after its time."""
        now = timezone.now()
        if one.ended_at or one.ends_at <= now:
            return badge("Tidigare")
        return badge("Visas nu", "success") if one.starts_at <= now else badge("Planerat", "info")

    def heading(self, obj: Announcement | None) -> str:
        """The room's name: the text may be long."""
        return "Driftmeddelande"

    def details(self, request: HttpRequest, obj: Announcement) -> dict[str, Any]:
        """How it looks, and the buttons."""
        may = request.user.has_perm(announcements.CHANGE)
        is_over = obj.ended_at is not None or obj.ends_at <= timezone.now()
        return {
            "end_url": self.page_url("end", obj.pk) if may and not is_over else "",
            "is_planned": obj.starts_at > timezone.now(),
            "again_url": f"{self.page_url('new')}?fran={obj.pk}" if may else "",
        }

    def new(self, request: HttpRequest) -> HttpResponse:
        """Fill in, see how it looks, save; `gor` says which."""
        asked = self.require(request, announcements.CHANGE)
        if request.method != "POST":
            return self._form(request, AnnouncementForm(initial=self._initial(request)), None)
        form = AnnouncementForm(request.POST)
        if not form.is_valid():
            return self._form(request, form, None)
        if request.POST.get("gor") != "spara":
            return self._form(request, form, Announcement(text=form.cleaned_data["text"], tone=form.cleaned_data["tone"]))
        try:
            made = announcements.create_announcement(by=asked.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error("text", refusal.reason)
            return self._form(request, form, None)
        messages.success(request, "Driftmeddelandet är sparat.")
        return HttpResponseRedirect(self.object_url(made))

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Avsluta nu."""
        asked, found = self.require(request, announcements.CHANGE), self.find(request, object_id)
        change = partial(announcements.end_announcement, announcement=found, by=asked.user, at=timezone.now())
        return self.perform(request, change, done="Driftmeddelandet visas inte längre.", back=self.object_url(found))

    def _initial(self, request: HttpRequest) -> dict[str, Any]:
        """The next hour; the words of another where one begins from it (`fran`)."""
        now = timezone.localtime().replace(second=0, microsecond=0)
        initial: dict[str, Any] = {"tone": "info", "audience": "all", "starts_at": now, "ends_at": now + timedelta(hours=1)}
        before = request.GET.get("fran", "")
        if before.isdecimal() and len(before) < 12:
            found = Announcement.objects.visible_to(request.user).filter(pk=int(before))
            initial |= found.values("text", "tone", "audience").first() or {}
        return initial

    def _form(self, request: HttpRequest, form: AnnouncementForm, shown: Announcement | None) -> HttpResponse:
        context = {"form": form, "shown": shown, "heading": "Nytt driftmeddelande"}
        return self.show(request, "admin/messaging/announcement_new.html", None, context)
