"""SKR's ways to single rows: a group masked, the same with personnummer for a purpose, and all rows as CSV.

Each look and each export is an event that the unit reads on its own page, with the purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts import exports
from accounts.access import UserRequest
from accounts.admin_site import PortalAdmin
from accounts.purpose import PurposeForm
from accounts.step_up import needs_step_up
from config.lib import csv_file, downloads
from submissions import states
from submissions.admin import findings
from submissions.models import Delivery, Submission, Supplement
from submissions.services import export, looks, review, supplements

VIEW, REVEAL, EXPORT = "submissions.view_rows", "submissions.reveal_personnummer", "submissions.export_rows"


class ExportForm(PurposeForm):
    """Why the rows are taken out, and whether with whole personnummer (only for those who may see them)."""

    revealed = forms.BooleanField(
        label="Ta med hela personnummer", required=False, help_text="Behövs sällan. Utan kryss är de sista fyra siffrorna dolda."
    )

    def __init__(self, *args: Any, may_reveal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_reveal:
            del self.fields["revealed"]


class RowPages(PortalAdmin):
    """The pages of a submission that show or hand out its rows."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """A group's rows, the same revealed, a supplement, and the export."""
        get_and_post = require_http_methods(["GET", "HEAD", "POST"])
        return [
            ("<int:submission_id>/anmarkning/<str:key>/", require_GET(self.group), "group"),
            ("<int:submission_id>/anmarkning/<str:key>/visa/", get_and_post(needs_step_up(self.reveal)), "reveal"),
            ("<int:submission_id>/komplettering/<int:supplement>/", exports.export_page(self.supplement), "supplement"),
            ("<int:submission_id>/exportera/", exports.export_page(self.export_rows), "export"),
        ]

    def group(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """The rows behind a group of findings, personnummer masked. Each look is logged."""
        asked = self.require(request, VIEW)
        submission, current = self.with_current(request, submission_id)
        shown = findings.group_rows(submission, current, key, request.GET.get("sida", "1"))
        if shown is None:
            raise Http404
        looks.at_findings(delivery=current, group=shown["group"], rows=shown["lines"], by=asked.user, at=timezone.now())
        may_reveal = shown["is_masked"] and asked.user.has_perm(REVEAL)
        reveal_url = f"{self.page_url('reveal', submission.pk, key)}?sida={shown['page'].number}" if may_reveal else ""
        return self.show_group(request, submission, {**shown, "reveal_url": reveal_url, "is_revealed": False, "whole_url": ""})

    def reveal(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """The same with whole personnummer, or the one row of `?rad=`, once a purpose is given. Every look is logged with it."""
        asked = self.require(request, REVEAL)
        submission, current = self.with_current(request, submission_id)
        form = PurposeForm(request.POST or None)
        line = request.GET.get("rad", "")
        only = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else None
        page = request.GET.get("sida", "1")
        shown = findings.group_rows(submission, current, key, page, reveal=form.is_valid(), only=only)
        if shown is None:
            raise Http404
        if not form.is_valid():
            context = {**shown, "form": form, "group_url": self.page_url("group", submission.pk, key)}
            return self.show(request, "admin/submissions/reveal.html", submission, context)
        looks.at_findings(
            delivery=current,
            group=shown["group"],
            rows=shown["lines"],
            by=asked.user,
            revealed=True,
            purpose=form.cleaned_data["purpose"],
            at=timezone.now(),
        )
        masked = self.page_url("group", submission.pk, key) if only is not None else ""
        return self.show_group(request, submission, {**shown, "reveal_url": "", "is_revealed": True, "whole_url": masked})

    def show_group(self, request: HttpRequest, submission: Submission, shown: dict[str, Any]) -> HttpResponse:
        """The page of a group."""
        user: Any = request.user
        current = Delivery.objects.light().get(submission=submission, is_current=True)
        beside = {
            "back": self.object_url(submission),
            "back_text": str(submission),
            "one": findings.group_of(submission, current, shown["group"].key),
            "can_judge": not states.reason_against(states.check_can_judge, user, submission),
            "can_return": states.can_return(user, submission),
            "can_waive": not states.reason_against(states.check_can_waive, user, submission),
        }
        return self.show(request, "admin/submissions/group.html", submission, {**shown, **beside})

    def export_rows(self, request: UserRequest, submission_id: int) -> HttpResponseBase:
        """All rows of the current file with their corrections, for a purpose; masked unless the right and a tick say else."""
        asked = self.require(request, EXPORT)
        submission, current = self.with_current(request, submission_id)
        form = ExportForm(request.POST or None, may_reveal=asked.user.has_perm(REVEAL))
        if not form.is_valid():
            context = {"form": form, "current": current, "submission_url": self.object_url(submission)}
            return self.show(request, "admin/submissions/export.html", submission, context)
        made = export.rows_of(
            delivery=current,
            revealed=form.cleaned_data.get("revealed", False),
            purpose=form.cleaned_data["purpose"],
            by=asked.user,
            at=timezone.now(),
        )
        return downloads.attachment(made.content, name=made.name, content_type=csv_file.CONTENT_TYPE)

    def supplement(self, request: UserRequest, submission_id: int, supplement: int) -> HttpResponseBase:
        """One file that the unit has given beside the delivery, for a purpose: it may be about individuals."""
        asked = self.require(request, EXPORT)
        submission: Submission = self.find(request, submission_id)
        found = Supplement.objects.filter(submission=submission, number=supplement).first()
        if found is None:
            raise Http404
        found.submission = submission
        form = PurposeForm(request.POST or None)
        if not form.is_valid():
            context = {"form": form, "supplement": found, "submission_url": self.object_url(submission)}
            return self.show(request, "admin/submissions/supplement.html", submission, context)
        made = supplements.file_of(supplement=found, purpose=form.cleaned_data["purpose"], by=asked.user, at=timezone.now())
        return downloads.attachment(made.content, name=made.name)

    def with_current(self, request: HttpRequest, submission_id: int) -> tuple[Submission, Delivery]:
        """The submission with its current file; 404 where it has none."""
        submission: Submission = self.find(request, submission_id)
        current = review.current_delivery(submission)
        if current is None:
            raise Http404
        current.submission = submission
        return submission, current
