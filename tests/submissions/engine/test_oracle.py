"""The engine against the oracle: the same rules, written twice, give the same findings on any file."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import polars as pl
import pytest

from submissions import builtin, checking, reading, synthetic
from submissions.spec import CollectionSpec
from tests import files, oracle
from tests.oracle import slips

YEAR = builtin.collection_spec(2026)
KINDS = {unit.code: unit.kind for unit in builtin.units()}
TROSA, SORMLAND, GOTLAND = "0488", "0400", "0980"
UNITS = (TROSA, SORMLAND, GOTLAND)
DELIVERED = date(2026, 11, 20)
ROUNDS = 40  # files a batch
BATCHES = 6


# What a spreadsheet did, told by its own check: to the oracle it is the wrong value that it is.
DAMAGE = {"FIL08": "FMT01", "FIL09": "FMT06", "FIL10": "FMT01"}
NEW_TO_THE_ORACLE = (pl.col("check") == "FIL11") | ((pl.col("check") == "FIL09") & (pl.col("field") == 28))


def as_the_oracle_says(
    check: str, level: str, row: int | None, field: int | None, value: str | None
) -> tuple[str, str, int, int]:
    if check == "FIL10" and value is not None and value.isdigit():
        return "FMT04", level, row or 0, field or 0
    name = "FIL04" if (check, field) == ("FIL09", 1) else DAMAGE.get(check, check)
    return name, level, row or 0, field or 0


def agree(data: bytes, ask: oracle.Ask) -> None:
    """Both find the same: check, level, row and field, each as many times."""
    previous = None if ask.previous is None else reading.read(ask.previous, ask.year.layout).frame
    context = checking.Context(
        unit_code=ask.unit_code,
        unit_kind=ask.unit_kind,
        collection=ask.year,
        previous=previous,
        positions=ask.positions,
        earlier=ask.earlier,
        sha256=hashlib.sha256(data).hexdigest(),
        replaces=ask.replaces,
        is_test=ask.is_test,
    )
    found = checking.run(reading.read(data, ask.year.layout), context).frame.select("check", "level", "row", "field", "value")
    engine = Counter(as_the_oracle_says(*finding) for finding in found.filter(~NEW_TO_THE_ORACLE).iter_rows())
    expected = Counter(tuple(finding) for finding in oracle.findings(data, ask))
    assert (engine - expected, expected - engine) == (Counter(), Counter())


def delivery(unit: str, rows: int, *, defects: float = 0.0, previous: bool = False) -> bytes:
    return synthetic.delivery(unit, rows, rows, defects, previous)


def positions(unit: str) -> dict[str, str]:
    return reading.read_positions(synthetic.position_list(unit))


@pytest.mark.parametrize("defects", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("unit", UNITS)
def test_deliveries(unit: str, defects: float):
    data = delivery(unit, 800, defects=defects)
    agree(data, oracle.Ask(unit, KINDS[unit], YEAR))
    previous = delivery(unit, 800, defects=defects, previous=True)
    agree(data, oracle.Ask(unit, KINDS[unit], YEAR, previous, positions(unit)))


NOT_FOR_THE_ORACLE = {"en_lang_rad.txt", "excel.csv"}  # it knows neither limits nor workbooks


@pytest.mark.parametrize("name", [name for name in (*files.REFUSED, *files.ACCEPTED) if name not in NOT_FOR_THE_ORACLE])
def test_files_that_people_send(name: str):
    make = {**files.REFUSED, **files.ACCEPTED}[name][0]
    agree(make(), oracle.Ask(files.UNIT, "kommun", YEAR))


@pytest.mark.parametrize("number", range(1, 41))
def test_odd_values_in_every_field(number: int):
    values = [*slips.NASTY, *map(str, slips.AMOUNTS), *slips.DAYS, *slips.ETIKETTER, *slips.CODES.get(number, ())]
    values += [sign * length for sign in "05X" for length in (*range(1, 17), 18, 19, 20, 40)]
    chance = Random(number)
    values += [slips.personnummer(chance) for _ in range(100 if number == 7 else 0)]
    for unit in UNITS:
        rows = [line.split(";") for line in delivery(unit, len(values)).decode("cp1252").splitlines()]
        for row, value in zip(rows, values, strict=True):
            row[number - 1] = value
        data = "\n".join(";".join(row) for row in rows).encode()
        agree(data, oracle.Ask(unit, KINDS[unit], YEAR, positions=positions(unit)))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_files_with_some_slips(batch: int):
    chance = Random(batch)
    for _ in range(ROUNDS):
        unit, rows = chance.choice(UNITS), chance.choice((4, 12, 40))
        data = slips.spoiled(delivery(unit, rows), chance, YEAR)
        previous = slips.spoiled(delivery(unit, rows, previous=True), chance, YEAR)
        agree(
            data,
            oracle.Ask(
                unit,
                chance.choice((KINDS[unit], KINDS[unit], "kommunalforbund")) if unit == TROSA else KINDS[unit],
                _settings(chance) if chance.random() < 0.3 else YEAR,
                chance.choice((None, previous)),
                chance.choice((None, positions(unit))),
                chance.choice(({}, {hashlib.sha256(data).hexdigest(): DELIVERED})),
                chance.choice((None, DELIVERED)),
                chance.choice((False, True)),
            ),
        )


def _settings(chance: Random) -> CollectionSpec:
    """The year with some checks off and some lists established or not."""
    checks = {code: replace(check, enabled=chance.random() > 0.2) for code, check in YEAR.checks.items()}
    lists = {kind: replace(its, established=chance.random() > 0.5) for kind, its in YEAR.lists.items()}
    return replace(YEAR, checks=checks, lists=lists)


COMMON = {9: "206010", 10: "A", 5: "512", 17: "2", 20: "10000", 22: "0032400", 28: "01", 39: "N"}
SHARES = (1, 2, 3, 4, 5, 10, 20)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_counts_at_their_limits(batch: int):
    chance = Random(batch)
    for _ in range(5):
        unit, size = chance.choice(UNITS), chance.choice((10, 20, 40, 100, 200, 1100))
        rows = [line.split(";") for line in delivery(unit, size).decode("cp1252").splitlines()]
        now, previous = _some_of(rows, chance), _some_of(rows, chance)
        agree(now, oracle.Ask(unit, KINDS[unit], YEAR, previous, positions(unit)))


def _some_of(rows: list[list[str]], chance: Random) -> bytes:
    """All rows or a round share less, some of which get the same value in a field."""
    size = len(rows) - chance.choice((0, 0, 1, *(len(rows) // share for share in SHARES[3:])))
    some = [list(row) for row in chance.sample(rows, size)]
    for number, value in chance.sample(sorted(COMMON.items()), 3):
        for row in chance.sample(some, size // chance.choice(SHARES)):
            row[number - 1] = value
    return "\n".join(";".join(row) for row in some).encode()


def test_one_wrong_form_in_field_7_changes_no_counts():
    rows = [line.split(";") for line in delivery(TROSA, 400).decode("cp1252").splitlines()]
    for row in rows:
        row[6] = f"{row[6][:6]}-{row[6][6:]}"
    data = "\n".join(";".join(row) for row in rows).encode()
    ask = oracle.Ask(TROSA, "kommun", YEAR, delivery(TROSA, 400))
    agree(data, ask)
    assert {finding.check for finding in oracle.findings(data, ask)} == {"FMT01", "AGG10"}
