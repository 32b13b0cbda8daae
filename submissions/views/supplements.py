"""Komplettera: the kodförteckning and other files beside the delivery, and the payroll system it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts import exports
from accounts.access import NotAllowed, UserRequest
from config.lib import downloads, uploads
from profiles import access, payroll
from profiles.models import PayrollSystem
from submissions import reading, states
from submissions.checking.codes import is_municipal_position
from submissions.checking.masking import mask
from submissions.forms import PayrollSystemForm, SupplementForm
from submissions.frames import column
from submissions.models import Supplement
from submissions.reading.positions import POSITION_FIELD, Position, Trouble
from submissions.services import storage
from submissions.services import supplements as service
from submissions.services.intake import FileRefused
from submissions.views.common import Room, enter

SHOWN = 20  # lines of a list


@dataclass(frozen=True, slots=True)
class Listed:
    """One file on the page."""

    supplement: Supplement
    name: str


@dataclass(frozen=True, slots=True)
class PositionsShown:
    """The kodförteckning in force as it was read, beside the codes of the current file."""

    listed: Listed
    codes: int
    first: tuple[Position, ...]
    troubles: tuple[Trouble, ...]
    more_troubles: int
    used: int | None  # codes of the current file that the list should have; None without a file
    missing: list[str]  # those of them that it does not have; masked
    unused: int  # in the list and not in the file


@require_GET
def supplements(request: UserRequest, code: str, year: int) -> HttpResponse:
    """What has been handed in beside the file, and the forms for more."""
    return _page(enter(request, code, year))


def _page(
    room: Room, *, form: SupplementForm | None = None, system_form: PayrollSystemForm | None = None, status: int = 200
) -> HttpResponse:
    rows = Supplement.objects.filter(submission=room.submission).select_related("uploaded_by", "replaced_by")
    rows = rows.defer("content_sealed").order_by("-number", "pk")
    for supplement in rows:
        supplement.submission = room.submission
    listed = [Listed(supplement, service.name_of(supplement)) for supplement in rows]
    in_force = [one for one in listed if one.supplement.replaced_at is None]
    positions = next((one for one in in_force if one.supplement.kind == Supplement.Kind.POSITIONS), None)
    systems = service.payroll_systems(room.submission)
    suggested = payroll.suggestion(room.submission.unit, room.submission.collection.year)
    context = room.context(
        here="Komplettera",
        form=form or SupplementForm(initial={"kind": _first_choice(room, positions)}),
        system_form=system_form or _system_form(systems, suggested),
        system=suggested,
        system_name=_system_name(systems, suggested),
        is_this_years=suggested is not None and suggested.year == room.submission.collection.year,
        positions=_positions_shown(room, positions) if positions else None,
        others=[one for one in in_force if one.supplement.kind == Supplement.Kind.OTHER],
        earlier=[one for one in listed if one.supplement.replaced_at is not None],
        why_not_supplement=_reason(room, states.check_can_supplement),
        why_not_conditions=_reason(room, states.check_can_change_conditions),
        can_export=access.can_export(room.request.user, room.submission.unit),
    )
    return render(room.request, "submissions/supplements.html", context, status=status)


def _reason(room: Room, check: Callable[..., None]) -> str:
    return states.reason_against(check, room.request.user, room.submission, today=room.today)


def _first_choice(room: Room, positions: Listed | None) -> str:
    return Supplement.Kind.POSITIONS if room.is_region and positions is None else Supplement.Kind.OTHER


def _system_form(systems: dict[str, str], suggested: PayrollSystem | None) -> PayrollSystemForm:
    initial = {"system": suggested.code, "other": suggested.other} if suggested else {}
    return PayrollSystemForm(systems=systems, initial=initial)


def _system_name(systems: dict[str, str], chosen: PayrollSystem | None) -> str:
    return (chosen.other or systems.get(chosen.code, chosen.code)) if chosen else ""


def _positions_shown(room: Room, listed: Listed) -> PositionsShown:
    whole = Supplement.objects.get(pk=listed.supplement.pk)
    try:
        read = storage.position_list_of(whole)
    except reading.PositionListError:  # it could be read when it came
        return PositionsShown(listed, listed.supplement.entries or 0, (), (), 0, None, [], 0)
    labels = read.labels
    given = _codes_in(room)
    used = _texts(given if room.is_region else given.filter(~is_municipal_position()))
    return PositionsShown(
        listed=listed,
        codes=len(labels),
        first=tuple(replace(one, code=mask(one.code), label=mask(one.label)) for one in read.positions[:SHOWN]),
        troubles=tuple(replace(one, text=mask(one.text)) for one in read.troubles[:SHOWN]),
        more_troubles=max(0, len(read.troubles) - SHOWN),
        used=None if room.current is None else len(used),
        missing=sorted(map(mask, used - labels.keys())),
        unused=len(labels.keys() - _texts(given)),
    )


def _codes_in(room: Room) -> pl.DataFrame:
    """The position codes of the current file, each once. The four-digit ones of a kommun need no explanation."""
    name = column(POSITION_FIELD)
    if room.current is None:
        return pl.DataFrame(schema={name: pl.String})
    return storage.current_frame(room.current).select(name).drop_nulls().unique()


def _texts(codes: pl.DataFrame) -> set[str]:
    return set(codes.to_series().to_list())


# Presses -------------------------------------------------------------------------------------------------------------


@require_POST
def add_supplement(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Hand in a file beside the delivery."""
    room = enter(request, code, year)
    why_not = _reason(room, states.check_can_supplement)
    if why_not:
        raise NotAllowed(why_not)
    form = SupplementForm(request.POST, request.FILES)
    if uploads.was_too_large(request):
        form.add_error("file", f"Filen är större än {service.MEGABYTES} MB och togs inte emot.")
    if not form.is_valid():
        return _page(room, form=form, status=422)
    file = form.cleaned_data["file"]
    try:
        made = service.add_supplement(
            submission=room.submission,
            kind=form.cleaned_data["kind"],
            content=uploads.content_of(file),
            name=file.name,
            note=form.cleaned_data["note"],
            by=request.user,
            at=room.now,
        )
    except FileRefused as refusal:
        form.add_error("note" if isinstance(refusal, service.NoteRefused) else "file", refusal.reason)
        return _page(room, form=form, status=refusal.status)
    again = " Årets fil är kontrollerad igen." if made.kind == Supplement.Kind.POSITIONS and room.current else ""
    what = "Kodförteckningen" if made.kind == Supplement.Kind.POSITIONS else "Filen"
    messages.success(request, f"{what} är mottagen.{again}")
    return redirect("submissions:supplements", *room.address)


@require_POST
def remove_supplement(request: UserRequest, code: str, year: int, supplement: int) -> HttpResponse:
    """Take a file away; it stays listed as history."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    found = _supplement_or_404(room, supplement)
    try:
        service.remove_supplement(supplement=found, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
    else:
        messages.success(request, "Filen gäller inte längre.")
    return redirect("submissions:supplements", *room.address)


@exports.export_view(back="submissions:supplements")
def download_supplement(request: UserRequest, code: str, year: int, supplement: int) -> HttpResponseBase:
    """The file back, byte for byte; Uppgiftslämnare and Kontaktperson of the unit."""
    room = enter(request, code, year)
    access.check_can_export(request.user, room.submission.unit)
    found = _supplement_or_404(room, supplement)
    made = service.file_of(supplement=found, purpose=exports.OWN_COPY, by=request.user, at=room.now)
    return downloads.attachment(made.content, name=made.name)


@require_POST
def choose_payroll_system(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Say which payroll system the year's file comes from."""
    room = enter(request, code, year)
    why_not = _reason(room, states.check_can_change_conditions)
    if why_not:
        raise NotAllowed(why_not)
    form = PayrollSystemForm(request.POST, systems=service.payroll_systems(room.submission))
    if not form.is_valid():
        return _page(room, system_form=form, status=422)
    try:
        service.choose_payroll_system(
            submission=room.submission,
            code=form.cleaned_data["system"],
            other=form.cleaned_data["other"],
            by=request.user,
            at=room.now,
        )
    except NotAllowed as refusal:
        form.add_error("other", refusal.reason)
        return _page(room, system_form=form, status=422)
    messages.success(request, "Lönesystemet är sparat.")
    return redirect("submissions:supplements", *room.address)


def _supplement_or_404(room: Room, number: int) -> Supplement:
    found = Supplement.objects.filter(submission=room.submission, number=number).first()
    if found is None:
        raise Http404
    found.submission = room.submission
    return found
