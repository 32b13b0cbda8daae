"""A submission's findings as SKR reads them: groups with the unit's explanations, and the rows of one, always masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator

from submissions import checking
from submissions.models import Comment, Delivery, Submission
from submissions.services import storage
from submissions.services.groups import Group, groups_of, live_comments
from submissions.spec import CollectionSpec

ROWS_ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as the page shows it."""

    group: Group
    title: str
    value: str | None
    comment: Comment | None


def groups_for(submission: Submission, delivery: Delivery) -> list[ShownGroup]:
    """The groups of the current file, worst first."""
    collection = submission.collection.spec()
    comments = live_comments(submission)
    groups = groups_of(submission.pk, storage.findings_of(delivery))
    return [_shown(group, collection, comments.get(group.key)) for group in groups]


def _shown(group: Group, collection: CollectionSpec, comment: Comment | None) -> ShownGroup:
    finding = {"check": group.check, "field": group.field, "value": group.value}
    return ShownGroup(
        group=group,
        title=checking.messages.title(group.check, collection, group.field),
        value=checking.messages.shown_value(finding) if group.value is not None else None,
        comment=comment,
    )


def group_rows(submission: Submission, delivery: Delivery, key: str, page: str) -> dict[str, Any] | None:
    """One group with a page of its rows: line, employment key, value and sentence; None where there is no such group."""
    findings = storage.findings_of(delivery)
    group = next((one for one in groups_of(submission.pk, findings) if one.key == key), None)
    if group is None:
        return None
    collection = submission.collection.spec()
    frame = checking.group_rows(findings, group.check, group.field, group.value)
    shown = Paginator(range(frame.height), ROWS_ON_A_PAGE).get_page(page)
    rows = []
    for index in shown.object_list:
        finding = frame.row(index, named=True)
        rows.append(
            {
                "row": finding["row"],
                "key": checking.messages.shown_key(finding),
                "value": checking.messages.shown_value(finding),
                "message": checking.messages.render(finding, collection),
            }
        )
    comment = live_comments(submission).get(key)
    field = collection.layout[group.field] if group.field else None
    return {**vars_of(_shown(group, collection, comment)), "field": field, "page": shown, "rows": rows}


def vars_of(shown: ShownGroup) -> dict[str, Any]:
    """The group's parts for a template."""
    return {"group": shown.group, "title": shown.title, "value": shown.value, "comment": shown.comment}
