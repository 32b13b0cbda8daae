"""The named repairs, value by value: what each makes of it, and what it leaves alone."""

from __future__ import annotations

import polars as pl
import pytest

from submissions.checking import repairs
from tests.submissions.engine.rows import SPEC


@pytest.mark.parametrize(
    ("name", "field", "old", "new"),
    [
        ("dela", 22, "3150000", "31500"),
        ("dela", 22, "3150050", None),
        ("dela", 22, "0", None),
        ("dela", 22, "31 500", None),
        ("ganger", 20, "75", "7500"),
        ("ganger", 20, "10000", None),
        ("nollor", 1, "488", "0488"),
        ("nollor", 7, "112189876", "0112189876"),
        ("nollor", 7, "8112189876", None),
        ("nollor", 14, "12AB", None),
        ("siffror", 22, "31 500 kr", "31500"),
        ("siffror", 22, "31500,00", "31500"),
        ("siffror", 22, "31500,50", None),
        ("siffror", 18, "2024-11-01", "20241101"),
        ("siffror", 7, "811218-9876", "8112189876"),
        ("siffror", 7, "19811218-9876", None),
        ("sekel", 7, "198112189876", "8112189876"),
        ("sekel", 7, "19811218-9876", "8112189876"),
        ("sekel", 7, "8112189876", None),
        ("korta", 6, "Särskilt boende Åbrinken i kvarteret bredvid ån, plan 3", "Särskilt boende Åbrinken i kv"),
        ("korta", 6, "kort", None),
        ("dela", 22, None, None),
    ],
)
def test_a_repair_gives_a_value_or_leaves_it(name: str, field: int, old: str | None, new: str | None) -> None:
    found = repairs.repaired(pl.Series("old", [old], dtype=pl.String), repairs.BY_NAME[name], SPEC.layout[field])
    expected = new if name != "korta" or new is None else (old or "")[: SPEC.layout[field].max_length].rstrip()
    assert found.to_list() == [expected]
    assert expected is None or len(expected) <= SPEC.layout[field].max_length


def test_only_those_that_would_change_something_are_offered() -> None:
    salaries = pl.Series("old", ["3150000", "9999999"])
    assert [repair.name for repair in repairs.offered("RIM03", SPEC.layout[22], salaries)] == ["dela"]
    assert repairs.offered("RIM03", SPEC.layout[22], pl.Series("old", ["9999999"])) == []
    assert repairs.offered("KOD06", SPEC.layout[16], pl.Series("old", ["5"])) == []
