"""A submission's findings as SKR reads them: groups with the unit's explanations, and the rows of one, masked unless revealed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator

from submissions import checking, spec
from submissions.checking import waivers as engine
from submissions.models import Comment, Delivery, ReviewPoint, Submission
from submissions.services import evaluate, points, storage, waivers
from submissions.services.groups import Group, cover, groups_of, live_comments
from submissions.services.marks import Cover
from submissions.spec import CollectionSpec

ROWS_ON_A_PAGE = 100
GROUPS_ON_A_PAGE = 60


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as the page shows it."""

    group: Group
    title: str
    value: str | None
    comment: Comment | None
    is_whole_file: bool
    cover: Cover | None = None  # how far an accepted explanation reaches now
    point: ReviewPoint | None = None  # what the unit is to look at again, not sent yet
    waived: str = ""  # what SKR has decided about it
    was_waived: bool = False  # there was a dispens last year, and none now

    @property
    def is_accepted(self) -> bool:
        """Whether SKR has accepted the explanation, and it covers all there is now."""
        return self.cover is not None and self.cover.is_whole

    @property
    def can_waive(self) -> bool:
        """Whether SKR may decide that it need not be corrected or explained, and has not."""
        return engine.can_waive(self.group.check) and not self.waived and self.group.level != spec.INFO


@dataclass(frozen=True, slots=True)
class Listed:
    """The groups of a file, one page of them."""

    page: Page[ShownGroup]
    explained: int  # groups with an explanation
    accepted: int  # those of them that SKR has accepted
    left: list[tuple[str, int]]  # checks with several explanations that are neither accepted nor marked, and how many

    @property
    def total(self) -> int:
        """How many groups there are."""
        return self.page.paginator.count


def groups_for(submission: Submission, delivery: Delivery, page: str | None) -> Listed:
    """The groups of the current file, worst first, so many on a page."""
    shown = all_groups(submission, delivery)
    explained = [one for one in shown if one.comment is not None]
    left = Counter(one.group.check for one in explained if not one.is_accepted and one.point is None)
    return Listed(
        page=Paginator(shown, GROUPS_ON_A_PAGE).get_page(page),
        explained=len(explained),
        accepted=sum(one.is_accepted for one in explained),
        left=[(check, number) for check, number in left.items() if number > 1],
    )


def group_of(submission: Submission, delivery: Delivery, key: str) -> ShownGroup | None:
    """One group of the current file; None where there is no such group."""
    return next((one for one in all_groups(submission, delivery) if one.group.key == key), None)


def all_groups(submission: Submission, delivery: Delivery) -> list[ShownGroup]:
    """Every group of the current file, worst first, with what is said of it."""
    collection = submission.collection.spec()
    comments, marked = live_comments(submission), {point.group: point for point in points.collected(submission)}
    findings = storage.findings_of(delivery)
    whole_file = _whole_file_checks(findings)
    decided, before = evaluate.waivers_of(delivery), waivers.last_years(submission)

    def shown(group: Group) -> ShownGroup:
        comment, reach = comments.get(group.key), None
        if comment is not None and comment.accepted_at is not None:
            reach = cover(submission, group, comment, findings, lambda: storage.current_frame(delivery))
        decision = engine.covering(decided, group.check, group.field, group.value)
        return replace(
            _shown(group, collection, comment, whole_file),
            cover=reach,
            point=marked.get(group.key),
            waived=engine.sentence(decision) if decision else "",
            was_waived=decision is None and waivers.of_group(before, group) is not None,
        )

    return [shown(group) for group in groups_of(submission, findings)]


def _whole_file_checks(findings: pl.DataFrame) -> set[str]:
    """The checks whose findings concern the file and no row of it."""
    return set(findings.filter(pl.col("row").is_null())["check"])


def _shown(group: Group, collection: CollectionSpec, comment: Comment | None, whole_file: set[str]) -> ShownGroup:
    finding = {"check": group.check, "field": group.field, "value": group.value}
    return ShownGroup(
        group=group,
        title=checking.messages.title(group.check, collection, group.field),
        value=checking.messages.shown_value(finding) if group.value is not None else None,
        comment=comment,
        is_whole_file=group.check in whole_file,
    )


def group_rows(
    submission: Submission, delivery: Delivery, key: str, page: str, *, reveal: bool = False, only: int | None = None
) -> dict[str, Any] | None:
    """One group with a page of its rows: line, employment key, value and sentence; None where there is no such group.

    `only` is the one line that is asked for. `lines` are the rows' numbers, `is_masked` tells whether anything on the page is or would be masked.
    """
    findings = storage.findings_of(delivery)
    group = next((one for one in groups_of(submission, findings) if one.key == key), None)
    if group is None:
        return None
    collection = submission.collection.spec()
    frame = checking.group_rows(findings, group.check, group.field, group.value)
    if only is not None:
        frame = frame.filter(pl.col("row") == only)
        if frame.is_empty():
            return None
    shown = Paginator(range(frame.height), ROWS_ON_A_PAGE).get_page(page)
    rows, is_masked = [], False
    for index in shown.object_list:
        finding = frame.row(index, named=True)
        is_masked = is_masked or checking.messages.is_masked(finding)
        rows.append(
            {
                "row": finding["row"],
                "is_masked": checking.messages.is_masked(finding),
                "key": checking.messages.shown_key(finding, reveal=reveal),
                "value": checking.messages.shown_value(finding, reveal=reveal),
                "message": checking.messages.render(finding, collection, reveal=reveal),
            }
        )
    comment = live_comments(submission).get(key)
    field = collection.layout[group.field] if group.field else None
    return {
        **vars_of(_shown(group, collection, comment, _whole_file_checks(findings))),
        "field": field,
        "page": shown,
        "rows": rows,
        "lines": [row["row"] for row in rows],
        "is_masked": is_masked,
    }


def vars_of(shown: ShownGroup) -> dict[str, Any]:
    """The group's parts for a template."""
    return {"group": shown.group, "title": shown.title, "value": shown.value, "comment": shown.comment}
