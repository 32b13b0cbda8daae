"""The examples on the checks' open pages are run by the engine: they cannot drift from what the checks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest

from submissions.checking import unexplained
from submissions.examples import Example, ExampleRows, Side, examples, shown
from submissions.spec import CollectionSpec
from tests import files
from tests.submissions.engine.rows import SPEC, UNITS, as_file, check, frame_of, hourly, row

NEW_PERSONS = 1000
BY_ITSELF = {"KOM02"}  # said at hand-in, not found in the file


def rows_of(parts: tuple[ExampleRows, ...], unit: str) -> list[list[str]]:
    """Whole rows, each of another person; the n-th row of two years is the same person unless it is a new one."""
    numbers = count(1)
    made = []
    for part in parts:
        for _ in range(part.count):
            number = next(numbers)
            key = number + NEW_PERSONS * part.is_new
            changes = {field: shown(value, number) for field, value in part.values}
            made.append((hourly if part.is_hourly else row)(changes, key=key, unit=unit))
    return made


def known_of(side: Side) -> dict[str, Any]:
    """What is known beside the file, as a context takes it."""
    known: dict[str, Any] = {"in_portal": True, "collection": SPEC}
    for name, value in side.known:
        match name, value.split(" "):
            case "lämnad", [day]:
                known |= {"sha256": "ab", "earlier": {"ab": date.fromisoformat(day)}}
            case "ersätter", [day]:
                known["replaces"] = date.fromisoformat(day)
            case "delar", firsts:
                known["firsts"] = tuple(map(int, firsts))
            case "testfil", ["ja"]:
                known["is_test"] = True
            case "koder", [code, label]:
                known["positions"] = {code: label}
            case "sektor", [code, sector]:
                known["collection"] = with_sector(code, sector)
            case "lönesystem", [before, *_] if value.startswith("HR Plus"):
                known |= {"payroll_system_before": f"{before} Plus", "payroll_system": "HR Plus"}
            case "lönesystem", [before, *_]:
                known |= {"payroll_system_before": before, "payroll_system": "HR Plus"}
    return known


def with_sector(code: str, sector: str) -> CollectionSpec:
    aid = SPEC.lists["aid"]
    codes = {**aid.codes, code: replace(aid.codes[code], sector=sector)}
    return replace(SPEC, lists={**SPEC.lists, "aid": replace(aid, codes=codes)})


def bytes_of(example: Example, side: Side) -> bytes:
    rows = rows_of(example.background + side.rows, example.unit) or rows_of((ExampleRows(1, ()),), example.unit)
    match dict(side.known).get("fil"):
        case "tom":
            return b""
        case "41 fält":
            return as_file([[*values[:5], "Fritext", *values[5:]] for values in rows])
        case "oläslig":
            return files.nul_bytes()
    return as_file(rows, encoding="utf-8")


def found(example: Example, side: Side) -> set[str]:
    """The checks that speak."""
    previous = frame_of(rows_of(example.before, example.unit)) if example.before else None
    findings = check(bytes_of(example, side), unit=example.unit, previous=previous, **known_of(side))
    assert example.check not in {left_out.check for left_out in findings.not_run}
    return set(findings.frame["check"])


def test_every_check_has_an_example():
    assert set(examples()) == set(SPEC.checks)


@pytest.mark.parametrize("example", [e for e in examples().values() if e.check not in BY_ITSELF], ids=lambda e: e.check)
def test_the_wrong_one_gives_that_check_and_the_right_one_does_not(example: Example):
    right, wrong = found(example, example.right), found(example, example.wrong)
    if wrong == {example.check} and SPEC.checks[example.check].fields == "fil":
        assert example.check not in right  # a refused file has one finding and no others
    else:
        assert wrong - right == {example.check} | example.also
        assert right <= wrong


def test_warnings_without_explanation():
    example = examples()["KOM02"]
    right, wrong = (int(dict(side.known)["oförklarade"]) for side in (example.right, example.wrong))
    kind = UNITS[example.unit].kind
    assert unexplained(right, SPEC, unit_code=example.unit, unit_kind=kind) is None
    said = unexplained(wrong, SPEC, unit_code=example.unit, unit_kind=kind)
    assert said is not None
    assert (said.check, said.level) == ("KOM02", "varning")
    assert said.message.endswith(f": {wrong}.")


@pytest.mark.parametrize("changes", [{"enabled": False}, {"valid_until": date(2026, 10, 31)}, {"valid_from": date(2026, 11, 2)}])
def test_warnings_without_explanation_where_the_year_does_not_ask(changes: dict[str, Any]):
    settings = replace(SPEC, checks={**SPEC.checks, "KOM02": replace(SPEC.checks["KOM02"], **changes)})
    assert unexplained(3, settings, unit_code="0488", unit_kind="kommun") is None


def test_the_level_of_unexplained_warnings_is_the_years():
    settings = replace(SPEC, checks={**SPEC.checks, "KOM02": replace(SPEC.checks["KOM02"], level="info")})
    said = unexplained(1, settings, unit_code="0488", unit_kind="kommun")
    assert said is not None
    assert said.level == "info"


@pytest.mark.parametrize("spec", SPEC.checks.values(), ids=SPEC.checks.keys())
def test_every_check_says_why_and_how_to_mend_it(spec: Any):
    assert spec.why.endswith(".")
    assert spec.mend.endswith((".", "?"))
    assert len(spec.why) > 40
    assert len({other.why for other in SPEC.checks.values()}) == len(SPEC.checks)
    assert all(answer.endswith(".") and answer[0].isupper() for answer in spec.answers)
    assert len(spec.answers) <= 4
    if spec.level == "varning" and spec.code != "KOM02":
        assert spec.answers
