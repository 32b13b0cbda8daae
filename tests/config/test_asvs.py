"""bin/asvs: the list of requirements, what a test's name and marks say, and the report."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from config.local import asvs, marks, paths
from config.local.marks import SuiteTest

FOUND, _ = asvs.read_requirements([])


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("test_kod_03_ten_minutes", ["KOD-03"]),
        ("test_ses_01_and_03_an_idle_session_ends", ["SES-01", "SES-03"]),
        ("test_steg_01_02_out_of_turn", ["STEG-01", "STEG-02"]),
        ("test_web_01_and_log_09_both", ["WEB-01", "LOG-09"]),
        ("test_totp_06_ten_sign_ins_do_not_walk_the_clock", ["TOTP-06"]),
        ("test_adm01_is_not_how_it_is_written", []),
        ("test_the_blog_05_is_another_word", []),
        ("test_a_rule_without_an_id", []),
    ],
)
def test_the_ids_in_a_name(name: str, ids: list[str]) -> None:
    assert asvs.ids_of(name) == ids


def test_levels_one_and_two_are_whole() -> None:
    """OWASP ASVS 5.0.0 has 70 requirements of level 1 and 183 of level 2; of level 3 we took on 17."""
    assert Counter((found.level, found.scope) for found in FOUND if found.scope == "agreed") == {
        (1, "agreed"): 70,
        (2, "agreed"): 183,
        (3, "agreed"): 17,
    }
    assert {found.level for found in FOUND if found.scope != "agreed"} == {3}
    keys = [tuple(map(int, found.number.split("."))) for found in FOUND]
    assert keys == sorted(set(keys))


def test_every_row_says_what_its_answer_needs() -> None:
    assert {found.how for found in FOUND} <= set(asvs.HOW)
    assert [found.number for found in FOUND if not found.what] == []
    assert [found.number for found in FOUND if found.how == "not_applicable" and (found.where or not found.note)] == []
    assert [found.number for found in FOUND if found.how not in {"not_applicable"} and not found.where] == []
    assert [found.number for found in FOUND if found.how == "deviation" and not re.fullmatch(r"D-\d+", found.where)] == []


def test_a_mark_finds_its_requirement_and_an_unknown_number_is_told() -> None:
    found, unknown = asvs.read_requirements([SuiteTest("tests/test_x.py::test_kod_03_a", ("6.5.5", "99.1.1"))])
    assert {requirement.number: requirement.shown_by for requirement in found if requirement.tests} == {"6.5.5": "KOD-03"}
    assert unknown == ["tests/test_x.py::test_kod_03_a är märkt med 99.1.1, som inte står i docs/asvs.csv."]


@pytest.mark.parametrize(
    ("numbers", "exit_status"),
    [({found.number for found in FOUND}, 0), ({"1.1.1"}, 1), ({found.number for found in FOUND} | {"99.1.1"}, 1)],
)
def test_the_exit_status_says_whether_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], numbers: set[str], exit_status: int
) -> None:
    monkeypatch.setattr(marks, "collect", lambda: [SuiteTest("tests/test_x.py::test_all", tuple(numbers))])
    assert asvs.main([]) == exit_status
    assert asvs.main(["--missing"]) == exit_status
    assert ("99.1.1" in capsys.readouterr().err) == ("99.1.1" in numbers)


def test_the_report_names_the_tests_and_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(marks, "collect", lambda: [SuiteTest("tests/test_x.py::test_los_02_eight", ("6.2.1",))])
    asvs.main([])
    text = capsys.readouterr().out
    assert "Prov: LOS-02" in text
    assert "tests/test_x.py::test_los_02_eight" in text
    assert "Avvikelse D-1" in text
    assert text.splitlines()[-1].startswith(f"Sammanlagt {len(FOUND)} krav: 1 prov, ")
    asvs.main(["--missing"])
    text = capsys.readouterr().out
    assert "  6.2.1 " not in text
    assert "  6.2.2 " in text


def test_wrong_use_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert asvs.main(["--all"]) == 2
    assert "bin/asvs --missing" in capsys.readouterr().err
    assert asvs.main(["--help"]) == 0


def test_a_document_without_its_markers_is_left_alone() -> None:
    with pytest.raises(paths.Unable, match="Märkena för asvs saknas"):
        asvs.filled("ingenting", {"asvs": "text"})
