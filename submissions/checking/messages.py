"""Findings as Swedish sentences: what is wrong, and what to do.

Findings are kept as codes and parameters; the sentences are made when somebody reads them, from the year's own texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from submissions.builtin import LATEST, collection_spec
from submissions.checking.context import LISTS_OF_CHECK, check_spec, effective_level
from submissions.checking.masking import mask, mask_field
from submissions.spec import CheckSpec, CollectionSpec

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
NOT_ESTABLISHED = "Listan är ännu inte fastställd av SKR."
REFUSALS = ("FIL01", "FIL02", "FIL03")
# What a message adds where the finding knows it.
LAST_YEAR = {"RIM06": "Förra året var den {a} kr.", "RIM05": "Medianen är {a} kr."}
FROM_TO = ("AGG01", "AGG02", "AGG05", "AGG06", "AGG07", "AGG09", "KOM03")


def render(finding: Mapping[str, Any], collection: CollectionSpec, *, reveal: bool = False) -> str:
    """What is wrong, as one or two sentences. Personnummer are masked unless `reveal`.

    The finding is a row of the findings' frame: check, row, field, value, v, a, b, n.
    """
    check = finding["check"]
    if check in REFUSALS and finding["row"] is None:
        return _refusal(finding, collection)
    template = check_spec(check, collection).message
    value = shown_value(finding, reveal=reveal)
    parameters = _parameters(finding, collection, value)
    text = PLACEHOLDER.sub(lambda match: parameters.get(match.group(1), match.group(0)), template)
    extra = _extra(finding, collection)
    return f"{text} {extra}" if extra else text


def _parameters(finding: Mapping[str, Any], collection: CollectionSpec, value: str | None) -> dict[str, str]:
    check, field = finding["check"], finding["field"]
    shown = finding["v"] if finding["v"] is not None else value
    found = {"v": shown, "a": finding["a"], "b": finding["b"], "n": finding["n"], "rad": finding["row"]}
    if field is not None:
        spec = collection.layout[field]
        found |= {"nr": field, "namn": spec.name, "max": spec.max_length}
    found |= {"m": len(collection.layout), "kod": finding["a"], "datum": finding["a"], "ver": finding["a"]}
    found["kommuner/regioner"] = finding["a"]
    if check == "DUB04":
        found["rad"] = finding["n"]
    return {name: "" if text is None else str(text) for name, text in found.items()}


def _extra(finding: Mapping[str, Any], collection: CollectionSpec) -> str:
    """What the sentence adds: an unestablished list, last year's figure, the unit a file seems to be."""
    check = finding["check"]
    if check in LISTS_OF_CHECK and effective_level(check, collection) != check_spec(check, collection).level:
        return NOT_ESTABLISHED
    if check == "FIL04" and finding["row"] is None:
        name = f"{finding['b']} ({finding['value']})" if finding["b"] else f"enheten med kod {finding['value']}"
        return f"Det gäller alla rader i filen, som ser ut att vara från {name}."
    if check in LAST_YEAR and finding["a"] is not None:
        return LAST_YEAR[check].replace("{a}", finding["a"])
    if check in FROM_TO and finding["a"] is not None:
        about = f"Verksamhet {finding['value']}: från" if check == "AGG09" else "Från"
        return f"{about} {finding['a']} till {finding['b']}."
    return ""


def _refusal(finding: Mapping[str, Any], collection: CollectionSpec) -> str:
    """A file that was turned away: the catalogue's sentence, then what was seen and what was expected."""
    template, reason = check_spec(finding["check"], collection).message, finding["a"] or ""
    parameters = {"rad": finding["b"], "n": finding["n"], "m": len(collection.layout)}
    if any(parameters.get(name) is None for name in PLACEHOLDER.findall(template)):
        return reason or general_message(finding["check"], collection)
    text = PLACEHOLDER.sub(lambda match: str(parameters[match.group(1)]), template)
    return f"{text} {reason}".strip()


def shown_value(finding: Mapping[str, Any], *, reveal: bool = False) -> str | None:
    """The value of a finding as it may be shown."""
    value: str | None = finding["value"]
    return value if reveal else mask_field(finding["field"], value)


def shown_key(finding: Mapping[str, Any], *, reveal: bool = False) -> str | None:
    """The row's anställningsnummer as it may be shown; some employers use the personnummer."""
    key: str | None = finding["key"]
    return key if reveal or key is None else mask(key)


def general_message(check: str, collection: CollectionSpec) -> str:
    """The catalogue's sentence with an ellipsis for what differs from row to row."""
    return PLACEHOLDER.sub("…", check_spec(check, collection).message)


def title(check: str, collection: CollectionSpec, field: int | None = None) -> str:
    """A short heading for a group of findings, with the field's name where the check concerns several fields."""
    heading = _text(check_spec(check, collection), "title")
    if field is None or not check.startswith(("FMT", "KOD07")) or not 1 <= field <= len(collection.layout):
        return heading
    return f"{heading}: {collection.layout[field].name}"


def advice(check: str, collection: CollectionSpec) -> str:
    """What to do about such a finding."""
    return _text(check_spec(check, collection), "advice")


def why(check: str, collection: CollectionSpec) -> str:
    """What the statistics need it for."""
    return _text(check_spec(check, collection), "why")


def mend(check: str, collection: CollectionSpec) -> str:
    """How to mend it in the payroll system, so that it does not come back."""
    return _text(check_spec(check, collection), "mend")


def answers(check: str, collection: CollectionSpec) -> tuple[str, ...]:
    """Ready-made explanations, the likeliest first; none where the check cannot be explained."""
    own = check_spec(check, collection).answers
    shipped = collection_spec(LATEST).checks.get(check)
    return own or (shipped.answers if shipped else ())


def _text(check: CheckSpec, name: str) -> str:
    own: str = getattr(check, name)
    if own:
        return own
    shipped = collection_spec(LATEST).checks.get(check.code)
    text: str = getattr(shipped, name) if shipped else ""
    return text or (check.message if name in ("title", "advice") else "")


def level_label(level: str) -> str:
    """The level in the words of the review page."""
    return {"fel": "Måste rättas", "varning": "Måste förklaras", "info": "Bra att veta"}.get(level, level)


def is_masked(finding: Mapping[str, Any]) -> bool:
    """Whether a part of the finding is hidden: field 7, or a key or value that looks like a personnummer."""
    return shown_value(finding) != finding["value"] or shown_key(finding) != finding["key"]
