"""A submission's findings as SKR reads them: groups with the unit's explanations, and the rows of one, masked unless revealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator

from submissions import checking
from submissions.models import Comment, Delivery, Submission
from submissions.services import storage
from submissions.services.groups import Group, groups_of, live_comments
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


@dataclass(frozen=True, slots=True)
class Listed:
    """The groups of a file, one page of them."""

    page: Page[Group]
    shown: list[ShownGroup]

    @property
    def total(self) -> int:
        """How many groups there are."""
        return self.page.paginator.count


def groups_for(submission: Submission, delivery: Delivery, page: str | None) -> Listed:
    """The groups of the current file, worst first, so many on a page."""
    collection = submission.collection.spec()
    comments = live_comments(submission)
    findings = storage.findings_of(delivery)
    whole_file = _whole_file_checks(findings)
    listed = Paginator(groups_of(submission, findings), GROUPS_ON_A_PAGE).get_page(page)
    return Listed(listed, [_shown(group, collection, comments.get(group.key), whole_file) for group in listed.object_list])


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


def group_rows(submission: Submission, delivery: Delivery, key: str, page: str, *, reveal: bool = False) -> dict[str, Any] | None:
    """One group with a page of its rows: line, employment key, value and sentence; None where there is no such group.

    `lines` are the rows' numbers, `is_masked` tells whether anything on the page is or would be masked.
    """
    findings = storage.findings_of(delivery)
    group = next((one for one in groups_of(submission, findings) if one.key == key), None)
    if group is None:
        return None
    collection = submission.collection.spec()
    frame = checking.group_rows(findings, group.check, group.field, group.value)
    shown = Paginator(range(frame.height), ROWS_ON_A_PAGE).get_page(page)
    rows, is_masked = [], False
    for index in shown.object_list:
        finding = frame.row(index, named=True)
        is_masked = is_masked or checking.messages.is_masked(finding)
        rows.append(
            {
                "row": finding["row"],
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
