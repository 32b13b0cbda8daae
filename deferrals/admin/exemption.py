"""Omfattas inte i år: what units ask for, what SKR decides by itself, and how a decision is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Section, portal_admin
from deferrals import exempting
from deferrals.admin.common import DECIDE, AnswerForm, DeclineForm, RequestAdmin, RevokeForm
from deferrals.forms import ExemptionForm
from deferrals.models import Exemption
from submissions import states as submission_states
from submissions.models import Submission


@admin.register(Exemption, site=portal_admin)
class ExemptionAdmin(RequestAdmin):
    """Which units are not part of the year, and why."""

    section = Section.COLLECTION
    position = 21
    lead = "Enheter som inte ska lämna uppgifter ett år. Ett nytt beslut öppnas från enhetens inlämning."
    empty_title = "Alla enheter omfattas"
    empty_text = "Här syns de enheter som vill slippa lämna i år, och de som SKR har beslutat om."
    list_display = ("unit", "year", "state", "reason", "requested_at", "decider")
    object_template = "admin/deferrals/exemption.html"
    facts = ("unit_link", "submission_link", "state", "reason", "text")
    waiting_labels = ("vill inte omfattas", "vill inte omfattas")
    panel_title = "Omfattas inte i år"
    panel_empty = "Enheten omfattas."

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """The answers, and SKR's own decision."""
        return [
            ("<int:exemption_id>/bevilja/", require_POST(self.grant), "grant"),
            ("<int:exemption_id>/avsla/", require_POST(self.decline), "decline"),
            ("<int:exemption_id>/upphav/", require_POST(self.revoke), "revoke"),
            ("besluta/<int:submission_id>/", require_http_methods(["GET", "HEAD", "POST"])(self.decide), "decide"),
        ]

    @admin.display(description="år", ordering="submission__collection__year")
    def year(self, exemption: Exemption) -> int:
        """The collection's year."""
        return exemption.submission.collection.year

    def panel_text(self, asked: Exemption) -> str:
        """The year it is about."""
        return str(asked.submission.collection)

    def panel_action(self, request: HttpRequest, obj: Model) -> tuple[str, str] | None:
        """SKR's own decision, where there is none and it can be made."""
        if not isinstance(obj, Submission) or not request.user.has_perm(DECIDE):
            return None
        can = obj.exempt_at is None and obj.status in submission_states.WORKING and obj.collection.closed_at is None
        waits = obj.exemptions.filter(status=Exemption.Status.REQUESTED).exists()
        return ("Besluta att enheten inte omfattas", self.page_url("decide", obj.pk)) if can and not waits else None

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """With the form that says yes."""
        return {**super().details(request, obj), "grant_form": AnswerForm(prefix="ja")}

    def grant(self, request: HttpRequest, exemption_id: int) -> HttpResponse:
        """The unit is not part of the year."""
        asked = self.require(request, DECIDE)
        exemption: Exemption = self.find(request, exemption_id)
        form = AnswerForm(request.POST, prefix="ja")

        def decide() -> None:
            exempting.grant_exemption(exemption=exemption, answer=form.cleaned_data["text"], by=asked.user, at=timezone.now())

        return self.answer(request, exemption, form, "grant_form", decide, "Enheten omfattas inte i år. Den får ett mejl.")

    def decline(self, request: HttpRequest, exemption_id: int) -> HttpResponse:
        """It is."""
        asked = self.require(request, DECIDE)
        exemption: Exemption = self.find(request, exemption_id)
        form = DeclineForm(request.POST, prefix="nej")

        def decide() -> None:
            exempting.decline_exemption(exemption=exemption, answer=form.cleaned_data["text"], by=asked.user, at=timezone.now())

        return self.answer(request, exemption, form, "decline_form", decide, "Begäran är avslagen. Enheten får ett mejl.")

    def revoke(self, request: HttpRequest, exemption_id: int) -> HttpResponse:
        """It is after all."""
        asked = self.require(request, DECIDE)
        exemption: Exemption = self.find(request, exemption_id)
        form = RevokeForm(request.POST, prefix="upphav")

        def decide() -> None:
            exempting.revoke_exemption(exemption=exemption, text=form.cleaned_data["text"], by=asked.user, at=timezone.now())

        return self.answer(request, exemption, form, "revoke_form", decide, "Enheten omfattas igen. Den får ett mejl.")

    def decide(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """SKR's own decision about a submission."""
        asked = self.require(request, DECIDE)
        visible = Submission.objects.visible_to(asked.user).select_related("unit", "collection")
        submission = visible.filter(pk=submission_id).first()
        if submission is None:
            raise Http404
        form = ExemptionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = exempting.decide_exemption(submission=submission, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                messages.success(request, f"{submission.unit.name} omfattas inte i år. Enheten får ett mejl.")
                return HttpResponseRedirect(self.object_url(made))
        context = {"form": form, "back": portal_admin.object_url(submission), "heading": "Besluta att enheten inte omfattas"}
        return self.show(request, "admin/deferrals/decide.html", submission, context)
