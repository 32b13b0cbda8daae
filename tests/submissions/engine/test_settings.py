"""The year's settings: the shipped files, and what levels, thresholds, on and off and validity do to a check."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from submissions import builtin
from submissions.builtin import NoBuiltinCollection, collection_spec, parse_parameters
from submissions.checking import Context, effective_level, messages, run
from submissions.checking.registry import REGISTRY
from submissions.spec import CheckSpec, CollectionSpec
from tests.submissions.engine.rows import CHIEF, DOCTOR, SORMLAND, SPEC, TROSA, check, frame_of, hourly, on_file, on_rows, row


def with_check(code: str, **changes: Any) -> CollectionSpec:
    return replace(SPEC, checks={**SPEC.checks, code: replace(SPEC.checks[code], **changes)})


def with_list(kind: str, **changes: Any) -> CollectionSpec:
    return replace(SPEC, lists={**SPEC.lists, kind: replace(SPEC.lists[kind], **changes)})


def test_the_shipped_year_is_whole():
    assert (SPEC.year, SPEC.layout.name, len(SPEC.layout)) == (2026, "PS-2026.1", 40)
    assert [field.number for field in SPEC.layout.fields] == list(range(1, 41))
    assert len(SPEC.checks) == 77
    assert (SPEC.opens_on, SPEC.measurement_day) == (date(2026, 10, 12), date(2026, 11, 1))
    assert (SPEC.due_date, SPEC.latest_deferral_date) == (date(2026, 12, 1), date(2026, 12, 15))
    assert {kind for kind, listed in SPEC.lists.items() if not listed.established} == {"aid", "specialitet", "verksamhet"}


def test_units():
    units = builtin.units()
    assert len(units) == 311
    assert [unit.code for unit in units if not unit.active] == ["0900"]
    assert {unit.kind for unit in units} == {"kommun", "region"}


def test_a_year_without_files():
    with pytest.raises(NoBuiltinCollection, match="2031"):
        collection_spec(2031)


@pytest.mark.parametrize(("text", "found"), [("", {}), ("low=1", {"low": 1}), ("low=0.5, high=-2", {"low": 0.5, "high": -2})])
def test_parameters(text: str, found: dict[str, float]):
    assert parse_parameters(text) == found


def test_every_check_of_the_catalogue_is_written():
    elsewhere = {code for code in SPEC.checks if code.startswith("KOM") or code in ("FIL01", "FIL02", "FIL03")}
    assert set(REGISTRY) | elsewhere == set(SPEC.checks)


@pytest.mark.parametrize("spec", SPEC.checks.values(), ids=SPEC.checks.keys())
def test_every_check_has_its_texts(spec: CheckSpec):
    assert spec.title
    assert not spec.title.endswith(".")
    assert spec.advice.endswith(".")
    assert spec.message.endswith((".", "?"))
    bare = replace(SPEC, checks={**SPEC.checks, spec.code: replace(spec, title="", advice="")})
    assert messages.title(spec.code, bare) == spec.title
    assert messages.advice(spec.code, bare) == spec.advice


UNESTABLISHED = [("KOD01", {9: "999999"}), ("KOD04", {9: DOCTOR, 13: "99999"}), ("KOD08", {5: "519"})]


@pytest.mark.parametrize(("code", "changes"), UNESTABLISHED)
def test_a_list_that_is_not_established_warns(code: str, changes: dict[int, str]):
    findings = check([row(changes)])
    assert findings.counts["fel"] == 0
    found = findings.frame.row(0, named=True)
    assert (found["check"], found["level"]) == (code, "varning")
    assert "inte fastställd av SKR" in messages.render(found, SPEC)


@pytest.mark.parametrize(("code", "changes"), UNESTABLISHED)
def test_an_established_list_gives_fel(code: str, changes: dict[int, str]):
    kind = {"KOD01": "aid", "KOD04": "specialitet", "KOD08": "verksamhet"}[code]
    collection = with_list(kind, established=True)
    assert effective_level(code, collection) == "fel"
    findings = check([row(changes)], collection=collection)
    assert findings.counts["fel"] == 1
    assert "fastställd" not in messages.render(findings.frame.row(0, named=True), collection)


def test_a_check_can_be_turned_off():
    findings = check([row({15: "8"})], collection=with_check("KOD05", enabled=False))
    assert on_rows(findings) == []
    assert ("KOD05", "Kontrollen är avstängd i årets insamling.") in {(left.check, left.reason) for left in findings.not_run}


def test_a_check_has_the_level_of_the_year():
    assert check([row({15: "8"})], collection=with_check("KOD05", level="info")).counts["fel"] == 0


def test_a_check_bites_where_the_year_says():
    assert on_rows(check([row({22: "20000"})], collection=with_check("RIM01", threshold={"low": 20001}))) == [(1, "RIM01", 22)]
    assert on_rows(check([row({22: "17999"})], collection=with_check("RIM01", threshold={"low": "nonsense"}))) == [
        (1, "RIM01", 22)
    ]


@pytest.mark.parametrize(("last", "found"), [(date(2026, 11, 1), True), (date(2026, 10, 31), False)])
def test_a_check_ends_with_its_validity(last: date, found: bool):
    findings = check([row({15: "8"})], collection=with_check("KOD05", valid_until=last))
    assert bool(on_rows(findings)) is found


def test_a_year_with_fewer_checks_and_lists_than_the_shipped():
    poor = replace(SPEC, checks={"KOD05": SPEC.checks["KOD05"]}, lists={})
    findings = check([row({15: "8", 9: CHIEF, 4: ""})], collection=poor)
    assert on_rows(findings) == [(1, "KOD05", 15)]
    refused = check(b"", collection=poor)
    assert messages.render(refused.frame.row(0, named=True), poor).startswith("Filen är tom.")


@pytest.mark.parametrize("kind", sorted(set(SPEC.lists) - {"lonesystem"}))
def test_an_empty_list_and_one_with_odd_codes_are_lived_with(kind: str):
    some = next(iter(SPEC.lists[kind].codes.values()))
    for codes in ({}, {"ABC": replace(some, code="ABC", label="Lärare", sector="region")}):
        findings = check([row(key=1), hourly(key=2)], collection=with_list(kind, codes=codes), previous=LAST_YEAR, positions={})
        assert findings.accepted


def test_etiketter_of_the_other_sector():
    codes = SPEC.lists["aid"].codes
    mine = {**codes, "206010": replace(codes["206010"], sector="region")}
    collection = with_list("aid", codes=mine)
    findings = check([row()], collection=collection)
    assert on_rows(findings) == [(1, "KOD02", 9)]
    assert messages.render(findings.frame.row(0, named=True), collection) == "Etiketten 206010 används normalt inte i kommuner."
    assert on_rows(check([row({5: ""}, unit=SORMLAND)], unit=SORMLAND, collection=collection)) == []


def test_kommunalforbund_follow_the_kommuner():
    values = row({5: "519", 14: "KAT1"})
    context = Context(unit_code=TROSA, unit_kind="kommunalforbund", collection=SPEC)
    findings = run(frame_of([values]), context)
    assert [code for _, code, _ in on_rows(findings)] == ["KOD08", "KOD10"]


ALL_SLIPS = [
    row({20: "abc", 15: "8", 10: "D", 4: "", 18: "20150230", 3: "2120002842", 6: "x" * 16}, key=1),
    row({9: "999999", 16: "5", 17: "0", 5: "519", 14: "X", 1: "0480"}, key=2),
    row({9: DOCTOR, 10: "L", 22: "9000"}, key=3),
    row({13: "80110", 10: "M", 22: "17000", 27: "10000", 19: "20200101"}, key=4),
    row({9: CHIEF, 18: "20261201", 22: "130000", 20: "00500"}, key=5),
    row({16: "2", 20: "10500"}, key=6),
    hourly({16: "1", 24: "1", 25: "30000"}, key=7),
    hourly({24: ""}, key=8),
    *(row({7: row(key=99)[6], 20: "09000"}, key=key) for key in range(10, 14)),
    hourly(key=20),
    hourly(key=20),
    row(key=21),
    row({7: row(key=22)[6]}, key=21),
]


LAST_YEAR = frame_of([row({9: "206011"}, key=key) for key in range(30, 60)])


def test_no_sentence_has_a_hole():
    findings = check(ALL_SLIPS, previous=LAST_YEAR)
    assert {"DUB01", "DUB02", "DUB03", "DUB04", "LOG07", "RIM07", "AGG03"} <= set(findings.frame["check"])
    for found in findings.frame.iter_rows(named=True):
        sentence = messages.render(found, SPEC)
        assert not re.search(r"\{|\}|None|null|  ", sentence), sentence
        assert not sentence[0].islower(), sentence
        assert sentence.endswith((".", "?")), sentence


def test_the_whole_file_checks_speak_too():
    assert {"AGG03", "AGG08", "AGG10"} <= on_file(check(ALL_SLIPS, previous=LAST_YEAR))
