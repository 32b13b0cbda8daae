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
from submissions.services import looks, storage, tables
from submissions.services.groups import Group, groups_of
from submissions.spec import FEL, INFO, VARNING, CollectionSpec
from submissions.summaries.selection import Selection
from submissions.views.common import Room, enter, label_of, shown_or_404

ROWS_PER_PAGE = 50
MOST_OF_A_PERSON = 200
ETIKETT, AMOUNT, SALARY, HOURLY = 9, 20, 22, 24
LEVELS = (FEL, VARNING, INFO)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows are asked for; everything empty is all of them. `selection` is a number of a review table."""

    line: int | None = None
    etikett: str = ""
    check: str = ""
    level: str = ""
    corrected: str = ""  # ja, nej
    group: str = ""
    selection: Selection | None = None

    @classmethod
    def of(cls, form: RowsForm) -> RowFilter:
        """What the form asks for; a field that is wrong asks for nothing."""
        form.is_valid()
        given = form.cleaned_data
        return cls(
            given.get("radnr"),
            given.get("etikett", ""),
            given.get("kontroll", ""),
            given.get("niva", ""),
            given.get("rattad", ""),
            given.get("grupp", ""),
            Selection.parse(form.data),
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The filter as the address has it."""
        given = {
            "radnr": str(self.line or ""),
            "etikett": self.etikett,
            "kontroll": self.check,
            "niva": self.level,
            "rattad": self.corrected,
            "grupp": self.group,
        }
        chosen = self.selection.parameters if self.selection else {}
        return {**{name: value for name, value in given.items() if value}, **chosen}


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


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows that fit, and whose file they are in: the shown one, or the one a number is compared with."""

    delivery: Delivery
    frame: pl.DataFrame
    title: str = ""  # what a number or group that is not in the form means
    lead: str = ""

    @property
    def is_other(self) -> bool:
        """Whether they are not rows of the shown file."""
        return bool(self.lead)


@require_GET
def rows(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The rows that fit what the address asks for, in the file's order."""
    room = enter(request, code, year)
    delivery = shown_or_404(room)
    form = RowsForm(request.GET, checks=_checks(room, delivery))
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
    form = RowsForm(checks=_checks(room, delivery))
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
    parameters = wanted.parameters | ({"version": str(room.asked.version)} if room.asked else {})
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


# Which rows ----------------------------------------------------------------------------------------------------------


def rows_that_fit(room: Room, delivery: Delivery, wanted: RowFilter) -> Listed:
    """The rows, with corrections, that fit all that is asked for."""
    listed = _chosen(room, delivery, wanted)
    frame, delivery = listed.frame, listed.delivery
    if wanted.line is not None:
        frame = frame.filter(pl.col("row") == wanted.line)
    if wanted.etikett:
        codes = codes_in_words(room.spec, wanted.etikett)
        starts = pl.col(column(ETIKETT)).str.starts_with(wanted.etikett)
        frame = frame.filter(starts.fill_null(False) if wanted.etikett.isdigit() else pl.col(column(ETIKETT)).is_in(codes))
    if wanted.check or wanted.level or wanted.group:
        frame = frame.filter(pl.col("row").is_in(_rows_with_findings(room, delivery, wanted).implode()))
    if wanted.corrected:
        corrected = storage.changes_of(delivery)["row"].unique()
        is_corrected = pl.col("row").is_in(corrected.implode())
        frame = frame.filter(is_corrected if wanted.corrected == "ja" else ~is_corrected)
    return replace(listed, frame=frame)


def _chosen(room: Room, delivery: Delivery, wanted: RowFilter) -> Listed:
    """All rows, or those behind the number of a review table."""
    frame = storage.current_frame(delivery)
    if wanted.group:
        group = _group(room, delivery, wanted.group)
        title = checking.messages.title(group.check, room.spec, group.field) if group else "En grupp som inte finns kvar"
        return Listed(delivery, frame, title)
    if wanted.selection is None:
        return Listed(delivery, frame)
    found = tables.Review(delivery, room.spec, wanted.selection.against).chosen(wanted.selection)
    if found is None:
        return Listed(delivery, frame.head(0), "Ett tal som inte finns i tabellerna")
    if found.delivery.pk == delivery.pk:
        return Listed(delivery, found.frame, found.title)
    of = f"version {found.delivery.version}" if found.delivery.submission_id == delivery.submission_id else "förra årets fil"
    return Listed(found.delivery, found.frame, found.title, f"Raderna är ur {of}.")


def _group(room: Room, delivery: Delivery, key: str) -> Group | None:
    return next((one for one in groups_of(room.submission, storage.findings_of(delivery)) if one.key == key), None)


def _rows_with_findings(room: Room, delivery: Delivery, wanted: RowFilter) -> pl.Series:
    findings = storage.findings_of(delivery)
    if findings.is_empty():
        return pl.Series([], dtype=pl.UInt32)
    if wanted.check:
        findings = findings.filter(pl.col("check") == wanted.check)
    if wanted.level:
        findings = findings.filter(pl.col("level") == wanted.level)
    if wanted.group:
        group = _group(room, delivery, wanted.group)
        findings = checking.group_rows(findings, group.check, group.field, group.value) if group else findings.head(0)
    return findings["row"].drop_nulls().unique()


def codes_in_words(collection: CollectionSpec, words: str) -> list[str]:
    """The etiketter whose names have all the words, whatever their case."""
    listed, asked = collection.lists.get("aid"), words.casefold().split()
    return [c.code for c in listed.codes.values() if all(word in c.label.casefold() for word in asked)] if listed else []


def rows_of_person(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """The rows with that personnummer, in ten or twelve digits, or that anställningsnummer, whatever its case."""
    digits = "".join(sign for sign in text if sign.isdigit())
    number = digits[-10:] if len(digits) in (10, 12) and not text.strip("0123456789-+ ") else ""
    same_key = pl.col(column(KEY_FIELD)).str.to_lowercase() == text.strip().lower()
    own = pl.col(column(PERSONAL_NUMBER_FIELD)).str.replace_all("[-+ ]", "").str.tail(10)
    same_person = (own == number) if number else pl.lit(False)
    return frame.filter((same_key | same_person).fill_null(False))


# How they are shown --------------------------------------------------------------------------------------------------


def _checks(room: Room, delivery: Delivery) -> list[tuple[str, str]]:
    """The checks that found something on a row, with their titles."""
    findings = storage.findings_of(delivery)
    if findings.is_empty():
        return []
    codes = findings.filter(pl.col("row").is_not_null())["check"].unique(maintain_order=True)
    return [(code, f"{checking.messages.title(code, room.spec)} ({code})") for code in codes]


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


# The rows before and after -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a row stands in the list that the person came from."""

    place: int
    of: int
    before: int | None
    after: int | None
    list_query: str
    row_query: str


def neighbours_of(room: Room, delivery: Delivery, row: int) -> Neighbours | None:
    """The rows before and after in the list that the address names, all rows where it names none; None outside it."""
    wanted = replace(RowFilter.of(RowsForm(room.request.GET, checks=_checks(room, delivery))), line=None)
    listed = rows_that_fit(room, delivery, wanted)
    if listed.is_other:
        return None
    numbers = listed.frame["row"]
    place = numbers.index_of(row)
    if place is None:
        return None
    parameters = wanted.parameters | ({"version": str(room.asked.version)} if room.asked else {})
    page = place // ROWS_PER_PAGE + 1
    to_list = parameters | ({"sida": str(page)} if page > 1 else {})
    return Neighbours(
        place=place + 1,
        of=numbers.len(),
        before=numbers[place - 1] if place else None,
        after=numbers[place + 1] if place + 1 < numbers.len() else None,
        list_query=f"?{urlencode(to_list)}" if to_list else "",
        row_query=f"?{urlencode(parameters)}" if parameters else "",
    )
