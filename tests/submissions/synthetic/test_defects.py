"""Planted slips: as many as asked for, on rows of their own, a few causes dominating."""

from __future__ import annotations

from collections import Counter

import pytest

from submissions import synthetic
from submissions.builtin import collection_spec
from submissions.synthetic.defects import CAUSES, REMOVED_ETIKETT, UNKNOWN_ACTIVITY


def test_no_defects_plant_nothing():
    data, slips = synthetic.planted("0488", 300, 7)
    assert slips == []
    assert data == synthetic.delivery("0488", 300, 7)


def test_trosa_tells_a_good_story():
    _, slips = synthetic.planted("0488", 2100, 7, 0.02)
    causes = Counter(slip.cause for slip in slips)
    assert 40 <= len(slips) <= 44
    assert 6 <= len(causes) <= 9
    (first, most), (_, second) = causes.most_common(2)
    assert first == "Borttagen etikett"
    assert most + second > len(slips) / 2
    assert {"KOD06", "LOG06", "RIM03", "FMT06"} <= {slip.check for slip in slips}


@pytest.mark.parametrize(("unit", "rows", "share"), [("0488", 2100, 0.02), ("0400", 3000, 0.1), ("0980", 1000, 0.9)])
def test_changed_rows_are_exactly_the_planted_ones(unit: str, rows: int, share: float):
    clean = synthetic.delivery(unit, rows, 7).split(b"\r\n")
    spoiled, slips = synthetic.planted(unit, rows, 7, share)
    lines = spoiled.split(b"\r\n")
    changed = {number for number, (a, b) in enumerate(zip(clean, lines, strict=True), 1) if a != b}
    assert len(changed) == max(1, round(rows * share))
    assert changed <= {slip.row for slip in slips}
    partners = {slip.row for slip in slips if slip.check.startswith("DUB")}
    assert {slip.row for slip in slips} - changed <= partners
    assert max(Counter(slip.row for slip in slips).values()) == 1


def test_slips_come_in_order_of_row():
    _, slips = synthetic.planted("0488", 2100, 7, 0.1)
    assert slips == sorted(slips, key=lambda slip: slip.row)


def test_a_small_share_plants_one():
    assert len({slip.row for slip in synthetic.planted("0488", 20, 7, 0.001)[1]}) == 1


def test_many_defects_use_every_cause():
    kommun = {slip.cause for slip in synthetic.planted("0488", 6000, 7, 0.2)[1]}
    region = {slip.cause for slip in synthetic.planted("0400", 6000, 7, 0.2)[1]}
    assert kommun | region == {cause.name for cause in CAUSES}


def test_causes_name_known_checks_and_unknown_codes():
    spec = collection_spec(2026)
    assert {cause.check for cause in CAUSES} <= set(spec.checks)
    assert REMOVED_ETIKETT not in spec.lists["aid"].codes
    assert UNKNOWN_ACTIVITY not in spec.lists["verksamhet"].codes
    assert "8" not in spec.lists["lonekollektivavtal"].codes
    assert "99999" not in spec.lists["specialitet"].codes
