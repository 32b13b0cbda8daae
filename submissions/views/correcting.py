"""The presses that correct a value of the current file, or undo that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import UserRequest
from accounts.models import User
from config.lib.text import amount
from profiles import access
from submissions import checking
from submissions.forms import CorrectionForm, RevisionForm
from submissions.frames import place
from submissions.models import Correction, CorrectionBatch, Delivery
from submissions.services import correct as correct_service
from submissions.services import looks, storage
from submissions.services.correct import Corrected, CorrectionRefused
from submissions.views.common import Room, after_undo, codes_beside, enter, enter_to_change, field_name, label_of, shown_or_404
from submissions.views.findings import FindingRow, Notes, Wrong, findings_page, row_of
from submissions.views.row import row_page

CORRECTIONS_PER_PAGE = 100
OLD_PAGE = "Sidan var för gammal: filen har ersatts eller ändrats. Se efter hur uppgifterna ser ut nu och försök igen."


def _seen(room: Room, form: RevisionForm) -> Delivery | None:
    """The current delivery, if it is the one on the person's page."""
    if room.current is None or not form.is_valid() or form.cleaned_data["version"] != room.current.version:
        return None
    return room.current


# Values --------------------------------------------------------------------------------------------------------------


@require_POST
def correct(request: UserRequest, code: str, year: int, row: int, field: int) -> HttpResponse:
    """Give a value a new content and check the file again; back to where the person was."""
    room = enter_to_change(request, code, year)
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
    return _answer_corrected(room, form, done)


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
        messages.error(room.request, f"{_at(room, wrong.row)}: {wrong.message}")
    return answer


def _answer_corrected(room: Room, form: CorrectionForm, done: Corrected) -> HttpResponse:
    """The row as it is now (htmx), or the list or the row's page with a line about what happened. `room` is that of before."""
    check, key = form.cleaned_data["check"], form.cleaned_data["group"]
    if key and room.request.htmx:
        room = enter(room.request, room.submission.unit.code, room.submission.collection.year)
        found = _same_finding(room, check, done.row, done.field)
        if found is not None:
            wrong = Wrong(done.row, done.field, found["value"] or "", "Värdet är sparat, men anmärkningen står kvar.")
            return _fragment(room, form, row_of(room, found, Notes(wrong=wrong)))
        return _fragment(room, form, _done_row(room, done))
    left = "" if done.left_on_row == 0 else f" Raden har {amount(done.left_on_row, 'anmärkning', 'anmärkningar')} kvar."
    messages.success(room.request, f"{_at(room, done.row)}: fält {done.field} är rättat och filen är kontrollerad igen.{left}")
    if not key:
        return redirect("submissions:row", *room.address, done.row)
    page = form.cleaned_data["page"]
    address = reverse("submissions:findings", args=[*room.address, check, key])
    return redirect(f"{address}?sida={page}" if page and page > 1 else address)


def _at(room: Room, row: int) -> str:
    """Where the row stands, first in a sentence."""
    where = place(row, room.firsts)
    return where[0].upper() + where[1:]


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
        codes=codes_beside(room, row.field),
        codes_id=f"koder-{row.field}",
        is_fragment=True,
    )
    return render(room.request, "submissions/_finding_row.html", context)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding that the row would have."""

    level: str
    where: str  # the other field it stands in
    text: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What the row would look like with a value that is not saved yet."""

    value: str = ""
    label: str = ""
    problem: str = ""
    sentences: list[Sentence] = field(default_factory=list)
    later: list[str] = field(default_factory=list)  # headings of what is judged on the whole file


@require_POST
def try_value(request: UserRequest, code: str, year: int, row: int, field: int) -> HttpResponse:
    """What the checks of the row would say of a value as one types it; nothing is stored."""
    room = enter_to_change(request, code, year)
    form = CorrectionForm(request.POST)
    seen = _seen(room, form)
    tried = Tried(problem=OLD_PAGE) if seen is None else _try(room, shown_or_404(room), row, field, form.cleaned_data["value"])
    return render(request, "submissions/_tried.html", room.context(tried=tried))


def _try(room: Room, delivery: Delivery, row: int, number: int, value: str) -> Tried:
    try:
        answer = correct_service.try_value(delivery=delivery, row=row, field=number, value=value)
    except CorrectionRefused as refusal:
        return Tried(problem=str(refusal))
    looks.at_row(delivery=delivery, row=row, by=room.request.user, revealed=False, at=room.now)
    return Tried(
        value=checking.masking.mask_field(number, answer.value) or "",
        label=label_of(room.spec, number, answer.value),
        sentences=[_sentence(room, number, finding, answer.before) for finding in answer.findings.iter_rows(named=True)],
        later=[checking.messages.title(check, room.spec) for check in answer.later],
    )


def _sentence(room: Room, number: int, finding: dict[str, Any], before: set[tuple[str, int | None]]) -> Sentence:
    return Sentence(
        level=finding["level"],
        where="" if finding["field"] == number else field_name(room.spec, finding["field"]),
        text=checking.messages.render(finding, room.spec),
        is_new=(finding["check"], finding["field"]) not in before,
    )


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One samlad rättelse in the list."""

    pk: int
    field: str
    old: str | None  # None: they differ
    new: str | None
    rows: int
    reason: str
    by: User
    at: datetime
    is_undone: bool
    undone_by: User | None
    undone_at: datetime | None
    is_carried: bool


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
    singles = Correction.objects.filter(delivery=delivery).select_related("by", "undone_by").order_by("-revision", "-pk")
    made = CorrectionBatch.objects.filter(delivery=delivery).select_related("by", "undone_by").order_by("-revision", "-pk")
    page = Paginator(singles, CORRECTIONS_PER_PAGE).get_page(request.GET.get("sida"))
    lines = [line_of(room, delivery, correction) for correction in page.object_list]
    together = [batch_line_of(room, delivery, batch) for batch in made]
    if lines or together:
        looks.at_corrections(delivery=delivery, by=request.user, at=room.now)
    context = room.context(delivery=delivery, lines=lines, page=page, batches=together)
    return render(request, "submissions/corrections.html", context)


def batch_line_of(room: Room, delivery: Delivery, batch: CorrectionBatch) -> BatchLine:
    """A batch as the lists show it."""
    cells = storage.cells_of(delivery, batch)
    return BatchLine(
        pk=batch.pk,
        field=field_name(room.spec, batch.field),
        old=_shared(batch.field, cells["old"]),
        new=_shared(batch.field, cells["new"]),
        rows=batch.cells,
        reason=storage.reason_of(delivery, batch),
        by=batch.by,
        at=batch.at,
        is_undone=batch.undone_at is not None,
        undone_by=batch.undone_by,
        undone_at=batch.undone_at,
        is_carried=batch.carried_from_id is not None,
    )


def _shared(number: int, values: pl.Series) -> str | None:
    """The value that all cells have, empty too, as it may be shown; None where they differ."""
    if values.n_unique() > 1:
        return None
    (value,) = values.unique().to_list() or [None]
    return checking.masking.mask_field(number, value) or ""


def line_of(room: Room, delivery: Delivery, correction: Correction) -> CorrectionLine:
    """A correction as the lists show it, its values masked."""
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
    room = enter_to_change(request, code, year)
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
        messages.success(request, _undone(done, room.firsts))
    return redirect(after_undo(request), *room.address)


def _undone(done: Corrected, firsts: Sequence[int]) -> str:
    """What undoing did; where rows corrected together have their say about the value, that it still holds."""
    said = f"Rättelsen på {place(done.row, firsts)} är ångrad och filen är kontrollerad igen."
    together = next(
        (change for change in storage.history_of(done.delivery, done.row, done.field) if change.undone_at is None), None
    )
    if together is None:
        return said
    now = checking.masking.mask_field(done.field, together.new) or "tomt"
    return f"{said} Värdet är {now} så länge en samlad rättelse av fält {done.field} gäller. Ångra den också om det inte stämmer."
