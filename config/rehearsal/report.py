"""What a rehearsal came to, in Swedish and as JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from config.lib.text import amount
from config.rehearsal.season import MOST_FAULTS_SHOWN, Season


def as_values(season: Season) -> dict[str, Any]:
    """Everything, for a program: times in seconds, faults as sentences."""
    return {
        "units": len(season.parts),
        "rows": sum(part.rows for part in season.parts),
        "workers": season.workers,
        "phases": [{"name": p.name, "seconds": round(p.seconds, 3), "counts": dict(p.counts)} for p in season.phases],
        "last_day": last_day(season),
        "reminders": dict(Counter(reminded.kind for reminded in season.reminded)),
        "faults": season.faults,
    }


def last_day(season: Season) -> dict[str, float]:
    """The peak: files answered, their p50, p95 and longest wait in seconds, and rows a second; zeros where nobody came."""
    phase = next((phase for phase in season.phases if phase.name == "Sista dagen"), None)
    rows = phase.counts["rader"] if phase else 0
    seconds = phase.seconds if phase else 0.0
    return {
        "files": len(season.answers),
        "p50": round(percentile(season.answers, 0.5), 3),
        "p95": round(percentile(season.answers, 0.95), 3),
        "longest": round(max(season.answers, default=0.0), 3),
        "rows_per_second": round(rows / seconds, 1) if seconds else 0.0,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least such a share of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0


def lines(season: Season) -> Iterator[str]:
    """The report for people, the faults last."""
    rows = sum(part.rows for part in season.parts)
    yield f"Generalrepetition: {amount(len(season.parts), 'enhet', 'enheter')}, {amount(rows, 'rad', 'rader')}."
    yield ""
    for phase in season.phases:
        what = ", ".join(f"{name} {_number(count)}" for name, count in phase.counts.items() if count)
        yield f"{phase.seconds:8.1f} s  {phase.name}: {what or 'inget'}".replace(".", ",", 1)
    yield ""
    peak = last_day(season)
    if peak["files"]:
        yield (
            f"Sista dagen, {season.workers} samtidiga: svar på en fil inom {_seconds(peak['p50'])} för hälften, "
            f"{_seconds(peak['p95'])} för 95 av 100, som längst {_seconds(peak['longest'])}; "
            f"{_number(int(peak['rows_per_second']))} rader i sekunden."
        )
    yield f"Påminnelser som skickades: {len(season.reminded)}."
    if not season.faults:
        yield "Inga fel."
        return
    yield f"{amount(len(season.faults), 'fel', 'fel')}:"
    yield from (f"- {fault}" for fault in season.faults[:MOST_FAULTS_SHOWN])
    if len(season.faults) > MOST_FAULTS_SHOWN:
        yield f"… och {len(season.faults) - MOST_FAULTS_SHOWN} till."


def _number(number: int) -> str:
    return amount(number, "", "").strip()


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s".replace(".", ",")
