"""A review table as a page shows it: every number in Swedish, with the change and the way to the rows behind it.

The unit's pages and SKR's page of the submission draw the same tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.urls import reverse
from django.utils.http import urlencode

from config.templatetags.sv import HARD, MINUS, decimal
from submissions.models import Submission
from submissions.services.tables import Review
from submissions.summaries import labels
from submissions.summaries.differences import Difference
from submissions.summaries.grid import Cell, Column, Grid, Line, Measure, Table
from submissions.summaries.review_tables import ETIKETTER, GROUPS, PAY, POPULATIONS, VERKSAMHETER
from submissions.summaries.selection import BEFORE, LAST_YEAR, NOW, Selection

WHOLE_PERCENT = 10  # from here on percent are written without decimals
TOP_DIFFERENCES = 10
TOP_MOVES = 10
NOTHING: Mapping[str, frozenset[str]] = MappingProxyType({})
LOOKED_AT_FOR_DIFFERENCES = (POPULATIONS, GROUPS, ETIKETTER, VERKSAMHETER, PAY)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page of tables has: the submission, the delivery's tables, and the words and links of the comparison."""

    submission: Submission
    review: Review
    kept: Mapping[str, str]  # what an address keeps beside the comparison: the version that was asked for

    @property
    def address(self) -> list[object]:
        """The arguments of the submission's addresses."""
        return [self.submission.unit.code, self.submission.collection.year]

    @property
    def before_name(self) -> str:
        """What the numbers are compared with, as a column is called: "2025" or "version 2"."""
        if self.review.against == LAST_YEAR:
            return str(self.submission.collection.year - 1)
        return f"version {self.review.before.version}" if self.review.before else "föregående version"

    @property
    def now_name(self) -> str:
        """What is compared: "2026" or "version 3"."""
        if self.review.against == LAST_YEAR:
            return str(self.submission.collection.year)
        return f"version {self.review.delivery.version}"

    @property
    def has_before(self) -> bool:
        """Whether there is anything to compare with."""
        return self.review.before is not None

    def parameters(self, **more: str) -> str:
        """The query string that keeps the shown version and the comparison."""
        kept = dict(self.kept)
        if self.review.against != LAST_YEAR:
            kept["mot"] = self.review.against
        query = urlencode(kept | {name: value for name, value in more.items() if value})
        return f"?{query}" if query else ""

    def page(self, name: str, *arguments: object, **more: str) -> str:
        """A page of tables, with the comparison kept."""
        return reverse(f"submissions:{name}", args=[*self.address, *arguments]) + self.parameters(**more)

    def rows(self, selection: Selection) -> str:
        """The page of the rows behind a number."""
        return reverse("submissions:rows", args=self.address) + self.parameters(**selection.parameters)


# A table as the page shows it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell: the number with the way to its rows, the earlier one likewise, and the change."""

    label: str
    text: str
    href: str
    before: str = ""
    before_href: str = ""
    change: str = ""
    is_notable: bool = False
    is_up: bool = False


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line: its words, where it opens, its cells."""

    label: str
    depth: int
    open_url: str
    cells: list[Shown]


@dataclass(frozen=True, slots=True)
class ShownTable:
    """What the table's template draws."""

    table: Table
    caption: str
    heading: str
    parts: list[tuple[str, list[ShownLine]]]  # lines of one kind with their heading; no heading where all are of one

    @property
    def columns(self) -> int:
        """How many columns the table has, with the one of words."""
        return len(self.table.columns) + 1


def shown_table(
    desk: Desk,
    made: Grid,
    lines: Iterable[Line],
    *,
    can_open: bool = False,
    notable: Mapping[str, frozenset[str]] = NOTHING,
    caption: str = "",
) -> ShownTable:
    """The lines with their words, links and changes. `notable`: by line, the columns marked beside those that differ."""
    parts: dict[str, list[ShownLine]] = {}
    for line in lines:
        kind = labels.kind(line.key)
        parts.setdefault(kind, []).append(
            _shown_line(desk, made, line, can_open=can_open, notable=notable.get(line.key, frozenset()))
        )
    headings = [labels.HEADINGS[kind] for kind in parts if kind] or _headings_of(made.table)
    is_one = len(headings) < 2
    return ShownTable(
        table=made.table,
        caption=caption or made.table.title,
        heading=headings[0] if is_one and headings else "Uppdelning",
        parts=[("" if is_one or not kind else labels.HEADINGS[kind], shown) for kind, shown in parts.items()],
    )


def _headings_of(table: Table) -> list[str]:
    """What the table divides by: the heading of everybody's line where it stands alone."""
    return list(dict.fromkeys(labels.HEADINGS[grouping[0]] for grouping in table.groupings if grouping))


def _shown_line(desk: Desk, made: Grid, line: Line, *, can_open: bool, notable: frozenset[str]) -> ShownLine:
    return ShownLine(
        label=labels.line_label(desk.review.terms, line.key),
        depth=line.depth,
        open_url=desk.page("table", made.table.key, inom=line.key)
        if can_open and line.depth == 1 and made.within(line.key)
        else "",
        cells=[_shown(desk, made, line, cell, is_notable=cell.column.key in notable) for cell in line.cells],
    )


def _shown(desk: Desk, made: Grid, line: Line, cell: Cell, *, is_notable: bool) -> Shown:
    column, difference = cell.column, cell.difference
    against = desk.review.against

    def address(number: float | None, frame: str) -> str:
        return desk.rows(Selection(made.table.key, line.key, column.key, frame, against)) if number else ""

    if not made.has_before:
        return Shown(column.label, written(column, cell.value), address(cell.value, column.source), is_notable=is_notable)
    return Shown(
        label=column.label,
        text=written(column, cell.value),
        href=address(cell.value, NOW),
        before=written(column, difference.before),
        before_href=address(difference.before, BEFORE),
        change=change_text(column, difference),
        is_notable=is_notable or difference.is_notable,
        is_up=(difference.change or 0) > 0,
    )


def written(column: Column, value: float | None) -> str:
    """A number of the column as text."""
    return decimal(value, column.decimals)


def change_text(column: Column, difference: Difference) -> str:
    """ "+44 (+3,7 %)", for pay "+3,7 %", for shares "+1,2 procentenheter"; empty where there is nothing to say."""
    change = difference.change
    if change is None:
        return ""
    text = _signed(change, column.decimals)
    if column.measure == Measure.SHARE:
        return f"{text}{HARD}procentenheter"
    if difference.percent is None or not change:
        return text
    percent = f"{_signed(difference.percent, 1 if abs(difference.percent) < WHOLE_PERCENT else 0)}{HARD}%"
    return percent if difference.is_money else f"{text} ({percent})"


def _signed(value: float, decimals: int) -> str:
    text = decimal(value, decimals)
    if text.startswith(MINUS):
        return text
    return f"+{text}" if any(digit in text for digit in "123456789") else f"±{decimal(0, 0)}"


# What differs most -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Top:
    """One of the greatest differences, in words."""

    what: str
    where: str
    text: str
    before: str
    change: str
    href: str
    table_url: str
    is_up: bool


def top_differences(desk: Desk) -> Iterator[Top]:
    """The greatest notable differences, at most one about each line, so that one cause does not fill the list."""
    if not desk.has_before:
        return
    found = []
    for table in LOOKED_AT_FOR_DIFFERENCES:
        made = desk.review.beside(table)
        found += [
            (cell.difference.weight, table, line, cell)
            for line in made.lines
            for cell in line.cells
            if cell.difference.is_notable
        ]
    found.sort(key=lambda entry: (-entry[0], entry[1].key, entry[2].key, entry[3].column.key))
    said: list[str] = []
    for _, table, line, cell in found:
        if len(said) == TOP_DIFFERENCES:
            return
        if any(_is_same(line.key, key) for key in said):
            continue
        said.append(line.key)
        shown = Selection(table.key, line.key, cell.column.key, NOW if cell.value else BEFORE, desk.review.against)
        yield Top(
            what=cell.column.label,
            where=labels.full_label(desk.review.terms, line.key),
            text=written(cell.column, cell.value),
            before=written(cell.column, cell.difference.before),
            change=change_text(cell.column, cell.difference),
            href=desk.rows(shown),
            table_url=desk.page("table", table.key, inom=line.key.rpartition(".")[0]),
            is_up=(cell.difference.change or 0) > 0,
        )


def _is_same(one: str, other: str) -> bool:
    """Whether one line is the other, or lies within it: then both tell of the same thing."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words and the rows behind it."""

    label: str
    text: str
    href: str


def people_figures(desk: Desk, made: Grid) -> list[Figure]:
    """The numbers of everybody in the comparison, as a sum: those before, less who left, and who came, make those now."""
    whole = next(line for line in made.lines if line.depth == 0)
    labels_by_key = {"fore": f"Anställda {desk.before_name}", "nu": f"Anställda {desk.now_name}"}
    signs = {"slutat": "−", "nya": "+"}  # noqa: RUF001 - a minus sign
    figures = []
    for cell in whole.cells:
        figure = _figure(desk, made, whole, cell, labels_by_key.get(cell.column.key, cell.column.label))
        figures.append(replace(figure, text=f"{signs.get(cell.column.key, '')}{figure.text}"))
    return figures


def top_moves(desk: Desk, made: Grid) -> list[Figure]:
    """The commonest changes of etikett."""
    moves = [(line, line.cells[0]) for line in made.lines]
    moves.sort(key=lambda move: (-(move[1].value or 0), move[0].key))
    return [_figure(desk, made, line, cell, labels.line_label(desk.review.terms, line.key)) for line, cell in moves[:TOP_MOVES]]


def _figure(desk: Desk, made: Grid, line: Line, cell: Cell, words: str) -> Figure:
    selection = Selection(made.table.key, line.key, cell.column.key, cell.column.source, desk.review.against)
    return Figure(words, written(cell.column, cell.value), desk.rows(selection) if cell.value else "")
