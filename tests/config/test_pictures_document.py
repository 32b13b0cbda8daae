"""docs/sidor.md: a picture of every page. What `bin/pictures` has not been run for is told here."""

from __future__ import annotations

import re

import pytest

from tests.browser import every_page
from tests.browser.test_accessibility import PEOPLE

PICTURE = re.compile(r"\(sidor/([^)]+)\)")


def test_the_document_shows_every_picture_there_is_and_no_other() -> None:
    named = PICTURE.findall(every_page.DOCUMENT.read_text(encoding="utf-8"))
    assert len(named) == len(set(named))
    assert set(named) == {file.name for file in every_page.FOLDER.iterdir()}


@pytest.mark.parametrize("who", ["", *PEOPLE])
def test_every_page_is_in_the_document(who: str) -> None:
    """A page that is new, or has another name: run `bin/pictures`, and look."""
    routes = every_page.first_read_by(who) if who else every_page.open_pages()
    shown = {name.split(".")[0] for name in PICTURE.findall(every_page.DOCUMENT.read_text(encoding="utf-8"))}
    assert {every_page.file_stem(route) for route in routes} - shown == set()
