"""Without touching the mouse: Tab, Enter, Space, arrows and what one types. At each step the focus is seen, and not behind something.

Elin signs in, uploads the file and corrects a value (she hands in so in test_hand_in.py); Anna asks for uppskov and invites
a colleague; SKR's desk is told so in test_desk.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Error, FileChooser, Locator, Page, expect

from accounts import limits
from accounts.models import Session
from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.browser.steps import heading
from tests.browser.town import Town, ready_town, right_value

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 120  # presses of Tab before somebody gives up


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
  if (element.type === "date" && !element.matches(":focus")) return true; // the browser's own button in the box, with its own ring
  const shown = [element, element.parentElement].map((one) => getComputedStyle(one));
  if (!shown.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none")) return false;
  const box = element.getBoundingClientRect();
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  if (box.width < 2 || bottom <= top) return box.width < 2;
  return [box.left + 3, (box.left + box.right) / 2, box.right - 3].some((x) => {
    const there = document.elementFromPoint(x, (top + bottom) / 2);
    return there && (element.contains(there) || there.contains(element));
  });
}"""


def choose_file(page: Page, choosers: list[FileChooser], file: Path) -> None:
    """Press Enter until the browser asks for a file, as one does when it is slow, and give it."""
    for turn in range(10 * PATIENCE):
        if choosers:
            choosers.pop().set_files(file)
            return
        if turn % 400 == 0:
            page.keyboard.press("Enter")
        page.wait_for_timeout(25)
    raise AssertionError("Ingen fil efterfrågas")


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
    choosers: list[FileChooser] = []
    # From the start: what is asked for together with the key may come after it on a busy machine.
    page.on("filechooser", lambda chooser: choosers.append(chooser))  # noqa: PLW0108 - Playwright takes no built-in
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
    page.wait_for_load_state("networkidle")
    tab_to(page, page.get_by_label("Välj årets fil"))
    file = town.file(0.02, "november.txt")
    if has_scripts:
        choose_file(page, choosers, file)
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


@pytest.mark.needs_scripts("the keys are the same; test_deferrals.py and test_profile.py do it without")
def test_uppskov_is_asked_for_and_a_colleague_invited_by_keyboard_alone(visit: Callable[[str], Page], town: Town) -> None:
    page = visit("/")
    steps.sign_in(page, town.anna)
    heading(page, "Nästa steg")
    press(page, steps.menu(page).filter(has_text="Uppskov"))
    heading(page, "Uppskov")
    press(page, page.get_by_role("link", name="Begär uppskov").first)
    heading(page, re.compile("^Begär uppskov"))
    day = page.get_by_label("Nytt datum")
    tab_to(page, day)
    for typed in ("20261208", "12082026"):  # in the order of the browser's own language
        day.press_sequentially(typed)
        if day.input_value() == "2026-12-08":
            break
        day.blur()
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    press(page, page.get_by_role("button", name="Skicka begäran"))
    expect(page.get_by_text("Ni har bett om tisdag 8 december 2026.")).to_be_visible()

    press(page, steps.menu(page).filter(has_text="Profil"))
    heading(page, "Profil & enheter")
    press(page, page.get_by_role("link", name=re.compile("^Trosa")).first)
    press(page, page.get_by_role("link", name="Bjud in en kollega"))
    tab_to(page, page.get_by_label("E-post"))
    page.keyboard.type("ny.kollega@trosa.example")
    tab_to(page, page.get_by_label("Namn"))
    page.keyboard.type("Nora Ny")
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Skicka inbjudan"))
    expect(page.get_by_text("ny.kollega@trosa.example").first).to_be_visible()


@pytest.mark.needs_scripts("a script shows the band")
def test_what_has_the_focus_is_never_behind_the_warning_that_the_session_ends(visit: Callable[[str], Page], town: Town) -> None:
    page = visit("/")
    steps.sign_in(page, town.elin)
    heading(page, "Nästa steg")
    page.wait_for_load_state("networkidle")  # the script that warns is there
    Session.objects.filter(user=town.elin.user).update(last_seen_at=timezone.now() - limits.SESSION_IDLE + timedelta(minutes=3))
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    band = page.get_by_role("region", name="Din inloggning")
    expect(band).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 500})
    last = page.get_by_role("contentinfo").get_by_role("link").last
    tab_to(page, last)
    for _ in range(PATIENCE):  # and back up, where the band lies over what is scrolled to
        page.keyboard.press("Shift+Tab")
        see_the_focus(page)
        if page.evaluate("document.activeElement.matches('.skip-link')"):
            return
    raise AssertionError("sidans början nås inte med Skift och Tab")
