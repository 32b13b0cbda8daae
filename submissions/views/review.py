"""The review page: what was read, key figures, and every group of findings with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from config.templatetags.sv import number
from submissions import checking, spec, states
from submissions.checking import waivers
from submissions.models import Comment, Delivery, ReviewPoint
from submissions.services import carry, storage
from submissions.services import groups as groups_service
from submissions.services.causes import MOST_TO_NAME, Cause, Headline, causes_of, headline
from submissions.services.groups import Group, groups_of, live_comments
from submissions.services.marks import Cover
from submissions.summaries import Summary
from submissions.views.common import Room, enter, field_name, shown_or_404

GROUPS_PER_PAGE = 40
SEVERAL_FIELDS = frozenset({"FMT01", "FMT02", "FMT03", "FMT04", "KOD07"})  # the heading names the field
LEVELS = (spec.FEL, spec.VARNING, spec.INFO)


@dataclass(frozen=True, slots=True)
class Entry:
    """A group as the page shows it."""

    group: Group
    title: str
    where: str
    value: str | None
    sentence: str
    advice: str
    comment: Comment | None
    is_reused: bool  # the explanation was given at an earlier version
    cover: Cover | None  # how far it reaches now
    sentence_then: str  # what was said of the whole file when it was given, where that has moved too far since
    is_whole_file: bool
    point: ReviewPoint | None = None  # what SKR wants looked at again
    waived: str = ""  # what SKR has decided about it

    @property
    def is_asked_by_skr(self) -> bool:
        """Whether SKR waits for a correction or a new explanation."""
        return self.point is not None and self.point.is_open

    @property
    def is_accepted(self) -> bool:
        """Whether SKR has accepted the explanation, and it covers all there is now."""
        return self.comment is not None and self.comment.accepted_at is not None and bool(self.cover and self.cover.is_whole)

    @property
    def is_done(self) -> bool:
        """Whether nothing more is asked for."""
        return self.group.needs_comment and self.cover is not None and self.cover.is_whole and not self.is_asked_by_skr

    @property
    def must_be_asked(self) -> bool:
        """Whether there is an explanation that does not cover all there is now."""
        return self.group.needs_comment and self.cover is not None and not self.cover.is_whole

    @property
    def is_left(self) -> bool:
        """Whether it stops the hand-in."""
        return self.group.level == spec.FEL or self.is_asked_by_skr or (self.group.needs_comment and not self.is_done)


@dataclass(frozen=True, slots=True)
class CauseEntry:
    """A cause as the page shows it: the worst group, and the others that the same wrong value has led to."""

    first: Entry
    also: list[Entry]


@dataclass(frozen=True, slots=True)
class Section:
    """The causes of one level, one page of them."""

    level: str
    causes: int
    findings: int
    above: int  # findings of this level that stand under a cause of a worse level
    first: int  # causes of this level that the page opens with
    page: Page[Cause]
    entries: list[CauseEntry]

    @property
    def is_shown(self) -> bool:
        """Whether something stands under the level's own heading."""
        return bool(self.entries or self.above)

    @property
    def anchor(self) -> str:
        """Where on the page the level's findings stand; empty where there are none."""
        return f"#{self.level}" if self.is_shown else "#orsaker" if self.first else ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the page says first, and the few causes that stand there instead of in the list of their level."""

    text: str
    causes: tuple[Cause, ...]

    @property
    def is_one(self) -> bool:
        """Whether one cause stands alone, so that it may stand open."""
        return len(self.causes) == 1


@require_GET
def review(request: UserRequest, code: str, year: int) -> HttpResponse:
    """What the current file held and what is left to do."""
    room = enter(request, code, year)
    if room.shown is None:
        return redirect("submissions:submission", *room.address)
    delivery = shown_or_404(room)
    findings = storage.findings_of(delivery)
    summary = storage.summary_of(delivery)
    groups = groups_of(room.submission, findings)
    causes = causes_of(groups)
    comments = live_comments(room.submission)
    is_ready = not (
        room.situation.is_ours and room.why_not_hand_in and (delivery.fel or delivery.uncommented or room.open_points)
    )
    opening = opening_of(headline(causes)) if room.asked or not is_ready else Opening("", ())
    cards = Cards(room, comments, findings, delivery)
    opening_cards = cards.of(opening.causes)
    sections = [_section(cards, level, causes, opening) for level in LEVELS]
    context = room.context(
        delivery=delivery,
        going_on=room.going_on,
        opening=opening,
        opening_cards=opening_cards,
        sections=sections,
        begin=_begin([*opening_cards, *(cause for section in sections for cause in section.entries)]),
        reading=summary["reading"],
        parts=_parts(delivery, summary["reading"].get("parts", ())),
        doubts=_doubts(delivery, summary["reading"].get("doubts", ())),
        samples=[{**s, "name": field_name(room.spec, s["field"])} for s in summary["reading"]["samples"]],
        lines=Summary.from_dict(summary["summary"]).lines,
        has_previous=summary["has_previous"],
        not_run=[
            {"code": n["check"], "title": checking.messages.title(n["check"], room.spec), "reason": n["reason"]}
            for n in summary["not_run"]
        ],
        not_run_count=len(summary["not_run"]),
        hand_in_title=_hand_in_title(delivery, room.open_points),
        asked_by_skr=points_shown(room),
        is_ready=is_ready,
        fel_tone="error" if delivery.fel else "success",
        varning_tone="warning" if delivery.uncommented else "success",
        warning_note=_left(delivery.uncommented),
        rows_note=f"av {number(delivery.rows or 0)}",
        rows_without=(delivery.rows or 0) - summary["rows_with_findings"],
        corrections=storage.count_corrections(delivery),
        told=carry.told_of(delivery, comments, {group.key for group in groups}),
        newest=room.newest,
        warning_groups=sum(1 for g in groups if g.level == spec.VARNING),
    )
    return render(request, "submissions/review.html", context)


def _hand_in_title(delivery: Delivery, points: int) -> str:
    return "Kvar innan ni kan klarmarkera" if delivery.fel or delivery.uncommented or points else "Inget är kvar att göra"


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """A point of SKR's as the unit reads it."""

    point: ReviewPoint
    title: str
    where: str
    url: str  # where it is mended or answered; empty once the group is gone


def points_shown(room: Room) -> list[ShownPoint]:
    """What SKR wants looked at again, with the way to each, while the unit works with it."""
    if room.submission.status not in states.WORKING:
        return []
    return [
        ShownPoint(
            point=point,
            title=checking.messages.title(point.check_code, room.spec, point.field),
            where=field_name(room.spec, point.field),
            url="" if point.resolved_at else room.url("findings", point.check_code, point.group),
        )
        for point in room.points.values()
    ]


def _begin(shown: Iterable[CauseEntry]) -> Entry | None:
    """The first on the page that is left to correct or explain."""
    return next((entry for cause in shown for entry in (cause.first, *cause.also) if entry.is_left), None)


def _left(uncommented: int) -> str:
    if not uncommented:
        return "inget kvar att förklara"
    return "1 grupp kvar" if uncommented == 1 else f"{number(uncommented)} grupper kvar"


def opening_of(said: Headline) -> Opening:
    """ "En felaktig kod förklarar 812 av 1 034 anmärkningar", with the few causes that it speaks of.

    They stand there only where they are at most half of all: else the list below, where every cause stands, is within sight.
    """
    few = said.causes[:MOST_TO_NAME] if 2 * min(len(said.causes), MOST_TO_NAME) <= said.all_causes else ()
    are_largest = bool(few) and len(said.causes) == said.all_causes
    return Opening(f"{opening_text(said)} De största:" if are_largest else opening_text(said), few)


def _title(room: Room, group: Group) -> str:
    return checking.messages.title(group.check, room.spec, group.field if group.check in SEVERAL_FIELDS else None)


def opening_text(said: Headline) -> str:
    """The sentence alone."""
    if not said.total:
        return "Inget i filen måste rättas eller förklaras."
    findings = f"{number(said.total)} {'anmärkning' if said.total == 1 else 'anmärkningar'}"
    if len(said.causes) == 1:
        who = "En felaktig kod" if said.causes[0].is_code else "En enda orsak"
        return f"{who} förklarar {number(said.explained)} av {findings}."
    if said.total == said.all_causes > 1:
        return f"{findings} måste rättas eller förklaras, var och en för sig."
    if len(said.causes) < said.all_causes:
        return f"{len(said.causes)} orsaker förklarar {number(said.explained)} av {findings}."
    return f"{findings} har {number(said.all_causes)} orsaker."


@dataclass(frozen=True, slots=True)
class Cards:
    """What makes causes into what the page shows of them."""

    room: Room
    comments: dict[str, Comment]
    findings: pl.DataFrame
    delivery: Delivery

    def of(self, causes: Iterable[Cause]) -> list[CauseEntry]:
        """The causes as the page shows them."""
        return [CauseEntry(self._entry(cause.first), [self._entry(group) for group in cause.groups[1:]]) for cause in causes]

    def _entry(self, group: Group) -> Entry:
        return entry_of(self.room, group, self.comments.get(group.key), self.findings, self.delivery)


def _section(cards: Cards, level: str, causes: list[Cause], opening: Opening) -> Section:
    mine = [cause for cause in causes if cause.first.level == level]
    listed = [cause for cause in mine if cause not in opening.causes]
    page = Paginator(listed, GROUPS_PER_PAGE).get_page(cards.room.request.GET.get(level))
    return Section(
        level=level,
        causes=len(mine),
        findings=sum(cause.findings for cause in mine),
        above=sum(group.rows for cause in causes if cause.first.level != level for group in cause.groups if group.level == level),
        first=len(mine) - len(listed),
        page=page,
        entries=cards.of(page.object_list),
    )


def entry_of(room: Room, group: Group, comment: Comment | None, findings: pl.DataFrame, delivery: Delivery) -> Entry:
    """The group with its words."""
    reach = None
    if comment is not None:
        reach = groups_service.cover(room.submission, group, comment, findings, lambda: storage.current_frame(delivery))
    first = findings.row(group.first, named=True)
    return Entry(
        group=group,
        title=_title(room, group),
        where=field_name(room.spec, group.field),
        value=checking.masking.mask_field(group.field, group.value),
        sentence=checking.messages.render(first, room.spec),
        advice=checking.messages.advice(group.check, room.spec),
        comment=comment,
        is_reused=comment is not None and comment.version < delivery.version,
        cover=reach,
        sentence_then=checking.messages.render(reach.then, room.spec) if reach and reach.then else "",
        is_whole_file=first["row"] is None,
        point=room.points.get(group.key),
        waived=_waived(room, group),
    )


def _waived(room: Room, group: Group) -> str:
    """What SKR has decided about a group that it has lowered; empty for others."""
    waiver = waivers.covering(room.waivers, group.check, group.field, group.value)
    return waivers.sentence(waiver) if waiver and group.level == spec.INFO else ""


def _doubts(delivery: Delivery, doubts: Sequence[dict[str, Any]]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """The files whose letters a person must say how to read: the name, empty of a single one, the part and the ways."""
    names = storage.names_of(delivery) if delivery.part_sizes else []
    return [(names[doubt["part"] - 1] if names else "", doubt["part"], doubt["ways"]) for doubt in doubts]


def _parts(delivery: Delivery, parts: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    """The name and the rows of each file of a delivery in several."""
    return [(name, part["rows"]) for name, part in zip(storage.names_of(delivery), parts, strict=False)] if parts else []
