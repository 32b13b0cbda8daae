"""What SKR says of a submission's findings: an explanation is accepted, or the unit is to look at the findings again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from submissions import states
from submissions.admin import findings
from submissions.admin.forms import PointForm
from submissions.admin.rows import RowPages
from submissions.models import Delivery, Submission
from submissions.services import accepting, marking

REVIEW = "submissions.review_submission"
FORM = require_http_methods(["GET", "HEAD", "POST"])


class JudgingPages(RowPages):
    """The pages and buttons of one group of findings, and of all explanations of a check."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Mark a group, accept what is said of it, and the other way round."""
        return [
            *super().pages(),
            ("<int:submission_id>/anmarkning/<str:key>/punkt/", FORM(self.point), "point"),
            ("<int:submission_id>/anmarkning/<str:key>/punkt/ta-bort/", require_POST(self.remove_point), "remove_point"),
            ("<int:submission_id>/anmarkning/<str:key>/godta/", require_POST(self.accept), "accept"),
            ("<int:submission_id>/anmarkning/<str:key>/godta/angra/", require_POST(self.unaccept), "unaccept"),
            ("<int:submission_id>/godta/<str:check>/", require_POST(self.accept_check), "accept_check"),
        ]

    def point(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """What the unit is to look at again about a group, and why: sent when the submission goes back."""
        asked = self.require(request, REVIEW)
        submission, current = self.with_current(request, submission_id)
        shown = self.group_or_404(submission, current, key)
        form = PointForm(
            request.POST if request.method == "POST" else None, initial={"text": shown.point.text if shown.point else ""}
        )
        if form.is_valid():
            text = form.cleaned_data["text"]
            try:
                marking.mark_point(
                    submission=submission, delivery=current, group_key=key, text=text, by=asked.user, at=timezone.now()
                )
            except NotAllowed as refusal:
                form.add_error("text", refusal.reason)
            else:
                messages.success(request, "Punkten är sparad. Enheten ser den när du skickar tillbaka inlämningen.")
                return self.back_to(submission, key)
        context = {"form": form, "one": shown, "back_url": self.object_url(submission)}
        context["why_not"] = states.reason_against(states.check_can_return, asked.user, submission)
        return self.show(request, "admin/submissions/point.html", submission, context)

    def remove_point(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """The unit need not look at it after all."""
        asked = self.require(request, REVIEW)
        submission: Submission = self.find(request, submission_id)
        return self.perform(
            request,
            lambda: marking.remove_point(submission=submission, group_key=key, by=asked.user, at=timezone.now()),
            done="Punkten är borttagen.",
            back=self.place_of(submission, key),
        )

    def accept(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """Godta the explanation that stood on the page."""
        return self._judge(request, submission_id, key, accepting.accept_comment, "Förklaringen är godtagen.")

    def unaccept(self, request: HttpRequest, submission_id: int, key: str) -> HttpResponse:
        """Ta tillbaka."""
        return self._judge(request, submission_id, key, accepting.take_back, "Förklaringen är inte längre godtagen.")

    def _judge(self, request: HttpRequest, submission_id: int, key: str, judge: Callable[..., None], done: str) -> HttpResponse:
        asked = self.require(request, REVIEW)
        submission: Submission = self.find(request, submission_id)
        comment = _number(request.POST.get("forklaring"))
        return self.perform(
            request,
            lambda: judge(submission=submission, comment=comment, by=asked.user, at=timezone.now()),
            done=done,
            back=self.place_of(submission, key),
        )

    def accept_check(self, request: HttpRequest, submission_id: int, check: str) -> HttpResponse:
        """Godta alla kvar, of one check."""
        asked = self.require(request, REVIEW)
        submission, current = self.with_current(request, submission_id)
        return self.perform(
            request,
            lambda: accepting.accept_check(
                submission=submission, delivery=current, check=check, by=asked.user, at=timezone.now()
            ),
            done=f"Alla förklaringar till {check} är godtagna, utom det som enheten ska se över.",
            back=f"{self.object_url(submission)}#anmarkningar",
        )

    def group_or_404(self, submission: Submission, current: Delivery, key: str) -> findings.ShownGroup:
        """The group in the file that counts."""
        shown = findings.group_of(submission, current, key)
        if shown is None:
            raise Http404
        return shown

    def place_of(self, submission: Submission, key: str) -> str:
        """Where the group stands on the submission's page."""
        return f"{self.object_url(submission)}#g-{key}"

    def back_to(self, submission: Submission, key: str) -> HttpResponse:
        """Lead there."""
        return HttpResponseRedirect(self.place_of(submission, key))


def _number(text: str | None) -> int:
    """A key of a form; 0, which nothing has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
