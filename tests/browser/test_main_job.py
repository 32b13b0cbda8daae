"""Stories of the main job, from the invitation to the approval, in Chromium.

Elin is invited to Trosa by her Kontaktperson Anna. She signs up as the client's manual says, step by step, and comes to
"Nästa steg". She uploads the November file of 2 100 rows that the payroll system made, where one row in fifty has
something wrong. She sees how the file was read and what must be corrected or explained, puts one value right in the page
and explains one group. The rest she mends in the payroll system, takes the file out again and uploads it: her explanation
has come along, and two rows are still wrong. Those she corrects in the page. She lets her explanation hold for the rows
that have come to, explains what is left, presses Klarmarkera and gets her receipt. At SKR Hanna begins to review, reads the
explanations and approves. Elin sees Godkänd.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.conftest import DESK, PHONE, assert_accessible
from tests.browser.steps import Stop, heading
from tests.browser.town import Town, ready_town

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = 0.02, 0.002  # share of rows with something wrong: as it came out, and when the payroll system was mended
WHY = "Koden är ny i år och stämmer med våra beslut."
PICTURED = re.compile("manual|nasta-steg|granskning$|rader$|klarmarkera|kvittens|skr-granska$|godkand")  # in the handbook


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November."""
    return ready_town(tmp_path)


@pytest.fixture
def stop(picture: Callable[..., None], has_scripts: bool) -> Stop:
    """At each stop: nothing sticks out sideways, nothing is kept in the browser, axe is content, and a picture."""

    def stop_here(page: Page, name: str) -> None:
        if not has_scripts:
            return
        width = page.viewport_size["width"] if page.viewport_size else 0
        for scheme in ("dark", "light") if width == DESK["width"] else ("light",):
            assert_accessible(page, scheme)
        kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
        assert kept == [0, 0, ""], f"{page.url} har lämnat något i webbläsaren: {kept}"
        if PICTURED.match(name) and width == DESK["width"]:
            picture(page, name)

    return stop_here


def main_job(page: Page, town: Town, stop: Stop) -> None:
    """From "Nästa steg" to the receipt."""
    heading(page, "Nästa steg")
    expect(steps.menu(page)).to_have_text([re.compile(f"^{words}") for words in steps.MENU])
    stop(page, "nasta-steg")
    page.get_by_role("link", name=re.compile("^Lämna fil")).click()
    stop(page, "lamna-fil")
    steps.upload(page, town.file(FIRST, "november.txt"))
    see_the_review(page, stop)
    correct_one_value(page, stop)
    explain_one_group(page, stop)
    upload_the_mended_file(page, town, stop)
    finish(page, town, stop)


def see_the_review(page: Page, stop: Stop) -> None:
    """How the file was read, and how much is wrong."""
    for words in ("Måste rättas", "Måste förklaras", "Bra att veta", "Windows-1252"):
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator(".samples .value").first).to_have_text(re.compile("[åäöÅÄÖ]"))
    expect(page.get_by_text("22 anmärkningar måste rättas", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Klarmarkera")).to_have_count(0)
    stop(page, "granskning")


def correct_one_value(page: Page, stop: Stop) -> None:
    """Open a group, its rows, and put the first one right; the checks have run again."""
    opened = steps.group(page, "Borttagen anställningsform")
    stop(page, "granskning-oppnad-grupp")
    opened.get_by_role("link", name="Visa och rätta raderna").click()
    stop(page, "rader")
    row = steps.correct_first(page)
    expect(page.get_by_text("Rättad").or_(page.get_by_text(f"Rad {row}: fält 16 är rättat")).first).to_be_visible()
    stop(page, "rader-rattad")
    page.get_by_role("link", name="Till granskningen").click()
    expect(page.get_by_text("21 anmärkningar måste rättas", exact=True)).to_be_visible()


def explain_one_group(page: Page, stop: Stop) -> None:
    """Say why something that looks odd is right."""
    steps.group(page, "Etiketten finns inte i listan").get_by_role("link", name="Förklara").click()
    stop(page, "forklara")
    steps.explain(page, WHY)


def upload_the_mended_file(page: Page, town: Town, stop: Stop) -> None:
    """A new file replaces the old one; the explanation has come along."""
    page.get_by_role("link", name="Lämna en ny fil i stället").click()
    stop(page, "lamna-ny-fil")
    steps.upload(page, town.file(SECOND, "november_ny.txt"))
    expect(page.get_by_text("Version 2, lämnad")).to_be_visible()
    expect(page.get_by_text("2 anmärkningar måste rättas", exact=True)).to_be_visible()
    expect(steps.group(page, "Etiketten finns inte i listan").get_by_text("återanvänd från version 1")).to_be_visible()


def finish(page: Page, town: Town, stop: Stop) -> None:
    """Correct what is left, explain what is left, hand in."""
    for left in (1, 0):
        steps.first_group(page, "fel").get_by_role("link", name="Visa och rätta raderna").click()
        steps.correct_first(page)
        steps.back_to_the_review(page)
        words = "1 anmärkning måste rättas" if left else "Inget måste rättas"
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    odd = steps.group(page, "Etiketten finns inte i listan")
    odd.get_by_role("button", name=re.compile("^Förklaringen gäller också")).click()
    expect(page.get_by_text("Förklaringen gäller nu också det som har kommit till.")).to_be_visible()
    steps.unexplained_group(page).get_by_role("link", name="Förklara").click()
    steps.explain(page, WHY)
    expect(page.get_by_text("Alla avvikelser är förklarade", exact=True)).to_be_visible()
    stop(page, "granskning-klar")
    page.get_by_role("link", name="Klarmarkera").click()
    heading(page, "Klarmarkera Trosa 2026")
    stop(page, "klarmarkera")
    page.get_by_role("button", name="Klarmarkera").click()
    heading(page, "Kvittens")
    expect(page.locator(".receipt__code")).to_have_text(re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"))
    for words in ("Filens SHA-256", "2\N{NO-BREAK SPACE}100", "Elin Ek", "november_ny.txt"):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    stop(page, "kvittens")
    assert town.status == "Klarmarkerad"


def approve(page: Page, town: Town, stop: Stop) -> None:
    """Hanna at SKR reviews and approves."""
    steps.sign_in(page, town.hanna)
    heading(page, "Läget")
    stop(page, "skr-laget")
    page.goto("/admin/submissions/submission/?status__exact=handed_in")
    stop(page, "skr-inlamningar")
    page.get_by_role("link", name="Trosa").first.click()
    expect(page.get_by_text(WHY).first).to_be_visible()
    stop(page, "skr-granska")
    page.get_by_role("button", name="Börja granska").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Godkänn").click()
    expect(page.get_by_role("button", name="Godkänn")).to_have_count(0)
    stop(page, "skr-godkand")
    assert town.status == "Godkänd"


def the_whole_way(elin: Page, hanna: Page, town: Town, stop: Stop) -> None:
    """Elin's part, Hanna's, and what Elin sees of it."""
    steps.sign_up(elin, town.elin, stop)
    main_job(elin, town, stop)
    approve(hanna, town, stop)
    steps.menu(elin).filter(has_text="Inlämning").click()
    heading(elin, "Trosa 2026")
    expect(elin.get_by_text("Godkänd").first).to_be_visible()
    stop(elin, "godkand")


def test_from_the_invitation_to_the_approval(new_context: Callable[..., BrowserContext], town: Town, stop: Stop) -> None:
    the_whole_way(new_context().new_page(), new_context().new_page(), town, stop)


@pytest.mark.needs_scripts("the phone with its scripts; the phone without is the story above")
def test_the_same_on_a_phone(new_context: Callable[..., BrowserContext], town: Town, stop: Stop) -> None:
    the_whole_way(new_context(viewport=PHONE).new_page(), new_context(viewport=PHONE).new_page(), town, stop)
