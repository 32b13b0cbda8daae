"""What the web processes count: each its own, and whoever answers gives the sum, also of those that are gone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from config.lib import tally


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/", "start"),
        ("", "start"),
        ("/inlamning/0488/2026/", "inlamning"),
        ("/admin/", "admin"),
        ("/admin", "admin"),
        ("/static/css/00-tokens.css", "static"),
        ("/wp-login.php", "other"),
        ("/inlamningar/", "other"),
        ("//evil.example/", "other"),
    ],
)
def test_each_address_has_its_area(path: str, area: str) -> None:
    assert tally.area_of(path) == area


def test_every_address_of_the_portal_has_an_area_of_its_own_or_is_a_probe() -> None:
    patterns: list[URLPattern | URLResolver] = get_resolver().url_patterns
    first = {str(pattern.pattern).partition("/")[0] for pattern in patterns}
    assert first - {"", "komponenter", "utkorg"} <= {*tally.AREAS, *tally.PROBES}


def test_requests_are_counted_by_area_status_and_time() -> None:
    board = tally.Board()
    for status, seconds in ((200, 0.01), (200, 0.05), (404, 0.051), (500, 61), (0, 0)):
        board.count("/inlamning/", status, seconds)
    board.count("/readyz", 200, 1)
    assert {status: number for (area, status), number in board.requests().items() if area == "inlamning"} == {
        **{"1xx": 1, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 1},
    }
    counts, seconds = board.times()["inlamning"]
    assert (counts, seconds) == ([3, 1, *[0] * 8, 1], 61.111)
    assert sum(board.requests().values()) == 5


FORKED = """
import os
from config.lib import tally
tally.board.count("/", 200, 0.1)
for number in range(3):
    slot = tally.free_slot({0, *range(1, number + 1)})
    child = os.fork()
    if child == 0:
        tally.board.use(slot)
        tally.board.count("/konto/", 200 + number * 100, 0.1)
        if number == 2:
            held = tally.board.hashing()
            held.__enter__()
        os._exit(0)
    os.waitpid(child, 0)
print(sum(tally.board.requests().values()), tally.board.hashes())
tally.board.leave(3)
print(tally.board.hashes())
tally.board.use(1)
tally.board.count("/konto/", 200, 0.1)
print(tally.board.requests()["konto", "2xx"])
"""


def test_the_counts_of_forked_processes_add_up_and_a_successor_goes_on_where_its_slot_stood() -> None:
    """What a killed process had at work is not at work for ever."""
    ended = subprocess.run([sys.executable, "-c", FORKED], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert ended.stdout == "4 1\n0\n2\n"


def test_more_processes_than_slots_are_not_counted_and_disturb_nobody() -> None:
    assert tally.free_slot({None, *range(tally.SLOTS)}) is None
    assert tally.free_slot({None, 0, 2}) == 1
    board = tally.Board()
    board.use(None)
    board.count("/", 200, 0.1)
    with board.hashing():
        assert board.hashes() == 0
    assert sum(board.requests().values()) == 0


def test_a_hash_at_work_is_counted_while_it_is() -> None:
    board = tally.Board()
    with board.hashing(), board.hashing():
        assert board.hashes() == 2
    assert board.hashes() == 0


def test_a_refused_hash_is_counted_and_stays() -> None:
    board = tally.Board()
    board.refuse_hash()
    board.leave(0)
    board.refuse_hash()
    assert board.refused_hashes() == 2
