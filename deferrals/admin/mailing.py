"""Utskick: invite, remind, write to and extend for many units at once, with the exact list before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from accounts.admin_site import WAITING, FigureGroup, PortalAdmin, Section, badge, number, portal_admin, waiting_figure
from accounts.step_up import needs_step_up
from config.lib import uploads
from config.lib.mail import PortalMail
from config.lib.text import amount
from deferrals import reminding
from deferrals.admin.mailing_forms import FORMS, LIST_BYTES, MailingForm
from deferrals.mailing import planning, progress, services, states
from deferrals.mailing.planning import Planned
from deferrals.models import Mailing, MailingLine
from submissions.models import Collection, Submission
from submissions.services.collections import open_year

State, Kind, Line = Mailing.State, Mailing.Kind, MailingLine.State
BACK = "admin:deferrals_mailing_change"
PER_PAGE = 100
SHOWN_WRONG = 200
TONES = {
    State.DRAFT: "neutral",
    State.WAITING: "warning",
    State.QUEUED: "info",
    State.RUNNING: "info",
    State.DONE: "success",
    State.WITHDRAWN: "neutral",
}
LINE_TONES = {Line.WAITING: "neutral", Line.DONE: "success", Line.LEFT_OUT: "neutral", Line.FAILED: "error"}
PATHS = {"bjud-in": Kind.INVITE, "paminn": Kind.REMIND, "skriv": Kind.MESSAGE, "ge-mer-tid": Kind.EXTEND}
NAMES = {
    Kind.INVITE: "Bjud in många",
    Kind.REMIND: "Påminn enheter",
    Kind.MESSAGE: "Skriv till enheter",
    Kind.EXTEND: "Ge enheter mer tid",
}
LEADS = {
    Kind.INVITE: "Varje person får en inbjudan till sin enhet. Den som redan är där får ingen.",
    Kind.REMIND: "Enheter som SKR väntar på en fil från får en påminnelse om sin sista dag. De dagliga påminnelserna går ändå.",
    Kind.MESSAGE: "Varje enhet får ett eget ärende under Meddelanden.",
    Kind.EXTEND: "Varje enhet får samma nya sista dag, som om uppskov hade beviljats.",
}


class WaitingFilter(admin.SimpleListFilter):
    """Where it stands."""

    title = "läge"
    parameter_name = "lage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pagar", "Inte klara"), *((str(value), str(label)) for value, label in State.choices)]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Mailing]:
        if self.value() == "pagar":
            return queryset.unfinished()
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


@admin.register(Mailing, site=portal_admin)
class MailingAdmin(PortalAdmin):
    """What has been sent to many, and what is to be."""

    section = Section.MESSAGES
    position = 35
    lead = "Det som görs för många enheter på en gång. Listan över vem som får vad är färdig innan något skickas."
    empty_text = "Välj ovan vad många enheter ska få. Du ser vem som får vad innan något skickas."
    list_display = ("title", "audience_words", "state_badge", "n_lines", "created_by", "created_on")
    list_display_links = ("title",)
    list_filter = (WaitingFilter, "kind")
    list_select_related = ("created_by",)
    ordering = ("-created_at", "-pk")
    object_template = "admin/deferrals/mailing.html"
    hides_empty_facts = True
    unread_word = "väntar på ditt godkännande"
    facts = (
        "kind",
        "state_badge",
        "audience_words",
        "new_date",
        "created_by",
        "created_at",
        "approved_by",
        "approved_at",
        "runs_at",
        "ended_by",
        "ended_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailing]:
        """With how many get it."""
        gets_it = ~Q(lines__state=Line.LEFT_OUT)
        rows = super().get_queryset(request).select_related("created_by", "approved_by", "ended_by", "collection")
        return rows.annotate(count=Count("lines", filter=gets_it))

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Make one of a kind; send, approve and stop it."""
        new = uploads.at_most(LIST_BYTES)(require_http_methods(["GET", "HEAD", "POST"])(self.new))
        return [
            ("nytt/<slug:what>/", new, "new"),
            ("<int:object_id>/skicka/", require_POST(needs_step_up(back=BACK)(self.submit)), "submit"),
            ("<int:object_id>/godkann/", require_POST(needs_step_up(back=BACK)(self.approve)), "approve"),
            ("<int:object_id>/stoppa/", require_POST(self.withdraw), "withdraw"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """One for each kind."""
        if not request.user.has_perm(states.SEND):
            return []
        return [(NAMES[kind], self.page_url("new", path)) for path, kind in PATHS.items()]

    def unread(self, request: HttpRequest) -> int:
        """Those that wait for this person's approval."""
        return self._to_approve(request).count()

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What waits for a second person."""
        count = self._to_approve(request).count()
        url = self.list_url(lage=State.WAITING)
        return [FigureGroup(WAITING, [waiting_figure(count, "utskick att godkänna", "utskick att godkänna", url)])]

    def _to_approve(self, request: HttpRequest) -> QuerySet[Mailing]:
        return Mailing.objects.visible_to(request.user).filter(state=State.WAITING).exclude(created_by=request.user.pk)

    @admin.display(description="utskick", ordering="kind")
    def title(self, mailing: Mailing) -> str:
        """What it is."""
        return f"{mailing.get_kind_display()}: {mailing.subject}" if mailing.subject else mailing.get_kind_display()

    @admin.display(description="läge", ordering="state")
    def state_badge(self, mailing: Mailing) -> SafeString:
        """Where it stands."""
        return badge(mailing.get_state_display(), TONES[State(mailing.state)])

    @admin.display(description="mottagare", ordering="count")
    def n_lines(self, mailing: Any) -> str:
        """How many get it."""
        return number(mailing.count)

    @admin.display(description="skapat", ordering="created_at")
    def created_on(self, mailing: Mailing) -> date:
        """The day only: the list is read across."""
        return timezone.localdate(mailing.created_at)

    # A new one -------------------------------------------------------------------------------------------------------

    def new(self, request: HttpRequest, what: str) -> HttpResponse:
        """The form; a right one makes a draft with its list, which is what is shown before anything is sent."""
        asked, kind = self.require(request, states.SEND), PATHS.get(what)
        if kind is None:
            raise Http404
        collection = open_year(timezone.localdate())
        if kind is not Kind.INVITE and collection is None:
            messages.info(request, "Ingen insamling är öppen, så det finns inga enheter att välja.")
            return HttpResponseRedirect(self.list_url())
        form = self._form(request, kind, collection)
        if request.method == "POST" and form.is_valid():
            try:
                made = self._made(form, kind, collection, asked)
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                return HttpResponseRedirect(self.object_url(made))
        wrong = getattr(form, "wrong", [])
        context = {
            "form": form,
            "heading": NAMES[kind],
            "lead_words": LEADS[kind],
            "collection": collection,
            "is_invite": kind is Kind.INVITE,
            "wrong": wrong[:SHOWN_WRONG],
            "more_wrong": max(0, len(wrong) - SHOWN_WRONG),
        }
        return self.show(request, "admin/deferrals/mailing_new.html", None, context)

    def _form(self, request: HttpRequest, kind: Mailing.Kind, collection: Collection | None) -> MailingForm:
        """As it was posted, or empty, or filled in as another mailing was (`fran`)."""
        options: dict[str, Any] = {} if kind is Kind.INVITE else {"collection": collection}
        if request.method == "POST":
            form = FORMS[kind](request.POST, request.FILES, **options)
            if uploads.was_too_large(request):
                form.add_error("file", "Filen är för stor. Dela upp den.")
            return form
        before = request.GET.get("fran", "")
        same = Mailing.objects.visible_to(request.user).filter(pk=int(before), kind=kind) if before.isdigit() else None
        if same is not None and len(before) < 12 and (found := same.first()):
            kept = {name: getattr(found, name) for name in FORMS[kind].content}
            options["initial"] = {**found.audience, **kept}
        return FORMS[kind](**options)

    def _made(
        self, form: MailingForm, kind: Mailing.Kind, collection: Collection | None, asked: UserRequest
    ) -> Mailing:  # fmt: skip
        values, at = form.cleaned_data, timezone.now()
        return services.create_mailing(
            kind=kind,
            collection=None if kind is Kind.INVITE else collection,
            audience={name: values[name] for name in form.audience},
            words=form.words,
            planned=_planned(form, kind, collection, asked),
            nonce=values["nonce"],
            by=asked.user,
            at=at,
            **{name: values[name] for name in form.content},
        )

    # Its own page ----------------------------------------------------------------------------------------------------

    def heading(self, obj: Mailing | None) -> str:
        """What it is; a page that makes one has its own."""
        return self.title(obj) if obj is not None else "Utskick"

    def details(self, request: HttpRequest, obj: Mailing) -> dict[str, Any]:
        """The list, how far it has come, and the buttons of those who may press them."""
        user = cast("UserRequest", request).user
        counts = dict(obj.lines.order_by().values_list("state").annotate(Count("pk")))
        shown = request.GET.get("visa", "")
        lines = obj.lines.select_related("unit").order_by("number", "pk")
        if shown in Line.values:
            lines = lines.filter(state=shown)
        page = Paginator(lines, PER_PAGE).get_page(request.GET.get("sida"))
        buttons = {
            "submit": states.can(states.check_can_submit, user, obj),
            "approve": states.can(states.check_can_approve, user, obj),
            "withdraw": states.can(states.check_can_withdraw, user, obj),
        }
        urls = {f"{verb}_url": self.page_url(verb, obj.pk) for verb, may in buttons.items() if may}
        path = next(path for path, kind in PATHS.items() if kind == obj.kind)
        going_on = progress.of_mailing(obj, counts, at=timezone.now())
        return {
            **urls,
            "going_on": [going_on] if going_on else [],
            "is_watched": going_on is not None,
            "outcome": f"utfall-utskick-{obj.pk}",
            "page": page,
            "rows": [(line, LINE_TONES[Line(line.state)]) for line in page],
            "shown": shown,
            "tabs": [
                ("", "Alla", sum(counts.values())),
                *((s.value, s.label, counts[s.value]) for s in Line if s.value in counts),
            ],
            "total": sum(count for state, count in counts.items() if state != Line.LEFT_OUT),
            "done": counts.get(Line.DONE, 0),
            "failed": counts.get(Line.FAILED, 0),
            "is_creator": obj.created_by_id == user.pk,
            "letter": letter_of(obj),
            "again_url": "" if obj.kind == Kind.INVITE else f"{self.page_url('new', path)}?fran={obj.pk}",
            "minutes": int(states.UNDO.total_seconds() // 60),
        }

    def submit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Skicka."""
        asked, mailing = self.require(request, states.SEND), self.find(request, object_id)
        done = "Utskicket väntar på att en annan samordnare godkänner det." if mailing.needs_second else QUEUED
        change = partial(services.submit_mailing, mailing=mailing, by=asked.user, at=timezone.now())
        return self.perform(request, change, done=done, back=self.object_url(mailing))

    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Godkänn."""
        asked, mailing = self.require(request, states.SEND), self.find(request, object_id)
        change = partial(services.approve_mailing, mailing=mailing, by=asked.user, at=timezone.now())
        return self.perform(request, change, done=QUEUED, back=self.object_url(mailing))

    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ångra, or stop what is left."""
        asked, mailing = self.require(request, states.SEND), self.find(request, object_id)
        try:
            gone = services.withdraw_mailing(mailing=mailing, by=asked.user, at=timezone.now())
        except NotAllowed as refusal:
            messages.error(request, refusal.reason)
        else:
            had = f"{amount(gone, 'mottagare', 'mottagare')} hade redan fått det." if gone else "Ingen fick det."
            messages.success(request, f"Utskicket är stoppat. {had}")
        return HttpResponseRedirect(self.object_url(mailing))


QUEUED = f"Utskicket går om {int(states.UNDO.total_seconds() // 60)} minuter. Till dess går det att ångra."


def _planned(form: Any, kind: Mailing.Kind, collection: Collection | None, asked: UserRequest) -> list[Planned]:
    """The list that the form asks for."""
    at, values = timezone.now(), form.cleaned_data
    if kind is Kind.INVITE or collection is None:
        return planning.for_invitations(form.lines)
    if kind is Kind.REMIND:
        return planning.for_reminder(form.found, collection)
    if kind is Kind.EXTEND:
        return planning.for_extension(form.found, day=values["new_date"], at=at)
    return planning.for_message(form.found, subject=values["subject"], text=values["text"], by=asked.user, at=at)


def letter_of(mailing: Mailing) -> dict[str, str]:
    """The mail or the message as the first who gets it will see it; nothing where nobody does."""
    line = mailing.lines.select_related("unit").exclude(state=Line.LEFT_OUT).order_by("number", "pk").first()
    if line is None or line.unit is None:
        return {}
    if mailing.kind == Kind.MESSAGE:
        return {"to": line.unit.name, "subject": line.subject, "body": line.text}
    unit: dict[str, Any] = {"unit": line.unit.name}
    if mailing.kind == Kind.INVITE:
        template, to = "accounts/invitation", line.email
        unit = {
            "inviter": str(mailing.created_by),
            "matter": f"{line.get_role_display()} i {line.unit.name}",
            "expires_at": timezone.now() + limits.INVITATION_LIFETIME,
        }
    elif mailing.kind == Kind.EXTEND:
        template, to = "deferrals/decided", line.unit.name
    else:
        one = Submission.objects.select_related("unit", "collection").get(collection=mailing.collection, unit=line.unit)
        reminder = reminding.by_hand(one, timezone.localdate(mailing.runs_at or timezone.now()))
        template, to = f"deferrals/reminder_{reminder}", line.unit.name
        unit |= {"year": one.collection.year, "due_date": one.due_date}
    mail = PortalMail(template, to="nobody@personalstatistik.example", context=unit)
    return {"to": to, "subject": str(mail.subject), "body": str(mail.body)}
