"""What the two lists of requests share: columns, order, the page's buttons and how a decision is made from a form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, F, Model, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.access import NotAllowed
from accounts.admin_site import WAITING, FigureGroup, Panel, PanelRow, PortalAdmin, badge, link, portal_admin, waiting_figure
from deferrals import due_dates, states
from deferrals.forms import PlainText, text_field
from deferrals.history import TONES, history_of
from deferrals.models import UnitRequest
from deferrals.services import NoWord
from profiles.models import Unit
from submissions.models import Submission

Status = UnitRequest.Status
DECIDE = "deferrals.decide_deferral"


class AnswerForm(PlainText, forms.Form):
    """A word to the unit, not needed."""

    text = text_field("Svar till enheten", rows=3)


class DeclineForm(PlainText, forms.Form):
    """A no, with the reason."""

    text = text_field("Varför det inte går", rows=3, required="Skriv varför det inte går.")


class RevokeForm(PlainText, forms.Form):
    """What was granted does not hold any longer, with the reason."""

    text = text_field("Varför beslutet upphävs", rows=3, required="Skriv varför beslutet upphävs.")


class RequestAdmin(PortalAdmin):
    """Requests of units that SKR decides."""

    list_filter = ("status", "reason", "submission__collection")
    search_fields = ("submission__unit__name", "submission__unit__names__name", "submission__unit__code__startswith")
    search_help_text = "Sök enhet eller kod"
    list_select_related = ("submission__unit", "submission__collection", "requested_by", "decided_by", "ended_by")
    hides_empty_facts = True
    unread_word = "väntar på beslut"
    waiting_labels = ("", "")  # of the figure on the front page: for one and for several
    panel_title = ""
    panel_empty = ""

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Those that wait, the oldest question first; then the others, the latest first."""
        waits = Case(When(status=Status.REQUESTED, then=F("requested_at")))
        return (waits.asc(nulls_last=True), "-requested_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With everything the list and the page name."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="enhet", ordering="submission__unit__sort_key")
    def unit(self, asked: UnitRequest) -> str:
        """Whom it is about."""
        return str(asked.submission.unit)

    @admin.display(description="enhet")
    def unit_link(self, asked: UnitRequest) -> SafeString:
        """The unit, as a link."""
        return link(portal_admin.object_url(asked.submission.unit), asked.submission.unit)

    @admin.display(description="inlämning")
    def submission_link(self, asked: UnitRequest) -> SafeString:
        """The submission, as a link."""
        submission = asked.submission
        return link(
            portal_admin.object_url(submission), f"{submission.collection}, {submission.get_status_display().lower()}"
        )  # fmt: skip

    @admin.display(description="nuvarande sista dag")
    def present_date(self, asked: UnitRequest) -> str:
        """The last day as it stands."""
        return asked.submission.due_date.isoformat()

    @admin.display(description="status", ordering="status")
    def state(self, asked: UnitRequest) -> SafeString:
        """Where the request stands."""
        return badge(asked.get_status_display(), TONES[Status(asked.status)])

    @admin.display(description="beslutad av", ordering="decided_by__name")
    def decider(self, asked: UnitRequest) -> str:
        """Who answered: a person, or the collection's rule."""
        if asked.decided_at and asked.decided_by is None:
            return "SKR:s regel"
        return str(asked.decided_by) if asked.decided_by else "–"

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """Requests that wait for a decision."""
        waiting = self.get_queryset(request).filter(status=Status.REQUESTED).count()
        url = self.list_url(status__exact=Status.REQUESTED)
        return [FigureGroup(WAITING, [waiting_figure(waiting, *self.waiting_labels, url)])]

    def unread(self, request: HttpRequest) -> int:
        """Requests that wait, for those who decide them."""
        return self.get_queryset(request).filter(status=Status.REQUESTED).count() if request.user.has_perm(DECIDE) else 0

    @abstractmethod
    def panel_text(self, asked: Any) -> str:
        """One request as a line on another page."""

    def panel_action(self, request: HttpRequest, obj: Model) -> tuple[str, str] | None:
        """The button beside the panel's heading."""
        return None

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The requests of the submission or unit that the page is about."""
        rows = self.get_queryset(request).order_by("-requested_at", "-pk")
        if isinstance(obj, Submission):
            rows = rows.filter(submission=obj)
        elif isinstance(obj, Unit):
            rows = rows.filter(submission__unit=obj)
        else:
            return []
        lines = [
            PanelRow(self.panel_text(one), self.object_url(one), one.get_reason_display(), self.state(one)) for one in rows[:10]
        ]
        return [Panel(self.panel_title, lines, self.panel_empty, action=self.panel_action(request, obj))]

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The forms where the person may answer, and everything that was asked about the submission."""
        today, user = timezone.localdate(), request.user
        submission = due_dates.with_requests(Submission.objects.filter(pk=obj.submission_id)).get()
        return {
            "submission": submission,
            "may_decide": states.can_decide(user, obj),  # type: ignore[arg-type]
            "may_revoke": states.can_revoke(user, obj, today),  # type: ignore[arg-type]
            "is_waiting": obj.is_waiting,
            "history": history_of(submission),
            "decline_form": DeclineForm(prefix="nej"),
            "revoke_form": RevokeForm(prefix="upphav"),
            "grant_url": self.page_url("grant", obj.pk),
            "decline_url": self.page_url("decline", obj.pk),
            "revoke_url": self.page_url("revoke", obj.pk),
        }

    def answer(
        self, request: HttpRequest, asked: UnitRequest, form: forms.Form, name: str, service: Callable[[], None], done: str, *,
        field: str = "text",
    ) -> HttpResponse:  # fmt: skip
        """Decide by a filled-in form. What stands in its way is told at `field`, and on the page where the request has moved."""
        user: Any = request.user
        if form.is_valid():
            try:
                service()
            except NotAllowed as refusal:
                asked.refresh_from_db()
                today = timezone.localdate()
                is_open = states.can_revoke(user, asked, today) if name == "revoke_form" else states.can_decide(user, asked)
                if not is_open:
                    messages.error(request, refusal.reason)
                    return HttpResponseRedirect(self.object_url(asked))
                form.add_error("text" if isinstance(refusal, NoWord) else field, refusal.reason)
            else:
                messages.success(request, done)
                return HttpResponseRedirect(self.object_url(asked))
        return self.object_page(request, asked, **{name: form})
