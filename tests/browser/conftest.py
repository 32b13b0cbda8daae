"""Stories in Chromium against a live server. No console error, no CSP violation and no answer of 500 is let through.

Each story is told twice: at a desk with scripts (1280 × 900), and on a phone (360 × 740) where no script runs. What differs
between the two asks `has_scripts`. A test whose subject is a script, or that looks at pages rather than does something, says so:
`@pytest.mark.needs_scripts("why")`.

`page` is a browser with Swedish locale and `new_context()` another person's; `visit("/adress/")` opens an address of the
portal, `axe(page)` asks for the accessibility rules in light, dark, 320 pixels wide and with text twice as large, `look(page)` for them at the width it
has, and `picture(page, "namn")` takes the handbook's pictures when pytest runs with --pictures. Without scripts these three
do nothing: the page is the same.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from django.conf import settings
from django.contrib.staticfiles import handlers
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, ViewportSize, expect

from config.local import paths
from tests.room import with_room

AXE = Axe()
# Nothing is fetched ahead: no rule of ours reads the sheets' text, and axe takes the imports of css/portal.css for the page's own.
WORST_ONLY = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**WORST_ONLY, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}  # what the dark changes
PLACES = {
    **WORST_ONLY,
    "runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "tabindex"]},
}  # what the width does
PICTURES = Path(__file__).resolve().parent.parent.parent / "static" / "handbok"
PICTURE_WIDTH, PICTURE_HEIGHT = 960, 1200  # a picture of a whole page is cut off below
AS_WEBP = """async ([source, width, height]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const scale = Math.min(1, width / image.naturalWidth);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.min(height, Math.round(image.naturalHeight * scale));
  const context = canvas.getContext("2d", { alpha: false });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, Math.round(image.naturalHeight * scale));
  return canvas.toDataURL("image/webp", 0.82);
}"""
HERE = Path(__file__).resolve().parent
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
NARROW: ViewportSize = {"width": 320, "height": 800}
WAYS = {"with-scripts": True, "without-scripts": False}
PATIENCE = (
    30_000  # ms, as for a click: how long a story waits for words says nothing about the portal, but how busy the machine is
)
USUAL_TEXT, LARGE_TEXT = {"standard": 16, "fixed": 13}, {"standard": 32, "fixed": 26}  # the browser's own setting, in pixels

expect.set_options(timeout=PATIENCE)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps an event loop in the thread of the test


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Time goes on in a story: the browser and the server wait for each other."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.running_clock)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell each story with scripts and without; one that needs them must say why."""
    if "has_scripts" not in metafunc.fixturenames:
        return
    exception = metafunc.definition.get_closest_marker("needs_scripts")
    if exception is None:
        metafunc.parametrize("has_scripts", list(WAYS.values()), ids=list(WAYS), indirect=True)
    elif not (exception.args and str(exception.args[0]).strip()):
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: needs_scripts utan skäl")


@pytest.fixture(scope="session")
def browser_type_launch_args(pytestconfig: pytest.Config, browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium in Swedish, never a downloaded one; without its sandbox only as root, where it has none."""
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    path = paths.chromium(has_own_words=pytestconfig.getoption("--pictures"))
    return {**browser_type_launch_args, "executable_path": path, "args": arguments, "env": {**os.environ, "LANGUAGE": "sv"}}


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Sheets, scripts and pictures as production has them: joined, with names of their content, kept by the browser.

    The live server would look for them where they lie; here the portal's own middleware answers for them.
    """
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.static_files.JoiningStorage"}}
    as_collected = override_settings(
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        STORAGES=storages,
        WHITENOISE_USE_FINDERS=False,
        WHITENOISE_AUTOREFRESH=False,
    )
    with as_collected, mock.patch.object(handlers, "StaticFilesHandler", with_room):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session")
def live_server(collected: None, live_server: Any) -> Any:
    """pytest-django's, with the collected files, and with connections to the database that outlive an answer, as in production."""
    connections.settings["default"]["CONN_MAX_AGE"] = None  # a browser's; they end with its own to the server
    return live_server


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses are relative to the live server."""
    return str(live_server.url)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A Swede at a desk."""
    swedish = {"locale": "sv-SE", "timezone_id": "Europe/Stockholm", "reduced_motion": "reduce", "color_scheme": "light"}
    return {**browser_context_args, **swedish}


@pytest.fixture
def has_scripts(request: pytest.FixtureRequest) -> bool:
    """Whether scripts run in the browsers of this test: each story is told both ways."""
    return bool(getattr(request, "param", True))


class Complaints:
    """What the browser complained of during a test."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._expected: list[str] = []

    def expect(self, part: str) -> None:
        """Let complaints with these words pass: the test provokes them."""
        self._expected.append(part)

    def listen(self, context: BrowserContext) -> None:
        """Hear every page of a browser context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"fel i skript: {error.error}"))
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"{message.text} {message.location['url']} ({message.page.url if message.page else ''})")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.found.append(f"{response.status} på {response.url}")

    @property
    def unexpected(self) -> list[str]:
        """Those nobody provoked."""
        return [text for text in self.found if not any(part in text for part in self._expected)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test on any console error, CSP violation, script error or answer of 500; `complaints.expect(…)` excepts."""
    heard = Complaints()
    yield heard
    assert heard.unexpected == []


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], complaints: Complaints, has_scripts: bool
) -> Callable[..., BrowserContext]:
    """Another person's browser: a desk with scripts or a phone without, as the story is told."""

    def opened(**options: Any) -> BrowserContext:
        told = {"java_script_enabled": has_scripts, "viewport": DESK if has_scripts else PHONE}
        context = new_context(**{**told, **options})
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        return context

    return opened


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """One person's browser."""
    return new_context()


@pytest.fixture
def visit(page: Page) -> Callable[[str], Page]:
    """Open an address of the portal and give the page."""

    def go(path: str) -> Page:
        page.goto(path)
        return page

    return go


def assert_accessible(page: Page, scheme: str) -> None:
    """axe finds nothing on the page as it is, in that colour scheme, and nothing sticks out sideways.

    All rules are asked of the page in light; in the dark those about colours, on a narrow screen those about places.
    """
    page.wait_for_load_state()  # a page that is on its way has no colours yet
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    width = page.viewport_size["width"] if page.viewport_size else 0
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.axe_script)
    rules = COLOURS if scheme == "dark" else PLACES if width == NARROW["width"] else WORST_ONLY
    answer = page.evaluate("(options) => axe.run(options)", rules)
    found = AxeResults(answer)
    assert found.violations_count == 0, f"{page.url} ({scheme}, {width} px)\n{found.generate_report()}"
    overflow = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    assert overflow <= 0, f"{page.url} rullar {overflow} px i sidled vid {width} px"


CROWDED = """() => {
  const main = document.scrollingElement;
  const faults = main.scrollWidth > main.clientWidth ? [`rullar ${main.scrollWidth - main.clientWidth} px i sidled`] : [];
  const say = (node) => node.textContent.trim().replace(/\\s+/g, " ").slice(0, 40);
  const isHidden = (style) => style.position === "absolute" && style.overflow !== "visible" && style.clipPath !== "none";
  const seen = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const parent = text.parentElement;
    if (!text.data.trim() || parent.closest("svg, .visually-hidden, .skip-link, .session") || !parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) seen.push({ box, text });
  }
  seen.sort((one, other) => one.box.top - other.box.top);
  seen.forEach(({ box, text }, place) => {
    for (let next = place + 1; next < seen.length && seen[next].box.top < box.bottom - 4; next += 1) {
      const other = seen[next];
      const isBeside = other.box.left > box.right - 4 || other.box.right < box.left + 4;
      if (!isBeside && other.text !== text) faults.push(`”${say(text)}” och ”${say(other.text)}” ligger på varandra`);
    }
  });
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const isCut = style.overflowX === "hidden" || style.overflowX === "clip" || style.textOverflow === "ellipsis";
    if (isCut && !isHidden(style) && element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
      faults.push(`”${say(element)}” är avklippt`);
  }
  return faults;
}"""


def assert_text_may_be_large(page: Page) -> None:
    """With the browser's text size at 200 % nothing is cut off, lies on something else or scrolls sideways (WCAG 1.4.4)."""
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": LARGE_TEXT})
    faults = page.evaluate(CROWDED)
    browser.send("Page.setFontSizes", {"fontSizes": USUAL_TEXT})
    browser.detach()
    assert faults == [], f"{page.url} med dubbelt så stor text"


@pytest.fixture
def axe(has_scripts: bool) -> Callable[[Page], None]:
    """Assert that axe finds nothing on the page in light, dark and at 320 pixels, where nothing may scroll sideways, nor at 200 % text."""

    def check(page: Page) -> None:
        for scheme, size in (("light", DESK), ("dark", DESK), ("light", NARROW)) if has_scripts else ():
            page.set_viewport_size(size)
            assert_accessible(page, scheme)
        if has_scripts:
            page.set_viewport_size(DESK)
            assert_text_may_be_large(page)

    return check


@pytest.fixture
def look(has_scripts: bool) -> Callable[[Page], None]:
    """Assert that axe finds nothing in dark and in light at the width the page has."""

    def check(page: Page) -> None:
        for scheme in ("dark", "light") if has_scripts else ():
            assert_accessible(page, scheme)

    return check


@pytest.fixture
def picture(pytestconfig: pytest.Config, has_scripts: bool) -> Callable[..., None]:
    """Take a picture for the handbook, static/handbok/NAME.webp, when asked for with --pictures; else nothing.

    `part` is what is pictured; without one all of the page, as far down as a picture goes.
    """

    def take(page: Page, name: str, part: str = "") -> None:
        if has_scripts and pytestconfig.getoption("--pictures"):
            page.wait_for_load_state()
            page.evaluate("window.scrollTo(0, 0)")  # the menu stays where it stands, also in a picture of the whole page
            shot = (
                page.locator(part).screenshot(animations="disabled")
                if part
                else page.screenshot(full_page=True, animations="disabled")
            )
            PICTURES.mkdir(parents=True, exist_ok=True)
            (PICTURES / f"{name}.webp").write_bytes(as_webp(page, shot))

    return take


def as_webp(page: Page, png: bytes) -> bytes:
    """The picture as browsers make it small, in a page of its own: the portal's pages let nothing such in."""
    blank = page.context.new_page()
    try:
        source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        made = str(blank.evaluate(AS_WEBP, [source, PICTURE_WIDTH, PICTURE_HEIGHT]))
    finally:
        blank.close()
    return base64.b64decode(made.partition(",")[2])
