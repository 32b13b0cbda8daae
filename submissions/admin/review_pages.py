"""The page where SKR reviews a submission, and the steps that are taken from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import NotAllowed
from accounts.viewing import PERMISSION as VIEW_AS
from messaging.access import can_write
from profiles.admin.viewing import view_as_page
from submissions import receipts, states
from submissions.admin import findings, parts
from submissions.admin.asking import AskingPages
from submissions.admin.forms import AnswerForm, NoteForm, ReturnForm
from submissions.admin.judging import FORM, REVIEW
from submissions.admin.next_step import step_of
from submissions.admin.rows import EXPORT, VIEW
from submissions.frames import ENCODING_LABELS
from submissions.models import Receipt, Submission
from submissions.services import issuing, notes, points, reopen, review

STEPS = ("begin_review", "approve", "return", "open_again", "refuse_to_reopen", "note")


class ReviewPages(AskingPages):
    """What `SubmissionAdmin` has besides its list."""

    object_template = "admin/submissions/submission.html"

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """SKR's steps, and the pages that show rows."""
        return [
            *super().pages(),
            ("<int:submission_id>/granska/", require_POST(self.begin_review), "begin_review"),
            ("<int:submission_id>/godkann/", require_POST(self.approve), "approve"),
            ("<int:submission_id>/aterlamna/", require_POST(self.return_to_unit), "return"),
            ("<int:submission_id>/oppna-igen/", require_POST(self.open_again), "open_again"),
            ("<int:submission_id>/oppna-inte/", require_POST(self.refuse_to_reopen), "refuse_to_reopen"),
            ("<int:submission_id>/visa-som/", FORM(self.view_as), "view_as"),
            ("<int:submission_id>/anteckna/", require_POST(self.note), "note"),
        ]

    def view_as(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Visa som uppgiftslämnaren: the submission as the unit sees it."""
        submission: Submission = self.find(request, submission_id)
        to = reverse("submissions:submission", args=[submission.unit.code, submission.collection.year])
        return view_as_page(self, request, submission.unit, about=submission, back=self.object_url(submission), to=to)

    # The page

    def details(self, request: HttpRequest, obj: Submission) -> dict[str, Any]:
        """Everything that is known of the submission, in the order of the page, and the buttons."""
        user: Any = request.user
        current = review.current_delivery(obj)
        if current is not None:
            current.submission = obj
        waiting = reopen.open_request(obj)
        urls = {name: self.page_url(name, obj.pk) for name in STEPS}
        may_review, collected = user.has_perm(REVIEW), points.collected(obj)
        shown = {
            "step": step_of(obj, may_review=may_review, asks_to_reopen=waiting is not None, points=len(collected), urls=urls),
            "points": parts.points_of(obj, collected),
            "can_waive": not states.reason_against(states.check_can_waive, user, obj),
            "can_judge": not states.reason_against(states.check_can_judge, user, obj),
            "waiting": waiting,
            "can_note": may_review,
            "ask_url": self.page_url("ask", obj.pk) if can_write(user, obj.unit) else "",
            "view_as_url": self.page_url("view_as", obj.pk) if user.has_perm(VIEW_AS) else "",
            "can_approve": states.can_approve(user, obj),
            "can_return": states.can_return(user, obj),
            "can_reopen": states.can_reopen(user, obj),
            "urls": urls,
            "form": ReturnForm(has_points=bool(collected)),
            "answer_form": AnswerForm(prefix="nej"),
            "note_form": NoteForm(),
            "notes": notes.notes_of(obj),
            "events": obj.events.select_related("by").order_by("-at", "-pk"),
            **self._of_the_file(request, obj, current),
            **self._handed_in(obj),
        }
        return shown | {"index": parts.index_of(shown)}

    def _of_the_file(self, request: HttpRequest, submission: Submission, current: Any) -> dict[str, Any]:
        user: Any = request.user
        shown: dict[str, Any] = {
            "current": current,
            "versions": submission.deliveries.light().select_related("uploaded_by").order_by("-version", "-pk"),
            "may_see_rows": user.has_perm(VIEW),
            "may_export": user.has_perm(EXPORT),
            "findings": None,
            "tables": None,
        }
        if current is None:
            return shown
        return shown | {
            "encoding": ENCODING_LABELS.get(current.encoding, current.encoding),
            "findings": findings.groups_for(submission, current, request.GET.get("anm")),
            "tables": parts.tables_of(submission, current),
            "export_url": self.page_url("export", submission.pk) if user.has_perm(EXPORT) else "",
        }

    def _handed_in(self, submission: Submission) -> dict[str, Any]:
        receipt = issuing.receipt_in_force(submission)
        kept = submission.supplements.defer("content_sealed").select_related("uploaded_by")
        issued = Receipt.objects.filter(submission=submission).select_related("issued_by", "delivery")
        asked = submission.reopen_requests.select_related("asked_by", "decided_by")
        return {
            "supplements": kept.order_by("-number", "-pk"),
            "receipts": issued.order_by("-issued_at", "-pk"),
            "requests": asked.order_by("-asked_at", "-pk"),
            "signed": issuing.kept_of(receipt).lines if receipt else (),
            "nobody": receipts.NOBODY,
        }

    # The steps

    def begin_review(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Börja granska."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        return self.perform(
            request,
            lambda: review.begin_review(submission=submission, by=asked.user, at=timezone.now()),
            done="Du granskar nu inlämningen. Enheten kan inte längre ta tillbaka den.",
            back=self.object_url(submission),
        )

    def approve(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Godkänn."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        return self.perform(
            request,
            lambda: review.approve(submission=submission, by=asked.user, at=timezone.now()),
            done="Inlämningen är godkänd.",
            back=self.object_url(submission),
        )

    def return_to_unit(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Återlämna, with a reason."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        form = ReturnForm(request.POST, has_points=bool(points.collected(submission)))
        if form.is_valid():
            try:
                review.return_to_unit(submission=submission, reason=form.cleaned_data["reason"], by=asked.user, at=timezone.now())
            except NotAllowed as refusal:
                messages.error(request, refusal.reason)
            else:
                messages.success(request, "Inlämningen är tillbaka hos enheten.")
            return HttpResponseRedirect(self.object_url(submission))
        return self.object_page(request, submission, form=form)

    def open_again(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Öppna igen, on the unit's request."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        return self.perform(
            request,
            lambda: reopen.grant_request(submission=submission, by=asked.user, at=timezone.now()),
            done="Inlämningen är öppnad igen. Det som är godkänt gäller tills enheten har klarmarkerat på nytt.",
            back=self.object_url(submission),
        )

    def refuse_to_reopen(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Avslå, with an answer."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        form = AnswerForm(request.POST, prefix="nej")
        if not form.is_valid():
            return self.object_page(request, submission, answer_form=form)
        return self.perform(
            request,
            lambda: reopen.refuse_request(
                submission=submission, answer=form.cleaned_data["answer"], by=asked.user, at=timezone.now()
            ),
            done="Enheten har fått svaret.",
            back=self.object_url(submission),
        )

    def note(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Note something that the unit never sees."""
        asked = self.require(request, REVIEW)
        submission = self.find(request, submission_id)
        form = NoteForm(request.POST)
        if form.is_valid():
            text, nonce = form.cleaned_data["note"], form.cleaned_data["nonce"]
            try:
                notes.add_note(submission=submission, text=text, nonce=nonce, by=asked.user, at=timezone.now())
            except NotAllowed as refusal:
                form.add_error("note", refusal.reason)
            else:
                messages.success(request, "Anteckningen är sparad. Enheten ser den inte.")
                return HttpResponseRedirect(f"{self.object_url(submission)}#anteckningar")
        return self.object_page(request, submission, note_form=form)
