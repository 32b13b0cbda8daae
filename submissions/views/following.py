"""What followed to the file from the one before: corrections and explanations, what waits, and what did not follow and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from submissions import carrying, checking
from submissions.frames import place
from submissions.models import Comment, Correction, CorrectionBatch, Delivery
from submissions.services import carry, looks, storage
from submissions.services.groups import groups_of, live_comments
from submissions.views.common import Room, enter, field_name, shown_or_404
from submissions.views.correcting import batch_line_of, line_of
from submissions.views.review import Entry, entry_of

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Dropped:
    """A correction that did not follow."""

    rows: str  # "rad 17" or "3 rader", of the file before
    field: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An explanation whose findings are not in the file."""

    comment: Comment
    title: str
    where: str


@require_GET
def followed(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The page "Det som följde med"."""
    room = enter(request, code, year)
    if room.shown is None:
        return redirect("submissions:submission", *room.address)
    delivery = shown_or_404(room)
    told = carry.followed_to(delivery)
    singles = Correction.objects.filter(delivery=delivery, carried_from__isnull=False, undone_at=None).select_related("by")
    together = CorrectionBatch.objects.filter(delivery=delivery, carried_from__isnull=False, undone_at=None).select_related("by")
    page = Paginator(singles.order_by("row", "field", "pk"), PER_PAGE).get_page(request.GET.get("sida"))
    dropped = Paginator(told.dropped if told else (), PER_PAGE).get_page(request.GET.get("borta"))
    source = next((d for d in room.deliveries if told and d.version == told.version), None)
    before = storage.firsts_of(source) if source else ()
    context = room.context(
        delivery=delivery,
        told=told,
        lines=[line_of(room, delivery, correction) for correction in page.object_list],
        page=page,
        batches=[batch_line_of(room, delivery, batch) for batch in together.order_by("revision", "pk")],
        dropped=[_dropped(room, entry, before) for entry in dropped.object_list],
        dropped_page=dropped,
        **_explanations(room, delivery),
    )
    if context["lines"] or context["batches"] or context["dropped"]:
        looks.at_corrections(delivery=delivery, by=request.user, at=room.now)
    return render(request, "submissions/followed.html", context)


def _dropped(room: Room, entry: dict[str, Any], firsts: tuple[int, ...]) -> Dropped:
    """One that did not follow; its row is that of the file before, whose parts begin at `firsts`."""
    old, new, now = (checking.masking.mask_field(entry["field"], entry[name]) or "" for name in ("old", "new", "now"))
    count: int = entry["cells"]
    reason = carrying.REASONS[entry["reason"]]
    if entry["reason"] == carrying.CHANGED and count == 1:
        reason = f"{reason} ({now or 'tomt'})"
    return Dropped(
        rows=place(entry["rows"][0], firsts) if count == 1 else f"{count} rader",
        field=field_name(room.spec, entry["field"]),
        old=old if count == 1 else "",
        new=new,
        reason=reason,
    )


def _explanations(room: Room, delivery: Delivery) -> dict[str, list[Entry] | list[Gone]]:
    """The explanations given at earlier versions: in force, waiting for what has come to, and without findings."""
    findings = storage.findings_of(delivery)
    earlier = {key: comment for key, comment in live_comments(room.submission).items() if comment.version < delivery.version}
    groups = [group for group in groups_of(room.submission, findings) if group.key in earlier]
    entries = [entry_of(room, group, earlier.pop(group.key), findings, delivery) for group in groups]
    return {
        "in_force": [entry for entry in entries if not entry.must_be_asked],
        "waiting": [entry for entry in entries if entry.must_be_asked],
        "gone": [_gone(room, comment) for comment in earlier.values()],
    }


def _gone(room: Room, comment: Comment) -> Gone:
    title = checking.messages.title(comment.check_code, room.spec, comment.field)
    return Gone(comment, title, field_name(room.spec, comment.field))
