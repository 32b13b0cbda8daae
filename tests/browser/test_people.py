"""Who may act for a unit, told in a browser: the yearly review by keyboard alone, and recovery."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import RecoveryCase
from profiles.models import Membership, PeopleConfirmation
from tests.browser.test_accessibility import give_session
from tests.browser.test_keyboard import press, tab_to
from tests.scene import Scene, ready_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def test_anna_goes_through_the_people_by_keyboard_alone(context: BrowserContext, page: Page, scene: Scene, base_url: str) -> None:
    """From the start page to the receipt on the unit's page: the colleague goes, everybody else stays."""
    give_session(context, scene, "anna", base_url)
    page.goto("/")
    press(page, page.get_by_role("link", name="Gå igenom vilka som ska ha en roll i enheten"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Gå igenom personerna i Trosa")
    for group in page.locator("main fieldset").all():
        is_leaving = "Kollega" in (group.locator("legend").text_content() or "")
        tab_to(page, group.get_by_label("Ska vara kvar"))
        page.keyboard.press("ArrowDown" if is_leaving else "Space")
    press(page, page.get_by_role("button", name="Bekräfta"))
    expect(page.get_by_text("1 person är inte längre kvar.")).to_be_visible()
    expect(page.get_by_text("Personerna bekräftades senast")).to_be_visible()
    assert not Membership.objects.filter(pk=scene.trosa.colleague.pk, ended_at=None).exists()
    assert PeopleConfirmation.objects.get().ended == 1


def test_a_case_is_opened_and_approved(new_context: Callable[..., BrowserContext], scene: Scene, base_url: str) -> None:
    """Sam opens, Sten approves; an address is put right, and Cia leaves her unit."""

    def browser(name: str) -> Page:
        context = new_context()
        give_session(context, scene, name, base_url)
        return context.new_page()

    sam, sten = browser("coordinator"), browser("system")
    sam.goto(f"/admin/accounts/user/{scene.cast.bo.pk}/change/")
    sam.get_by_role("link", name="Öppna ärende: telefonen och lösenordet är borta").click()
    sam.get_by_role("button", name="Öppna ärendet").click()
    expect(sam.get_by_text("Skriv ärendets nummer.").first).to_be_visible()
    sam.get_by_label("Ärendenummer").fill("SKR 2026/117")
    sam.get_by_label("Kontroll av identitet").fill("Ringde växeln på 0156-520 00. Anna Ek intygade.")
    sam.get_by_role("button", name="Öppna ärendet").click()
    expect(sam.get_by_text("Ärendet är öppnat.")).to_be_visible()
    expect(sam.get_by_role("button", name="Godkänn")).to_have_count(0)
    case = RecoveryCase.objects.get(user=scene.cast.bo)
    sten.goto(f"/admin/accounts/recoverycase/{case.pk}/change/")
    sten.on("dialog", lambda dialog: dialog.accept())
    sten.get_by_role("button", name="Godkänn").click()
    expect(sten.get_by_text("Ärendet är godkänt.")).to_be_visible()

    sam.goto(f"/admin/accounts/invitation/{scene.trosa.waiting.invitation_id}/change/")
    sam.get_by_role("link", name="Rätta adressen").click()
    sam.get_by_label("E-post").fill("ratt@trosa.example")
    sam.get_by_role("button", name="Skicka till rätt adress").click()
    expect(sam.get_by_text("En inbjudan är skickad till ratt@trosa.example.")).to_be_visible()

    cia = browser("cia")
    cia.goto("/profil/0488/")
    cia.get_by_role("link", name="Lämna enheten").click()
    cia.get_by_role("button", name="Lämna enheten").click()
    expect(cia.get_by_text("Du har lämnat enheten och är utloggad.")).to_be_visible()
