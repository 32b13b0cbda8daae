"""Many rows corrected at once: the preview with its reason, the press that does it, and the undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import UserRequest
from config.templatetags.sv import number
from profiles import access
from submissions import checking
from submissions.checking import repairs
from submissions.forms import BatchForm
from submissions.frames import KEY_FIELD, column
from submissions.models import CorrectionBatch, Delivery
from submissions.services import batches, looks, storage
from submissions.services.batches import CheckChange, Preview
from submissions.services.correct import Conflict, CorrectionRefused
from submissions.services.groups import Group
from submissions.views.common import Room, after_undo, enter_to_change, field_name, label_of, shown_or_404
from submissions.views.findings import Notes, Together, find_group, findings_page

FIRST_ROWS = 10
GONE = "Raderna har inte den anmärkningen längre: den är rättad, eller filen är ersatt. Inget är ändrat av dig."
NEWER = "En nyare fil har kommit sedan du öppnade sidan. Inget är ändrat av dig än. Så här blir det i den nya filen."


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the preview."""

    row: int
    key: str
    old: str
    old_label: str
    new: str
    new_label: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of what goes or comes: a check's heading and how many findings."""

    title: str
    level: str
    count: int


@require_POST
def preview_batch(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """What would come of the change; nothing is stored."""
    return _preview(enter_to_change(request, code, year), check, key, BatchForm(request.POST))


@require_POST
def correct_batch(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """Do what was previewed, and back to the review; where the file is no longer as previewed, a new preview."""
    room = enter_to_change(request, code, year)
    form = BatchForm(request.POST)
    if not form.is_valid():
        return _preview(room, check, key, form)
    made = _just_made(room, check, key, form)
    if made is not None:
        return _done(room, made)
    found = _group(room, check, key)
    if found is None:
        return _preview(room, check, key, form)
    delivery, group = found
    if form.cleaned_data["version"] != delivery.version:
        return _preview(room, check, key, form, problem=NEWER)
    try:
        batch = batches.correct_batch(
            delivery=delivery,
            group=group,
            wanted=form.wanted,
            reason=form.cleaned_data["reason"],
            expected_revision=form.cleaned_data["revision"] or 0,
            by=request.user,
            at=room.now,
        )
    except Conflict as conflict:
        made = _just_made(room, check, key, form)
        return _done(room, made) if made else _preview(room, check, key, form, problem=str(conflict))
    except CorrectionRefused as refusal:
        return _preview(room, check, key, form, error=str(refusal))
    return _done(room, batch)


def _just_made(room: Room, check: str, key: str, form: BatchForm) -> CorrectionBatch | None:
    """What the same press did before: a button that is pressed twice does its work once."""
    seen = form.cleaned_data
    if room.current is None or seen["revision"] is None or seen["version"] != room.current.version:
        return None
    return batches.just_made(
        delivery=room.current,
        check=check,
        key=key,
        wanted=form.wanted,
        revision=seen["revision"],
        by=room.request.user,
    )


def _done(room: Room, batch: CorrectionBatch) -> HttpResponse:
    undo = "Ångra under Rättelser om det blev fel."
    messages.success(room.request, f"{_rows(batch.cells)} är ändrade och filen är kontrollerad igen. {undo}")
    return redirect("submissions:review", *room.address)


@require_POST
def undo_batch(request: UserRequest, code: str, year: int, pk: int) -> HttpResponse:
    """Give all values of a batch back what they were."""
    room = enter_to_change(request, code, year)
    batch = access.row_or_404(
        request.user,
        CorrectionBatch.objects.filter(delivery__submission=room.submission, delivery__is_current=True),
        pk=pk,
        visible=CorrectionBatch.objects.filter(delivery__in=Delivery.objects.visible_to(request.user)),
        unit="delivery__submission__unit__code",
    )
    try:
        batches.undo_batch(batch=batch, by=request.user, at=room.now)
    except CorrectionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        rows = _rows(batch.cells)
        messages.success(request, f"Den samlade rättelsen av {rows} är ångrad och filen är kontrollerad igen.")
    return redirect(after_undo(request), *room.address)


def _group(room: Room, check: str, key: str) -> tuple[Delivery, Group] | None:
    if room.current is None:
        return None
    delivery = shown_or_404(room)
    group = find_group(room, storage.findings_of(delivery), check, key)
    return (delivery, group) if group else None


def _preview(room: Room, check: str, key: str, form: BatchForm, *, problem: str = "", error: str = "") -> HttpResponse:
    """The preview; where there is nothing to preview, the group's page with the reason at what was written."""
    found = _group(room, check, key)
    if found is None:
        messages.error(room.request, GONE)
        return redirect("submissions:review", *room.address)
    delivery, group = found
    form.is_valid()
    try:
        seen = batches.preview(delivery=delivery, group=group, wanted=form.wanted)
    except CorrectionRefused as refusal:
        return findings_page(room, check, key, Notes(together=Together(form.wanted, str(refusal)), status=422))
    lines = _lines(room, delivery, seen)
    looks.at_findings(delivery=delivery, group=group, rows=[line.row for line in lines], by=room.request.user, at=room.now)
    context = room.context(
        delivery=delivery,
        group=group,
        heading=_heading(room, group, form, seen),
        where=field_name(room.spec, group.field),
        seen=seen,
        count=seen.cells.height,
        confirm=f"Ändra {_rows(seen.cells.height)}",
        before_fel=f"nu {number(seen.before['fel'])}",
        before_varning=f"nu {number(seen.before['varning'])}",
        lines=lines,
        gone=_check_lines(room, seen.gone),
        come=_check_lines(room, seen.come),
        form=form,
        wanted=form.wanted,
        problem=problem,
        error=error,
        back=reverse("submissions:findings", args=[*room.address, check, key]),
    )
    return render(room.request, "submissions/preview_batch.html", context, status=422 if problem or error else 200)


def _heading(room: Room, group: Group, form: BatchForm, seen: Preview) -> str:
    """ "Byt 5120 till 5121 på 812 rader"."""
    rows = _rows(seen.cells.height)
    wanted = form.wanted
    if wanted.repair:
        return f"{repairs.BY_NAME[wanted.repair].title} på {rows}"
    new = checking.masking.mask_field(group.field, seen.cells.item(0, "new"))
    if new is None:
        return f"Töm fält {group.field} på {rows}"
    old = checking.masking.mask_field(group.field, group.value)
    return f"Byt {old} till {new} på {rows}" if old else f"Skriv {new} i fält {group.field} på {rows}"


def _rows(count: int) -> str:
    return f"{number(count)} {'rad' if count == 1 else 'rader'}"


def _lines(room: Room, delivery: Delivery, seen: Preview) -> list[Line]:
    first = seen.cells.head(FIRST_ROWS)
    keys = storage.current_frame(delivery).select("row", pl.col(column(KEY_FIELD)).alias("key"))
    shown = first.join(keys, on="row", how="left", maintain_order="left")
    return [_line(room, seen.field, *cells) for cells in shown.select("row", "key", "old", "new").iter_rows()]


def _line(room: Room, field: int, row: int, key: str | None, old: str | None, new: str | None) -> Line:
    return Line(
        row=row,
        key=checking.masking.mask(key) if key else "",
        old=checking.masking.mask_field(field, old) or "",
        old_label=label_of(room.spec, field, old),
        new=checking.masking.mask_field(field, new) or "",
        new_label=label_of(room.spec, field, new),
    )


def _check_lines(room: Room, changes: Iterable[CheckChange]) -> list[CheckLine]:
    return [CheckLine(checking.messages.title(c.check, room.spec, c.field), c.level, c.count) for c in changes]
