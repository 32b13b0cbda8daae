"""Anna tries a test file, sees that it counts for nothing, and hands the same file in for real; then she adds to it.

Told at a desk and on a phone, and its first half once without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from submissions.models import Delivery, Supplement
from tests.browser import steps
from tests.browser.conftest import Complaints, assert_accessible
from tests.browser.steps import heading
from tests.browser.town import Town, ready_town

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/inlamning/0488/2026/"


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November."""
    return ready_town(tmp_path)


def look(page: Page) -> None:
    """Nothing sticks out sideways, and axe is content."""
    assert_accessible(page, "light")


def try_a_file(page: Page, town: Town) -> None:
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


def hand_it_in(page: Page, town: Town) -> None:
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


def add_to_it(page: Page, town: Town) -> None:
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


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, {"width": 360, "height": 740}], ids=["desk", "phone"])
def test_a_test_file_becomes_real_and_is_added_to(page: Page, town: Town, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    steps.sign_in(page, town.anna)
    heading(page, "Nästa steg")
    try_a_file(page, town)
    hand_it_in(page, town)
    add_to_it(page, town)


def test_a_test_file_becomes_real_without_scripts(
    town: Town, new_context: Callable[..., BrowserContext], complaints: Complaints
) -> None:
    context = new_context(java_script_enabled=False)
    complaints.listen(context)
    page = context.new_page()
    steps.sign_in(page, town.anna)
    page.goto(f"{PAGE}lamna/")
    page.get_by_label("Testfil").check()
    page.get_by_label("Välj årets fil").set_input_files(town.file(0, "prov.txt"))
    page.get_by_role("button", name="Lämna filen").click()
    expect(page.get_by_text("Testfil – räknas inte")).to_be_visible()
    page.get_by_role("button", name="Lämna in samma fil på riktigt").click()
    heading(page, "Granska Trosa 2026")
    assert town.status == "Under granskning"
