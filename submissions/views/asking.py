"""Ask about a group of findings or a row; the thread then shows at its place, and leads back to it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from config.lib import uploads
from messaging import services as messaging
from messaging.access import check_can_write
from messaging.drafting import answer_to_draft, is_draft
from messaging.forms import MatterForm
from messaging.models import Thread
from messaging.services import Matter
from messaging.services.drafts import NEW
from profiles import access
from submissions.models import Delivery
from submissions.services import asking, storage
from submissions.views.asked import ShownThread, with_badges
from submissions.views.common import Room, enter
from submissions.views.findings import find_group
from submissions.views.review import entry_of

SUBJECT_LENGTH = 100
CHECK_THE_ROW = "se efter att det är rätt rad och ämne och skicka sedan igen."


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked about, in words and addresses."""

    name: str  # as the page and the proposed subject say it
    back: str
    draft: str
    matter: Matter
    threads: list[ShownThread]
    is_moved: bool = False  # the page was drawn for another file, where somebody else may have stood on the row


@uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def ask_group(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """Ask SKR about a group of findings (or, for SKR, the unit)."""
    room, delivery = _enter(request, code, year)
    findings = storage.findings_of(delivery)
    group = find_group(room, findings, check, key)
    if group is None:
        return _gone(room, "Anmärkningen finns inte längre i filen.", otherwise=redirect(room.url("review")))
    entry = entry_of(room, group, None, findings, delivery)
    place = Place(
        name=entry.title,
        back=reverse("submissions:findings", args=[*room.address, check, key]),
        draft=f"new/{code}/{year}/group/{key}",
        matter=asking.matter_of_group(delivery, group),
        threads=with_badges(room, asking.threads_at_group(room.submission, key, request.user)),
    )
    return _ask(room, place)


@uploads.at_most(limits.ATTACHMENT_BYTES_PER_MESSAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def ask_row(request: UserRequest, code: str, year: int, row: int) -> HttpResponse:
    """Ask SKR about a row (or, for SKR, the unit)."""
    room, delivery = _enter(request, code, year)
    found = storage.current_frame(delivery).filter(pl.col("row") == row)
    if found.is_empty():
        if request.method == "POST":
            return _gone(room, "Raden finns inte i filen som gäller nu.", otherwise=redirect(room.url("review")))
        raise Http404
    seen = _version_of(request) or delivery.version
    values = found.row(0, named=True)
    place = Place(
        name=f"Rad {row} i version {delivery.version}",
        back=reverse("submissions:row", args=[*room.address, row]),
        draft=f"new/{code}/{year}/row/{seen}-{row}",
        matter=asking.matter_of_row(delivery, values),
        threads=with_badges(room, asking.threads_at_row(room.submission, values, request.user)),
        is_moved=seen != delivery.version,
    )
    return _ask(room, place)


def _enter(request: UserRequest, code: str, year: int) -> tuple[Room, Delivery]:
    """The room and the file that counts. Raises NotAllowed for one who may not write, or where there is no file."""
    room = enter(request, code, year)
    check_can_write(request.user, room.submission.unit)
    if room.current is None:
        raise NotAllowed("Det finns ingen kontrollerad fil att fråga om.")
    delivery = Delivery.objects.defer("content_sealed", "frame_sealed").get(pk=room.current.pk)
    delivery.submission = room.submission
    return room, delivery


def _ask(room: Room, place: Place) -> HttpResponse:
    request = room.request
    draft = messaging.kept_draft(place=place.draft, by=request.user)
    proposed = {"subject": place.name[:SUBJECT_LENGTH]}
    form = MatterForm.of(request, initial={**proposed, **(draft.values if draft else {})})
    if request.method == "POST" and is_draft(request):
        return answer_to_draft(
            request,
            place=place.draft,
            fields=("subject", "text"),
            default=proposed,
            again=lambda: _page(room, place, form, draft, status=422),
        )
    if request.method == "POST" and place.is_moved:
        form.refuse(NotAllowed(f"Filen har bytts sedan du öppnade sidan. Nu gäller det {place.name}: {CHECK_THE_ROW}"))
    if request.method == "POST" and form.is_valid():
        try:
            thread = messaging.start_thread(
                unit=room.submission.unit,
                category=Thread.Category.FILE,
                by=request.user,
                at=room.now,
                matter=place.matter,
                draft=place.draft,
                **form.cleaned_data,
            )
        except NotAllowed as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Frågan är skickad. Den visas också vid det som den gäller.")
            return redirect("messaging:thread", pk=thread.pk)
    return _page(room, place, form, draft)


def _version_of(request: UserRequest) -> int:
    """The file that the posted page was drawn for; 0 where it does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _gone(room: Room, told: str, *, otherwise: HttpResponse) -> HttpResponse:
    """What was asked about is gone: a text that was on its way waits in an ordinary message instead."""
    request, text = room.request, room.request.POST.get("text", "").strip()
    if request.htmx:  # the saving by itself: the page's own button tells
        return HttpResponse(status=204)
    if not text:
        messages.info(request, told)
        return otherwise
    begun = messaging.kept_draft(place=NEW, by=request.user)
    before = dict(begun.values) if begun else {}
    subject = request.POST.get("subject", "")[:SUBJECT_LENGTH]
    about = {"unit": room.submission.unit.code, "category": str(Thread.Category.FILE), "subject": subject}
    whole = "\n\n".join(filter(None, (before.get("text", ""), text)))
    messaging.save_draft(place=NEW, values={**about, **before, "text": whole}, by=request.user, at=room.now)
    messages.info(request, f"{told} Det du skrev står här i ett nytt meddelande. Skicka det om frågan är kvar.")
    return redirect("messaging:new")


def _page(room: Room, place: Place, form: MatterForm, draft: messaging.Kept | None, *, status: int = 200) -> HttpResponse:
    context = room.context(place=place, form=form, draft=draft)
    return render(room.request, "submissions/ask.html", context, status=status)


@require_GET
def matter(request: UserRequest, code: str, year: int, pk: int) -> HttpResponse:
    """Lead from a thread to what it is about in the file that counts now: the row wherever it stands, or the findings."""
    room = enter(request, code, year)
    of_the_year = Thread.objects.visible_to(request.user).filter(unit=room.submission.unit_id, year=year)
    found = access.row_or_404(
        request.user, of_the_year, pk=pk, visible=Thread.objects.visible_to(request.user), unit="unit__code"
    )
    if room.current is None or not found.is_of_the_file:
        return redirect("submissions:submission", *room.address)
    if found.group:
        return redirect("submissions:findings", *room.address, found.check_code, found.group)
    delivery = Delivery.objects.get(pk=room.current.pk)
    delivery.submission = room.submission
    row = asking.row_of_thread(found, storage.current_frame(delivery))
    if row is None:
        messages.info(request, "Raden finns inte i filen som gäller nu.")
        return redirect("messaging:thread", pk=found.pk)
    return redirect("submissions:row", *room.address, row)
