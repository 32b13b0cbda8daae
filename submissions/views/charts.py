"""Which chart a review table has, with its words in Swedish. How it is drawn stands in `submissions.summaries.charts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from submissions.shown_tables import Desk, written
from submissions.summaries import charts, labels
from submissions.summaries.charts import Bar, Chart, Pair, Span
from submissions.summaries.concepts import AGE_BANDS
from submissions.summaries.grid import Cell, Grid, Line

MOST_BARS = 16


def chart_of(desk: Desk, made: Grid, lines: Sequence[Line]) -> Chart | None:
    """The chart of the lines that are shown; None where the table has none or there is too little to draw."""
    maker = MAKERS.get(made.table.chart)
    chart = maker(desk, made, [line for line in lines if line.depth]) if maker else None
    return chart if chart is not None and chart.boxes else None


def _cell(line: Line, key: str) -> Cell:
    return next(cell for cell in line.cells if cell.column.key == key)


def _value(line: Line, key: str) -> float:
    return _cell(line, key).value or 0.0


def _name(desk: Desk, line: Line) -> str:
    return labels.line_label(desk.review.terms, line.key)


def _of_scale(lines: Iterable[Line], letter: str) -> list[Line]:
    """The lines of one scale: of everybody, or of the one line that is open."""
    found = [line for line in lines if line.key.rpartition(".")[2].startswith(letter)]
    return [line for line in found if line.key.rpartition(".")[0] == found[0].key.rpartition(".")[0]]


def _greatest(lines: Iterable[Line], key: str) -> list[Line]:
    """The lines with the greatest numbers, in their own order, so that the chart reads as the table."""
    kept = sorted(lines, key=lambda line: -_value(line, key))[:MOST_BARS]
    keys = {line.key for line in kept if _value(line, key)}
    return [line for line in kept if line.key in keys]


def _bars(desk: Desk, lines: Iterable[Line], key: str) -> list[Bar]:
    """A bar a line with the number of that column, beside the one before."""
    cells = [(line, _cell(line, key)) for line in lines]
    return [
        Bar(_name(desk, line), cell.value or 0.0, written(cell.column, cell.value), cell.difference.before)
        for line, cell in cells
    ]


def _full_time(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    return charts.bars(
        "Faktiska årsarbetare per personalgrupp",
        "De största grupperna. Talen står också i tabellen.",
        _bars(desk, _greatest(lines, "arsarbetare"), "arsarbetare"),
        legend=(desk.now_name, desk.before_name),
    )


def _ages(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    """Oldest at the top, as age pyramids are drawn."""
    by_age = _of_scale(lines, "a-")
    items = [
        Pair(
            _short_age(line.key),
            _value(line, "kvinnor"),
            _value(line, "man"),
            written(_cell(line, "kvinnor").column, _cell(line, "kvinnor").value),
            written(_cell(line, "man").column, _cell(line, "man").value),
        )
        for line in reversed(by_age)
        if not line.key.endswith("-saknas")
    ]
    return charts.pyramid(
        "Ålderspyramid", f"Anställda kvinnor och män efter ålder {desk.now_name}.", items, legend=("Kvinnor", "Män")
    )


def _short_age(key: str) -> str:
    band = key.rpartition(".")[2].removeprefix("a-")
    return AGE_BANDS[band].removesuffix(" år").replace("Under ", "–").replace(" år och över", "+")


def _pay(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    items = []
    for line in _greatest((one for one in lines if _cell(one, "median").value), "loner"):
        median = _cell(line, "median")
        low, high = _value(line, "p10"), _value(line, "p90")
        items.append(
            Span(
                _name(desk, line), low, median.value or 0.0, high, written(median.column, median.value), median.difference.before
            )
        )
    return charts.spans(
        "Lönens spridning",
        "Från 10:e till 90:e percentilen med medianen markerad, för de grupper som har flest löner.",
        items,
        legend=("10:e–90:e percentilen", "Median", f"Median {desk.before_name}"),
    )


def _shares(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    return charts.bars(
        "Överenskommen sysselsättningsgrad",
        "Månadsavlönade anställningar efter sysselsättningsgrad.",
        _bars(desk, _of_scale(lines, "b-"), "manad"),
        legend=(desk.now_name, desk.before_name),
    )


def _turnover(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    items = [
        Pair(
            _name(desk, line),
            _value(line, "slutat"),
            _value(line, "nya"),
            written(_cell(line, "slutat").column, _value(line, "slutat")),
            written(_cell(line, "nya").column, _value(line, "nya")),
        )
        for line in _greatest(lines, "nu")
    ]
    return charts.pyramid(
        "Inte kvar och nya per personalgrupp",
        "De största grupperna: till vänster de som inte är kvar, till höger de nya.",
        items,
        legend=("Inte kvar", "Nya"),
        above=True,
    )


def _steps(desk: Desk, made: Grid, lines: list[Line]) -> Chart:
    whole = next(line for line in made.lines if line.depth == 0)
    items = [
        Bar(cell.column.label, cell.value or 0.0, written(cell.column, cell.value))
        for cell in whole.cells
        if cell.column.key.startswith("steg-")
    ]
    return charts.bars(
        "Lönesteg för alla som är kvar",
        "Månadsavlönade anställningar efter hur mycket lönen har ändrats.",
        items,
        legend=(desk.now_name, desk.before_name),
    )


MAKERS: dict[str, Callable[[Desk, Grid, list[Line]], Chart]] = {
    "arsarbetare": _full_time,
    "pyramid": _ages,
    "loner": _pay,
    "grader": _shares,
    "rorlighet": _turnover,
    "steg": _steps,
}
