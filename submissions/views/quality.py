"""A unit's quality card of a closed year, beside units like it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import UserRequest
from submissions.services import quality as cards
from submissions.summaries import quality as counted
from submissions.summaries.quality import Line, Strip
from submissions.views.common import enter


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the page writes it; "" is what cannot be told."""

    line: Line
    own: str
    median: str
    middle: str  # "12,5–18,0": the middle half of the others
    strip: Strip | None


@require_GET
def quality(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The card for reading and printing; before the year is closed, when it comes."""
    room = enter(request, code, year)
    card = cards.card_of(room.submission)
    if card is None:
        return render(request, "submissions/quality.html", room.context(card=None))
    card.submission = room.submission
    compared = cards.compare(card)
    context = room.context(
        card=card,
        rows=card.figures["rows"],
        compared=compared,
        lines=[_shown(line) for line in compared.lines],
        least=counted.LEAST,
    )
    return render(request, "submissions/quality.html", context)


def _shown(line: Line) -> Shown:
    others = line.others
    return Shown(
        line=line,
        own=_written(line.own, line),
        median=_written(others.median, line) if others else "",
        middle=f"{_number(others.low, line)} till {_written(others.high, line)}" if others else "",
        strip=counted.strip_of(line),
    )


def _number(value: float, line: Line) -> str:
    text = f"{value:,.{line.measure.decimals}f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")
    return text.replace("-", "\N{MINUS SIGN}")


def _written(value: float | None, line: Line) -> str:
    if value is None:
        return ""
    unit = line.measure.unit if line.measure.unit in {"%", "kr"} else ""
    return _number(value, line) + (f"\N{NO-BREAK SPACE}{unit}" if unit else "")
