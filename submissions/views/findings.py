"""The rows of one group of findings. Personnummer are masked until asked for; looks are logged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import UserRequest
from profiles import access
from submissions import checking
from submissions.checking import repairs
from submissions.checking.repairs import Repair
from submissions.forms import CommentForm
from submissions.frames import FIELD_NUMBERS, PERSONAL_NUMBER_FIELD, column
from submissions.models import Delivery
from submissions.services import asking, batches, looks, storage
from submissions.services.batches import Wanted
from submissions.services.groups import Group, groups_of, live_comments
from submissions.views.answers import box_of
from submissions.views.asked import may_ask, with_badges
from submissions.views.common import CodeChoice, Room, code_choice, codes_beside, enter, label_of, shown_or_404
from submissions.views.review import entry_of

ROWS_PER_PAGE = 50
WRONG_WIDTH = "FIL02"
MOST_BESIDE = 4
# What tells what kind of row it is, where the check itself is about one field.
BESIDE = {5: (6, 9), 9: (5, 14), 10: (9,), 13: (9,), 14: (9, 5), 16: (17, 19), 20: (9, 22), 22: (9, 20), 24: (9, 25), 25: (9, 24)}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A correction that was refused: what was written and why not."""

    row: int
    field: int
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in the list."""

    row: int | None
    key: str | None
    field: int | None
    value: str | None
    sentence: str
    draft: str  # what stands in the box
    error: str = ""
    is_done: bool = False
    done_text: str = ""
    neighbours: tuple[Neighbour, ...] = ()
    is_chosen: bool = False
    is_read: bool = True  # False: a row of the wrong width, which has no fields to show

    @property
    def can_correct(self) -> bool:
        """Whether there is one value to change."""
        return self.row is not None and self.field is not None


@dataclass(frozen=True, slots=True)
class Together:
    """A change of many rows that was refused: what was asked for and why not."""

    wanted: Wanted
    error: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another field of the same row that the finding is about, or that tells what kind of row it is."""

    name: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What a POST adds to the page it answers with."""

    reveal: bool = False
    wrong: Wrong | None = None
    together: Together | None = None
    comment_form: CommentForm | None = None
    page: int | None = None
    status: int = 200


@require_GET
def findings(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """The rows of a group, fifty at a time."""
    return findings_page(enter(request, code, year), check, key, Notes())


@require_POST
def reveal_findings(request: UserRequest, code: str, year: int, check: str, key: str) -> HttpResponse:
    """The same page with whole personnummer; who looked, and at which group, is logged."""
    room = enter(request, code, year)
    access.check_can_reveal_personnummer(request.user, room.submission.unit)
    return findings_page(room, check, key, Notes(reveal=True, page=number_of(request.POST.get("page")) or 1))


def findings_page(room: Room, check: str, key: str, notes: Notes) -> HttpResponse:
    """The page of a group. One that is solved leads back to the review."""
    if room.shown is None:
        raise Http404
    delivery = shown_or_404(room)
    frame = storage.findings_of(delivery)
    group = find_group(room, frame, check, key)
    if group is None:
        return redirect(room.url("review"))
    found = checking.group_rows(frame, group.check, group.field, group.value)
    page = Paginator(range(found.height), ROWS_PER_PAGE).get_page(notes.page or room.request.GET.get("sida"))
    shown = found.slice(page.start_index() - 1, len(page))
    looks.at_findings(
        delivery=delivery, group=group, rows=shown["row"].to_list(), by=room.request.user, revealed=notes.reveal, at=room.now
    )
    comment = live_comments(room.submission).get(group.key)
    beside = neighbours_of(room, delivery, group, shown["row"].drop_nulls().to_list(), notes)
    rows = [row_of(room, finding, notes, beside.get(finding["row"], ())) for finding in shown.iter_rows(named=True)]
    choice = code_choice(room, group.field, box=f"varde-{group.field}")
    context = room.context(
        delivery=delivery,
        entry=entry_of(room, group, comment, frame, delivery),
        page=page,
        rows=rows,
        has_neighbours=any(row.neighbours for row in rows),
        shared_sentence=_shared_sentence(rows),
        codes=codes_beside(room, group.field),
        codes_id=f"koder-{group.field}",
        choice=choice,
        together=_together(room, delivery, group, notes, choice) if _may_together(room, group) else None,
        threads=with_badges(room, asking.threads_at_group(room.submission, group.key, room.request.user)),
        ask_url=reverse("submissions:ask_group", args=[*room.address, group.check, group.key]) if may_ask(room) else "",
        **_faults(notes, group),
        reveal=notes.reveal,
        may_reveal=room.may_reveal and any(map(checking.messages.is_masked, shown.iter_rows(named=True))),
        box=box_of(room, group, comment, notes.comment_form),
        comment_form=notes.comment_form,
    )
    return render(room.request, "submissions/findings.html", context, status=notes.status)


def _faults(notes: Notes, group: Group) -> dict[str, object]:
    """What was refused, and the id of its box: on a row of the list, or in the form for all of them."""
    if notes.wrong:
        return {"fault": notes.wrong.message, "fault_box": f"varde-{notes.wrong.row}-{notes.wrong.field}"}
    return {"fault": notes.together.error if notes.together else "", "fault_box": f"varde-{group.field}"}


@dataclass(frozen=True, slots=True)
class TogetherForm:
    """The form that changes all rows: what stands in it from the start, and the rules that fit."""

    field: int
    value: str
    repair: str
    repairs: list[Repair]
    error: str


def _may_together(room: Room, group: Group) -> bool:
    return not room.why_not_change and group.rows > 1 and batches.can_correct_together(group)


def _together(room: Room, delivery: Delivery, group: Group, notes: Notes, choice: CodeChoice | None) -> TogetherForm:
    number = group.field or 0
    values = batches.values_of(delivery, group)["old"]
    refused = notes.together
    return TogetherForm(
        field=number,
        value=refused.wanted.value if refused else choice.chosen if choice else "",
        repair=refused.wanted.repair if refused else "",
        repairs=repairs.offered(group.check, room.spec.layout[number], values),
        error=refused.error if refused else "",
    )


def neighbours_of(
    room: Room, delivery: Delivery, group: Group, rows: list[int], notes: Notes
) -> dict[int, tuple[Neighbour, ...]]:
    """By row, the other fields of the check, and those that tell what kind of row it is; only those that hold something."""
    numbers = [number for number in _fields_beside(room, group) if number != group.field]
    if not numbers or not rows or group.check == WRONG_WIDTH:
        return {}
    frame = storage.current_frame(delivery).filter(pl.col("row").is_in(rows))
    cells = frame.select("row", *(column(number) for number in numbers))
    return {
        row: tuple(_neighbour(room, number, value, notes) for number, value in zip(numbers, values, strict=True) if value)
        for row, *values in cells.iter_rows()
    }


def _fields_beside(room: Room, group: Group) -> list[int]:
    """The check's own fields as the catalogue names them; where it is about one field, those of BESIDE."""
    setting = room.spec.checks.get(group.check)
    own = [int(number) for number in re.findall(r"[0-9]+", setting.fields)] if setting else []
    known = [number for number in own if number in FIELD_NUMBERS and number != PERSONAL_NUMBER_FIELD]
    others = [number for number in known if number != group.field]
    return others[:MOST_BESIDE] or list(BESIDE.get(group.field or 0, ()))


def _neighbour(room: Room, number: int, value: str, notes: Notes) -> Neighbour:
    shown = value if notes.reveal else checking.masking.mask_field(number, value)
    return Neighbour(room.spec.layout[number].name, shown or "", label_of(room.spec, number, value))


def _shared_sentence(rows: list[FindingRow]) -> str:
    """What is said of every row alike, so that it can be said once; empty where the rows differ or there is one."""
    sentences = {row.sentence for row in rows}
    return sentences.pop() if len(rows) > 1 and len(sentences) == 1 else ""


def find_group(room: Room, frame: pl.DataFrame, check: str, key: str) -> Group | None:
    """The group with that check and key in the current findings."""
    return next((g for g in groups_of(room.submission, frame) if g.key == key and g.check == check), None)


def row_of(room: Room, finding: Mapping[str, Any], notes: Notes, neighbours: tuple[Neighbour, ...] = ()) -> FindingRow:
    """A finding as the list shows it."""
    number, row = finding["field"], finding["row"]
    wrong = notes.wrong if notes.wrong and notes.wrong.row == row and notes.wrong.field == number else None
    shown = checking.messages.shown_value(finding, reveal=notes.reveal)
    return FindingRow(
        row=row,
        key=checking.messages.shown_key(finding, reveal=notes.reveal),
        field=number,
        value=shown,
        sentence=checking.messages.render(finding, room.spec, reveal=notes.reveal),
        draft=wrong.value if wrong else draft_of(finding["value"], shown),
        error=wrong.message if wrong else "",
        neighbours=neighbours,
        is_chosen=notes.together is not None and row in notes.together.wanted.rows,
        is_read=finding["check"] != WRONG_WIDTH,
    )


def draft_of(value: str | None, shown: str | None) -> str:
    """What stands in the box from the start: the value, unless it is masked."""
    return value or "" if value == shown else ""


def number_of(text: str | None) -> int | None:
    """A small whole number in an address or form; None where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None
