"""Threads with the units, and the list of outgoing mail (never its text), in the admin."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Figure, FigureGroup, Panel, PanelRow, PortalAdmin, badge, link, portal_admin
from config.lib.line_breaks import note_line_break
from messaging import services
from messaging.models import OutgoingMail, Thread
from profiles.models import Unit

STATUS_TONES = {Thread.Status.WAITING_SKR: "warning", Thread.Status.WAITING_UNIT: "info", Thread.Status.DONE: "success"}
STATUS_WORDS = {
    Thread.Status.WAITING_SKR: "Väntar på SKR",
    Thread.Status.WAITING_UNIT: "Väntar på enheten",
    Thread.Status.DONE: "Klar",
}


class ReplyForm(forms.Form):
    """An answer in a thread."""

    text = forms.CharField(
        label="Svar",
        max_length=services.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Skriv ett meddelande."},
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class StartForm(ReplyForm):
    """A new thread to a unit."""

    category = forms.ChoiceField(label="Gäller", choices=Thread.Category.choices)
    subject = forms.CharField(
        label="Ämne",
        max_length=services.SUBJECT_LENGTH,
        validators=[note_line_break],
        error_messages={"required": "Skriv ett ämne."},
    )
    field_order = ["category", "subject", "text", "nonce"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = "Meddelande"


class ThreadStateFilter(admin.SimpleListFilter):
    """Who has the ball, in SKR's words, and what one has not read."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("olasta", "Olästa av mig"), *((str(value), word) for value, word in STATUS_WORDS.items())]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Thread]:
        if self.value() == "olasta":
            return queryset.unread_by(request.user)
        return queryset.filter(status=self.value()) if self.value() in STATUS_WORDS else queryset


@admin.register(Thread, site=portal_admin)
class ThreadAdmin(PortalAdmin):
    """The matters between units and SKR."""

    position = 30
    lead = "Ärenden mellan enheterna och SKR. Personnummer ska skrivas här och aldrig i e-post."
    list_display = ("subject", "unit", "category", "state", "last_message_at")
    list_filter = (ThreadStateFilter, "category", "unit__kind")
    search_fields = ("subject", "unit__name", "unit__code__startswith")
    search_help_text = "Sök ämne, enhet eller kod"
    list_select_related = ("unit",)
    ordering = ("-last_message_at", "-pk")
    object_template = "admin/messaging/thread.html"

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Start a thread to a unit, answer, and mark as done."""
        return [
            ("skriv/<str:code>/", require_http_methods(["GET", "HEAD", "POST"])(self.start), "start"),
            ("<int:thread_id>/svara/", require_POST(self.reply), "reply"),
            ("<int:thread_id>/avsluta/", require_POST(self.close), "close"),
        ]

    @admin.display(description="läge", ordering="status")
    def state(self, thread: Thread) -> SafeString:
        """Who has the ball, seen from SKR."""
        status = Thread.Status(thread.status)
        return badge(STATUS_WORDS[status], STATUS_TONES[status])

    def unread(self, request: HttpRequest) -> int:
        """Threads with something new for this person."""
        return Thread.objects.visible_to(request.user).unread_by(request.user).count()  # type: ignore[arg-type]

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What waits for an answer and what one has not read."""
        waiting = Thread.objects.visible_to(request.user).filter(status=Thread.Status.WAITING_SKR).count()
        unread = self.unread(request)
        figures = [
            Figure(waiting, "ärenden att svara på", self.list_url(lage=Thread.Status.WAITING_SKR), "warning" if waiting else ""),
            Figure(unread, "meddelanden du inte läst", self.list_url(lage="olasta"), "info" if unread else ""),
        ]
        return [FigureGroup("Väntar på SKR", figures)]

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The threads of the unit that the page is about."""
        unit = obj if isinstance(obj, Unit) else getattr(obj, "unit", None)
        if not isinstance(unit, Unit) or isinstance(obj, Thread):
            return []
        threads = self.get_queryset(request).filter(unit=unit).order_by("-last_message_at", "-pk")[:10]
        rows = [
            PanelRow(
                one.subject,
                self.object_url(one),
                f"{one.get_category_display()} · {timezone.localtime(one.last_message_at):%Y-%m-%d}",
                self.state(one),
            )
            for one in threads
        ]
        write = (
            ("Skriv till enheten", self.page_url("start", unit.code))
            if request.user.has_perm("messaging.answer_thread")
            else None
        )
        return [Panel("Meddelanden", rows, "Inga ärenden.", self.list_url(q=unit.code), write)]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The conversation; opening it is reading it."""
        thread = self.find(request, object_id)
        services.mark_read(thread=thread, by=request.user)  # type: ignore[arg-type]
        return self.object_page(request, thread)

    def details(self, request: HttpRequest, obj: Thread) -> dict[str, Any]:
        """The messages with their texts opened, and the form."""
        posts = obj.messages.select_related("author", "thread").order_by("created_at", "pk")
        return {
            "posts": [{"message": post, "text": services.read_text(post)} for post in posts],
            "unit_link": link(portal_admin.object_url(obj.unit), obj.unit),
            "status_badge": self.state(obj),
            "is_done": obj.status == Thread.Status.DONE,
            "may_answer": request.user.has_perm("messaging.answer_thread"),
            "form": ReplyForm(),
            "reply_url": self.page_url("reply", obj.pk),
            "close_url": self.page_url("close", obj.pk),
        }

    def reply(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Answer; a refused text comes back in its form."""
        asked = self.require(request, "messaging.answer_thread")
        thread = self.find(request, thread_id)
        form = ReplyForm(request.POST)
        if form.is_valid():
            try:
                services.reply(
                    thread=thread,
                    text=form.cleaned_data["text"],
                    by=asked.user,
                    at=timezone.now(),
                    nonce=form.cleaned_data["nonce"],
                )
            except NotAllowed as refusal:
                form.add_error("text", refusal.reason)
            else:
                messages.success(request, "Svaret är skickat till enheten.")
                return HttpResponseRedirect(self.object_url(thread))
        return self.object_page(request, thread, form=form)

    def close(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Mark the thread as done."""
        asked = self.require(request, "messaging.answer_thread")
        thread = self.find(request, thread_id)
        return self.perform(
            request,
            lambda: services.close_thread(thread=thread, by=asked.user, at=timezone.now()),
            done="Ärendet är klart. Ett nytt svar öppnar det igen.",
            back=self.object_url(thread),
        )

    def start(self, request: HttpRequest, code: str) -> HttpResponse:
        """A new thread to a unit."""
        asked = self.require(request, "messaging.answer_thread")
        unit = Unit.objects.visible_to(asked.user).filter(code=code).first()
        if unit is None:
            raise Http404
        form = StartForm(request.POST or None)
        if form.is_valid():
            try:
                thread = services.start_thread(unit=unit, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error("subject" if "mne" in refusal.reason else "text", refusal.reason)
            else:
                messages.success(request, f"Meddelandet är skickat till {unit.name}.")
                return HttpResponseRedirect(self.object_url(thread))
        return self.show(request, "admin/messaging/start.html", unit, {"form": form, "unit_url": portal_admin.object_url(unit)})


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

    position = 92
    lead = "Vilka mejl portalen har skickat eller ska skicka. Texten visas inte."
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
