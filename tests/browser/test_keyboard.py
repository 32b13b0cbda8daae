"""Bo signs in, uploads the file and corrects a value without touching the mouse: Tab, Enter and what he types."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.browser.steps import heading
from tests.browser.town import Town, ready_town, right_value

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 80  # presses of Tab before somebody gives up


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November, with Elin signed up."""
    return ready_town(tmp_path, elin_has_an_account=True)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the wanted thing has the focus, which must be seen at every step."""
    for _ in range(PATIENCE):
        page.keyboard.press("Tab")
        see_the_focus(page)
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} nås inte med Tab")


def see_the_focus(page: Page) -> None:
    """Wait until what has the focus shows it. Asked from here: where no script runs the page cannot wait by itself."""
    for _ in range(10 * PATIENCE):
        with suppress(Error):  # the page before is just going away
            if page.evaluate(FOCUS_IS_SEEN):
                return
        page.wait_for_timeout(25)
    raise AssertionError(f"Fokus syns inte: {page.locator(':focus').first.evaluate('(element) => element.outerHTML')}")


FOCUS_IS_SEEN = """() => {
  const element = document.activeElement;
  if (element === document.body) return true;
  const shown = [element, element.parentElement].map((one) => getComputedStyle(one));
  return shown.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
}"""


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to it and press."""
    tab_to(page, wanted)
    page.keyboard.press(key)


def press_menu(page: Page, name: str) -> None:
    """Go to a room by the menu, unfolded on a phone."""
    folded = page.locator("summary").filter(has_text="Meny")
    page.wait_for_load_state()
    if folded.is_visible():
        press(page, folded)
    press(page, page.get_by_role("navigation", name="Huvudmeny").get_by_role("link", name=name))


def test_sign_in_upload_and_correction_by_keyboard_alone(visit: Callable[[str], Page], town: Town, has_scripts: bool) -> None:
    page = visit("/")
    tab_to(page, page.get_by_label("E-post"))
    page.keyboard.type(town.elin.email)
    tab_to(page, page.get_by_label("Lösenord", exact=True))
    page.keyboard.type(town.elin.password)
    page.keyboard.press("Enter")
    heading(page, "Skriv engångskoden")
    tab_to(page, page.get_by_label("Engångskod"))
    page.keyboard.type(town.elin.phone.code())
    page.keyboard.press("Enter")

    heading(page, "Nästa steg")
    press(page, page.get_by_role("link", name=re.compile("^Lämna fil")))
    heading(page, "Lämna fil för Trosa 2026")
    tab_to(page, page.get_by_label("Välj årets fil"))
    page.wait_for_load_state("networkidle")
    file = town.file(0.02, "november.txt")
    if has_scripts:
        with page.expect_file_chooser(timeout=60_000) as chooser:  # a machine with much to do opens it late
            page.keyboard.press("Enter")
        chooser.value.set_files(file)
    else:  # the browser's own window, which Playwright does not see
        page.get_by_label("Välj årets fil").set_input_files(file)
    press(page, page.get_by_role("button", name="Lämna filen"))
    heading(page, "Granska Trosa 2026")

    first = page.get_by_role("group").filter(has=page.get_by_role("heading", level=3, name="Borttagen anställningsform")).first
    press(page, first.locator("summary"))
    press(page, first.get_by_role("link", name="Visa och rätta raderna"))
    heading(page, "Borttagen anställningsform")
    box = page.get_by_label(re.compile(r"^Nytt värde på rad \d+, fält \d+$")).first
    row, number = map(int, re.findall(r"\d+", box.get_attribute("id") or ""))
    tab_to(page, box)
    page.keyboard.press("Control+A")
    page.keyboard.type(right_value(row, number))
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("Rättad", exact=True).or_(page.get_by_text(f"Rad {row}: fält {number} är rättat")).first
    ).to_be_visible()
    press(page, page.get_by_role("link", name="Till granskningen"))
    expect(page.get_by_text("21 anmärkningar måste rättas", exact=True)).to_be_visible()


def test_the_menu_on_a_phone_by_keyboard(visit: Callable[[str], Page], town: Town) -> None:
    page = visit("/")
    page.set_viewport_size(PHONE)
    steps.sign_in(page, town.elin)
    heading(page, "Nästa steg")
    press_menu(page, "Meddelanden")
    heading(page, "Meddelanden")


def test_a_message_is_written_and_read_by_keyboard_alone(visit: Callable[[str], Page], town: Town) -> None:
    page = visit("/")
    steps.sign_in(page, town.elin)
    heading(page, "Nästa steg")
    press_menu(page, "Meddelanden")
    heading(page, "Meddelanden")
    press(page, page.get_by_role("link", name="Skriv ett meddelande"))
    heading(page, "Skriv ett meddelande")
    press(page, page.get_by_role("radio").first, "Space")
    tab_to(page, page.get_by_label("Ämne"))
    page.keyboard.type("Nytt lönesystem")
    tab_to(page, page.get_by_role("textbox", name="Meddelande"))
    page.keyboard.type("Vi byter lönesystem i december.")
    press(page, page.get_by_role("button", name="Skicka"))
    heading(page, "Nytt lönesystem")
    expect(page.get_by_text("Vi byter lönesystem i december.")).to_be_visible()
    tab_to(page, page.get_by_role("textbox", name="Ditt svar"))
    page.keyboard.type("Det blir i januari.")
    press(page, page.get_by_role("button", name="Skicka svar"))
    expect(page.get_by_text("Det blir i januari.")).to_be_visible()
    press(page, page.get_by_role("link", name="Meddelanden").first)
    press(page, page.get_by_role("link", name="Nytt lönesystem"))
    heading(page, "Nytt lönesystem")
