"""All checks of a file in one pass."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

# Imported for their registrations, in the catalogue's order.
from submissions.checking import aggregates, codes, duplicates, file, format, logic, ranges  # noqa: F401
from submissions.checking.context import Context, effective_level
from submissions.checking.findings import Findings, NotRun
from submissions.checking.prepare import Prepared, prepare
from submissions.checking.registry import (
    FINDING_SCHEMA,
    NEEDS_POSITIONS,
    NEEDS_PREVIOUS,
    REGISTRY,
    Entry,
    Hit,
    labelled,
    no_findings,
    row_findings,
)
from submissions.deadline import Deadline, no_deadline
from submissions.frames import Reading, no_wrong_rows

IN_READING = ("FIL01", "FIL02", "FIL03")  # found when the file is read
FAMILIES = ("FIL", "FMT", "KOD", "LOG", "DUB", "RIM", "AGG", "KOM")  # the catalogue's order
IN_PORTAL = "KOM"  # supplements, comments, payroll system: the portal knows, the file does not


def run(
    source: Reading | pl.DataFrame,
    context: Context,
    *,
    wrong_rows: pl.DataFrame | None = None,
    deadline: Deadline = no_deadline,
) -> Findings:
    """The findings of a reading, or of a stored frame with its rows of the wrong width.

    A file that was refused, or that belongs to another unit altogether, gives one finding and `accepted` False.
    `deadline` is asked before each check, and raises where the time is up.
    """
    if isinstance(source, Reading):
        if source.refusal is not None:
            refusal = source.refusal
            found = labelled(file.refusal_finding(refusal), refusal.check, effective_level(refusal.check, context.collection))
            return Findings(found, accepted=False, rows=source.rows)
        wrong_rows, source = source.wrong_rows, source.frame
    wrong_rows = no_wrong_rows() if wrong_rows is None else wrong_rows
    rows = source.height + wrong_rows.height
    entries, not_run = _entries(context)
    deadline()
    prepared = prepare(source, context)
    if any(entry.code == "FIL04" for entry in entries):
        other = file.all_other_unit(prepared)
        if other is not None:
            level = effective_level("FIL04", context.collection)
            return Findings(labelled(other, "FIL04", level), accepted=False, rows=rows)
    parts: dict[str, list[pl.DataFrame]] = {"FIL02": [file.wrong_width(wrong_rows)]} if wrong_rows.height else {}
    _run_row_checks(prepared, entries, parts, deadline)
    for entry in entries:
        deadline()
        if entry.whole_check is not None:
            parts.setdefault(entry.code, []).extend(entry.whole_check(prepared))
    return Findings(_gather(parts, context), accepted=True, rows=rows, not_run=not_run)


def _entries(context: Context) -> tuple[list[Entry], tuple[NotRun, ...]]:
    """The checks to make, and those that should be made but cannot, with the reason."""
    entries, not_run = [], []
    for spec in sorted(context.collection.checks.values(), key=lambda check: _catalogue_place(check.code)):
        entry = REGISTRY.get(spec.code)
        if not context.concerns(spec) or spec.code in IN_READING or spec.code.startswith(IN_PORTAL):
            continue
        if entry is None:
            not_run.append(NotRun(spec.code, "Kontrollen finns inte i programmet."))
        elif not spec.enabled:
            not_run.append(NotRun(spec.code, "Kontrollen är avstängd i årets insamling."))
        elif spec.valid_until is not None and context.collection.measurement_day > spec.valid_until:
            not_run.append(NotRun(spec.code, f"Kontrollen gällde till och med {spec.valid_until.isoformat()}."))
        elif entry.needs == NEEDS_PREVIOUS and context.previous is None:
            not_run.append(NotRun(spec.code, "Det finns ingen godkänd fil från förra året att jämföra med."))
        elif entry.needs == NEEDS_POSITIONS and context.positions is None:
            not_run.append(NotRun(spec.code, "Det finns ingen kodförteckning med befattningarnas klartext."))
        else:
            entries.append(entry)
    return entries, tuple(not_run)


def _run_row_checks(
    prepared: Prepared, entries: Iterable[Entry], parts: dict[str, list[pl.DataFrame]], deadline: Deadline
) -> None:
    """One query for the masks of every row check; only those that are true somewhere become findings."""
    hits: list[tuple[str, Hit]] = []
    for entry in entries:
        deadline()
        if entry.row_check is not None:
            hits += [(entry.code, hit) for hit in entry.row_check(prepared)]
    if not hits:
        return
    masks = prepared.frame.select(hit.where.fill_null(False).alias(str(place)) for place, (_, hit) in enumerate(hits))
    counts = masks.select(pl.all().any()).row(0)
    lazy = prepared.frame.lazy()
    for place, ((code, hit), is_found) in enumerate(zip(hits, counts, strict=True)):
        deadline()
        if is_found:
            rows = lazy.filter(pl.lit(masks[str(place)]))  # lazy: only the columns that the finding asks for are filtered
            found = row_findings(rows, field=hit.field, value=hit.value, v=hit.v, a=hit.a, b=hit.b, n=hit.n)
            parts.setdefault(code, []).append(found)


def _catalogue_place(code: str) -> tuple[int, str]:
    family = code[:3]
    return (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), code)


def _gather(parts: dict[str, list[pl.DataFrame]], context: Context) -> pl.DataFrame:
    frames = []
    for code in sorted(parts, key=_catalogue_place):
        found = [part for part in parts.get(code, []) if part.height]
        if found:
            level = effective_level(code, context.collection)
            frames.append(labelled(pl.concat(found) if len(found) > 1 else found[0], code, level))
    return pl.concat(frames).cast(FINDING_SCHEMA) if frames else no_findings()
