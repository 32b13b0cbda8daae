"""The lines of a review table in words and in order: Swedish order for names, the scale's own for ages and degrees."""

from __future__ import annotations

from config.lib.text import sort_key
from submissions.summaries.concepts import AGE_BANDS, FORMS, MISSING, SEXES, SHARE_BANDS, UNKNOWN, Terms
from submissions.summaries.selection import keys_of_row

EVERYBODY = "Alla"
HEADINGS = {  # in the order that lines stand
    "form": "Avlöningsform",
    "sex": "Kön",
    "age": "Ålder",
    "band": "Sysselsättningsgrad",
    "verksamhet": "Verksamhet",
    "group": "Personalgrupp",
    "etikett_before": "Etikett före",
    "etikett": "Etikett",
}
LACKING = {
    ("group", UNKNOWN): "Utan personalgrupp",
    ("etikett", UNKNOWN): "Etikett som inte finns i listan",
    ("etikett", MISSING): "Etikett saknas",
    ("verksamhet", UNKNOWN): "Verksamhet som inte finns i listan",
    ("verksamhet", MISSING): "Verksamhet saknas",
    ("age", MISSING): "Ålder kan inte läsas ur personnumret",
    ("band", MISSING): "Sysselsättningsgrad saknas",
}
SCALES = {"form": FORMS, "sex": SEXES, "age": AGE_BANDS, "band": SHARE_BANDS}


def value_label(terms: Terms, column: str, value: str) -> str:
    """What a key of one column is called."""
    named = column.removesuffix("_before")
    if (named, value) in LACKING:
        return LACKING[named, value]
    if named == "group":
        return terms.group_names.get(value, value)
    if named in SCALES:
        return SCALES[named].get(value, value)
    labels = {"etikett": terms.etiketter, "verksamhet": terms.verksamheter}[named]
    return f"{value} {labels[value]}" if value in labels else value


def kind(key: str) -> str:
    """The column that a line is of, or the first of them; empty for everybody."""
    return next(iter(keys_of_row(key) or {}), "")


def line_label(terms: Terms, key: str) -> str:
    """What a line is called among those it stands with: the last part; both parts where it is a move."""
    keys = keys_of_row(key)
    if not keys:
        return EVERYBODY
    if "etikett_before" in keys:
        return " → ".join(value_label(terms, column, value) for column, value in keys.items())
    return [value_label(terms, column, value) for column, value in keys.items()][-1]


def full_label(terms: Terms, key: str) -> str:
    """What a line is called standing alone."""
    keys = keys_of_row(key)
    return ", ".join(value_label(terms, column, value) for column, value in keys.items()) if keys else EVERYBODY


def order(terms: Terms, key: str) -> tuple[tuple[int, bool, str], ...]:
    """What the lines of a table sort by: what is lacking stands last among its kind."""
    parts = []
    for column, value in (keys_of_row(key) or {}).items():
        named = column.removesuffix("_before")
        rank = f"{list(SCALES[named]).index(value):03d}" if named in SCALES and value in SCALES[named] else ""
        kind = list(HEADINGS).index(column)
        words = sort_key(value_label(terms, column, value)) if named == "group" else value
        parts.append((kind, value in (UNKNOWN, MISSING), rank or words))
    return tuple(parts)
