"""The privacy notice in the admin: write a version, see what changes, have it published by another, and who has accepted it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts import notice, notice_text
from accounts.access import NotAllowed
from accounts.admin_site import WAITING, FigureGroup, PortalAdmin, Section, badge, number, portal_admin, waiting_figure
from accounts.models import NoticeAcceptance, NoticeText, User
from accounts.step_up import needs_step_up

State = NoticeText.State
BACK = "admin:accounts_noticetext_change"
PER_PAGE = 100
TONES = {State.DRAFT: "neutral", State.WAITING: "warning", State.PUBLISHED: "success", State.DISCARDED: "neutral"}
STALE = "Formuläret kunde inte tas emot. Ladda om sidan och försök igen."


class NoticeForm(forms.Form):
    """The words of a version, and from when."""

    body = forms.CharField(
        label="Text",
        max_length=notice.BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 24}),
        help_text="Skilj stycken åt med en tom rad. En rad som börjar med ## är en rubrik, rader som börjar med - är en lista.",
        error_messages={"required": "Skriv texten.", "max_length": f"Texten får vara högst {notice.BODY_LENGTH} tecken."},
    )
    what_changed = forms.CharField(
        label="Vad som är ändrat",
        max_length=notice.CHANGED_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Visas för den som har godkänt den förra versionen.",
        error_messages={"required": "Skriv vad som är ändrat.", "max_length": f"Högst {notice.CHANGED_LENGTH} tecken."},
    )
    publishes_on = forms.DateField(
        label="Gäller från",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Skriv en dag.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD, till exempel 2026-12-08."},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)


@admin.register(NoticeText, site=portal_admin)
class NoticeTextAdmin(PortalAdmin):
    """The versions of the privacy notice."""

    section = Section.SETTINGS
    position = 135
    lead = "Texten om personuppgifter. När en ny version gäller läser och godkänner var och en den på nästa sida som de öppnar."
    makes_new = True
    list_display = ("name", "state_badge", "what_changed", "publishes_on", "created_by", "approved_by")
    list_select_related = ("created_by", "approved_by")
    ordering = ("-pk",)
    object_template = "admin/accounts/notice_text.html"
    hides_empty_facts = True
    facts = ("state_badge", "what_changed", "publishes_on", "publishes_at", "created_by", "changed_at", "approved_by", "accepted")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Write one, leave it for approval, publish it, throw it away."""
        form = require_http_methods(["GET", "HEAD", "POST"])
        return [
            ("skriv/", form(self.write), "write"),
            ("<int:object_id>/lamna/", require_POST(self.submit), "submit"),
            ("<int:object_id>/godkann/", require_POST(needs_step_up(back=BACK)(self.approve)), "approve"),
            ("<int:object_id>/kasta/", require_POST(self.discard), "discard"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """A new one, or the draft that there is."""
        return [("Skriv en ny version", self.page_url("write"))] if request.user.has_perm(notice.CHANGE) else []

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What waits for a second person."""
        waiting = self.get_queryset(request).filter(state=State.WAITING).exclude(created_by=request.user.pk).count()
        figure = waiting_figure(waiting, "integritetstext att godkänna", "integritetstexter att godkänna", self.list_url())
        return [FigureGroup(WAITING, [figure])] if waiting else []

    @admin.display(description="version", ordering="version")
    def name(self, text: NoticeText) -> str:
        """Its number, where it has one."""
        return str(text.version or "Ny")

    @admin.display(description="läge", ordering="state")
    def state_badge(self, text: NoticeText) -> SafeString:
        """Where it stands."""
        if text.publishes_at and text.publishes_at > timezone.now():
            return badge("Publiceras senare", "info")
        return badge(text.get_state_display(), TONES[State(text.state)])

    @admin.display(description="godkänd av personer")
    def accepted(self, text: NoticeText) -> str:
        """How many have accepted it, of those who have an account now."""
        if text.version is None:
            return ""
        count = NoticeAcceptance.objects.filter(version=text.version).count()
        return f"{number(count)} ({number(User.objects.filter(is_active=True).count())} har ett öppet konto)"

    def heading(self, obj: NoticeText | None) -> str:
        """Which version."""
        return f"Integritetstext, {str(obj).lower()}" if obj is not None else "Integritetstext"

    def details(self, request: HttpRequest, obj: NoticeText) -> dict[str, Any]:
        """The text, what it changes, the buttons, and who has accepted it."""
        user: Any = request.user
        body = obj.body or notice.shipped_body()
        before = notice.text_of((obj.version or notice.current_version(timezone.now()) + 1) - 1)
        rows = NoticeAcceptance.objects.filter(version=obj.version or 0).select_related("user").order_by("-at", "-pk")
        may_change, is_draft, is_waiting = user.has_perm(notice.CHANGE), obj.state == State.DRAFT, obj.state == State.WAITING
        may_approve = is_waiting and user.has_perm(notice.APPROVE) and obj.created_by_id != user.pk
        return {
            "text": notice_text.as_html(body),
            "changes": notice_text.changes(before.body, body) if obj.version != notice.NOTICE_VERSION else [],
            "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("sida")),
            "is_writer": obj.created_by_id == user.pk,
            "seen": obj.changed_at.isoformat(),
            "write_url": self.page_url("write") if may_change and is_draft else "",
            "submit_url": self.page_url("submit", obj.pk) if may_change and is_draft else "",
            "approve_url": self.page_url("approve", obj.pk) if may_approve else "",
            "discard_url": self.page_url("discard", obj.pk) if may_change and (is_draft or is_waiting) else "",
        }

    def write(self, request: HttpRequest) -> HttpResponse:
        """The form of the draft: the text in force to begin from, or the draft that there is; `gor` previews or saves."""
        asked, now = self.require(request, notice.CHANGE), timezone.now()
        draft = notice.under_way()
        if draft is not None and draft.state == State.WAITING:
            messages.info(request, "En text väntar på godkännande. Den måste godkännas eller kastas innan en ny skrivs.")
            return HttpResponseRedirect(self.object_url(draft))
        before = notice.current(now)
        if request.method != "POST":
            return self._form(request, NoticeForm(initial=_initial(draft, before)), before, None)
        form = NoticeForm(request.POST)
        if not form.is_valid():
            return self._form(request, form, before, None)
        values = form.cleaned_data
        if request.POST.get("gor") != "spara":
            return self._form(request, form, before, values["body"])
        try:
            seen = _moment(values.pop("seen"))
            saved = notice.save_draft(draft=draft if seen else None, seen=seen, by=asked.user, at=now, **values)
        except NotAllowed as refusal:
            form.add_error("publishes_on" if "Dagen" in refusal.reason else None, refusal.reason)
            return self._form(request, form, before, None)
        messages.success(request, "Utkastet är sparat. Ingen annan ser det förrän det är publicerat.")
        return HttpResponseRedirect(self.object_url(saved))

    def _form(self, request: HttpRequest, form: NoticeForm, before: notice.Notice, body: str | None) -> HttpResponse:
        shown = {"text": notice_text.as_html(body), "changes": notice_text.changes(before.body, body)} if body else {}
        context = {"form": form, "before": before, "shown": shown, "heading": "Skriv en ny version", **shown}
        return self.show(request, "admin/accounts/notice_write.html", None, context)

    def submit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Lämna för godkännande."""
        asked, text = self.require(request, notice.CHANGE), self.find(request, object_id)

        def change() -> None:
            notice.submit(draft=text, seen=_moment(request.POST.get("seen", "")), by=asked.user, at=timezone.now())

        return self.perform(
            request, change, done="Texten väntar på att en annan person godkänner den.", back=self.object_url(text)
        )

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Godkänn och publicera."""
        asked, text = self.require(request, notice.APPROVE), self.find(request, object_id)
        change = partial(notice.approve, text=text, by=asked.user, at=timezone.now())
        return self.perform(request, change, done="Texten är godkänd och gäller från sin dag.", back=self.object_url(text))

    def discard(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Kasta."""
        asked, text = self.require(request, notice.CHANGE), self.find(request, object_id)
        change = partial(notice.discard, text=text, by=asked.user, at=timezone.now())
        return self.perform(request, change, done="Texten är kastad.", back=self.object_url(text))


def _initial(draft: NoticeText | None, before: notice.Notice) -> dict[str, Any]:
    """The draft as it stands, else the text in force and tomorrow."""
    if draft is None:
        return {"body": before.body, "publishes_on": timezone.localdate() + timedelta(days=1)}
    kept = {"body": draft.body, "what_changed": draft.what_changed, "publishes_on": draft.publishes_on}
    return {**kept, "seen": draft.changed_at.isoformat()}


def _moment(text: str) -> datetime | None:
    """A point in time as a form carries it; None for none."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise NotAllowed(STALE) from None
    if found is not None and timezone.is_naive(found):
        raise NotAllowed(STALE)
    return found
