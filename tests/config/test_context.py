"""`remember` makes a thing once while a request that only reads is answered, and anew each time everywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.lib import context


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Before and after."""
    context.keep_answers(keep=False)
    yield
    context.keep_answers(keep=False)


def made() -> list[int]:
    """How often each of two keys is made by four questions."""
    counts = [0, 0]

    def make(which: int) -> int:
        counts[which] += 1
        return counts[which]

    for which in (0, 1, 0, 1):
        context.remember(("key", which), lambda which=which: make(which))  # type: ignore[misc]
    return counts


def test_a_page_asks_once() -> None:
    context.keep_answers(keep=True)
    assert made() == [1, 1]


def test_what_may_change_something_asks_each_time() -> None:
    assert made() == [2, 2]


def test_nothing_is_kept_for_the_next_request() -> None:
    context.keep_answers(keep=True)
    assert made() == [1, 1]
    context.keep_answers(keep=True)
    assert made() == [1, 1]


def test_nothing_found_is_an_answer_too() -> None:
    context.keep_answers(keep=True)
    asked: list[int] = []
    for _ in range(2):
        assert context.remember("key", lambda: asked.append(1)) is None
    assert asked == [1]
