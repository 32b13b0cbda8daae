"""Ask the unit about several groups of findings at once: one thread with a question for each, linked to its findings."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import NotAllowed, UserRequest
from accounts.admin_site import portal_admin
from messaging.models import Thread
from messaging.services.questions import MOST_QUESTIONS, About, send_questions
from submissions.admin import findings
from submissions.admin.findings import ShownGroup
from submissions.admin.judging import FORM
from submissions.admin.waivers import WaivingPages
from submissions.models import Submission

ANSWER = "messaging.answer_thread"
RELOAD = {"required": "Ladda om sidan och försök igen.", "invalid": "Ladda om sidan och försök igen."}


class AskForm(forms.Form):
    """The thread's subject and words, and a question for each group that was chosen."""

    subject = forms.CharField(label="Ämne", max_length=100, error_messages={"required": "Skriv ett ämne."})
    text = forms.CharField(
        label="Meddelande",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv något till enheten."},
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, error_messages=RELOAD)

    def __init__(self, *args: Any, groups: list[ShownGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        for one in groups:
            about = f", värde {one.value}" if one.value is not None else ""
            self.fields[one.group.key] = forms.CharField(
                label=f"Fråga om {one.title} ({one.group.check}{about})",
                max_length=10_000,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": "Skriv frågan."},
            )

    @property
    def questions(self) -> list[Any]:
        """The questions' fields, in the order of the groups."""
        return [self[one.group.key] for one in self.groups]


class AskingPages(WaivingPages):
    """The page where the questions are written."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Ask about the groups that were ticked (`grupp`)."""
        return [*super().pages(), ("<int:submission_id>/fraga/", FORM(self.ask), "ask")]

    def ask(self, request: HttpRequest, submission_id: int) -> HttpResponse:
        """Write a question for each group, and send them all in one thread."""
        asked = self.require(request, ANSWER)
        submission, current = self.with_current(request, submission_id)
        keys = (request.POST if request.method == "POST" else request.GET).getlist("grupp")
        groups = [one for one in findings.all_groups(submission, current) if one.group.key in keys]
        initial = {"subject": f"Frågor om {submission.collection.year} års fil"}
        form = AskForm(request.POST if request.method == "POST" else None, groups=groups, initial=initial)
        why_not = "" if groups else "Välj minst en anmärkning på inlämningens sida. De du valde kan ha försvunnit ur filen."
        if len(groups) > MOST_QUESTIONS:
            why_not = f"Välj högst {MOST_QUESTIONS} anmärkningar på en gång."
        if not why_not and form.is_valid():
            try:
                thread = self._send(asked, submission, form)
            except NotAllowed as refusal:
                form.add_error("subject" if "mne" in refusal.reason else "text", refusal.reason)
            else:
                messages.success(request, "Frågorna är skickade. De syns också vid sina anmärkningar.")
                return HttpResponseRedirect(portal_admin.object_url(thread))
        context = {"form": form, "why_not": why_not, "back_url": f"{self.object_url(submission)}#anmarkningar"}
        return self.show(request, "admin/submissions/ask.html", submission, context)

    def _send(self, asked: UserRequest, submission: Submission, form: AskForm) -> Thread:
        values = form.cleaned_data
        batch = send_questions(
            units=[submission.unit],
            category=Thread.Category.FILE,
            subject=values["subject"],
            text=values["text"],
            questions=[values[one.group.key] for one in form.groups],
            about=[About(one.group.check, one.group.key) for one in form.groups],
            year=submission.collection.year,
            by=asked.user,
            at=timezone.now(),
            nonce=values["nonce"],
        )
        return batch.threads.get()
