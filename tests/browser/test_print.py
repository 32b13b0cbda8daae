"""On paper: the matter in black on white, also from a dark screen, without menus and buttons, and nothing cut off."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from tests.browser.test_accessibility import give_session
from tests.scene import Scene, ready_scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_scripts("the pages are looked at, nothing is done")]

PAPER = {"width": 672, "height": 950}  # A4 with the margins of print.css, at 96 dots an inch
IN_PRINT = """() => {
  const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().height > 0;
  const all = [...document.querySelectorAll("body *")].filter(shown);
  const named = (element) => `${element.nodeName}.${element.getAttribute("class")} ${element.textContent.trim().slice(0, 40)}`;
  const light = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return alpha === 0 ? 255 : (red + green + blue) / 3;
  };
  return {
    menus: all.filter((one) => one.matches("nav, button, input, select, textarea, .button, .footer, .skip-link, .session")).map(named),
    dark: all.filter((one) => light(getComputedStyle(one).backgroundColor) < 200
      && !one.matches(".chart__key")).map(named),
    pale: all.filter((one) => one.childElementCount === 0 && one.textContent.trim() && !one.closest("svg")
      && light(getComputedStyle(one).color) > 130).map(named),
    wide: all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".visually-hidden")).map(named),
    cut: all.filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible"
      && !one.closest(".visually-hidden")).map(named),
  };
}"""


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def test_the_main_pages_are_good_on_paper(context: BrowserContext, page: Page, scene: Scene, base_url: str) -> None:
    trosa = [scene.trosa.code, 2026]
    pages = [
        reverse("submissions:receipt", args=[scene.trosa.code, 2025]),
        reverse("submissions:submission", args=trosa),
        reverse("submissions:review", args=trosa),
        reverse("submissions:findings", args=[*trosa, scene.trosa.group.check, scene.trosa.group.key]),
        reverse("submissions:tables", args=trosa),
        reverse("submissions:change_list", args=trosa),
        reverse("handbook"),
        reverse("messaging:thread", args=[scene.trosa.thread.pk]),
        reverse("profiles:unit", args=[scene.trosa.code]),
    ]
    give_session(context, scene, "anna", base_url)
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    faults = {}
    for address in pages:
        page.emulate_media(media="screen", color_scheme="dark")
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        page.emulate_media(media="print", color_scheme="dark")
        found = {what: names[:4] for what, names in page.evaluate(IN_PRINT).items() if names}
        if found:
            faults[address] = found
    assert faults == {}


def test_a_receipt_is_one_sheet(context: BrowserContext, page: Page, scene: Scene, base_url: str) -> None:
    give_session(context, scene, "anna", base_url)
    page.goto(reverse("submissions:receipt", args=[scene.trosa.code, 2025]))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, format="A4"))) == 1
