"""Ändringslistan: what was corrected here, by employment, for the one who mends the payroll system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from profiles import access
from submissions.services import looks, reports
from submissions.views.common import Room, enter, field_name, shown_or_404, words_of

EMPLOYMENTS_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One value: what the payroll system has, and what it should have."""

    field: str
    old: str | None
    old_label: str
    new: str | None
    new_label: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Employment:
    """One row of the file with its changes."""

    row: int
    key: str | None
    number: str | None
    changes: list[Change]


@require_GET
def change_list(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The changes of the shown file, by anställningsnummer; personnummer masked."""
    room = enter(request, code, year)
    delivery = shown_or_404(room)
    made = reports.changes(delivery)
    rows = made["row"].unique(maintain_order=True)
    page = Paginator(rows.to_list(), EMPLOYMENTS_PER_PAGE).get_page(request.GET.get("sida"))
    shown = reports.masked_changes(made.filter(made["row"].is_in(list(page.object_list))))
    if shown.height:
        looks.at_changes(delivery=delivery, by=request.user, at=room.now)
    employments = [
        _employment(room, row, list(cells)) for row, cells in groupby(shown.iter_rows(named=True), key=lambda cell: cell["row"])
    ]
    context = room.context(
        delivery=delivery,
        page=page,
        employments=employments,
        values=made.height,
        can_export=access.can_export(request.user, room.submission.unit),
    )
    return render(request, "submissions/change_list.html", context)


def _employment(room: Room, row: int, cells: list[Mapping[str, Any]]) -> Employment:
    changes = [
        Change(
            field=field_name(room.spec, cell["field"]),
            old=cell["old"],
            old_label=words_of(room.spec, cell["field"], cell["old"]),
            new=cell["new"],
            new_label=words_of(room.spec, cell["field"], cell["new"]),
            reason=cell["reason"] or "",
            by=cell["by"] or "",
            at=cell["at"] or "",
        )
        for cell in cells
    ]
    return Employment(row, cells[0]["key"], cells[0]["number"], changes)
