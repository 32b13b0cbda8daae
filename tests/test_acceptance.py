"""The proof is whole: each acceptance test and each requirement has its test, and docs/sakerhet.md tells it as it is."""

from __future__ import annotations

import pytest

from config.local import asvs, marks
from config.local.marks import SuiteTest


@pytest.fixture(scope="module")
def suite() -> list[SuiteTest]:
    """Every test there is, whichever of them are run now."""
    return marks.collect()


def test_each_acceptance_test_is_in_the_suite_or_shown_at_deployment(suite: list[SuiteTest]) -> None:
    """docs/prov.csv lists them all (security note, section 11)."""
    named = {ident for test in suite for ident in asvs.ids_of(test.name)}
    acceptance = asvs.read_acceptance()
    assert [ident for ident, row in acceptance.items() if ident not in named and not row["when"]] == []
    assert sorted(named - set(acceptance)) == []


def test_each_requirement_that_promises_a_test_has_one(suite: list[SuiteTest]) -> None:
    found, unknown = asvs.read_requirements(suite)
    assert [requirement.number for requirement in found if requirement.is_missing] == []
    assert unknown == []


def test_the_document_is_what_bin_asvs_writes(suite: list[SuiteTest]) -> None:
    """`bin/asvs --write` after a test was marked, renamed or added."""
    found, _ = asvs.read_requirements(suite)
    assert asvs.DOCUMENT.read_text(encoding="utf-8") == asvs.current_document(found)
