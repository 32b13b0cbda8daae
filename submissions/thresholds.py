"""The thresholds of the checks as typed fields: what each figure means, its unit, and between what it may lie.

A threshold is named as in `submissions/data/<year>/kontroller.csv` ("low", "share"). Knows neither database nor web.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHARE = "procent"
LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a threshold: its words, its unit, the least and the most it may be, and whether it is whole."""

    name: str
    label: str
    unit: str
    least: float = 0
    most: float = LARGEST
    is_whole: bool = True
    is_code: bool = False


# What the names mean where nothing else is said, and what they mean in single checks.
_COMMON = {
    "low": ("Lägst", ""),
    "high": ("Högst", ""),
    "share": ("Mer än", SHARE),
    "share_large": ("Mer än, hos stora enheter", SHARE),
    "share_small": ("Mer än, hos mindre enheter", SHARE),
    "points": ("Mer än", "procentenheter"),
    "large": ("En enhet är stor från", "anställda"),
    "persons": ("Minst", "personer"),
    "rows": ("Minst", "rader"),
    "new": ("Nya: minst", "rader"),
    "z": ("Avvikelse mer än", "robusta standardavvikelser"),
    "aid": ("Rätt etikett", ""),
}
_UNITS = {
    "RIM01": "kr i månaden",
    "RIM02": "kr i månaden",
    "RIM03": "kr i månaden",
    "RIM04": "kr i timmen",
    "RIM06": SHARE,
    "RIM07": "timmar i november",
    "RIM08": SHARE,
    "AGG05": SHARE,
    "LOG08": SHARE,
    "DUB03": SHARE,
    "FMT08": "år",
}
_LABELS = {("DUB02", "rows"): ("Fler än", "anställningar"), ("RIM05", "rows"): ("Från", "rader med samma etikett")}
_ETIKETTER = frozenset(
    {"LOG01", "LOG02", "LOG03", "LOG04", "LOG05", "LOG14"}
)  # low and high are the ends of a range of etiketter
_ACTIVITIES = frozenset({"LOG15", "LOG16"})  # and here verksamhetskoder
_PARTS = frozenset({"FMT07", "RIM08", "AGG04", "AGG10", "AGG11"})  # percent of a whole, never more than 100
_CHANGES = frozenset({"RIM06", "AGG05"})  # percent of change, which may be downwards
ETIKETT, ACTIVITY = (100_000, 999_999), (100, 999)


def figures(check: str, threshold: Mapping[str, float]) -> tuple[Figure, ...]:
    """The figures of a check's threshold, in its own order."""
    return tuple(_figure(check, name) for name in threshold)


def _figure(check: str, name: str) -> Figure:
    label, unit = _LABELS.get((check, name)) or _COMMON.get(name, (name, ""))
    if name == "aid" or (check in _ETIKETTER and name in ("low", "high")):
        return Figure(name, {"low": "Från etikett", "high": "Till etikett"}.get(name, label), "", *ETIKETT, is_code=True)
    if check in _ACTIVITIES:
        labels = ("Verksamhet", "Och verksamhet") if check == "LOG16" else ("Från verksamhet", "Till verksamhet")
        return Figure(name, labels[name == "high"], "", *ACTIVITY, is_code=True)
    unit = unit or _UNITS.get(check, "")
    if unit in (SHARE, "procentenheter"):
        return Figure(name, label, unit, -100 if check in _CHANGES else 0, 100 if check in _PARTS else 1_000, is_whole=False)
    if name == "z":
        return Figure(name, label, unit, 1, 20, is_whole=False)
    if unit == "år":
        return Figure(name, label, unit, 0, 120)
    if unit == "timmar i november":
        return Figure(name, label, unit, 1, 720)
    if name in ("persons", "rows", "large", "new"):
        return Figure(name, label, unit, 1, 100_000)
    return Figure(name, label, unit, is_whole=True)


def fault(check: str, threshold: Mapping[str, float]) -> tuple[str, str] | None:
    """The name of a figure that cannot be and why, in Swedish; None where all can."""
    for figure in figures(check, threshold):
        value = threshold[figure.name]
        if not figure.least <= value <= figure.most:
            return figure.name, f"Skriv ett tal från {words(figure.least)} till {words(figure.most)}."
        if figure.is_whole and value != int(value):
            return figure.name, "Skriv ett helt tal."
    if {"low", "high"} <= set(threshold) and threshold["low"] >= threshold["high"] and check != "LOG16":
        return "high", f"Skriv ett tal som är högre än {words(threshold['low'])}."
    return None


def words(value: float, *, is_code: bool = False) -> str:
    """The figure as Swedes write it: 18 000, 2,5; a code without a space."""
    if value == int(value):
        return str(int(value)) if is_code else f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:g}".replace(".", ",")


def in_words(check: str, threshold: Mapping[str, float]) -> str:
    """The whole threshold on a line: "lägst 18 000 kr i månaden, högst …"."""
    text = ", ".join(
        f"{one.label.lower()} {words(threshold[one.name], is_code=one.is_code)} {one.unit}".strip()
        for one in figures(check, threshold)
    )
    return text[:1].upper() + text[1:]
