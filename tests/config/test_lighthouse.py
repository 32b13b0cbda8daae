"""bin/lighthouse: what it reads out of a report, and that a machine without npm is told so in one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
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


class Waiting:
    """Lighthouse beside the rules, without starting it."""

    events: list[str] = []

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.events.append("begun")

    def tell(self) -> tuple[int, str]:
        """Green."""
        self.events.append("told")
        return 0, ""

    def stop(self) -> None:
        """Ended."""
        self.events.append("stopped")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in order: a step by its last argument, and Lighthouse's beginning and end."""
    found: list[str] = []
    monkeypatch.setattr(Waiting, "events", found)
    monkeypatch.setattr(suite, "Beside", Waiting)
    return found


def steps_with(status_of: dict[str, int], events: list[str], monkeypatch: pytest.MonkeyPatch, **options: bool) -> int:
    """The steps, none of which is run; by their last argument red or green."""

    def stream(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
        events.append(command[-1])
        return status_of.get(command[-1], 0), "1 passed"

    monkeypatch.setattr(suite, "stream", stream)
    return suite.run_steps({}, **{"with_browser": True, **options})


def test_it_goes_on_beside_the_rules_and_tells_after_the_browser(
    events: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps_with({}, events, monkeypatch) == 0
    assert events == ["lint", "begun", "--ignore=tests/browser", "tests/browser", "told", "stopped"]
    steps = re.findall(r"^== (.*) ==$", capsys.readouterr().out, re.MULTILINE)
    assert [name for name in steps if ":" not in name][-2:] == ["Webbläsare", suite.LIGHTHOUSE]


def test_it_does_not_run_without_the_browser(
    events: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps_with({}, events, monkeypatch, with_browser=False) == 0
    assert events == ["lint", "--ignore=tests/browser"]
    assert suite.LIGHTHOUSE not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("red", "done"),
    [
        ("lint", ["lint"]),
        ("--ignore=tests/browser", ["lint", "begun", "--ignore=tests/browser", "stopped"]),
        ("tests/browser", ["lint", "begun", "--ignore=tests/browser", "tests/browser", "stopped"]),
    ],
)
def test_a_red_step_is_the_last_and_ends_it(
    red: str, done: list[str], events: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps_with({red: 1}, events, monkeypatch) == 1
    assert events == done
    assert capsys.readouterr().out.endswith("1 failed\n")


def test_what_a_step_beside_says_is_kept_until_its_turn(capfd: pytest.CaptureFixture[str]) -> None:
    beside = suite.Beside([sys.executable, "-c", "print('ett'); print('två'); raise SystemExit(3)"], dict(os.environ))
    assert beside.tell() == (3, "två")
    beside.stop()
    assert capfd.readouterr().out == "ett\ntvå\n"


def test_a_step_beside_is_ended_as_by_ctrl_c(tmp_path: Path) -> None:
    """So that it ends what it has started itself."""
    program = """
import sys, time, pathlib
try:
    pathlib.Path(sys.argv[1], 'begun').touch()
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1], 'ended').touch()
"""
    beside = suite.Beside([sys.executable, "-c", program, str(tmp_path)], dict(os.environ))
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    beside.stop()
    assert (tmp_path / "ended").exists()
