"""One row with all its fields in words: what was said of it, what was done to it, and the same person last year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import UserRequest
from accounts.models import User
from config.lib import personnummer
from profiles import access
from submissions import checking
from submissions.fields import SECTIONS
from submissions.frames import FIELD_COUNT, KEY_FIELD, PERSONAL_NUMBER_FIELD, column
from submissions.models import Delivery
from submissions.services import asking, evaluate, looks, storage
from submissions.services.storage import Change
from submissions.views.asked import may_ask, with_badges
from submissions.views.common import Room, code_choice, enter, shown_or_404, words_of
from submissions.views.findings import Notes, draft_of, number_of
from submissions.views.row_filter import neighbours_of

ETIKETT = 9
ADDED = "Fält som är nya i år"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a value."""

    old: str | None
    new: str | None
    change: Change

    @property
    def by(self) -> User:
        """Who did it."""
        return self.change.by


@dataclass(slots=True)
class Cell:
    """One field of a row."""

    number: int
    name: str
    value: str | None
    words: str  # what a code means, or an amount or a date as it is said
    before: str | None  # last year
    before_words: str
    is_changed: bool  # since last year
    steps: list[Step]  # the latest first
    corrected: bool = False
    sentences: list[tuple[str, str]] = field(default_factory=list)  # level, sentence
    is_open: bool = False
    draft: str = ""
    error: str = ""

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to see in it: empty or nought, as last year, without remarks and never touched."""
        is_nothing = not (self.value or "").strip("0") and (not self.value or self.words.startswith("0"))
        return is_nothing and not (self.is_changed or self.steps or self.sentences or self.is_open)


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    title: str
    cells: list[Cell]


@require_GET
def row(request: UserRequest, code: str, year: int, row: int) -> HttpResponse:
    """All fields of one row with what was said about them; one field at a time opens for correction."""
    return row_page(enter(request, code, year), row, Notes())


@require_POST
def reveal_row(request: UserRequest, code: str, year: int, row: int) -> HttpResponse:
    """The same page with the personnummer; logged."""
    room = enter(request, code, year)
    access.check_can_reveal_personnummer(request.user, room.submission.unit)
    return row_page(room, row, Notes(reveal=True))


def row_page(room: Room, row: int, notes: Notes) -> HttpResponse:
    """The page of a row."""
    if room.shown is None:
        raise Http404
    delivery = shown_or_404(room)
    found = storage.current_frame(delivery).filter(pl.col("row") == row)
    if found.is_empty():
        raise Http404
    values = found.row(0, named=True)
    looks.at_row(delivery=delivery, row=row, by=room.request.user, revealed=notes.reveal, at=room.now)
    before = _last_year(room, values, notes)
    opened = notes.wrong.field if notes.wrong else number_of(room.request.GET.get("falt"))
    choice = code_choice(room, opened, box=f"varde-{opened}")
    cells = _cells(room, delivery, values, before, notes)
    _open(room, cells, values, notes, opened, choice.chosen if choice else "")
    added = tuple(number for number in cells if number > FIELD_COUNT)
    sections = [*SECTIONS, (ADDED, added)] if added else list(SECTIONS)
    neighbours = neighbours_of(room, delivery, row)
    row_query = neighbours.row_query if neighbours else room.query
    context = room.context(
        delivery=delivery,
        row=row,
        sections=_sections(sections, cells),
        quiet=[cells[number] for _, numbers in sections for number in numbers if cells[number].is_quiet],
        opened=opened,
        fault=notes.wrong.message if notes.wrong else "",
        fault_box=f"varde-{opened}" if any(cell.is_open for cell in cells.values()) else "",  # Namn has no box
        choice=choice,
        reveal=notes.reveal,
        may_reveal=room.may_reveal,
        findings_count=sum(len(cell.sentences) for cell in cells.values()),
        flagged=[cells[number] for _, numbers in sections for number in numbers if cells[number].sentences],
        has_before=before is not None,
        neighbours=neighbours,
        row_query=row_query,
        tail=row_query.replace("?", "&", 1),
        threads=with_badges(room, asking.threads_at_row(room.submission, values, room.request.user)),
        ask_url=reverse("submissions:ask_row", args=[*room.address, row]) if may_ask(room) else "",
    )
    return render(room.request, "submissions/row.html", context, status=notes.status)


def _sections(parts: Sequence[tuple[str, Sequence[int]]], cells: Mapping[int, Cell]) -> list[Section]:
    """The parts with the fields that have something to see, in order; a part without such is left out."""
    shown = [Section(title, [cells[number] for number in numbers if not cells[number].is_quiet]) for title, numbers in parts]
    return [section for section in shown if section.cells]


# The same person last year -------------------------------------------------------------------------------------------


def _last_year(room: Room, values: Values, notes: Notes) -> Values | None:
    """The person's row in last year's approved file, which is then looked at too; None without."""
    last = evaluate.last_years(room.submission)
    if last is None:
        return None
    found = row_of_the_same(storage.current_frame(last), values)
    if found is not None:
        looks.at_row(delivery=last, row=found["row"], by=room.request.user, revealed=notes.reveal, at=room.now)
    return found


def row_of_the_same(frame: pl.DataFrame, values: Values) -> Values | None:
    """The person's row in another year: of several the same employment, else the same etikett, else the first."""
    number = values[column(PERSONAL_NUMBER_FIELD)]
    rows = list(frame.filter(pl.col(column(PERSONAL_NUMBER_FIELD)) == number).iter_rows(named=True)) if number else []
    for same in (KEY_FIELD, ETIKETT):
        alike = [one for one in rows if one[column(same)] is not None and one[column(same)] == values[column(same)]]
        if alike:
            return alike[0]
    return rows[0] if rows else None


# The fields ----------------------------------------------------------------------------------------------------------


def _numbers(values: Values) -> list[int]:
    """The numbers of the fields that a row has."""
    return sorted(int(name[1:]) for name in values if name[:1] == "f" and name[1:].isdigit())


def _cells(room: Room, delivery: Delivery, values: Values, before: Values | None, notes: Notes) -> dict[int, Cell]:
    row = values["row"]
    histories = storage.histories_of(delivery, row) if delivery.revision else {}
    delivered = storage.base_frame(delivery).filter(pl.col("row") == row).row(0, named=True)
    cells: dict[int, Cell] = {}
    for number in _numbers(values):
        name = column(number)
        earlier = before.get(name) if before else None
        cells[number] = Cell(
            number=number,
            name=room.spec.layout[number].name,
            value=_shown(number, values[name], notes),
            words=_words(room, number, values[name]),
            before=_shown(number, earlier, notes),
            before_words=_words(room, number, earlier),
            is_changed=before is not None and earlier != values[name],
            steps=[_step(number, change, notes) for change in histories.get(number, ())],
            corrected=delivered[name] != values[name],
        )
    on_row = storage.findings_of(delivery).filter(pl.col("row") == row)
    for finding in on_row.iter_rows(named=True):
        cell = cells.get(finding["field"] or 1) or cells[1]
        cell.sentences.append((finding["level"], checking.messages.render(finding, room.spec, reveal=notes.reveal)))
    return cells


def _open(room: Room, cells: Mapping[int, Cell], values: Values, notes: Notes, opened: int | None, chosen: str) -> None:
    """Open one field for correction, with what was written or chosen, else what stands there."""
    cell = cells.get(opened or 0)
    if cell is None or room.why_not_change:
        return
    cell.is_open = True
    standing = chosen or draft_of(values[column(cell.number)], cell.value)
    cell.draft, cell.error = (notes.wrong.value, notes.wrong.message) if notes.wrong else (standing, "")


def _shown(number: int, value: str | None, notes: Notes) -> str | None:
    return value if notes.reveal else checking.masking.mask_field(number, value)


def _step(number: int, change: Change, notes: Notes) -> Step:
    return Step(_shown(number, change.old, notes), _shown(number, change.new, notes), change)


def _words(room: Room, number: int, value: str | None) -> str:
    """What the value means: the code's name, the amount, the date; of a personnummer sex and age on the measurement day."""
    if number == PERSONAL_NUMBER_FIELD:
        day = room.spec.measurement_day
        try:
            person = personnummer.parse(value or "", on=day)
        except personnummer.InvalidPersonnummer:
            return ""
        return f"{person.sex}, {person.age(day)} år"
    return words_of(room.spec, number, value)
