"""The findings after a few values were changed, without making every check anew.

A check of single rows is made on the changed rows only; one of rows with the same key on those beside them, unless a key
was changed; a check of the whole file only where one of the fields it reads was changed. What comes out is the same as of
a full run (`runner.run`); the tests hold the two beside each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path

import polars as pl

from submissions.checking.context import Context
from submissions.checking.findings import Findings
from submissions.checking.prepare import prepare
from submissions.checking.registry import Entry
from submissions.checking.runner import Parts, catalogue_place, entries_of, find, gather, run
from submissions.deadline import Deadline, no_deadline
from submissions.frames import FIELD_COUNT, KEY_FIELD, column, no_wrong_rows

UNIT_FIELD = 1  # whether the file is ours at all hangs on it
MANY = 4  # from a quarter of the rows a full run is as quick


def basis(context: Context) -> str:
    """A name for all that findings hang on beside the rows: the same name, the same findings of the same rows.

    The previous frame is named by `previous_name`; the units' names only stand in the refusal of a whole file.
    """
    known = [(f.name, getattr(context, f.name)) for f in fields_of(context) if f.name not in ("previous", "unit_names")]
    return hashlib.sha256(f"{_engine()}{known!r}".encode()).hexdigest()


@cache
def _engine() -> str:
    """A name for the checks as they are written: another version of the product finds anew."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def rerun(
    before: pl.DataFrame,
    frame: pl.DataFrame,
    context: Context,
    changed: pl.DataFrame,
    *,
    wrong_rows: pl.DataFrame | None = None,
    deadline: Deadline = no_deadline,
) -> Findings:
    """The findings of `frame`, given those of the same rows `before` the cells in `changed` (row, field) got new values.

    `before` must come from a run with the same `basis`.
    """
    wrong_rows = no_wrong_rows() if wrong_rows is None else wrong_rows
    rows, fields = changed["row"].cast(pl.UInt32).unique(), set(changed["field"].to_list())
    # What a year adds is read by the checks of single fields, and by those of whole rows.
    if UNIT_FIELD in fields or max(fields, default=0) > FIELD_COUNT or rows.len() * MANY > frame.height:
        return run(frame, context, wrong_rows=wrong_rows, deadline=deadline)
    entries, not_run = entries_of(context)
    of_rows = [entry for entry in entries if entry.is_of_rows]
    touched = [entry for entry in entries if not entry.is_of_rows and entry.reads & fields]
    of_keys = [entry for entry in touched if entry.by_key and KEY_FIELD not in fields]
    of_file = [entry for entry in touched if entry not in of_keys]
    parts: Parts = {}
    find(prepare(frame.filter(pl.col("row").is_in(rows.implode())), context), of_rows, parts, deadline)
    if of_file:
        parsed = sorted(frozenset().union(*(entry.parses for entry in of_file)))
        whole = prepare(frame, context, parsed)
        find(whole, of_file, parts, deadline)
        unsilenced = _unsilenced(before, parts, [entry for entry in entries if entry not in of_file])
        find(whole, unsilenced, parts, deadline)
        of_file = [*of_file, *unsilenced]
    is_made_anew = pl.col("check").is_in([entry.code for entry in of_file])
    is_changed_row = pl.col("row").is_in(rows.implode()) & pl.col("check").is_in([entry.code for entry in of_rows])
    is_beside_one = pl.lit(False)
    if of_keys:
        beside = _with_the_same_key(frame, rows)
        find(prepare(beside, context, sorted(frozenset().union(*(entry.parses for entry in of_keys)))), of_keys, parts, deadline)
        is_beside_one = pl.col("row").is_in(beside["row"].implode()) & pl.col("check").is_in([entry.code for entry in of_keys])
    kept = before.filter(~is_made_anew & ~is_changed_row.fill_null(False) & ~is_beside_one.fill_null(False))
    found = _in_order(pl.concat([kept, gather(parts, context)]), [*of_rows, *of_keys])
    return Findings(found, accepted=True, rows=frame.height + wrong_rows.height, not_run=not_run)


def _unsilenced(before: pl.DataFrame, parts: Parts, others: list[Entry]) -> list[Entry]:
    """The other checks that yield to one that was made anew, where that one began or ceased to say something."""
    said = set(before["check"].unique())
    turned = {code for code, found in parts.items() if any(part.height for part in found) != (code in said)}
    return [entry for entry in others if entry.yields_to in turned]


def _with_the_same_key(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """Those rows and all that share their field 40; rows without one share it with each other."""
    key = column(KEY_FIELD)
    keys = frame.filter(pl.col("row").is_in(rows.implode()))[key].unique()
    return frame.filter(pl.col(key).is_in(keys.implode(), nulls_equal=True))


def _in_order(findings: pl.DataFrame, by_place: list[Entry]) -> pl.DataFrame:
    """As a full run gives them: by check, then those that were found anew on some rows by field and row, the others as they were made."""
    if findings.is_empty():
        return findings
    codes = sorted(findings["check"].unique().to_list(), key=catalogue_place)
    is_by_place = pl.col("check").is_in([entry.code for entry in by_place])
    return (
        findings.with_row_index("place")
        .sort(
            pl.col("check").replace_strict(codes, range(len(codes)), return_dtype=pl.UInt32),
            pl.when(is_by_place).then(pl.col("field")).otherwise(0),
            pl.when(is_by_place).then(pl.col("row")).otherwise(pl.col("place")),
        )
        .drop("place")
    )
