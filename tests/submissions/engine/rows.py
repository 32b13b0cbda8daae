"""Rows and files to check: a correct row, and what is changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from config.lib import personnummer
from submissions import builtin, checking, reading
from submissions.checking import Context, Findings
from submissions.frames import FIELD_COUNT

SPEC = builtin.collection_spec(2026)
UNITS = {unit.code: unit for unit in builtin.units()}
TROSA, SORMLAND, GOTLAND = "0488", "0400", "0980"
NURSE, DOCTOR, CHIEF, TEACHER = "206010", "201010", "101010", "403010"


def person(number: int = 0, *, born: date = date(1980, 5, 17), coordination: bool = False) -> str:
    """A personnummer of the test series; `number` 0-19 tells persons born on the same day apart."""
    return personnummer.build(born, 980 + number, is_coordination=coordination)


def row(changes: Mapping[int, str] | None = None, *, key: int = 1, unit: str = TROSA) -> list[str]:
    """A monthly-paid nurse without a fault, in a kommun; `changes` by field number."""
    values = [""] * FIELD_COUNT
    correct = {
        1: unit,
        3: "2120002841",
        4: "00012",
        5: "510",
        7: person(born=date(1955 + key // 300, 1 + key % 12, 1 + key // 12 % 25)),
        9: NURSE,
        14: "2060",
        15: "1",
        16: "1",
        17: "1",
        18: "20150801",
        19: "00000000",
        20: "10000",
        21: "3815",
        22: "0036500",
        27: "00000",
        39: "J",
        40: f"A{key:05d}",
    }
    for number, value in {**correct, **(changes or {})}.items():
        values[number - 1] = value
    return values


def hourly(changes: Mapping[int, str] | None = None, *, key: int = 1, unit: str = TROSA) -> list[str]:
    """The same person, paid by the hour."""
    paid = {16: "6", 17: "2", 20: "", 21: "", 22: "", 24: "016500", 25: "08000"}
    return row({**paid, **(changes or {})}, key=key, unit=unit)


def as_file(rows: list[list[str]], *, end: str = "\r\n", encoding: str = "cp1252", separator: str = ";") -> bytes:
    """The rows as a delivery."""
    return "".join(separator.join(values) + end for values in rows).encode(encoding)


def frame_of(rows: list[list[str]]) -> pl.DataFrame:
    """The rows as they are read."""
    read = reading.read(as_file(rows), SPEC.layout)
    assert read.refusal is None
    return read.frame


def check(rows: list[list[str]] | bytes, *, unit: str = TROSA, **known: Any) -> Findings:
    """All findings of the rows."""
    data = rows if isinstance(rows, bytes) else as_file(rows)
    context = Context(unit_code=unit, unit_kind=UNITS[unit].kind, **{"collection": SPEC, **known})
    return checking.run(reading.read(data, context.collection.layout), context)


def on_rows(findings: Findings) -> list[tuple[int, str, int | None]]:
    """What was found on single rows: row, check, field."""
    found = findings.frame.filter(pl.col("row").is_not_null())
    return sorted(found.select("row", "check", "field").iter_rows(), key=str)


def on_file(findings: Findings) -> set[str]:
    """The checks that were found for the whole file."""
    return set(findings.frame.filter(pl.col("row").is_null())["check"])
