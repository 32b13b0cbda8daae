"""The synthetic deliveries against the product's own checks: clean files are silent, planted slips are found, no more."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from submissions import synthetic
from submissions.builtin import collection_spec
from submissions.checking import Context, Findings, run
from submissions.reading import read, read_positions

SPEC = collection_spec(2026)
UNITS = [("0488", 2100), ("0400", 6000), ("0980", 3000)]
ROW_FAMILIES = ("FIL", "FMT", "KOD", "LOG", "DUB")
BESIDE = ("RIM", "AGG")
"""Families that a planted slip may also set off: a salary in öre is far from the others too."""


def check(unit: str, data: bytes, previous: bytes | None = None) -> Findings:
    kind = synthetic.known_units()[unit].kind
    context = Context(
        unit_code=unit,
        unit_kind=kind,
        collection=SPEC,
        previous=None if previous is None else read(previous, SPEC.layout).frame,
        positions=read_positions(synthetic.position_list(unit)) if kind == "region" else None,
    )
    return run(read(data, SPEC.layout), context)


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize(("unit", "rows"), [*UNITS, ("0488", 40), ("0400", 300), ("1480", 20_000)])
def test_clean_file_has_no_findings(unit: str, rows: int, seed: int):
    findings = check(unit, synthetic.delivery(unit, rows, seed))
    assert findings.accepted
    assert Counter(findings.frame["check"]) == {}


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize(("unit", "rows"), [*UNITS, ("1480", 20_000)])
def test_clean_file_is_silent_beside_last_years(unit: str, rows: int, seed: int):
    findings = check(unit, synthetic.delivery(unit, rows, seed), synthetic.delivery(unit, rows, seed, previous=True))
    assert Counter(findings.frame["check"]) == {}


@pytest.mark.parametrize(("unit", "rows"), UNITS)
def test_last_years_file_is_clean_but_for_its_year(unit: str, rows: int):
    last_years = synthetic.delivery(unit, rows, 7, previous=True)
    found = check(unit, last_years).frame
    assert found.select("check", "v").rows() == [("FIL13", "2025")]
    found = check(unit, last_years, last_years).frame
    assert found.filter(~pl.col("check").str.starts_with("AGG")).select("check", "n").rows() == [
        ("FIL14", read(last_years, SPEC.layout).rows)
    ]


@pytest.mark.parametrize("seed", range(20, 40))
@pytest.mark.parametrize(("unit", "rows"), [("0488", 25), ("0488", 300), ("0400", 700), ("0980", 120)])
def test_no_clean_file_looks_shifted_or_of_another_year(unit: str, rows: int, seed: int):
    before = synthetic.delivery(unit, rows, seed, previous=True)
    assert not {"FIL12", "FIL13", "FIL14"} & set(check(unit, synthetic.delivery(unit, rows, seed), before).frame["check"])


@pytest.mark.parametrize("share", [0.02, 0.2])
@pytest.mark.parametrize(("unit", "rows"), UNITS)
def test_every_planted_slip_is_found_on_its_row_and_field_and_nothing_else(unit: str, rows: int, share: float):
    data, slips = synthetic.planted(unit, rows, 7, share)
    findings = check(unit, data)
    assert findings.accepted
    found = Counter(
        (row, check, field)
        for check, row, field in findings.frame.select("check", "row", "field").iter_rows()
        if check.startswith(ROW_FAMILIES)
    )
    expected = Counter((slip.row, slip.check, slip.field) for slip in slips if slip.check.startswith(ROW_FAMILIES))
    assert expected - found == Counter(), "planted but not found"
    assert found - expected == Counter(), "found but not planted"


@pytest.mark.parametrize(("unit", "rows"), UNITS)
def test_pay_in_ore_is_found(unit: str, rows: int):
    data, slips = synthetic.planted(unit, rows, 7, 0.02)
    found = check(unit, data).frame
    rows_found = set(found.filter(found["check"] == "RIM03")["row"])
    assert rows_found == {slip.row for slip in slips if slip.check == "RIM03"}
    others = set(found["check"].str.slice(0, 3)) - {*ROW_FAMILIES}
    assert others <= {*BESIDE}
