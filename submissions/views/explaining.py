"""The presses that explain a group of findings: give, let it hold for more rows, take away, keep what is begun."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import UserRequest
from submissions import checking
from submissions.forms import CommentForm
from submissions.models import Delivery
from submissions.services import comments, storage
from submissions.services.comments import CommentRefused
from submissions.services.correct import CorrectionRefused
from submissions.views.common import Room, enter_to_change, shown_or_404
from submissions.views.findings import Notes, find_group, findings_page

KEPT = "Förklaringen är sparad. Den följer med om ni lämnar en ny fil med samma anmärkningar."
HOLDS_FOR_MORE = "Förklaringen gäller nu också det som har kommit till."


@require_POST
def comment(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """Explain a group: with own words, a ready-made answer (`answer`), last year's words (`last_year`) or those given (`extend`)."""
    room = enter_to_change(request, code, year)
    delivery = shown_or_404(room)
    form = CommentForm({"text": _chosen(room, delivery, check, key)} if _is_chosen(request) else request.POST)
    is_extended = "extend" in request.POST
    if not is_extended and not form.is_valid():
        return findings_page(room, check, key, Notes(comment_form=form, status=422))
    try:
        if is_extended:
            comments.extend_comment(delivery=delivery, group_key=key, by=request.user, at=room.now)
        else:
            text = form.cleaned_data["text"]
            comments.comment_group(delivery=delivery, group_key=key, text=text, by=request.user, at=room.now)
    except (CommentRefused, CorrectionRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, HOLDS_FOR_MORE if is_extended else KEPT)
    return redirect(f"{reverse('submissions:review', args=room.address)}#{check}-{key}")


def _is_chosen(request: UserRequest) -> bool:
    return "answer" in request.POST or "last_year" in request.POST


def _chosen(room: Room, delivery: Delivery, check: str, key: str) -> str:
    """The words of the button that was pressed; empty where there are none."""
    group = find_group(room, storage.findings_of(delivery), check, key)
    if group is None:
        return ""
    if "last_year" in room.request.POST:
        before = comments.last_years_comment(submission=room.submission, group=group)
        return before.text if before else ""
    listed, number = checking.messages.answers(check, room.spec), room.request.POST["answer"]
    return next((text for index, text in enumerate(listed) if str(index) == number), "")


@require_POST
def remove_comment(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """Take an explanation away; back to the group, or to the page of what followed (`from`)."""
    room = enter_to_change(request, code, year)
    try:
        comments.remove_comment(delivery=shown_or_404(room), group_key=key, by=request.user, at=room.now)
    except CorrectionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Förklaringen är borttagen.")
    if request.POST.get("from") == "followed":
        return redirect("submissions:followed", *room.address)
    return redirect("submissions:findings", *room.address, check, key)


@require_POST
def save_draft(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """Keep what is written so far: a line beside the box (htmx), or the same page again."""
    room = enter_to_change(request, code, year)
    text, is_kept = request.POST.get("text", ""), True
    try:
        draft = comments.save_draft(delivery=shown_or_404(room), group_key=key, text=text, by=request.user, at=room.now)
        clock = timezone.localtime(room.now).strftime("%H.%M")
        told = f"Utkast sparat kl. {clock}" if draft else ""
    except CommentRefused as refusal:
        told, is_kept = str(refusal), False
    if request.htmx:
        return render(request, "submissions/_draft_status.html", {"told": told, "is_kept": is_kept})
    if not is_kept:
        form = CommentForm({"text": text})
        if not form.has_error("text"):
            form.add_error("text", told)
        return findings_page(room, check, key, Notes(comment_form=form, status=422))
    messages.success(request, f"{told}. Det är inte lämnat som förklaring än." if told else "Utkastet är tomt och sparas inte.")
    return redirect(f"{reverse('submissions:findings', args=[*room.address, check, key])}#forklaring")
