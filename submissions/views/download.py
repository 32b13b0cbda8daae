"""Files back to those who delivered them. Each is an export of individuals: step-up, a number an hour, an event."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import exports
from accounts.access import NotAllowed, UserRequest
from config.lib import downloads as outgoing
from profiles import access
from submissions.forms import ReportForm
from submissions.frames import TEXT
from submissions.services import export, storage
from submissions.services.export import Export
from submissions.views.common import Room, enter, shown_or_404

Report = Callable[..., Export]


class WrongKind(NotAllowed):
    """Neither of the two that the page has buttons for."""

    status = 422


@exports.export_view(back="submissions:version")
def download(request: UserRequest, code: str, year: int, number: int) -> HttpResponseBase:
    """Ladda ner den inlämnade filen, whatever became of it; Uppgiftslämnare and Kontaktperson of the unit."""
    room = enter(request, code, year)
    access.check_can_export(request.user, room.submission.unit)
    delivery = next((one for one in room.deliveries if one.version == number), None)
    if delivery is None:
        raise Http404
    return _answer(export.file_of(delivery=delivery, by=request.user, at=room.now))


@require_GET
def downloads(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Hämta: everything that can be taken out about the shown file, with a sentence each."""
    room = enter(request, code, year)
    delivery = shown_or_404(room)
    parts = len(storage.firsts_of(delivery)) or 1
    context = room.context(
        delivery=delivery,
        can_export=access.can_export(request.user, room.submission.unit),
        findings=delivery.fel + delivery.varning + delivery.info,
        is_text=delivery.format in ("", TEXT),
        parts=parts,
    )
    return render(request, "submissions/downloads.html", context)


@exports.export_view(back="submissions:downloads")
def corrected_file(request: UserRequest, code: str, year: int) -> HttpResponseBase:
    """Ladda ner rättad fil."""
    room = enter(request, code, year)
    access.check_can_export(request.user, room.submission.unit)
    as_new = request.POST.get("form") == "text"
    return _answer(export.corrected_file_of(delivery=shown_or_404(room), as_new=as_new, by=request.user, at=room.now))


@exports.export_view(back="submissions:downloads")
def findings_report(request: UserRequest, code: str, year: int) -> HttpResponseBase:
    """Alla anmärkningar, as .xlsx or .csv."""
    return _report(enter(request, code, year), export.findings_of)


@exports.export_view(back="submissions:downloads")
def marked_rows(request: UserRequest, code: str, year: int) -> HttpResponseBase:
    """Min fil med felkolumn, as .xlsx or .csv."""
    return _report(enter(request, code, year), export.marked_rows_of)


@exports.export_view(back="submissions:change_list")
def change_list_file(request: UserRequest, code: str, year: int) -> HttpResponseBase:
    """Ändringslistan, as .xlsx or .csv."""
    return _report(enter(request, code, year), export.changes_of)


def _report(room: Room, make: Report) -> HttpResponseBase:
    access.check_can_export(room.request.user, room.submission.unit)
    form = ReportForm(room.request.POST)
    if not form.is_valid():
        raise WrongKind("Välj om du vill ha filen som Excel eller CSV.")
    revealed = form.cleaned_data["revealed"]
    if revealed:
        access.check_can_reveal_personnummer(room.request.user, room.submission.unit)
    delivery = shown_or_404(room)
    return _answer(make(delivery=delivery, kind=form.cleaned_data["kind"], revealed=revealed, by=room.request.user, at=room.now))


def _answer(made: Export) -> HttpResponseBase:
    return outgoing.attachment(made.content, name=made.name, content_type=made.content_type)
