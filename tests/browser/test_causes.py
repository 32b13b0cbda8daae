"""Trosa's file has one wrong code on many rows: Elin sees the cause first and changes them all by keyboard, or some of them on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from submissions.models import CorrectionBatch
from tests.browser import steps
from tests.browser.steps import heading
from tests.browser.test_keyboard import press, tab_to
from tests.browser.town import ROWS as ROWS_IN_ALL
from tests.browser.town import Town, ready_town
from tests.submissions.services.test_batches import spoiled

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = (3, 8, 21, 30, 44)
FIRST = re.compile(r"^En felaktig kod förklarar 5 av \d+ anmärkningar")


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November, with Elin signed up."""
    return ready_town(tmp_path, elin_has_an_account=True)


def upload(page: Page, town: Town) -> None:
    """A file with the removed etikett 207006 on five rows, and the removed anställningsform on one."""
    file = town.folder / "november.txt"
    file.write_bytes(spoiled({9: dict.fromkeys(ROWS, "207006"), 16: {50: "5"}}, rows=ROWS_IN_ALL))
    page.goto("/inlamning/0488/2026/lamna/")
    steps.upload(page, file)
    expect(page.get_by_text(FIRST)).to_be_visible()


def test_all_rows_with_the_same_wrong_code_are_changed_by_keyboard_alone(
    page: Page, town: Town, axe: Callable[[Page], None], picture: Callable[..., None], has_scripts: bool
) -> None:
    steps.sign_in(page, town.elin)
    upload(page, town)
    axe(page)
    page.reload()
    press(page, page.locator(".opening").get_by_role("link").first)
    heading(page, re.compile("[Ee]tikett"))
    axe(page)
    picture(page, "ratta-alla")
    page.reload()
    tab_to(page, page.get_by_role("searchbox", name="Sök koden med ord"))
    page.keyboard.type("underskötersk")
    if not has_scripts:
        page.keyboard.press("Enter")
    found = page.locator(".codes").get_by_role("link")
    expect(found.first).to_be_visible()
    press(page, found.first)
    box = page.get_by_role("textbox", name="Nytt värde i fält 9")
    if has_scripts:
        expect(box).to_be_focused()
    else:
        tab_to(page, box)
    code = box.input_value()
    assert re.fullmatch(r"\d{6}", code)
    page.keyboard.press("Enter")
    heading(page, f"Byt 207006 till {code} på 5 rader")
    axe(page)
    picture(page, "forhandsvisning")
    page.get_by_role("textbox", name="Varför ändras värdena?").focus()
    page.keyboard.type("Etiketten är borttagen.")
    page.keyboard.press("Enter")
    heading(page, "Granska Trosa 2026")
    expect(page.get_by_text("5 rader är ändrade")).to_be_visible()
    assert CorrectionBatch.objects.get().cells == 5


@pytest.mark.needs_scripts("a script asks while one types; without it the page after the correction tells")
def test_the_row_is_told_while_one_types(page: Page, town: Town) -> None:
    steps.sign_in(page, town.elin)
    upload(page, town)
    page.goto("/inlamning/0488/2026/rad/50/?falt=16")
    box = page.get_by_role("textbox", name="Nytt värde i fält 16")
    expect(box).to_be_focused()
    box.fill("9")
    expect(page.locator(".tried")).to_contain_text("Med det värdet står det kvar på raden")
    box.fill("2")
    expect(page.locator(".tried")).to_contain_text("Vikariat")
    expect(box).to_be_focused()


def test_some_of_the_rows_are_changed(page: Page, town: Town, has_scripts: bool) -> None:
    steps.sign_in(page, town.elin)
    upload(page, town)
    page.locator(".opening").get_by_role("link").first.click()
    page.get_by_role("searchbox", name="Sök koden med ord").fill("underskötersk")
    if not has_scripts:
        page.get_by_role("button", name="Sök").click()
    page.locator(".codes").get_by_role("link").first.click()
    code = page.get_by_role("textbox", name="Nytt värde i fält 9").input_value()
    for row in (3, 8):
        page.get_by_role("checkbox", name=f"Välj rad {row}", exact=True).check()
    page.get_by_role("button", name="Se vad som ändras").click()
    heading(page, f"Byt 207006 till {code} på 2 rader")
    page.get_by_role("textbox", name="Varför ändras värdena?").fill("Etiketten är borttagen.")
    page.get_by_role("button", name="Ändra 2 rader").click()
    expect(page.get_by_text("2 rader är ändrade")).to_be_visible()
