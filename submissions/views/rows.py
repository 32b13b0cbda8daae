"""Rader: the rows of the shown file, found by what is wrong with them, by etikett, by line, or for one person.

What a filter may hold stands in the address: lines, codes, checks, a group's opaque key, a cell of a review table. A person's
number, and an anställningsnummer, which at some employers is one, are only ever posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import UserRequest
from config.lib import personnummer
from profiles import access
from submissions import checking, reading
from submissions.fields import in_words
from submissions.forms import PersonForm, RowsForm
from submissions.frames import KEY_FIELD, PERSONAL_NUMBER_FIELD, column
from submissions.models import Delivery
from submissions.services import looks, storage
from submissions.spec import FEL, INFO, VARNING
from submissions.views.common import Room, enter, label_of, shown_or_404
from submissions.views.row_filter import ETIKETT, ROWS_PER_PAGE, Listed, RowFilter, checks_of, rows_of_person, rows_that_fit

MOST_OF_A_PERSON = 200
AMOUNT, SALARY, HOURLY = 20, 22, 24
LEVELS = (FEL, VARNING, INFO)


@dataclass(frozen=True, slots=True)
class Line:
    """One row in the list."""

    row: int
    key: str | None
    number: str | None
    etikett: str | None
    etikett_label: str
    amount: str
    pay: str
    fel: int
    varning: int
    info: int
    is_corrected: bool


@require_GET
def rows(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The rows that fit what the address asks for, in the file's order."""
    room = enter(request, code, year)
    delivery = shown_or_404(room)
    form = RowsForm(request.GET, checks=checks_of(room, delivery))
    wanted = RowFilter.of(form)
    listed = rows_that_fit(room, delivery, wanted)
    page = Paginator(range(listed.frame.height), ROWS_PER_PAGE).get_page(request.GET.get("sida"))
    shown = listed.frame.slice(max(page.start_index() - 1, 0), len(page))
    looks.at_rows(delivery=listed.delivery, rows=shown["row"].to_list(), by=request.user, at=room.now)
    return _answer(room, delivery, replace(listed, frame=shown), form=form, wanted=wanted, page=page, person=PersonForm())


@require_POST
def person_rows(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The rows of one person or employment. The number is posted and never repeated, and the search is logged."""
    room = enter(request, code, year)
    delivery = shown_or_404(room)
    person = PersonForm(request.POST)
    frame = storage.current_frame(delivery)
    found = frame.head(0)
    if person.is_valid():
        text = person.cleaned_data["person"]
        if personnummer.LOOKS_LIKE.search(text):
            access.check_can_reveal_personnummer(request.user, room.submission.unit)
        found = rows_of_person(frame, text).head(MOST_OF_A_PERSON)
        looks.at_search(delivery=delivery, rows=found["row"].to_list(), by=request.user, at=room.now)
    form = RowsForm(checks=checks_of(room, delivery))
    return _answer(room, delivery, Listed(delivery, found), form=form, wanted=RowFilter(), page=None, person=person)


def _answer(
    room: Room,
    delivery: Delivery,
    listed: Listed,
    *,
    form: RowsForm,
    wanted: RowFilter,
    page: Page[int] | None,
    person: PersonForm,
) -> HttpResponse:
    parameters = wanted.parameters | room.parameters
    searched = person.cleaned_data["person"] if person.is_bound and person.is_valid() else ""
    context = room.context(
        delivery=delivery,
        form=form,
        person=PersonForm() if searched else person,
        is_of_person=page is None,
        page=page,
        found=page.paginator.count if page else listed.frame.height,
        lines=_lines(room, listed),
        listed=listed,
        is_filtered=bool(wanted.parameters),
        hidden={name: value for name, value in wanted.parameters.items() if name not in form.fields or name == "grupp"},
        row_query=f"?{urlencode(parameters)}" if parameters else "",
        searched=checking.masking.mask(searched),
    )
    return render(room.request, "submissions/rows.html", context, status=422 if person.errors else 200)


# How they are shown ------------------------------------------------------------------------------------------------


# How they are shown --------------------------------------------------------------------------------------------------


def _lines(room: Room, listed: Listed) -> list[Line]:
    shown = listed.frame
    if shown.is_empty():
        return []
    numbers = shown["row"]
    counts = _counts(storage.findings_of(listed.delivery), numbers)
    base = storage.base_frame(listed.delivery).filter(pl.col("row").is_in(numbers.implode()))
    corrected = set(reading.changed_cells(base, shown)["row"])
    return [_line(room, values, counts, corrected) for values in shown.iter_rows(named=True)]


def _counts(findings: pl.DataFrame, rows: pl.Series) -> dict[tuple[int, str], int]:
    if findings.is_empty():
        return {}
    counted = findings.filter(pl.col("row").is_in(rows.implode())).group_by("row", "level").len()
    return {(row, level): count for row, level, count in counted.iter_rows()}


def _line(room: Room, values: Mapping[str, Any], counts: Mapping[tuple[int, str], int], corrected: set[int]) -> Line:
    row, etikett = values["row"], values[column(ETIKETT)]
    fel, varning, info = (counts.get((row, level), 0) for level in LEVELS)
    salary, hourly = values[column(SALARY)], values[column(HOURLY)]
    return Line(
        row=row,
        key=checking.masking.mask_field(KEY_FIELD, values[column(KEY_FIELD)]),
        number=checking.masking.mask_field(PERSONAL_NUMBER_FIELD, values[column(PERSONAL_NUMBER_FIELD)]),
        etikett=checking.masking.mask_field(ETIKETT, etikett),
        etikett_label=label_of(room.spec, ETIKETT, etikett),
        amount=in_words(AMOUNT, values[column(AMOUNT)]),
        pay=in_words(SALARY, salary) or in_words(HOURLY, hourly),
        fel=fel,
        varning=varning,
        info=info,
        is_corrected=row in corrected,
    )
