"""Dispenser in the admin: given from a group of findings, listed, and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Panel, PanelRow, PortalAdmin, Section, badge, link, portal_admin
from profiles.models import Unit
from submissions import states
from submissions.admin.filters import CollectionFilter
from submissions.admin.forms import WaiverForm
from submissions.admin.judging import FORM, REVIEW, JudgingPages
from submissions.models import Submission, Waiver
from submissions.services import waivers


class WaivingPages(JudgingPages):
    """The page where a dispens is given."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Give a dispens from a group of findings."""
        return [*super().pages(), ("<int:submission_id>/anmarkning/<str:key>/dispens/", FORM(self.waive), "waive")]

    def waive(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """Decide that the unit need not correct or explain the findings."""
        asked = self.require(request, REVIEW)
        submission, current = self.with_current(request, submission_id)
        shown = self.group_or_404(submission, current, key)
        before = waivers.of_group(waivers.last_years(submission), shown.group)
        initial = {"reason": before.reason if before and request.GET.get("forra") == "1" else ""}
        posted = request.POST if request.method == "POST" else None
        form = WaiverForm(posted, scopes=waivers.scopes_of(shown.group), initial=initial)
        if form.is_valid():
            try:
                waivers.give_waiver(
                    submission=submission, delivery=current, group_key=key, by=asked.user, at=timezone.now(), **form.cleaned_data
                )
            except NotAllowed as refusal:
                form.add_error("valid_until" if isinstance(refusal, waivers.WrongDay) else "reason", refusal.reason)
            else:
                messages.success(request, "Dispensen är given och filen är kontrollerad igen.")
                return self.back_to(submission, key)
        why_not = states.reason_against(states.check_can_waive, asked.user, submission)
        if not why_not and not shown.can_waive:
            why_not = "Anmärkningen har redan dispens, är bara bra att veta, eller är av ett slag som inte kan få dispens."
        context = {"form": form, "one": shown, "before": before, "why_not": why_not, "back_url": self.object_url(submission)}
        return self.show(request, "admin/submissions/waive.html", submission, context)


@admin.register(Waiver, site=portal_admin)
class WaiverAdmin(PortalAdmin):
    """Every dispens, of this year and before."""

    section = Section.COLLECTION
    position = 22
    lead = (
        "Anmärkningar som en enhet inte behöver rätta eller förklara. En ny dispens ges från anmärkningen på inlämningens sida."
    )
    empty_title = "Ingen dispens är given"
    empty_text = "En dispens ges vid anmärkningen, på inlämningens sida."
    list_display = ("unit_name", "year", "check_code", "scope", "reason", "valid_until", "by", "state")
    list_filter = (CollectionFilter,)
    search_fields = ("unit__name", "unit__code__startswith", "check_code__startswith")
    search_help_text = "Sök enhet, kod eller kontroll"
    list_select_related = ("unit", "collection", "by", "ended_by")
    ordering = ("-at", "-pk")
    object_template = "admin/submissions/waiver.html"
    facts = ("submission_link", "check_code", "scope", "reason", "valid_until", "by", "at", "state", "ended_at", "ended_by")
    hides_empty_facts = True

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """End a dispens."""
        return [("<int:waiver_id>/avsluta/", require_POST(self.end), "end")]

    @admin.display(description="enhet", ordering="unit__sort_key")
    def unit_name(self, waiver: Waiver) -> str:
        """The unit's name."""
        return waiver.unit.name

    @admin.display(description="år", ordering="collection__year")
    def year(self, waiver: Waiver) -> int:
        """The collection's year."""
        return waiver.collection.year

    @admin.display(description="gäller")
    def scope(self, waiver: Waiver) -> str:
        """The whole check, a field, or a value of it."""
        if waiver.field is None:
            return "hela kontrollen"
        return f"fält {waiver.field}" if waiver.value_sealed is None else f"fält {waiver.field}, värde {waiver.value}"

    @admin.display(description="läge", ordering="ended_at")
    def state(self, waiver: Waiver) -> SafeString:
        """Whether it holds."""
        if waiver.ended_at is not None:
            return badge("Avslutad")
        if waiver.valid_until < timezone.localdate():
            return badge("Har gått ut")
        return badge("Gäller", "success")

    @admin.display(description="inlämning")
    def submission_link(self, waiver: Waiver) -> SafeString:
        """The submission that it is about."""
        found = Submission.objects.select_related("unit", "collection").get(unit=waiver.unit_id, collection=waiver.collection_id)
        return link(portal_admin.object_url(found), found)

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The decisions about a unit, or about its submission of a year."""
        rows = self.get_queryset(request).order_by("-at", "-pk")
        if isinstance(obj, Submission):
            rows = rows.filter(unit=obj.unit_id, collection=obj.collection_id)
        elif isinstance(obj, Unit):
            rows = rows.filter(unit=obj)
        else:
            return []
        lines = [
            PanelRow(
                f"{one.check_code} {one.collection.year}, {self.scope(one)}", self.object_url(one), one.reason, self.state(one)
            )
            for one in rows.select_related(*self.list_select_related)[:10]
        ]
        return [Panel("Dispenser", lines, "Ingen dispens är given.")]

    def details(self, request: HttpRequest, obj: Waiver) -> dict[str, Any]:
        """The button."""
        may_end = request.user.has_perm(REVIEW) and obj.ended_at is None
        return {"end_url": self.page_url("end", obj.pk) if may_end else ""}

    def end(self, request: HttpRequest, waiver_id: int) -> HttpResponse:
        """Avsluta: the findings must be corrected or explained again."""
        asked = self.require(request, REVIEW)
        waiver = self.find(request, waiver_id)
        return self.perform(
            request,
            lambda: waivers.end_waiver(waiver=waiver, by=asked.user, at=timezone.now()),
            done="Dispensen är avslutad. En fil som inte är godkänd är kontrollerad igen.",
            back=self.object_url(waiver),
        )
