"""Nothing on a page moves by itself: not while it loads over a slow line, not when an answer comes, a notice or a warning.

The browser counts how much of the window moves and how far (Cumulative Layout Shift); what a person's own press moves within
half a second is not counted, but over the slow line an answer comes later than that.
"""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from messaging.services import reply
from tests.browser.test_accessibility import give_session
from tests.scene import Scene, ready_scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_scripts("a script in the page measures")]

MOST = 0.02
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}  # bytes a second
WATCH = """
window.moved = 0;
window.movers = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.moved += entry.value;
    for (const source of entry.sources) {
      const node = source.node;
      window.movers.push(`${node?.nodeName}.${node?.className}#${node?.id} ${JSON.stringify(source.previousRect)} > ${JSON.stringify(source.currentRect)}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 200))))"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


@pytest.fixture
def slow(context: BrowserContext, page: Page) -> Page:
    """A page over a slow line, whose movements are counted."""
    page.add_init_script(WATCH)
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    return page


def assert_still(page: Page, what: str, most: float = MOST) -> None:
    """Nothing has moved by itself since the page was opened."""
    page.evaluate(SETTLED)
    moved, movers = page.evaluate("[window.moved, window.movers]")
    assert moved <= most, f"{what} ({page.viewport_size}): {moved:.3f}\n" + "\n".join(movers)


def pages_of(scene: Scene) -> dict[str, list[str]]:
    """The main pages, by who reads them; a visitor's under the empty name."""
    trosa = [scene.trosa.unit.code, 2026]
    return {
        "": ["/", "/konto/"],
        "anna": [
            "/",
            reverse("submissions:upload", args=trosa),
            reverse("submissions:review", args=trosa),
            reverse("submissions:findings", args=[*trosa, scene.trosa.group.check, scene.trosa.group.key]),
            reverse("messaging:overview"),
            reverse("messaging:thread", args=[scene.trosa.thread.pk]),
        ],
        "officer": ["/admin/"],
    }


def test_no_page_moves_while_it_loads(context: BrowserContext, slow: Page, scene: Scene, base_url: str) -> None:
    for name, places in pages_of(scene).items():
        context.clear_cookies()
        if name:
            give_session(context, scene, name, base_url)
        for size in (DESK, PHONE):
            slow.set_viewport_size(size)  # type: ignore[arg-type]
            for address in places:
                slow.goto(address)
                assert_still(slow, address)


@pytest.fixture(params=[DESK, PHONE], ids=["dator", "mobil"])
def anna(request: pytest.FixtureRequest, context: BrowserContext, slow: Page, scene: Scene, base_url: str) -> Page:
    """Anna's browser, at a desk and on a phone, over the slow line."""
    give_session(context, scene, "anna", base_url)
    slow.set_viewport_size(request.param)
    return slow


def come_back(page: Page) -> None:
    """As when another window has been in front: the page asks for what has come, and for how long one is signed in."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_a_message_that_comes_does_not_push_away_what_one_writes(anna: Page, scene: Scene) -> None:
    thread = scene.trosa.thread
    anna.goto(reverse("messaging:thread", args=[thread.pk]))
    box = anna.get_by_label("Ditt svar")
    box.click()
    box.press_sequentially("Vi ser på det")
    reply(thread=thread, text="En sak till.\n" * 6, by=scene.cast.officer, at=timezone.now(), nonce=uuid4())
    anna.wait_for_timeout(600)
    come_back(anna)
    expect(anna.get_by_text("Nytt", exact=True)).to_have_count(1)
    assert_still(anna, "ett nytt meddelande")


def test_a_draft_that_is_kept_moves_nothing(anna: Page, scene: Scene) -> None:
    anna.goto(reverse("messaging:thread", args=[scene.trosa.thread.pk]))
    anna.get_by_label("Ditt svar").press_sequentially("Vi ser på det")
    expect(anna.locator("#utkast")).to_contain_text("sparat")
    assert_still(anna, "ett sparat utkast")


def test_a_correction_moves_little(anna: Page, scene: Scene) -> None:
    group = scene.trosa.group
    anna.goto(reverse("submissions:findings", args=[scene.trosa.code, 2026, group.check, group.key]))
    box = anna.get_by_label(re.compile(r"^Nytt värde på rad")).first
    box.fill("1")
    anna.get_by_role("button", name="Rätta").first.click()
    expect(anna.get_by_text(re.compile("Rättad|är rättat|Rättat")).first).to_be_visible()
    is_phone = anna.viewport_size == PHONE
    assert_still(anna, "en rättelse", most=0.1 if is_phone else MOST)  # there the row is a card, and its answer is shorter


def test_the_warning_before_the_session_ends_covers_and_moves_nothing(anna: Page, scene: Scene) -> None:
    anna.route(f"**{reverse('accounts:session_time')}", lambda route: route.fulfill(json={"seconds": 200, "extends": True}))
    anna.goto(reverse("messaging:overview"))
    anna.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(anna.get_by_role("button", name="Fortsätt vara inloggad")).to_be_visible()
    assert_still(anna, "varningen om inloggningen")
