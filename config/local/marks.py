"""A plugin for pytest that tells which tests there are and which requirements each shows; nothing is run.

`@pytest.mark.asvs("7.5.2")` on a test says that it shows that requirement of ASVS 5.0. Collecting needs no database: the
settings are read, and nothing asks. Cases of one test count as one.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from config.local import paths
from config.local.installation import NO_SUCH_DATABASE

if TYPE_CHECKING:  # bin/run has no pytest
    import pytest


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test by its address ("tests/accounts/test_code.py::test_kod_03_ten_minutes") and the requirements it is marked with."""

    address: str
    numbers: tuple[str, ...]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.address.rpartition("::")[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to leave what was found."""
    parser.addoption("--marks-to", help="a file for the tests and their asvs marks, as JSON")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave each test's address and numbers."""
    found: dict[str, set[str]] = {}
    for item in session.items:
        numbers = {str(number) for mark in item.iter_markers("asvs") for number in mark.args}
        found.setdefault(item.nodeid.partition("[")[0], set()).update(numbers)
    rows = [[address, sorted(numbers)] for address, numbers in found.items()]
    Path(str(session.config.getoption("--marks-to"))).write_text(json.dumps(rows), encoding="utf-8")


def collect() -> list[SuiteTest]:
    """Every test of the suite. Raises `paths.Unable` with pytest's own words when a file cannot be read."""
    environment = {
        "DATABASE_URL": NO_SUCH_DATABASE,
        **os.environ,
        "PORTAL_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    with TemporaryDirectory() as directory:
        file = Path(directory) / "marks.json"
        command = [paths.PYTHON, "-m", "pytest", "--collect-only", "-q", "-p", __name__, f"--marks-to={file}", "tests"]
        ended = subprocess.run(command, cwd=paths.BASE, env=environment, check=False, capture_output=True, text=True)
        if ended.returncode:
            raise paths.Unable(f"Testerna går inte att läsa:\n{ended.stdout[-4000:]}{ended.stderr[-4000:]}")
        rows = json.loads(file.read_text(encoding="utf-8"))
    return [SuiteTest(address, tuple(numbers)) for address, numbers in rows]
