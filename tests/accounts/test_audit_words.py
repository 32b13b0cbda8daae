"""The audit trail's words and its calls cannot drift apart: both are read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from accounts.audit_words import AREAS, RESULTS, WORDS, result_words, words
from accounts.models import RecoveryCase, SignUpJourney
from accounts.second_factor import Outcome

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "profiles", "messaging", "submissions", "deferrals", "config")
CODE = re.compile(rf"(?:{'|'.join(AREAS)}):[a-z_]+(?::[a-z_]+)?\Z")
MARK = re.compile(r"[a-z_]+\Z")
CARRIERS = {"result", "reason"}  # the keywords that end in the column

pytestmark = pytest.mark.asvs("16.2.1")


def sources() -> Iterator[ast.Module]:
    """The modules that are run, without the table of words itself."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and path.name != "audit_words.py":
                yield ast.parse(path.read_text(encoding="utf-8"))


def literals(node: ast.AST) -> set[str]:
    """The strings that an expression may become: a literal, either branch of a condition."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    if isinstance(node, ast.BoolOp):
        return set().union(*map(literals, node.values))
    return set()


@cache
def in_source() -> tuple[set[str], set[str], set[str]]:
    """Every string of the source; the codes that are recorded; the marks that are handed over as results."""
    strings, codes, marks = set(), set(), set()
    for module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.add(node.value)
            if isinstance(node, ast.Call):
                is_record = isinstance(node.func, ast.Attribute) and node.func.attr == "record"
                codes |= literals(node.args[0]) if is_record and node.args else set()
                for keyword in node.keywords:
                    marks |= literals(keyword.value) if keyword.arg in CARRIERS else set()
    return strings, {code for code in codes if CODE.match(code)}, {mark for mark in marks if MARK.match(mark)}


def test_every_code_that_is_recorded_has_words() -> None:
    _, codes, _ = in_source()
    assert len(codes) > 40
    assert codes - set(WORDS) == set()


def test_every_code_with_words_is_in_the_source() -> None:
    strings, _, _ = in_source()
    put_together = {code for code in WORDS if code.startswith("deferral:") and code.removeprefix("deferral:") in strings}
    assert set(WORDS) - strings - put_together == set()


def test_every_mark_of_a_result_has_words() -> None:
    computed = {
        *SignUpJourney.Branch.values,
        *RecoveryCase.Kind.values,
        Outcome.WRONG,
        Outcome.CLOCK,
        Outcome.WAIT,
        Outcome.ENDED,
    }
    _, _, marks = in_source()
    assert len(marks) > 20
    assert (marks | computed) - set(RESULTS) == set()


def test_every_mark_with_words_is_in_the_source() -> None:
    strings, _, _ = in_source()
    assert set(RESULTS) - strings == set()


def test_what_has_no_words_stays_as_it_is() -> None:
    assert (result_words("Läsare → Kontaktperson"), words("prov:x")) == ("Läsare → Kontaktperson", "prov:x")
