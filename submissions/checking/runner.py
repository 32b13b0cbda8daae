"""All checks of a file in one pass."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

# Imported for their registrations, in the catalogue's order.
from submissions.checking import aggregates, codes, completeness, doctor, duplicates, file, format, logic, ranges  # noqa: F401
from submissions.checking.context import Context, effective_level
from submissions.checking.findings import Findings, NotRun
from submissions.checking.prepare import Prepared, prepare
from submissions.checking.registry import (
    FINDING_SCHEMA,
    NEEDS_PAYROLL_SYSTEMS,
    NEEDS_POSITIONS,
    NEEDS_PREVIOUS,
    REGISTRY,
    Entry,
    Hit,
    hit_findings,
    labelled,
    no_findings,
)
from submissions.checking.waivers import lower
from submissions.deadline import Deadline, no_deadline
from submissions.frames import Reading, no_wrong_rows
from submissions.spec import CheckSpec

IN_READING = ("FIL01", "FIL02", "FIL03")  # found when the file is read
FAMILIES = ("FIL", "FMT", "KOD", "LOG", "DUB", "RIM", "AGG", "KOM")  # the catalogue's order
IN_PORTAL = "KOM"  # supplements, payroll system: the portal knows, the file does not
Parts = dict[str, list[pl.DataFrame]]  # frames of findings by check
AT_HAND_IN = completeness.UNEXPLAINED  # said when the unit hands in, since each explanation changes it


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
    entries, not_run = entries_of(context)
    deadline()
    prepared = prepare(source, context)
    if any(entry.code == "FIL04" for entry in entries):
        other = file.all_other_unit(prepared)
        if other is not None:
            level = effective_level("FIL04", context.collection)
            return Findings(labelled(other, "FIL04", level), accepted=False, rows=rows)
    parts: Parts = {"FIL02": [file.wrong_width(wrong_rows)]} if wrong_rows.height else {}
    find(prepared, entries, parts, deadline)
    return Findings(gather(parts, context), accepted=True, rows=rows, not_run=not_run)


def find(prepared: Prepared, entries: Iterable[Entry], parts: Parts, deadline: Deadline) -> None:
    """Run the checks on the rows and lay their findings in `parts`."""
    _run_row_checks(prepared, entries, parts, deadline)
    for entry in entries:
        deadline()
        if entry.whole_check is not None:
            parts.setdefault(entry.code, []).extend(entry.whole_check(prepared))


def check_rows(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """What the row checks alone say of some rows; checks of groups of rows and of the whole file are not made."""
    entries, _ = entries_of(context)
    parts: Parts = {}
    find(prepare(rows, context), [entry for entry in entries if entry.is_of_rows], parts, no_deadline)
    return gather(parts, context)


def is_row_check(code: str) -> bool:
    """Whether the check judges each row by itself."""
    entry = REGISTRY.get(code)
    return entry is not None and entry.is_of_rows


def entries_of(context: Context) -> tuple[list[Entry], tuple[NotRun, ...]]:
    """The checks to make, and those that should be made but cannot, with the reason."""
    entries, not_run = [], []
    for spec in sorted(context.collection.checks.values(), key=lambda check: catalogue_place(check.code)):
        entry = REGISTRY.get(spec.code)
        if not context.concerns(spec) or spec.code in IN_READING or _is_elsewhere(spec.code, context):
            continue
        reason = _not_this_year(spec, context) or _not_known(entry, context)
        if entry is None or reason:
            not_run.append(NotRun(spec.code, reason))
        else:
            entries.append(entry)
    return entries, tuple(not_run)


def _is_elsewhere(code: str, context: Context) -> bool:
    """True for what is said at hand-in, and for the portal's own checks where a file is checked by itself."""
    return code == AT_HAND_IN or (code.startswith(IN_PORTAL) and not context.in_portal)


def _not_this_year(check: CheckSpec, context: Context) -> str:
    """Why the year's settings leave the check out; "" where they do not."""
    if not check.enabled:
        return "Kontrollen är avstängd i årets insamling."
    if context.is_valid(check):
        return ""
    if check.valid_from is not None and context.collection.measurement_day < check.valid_from:
        return f"Kontrollen gäller från och med {check.valid_from.isoformat()}."
    return f"Kontrollen gällde till och med {check.valid_until}."


def _not_known(entry: Entry | None, context: Context) -> str:
    """What is missing for the check to be made; "" where nothing is."""
    if entry is None:
        return "Kontrollen finns inte i programmet."
    if entry.needs == NEEDS_PREVIOUS and context.previous is None:
        return "Det finns ingen godkänd fil från förra året att jämföra med."
    if entry.needs == NEEDS_POSITIONS and context.positions is None:
        return "Det finns ingen kodförteckning med befattningarnas klartext."
    if entry.needs == NEEDS_PAYROLL_SYSTEMS and not (context.payroll_system and context.payroll_system_before):
        return "Lönesystemet är inte angivet för både det här året och förra året."
    return ""


def _run_row_checks(prepared: Prepared, entries: Iterable[Entry], parts: Parts, deadline: Deadline) -> None:
    """One query for the masks of every row check; only those that are true somewhere become findings."""
    hits: list[tuple[str, Hit]] = []
    for entry in entries:
        deadline()
        if entry.row_check is not None:
            hits += [(entry.code, hit) for hit in entry.row_check(prepared)]
    if not hits:
        return
    masks = prepared.frame.select(hit.where.fill_null(False).alias(str(place)) for place, (_, hit) in enumerate(hits))
    deadline()
    is_found = masks.select(pl.all().any()).row(0)
    lazy = prepared.frame.lazy()
    found = [(code, hit, masks[str(place)]) for place, (code, hit) in enumerate(hits) if is_found[place]]
    # Lazy: only the columns that a finding asks for are filtered. All at once: they share the cores.
    queries = [hit_findings(lazy.filter(pl.lit(mask)), hit) for _, hit, mask in found]
    for (code, _, _), part in zip(found, pl.collect_all(queries), strict=True):
        parts.setdefault(code, []).append(part)
    deadline()


def catalogue_place(code: str) -> tuple[int, str]:
    """Where the check stands in the catalogue."""
    family = code[:3]
    return (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), code)


def gather(parts: Parts, context: Context) -> pl.DataFrame:
    """The findings as one frame with check and level, in the catalogue's order."""
    frames = []
    for code in sorted(parts, key=catalogue_place):
        found = [part for part in parts.get(code, []) if part.height]
        if found:
            level = effective_level(code, context.collection)
            frames.append(labelled(pl.concat(found) if len(found) > 1 else found[0], code, level))
    return lower(pl.concat(frames).cast(FINDING_SCHEMA), context.waivers) if frames else no_findings()
