"""Uppskov with two people of Trosa and SKR at once: Bo asks by keyboard for two kommuner, Anna follows on a phone, Sam decides.

The first is given at once by the rule; for more time SKR gives another date and says why. Anna reads the same and
gives it back. Another kommun asks not to be part of the year, and SKR says yes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from submissions.models import Collection, Submission
from submissions.services.collections import open_collection
from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.browser.test_accessibility import give_session
from tests.cast import Cast, Role, give_role, make_cast, make_unit

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, LATER, GIVEN = "2026-12-03", "2026-12-14", "2026-12-09"


class Town:
    """Who there is, as `give_session` asks for them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast


@pytest.fixture
def town(transactional_db: None) -> Town:
    """November; three days are given at once."""
    town = Town(make_cast(make_unit("0488", "Trosa"), make_unit("0480", "Nyköping")))
    give_role(town.cast.bo, town.cast.other, Role.SUBMITTER)
    open_collection(year=2026, by=None, at=timezone.now())
    Collection.objects.update(direct_deferral_days=3)
    return town


@pytest.fixture
def person(new_context: Callable[..., BrowserContext], town: Town, base_url: str) -> Callable[..., Page]:
    """Somebody's own browser."""

    def opened(name: str, **options: object) -> Page:
        context = new_context(**options)
        give_session(context, town, name, base_url)  # type: ignore[arg-type]
        return context.new_page()

    return opened


def snap(page: Page, name: str) -> None:
    """A picture, where somebody wants to look."""
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def last_day(code: str) -> str:
    return Submission.objects.select_related("collection").get(unit__code=code).due_date.isoformat()


def test_two_people_and_skr_at_once(person: Callable[..., Page], axe: Callable[[Page], None]) -> None:
    bo, anna, sam = person("bo"), person("anna", viewport=PHONE), person("coordinator")

    bo.goto("/uppskov/")
    snap(bo, "01-lista")
    bo.get_by_role("link", name="Begär uppskov").press("Enter")
    steps.heading(bo, "Begär uppskov")
    for name in ("Nyköping (0480)", "Trosa (0488)"):
        bo.get_by_label(name).press("Space")
    bo.get_by_label("Nytt datum").fill(FIRST)
    bo.get_by_label("Försenad lönekörning").press("Space")
    snap(bo, "02-form")
    axe(bo)
    bo.get_by_role("button", name="Skicka begäran").press("Enter")
    expect(bo.get_by_text(f"Ny sista dag är {FIRST}.")).to_be_visible()
    snap(bo, "03-direkt")
    assert [last_day(code) for code in ("0480", "0488")] == [FIRST, FIRST]

    anna.goto("/uppskov/0488/")
    snap(anna, "04-enhet-360")
    anna.get_by_role("link", name="Begär uppskov").click()
    anna.get_by_label("Nytt datum").fill(LATER)
    anna.get_by_label("Annat").check()
    anna.get_by_role("button", name="Skicka begäran").click()
    expect(anna.get_by_text("Beskriv kort varför ni behöver mer tid.").first).to_be_visible()
    anna.wait_for_load_state()  # the summary takes the focus, and the page moves there
    snap(anna, "05-fel-360")
    anna.get_by_label("Beskrivning").fill("Filen kommer först efter bytet av system.")
    anna.get_by_role("button", name="Skicka begäran").click()
    expect(anna.get_by_text("Begäran väntar på svar från SKR")).to_be_visible()
    snap(anna, "06-vantar-360")

    sam.goto("/admin/")
    sam.get_by_role("link", name="begäran om uppskov").click()
    snap(sam, "07-skr-lista")
    sam.get_by_role("link", name="Trosa (0488)").first.click()
    snap(sam, "08-skr-begaran")
    axe(sam)
    bo.goto("/uppskov/0488/")  # open meanwhile
    sam.get_by_label("Nytt sista datum").fill(GIVEN)
    sam.get_by_label("Svar till enheten").fill("SCB väntar på filen den 10.")
    sam.get_by_role("button", name="Bevilja uppskov").click()
    expect(sam.get_by_text(f"Uppskovet är beviljat till {GIVEN}.")).to_be_visible()
    snap(sam, "09-skr-beviljat")

    bo.once("dialog", lambda dialog: dialog.accept())
    bo.get_by_role("button", name="Ta tillbaka begäran").click()  # of a tab that is old
    expect(bo.get_by_text("SKR har beviljat uppskovet sedan du öppnade sidan.")).to_be_visible()
    assert last_day("0488") == GIVEN
    bo.get_by_text("Behöver ni inte uppskovet längre?").click()
    bo.once("dialog", lambda dialog: dialog.accept())
    bo.get_by_role("button", name="Ta bort uppskovet").click()
    expect(bo.get_by_text("Sista dag är nu")).to_be_visible()
    snap(bo, "10-enhet")
    axe(bo)
    assert last_day("0488") == FIRST

    anna.reload()
    expect(anna.get_by_text("SCB väntar på filen den 10.")).to_be_visible()
    snap(anna, "11-historik-360")


def test_a_unit_that_is_not_part_of_the_year(person: Callable[..., Page], axe: Callable[[Page], None]) -> None:
    anna, sam = person("anna", viewport=PHONE), person("coordinator")
    anna.goto("/uppskov/0488/")
    anna.get_by_text("Ska ni inte lämna några uppgifter i år?").click()
    anna.get_by_role("link", name="Be om att inte omfattas i år").click()
    anna.get_by_label("Verksamheten har upphört").check()
    anna.get_by_label("Beskrivning").fill("Förbundet är avvecklat.")
    snap(anna, "20-omfattas-form-360")
    anna.get_by_role("button", name="Skicka begäran").click()
    expect(anna.get_by_text("Ni har bett om att inte omfattas i år")).to_be_visible()

    sam.goto("/admin/deferrals/exemption/")
    sam.get_by_role("link", name="Trosa (0488)").first.click()
    snap(sam, "21-skr-omfattas")
    axe(sam)
    sam.get_by_role("button", name="Besluta").click()
    expect(sam.get_by_text("Enheten omfattas inte i år.")).to_be_visible()
    snap(sam, "22-skr-beslutat")

    anna.goto("/uppskov/0488/")
    expect(anna.get_by_text("Beslutet gäller bara det här året.")).to_be_visible()
    snap(anna, "23-omfattas-inte-360")
    anna.goto("/")
    expect(anna.get_by_role("heading", name="Ni omfattas inte i år")).to_be_visible()
    snap(anna, "24-start-360")
