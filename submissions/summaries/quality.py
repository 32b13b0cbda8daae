"""The quality card: how a unit's hand-in went, beside units like it, and never a figure about fewer than five.

Plain numbers in, lines for a page out: no database, no frame. A unit's own figures are its own; what is told of others is medians
and quartiles of at least `LEAST` units, and counts of at least as many. The unit itself is not among those it is compared with.

- **Similar units** are those of the same kind in the same class of size. Where they are fewer than five, all of the same kind;
  where those are fewer too, nothing is compared. One page uses one group, so that no group is the rest of another.
- A figure that rests on fewer than five persons is no figure: it is neither kept nor compared (`kept_of`). A share of women needs
  five women and five men, since the rest of it would tell of the others.
- **Quartiles** are interpolated on the line between two values.
- In a table of counts, one to four is hidden, and so much more that the hidden ones cannot be had by subtraction (`hide_small`).

Source: domain file 4.4 (hiding small cells for anything shown across units is *assumed* there; five is our number).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
PER = 1_000
SIZES = (
    (0, "färre än 1 000 rader"),
    (1_000, "1 000–4 999 rader"),
    (5_000, "5 000–19 999 rader"),
    (20_000, "20 000 rader eller fler"),
)
LOWER, LIKE, HIGHER = "lägre än de flesta", "som de flesta", "högre än de flesta"
FILES = ("1 fil", "2 filer", "3 filer", "4 filer eller fler")


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the card: its key, name, unit of measurement, decimals, and how it is counted."""

    key: str
    label: str
    unit: str
    decimals: int
    how: str


MEASURES = (
    Measure(
        "rounds", "Filer till och med den godkända", "", 0, "Alla riktiga filer räknas, också avvisade. Testfiler räknas inte."
    ),
    Measure(
        "days_before",
        "Dagar före sista dagen",
        "",
        0,
        "Från klarmarkeringen till enhetens egen sista dag. Minus är efter sista dagen.",
    ),
    Measure(
        "first_findings",
        "Anmärkningar i första filen",
        "per 1 000 rader",
        1,
        "Det som måste rättas eller förklaras, som filen kom.",
    ),
    Measure(
        "last_findings",
        "Anmärkningar i den godkända filen",
        "per 1 000 rader",
        1,
        "Samma, så som filen klarmarkerades: det är förklarat.",
    ),
    Measure(
        "explained",
        "Förklarat i stället för rättat",
        "%",
        0,
        "Anmärkningar i den godkända filen, som andel av dem i första filen.",
    ),
    Measure(
        "corrected",
        "Värden rättade i portalen",
        "per 1 000 rader",
        1,
        "Värden i den godkända filen som skiljer från den fil som lämnades.",
    ),
    Measure("women", "Andel kvinnor", "%", 1, "Av anställda vars kön går att läsa ur personnumret, räknade en gång var."),
    Measure("salary", "Medellön", "kr", 0, "Månadsavlönades överenskomna fasta lön, omräknad till heltid."),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one hand-in when the year is closed."""

    rows: int
    rounds: int
    days_before: int
    first_rows: int  # of the first file that could be read
    first_findings: int
    last_findings: int
    corrections: int
    women: int
    men: int
    monthly: int
    mean_salary: float | None


Figures = Mapping[str, float | None]


def figures_of(facts: Facts) -> dict[str, float | None]:
    """The card's figures. Those that would rest on fewer than five persons are none."""
    people = facts.women + facts.men
    return {
        "rows": facts.rows,
        "rounds": facts.rounds,
        "days_before": facts.days_before,
        "first_findings": _per(facts.first_findings, facts.first_rows),
        "last_findings": _per(facts.last_findings, facts.rows),
        "explained": min(100.0, round(100 * facts.last_findings / facts.first_findings, 1)) if facts.first_findings else None,
        "corrected": _per(facts.corrections, facts.rows),
        "women": round(100 * facts.women / people, 1) if min(facts.women, facts.men) >= LEAST else None,
        "salary": facts.mean_salary if facts.monthly >= LEAST else None,
    }


def _per(count: int, rows: int) -> float | None:
    return round(PER * count / rows, 1) if rows else None


# Others --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Peer:
    """Another unit's kind and figures."""

    kind: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Spread:
    """The quartiles of at least `LEAST` units."""

    units: int
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the unit, and that of the others where it may be told."""

    measure: Measure
    own: float | None
    others: Spread | None

    @property
    def standing(self) -> str:
        """Where the own figure lies among the others', in words; "" where it cannot be told."""
        if self.own is None or self.others is None:
            return ""
        return LOWER if self.own < self.others.low else HIGHER if self.own > self.others.high else LIKE


@dataclass(frozen=True, slots=True)
class Comparison:
    """The card's lines, the group that they are compared with (none: nothing is compared), and its files by unit."""

    group: str
    units: int
    lines: tuple[Line, ...]
    files: tuple[tuple[str, int | None], ...]  # how many units needed so many files; None is hidden


def size_of(rows: float) -> str:
    """The class of size."""
    return next(name for least, name in reversed(SIZES) if rows >= least)


def compare(own: Figures, kind: str, kind_name: str, others: Iterable[Peer]) -> Comparison:
    """The unit beside those like it. `kind_name` is what several of its kind are called: "kommuner"."""
    same = [peer.figures for peer in others if peer.kind == kind]
    size = size_of(own["rows"] or 0)
    near = [figures for figures in same if size_of(figures["rows"] or 0) == size]
    group, chosen = (f"{kind_name} med {size}", near) if len(near) >= LEAST else (f"alla {kind_name}", same)
    if len(chosen) < LEAST:
        group, chosen = "", []
    lines = tuple(Line(one, own[one.key], spread_of(figures[one.key] for figures in chosen)) for one in MEASURES)
    return Comparison(group, len(chosen), lines, _files(chosen))


def spread_of(values: Iterable[float | None]) -> Spread | None:
    """The quartiles; None where fewer than `LEAST` have a value."""
    known = sorted(value for value in values if value is not None)
    if len(known) < LEAST:
        return None
    return Spread(len(known), *(quantile(known, share) for share in (0.25, 0.5, 0.75)))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies; `values` in order and not empty."""
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def _files(chosen: Sequence[Figures]) -> tuple[tuple[str, int | None], ...]:
    if not chosen:
        return ()
    counts = [0] * len(FILES)
    for figures in chosen:
        counts[min(max(int(figures["rounds"] or 1), 1), len(FILES)) - 1] += 1
    return tuple(zip(FILES, hide_small(counts), strict=True))


def hide_small(counts: Sequence[int]) -> list[int | None]:
    """The counts with those of one to four hidden, and the smallest others until the hidden ones are several and at least five.

    Their sum is known to whoever knows the whole, so it must tell of no fewer than `LEAST` either. Nothing tells of nobody: 0 stays.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < LEAST}
    shown = sorted(
        (place for place in range(len(counts)) if place not in hidden and counts[place]), key=lambda place: counts[place]
    )
    if hidden:
        while shown and (len(hidden) == 1 or sum(counts[place] for place in hidden) < LEAST):
            hidden.add(shown.pop(0))
    return [None if place in hidden else count for place, count in enumerate(counts)]


# A picture -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Strip:
    """Where a line's values lie, in hundredths of the width: the middle half of the others, their median, and the own one."""

    low: int
    width: int
    median: int
    own: int | None


def strip_of(line: Line) -> Strip | None:
    """The picture of a line; None where there is nothing to compare with."""
    if line.others is None:
        return None
    values = [line.others.low, line.others.high, *([] if line.own is None else [line.own])]
    least, most = min(values), max(values)
    margin = (most - least) * 0.1 or 1.0
    place: Callable[[float], int] = lambda value: round(100 * (value - least + margin) / (most - least + 2 * margin))  # noqa: E731
    low = place(line.others.low)
    return Strip(
        low=low,
        width=max(place(line.others.high) - low, 1),
        median=place(line.others.median),
        own=None if line.own is None else place(line.own),
    )
