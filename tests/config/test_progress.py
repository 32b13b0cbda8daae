"""How far something has come: its words, what makes a page ask again, and that asking is no sign of life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from config.lib.progress import Progress, about, usual

HALF = Progress(
    "prov-1", "Uttaget görs", "CSV: 145 av 290 enheter är klara.", 145, 290, usual="Ett uttag brukar ta högst en minut."
)
UNKNOWN = Progress("prov-2", "Filen kontrolleras", "Nu läses varje rad.")
STOPPED = Progress("prov-3", "Uttaget görs", "CSV: 1 av 290.", 1, 290, usual="Ett uttag brukar …", trouble="Gör uttaget igen.")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=2), "högst en minut"),
        (timedelta(seconds=60), "högst en minut"),
        (timedelta(seconds=61), "ungefär 2 minuter"),
        (timedelta(minutes=89), "ungefär 89 minuter"),
        (timedelta(minutes=100), "ungefär 2 timmar"),
        (timedelta(minutes=290), "ungefär 5 timmar"),
    ],
)
def test_a_length_of_time_is_told_as_one_speaks(time: timedelta, words: str) -> None:
    assert about(time) == words


@pytest.mark.parametrize(
    ("earlier", "size", "words"),
    [
        ([(timedelta(minutes=1), 100)], 290, "Ett uttag brukar ta ungefär 3 minuter."),
        ([(timedelta(minutes=1), 100), (timedelta(hours=9), 100), (timedelta(minutes=2), 100)], 100, "Ett uttag brukar ta ungefär 2 minuter."),
        ([(timedelta(0), 100), (timedelta(minutes=1), 0)], 100, ""),
        ([], 100, ""),
        ([(timedelta(minutes=1), 100)], 0, ""),
    ],
)  # fmt: skip
def test_how_long_it_takes_is_learned_from_earlier_ones_and_not_told_where_there_are_none(
    earlier: list[tuple[timedelta, int]], size: int, words: str
) -> None:
    assert usual("Ett uttag", earlier, size) == words


@pytest.mark.parametrize(("done", "total", "share"), [(0, 290, 0), (145, 290, 50), (289, 290, 99), (300, 290, 100), (0, 0, 0)])
def test_the_share_is_whole_per_cent_and_full_only_when_it_is(done: int, total: int, share: int) -> None:
    assert Progress("a", "b", "c", done, total).share == share


def shown(one: Progress, query: str = "", **context: object) -> str:
    """The component on a page with that address."""
    values = Context({"one": one, "request": RequestFactory().get(f"/admin/uttag/{query}"), **context})
    return Template("{% progress one %}").render(values)


def test_it_tells_what_is_done_how_far_and_how_long_such_a_one_takes() -> None:
    html = shown(HALF)
    for words in ("Uttaget görs", "CSV: 145 av 290", 'max="290" value="145"', "brukar ta högst en minut", "från en annan dator"):
        assert words in html
    assert "value=" not in shown(UNKNOWN)
    assert 'role="status"' not in html  # nothing is said aloud while it goes on


def test_one_that_stands_still_says_so_and_what_to_do_instead_of_how_long_it_takes() -> None:
    html = shown(STOPPED)
    assert "notice--warning" in html
    assert "Det har stannat." in html
    assert "Gör uttaget igen." in html
    assert "brukar" not in html


def test_the_page_asks_at_its_own_address_without_what_may_be_a_personnummer() -> None:
    html = shown(HALF, "?visa=done&q=19811218-9876&stilla=1")
    assert 'data-progress="/admin/uttag/?visa=done&amp;av-sig-sjalv=1"' in html
    assert 'href="/admin/uttag/?visa=done"' in html


def head(query: str = "", **context: object) -> str:
    """What the head of the page holds."""
    return Template("{% if is_watched %}{% asks_again %}{% endif %}").render(
        Context({"request": RequestFactory().get(f"/admin/uttag/{query}"), **context})
    )


def test_without_scripts_only_a_watched_page_is_loaded_again_and_not_when_it_is_to_stand_still() -> None:
    assert head() == ""
    assert head(is_watched=True) == (
        '<noscript><meta http-equiv="refresh" content="20; url=/admin/uttag/?av-sig-sjalv=1"></noscript>'
    )
    assert head("?stilla=1", is_watched=True) == ""
    assert "Låt den stå stilla" in shown(HALF, is_watched=True)
    assert "Låt den stå stilla" not in shown(HALF, "?stilla=1", is_watched=True)
    assert "Låt den stå stilla" not in shown(HALF)
