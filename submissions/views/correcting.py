"""The presses that correct a value of the current file, or undo that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import NotAllowed, UserRequest
from accounts.models import User
from config.lib.text import amount
from profiles import access
from submissions import checking
from submissions.forms import CorrectionForm, RevisionForm
from submissions.models import Correction, Delivery
from submissions.services import correct as correct_service
from submissions.services import looks, storage
from submissions.services.correct import Corrected, CorrectionRefused
from submissions.views.common import Room, codes_of, enter, field_name, shown_or_404
from submissions.views.findings import FindingRow, Notes, Wrong, findings_page, row_of, row_page

OLD_PAGE = "Sidan var för gammal: filen har ersatts eller ändrats. Se efter hur uppgifterna ser ut nu och försök igen."


def _enter_to_change(request: UserRequest, code: str, year: int) -> Room:
    room = enter(request, code, year)
    if room.why_not_change:
        raise NotAllowed(room.why_not_change)
    return room


def _seen(room: Room, form: RevisionForm) -> Delivery | None:
    """The current delivery, if it is the one on the person's page."""
    if room.current is None or not form.is_valid() or form.cleaned_data["version"] != room.current.version:
        return None
    return room.current


# Values --------------------------------------------------------------------------------------------------------------


@require_POST
def correct(request: UserRequest, code: str, year: int, row: int, field: int) -> HttpResponse:
    """Give a value a new content and check the file again; back to where the person was."""
    room = _enter_to_change(request, code, year)
    form = CorrectionForm(request.POST)
    delivery = _seen(room, form)
    if delivery is None:
        messages.error(request, OLD_PAGE)
        return redirect("submissions:review", *room.address)
    value = form.cleaned_data["value"]
    try:
        done = correct_service.correct(
            delivery=delivery,
            row=row,
            field=field,
            value=value,
            expected_revision=form.cleaned_data["revision"],
            by=request.user,
            at=room.now,
        )
    except CorrectionRefused as refusal:
        return _answer_refused(enter(request, code, year), form, Wrong(row, field, value, str(refusal)))
    return _answer_corrected(enter(request, code, year), form, done)


def _answer_refused(room: Room, form: CorrectionForm, wrong: Wrong) -> HttpResponse:
    """The page the person came from, with the reason at the value."""
    check, key = form.cleaned_data["check"], form.cleaned_data["group"]
    if not key:
        return row_page(room, wrong.row, Notes(wrong=wrong, status=422))
    if room.request.htmx:
        found = _same_finding(room, check, wrong.row, wrong.field)
        if found is not None:
            return _fragment(room, form, row_of(room, found, Notes(wrong=wrong)))
    answer = findings_page(room, check, key, Notes(wrong=wrong, page=form.cleaned_data["page"], status=422))
    if answer.status_code == 302:
        messages.error(room.request, f"Rad {wrong.row}: {wrong.message}")
    return answer


def _answer_corrected(room: Room, form: CorrectionForm, done: Corrected) -> HttpResponse:
    """The row as it is now (htmx), or the list or the row's page with a line about what happened."""
    check, key = form.cleaned_data["check"], form.cleaned_data["group"]
    if key and room.request.htmx:
        found = _same_finding(room, check, done.row, done.field)
        if found is not None:
            wrong = Wrong(done.row, done.field, found["value"] or "", "Värdet är sparat, men anmärkningen står kvar.")
            return _fragment(room, form, row_of(room, found, Notes(wrong=wrong)))
        return _fragment(room, form, _done_row(room, done))
    left = "" if done.left_on_row == 0 else f" Raden har {amount(done.left_on_row, 'anmärkning', 'anmärkningar')} kvar."
    messages.success(room.request, f"Rad {done.row}: fält {done.field} är rättat och filen är kontrollerad igen.{left}")
    if not key:
        return redirect("submissions:row", *room.address, done.row)
    page = form.cleaned_data["page"]
    address = reverse("submissions:findings", args=[*room.address, check, key])
    return redirect(f"{address}?sida={page}" if page and page > 1 else address)


def _same_finding(room: Room, check: str, row: int, field: int) -> dict[str, Any] | None:
    found = storage.findings_of(shown_or_404(room)).filter(
        pl.col("check") == check, pl.col("row") == row, pl.col("field") == field
    )
    return None if found.is_empty() else found.row(0, named=True)


def _done_row(room: Room, done: Corrected) -> FindingRow:
    left = (
        "Raden har inga fler anmärkningar."
        if done.left_on_row == 0
        else f"Raden har {amount(done.left_on_row, 'anmärkning', 'anmärkningar')} kvar."
    )
    return FindingRow(
        row=done.row, key=None, field=done.field, value=None, sentence=left, draft="", is_done=True, done_text="Rättad"
    )


def _fragment(room: Room, form: CorrectionForm, row: FindingRow) -> HttpResponse:
    delivery = shown_or_404(room)
    context = room.context(
        delivery=delivery,
        finding=row,
        check=form.cleaned_data["check"],
        key=form.cleaned_data["group"],
        page_number=form.cleaned_data["page"] or 1,
        codes=codes_of(room.spec, row.field),
        codes_id=f"koder-{row.field}",
        is_fragment=True,
    )
    return render(room.request, "submissions/_finding_row.html", context)


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """One correction in the list."""

    pk: int
    row: int
    field: str
    old: str
    new: str
    by: User
    at: datetime
    is_undone: bool
    undone_by: User | None
    undone_at: datetime | None


@require_GET
def corrections(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The corrections of the current file: for undoing, and for mending the payroll system."""
    room = enter(request, code, year)
    if room.current is None:
        return redirect("submissions:submission", *room.address)
    delivery = shown_or_404(room)
    listed = Correction.objects.filter(delivery=delivery).select_related("by", "undone_by").order_by("-revision", "-pk")
    lines = [_line(room, delivery, correction) for correction in listed]
    if lines:
        looks.at_corrections(delivery=delivery, by=request.user, at=room.now)
    return render(request, "submissions/corrections.html", room.context(delivery=delivery, lines=lines))


def _line(room: Room, delivery: Delivery, correction: Correction) -> CorrectionLine:
    old, new = (checking.masking.mask_field(correction.field, value) or "" for value in storage.old_and_new(delivery, correction))
    return CorrectionLine(
        pk=correction.pk,
        row=correction.row,
        field=field_name(room.spec, correction.field),
        old=old,
        new=new,
        by=correction.by,
        at=correction.at,
        is_undone=correction.undone_at is not None,
        undone_by=correction.undone_by,
        undone_at=correction.undone_at,
    )


@require_POST
def undo(request: UserRequest, code: str, year: int, pk: int) -> HttpResponse:
    """Give a value its delivered content back."""
    room = _enter_to_change(request, code, year)
    correction = access.row_or_404(
        request.user,
        Correction.objects.filter(delivery__submission=room.submission, delivery__is_current=True),
        pk=pk,
        visible=Correction.objects.filter(delivery__in=Delivery.objects.visible_to(request.user)),
        unit="delivery__submission__unit__code",
    )
    try:
        done = correct_service.undo_correction(correction=correction, by=request.user, at=room.now)
    except CorrectionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Rättelsen på rad {done.row} är ångrad och filen är kontrollerad igen.")
    return redirect("submissions:corrections", *room.address)
