"""What the page of a submission shows of the file's figures, and its index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from submissions import checking
from submissions.models import Delivery, ReviewPoint, Submission
from submissions.services import points
from submissions.services.tables import Review
from submissions.shown_tables import Desk, ShownTable, Top, shown_table, top_differences
from submissions.summaries import differences
from submissions.summaries.review_tables import GROUPS, POPULATIONS, TABLES


@dataclass(frozen=True, slots=True)
class Tables:
    """The review tables beside last year, as the unit sees them; every number leads to the rows behind it."""

    has_before: bool
    before_name: str
    rule: str
    top: list[Top]
    shown: list[ShownTable]
    others: list[tuple[str, str]]  # title and address of every table


def tables_of(submission: Submission, current: Delivery) -> Tables:
    """The figures of the file that counts."""
    desk = Desk(submission, Review(current, submission.collection.spec()), {})
    made = [desk.review.beside(table) for table in (POPULATIONS, GROUPS)]
    return Tables(
        has_before=desk.has_before,
        before_name=desk.before_name,
        rule=differences.RULE,
        top=list(top_differences(desk)) if desk.has_before else [],
        shown=[shown_table(desk, grid, [line for line in grid.lines if line.depth < 2]) for grid in made],
        others=[(table.title, desk.page("table", table.key)) for table in TABLES.values()],
    )


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """A point with the words of its check."""

    point: ReviewPoint
    title: str


@dataclass(frozen=True, slots=True)
class Points:
    """What the unit is to look at again: collected and not sent, and what became of the last return."""

    collected: list[ShownPoint]
    latest: list[ShownPoint]
    earlier: list[ShownPoint]


def points_of(submission: Submission, collected: list[ReviewPoint]) -> Points:
    """The points of the submission with their words."""
    spec, sent = submission.collection.spec(), points.sent(submission)

    def shown(found: Iterable[ReviewPoint]) -> list[ShownPoint]:
        return [ShownPoint(one, checking.messages.title(one.check_code, spec, one.field)) for one in found]

    latest = [one for one in sent if one.sent_at == sent[0].sent_at]
    return Points(shown(collected), shown(latest), shown(sent[len(latest) :]))


def index_of(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The page's own parts above the panels: anchor and words, in the page's order."""
    parts = [
        ("fil", "Aktuell fil", True),
        ("anmarkningar", "Anmärkningar", shown["current"] is not None),
        ("punkter", "Att se över", bool(shown["points"].collected or shown["points"].latest)),
        ("tabeller", "Tabeller", shown["tables"] is not None),
        ("filer", "Filer", bool(shown["versions"])),
        ("kompletteringar", "Kompletteringar", bool(shown["supplements"])),
        ("kvittenser", "Kvittenser", bool(shown["receipts"])),
        ("oppna-igen", "Öppna igen", bool(shown["requests"])),
        ("anteckningar", "Anteckningar", True),
    ]
    return [(anchor, words) for anchor, words, is_there in parts if is_there]
