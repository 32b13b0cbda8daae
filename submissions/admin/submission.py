"""The submissions in the admin: the list SKR works from. The page where one is reviewed is `review_pages`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_site import Panel, PanelRow, Section, badge, link, number, portal_admin
from config.lib.text import amount
from profiles.models import Unit
from submissions import states
from submissions.admin.filters import (
    CollectionFilter,
    CountyFilter,
    ExemptFilter,
    FileFilter,
    GrantedFilter,
    HandedInLateFilter,
    LateFilter,
    PayrollFilter,
    ReopenFilter,
    SizeFilter,
    StatusFilter,
)
from submissions.admin.quality import panels_about
from submissions.admin.review_pages import ReviewPages
from submissions.admin.season import SeasonPages
from submissions.models import Delivery, Receipt, ReopenRequest, Submission
from submissions.services import issuing

Status = Submission.Status
STATUS_TONES = {
    Status.NOT_STARTED: "neutral",
    Status.RECEIVED: "info",
    Status.UNDER_REVIEW: "info",
    Status.HANDED_IN: "warning",
    Status.SKR_REVIEW: "warning",
    Status.RETURNED: "error",
    Status.APPROVED: "success",
    Status.LOCKED: "success",
}


@admin.register(Submission, site=portal_admin)
class SubmissionAdmin(SeasonPages, ReviewPages):
    """Each unit's submission of each year."""

    section = Section.COLLECTION
    position = 10
    lead = "Varje enhets inlämning. Välj en rad för att granska, godkänna eller skicka tillbaka."
    filters_shown = 5
    empty_text = "Inlämningarna läggs upp tillsammans med årets insamling."
    list_display = ("unit_name", "unit_code", "year", "state", "due", "n_versions", "n_rows", "n_fel", "n_left", "changed")
    list_filter = (
        CollectionFilter,
        StatusFilter,
        LateFilter,
        "unit__kind",
        CountyFilter,
        SizeFilter,
        PayrollFilter,
        FileFilter,
        GrantedFilter,
        HandedInLateFilter,
        ReopenFilter,
        ExemptFilter,
    )
    search_fields = ("unit__name", "unit__names__name", "unit__code__startswith")
    search_help_text = "Sök enhet eller kod"
    list_select_related = ("unit", "collection", "handler")
    ordering = ("unit__sort_key", "-collection__year", "pk")
    hides_empty_facts = True
    keeps_filters = True
    facts = ("unit_link", "due", "handler_name", "changed", "return_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """With the last day, the number of versions and the current file's figures."""
        current = Delivery.objects.filter(submission=OuterRef("pk"), is_current=True)
        sent = (
            Delivery.objects.filter(submission=OuterRef("pk"), is_test=False)
            .order_by()
            .values("submission")
            .annotate(n=Count("pk"))
        )
        rows: Any = super().get_queryset(request)
        return (
            rows.with_due_date()
            .select_related(*self.list_select_related)
            .annotate(
                version_count=Coalesce(Subquery(sent.values("n"), output_field=IntegerField()), 0),
                row_count=Subquery(current.values("rows")[:1]),
                fel_count=Subquery(current.values("fel")[:1]),
                left_count=Subquery(current.values("uncommented")[:1]),
                has_current=Subquery(current.values("pk")[:1]),
                was_late=Exists(Receipt.objects.filter(submission=OuterRef("pk"), withdrawn_at=None).exclude(late_reason="")),
                asks_to_reopen=Exists(ReopenRequest.objects.filter(submission=OuterRef("pk"), outcome="")),
                holds=Exists(Receipt.objects.filter(submission=OuterRef("pk"), withdrawn_at=None)),
            )
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The year only where several are shown."""
        return tuple(name for name in self.list_display if name != "year" or request.GET.get("insamling") == "alla")

    # Columns and facts

    @admin.display(description="enhet", ordering="unit__sort_key")
    def unit_name(self, submission: Submission) -> str:
        """The unit's name."""
        return submission.unit.name

    @admin.display(description="kod", ordering="unit__code")
    def unit_code(self, submission: Submission) -> str:
        """The unit's code."""
        return submission.unit.code

    @admin.display(description="enhet")
    def unit_link(self, submission: Submission) -> SafeString:
        """The unit, as a link."""
        return link(portal_admin.object_url(submission.unit), submission.unit)

    @admin.display(description="år", ordering="collection__year")
    def year(self, submission: Submission) -> int:
        """The collection's year."""
        return submission.collection.year

    @admin.display(description="status", ordering="status")
    def state(self, submission: Any) -> SafeString:
        """Where it stands; late where it should have come or came late, and what the unit asks."""
        shown = [badge(submission.get_status_display(), STATUS_TONES[Status(submission.status)])]
        marks = {
            "Försenad": (self.is_late(submission), "error"),
            "Omfattas inte": (submission.exempt_at is not None, "neutral"),
            "Sen": (submission.was_late, "warning"),
            "Vill öppna igen": (submission.asks_to_reopen, "warning"),
            "Öppnad igen": (submission.holds and submission.status in issuing.REOPENED, "info"),
        }
        return SafeString(" ".join([*shown, *(badge(text, tone) for text, (is_so, tone) in marks.items() if is_so)]))

    def is_late(self, submission: Any) -> bool:
        """Past the last day, and SKR waits for a file."""
        has_file = submission.has_current is not None
        return states.is_late(submission, has_file=has_file, is_reopened=submission.holds, on=timezone.localdate())

    @admin.display(description="sista dag", ordering="due_on")
    def due(self, submission: Any) -> SafeString:
        """The last day; marked where it is the unit's own."""
        return format_html(
            '<span class="nowrap">{}</span>{}', submission.due_on, " (uppskov)" if submission.granted_due_date else ""
        )

    @admin.display(description="filer", ordering="version_count")
    def n_versions(self, submission: Any) -> str:
        """How many files the unit has sent."""
        return number(submission.version_count)

    @admin.display(description="rader", ordering="row_count")
    def n_rows(self, submission: Any) -> str:
        """Rows of the current file."""
        return number(submission.row_count)

    @admin.display(description="att rätta", ordering="fel_count")
    def n_fel(self, submission: Any) -> str:
        """Findings to correct in the current file."""
        return number(submission.fel_count)

    @admin.display(description="att förklara", ordering="left_count")
    def n_left(self, submission: Any) -> str:
        """Groups still to explain in the current file."""
        return number(submission.left_count)

    @admin.display(description="ändrad", ordering="status_changed_at")
    def changed(self, submission: Submission) -> str:
        """The day it last moved."""
        moved = submission.status_changed_at
        return format_html('<span class="nowrap">{}</span>', timezone.localdate(moved)) if moved else "–"

    @admin.display(description="handläggare")
    def handler_name(self, submission: Submission) -> str:
        """Who at SKR has taken it up."""
        return str(submission.handler) if submission.handler else "–"

    # Front page and other pages

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """How it stands, for the line under the heading, and the others."""
        return {**super().details(request, obj), "state": self.state(obj)}

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """The years of a unit, and how they went."""
        if not isinstance(obj, Unit):
            return panels_about(obj)
        found: Any = self.get_queryset(request).filter(unit=obj).order_by("-collection__year", "pk")
        rows = [PanelRow(str(one.collection), self.object_url(one), self._in_short(one), self.state(one)) for one in found]
        return [Panel("Inlämningar", rows, "Enheten har inga inlämningar."), *panels_about(obj)]

    def _in_short(self, submission: Any) -> str:
        """A year in a line: the last day, how many files came, and the rows of the one that counts."""
        parts = [f"Sista dag {submission.due_on}{' (uppskov)' if submission.granted_due_date else ''}"]
        if submission.version_count:
            parts.append(amount(submission.version_count, "fil", "filer"))
        if submission.row_count is not None:
            parts.append(amount(submission.row_count, "rad", "rader"))
        return " · ".join(parts)
