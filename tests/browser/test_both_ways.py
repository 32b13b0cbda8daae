"""Each story is told with scripts and without: a property of the suite (conftest.py), asked for here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.browser.conftest import WAYS

HERE = Path(__file__).resolve().parent
WITHOUT_STORIES = {
    "test_both_ways.py": "this, which opens no browser",
    "test_scripts.py": "the scripts themselves, with bodies of their own",
    "test_states.py": "axe goes over the pages, and what takes the focus is a script",
    "test_swaps.py": "what a script puts in place; the stories do the same without",
}
WHOLE_MODULE = re.compile(r'^pytestmark = .*needs_scripts\("[^"]{12,}"\)', re.MULTILINE)  # with the reason
TOLD = re.compile(r"tests/browser/(test_\w+\.py)::(\w+)(?:\[(.*)\])?$", re.MULTILINE)


def collected() -> dict[str, dict[str, set[str]]]:
    """Module, test, and the ways it is told; as pytest finds them."""
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(HERE)]
    answer = subprocess.run(asked, cwd=HERE.parent.parent, env=dict(os.environ), capture_output=True, text=True, check=True)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, test, told in TOLD.findall(answer.stdout):
        found[module][test] |= {way for way in WAYS if way in told}
    return found


def test_each_module_of_stories_is_told_with_scripts_and_without_or_says_why_not() -> None:
    modules = collected()
    assert len(modules) == len(list(HERE.glob("test_*.py")))
    for module, tests in modules.items():
        is_excepted = module in WITHOUT_STORIES or WHOLE_MODULE.search((HERE / module).read_text(encoding="utf-8")) is not None
        ways = set().union(*tests.values())
        assert ways == (set() if is_excepted else set(WAYS)), f"{module}: på båda sätten, eller needs_scripts med ett skäl"
    assert set(modules) >= set(WITHOUT_STORIES)


def test_there_is_one_way_to_be_without_scripts() -> None:
    own = {path.name for path in HERE.glob("*.py") if "java_script_enabled" in path.read_text(encoding="utf-8")}
    assert own == {"conftest.py", "test_both_ways.py", "test_scripts.py"}
