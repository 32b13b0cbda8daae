"""After a correction only what it can change is checked anew, and the answer is the one of a full run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from submissions import reading, synthetic
from submissions.checking import Context, basis, rerun, run
from submissions.checking.prepare import prepare
from submissions.checking.registry import REGISTRY
from submissions.frames import FIELD_NUMBERS, column
from tests.oracle import slips
from tests.submissions.engine.rows import SPEC, TROSA, UNITS, as_file

UNITS_TRIED = (TROSA, "0400", "0980")
ROUNDS = 25


def context_of(unit: str, rows: int, **known: Any) -> Context:
    """Everything is known, so that every check runs."""
    before = reading.read(synthetic.delivery(unit, rows, 5, 0.1, True), SPEC.layout).frame
    return Context(
        unit_code=unit,
        unit_kind=UNITS[unit].kind,
        collection=SPEC,
        previous=before,
        previous_name="1/0",
        positions=reading.read_positions(synthetic.position_list(unit)),
        in_portal=True,
        payroll_system="HR Plus",
        payroll_system_before="Heroma",
        **known,
    )


def frame_of(unit: str, rows: int, chance: Random) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a file with many slips, and those of the wrong width."""
    while True:
        data = slips.spoiled(synthetic.delivery(unit, rows, 5, 0.3), chance, SPEC)
        read = reading.read(data, SPEC.layout)
        if read.refusal is None and read.frame.height > rows // 2:
            return read.frame, read.wrong_rows


def changed(
    frame: pl.DataFrame, chance: Random, cells: int, fields: tuple[int, ...] = FIELD_NUMBERS
) -> list[tuple[int, int, str]]:
    """Corrections of random cells: a value of another row, or an odd one."""
    made = []
    for _ in range(cells):
        field = chance.choice(fields)
        values = [*(value for value in frame[column(field)].to_list() if value), *map(str, slips.NASTY), "", "00000"]
        made.append((chance.choice(frame["row"].to_list()), field, chance.choice(values)))
    return made


def cells_of(corrections: list[tuple[int, int, str]]) -> pl.DataFrame:
    cells = [(row, field) for row, field, _ in corrections]
    return pl.DataFrame(cells, schema={"row": pl.UInt32, "field": pl.UInt8}, orient="row")


@pytest.mark.parametrize("seed", range(8))
def test_a_chain_of_corrections_gives_what_full_runs_give(seed: int):
    chance = Random(seed)
    unit = chance.choice(UNITS_TRIED)
    frame, wrong_rows = frame_of(unit, 40, chance)
    context = context_of(unit, 40)
    found = run(frame, context, wrong_rows=wrong_rows)
    assert found.accepted
    for _ in range(ROUNDS):
        corrections = changed(frame, chance, chance.choice((1, 1, 1, 2, 6)))
        after = reading.apply_corrections(frame, corrections)
        again = rerun(found.frame, after, context, cells_of(corrections), wrong_rows=wrong_rows)
        whole = run(after, context, wrong_rows=wrong_rows)
        assert_frame_equal(again.frame, whole.frame)
        assert (again.accepted, again.rows, again.not_run) == (whole.accepted, whole.rows, whole.not_run)
        if not whole.accepted:
            break
        frame, found = after, again


WHOLE = sorted(code for code, entry in REGISTRY.items() if entry.whole_check is not None)


@pytest.mark.parametrize("code", WHOLE)
def test_a_check_of_the_whole_file_reads_no_field_that_it_does_not_name(code: str):
    """Every other field is made something else on every row: the findings stay."""
    entry, chance = REGISTRY[code], Random(code)
    assert entry.whole_check is not None
    assert entry.parses <= entry.reads
    unit = "0400" if code == "KOM01" else TROSA
    frame, _ = frame_of(unit, 60, chance)
    context = replace(context_of(unit, 60, sha256="ab", earlier={"ab": date(2026, 11, 12)}), is_test=code == "FIL07")
    others = [number for number in FIELD_NUMBERS if number not in entry.reads]
    shuffled = frame.with_columns(pl.col(column(n)).shuffle(seed=n) for n in others)

    def found(rows: pl.DataFrame) -> pl.DataFrame:
        assert entry.whole_check is not None
        parts = list(entry.whole_check(prepare(rows, context, sorted(entry.parses))))
        return pl.concat(parts) if parts else pl.DataFrame()

    assert_frame_equal(found(frame), found(shuffled))


def test_a_check_speaks_when_the_one_that_silenced_it_falls_silent():
    """FIL13 keeps still about last year's rows, which FIL14 tells; a few corrections make them other rows of a past year."""
    context = context_of(TROSA, 400)
    assert context.previous is not None
    rows = context.previous
    found = run(rows, context)
    corrections = [(row, 6, "ny titel") for row in rows["row"].to_list()[:40]]
    after = reading.apply_corrections(rows, corrections)
    again = rerun(found.frame, after, context, cells_of(corrections))
    assert [set(f["check"]) & {"FIL13", "FIL14"} for f in (found.frame, again.frame)] == [{"FIL14"}, {"FIL13"}]
    assert_frame_equal(again.frame, run(after, context).frame)


def test_a_change_of_the_unit_code_may_refuse_the_file():
    rows = [["0480" if number == 1 else "" for number in range(1, 41)] for _ in range(8)]
    rows[0][0] = TROSA
    frame = reading.read(as_file(rows), SPEC.layout).frame
    context = context_of(TROSA, 10)
    found = run(frame, context)
    after = reading.apply_corrections(frame, [(1, 1, "0480")])
    assert not rerun(found.frame, after, context, cells_of([(1, 1, "0480")])).accepted


@pytest.mark.parametrize(
    "changes",
    [
        {"unit_kind": "bolag"},
        {"positions": None},
        {"previous_name": "1/1"},
        {"is_test": True},
        {"payroll_system": "Heroma"},
        {"collection": replace(SPEC, checks={**SPEC.checks, "RIM01": replace(SPEC.checks["RIM01"], level="info")})},
        {"collection": replace(SPEC, lists={})},
    ],
)
def test_the_basis_tells_other_settings_and_other_knowledge_apart(changes: dict[str, Any]):
    context = context_of(TROSA, 10)
    assert basis(context) == basis(replace(context))
    assert basis(context) != basis(replace(context, **changes))
