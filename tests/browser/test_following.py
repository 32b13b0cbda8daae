"""What Bo of Trosa has explained and corrected survives the next file.

He begins an explanation, is called away, and finds it where he left it. He explains two odd rows, corrects a value, and
lets the payroll system make a new file: the same rows in another order, one odd row more. One press takes that row in; the
page of what followed shows the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from submissions.models import CheckSetting, CommentDraft
from submissions.services.collections import open_collection
from tests.browser import steps
from tests.browser.test_accessibility import give_session
from tests.cast import Cast, make_cast, make_unit
from tests.submissions.pages.test_following import odd_rows, reordered
from tests.submissions.pages.test_main_flow import PAGE, with_value

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Koden är vår egen för vikarier."


class Town:
    """Who there is, as `give_session` asks for them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast


@pytest.fixture
def town(transactional_db: None) -> Town:
    """Trosa in November, nothing handed in."""
    town = Town(make_cast(make_unit("0488", "Trosa")))
    open_collection(year=2026, by=None, at=timezone.now())
    CheckSetting.objects.filter(code="KOD10").update(answers=["Koden är vår egen.", "Koden är ny i år."])
    return town


def test_what_is_explained_and_corrected_survives_a_new_file(
    context: BrowserContext,
    page: Page,
    town: Town,
    base_url: str,
    tmp_path: Path,
    has_scripts: bool,
    axe: Callable[[Page], None],
) -> None:
    give_session(context, town, "bo", base_url)  # type: ignore[arg-type]
    wrong = with_value(odd_rows(9, 20), 17, 16, "5")
    send(page, tmp_path / "ett.txt", wrong)
    opened(page)
    begin(page, has_scripts)
    axe(page)
    steps.explain(page, WHY)
    page.goto(f"{PAGE}rad/17/?falt=16")
    page.get_by_label(re.compile("^Nytt värde")).fill("1")
    page.get_by_role("button", name="Rätta", exact=True).click()

    send(page, tmp_path / "tva.txt", reordered(with_value(wrong, 30, 14, "12AB")))
    expect(page.get_by_text("1 rättelse och 1 förklaring följde med från version 1.")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Se det som följde med").click()
    steps.heading(page, "Det som följde med till version 2")
    expect(page.get_by_text("Förklaringen gällde 2 rader. 1 ny har kommit till.")).to_be_visible()
    expect(page.get_by_role("link", name="Rad 284")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Förklaringen gäller också den").click()
    expect(page.get_by_text("Alla avvikelser är förklarade", exact=True)).to_be_visible()
    page.goto(f"{PAGE}foljde-med/")
    page.get_by_role("button", name="Ta bort", exact=True).click()
    page.goto(f"{PAGE}foljde-med/")
    expect(page.get_by_role("link", name="Rad 284")).to_have_count(0)


def send(page: Page, file: Path, content: bytes) -> None:
    """Upload the file."""
    file.write_bytes(content)
    page.goto(f"{PAGE}lamna/")
    steps.upload(page, file)


def opened(page: Page) -> None:
    """The page of the odd rows."""
    page.goto(f"{PAGE}granska/")
    cause = page.locator('details[id^="KOD10-"]')
    if cause.get_attribute("open") is None:  # a single cause is
        cause.locator("summary").click()
    cause.get_by_role("link", name="Förklara").click()


def begin(page: Page, has_scripts: bool) -> None:
    """Write a little and go away; it is there when one comes back."""
    box = page.get_by_label("Förklaring", exact=True)
    steps.write_draft(box, "Koden är vår", has_scripts=has_scripts)
    assert CommentDraft.objects.get().text == "Koden är vår"
    opened(page)
    expect(box).to_have_value("Koden är vår")
