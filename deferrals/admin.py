"""Requests for a later date in the admin: those that wait first, and a page to grant or decline each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, F, Model, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Figure, FigureGroup, Panel, PanelRow, PortalAdmin, badge, link, portal_admin
from deferrals import services, states
from deferrals.models import Deferral
from profiles.models import Unit
from submissions.models import Submission

STATUS_TONES = {
    Deferral.Status.REQUESTED: "warning",
    Deferral.Status.GRANTED: "success",
    Deferral.Status.DECLINED: "error",
    Deferral.Status.WITHDRAWN: "neutral",
}


class GrantForm(forms.Form):
    """A yes: the date asked for or another, and a word to the unit."""

    granted_date = forms.DateField(
        label="Nytt sista datum",
        widget=forms.DateInput(attrs={"placeholder": "ÅÅÅÅ-MM-DD", "autocomplete": "off"}),
        error_messages={"required": "Skriv det nya datumet.", "invalid": "Skriv datumet som ÅÅÅÅ-MM-DD."},
    )
    answer = forms.CharField(
        label="Svar till enheten", required=False, max_length=services.TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )


class DeclineForm(forms.Form):
    """A no, with the reason."""

    answer = forms.CharField(
        label="Varför uppskov inte ges",
        max_length=services.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför det inte går att ge uppskov."},
    )


@admin.register(Deferral, site=portal_admin)
class DeferralAdmin(PortalAdmin):
    """Uppskov: what is asked for and what was decided."""

    position = 20
    lead = "Begäran om senare datum. De som väntar på beslut står först."
    list_display = ("unit", "state", "requested_date", "reason", "requested_at", "granted_date", "decided_by")
    list_filter = ("status", "reason", "submission__collection")
    search_fields = ("submission__unit__name", "submission__unit__code__startswith")
    search_help_text = "Sök enhet eller kod"
    list_select_related = ("submission__unit", "submission__collection", "requested_by", "decided_by")
    object_template = "admin/deferrals/deferral.html"
    hides_empty_facts = True
    facts = (
        "unit_link", "submission_link", "state", "requested_date", "present_date", "reason", "text", "requested_by", "requested_at",
        "granted_date", "answer", "decided_by", "decided_at",
    )  # fmt: skip

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Those that wait, the oldest question first; then the others, the latest first."""
        waits = Case(When(status=Deferral.Status.REQUESTED, then=F("requested_at")))
        return (waits.asc(nulls_last=True), "-requested_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deferral]:
        """With everything the list and the page name."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """The two answers."""
        return [
            ("<int:deferral_id>/bevilja/", require_POST(self.grant), "grant"),
            ("<int:deferral_id>/avsla/", require_POST(self.decline), "decline"),
        ]

    @admin.display(description="enhet", ordering="submission__unit__sort_key")
    def unit(self, deferral: Deferral) -> str:
        """Who asks."""
        return str(deferral.submission.unit)

    @admin.display(description="enhet")
    def unit_link(self, deferral: Deferral) -> SafeString:
        """The unit, as a link."""
        return link(portal_admin.object_url(deferral.submission.unit), deferral.submission.unit)

    @admin.display(description="inlämning")
    def submission_link(self, deferral: Deferral) -> SafeString:
        """The submission, as a link."""
        return link(
            portal_admin.object_url(deferral.submission),
            f"{deferral.submission.collection}, {deferral.submission.get_status_display().lower()}",
        )

    @admin.display(description="nuvarande sista dag")
    def present_date(self, deferral: Deferral) -> str:
        """The last day as it stands."""
        return deferral.submission.due_date.isoformat()

    @admin.display(description="status", ordering="status")
    def state(self, deferral: Deferral) -> SafeString:
        """Where the request stands."""
        return badge(deferral.get_status_display(), STATUS_TONES[Deferral.Status(deferral.status)])

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """Requests that wait for a decision."""
        waiting = self.get_queryset(request).filter(status=Deferral.Status.REQUESTED).count()
        url = self.list_url(status__exact=Deferral.Status.REQUESTED)
        return [FigureGroup("Väntar på SKR", [Figure(waiting, "begäran om uppskov", url, "warning" if waiting else "")])]

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
            PanelRow(f"Till {one.requested_date}", self.object_url(one), one.get_reason_display(), self.state(one))
            for one in rows[:10]
        ]
        return [Panel("Uppskov", lines, "Inga begäran om uppskov.")]

    def details(self, request: HttpRequest, obj: Deferral) -> dict[str, Any]:
        """The two forms, where the request waits and the person decides."""
        window = states.window(obj.submission, timezone.localdate())
        return {
            "may_decide": states.can_decide(request.user, obj),  # type: ignore[arg-type]
            "is_waiting": obj.status == Deferral.Status.REQUESTED,
            "first_date": window[0] if window else None,
            "last_date": window[1] if window else None,
            "grant_form": GrantForm(prefix="ja", initial={"granted_date": obj.requested_date}),
            "decline_form": DeclineForm(prefix="nej"),
            "grant_url": self.page_url("grant", obj.pk),
            "decline_url": self.page_url("decline", obj.pk),
        }

    def grant(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Give a later date."""
        asked = self.require(request, "deferrals.decide_deferral")
        deferral = self.find(request, deferral_id)
        form = GrantForm(request.POST, prefix="ja")
        if form.is_valid():
            try:
                services.grant_deferral(deferral=deferral, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                if _is_decided(deferral):
                    return self._too_late(request, deferral, refusal)
                form.add_error("granted_date", refusal.reason)
            else:
                messages.success(
                    request, f"Uppskovet är beviljat till {form.cleaned_data['granted_date']}. Enheten får ett mejl."
                )
                return HttpResponseRedirect(self.object_url(deferral))
        return self.object_page(request, deferral, grant_form=form)

    def decline(self, request: HttpRequest, deferral_id: int) -> HttpResponse:
        """Say no."""
        asked = self.require(request, "deferrals.decide_deferral")
        deferral = self.find(request, deferral_id)
        form = DeclineForm(request.POST, prefix="nej")
        if form.is_valid():
            try:
                services.decline_deferral(deferral=deferral, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                if _is_decided(deferral):
                    return self._too_late(request, deferral, refusal)
                form.add_error("answer", refusal.reason)
            else:
                messages.success(request, "Begäran är avslagen. Enheten får ett mejl.")
                return HttpResponseRedirect(self.object_url(deferral))
        return self.object_page(request, deferral, decline_form=form)

    def _too_late(self, request: HttpRequest, deferral: Deferral, refusal: NotAllowed) -> HttpResponse:
        """Somebody else was first: the page has no form left to show the sentence in."""
        messages.error(request, refusal.reason)
        return HttpResponseRedirect(self.object_url(deferral))


def _is_decided(deferral: Deferral) -> bool:
    deferral.refresh_from_db()
    return deferral.status != Deferral.Status.REQUESTED
