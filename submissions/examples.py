"""A right and a wrong example of every check, from `submissions/data/<year>/exempel.csv`.

The open page of a check shows them, and a test runs the engine on each: the wrong one gives that check, the right one
does not. An example names only what decides; all else is a row without a fault. How a row is written:

- `22=36500, 17=1`     those fields of one row; rows are set apart with " / "
- `20 x 9=206011`      so many rows, each of another person
- `timavlönad, 24=1`   of somebody paid by the hour; `nya` of somebody who was not there last year
- `{1980-05-17}`       a personnummer of the series that Skatteverket keeps for tests; with `!` the check digit is wrong,
                       with `=` it is the same person on every row, and a day above 60 is a samordningsnummer
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from config.lib import personnummer
from submissions.builtin import DATA, LATEST, read_table

ROW = re.compile(r"(?:(?P<count>[0-9]+) x ?)?(?P<rest>.*)")
PERSON = re.compile(r"\{([0-9]{4})-([0-9]{2})-([0-9]{2})([!=]?)\}")
HOURLY, NEW = "timavlönad", "nya"
COORDINATION = 60  # added to the day of birth in a samordningsnummer
SERIES = len(personnummer.TEST_SERIES)


@dataclass(frozen=True, slots=True)
class ExampleRows:
    """So many rows that are alike in what decides: the values by field as they are written."""

    count: int
    values: tuple[tuple[int, str], ...]
    is_hourly: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """The right or the wrong half: its rows, what is known beside the file, and in words."""

    rows: tuple[ExampleRows, ...]
    known: tuple[tuple[str, str], ...]
    words: str


@dataclass(frozen=True, slots=True)
class Example:
    """One check's example. `background` stands in both files, `before` is last year's; `also` what the same slip gives."""

    check: str
    unit: str
    background: tuple[ExampleRows, ...]
    right: Side
    wrong: Side
    before: tuple[ExampleRows, ...]
    also: frozenset[str]


@cache
def examples(year: int = LATEST) -> dict[str, Example]:
    """Every example by its check."""
    return {row["kod"]: _example(row) for row in read_table(DATA / str(year) / "exempel.csv")}


def _example(row: dict[str, str]) -> Example:
    right, wrong = (Side(_rows(row[side]), _known(row[f"vet_{side}"]), row[f"ord_{side}"]) for side in ("ratt", "fel"))
    also = frozenset(row["aven"].split())
    return Example(row["kod"], row["enhet"], _rows(row["bakgrund"]), right, wrong, _rows(row["forra"]), also)


def _known(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.split("=", 1) for part in text.split(", ") if part)
    return tuple((name, value) for name, value in pairs)


def _rows(text: str) -> tuple[ExampleRows, ...]:
    return tuple(_row(part.strip()) for part in text.split(" / ")) if text else ()


def _row(text: str) -> ExampleRows:
    found = ROW.fullmatch(text)
    count, rest = (found["count"], found["rest"]) if found else (None, text)
    words = [word for word in rest.split(", ") if word]
    values = tuple((int(number), value) for number, value in (word.split("=", 1) for word in words if word not in (HOURLY, NEW)))
    return ExampleRows(int(count or 1), values, HOURLY in words, NEW in words)


def shown(value: str, number: int = 0) -> str:
    """The value with its placeholder filled in; `number` tells persons of the same birthday apart."""
    return PERSON.sub(lambda found: _person(found, number), value)


def _person(found: re.Match[str], number: int) -> str:
    year, month, day, mark = int(found[1]), int(found[2]), int(found[3]), found[4]
    is_coordination = day > COORDINATION
    born = date(year, month, day - COORDINATION * is_coordination)
    which = 0 if mark == "=" else number % SERIES
    digits = personnummer.build(born, personnummer.TEST_SERIES.start + which, is_coordination=is_coordination)
    return digits[:-1] + str((int(digits[-1]) + 1) % 10) if mark == "!" else digits
