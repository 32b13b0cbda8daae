"""One matter as a conversation: what has been said and done, what is left to tick off, and a place to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import limits
from accounts.access import NotAllowed, UserRequest, polling
from accounts.middleware import STOP_POLLING, row_of, time_left
from accounts.models import User
from config.lib import uploads
from messaging import attachments, services
from messaging.access import check_can_write
from messaging.attachments import Listed
from messaging.drafting import answer_to_draft, is_draft
from messaging.forms import ReplyForm
from messaging.models import Message, ReadMark, Thread, ThreadEvent
from messaging.services.drafts import place_of, place_of_question
from messaging.services.questions import Asked
from messaging.views.common import status_badge, thread_or_404

LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Post:
    """A message opened."""

    at: datetime
    message: Message
    text: str
    is_mine: bool  # of the reader's own side
    files: Sequence[Listed]
    event: None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened between the messages."""

    at: datetime
    event: ThreadEvent
    message: None = None


@dataclass(frozen=True, slots=True)
class QuestionBox:
    """A question with what was begun as its answer, and what was refused."""

    asked: Asked
    begun: str
    refused: str = ""  # why the answer was not saved
    lost: str = ""  # the text of it


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer to a question that was not taken."""

    number: int
    reason: str
    text: str
    status: int


@uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: UserRequest, pk: int) -> HttpResponse:
    """One matter: what has been said, and a place to answer. Opening it marks it as read."""
    found = thread_or_404(request, pk)
    if request.method != "POST":
        return thread_page(request, found, empty_form(request, found))
    check_can_write(request.user, found.unit)
    if is_draft(request):
        return answer_to_draft(
            request,
            place=place_of(found),
            fields=("text",),
            thread=found,
            again=lambda: thread_page(request, found, ReplyForm.of(request), status=422),
        )
    form = ReplyForm.of(request)
    if form.is_valid():
        meanwhile = _written_meanwhile(request, found)
        try:
            services.reply(thread=found, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Svaret är skickat.")
            if meanwhile:
                messages.info(request, f"Medan du skrev kom ett meddelande från {meanwhile}. Läs det ovanför ditt svar.")
            return redirect("messaging:thread", pk=pk)
    return thread_page(request, found, form)


@polling
@require_GET
def news(request: UserRequest, pk: int) -> HttpResponse:
    """What has been written since the page was drawn (`efter`). The page asks by itself, so nothing is marked as read.

    Shortly before the session ends, or when one may not read the matter any more, the page is told to stop asking.
    """
    try:
        found = thread_or_404(request, pk)
    except Http404:
        if request.htmx:  # her role has ended: leave her page as it is
            return HttpResponse(status=STOP_POLLING)
        raise
    row = row_of(request)
    if row is None or time_left(row, timezone.now(), is_staff=bool(request.user.staff_role))[0] <= limits.SESSION_WARNING:
        return HttpResponse(status=STOP_POLLING)
    after = _number(request.GET.get("efter"))
    posts = _posts(found, request.user, after=after)
    if not posts:
        return HttpResponse(status=204)
    context = {
        "thread": found,
        "lines": posts,
        "last": posts[-1].message.pk,
        "is_news": True,
        "is_done": found.status == Thread.Status.DONE,
        "reason": _why_not_write(request.user, found),
        **_badge(request, found),
    }
    return render(request, "messaging/_news.html", context)


@require_POST
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Mark a matter as done."""
    found = thread_or_404(request, pk)
    try:
        services.close_thread(thread=found, by=request.user, at=timezone.now(), seen=_number(request.POST.get("sett")) or None)
    except NotAllowed as refusal:
        check_can_write(request.user, found.unit)  # a person who may not is told so on a page of its own
        messages.error(request, refusal.reason)
        return redirect("messaging:thread", pk=pk)
    messages.success(request, "Ärendet är markerat som klart.")
    return redirect("messaging:overview")


def thread_page(
    request: UserRequest, found: Thread, form: ReplyForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    """The page of a thread."""
    user = request.user
    posts = _posts(found, user)
    services.mark_read(thread=found, by=user)
    reason = _why_not_write(user, found)
    draft = services.kept_draft(place=place_of(found), by=user)
    form.fields["text"].widget.attrs["hx-post"] = reverse("messaging:thread", args=[found.pk])
    boxes = _boxes(found, user, refused, may_tick=not reason and not user.is_staff)
    context = {
        "thread": found,
        "lines": sorted([*posts, *_events(found, user)], key=attrgetter("at")),
        "last": posts[-1].message.pk if posts else 0,
        "is_news": False,
        "questions": boxes,
        "questions_left": sum(not box.asked.is_ticked for box in boxes),
        "may_tick": not reason and not user.is_staff,
        "is_done": found.status == Thread.Status.DONE,
        "read_by": _read_by(found, user),
        "reason": reason,
        "draft": draft,
        "form": form,
        **_badge(request, found),
    }
    return render(request, "messaging/thread.html", context, status=refused.status if refused else status)


def empty_form(request: UserRequest, found: Thread) -> ReplyForm:
    """The form of an answer with what the person has begun to write."""
    draft = services.kept_draft(place=place_of(found), by=request.user)
    return ReplyForm(initial={"text": draft.values.get("text", "")} if draft else {})


def _badge(request: UserRequest, found: Thread) -> dict[str, Any]:
    return {"badge": status_badge(found, for_staff=request.user.is_staff)}


def _why_not_write(user: User, found: Thread) -> str:
    try:
        check_can_write(user, found.unit)
    except NotAllowed as refusal:
        return refusal.reason
    return ""


def _posts(found: Thread, user: User, *, after: int = 0) -> list[Post]:
    said = found.messages.filter(pk__gt=after).select_related("author").order_by("created_at", "pk")
    files = attachments.listed(said)
    return [
        Post(post.created_at, post, services.shown_text(post), post.is_from_staff == user.is_staff, files[post.pk])
        for post in said
    ]


def _events(found: Thread, user: User) -> list[Happening]:
    events = found.events.select_related("by").order_by("at", "pk")
    shown = events if user.is_staff else events.exclude(kind__in=ThreadEvent.STAFF_ONLY)
    return [Happening(event.at, event) for event in shown]


def _boxes(found: Thread, user: User, refused: Refused | None, *, may_tick: bool) -> list[QuestionBox]:
    boxes, questions = [], services.asked_in(found)
    places = [place_of_question(found, asked.question.number) for asked in questions if may_tick and not asked.is_ticked]
    drafts = services.kept_drafts(places=places, by=user) if places else {}
    for asked in questions:
        number = asked.question.number
        draft = drafts.get(place_of_question(found, number))
        begun = draft.values.get("answer", "") if draft else asked.answer.replace(services.UNREADABLE, "")
        if refused and refused.number == number:
            boxes.append(QuestionBox(asked, refused.text, refused.reason, refused.text))
        else:
            boxes.append(QuestionBox(asked, begun))
    return boxes


def _read_by(found: Thread, user: User) -> list[str]:
    """Who has read to the end besides the one who wrote last: colleagues by name, the other side as one."""
    marks = ReadMark.objects.filter(thread=found, read_at__gte=found.last_message_at).select_related("user")
    last = found.messages.order_by("-created_at", "-pk").values_list("author_id", flat=True).first()
    people = [mark.user for mark in marks.order_by("read_at", "pk") if mark.user_id not in {last, user.pk}]
    colleagues = [str(person) for person in people if person.is_staff == user.is_staff]
    others = any(person.is_staff != user.is_staff for person in people)
    side = "enheten" if user.is_staff else "SKR"
    return [*([side] if others else []), *colleagues]


def _written_meanwhile(request: UserRequest, found: Thread) -> str:
    """Who wrote, other than the person herself, after the last message that her page showed (`sett`)."""
    seen = _number(request.POST.get("sett"))
    if not seen:
        return ""
    later = found.messages.filter(pk__gt=seen).exclude(author=request.user).select_related("author").order_by("pk").first()
    return str(later.author) if later else ""


def _number(text: str | None) -> int:
    """A key from a form or an address; 0 for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 20:
        return min(int(text), LARGEST_KEY)
    return 0
