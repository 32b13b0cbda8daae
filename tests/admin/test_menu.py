"""The menu of the admin: links under short headings, only what the role may see, and one that tells where one is."""

from __future__ import annotations

import re

import pytest

from tests.admin.conftest import STAFF, as_role
from tests.scene import Scene

pytestmark = pytest.mark.django_db


def menu_of(page: str) -> list[str]:
    """Headings (with a #) and links of the menu, from top to bottom."""
    menu = page[page.index('<nav class="menu"') : page.index("</nav>", page.index('<nav class="menu"'))]
    found = re.findall(r'menu__(heading|label)"[^>]*>([^<]+)<', menu)
    return [f"# {text}" if what == "heading" else text for what, text in found]


def here(page: str) -> list[str]:
    """The links that are marked as the page one is on."""
    return re.findall(r'aria-current="page"><span class="menu__label">([^<]+)<', page)


def test_the_links_stand_under_their_headings_in_the_menus_order(scene: Scene) -> None:
    found = menu_of(as_role(scene, "coordinator").get("/admin/").content.decode())
    assert found[:2] == ["Läget", "# Insamlingen"]
    headings = [text for text in found if text.startswith("#")]
    assert headings == ["# Insamlingen", "# Meddelanden", "# Enheter och personer", "# Inställningar"]
    assert found.index("# Enheter och personer") < found.index("Enheter") < found.index("# Inställningar")


@pytest.mark.parametrize("role", STAFF)
def test_a_heading_without_links_is_not_there(scene: Scene, role: str) -> None:
    found = menu_of(as_role(scene, role).get("/admin/").content.decode())
    assert "##" not in "".join(text[0] for text in [*found, "#"])  # a heading, then at least one link
    assert ("# Insamlingen" in found) == (role != "system")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("", "Läget"), ("profiles/unit/", "Enheter"), ("submissions/submission/{submission}/change/", "Inlämningar")],
)
def test_one_link_tells_where_one_is(scene: Scene, address: str, expected: str) -> None:
    page = as_role(scene, "officer").get(f"/admin/{address.format(submission=scene.trosa.submission.pk)}")
    assert here(page.content.decode()) == [expected]


def test_the_figures_say_what_they_count_to_those_who_hear_them(scene: Scene) -> None:
    page = as_role(scene, "coordinator").get("/admin/").content.decode()
    assert '<span class="visually-hidden">, 2 väntar på beslut</span>' in page


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("", []),
        ("profiles/unit/", ["Enheter och personer"]),
        ("submissions/codelist/", ["Inställningar"]),
        ("messaging/thread/", []),
    ],
)
def test_a_long_menu_folds_what_is_not_used_every_day_but_for_where_one_is(scene: Scene, address: str, opened: list[str]) -> None:
    page = as_role(scene, "coordinator").get(f"/admin/{address}").content.decode()
    parts = re.findall(r'<details class="menu__part"( open)?><summary class="menu__heading"[^>]*>([^<]*?) ?<', page)
    assert [name for _, name in parts] == ["Enheter och personer", "Inställningar"]
    assert [name for is_open, name in parts if is_open] == opened


def test_a_short_menu_does_not_fold(scene: Scene) -> None:
    assert "menu__part" not in as_role(scene, "system").get("/admin/").content.decode()
