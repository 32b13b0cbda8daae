"""Causes, not lines: which groups are one cause, which few are named first, and what the page says of them."""

from __future__ import annotations

import pytest

from submissions import checking, reading, synthetic
from submissions.services.causes import causes_of, headline
from submissions.services.groups import Group
from submissions.views.review import opening_text
from tests.submissions.engine.rows import SPEC


def group(check: str, rows: int, *, level: str = "fel", field: int | None = 22, value: str | None = None) -> Group:
    """A group, named by what it is."""
    return Group(key=f"{check}/{field}/{value}", check=check, level=level, field=field, value=value, rows=rows)


UNKNOWN = group("KOD08", 40, level="varning", field=14, value="12AB")
SAME = group("KOD10", 30, field=14, value="12AB")
SALARY = group("RIM03", 9)


def test_one_wrong_value_is_one_cause_whatever_checks_it_fails() -> None:
    causes = causes_of([SALARY, SAME, UNKNOWN, group("FMT03", 2, field=14)])
    assert [[found.check for found in cause.groups] for cause in causes] == [["KOD10", "KOD08"], ["RIM03"], ["FMT03"]]
    assert [(cause.findings, cause.to_mend, cause.is_code) for cause in causes] == [(70, 70, True), (9, 9, False), (2, 2, False)]


def test_what_does_not_go_together_is_one_cause_by_its_check() -> None:
    causes = causes_of([group("LOG16", 3, field=9, value=value) for value in ("403011", "404011")])
    assert [(len(cause.groups), cause.is_code) for cause in causes] == [(2, False)]


def test_the_worst_level_comes_first_and_then_the_largest() -> None:
    causes = causes_of([group("AGG01", 1, level="info", field=None), group("RIM01", 50, level="varning"), SALARY])
    assert [cause.first.check for cause in causes] == ["RIM03", "RIM01", "AGG01"]


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ([], "Inget i filen måste rättas eller förklaras."),
        ([group("AGG01", 1, level="info")], "Inget i filen måste rättas eller förklaras."),
        ([group("KOD06", 812, field=16, value="5"), group("RIM03", 222)], "En felaktig kod förklarar 812 av 1 034 anmärkningar."),
        ([group("RIM03", 812), group("KOD06", 222, field=16, value="5")], "En enda orsak förklarar 812 av 1 034 anmärkningar."),
        ([group("RIM03", 1)], "En enda orsak förklarar 1 av 1 anmärkning."),
        ([group("A", 45), group("B", 40), group("C", 9), group("D", 6)], "2 orsaker förklarar 85 av 100 anmärkningar."),
        ([group(name, 10) for name in "ABCDEFGH"], "80 anmärkningar har 8 orsaker."),
        ([group("A", 1), group("B", 1)], "2 anmärkningar måste rättas eller förklaras, var och en för sig."),
    ],
)
def test_the_page_names_the_few_that_explain_most(groups: list[Group], says: str) -> None:
    assert opening_text(headline(causes_of(groups))).replace("\u202f", " ") == says


@pytest.mark.parametrize(
    ("code", "kind", "seed"), [("0488", "kommun", 1), ("0488", "kommun", 2), ("0100", "region", 3), ("0480", "kommun", 4)]
)
def test_a_file_with_so_many_slips_of_the_payroll_system_has_as_many_causes(code: str, kind: str, seed: int) -> None:
    content, slips = synthetic.planted(code, 700, seed, 0.1)
    context = checking.Context(unit_code=code, unit_kind=kind, collection=SPEC)
    findings = checking.run(reading.read(content, SPEC.layout), context).frame
    found = [
        Group(str(place), *row)
        for place, row in enumerate(checking.groups(findings).select("check", "level", "field", "value", "rows").iter_rows())
    ]
    planted = {slip.cause for slip in slips}
    assert len(planted) >= 8
    assert abs(len(causes_of(found)) - len(planted)) <= 1
