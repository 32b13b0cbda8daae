"""bin/lighthouse: what it reads out of a report, and that a machine without npm is told so in one line."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.local import lighthouse, paths, suite
from config.local.lighthouse import CATEGORIES, Score

pytestmark = pytest.mark.real_clock


ADDRESS = "http://127.0.0.1:8000/meddelanden/"


def report(scores: dict[str, float], audits: dict[str, dict[str, Any]], landed: str = ADDRESS) -> str:
    """As Lighthouse writes it, with every audit in each category."""
    references = [{"id": name, "weight": 1} for name in audits]
    categories = {name: {"score": scores.get(name, 1), "auditRefs": references} for name in CATEGORIES}
    return json.dumps({"requestedUrl": ADDRESS, "finalDisplayedUrl": landed, "categories": categories, "audits": audits})


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    text = (lighthouse.LOCK / "package-lock.json").read_text(encoding="utf-8")
    assert not re.search(r"://|resolved", text)
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert len(packages) > 100
    assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"]) for package in packages.values())
    wanted = json.loads((lighthouse.LOCK / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted == {"lighthouse": packages["node_modules/lighthouse"]["version"]}


def test_a_report_gives_points_and_what_took_them() -> None:
    audits = {
        "bra": {"score": 1, "scoreDisplayMode": "binary"},
        "kontrast": {"score": 0, "scoreDisplayMode": "binary"},
        "egen": {"score": None, "scoreDisplayMode": "manual"},
        "finns-inte": {"score": None, "scoreDisplayMode": "notApplicable"},
        "gick-inte": {"score": None, "scoreDisplayMode": "error"},
    }
    score = lighthouse.read_report("Startsida", "mobil", report({"performance": 0.614, "seo": 0.95}, audits))
    assert score.points == {"performance": 61, "accessibility": 100, "best-practices": 100, "seo": 95}
    assert score.faults == ("gick-inte", "kontrast")


def test_a_page_that_did_not_answer_is_told() -> None:
    with pytest.raises(paths.Unable, match="svarade inte"):
        lighthouse.read_report("Startsida", "dator", json.dumps({"runtimeError": {"message": "Sidan svarade inte."}}))


def test_a_page_that_led_to_another_is_not_measured_as_itself() -> None:
    with pytest.raises(lighthouse.Misled, match="ledde till .*/konto/bekrafta/"):
        lighthouse.read_report("Meddelanden", "mobil", report({}, {}, ADDRESS.replace("meddelanden", "konto/bekrafta")))


@pytest.mark.parametrize(
    ("name", "is_good"), [("performance", True), ("accessibility", False), ("best-practices", False), ("seo", False)]
)
def test_only_speed_never_makes_a_run_red(name: str, is_good: bool) -> None:
    assert Score("Startsida", "mobil", dict.fromkeys(CATEGORIES, 100) | {name: 94}, ()).is_good is is_good


def test_the_document_is_a_table_with_the_goal_and_what_is_left_out() -> None:
    text = lighthouse.document([Score("Startsida", "mobil", dict.fromkeys(CATEGORIES, 97), ("kontrast",))], "1.2.3", "2026-11-27")
    assert "| Startsida | mobil | 97 | 97 | 97 | 97 | kontrast |" in text
    assert "`is-crawlable`" in text
    assert "minst 95" in text


@pytest.mark.parametrize(("said", "version"), [("v20.11.1", (20, 11)), ("v8.0.0", (8, 0)), ("", (0, 0)), ("node", (0, 0))])
def test_the_version_of_node_is_read(said: str, version: tuple[int, int]) -> None:
    assert lighthouse.node_version(said) == version


@pytest.mark.parametrize(("arguments", "status"), [(["--if-possible"], 0), ([], 3)])
def test_a_machine_without_npm_is_told_in_one_line(
    arguments: list[str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lighthouse.shutil, "which", lambda name: None)
    assert lighthouse.main(arguments) == status
    assert capsys.readouterr().out == "inte körd: node och npm finns inte på den här datorn.\n"


def test_packages_that_cannot_be_fetched_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lighthouse, "PLACE", tmp_path)
    monkeypatch.setattr(lighthouse, "COMMAND", tmp_path / "index.js")
    monkeypatch.setattr(lighthouse.shutil, "which", lambda name: f"/bin/{name}")

    def answer(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        is_node = command[0] == "/bin/node"
        return subprocess.CompletedProcess(command, 0 if is_node else 1, "v20.0.0\n", "npm error network\nmore")

    monkeypatch.setattr(lighthouse.subprocess, "run", answer)
    assert lighthouse.main(["--if-possible"]) == 0
    assert capsys.readouterr().out == "inte körd: paketen gick inte att hämta med npm (npm error network).\n"
    assert (tmp_path / "npm" / "package-lock.json").exists()
    assert not (tmp_path / "npm.stamp").exists()


def test_it_runs_after_the_browser_and_not_without_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "stream", lambda command, environment: (0, "1 passed"))
    suite.run_steps({}, with_browser=True)
    steps = re.findall(r"^== (.*) ==$", capsys.readouterr().out, re.MULTILINE)
    assert [name for name in steps if ":" not in name][-2:] == ["Webbläsare", suite.LIGHTHOUSE]
    suite.run_steps({}, with_browser=False)
    assert suite.LIGHTHOUSE not in capsys.readouterr().out
