"""Anna tries a test file, sees that it counts for nothing, and hands the same file in for real; then she adds to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from submissions.models import Delivery, Supplement
from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.browser.steps import heading
from tests.browser.town import Town, ready_town

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/inlamning/0488/2026/"
Look = Callable[[Page], None]


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November."""
    return ready_town(tmp_path)


def try_a_file(page: Page, town: Town, look: Look) -> None:
    """The choice stands beside the file; every page of the test file says what it is."""
    page.goto(f"{PAGE}lamna/")
    page.get_by_label("Testfil").check()
    look(page)
    page.get_by_label("Välj årets fil").set_input_files(town.file(0.002, "prov.txt"))
    page.get_by_role("button", name="Lämna filen").click()
    heading(page, "Granska Trosa 2026")
    expect(page.get_by_text("Testfil – räknas inte")).to_be_visible()
    look(page)
    assert town.status == "Ej påbörjad"
    page.locator(".finding summary").first.click()
    page.get_by_role("link", name=re.compile("Visa raderna")).first.click()
    expect(page.get_by_text("Testfil – räknas inte")).to_be_visible()
    expect(page.get_by_role("button", name="Rätta")).to_have_count(0)


def hand_it_in(page: Page, town: Town, look: Look) -> None:
    """One press, from any of its pages."""
    page.get_by_role("button", name="Lämna in samma fil på riktigt").click()
    heading(page, "Granska Trosa 2026")
    expect(page.get_by_text("Testfil – räknas inte")).to_have_count(0)
    assert town.status == "Under granskning"
    assert list(
        Delivery.objects.filter(submission__collection__year=2026).order_by("version").values_list("is_test", "is_current")
    ) == [
        (True, False),
        (False, True),
    ]
    page.goto(f"{PAGE}version/2/")
    heading(page, "Version 2")
    look(page)
    page.goto(PAGE)
    look(page)


def add_to_it(page: Page, town: Town, look: Look) -> None:
    """A list and the payroll system, on Komplettera."""
    page.get_by_role("link", name="Kodförteckning, annat och lönesystem").click()
    heading(page, "Komplettera Trosa 2026")
    file = town.folder / "koder.txt"
    file.write_text("1234;Undersköterska\n1234;Biträde\n", encoding="utf-8")
    page.get_by_label(re.compile("^Kodförteckning")).check()
    page.get_by_label("Välj en fil").set_input_files(file)
    page.get_by_role("button", name="Lämna kompletteringen").click()
    expect(page.get_by_text("Rad 2: koden 1234 står också på rad 1, med en annan text.")).to_be_visible()
    page.get_by_label("Lönesystem", exact=True).select_option("Heroma")
    page.get_by_role("button", name="Spara lönesystemet").click()
    expect(page.get_by_text("Filen kommer ur Heroma")).to_be_visible()
    look(page)
    assert Supplement.objects.in_force().count() == 1


def the_whole_way(page: Page, town: Town, look: Look) -> None:
    """From the first try to what is added."""
    steps.sign_in(page, town.anna)
    heading(page, "Nästa steg")
    try_a_file(page, town, look)
    hand_it_in(page, town, look)
    add_to_it(page, town, look)


def test_a_test_file_becomes_real_and_is_added_to(page: Page, town: Town, look: Look) -> None:
    the_whole_way(page, town, look)


@pytest.mark.needs_scripts("the phone with its scripts; the phone without is the story above")
def test_the_same_on_a_phone(page: Page, town: Town, look: Look) -> None:
    page.set_viewport_size(PHONE)
    the_whole_way(page, town, look)
