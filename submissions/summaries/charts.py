"""Charts as shapes: where every bar, mark and word stands. The page draws them as SVG (templates/submissions/_chart.html).

Widths are percent of the chart and heights are pixels, so that bars follow the page's width and words keep their size, on
a phone and on paper. A chart says nothing that the table beside it does not say; it is one picture with a name and a
description to those who do not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

BAR, THIN, WORDS, GAP = 14, 5, 18, 12  # heights, in pixels
VALUE_ROOM = 22.0  # percent of the width kept for the figure after the longest bar


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: from the left and the width in percent, from the top and the height in pixels."""

    left: float
    width: float
    top: int
    height: int
    kind: str

    @property
    def x(self) -> str:
        """From the left, as SVG writes it."""
        return f"{self.left:.2f}%"

    @property
    def w(self) -> str:
        """The width, as SVG writes it."""
        return f"{max(self.width, 0.0):.2f}%"


@dataclass(frozen=True, slots=True)
class Word:
    """A text: its point in percent and pixels, and which end of it stands there."""

    left: float
    top: int
    text: str
    anchor: str = "start"  # start, middle, end
    kind: str = "label"

    @property
    def x(self) -> str:
        """From the left, as SVG writes it."""
        return f"{self.left:.2f}%"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line over the whole width: its points in percent of the plot, from the left and from the top."""

    kind: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """The points, as SVG writes them."""
        return " ".join(f"{left:.2f},{top:.2f}" for left, top in self.points)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its name, what it shows in a sentence, its height, its shapes and what the colours mean."""

    title: str
    description: str
    height: int
    boxes: tuple[Box, ...]
    words: tuple[Word, ...]
    legend: tuple[tuple[str, str], ...] = ()  # kind, words
    strokes: tuple[Stroke, ...] = ()
    plot: tuple[int, int] = (0, 0)  # where the strokes are: from the top and the height, in pixels


def _most(values: Sequence[float]) -> float:
    """What the longest bar stands for; 1 where there is nothing to draw."""
    return max(values, default=0.0) or 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its words, its number and how it is written, and the earlier number where there is one."""

    label: str
    value: float
    text: str
    before: float | None = None


def bars(title: str, description: str, items: Sequence[Bar], *, legend: tuple[str, str]) -> Chart:
    """Bars lying under their words, the earlier number as a thin bar under each. `legend` names this and the earlier."""
    scale = (100 - VALUE_ROOM) / _most([max(item.value, item.before or 0.0) for item in items])
    boxes, words, top = [], [], 0
    has_before = any(item.before is not None for item in items)
    for item in items:
        words.append(Word(0, top + 13, item.label))
        boxes.append(Box(0, item.value * scale, top + WORDS, BAR, "now"))
        longest = max(item.value, item.before or 0.0) * scale
        words.append(Word(longest + 1.2, top + WORDS + 12, item.text, kind="value"))
        if item.before is not None:
            boxes.append(Box(0, item.before * scale, top + WORDS + BAR + 1, THIN, "before"))
        top += WORDS + BAR + (THIN + 1) * has_before + GAP
    named = (("now", legend[0]), ("before", legend[1])) if has_before else ()
    return Chart(title, description, max(top - GAP, 1), tuple(boxes), tuple(words), named)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers of one line, to the left and to the right, with how they are written."""

    label: str
    left: float
    right: float
    left_text: str
    right_text: str


def pyramid(title: str, description: str, items: Sequence[Pair], *, legend: tuple[str, str], above: bool = False) -> Chart:
    """Bars to both sides of the words, which stand in the middle or `above`. `legend` names each side, over its bars."""
    middle, edge = (0.3, 14.0) if above else (9.0, 12.0)  # half the width of the words; room for the figures at the edges
    scale = (50 - middle - edge) / _most([max(item.left, item.right) for item in items])
    boxes, top = [], WORDS + GAP // 2
    words = [Word(50 - middle - 1, 13, legend[0], "end", "side"), Word(50 + middle + 1, 13, legend[1], "start", "side")]
    for item in items:
        words.append(Word(50, top + 13, item.label, "middle"))
        at = top + (WORDS if above else 1)
        left, right = item.left * scale, item.right * scale
        boxes.append(Box(50 - middle - left, left, at, BAR, "left"))
        boxes.append(Box(50 + middle, right, at, BAR, "right"))
        words.append(Word(50 - middle - left - 1, at + 12, item.left_text, "end", "value"))
        words.append(Word(50 + middle + right + 1, at + 12, item.right_text, "start", "value"))
        top = at + BAR + (GAP if above else GAP // 2)
    return Chart(title, description, max(top, 1), tuple(boxes), tuple(words), ())


@dataclass(frozen=True, slots=True)
class Span:
    """A salary's spread: the 10th percentile, the median and the 90th, how they are written, and the earlier median."""

    label: str
    low: float
    middle: float
    high: float
    text: str
    before: float | None = None


def spans(title: str, description: str, items: Sequence[Span], *, legend: tuple[str, str, str]) -> Chart:
    """A band from low to high with a mark at the middle, and a thin mark at the earlier middle."""
    least, most = min((i.low for i in items), default=0.0), max((i.high for i in items), default=1.0)
    start = least - (most - least) * 0.04
    scale = (100 - VALUE_ROOM) / ((most - start) or 1.0)
    boxes, words, top = [], [], 0
    has_before = any(item.before is not None for item in items)
    for item in items:
        words.append(Word(0, top + 13, item.label))
        boxes.append(Box((item.low - start) * scale, (item.high - item.low) * scale, top + WORDS + 2, BAR - 4, "span"))
        boxes.append(Box((item.middle - start) * scale - 0.4, 0.8, top + WORDS - 1, BAR + 2, "now"))
        if item.before is not None:
            boxes.append(Box((item.before - start) * scale - 0.25, 0.5, top + WORDS + BAR - 1, THIN + 2, "before"))
        words.append(Word(max((item.high - start) * scale, 0) + 1.2, top + WORDS + 12, item.text, kind="value"))
        top += WORDS + BAR + THIN + GAP
    named = (("span", legend[0]), ("now", legend[1]), *((("before", legend[2]),) if has_before else ()))
    return Chart(title, description, max(top - GAP, 1), tuple(boxes), tuple(words), named)


@dataclass(frozen=True, slots=True)
class Series:
    """A share that grows by day: its kind (now, before) and for each day that changed it the share after it, 0 to 1."""

    kind: str
    label: str
    points: tuple[tuple[int, float], ...]
    until: int  # the last day that is known


def curves(title: str, description: str, series: Sequence[Series], *, first: int, last: int, marks: dict[int, str]) -> Chart:
    """Shares from the day `first` to `last` as steps, a thin line at each quarter, and a line with its words at each mark."""
    top, height, width = WORDS, 10 * BAR, max(last - first, 1)

    def across(day: int) -> float:
        return (min(max(day, first), last) - first) * 100 / width

    boxes = [Box(0, 100, top + height * quarter // 4, 1, "grid") for quarter in range(5)]
    words = [Word(0, top + height * quarter // 4 - 3, f"{100 - 25 * quarter} %", kind="value") for quarter in (0, 2)]
    for day, text in marks.items():
        left = across(day)
        anchor = "start" if left < 15 else "end" if left > 70 else "middle"
        boxes.append(Box(min(left, 99.7), 0.3, top, height, "mark"))
        words.append(Word(left, top + height + WORDS - 3, text, anchor))
    strokes = tuple(Stroke(one.kind, _stairs(one, first, across)) for one in series)
    legend = tuple((one.kind, one.label) for one in series)
    return Chart(title, description, top + height + WORDS, tuple(boxes), tuple(words), legend, strokes, (top, height))


def _stairs(series: Series, first: int, across: Callable[[int], float]) -> tuple[tuple[float, float], ...]:
    """The line goes straight on until the day that changes it, and then up."""
    before = [share for day, share in series.points if day <= first]
    level = before[-1] if before else 0.0
    stairs = [(across(first), 100 - 100 * level)]
    for day, share in series.points:
        if first < day <= series.until:
            stairs += [(across(day), 100 - 100 * level), (across(day), 100 - 100 * share)]
            level = share
    return (*stairs, (across(series.until), 100 - 100 * level))
