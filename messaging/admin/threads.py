"""The matters between units and SKR: the list to work from, and one as a conversation with what SKR decides about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import NotAllowed
from accounts.admin_site import (
    WAITING,
    FigureGroup,
    Panel,
    PanelRow,
    PortalAdmin,
    Section,
    badge,
    link,
    number,
    portal_admin,
    waiting_figure,
)
from config.lib import personnummer, uploads
from messaging import services
from messaging.admin.conversation import lines_of, readers_of
from messaging.admin.filters import (
    STATUS_TONES,
    STATUS_WORDS,
    AssigneeFilter,
    CountyFilter,
    SnoozedFilter,
    ThreadStateFilter,
    YearFilter,
)
from messaging.admin.forms import AnswerForm, AssignForm, NoteForm, SnoozeForm, StartForm
from messaging.admin.questions import QuestionPages
from messaging.drafting import answer_to_draft, is_draft
from messaging.models import Thread
from messaging.search import LOOKED_THROUGH, find
from messaging.services.drafts import place_of
from messaging.services.threads import WrittenMeanwhile
from profiles.models import Unit

FormWithTemplate = TypeVar("FormWithTemplate", AnswerForm, StartForm)
LIST_KEPT = "threads_list"  # in the session: how the list was filtered when it was last seen
FORM = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Thread, site=portal_admin)
class ThreadAdmin(QuestionPages, PortalAdmin):
    """The matters between units and SKR."""

    section = Section.MESSAGES
    position = 30
    lead = "Ärenden mellan enheterna och SKR. Personnummer ska skrivas här och aldrig i e-post."
    makes_new = True
    empty_text = "Här syns det som enheterna skriver till SKR. Välj en enhet för att skriva till den."
    list_display = ("title", "unit", "category", "state", "handler", "latest")
    list_display_links = ("title",)
    list_filter = (ThreadStateFilter, AssigneeFilter, SnoozedFilter, "category", "unit__kind", CountyFilter, YearFilter)
    search_fields = ("subject", "unit__name", "unit__names__name", "unit__code__startswith")
    search_help_text = "Sök ämne, enhet, kod, person, ärendets nummer eller ord i texten"
    list_select_related = ("unit", "assignee")
    ordering = ("-last_message_at", "-pk")
    object_template = "admin/messaging/thread.html"

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Start a thread or send questions, answer, and what SKR decides about a thread."""
        return [
            ("fragor/", FORM(self.questions), "questions"),
            ("skriv/<str:code>/", FORM(self.start), "start"),
            ("<int:thread_id>/svara/", require_POST(self.reply), "reply"),
            ("<int:thread_id>/avsluta/", require_POST(self.close), "close"),
            ("<int:thread_id>/oppna/", require_POST(self.reopen), "reopen"),
            ("<int:thread_id>/handlaggare/", require_POST(self.assign), "assign"),
            ("<int:thread_id>/vila/", require_POST(self.snooze), "snooze"),
            ("<int:thread_id>/anteckning/", require_POST(self.note), "note"),
        ]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        """With whether this person has read each."""
        unread = Thread.objects.unread_by(request.user).filter(pk=OuterRef("pk"))  # type: ignore[arg-type]
        return super().get_queryset(request).select_related("unit", "assignee").annotate(is_unread=Exists(unread))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By what stands in clear and by what is said; a personnummer is not looked for here, since the words stand in the address."""
        if personnummer.LOOKS_LIKE.search(search_term):
            messages.warning(
                request, "Sök inte på personnummer: orden i sökningen syns i webbläsarens adress. Sök på ämne eller enhet."
            )
            return queryset.none(), False
        found = find(queryset, search_term)
        if not found.read_all:
            messages.info(
                request, f"I texterna söktes de {number(LOOKED_THROUGH)} senaste meddelandena. Välj filter för att nå äldre."
            )
        return found.threads, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; how it is filtered is kept for the way back from a thread."""
        kept = request.GET.urlencode()
        searches_number = personnummer.LOOKS_LIKE.search(request.GET.get("q", ""))
        if len(kept) < 500 and not searches_number and request.session.get(LIST_KEPT, "") != kept:
            request.session[LIST_KEPT] = kept
        return super().changelist_view(request, extra_context)

    def show(self, request: HttpRequest, template: str, obj: Any, context: Any) -> HttpResponse:
        """A page about a thread; back leads to the list as it was filtered."""
        kept = request.session.get(LIST_KEPT, "")
        back = f"{self.list_url()}?{kept}" if kept else self.list_url()
        return super().show(request, template, obj, {"back": back, **context})

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Questions to many."""
        if not request.user.has_perm("messaging.answer_thread"):
            return []
        return [("Ställ frågor till enheter", self.page_url("questions"))]

    @admin.display(description="ämne", ordering="subject")
    def title(self, thread: Any) -> SafeString:
        """The subject, with a mark on what one has not read."""
        mark = badge("Oläst", "brand") if thread.is_unread else ""
        return format_html('<span class="admin-subject{}">{}</span> {}', " is-unread" if mark else "", thread.subject, mark)

    @admin.display(description="läge", ordering="status")
    def state(self, thread: Thread) -> SafeString:
        """Who has the ball, seen from SKR; and until when it is put off."""
        status = Thread.Status(thread.status)
        shown = badge(STATUS_WORDS[status], STATUS_TONES[status])
        if thread.snoozed_until and thread.snoozed_until > timezone.localdate():
            rests = badge(f"Vilar till {thread.snoozed_until:%Y-%m-%d}")
            return format_html('<span class="admin-badges">{} {}</span>', shown, rests)
        return shown

    @admin.display(description="handläggare", ordering="assignee__name")
    def handler(self, thread: Thread) -> str:
        """Who at SKR has it."""
        return str(thread.assignee) if thread.assignee else "–"

    @admin.display(description="senast", ordering="last_message_at")
    def latest(self, thread: Thread) -> SafeString:
        """When somebody last wrote, and which side."""
        side, at = "SKR" if thread.last_message_from_staff else "enheten", timezone.localtime(thread.last_message_at)
        return format_html('<span class="nowrap">{}</span> {} från {}', f"{at:%Y-%m-%d}", f"{at:%H:%M}", side)

    def unread(self, request: HttpRequest) -> int:
        """Threads with something new for this person."""
        return Thread.objects.visible_to(request.user).unread_by(request.user).count()  # type: ignore[arg-type]

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What waits for an answer, what one has taken on, and what one has not read."""
        visible = Thread.objects.visible_to(request.user)
        to_answer = visible.filter(status=Thread.Status.WAITING_SKR).awake(timezone.localdate())
        waiting, mine, unread = to_answer.count(), to_answer.filter(assignee=request.user.pk).count(), self.unread(request)
        asked = {"lage": str(Thread.Status.WAITING_SKR), "vilar": "nej"}
        figures = [
            waiting_figure(waiting, "ärende att svara på", "ärenden att svara på", self.list_url(**asked)),
            waiting_figure(mine, "av ärendena är ditt", "av ärendena är dina", self.list_url(**asked, handlaggare="mina")),
            waiting_figure(unread, "ärende med något oläst", "ärenden med något oläst", self.list_url(lage="olasta"), "info"),
        ]
        return [FigureGroup(WAITING, figures)]

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The threads of the unit that the page is about."""
        unit = obj if isinstance(obj, Unit) else getattr(obj, "unit", None)
        if not isinstance(unit, Unit):
            return []
        threads = self.get_queryset(request).filter(unit=unit).order_by("-last_message_at", "-pk")
        if isinstance(obj, Thread):
            threads = threads.exclude(pk=obj.pk)
        rows = [
            PanelRow(
                one.subject,
                self.object_url(one),
                f"{one.get_category_display()} · {timezone.localtime(one.last_message_at):%Y-%m-%d}",
                self.state(one),
            )
            for one in threads[:10]
        ]
        may_write = request.user.has_perm("messaging.answer_thread")
        write = ("Skriv till enheten", self.page_url("start", unit.code)) if may_write else None
        title, empty = (
            ("Enhetens andra ärenden", "Inga andra ärenden.") if isinstance(obj, Thread) else ("Meddelanden", "Inga ärenden.")
        )
        return [Panel(title, rows, empty, self.list_url(q=unit.code), write)]

    # One thread

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The conversation; opening it is reading it."""
        thread = self.find(request, object_id)
        services.mark_read(thread=thread, by=request.user)  # type: ignore[arg-type]
        return self.object_page(request, thread)

    def details(self, request: HttpRequest, obj: Thread) -> dict[str, Any]:
        """The conversation with its texts opened, and the forms."""
        lines = lines_of(obj)
        asked = services.asked_in(obj)
        draft = services.kept_draft(place=place_of(obj), by=request.user)  # type: ignore[arg-type]
        today = timezone.localdate()
        return {
            "lines": lines,
            "last": max((line.key for line in lines if line.what == "message"), default=0),
            "asked": asked,
            "asked_left": sum(not one.is_ticked for one in asked),
            "readers": readers_of(obj),
            "unit_link": link(portal_admin.object_url(obj.unit), obj.unit),
            "status_badge": self.state(obj),
            "is_done": obj.status == Thread.Status.DONE,
            "is_resting": bool(obj.snoozed_until and obj.snoozed_until > today),
            "is_mine": obj.assignee_id == request.user.pk,
            "may_answer": request.user.has_perm("messaging.answer_thread"),
            "has_templates": bool(services.active_templates()),
            "form": AnswerForm(address=self.page_url("reply", obj.pk), initial=dict(draft.values) if draft else {}),
            "draft": draft,
            "note_form": NoteForm(),
            "assign_form": AssignForm(initial={"to": obj.assignee_id, "before": obj.assignee_id}),
            "snooze_form": SnoozeForm(),
            "urls": {verb: self.page_url(verb, obj.pk) for verb in ("reply", "close", "reopen", "assign", "snooze", "note")},
        }

    @uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
    def reply(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Answer, answer and close, or put a ready text in the box; a refused text comes back in its form."""
        asked = self.require(request, "messaging.answer_thread")
        thread, address = self.find(request, thread_id), self.page_url("reply", thread_id)
        form = AnswerForm.of(request, address=address)
        if is_draft(asked):
            return answer_to_draft(
                asked,
                place=place_of(thread),
                fields=("text",),
                thread=thread,
                again=lambda: self.object_page(request, thread, form=form),
                back=self.object_url(thread),
            )
        if request.POST.get("gor") == "mall":
            return self.object_page(request, thread, form=self.with_template(request, form, thread.unit, address))
        closes = request.POST.get("gor") == "stang"
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in ("text", "nonce", "attached")}
            fill = services.filler(by=asked.user, at=timezone.now())  # a place that was typed by hand, too
            values["text"] = fill(thread.unit, values["text"])
            try:
                services.reply(
                    thread=thread, by=asked.user, at=timezone.now(), closes=closes, seen=number_in(request, "sett"), **values
                )
            except WrittenMeanwhile as refusal:
                form.refuse(refusal)
                thread.refresh_from_db()
                services.mark_read(thread=thread, by=asked.user)
            except NotAllowed as refusal:
                form.refuse(refusal)
            else:
                done = "Svaret är skickat till enheten, och ärendet är klart." if closes else "Svaret är skickat till enheten."
                messages.success(request, done)
                return HttpResponseRedirect(self.object_url(thread))
        return self.object_page(request, thread, form=form)

    def with_template(self, request: HttpRequest, form: FormWithTemplate, unit: Unit, address: str) -> FormWithTemplate:
        """The form as it was typed, with the chosen ready text filled in for the unit after it. Nothing is sent."""
        form.full_clean()
        chosen = form.cleaned_data.get("template")
        typed = {name: value for name, value in form.data.items() if name in form.fields}
        if chosen is None:
            messages.info(request, "Välj en mall först.")
            return type(form)(address=address, initial=typed)
        fill = services.filler(by=request.user, at=timezone.now())  # type: ignore[arg-type]
        typed["text"] = "\n\n".join(filter(None, [typed.get("text", "").strip(), fill(unit, chosen.text)]))
        if "subject" in form.fields and not typed.get("subject", "").strip():
            typed["subject"] = fill(unit, chosen.subject)
            typed["category"] = chosen.category or typed.get("category", "")
        if form.files:
            messages.info(request, "Mallen är insatt. Välj bilagorna igen, de följde inte med.")
        return type(form)(address=address, initial=typed)

    def close(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Mark the thread as done."""
        asked, thread = self.require(request, "messaging.answer_thread"), self.find(request, thread_id)
        seen = number_in(request, "sett")
        return self.perform(
            request,
            lambda: services.close_thread(thread=thread, by=asked.user, at=timezone.now(), seen=seen),
            done="Ärendet är klart. Ett nytt svar öppnar det igen.",
            back=self.object_url(thread),
        )

    def reopen(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Open a thread that was done."""
        asked, thread = self.require(request, "messaging.answer_thread"), self.find(request, thread_id)
        return self.perform(
            request,
            lambda: services.reopen_thread(thread=thread, by=asked.user, at=timezone.now()),
            done="Ärendet är öppet igen och väntar på SKR.",
            back=self.object_url(thread),
        )

    def assign(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Give the thread to somebody."""
        asked, thread, form = (
            self.require(request, "messaging.answer_thread"),
            self.find(request, thread_id),
            AssignForm(request.POST),
        )
        if not form.is_valid():
            return self.object_page(request, thread, assign_form=form)
        to, before = form.cleaned_data["to"], form.cleaned_data["before"]
        return self.perform(
            request,
            lambda: services.assign(thread=thread, to=to, before=before, by=asked.user, at=timezone.now()),
            done=f"{to} har ärendet nu." if to else "Ingen har ärendet nu.",
            back=self.object_url(thread),
        )

    def snooze(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Put the thread off until a day, or take it up again."""
        asked, thread = self.require(request, "messaging.answer_thread"), self.find(request, thread_id)
        until = None
        if request.POST.get("gor") != "vack":
            form = SnoozeForm(request.POST)
            if form.is_valid():
                until, seen = form.cleaned_data["until"], number_in(request, "sett")
                try:
                    services.snooze(thread=thread, until=until, seen=seen, by=asked.user, at=timezone.now())
                except NotAllowed as refusal:
                    form.add_error("until", refusal.reason)
            if form.errors:
                return self.object_page(request, thread, snooze_form=form)
            messages.success(request, f"Ärendet vilar till {until:%Y-%m-%d}. Det kommer tillbaka tidigare om enheten skriver.")
            return HttpResponseRedirect(self.object_url(thread))
        return self.perform(
            request,
            lambda: services.snooze(thread=thread, until=None, seen=None, by=asked.user, at=timezone.now()),
            done="Ärendet är framme igen.",
            back=self.object_url(thread),
        )

    def note(self, request: HttpRequest, thread_id: int) -> HttpResponse:
        """Note something that the unit never sees."""
        asked, thread, form = (
            self.require(request, "messaging.answer_thread"),
            self.find(request, thread_id),
            NoteForm(request.POST),
        )
        if form.is_valid():
            text, nonce = form.cleaned_data["note"], form.cleaned_data["nonce"]
            try:
                services.add_note(thread=thread, text=text, by=asked.user, at=timezone.now(), nonce=nonce)
            except NotAllowed as refusal:
                form.add_error("note", refusal.reason)
            else:
                messages.success(request, "Anteckningen är sparad. Enheten ser den inte.")
                return HttpResponseRedirect(self.object_url(thread))
        return self.object_page(request, thread, note_form=form)

    @uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
    def start(self, request: HttpRequest, code: str) -> HttpResponse:
        """A new thread to a unit."""
        asked = self.require(request, "messaging.answer_thread")
        unit = Unit.objects.visible_to(asked.user).filter(code=code).first()
        if unit is None:
            raise Http404
        address, place = self.page_url("start", unit.code), f"new/{unit.code}"
        draft = services.kept_draft(place=place, by=asked.user)
        form = StartForm.of(request, address=address, initial=dict(draft.values) if draft else {})
        if is_draft(asked):
            return answer_to_draft(
                asked,
                place=place,
                fields=("category", "subject", "text"),
                default={"category": Thread.Category.FILE},
                again=lambda: self._start_page(request, unit, form, draft),
            )
        if request.POST.get("gor") == "mall":
            form = self.with_template(request, form, unit, address)
        elif form.is_valid():
            values = {name: form.cleaned_data[name] for name in ("category", "subject", "text", "nonce", "attached")}
            fill = services.filler(by=asked.user, at=timezone.now())
            values |= {name: fill(unit, values[name]) for name in ("subject", "text")}
            try:
                thread = services.start_thread(unit=unit, by=asked.user, at=timezone.now(), draft=place, **values)
            except NotAllowed as refusal:
                form.refuse(refusal, at="subject" if "mne" in refusal.reason else None)
            else:
                messages.success(request, f"Meddelandet är skickat till {unit.name}.")
                return HttpResponseRedirect(self.object_url(thread))
        return self._start_page(request, unit, form, draft)

    def _start_page(self, request: HttpRequest, unit: Unit, form: StartForm, draft: services.Kept | None) -> HttpResponse:
        context = {
            "form": form,
            "draft": draft,
            "unit_url": portal_admin.object_url(unit),
            "has_templates": bool(services.active_templates()),
        }
        return self.show(request, "admin/messaging/start.html", unit, context)


def number_in(request: HttpRequest, name: str) -> int | None:
    """A key of a form; None for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
