"""Granska: the review tables beside last year or the version before, and the comparison person by person.

Every number is a link to the rows behind it. The pages themselves show no row and no personnummer, so no look is logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from config.lib import csv_file, downloads
from config.lib.text import amount
from submissions.services.tables import Review
from submissions.shown_tables import Desk, ShownTable, people_figures, shown_table, top_differences, top_moves
from submissions.summaries import differences, labels, standing_out
from submissions.summaries.charts import Chart
from submissions.summaries.compare import CHANGES, COMPARISONS, MOVES, PAY_STEPS, PEOPLE
from submissions.summaries.grid import Column, Grid, Line, Table
from submissions.summaries.review_tables import AGES, GROUPS, POPULATIONS, TABLES
from submissions.summaries.selection import ALL, LAST_YEAR, VERSION
from submissions.views.charts import chart_of
from submissions.views.common import Room, enter, shown_or_404

LINES_PER_PAGE = 60
TOP_SHOWN = 4  # of what differs most; the rest is folded
MOST_STANDING_OUT = 5


@dataclass(frozen=True, slots=True)
class RoomDesk(Desk):
    """The desk of a page in the submission's room."""

    room: Room

    def context(self, **extra: object) -> dict[str, object]:
        """What the templates of these pages use."""
        return self.room.context(
            delivery=self.review.delivery,
            desk=self,
            before_name=self.before_name,
            now_name=self.now_name,
            has_before=self.has_before,
            rule=differences.RULE,
            **extra,
        )


def _desk(request: UserRequest, code: str, year: int) -> RoomDesk | None:
    """The shown file's desk; None where there is no file."""
    room = enter(request, code, year)
    if room.shown is None:
        return None
    against = VERSION if request.GET.get("mot") == VERSION else LAST_YEAR
    return RoomDesk(room.submission, Review(shown_or_404(room), room.spec, against), room.parameters, room)


# Pages ---------------------------------------------------------------------------------------------------------------


@require_GET
def tables(request: UserRequest, code: str, year: int) -> HttpResponse:
    """What differs most, the populations, and the way to every table."""
    desk = _desk(request, code, year)
    if desk is None:
        return redirect("submissions:submission", code, year)
    populations, groups, ages = (desk.review.beside(table) for table in (POPULATIONS, GROUPS, AGES))
    top = list(top_differences(desk))
    drawn = (chart_of(desk, groups, groups.lines), chart_of(desk, ages, ages.lines))
    context = desk.context(
        choices=_choices(desk, "tables"),
        top_first=top[:TOP_SHOWN],
        top_rest=top[TOP_SHOWN:],
        shown=shown_table(desk, populations, populations.lines),
        charts=[chart for chart in drawn if chart],
        listed=[(table, desk.page("table", table.key)) for table in TABLES.values()],
    )
    return render(request, "submissions/tables.html", context)


@require_GET
def table(request: UserRequest, code: str, year: int, table: str) -> HttpResponse:
    """One table; `?inom=` opens a line to the lines within it."""
    desk = _desk(request, code, year)
    made = desk.review.grid(_known(table)) if desk else None
    if desk is None or made is None:
        raise Http404
    within = request.GET.get("inom", "")
    lines, opened = _opened(made, within)
    page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("sida"))
    has_parts = any(line.depth == 2 for line in made.lines) and any(line.depth == 1 for line in made.lines)
    context = desk.context(
        table=made.table,
        choices=_choices(desk, "table", made.table.key, inom=within) if made.table.key in TABLES else [],
        shown=shown_table(desk, made, page.object_list, can_open=has_parts and not opened),
        page=page,
        here="tabeller" if made.table.key in TABLES else "jamfor",
        back=("Tabeller", desk.page("tables")) if made.table.key in TABLES else ("Jämför", desk.page("compare")),
        opened=labels.full_label(desk.review.terms, within) if opened else "",
        whole_url=desk.page("table", made.table.key),
        every_url=desk.page("table", made.table.key, inom=ALL) if has_parts and within != ALL else "",
        file_url=desk.page("table_file", made.table.key),
        chart=chart_of(desk, made, lines),
    )
    return render(request, "submissions/table.html", context)


@require_GET
def table_file(request: UserRequest, code: str, year: int, table: str) -> HttpResponseBase:
    """Every line of a table as CSV: sums, nobody's own row."""
    desk = _desk(request, code, year)
    made = desk.review.grid(_known(table)) if desk else None
    if desk is None or made is None:
        raise Http404
    name = f"Personalstatistik {desk.submission.unit.name} {year} {made.table.title}.csv"
    content = b"".join(csv_file.write(_csv_heading(desk, made), _csv_rows(desk, made)))
    return downloads.attachment(content, name=name, content_type=csv_file.CONTENT_TYPE)


@require_GET
def compare(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Person by person against last year: who is new and who has left, and what changed for those who stay."""
    desk = _desk(request, code, year)
    if desk is None:
        return redirect("submissions:submission", code, year)
    people = desk.review.grid(PEOPLE)
    moves = desk.review.grid(MOVES)
    made = [people, *map(desk.review.grid, (CHANGES, PAY_STEPS))]
    context = desk.context(
        choices=_choices(desk, "compare"),
        parts=[_compared(desk, grid) for grid in made if grid],
        standing_out_rule=standing_out.RULE,
        figures=people_figures(desk, people) if people else [],
        moves=top_moves(desk, moves) if moves else [],
        moves_url=desk.page("table", MOVES.key),
    )
    return render(request, "submissions/compare.html", context)


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison on its page: everybody and the groups that stand out, and folded under them every group."""

    table: Table
    first: ShownTable
    standing_out: int
    every: ShownTable
    every_title: str
    chart: Chart | None
    href: str


def _compared(desk: Desk, made: Grid) -> Compared:
    found = standing_out.standing_out(made, MOST_STANDING_OUT)
    lines = [line for line in made.lines if line.depth < 2]
    whole = [line for line in lines if not line.depth]
    marked = {one.line.key: one.columns for one in standing_out.standing_out(made, len(lines))}
    return Compared(
        table=made.table,
        first=shown_table(
            desk, made, [*whole, *(one.line for one in found)], notable=marked, caption=f"{made.table.title}: de som avviker mest"
        ),
        standing_out=len(found),
        every=shown_table(desk, made, lines, notable=marked),
        every_title=f"Alla {amount(len(lines) - len(whole), 'personalgrupp', 'personalgrupper')}",
        chart=chart_of(desk, made, lines),
        href=desk.page("table", made.table.key),
    )


def _known(key: str) -> Table:
    """The table with that key, or 404."""
    found = TABLES.get(key) or COMPARISONS.get(key)
    if found is None:
        raise Http404
    return found


def _choices(desk: RoomDesk, name: str, *arguments: object, **more: str) -> list[tuple[str, str, bool]]:
    """What can be compared with: words, address, whether it is now."""
    kept = desk.room.parameters | {key: value for key, value in more.items() if value}
    base = reverse(f"submissions:{name}", args=[*desk.address, *arguments])
    made = []
    for against, words in ((LAST_YEAR, f"Mot {desk.submission.collection.year - 1}"), (VERSION, "Mot föregående version")):
        query = urlencode(kept | ({"mot": against} if against != LAST_YEAR else {}))
        made.append((words, f"{base}?{query}" if query else base, against == desk.review.against))
    return made


def _opened(made: Grid, within: str) -> tuple[Sequence[Line], bool]:
    """The lines to show, and whether a single line is open. From the start: those of one part; for moves every line."""
    if within == ALL or all(line.depth == 2 for line in made.lines):
        return made.lines, False
    inner = made.within(within)
    if inner:
        return [*(line for line in made.lines if line.key == within), *inner], True
    return [line for line in made.lines if line.depth < 2], False


# CSV -------------------------------------------------------------------------------------------------------------------


def _csv_heading(desk: Desk, made: Grid) -> list[str]:
    heading = ["Rad"]
    for column in made.table.columns:
        heading.append(column.label)
        if made.has_before:
            heading += [f"{column.label}, {desk.before_name}", f"{column.label}, skillnad"]
    return heading


def _csv_rows(desk: Desk, made: Grid) -> Iterator[list[csv_file.Value]]:
    for line in made.lines:
        row: list[csv_file.Value] = [labels.full_label(desk.review.terms, line.key)]
        for cell in line.cells:
            row.append(_rounded(cell.column, cell.value))
            if made.has_before:
                row += [_rounded(cell.column, cell.difference.before), _rounded(cell.column, cell.difference.change)]
        yield row


def _rounded(column: Column, value: float | None) -> csv_file.Value:
    if value is None:
        return None
    return round(value, column.decimals) if column.decimals else round(value)
