"""`bin/pictures`: every page at 1280 and 360 pixels, in light and dark, for docs/sidor.md. No test of the suite; it is run by name.

The pages are those of the access matrix, each as the first of PEOPLE who may read it, with the scene's data; the open ones
as a visitor sees them; the sign-up step by step; and the pages that say what went wrong.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page

from accounts.services import invite_user
from tests import addresses
from tests.addresses import Route
from tests.browser import steps
from tests.browser.conftest import Complaints
from tests.browser.test_accessibility import NOT_PAGES, PEOPLE, give_session, pages_of
from tests.people import Person
from tests.scene import Scene, ready_scene
from tests.test_access import OPEN_TO_ALL, ROUTES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_scripts("the pages are looked at, nothing is done")]

FOLDER = Path(settings.BASE_DIR) / "docs" / "sidor"
DOCUMENT = FOLDER.with_suffix(".md")
SIZES = {1280: (0.6, 1400), 360: (0.9, 1200)}  # the width, how much the picture is scaled, and the height where it is cut off
SCHEMES = ("light", "dark")
WHO = {
    "": "Öppna för alla",
    "signup": "Skapa konto, steg för steg",
    "error": "När något går fel",
    "anna": "Kontaktperson",
    "cia": "Läsare",
    "bo": "Uppgiftslämnare",
    "officer": "Handläggare vid SKR",
    "coordinator": "Samordnare vid SKR",
    "statistician": "Statistiker vid SKR",
    "system": "Systemadministratör vid SKR",
}
LIST_FILE = "admin:submissions_submission_list_file"  # stands for those of all lists, which look the same
ERRORS = ("400", "403", "403_csrf", "404", "405", "413", "429", "500", "503")


@dataclass(frozen=True)
class Pictured:
    """One page in the document."""

    group: str
    name: str
    heading: str
    address: str


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def test_every_page_has_its_pictures(
    new_context: Callable[..., BrowserContext], complaints: Complaints, scene: Scene, base_url: str
) -> None:
    """Take them all, then write the document over them."""
    complaints.expect("/finns/inte/")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    pictured = [
        *_open_pages(new_context, scene),
        *_sign_up(new_context),
        *_errors(new_context),
        *(entry for name in PEOPLE for entry in _pages_of(new_context, scene, name, base_url)),
    ]
    DOCUMENT.write_text(_document(pictured), encoding="utf-8")


def open_pages() -> list[str]:
    """The routes that a visitor may read."""
    not_pages = NOT_PAGES | {"accounts:session_time"}
    return [name for name, statuses in OPEN_TO_ALL.items() if statuses["GET"] == 200 and name not in not_pages]


def first_read_by(name: str) -> list[str]:
    """The routes whose picture is of what that person sees."""
    return [route for route in pages_of(name) if not route.endswith("_list_file") or route == LIST_FILE]


def file_stem(route: str) -> str:
    """How a route's pictures are called: `submissions:review` is submissions-review.1280.light.webp and three more."""
    return route.replace(":", "-")


def _open_pages(new_context: Callable[..., BrowserContext], scene: Scene) -> Iterator[Pictured]:
    page = new_context().new_page()
    for name in open_pages():
        yield _visit(page, "", ROUTES[name], scene)


def _pages_of(new_context: Callable[..., BrowserContext], scene: Scene, name: str, base_url: str) -> Iterator[Pictured]:
    context = new_context()
    give_session(context, scene, name, base_url)
    page = context.new_page()
    if name == "anna":
        page.goto("/")
        yield _take(page, name, "start-inloggad", "/")
    for route in first_read_by(name):
        yield _visit(page, name, ROUTES[route], scene)


def _visit(page: Page, who: str, route: Route, scene: Scene) -> Pictured:
    address = addresses.address(route, scene.trosa)
    page.goto(address)
    return _take(page, who, file_stem(route.name), f"/{route.pattern}")


def _sign_up(new_context: Callable[..., BrowserContext]) -> list[Pictured]:
    page = new_context().new_page()
    taken: list[Pictured] = []
    guest = Person("ny.person@trosa.example")
    invite_user(email=guest.email, by=None, at=timezone.now())
    steps.sign_up(page, guest, lambda page, name: taken.append(_take(page, "signup", name, page.url.split("/", 3)[3])))
    return taken


def _errors(new_context: Callable[..., BrowserContext]) -> Iterator[Pictured]:
    page = new_context().new_page()
    for name in ERRORS:
        page.goto("/finns/inte/")
        if name != "404":
            page.set_content(render_to_string(f"{name}.html", {"seconds": 60}))
        yield _take(page, "error", name, "")


def _take(page: Page, group: str, name: str, address: str) -> Pictured:
    session = page.context.new_cdp_session(page)
    for width, (scale, most) in SIZES.items():
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            tall = page.evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)")
            clip = {"x": 0, "y": 0, "width": width, "height": max(300, min(tall, most)), "scale": scale}
            answer = session.send(
                "Page.captureScreenshot", {"format": "webp", "quality": 35, "clip": clip, "captureBeyondViewport": True}
            )
            (FOLDER / f"{name}.{width}.{scheme}.webp").write_bytes(base64.b64decode(answer["data"]))
    session.detach()
    return Pictured(group, name, page.locator("h1").first.inner_text(), address)


def _document(pictured: list[Pictured]) -> str:
    lines = [
        "# Portalens sidor",
        "",
        "Varje sida på bredderna 1280 och 360 bildpunkter, ljus och mörk. Bilderna görs om med `bin/pictures`. Långa sidor är",
        "avklippta. Personerna och uppgifterna är påhittade.",
    ]
    for group, words in WHO.items():
        entries = [entry for entry in pictured if entry.group == group]
        if entries:
            lines += ["", f"## {words}"]
        for entry in entries:
            lines += ["", f"### {entry.heading}", "", f"`{entry.name}`{f' · `{entry.address}`' if entry.address else ''}", ""]
            lines += ["| 1280 ljus | 1280 mörk | 360 ljus | 360 mörk |", "|---|---|---|---|"]
            cells = [
                f"![{entry.heading}, {width}, {scheme}](sidor/{entry.name}.{width}.{scheme}.webp)"
                for width in SIZES
                for scheme in SCHEMES
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
