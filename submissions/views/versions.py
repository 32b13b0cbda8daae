"""The versions of a unit's file: the list of them, each one's own page with what differs, and which of them counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from profiles import access
from submissions import checking, difference, states
from submissions.difference import Counts
from submissions.frames import KEY_FIELD
from submissions.models import Delivery
from submissions.services import looks, storage, versions
from submissions.views.common import Room, enter, field_name, file_name
from submissions.views.receiving import answer_for, upload_form

LINES_PER_PAGE = 50
KINDS = {"andrade": difference.CHANGED, "nya": difference.ADDED, "borta": difference.GONE}


@dataclass(frozen=True, slots=True)
class Version:
    """One file in the list of versions."""

    delivery: Delivery
    name: str
    state: str
    tone: str
    more_rows: int | None  # than the real file before; None where there is none to compare with


def versions_of(room: Room) -> list[Version]:
    """All files, newest first."""
    return [_version_of(room, delivery) for delivery in room.deliveries]


def _version_of(room: Room, delivery: Delivery) -> Version:
    before = file_before(room, delivery)
    more = None if before is None or delivery.rows is None else delivery.rows - (before.rows or 0)
    return Version(delivery, file_name(delivery), *_state_of(delivery), more)


def _state_of(delivery: Delivery) -> tuple[str, str]:
    if delivery.status == Delivery.Status.REJECTED:
        return ("Testfil, avvisad" if delivery.is_test else "Avvisad"), "error"
    if delivery.purged_at is not None:
        return "Borttagen", "neutral"
    if delivery.is_current:
        return "Aktuell", "success"
    if delivery.status == Delivery.Status.RECEIVED:
        return "Kontrolleras", "info"
    return ("Testfil", "info") if delivery.is_test else ("Ersatt", "neutral")


def file_before(room: Room, delivery: Delivery) -> Delivery | None:
    """The real file that a version is compared with: the checked one before it; for a test file the one that counts."""
    if delivery.status != Delivery.Status.CHECKED or delivery.purged_at is not None:
        return None
    if delivery.is_test and room.current is not None:
        return room.current
    earlier = (d for d in room.deliveries if d.version < delivery.version and not d.is_test and d.purged_at is None)
    return next((d for d in earlier if d.status == Delivery.Status.CHECKED), None)


@require_GET
def version(request: UserRequest, code: str, year: int, number: int) -> HttpResponse:
    """One file: what it was, what differs from the one before, and for a refused one what was seen and what was expected."""
    room = enter(request, code, year)
    listed = _version_of(room, _delivery_or_404(room, number))
    delivery = listed.delivery
    before = file_before(room, delivery)
    summary: dict[str, Any] = storage.summary_of(delivery)
    context = room.context(
        version=listed,
        here=f"Version {number}",
        delivery=delivery,
        going_on=room.going_on if delivery == room.waiting else [],
        is_watched=delivery == room.waiting,
        outcome=f"utfall-kontroll-{delivery.pk}",
        test_until=delivery.uploaded_at + limits.TEST_FILES_KEPT,
        can_export=access.can_export(request.user, room.submission.unit),
        refusal=summary.get("refusal"),
        reading=summary.get("reading"),
        form=upload_form(room),
        why_not_activate=room.why_not_upload or states.reason_against(versions.check_can_be_current, delivery),
        before=before,
        differs=_difference(room, before, delivery) if before else None,
    )
    return render(request, "submissions/version.html", context)


def _delivery_or_404(room: Room, number: int) -> Delivery:
    found = next((delivery for delivery in room.deliveries if delivery.version == number), None)
    if found is None:
        raise Http404
    return found


# What differs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A changed value, or a row that came or went; values masked."""

    row: int
    key: str | None
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs from the file before, as the page shows it: the numbers, and one page of one kind."""

    counts: Counts
    fields: list[tuple[str, int]]
    chosen: str  # andrade, nya or borta
    page: Page[int]
    lines: list[Line]
    version_of_rows: int  # where the lines' rows are
    firsts: tuple[int, ...]  # of that version's parts


def _difference(room: Room, before: Delivery, after: Delivery) -> Difference:
    lines = versions.difference_between(before, after)
    counts = difference.counts_of(lines)
    chosen = room.request.GET.get("visa", "")
    if chosen not in KINDS:
        found = ("andrade", counts.changed), ("nya", counts.added), ("borta", counts.gone)
        chosen = next((name for name, rows in found if rows), "andrade")
    of_kind = lines.filter(pl.col("kind") == KINDS[chosen])
    page = Paginator(range(of_kind.height), LINES_PER_PAGE).get_page(room.request.GET.get("sida"))
    shown = of_kind.slice(page.start_index() - 1, len(page)) if of_kind.height else of_kind
    looks.at_difference(before=before, delivery=after, rows=shown["row"].to_list(), by=room.request.user, at=room.now)
    of_rows = before if KINDS[chosen] == difference.GONE else after
    return Difference(
        counts=counts,
        fields=[(field_name(room.spec, number), rows) for number, rows in counts.fields],
        chosen=chosen,
        page=page,
        lines=[_line(room, line) for line in shown.iter_rows(named=True)],
        version_of_rows=of_rows.version,
        firsts=storage.firsts_of(of_rows),
    )


def _line(room: Room, line: Mapping[str, Any]) -> Line:
    mask = checking.masking.mask_field
    return Line(
        row=line["row"],
        key=mask(KEY_FIELD, line["key"]),
        field=field_name(room.spec, line["field"]),
        old=mask(line["field"], line["old"]),
        new=mask(line["field"], line["new"]),
    )


# Which one counts ----------------------------------------------------------------------------------------------------


@require_POST
def activate(request: UserRequest, code: str, year: int, number: int) -> HttpResponse:
    """Let an earlier version count again."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    delivery = _delivery_or_404(room, number)
    try:
        versions.activate(delivery=delivery, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
        return redirect("submissions:version", *room.address, number)
    messages.success(request, f"Version {number} gäller igen och är kontrollerad med dagens regler.")
    return redirect("submissions:review", *room.address)


@require_POST
def deliver_for_real(request: UserRequest, code: str, year: int, number: int) -> HttpResponse:
    """Hand a test file in for real, as it is; the answer is the same as after an upload."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    delivery = _delivery_or_404(room, number)
    try:
        delivered = versions.deliver_for_real(delivery=delivery, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
        return redirect("submissions:version", *room.address, number)
    return answer_for(request, room, delivered)
