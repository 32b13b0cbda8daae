"""Profil & enheter told in a browser: two people of a unit, one from outside, and SKR, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from profiles.models import AccessRequest, Handover, Membership
from tests.browser.steps import heading, menu
from tests.browser.test_accessibility import give_session
from tests.browser.test_keyboard import press, tab_to
from tests.cast import Cast, Role, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[[str], Page]


class Town:
    """What `give_session` asks of a scene."""

    def __init__(self) -> None:
        self.cast: Cast = make_cast()


@pytest.fixture
def town(transactional_db: None) -> Town:
    """The cast, where the live server sees it."""
    return Town()


@pytest.fixture
def browser_of(new_context: Callable[..., BrowserContext], town: Town, base_url: str) -> Open:
    """A browser for each person."""

    def opened(name: str) -> Page:
        context = new_context()
        give_session(context, town, name, base_url)  # type: ignore[arg-type]
        return context.new_page()

    return opened


def role_of(cast: Cast, name: str) -> str | None:
    """The role at Trosa that is in force."""
    held = Membership.objects.in_force().filter(user=getattr(cast, name), unit=cast.trosa)
    return held.values_list("role", flat=True).first()


def test_dan_asks_for_access_and_of_anna_and_skr_who_answer_at_once_the_second_is_told(browser_of: Open, town: Town) -> None:
    """Dan sees only whom to wait for. Anna gives another role until the new year. Sam's page is stale by then."""
    dan, anna, sam = browser_of("dan"), browser_of("anna"), browser_of("coordinator")
    dan.goto("/profil/")
    dan.get_by_role("link", name="Be om behörighet i en enhet till").click()
    dan.get_by_label("Enhetens namn eller kod").fill("tros")
    dan.get_by_role("button", name="Sök").click()
    dan.get_by_role("link", name="Trosa kommun").click()
    expect(dan.get_by_text("Anna Ek svarar på din begäran.")).to_be_visible()
    expect(dan.get_by_text("Bo Ask")).to_have_count(0)
    dan.get_by_label("Uppgiftslämnare", exact=True).check()
    dan.get_by_role("button", name="Skicka begäran").click()
    expect(dan.get_by_text("Skriv varför du behöver behörigheten.").first).to_be_visible()
    dan.get_by_label("Varför behöver du behörigheten?").fill("Jag arbetar i lönesamverkan.")
    dan.get_by_role("button", name="Skicka begäran").click()
    expect(dan.get_by_text("Din begäran om behörighet i Trosa kommun är skickad.")).to_be_visible()

    asked = AccessRequest.objects.get()
    sam.goto(f"/admin/profiles/unit/{town.cast.trosa.pk}/change/")
    sam.get_by_role("link", name="Dan Lind").click()
    anna.goto("/profil/0488/")
    anna.get_by_role("link", name="Dan Lind").click()
    expect(anna.get_by_text("Jag arbetar i lönesamverkan.")).to_be_visible()
    anna.get_by_label("Läsare", exact=True).check()
    anna.get_by_label(re.compile("^Till och med")).fill("2099-01-01")
    anna.get_by_role("button", name="Bevilja").click()
    expect(anna.get_by_text("mer än fem år fram").first).to_be_visible()
    anna.get_by_label(re.compile("^Till och med")).fill("")
    anna.get_by_role("button", name="Bevilja").click()
    expect(anna.get_by_text("Dan Lind är nu Läsare i Trosa kommun.")).to_be_visible()

    sam.get_by_label(re.compile("^Svar till personen")).fill("Vi vet inte vem du är.")
    sam.get_by_role("button", name="Avslå").click()
    expect(sam.get_by_text("Begäran är redan besvarad eller återtagen.").first).to_be_visible()
    asked.refresh_from_db()
    assert (asked.outcome, role_of(town.cast, "dan")) == ("granted", Role.READER)
    dan.goto("/profil/0488/")
    heading(dan, "Trosa kommun")


def test_anna_invites_several_and_hands_over_to_bo_in_another_browser(browser_of: Open, town: Town) -> None:
    """A line with a slip is named and kept. Then Bo takes over, and Anna's open page leads to the sign-in."""
    anna, bo = browser_of("anna"), browser_of("bo")
    anna.goto("/profil/0488/")
    anna.get_by_role("link", name="Bjud in en kollega").click()
    anna.get_by_role("link", name="Bjud in flera på en gång").click()
    box = anna.get_by_label("Personer")
    box.fill("Eva Ek <eva@trosa.example>\nola@\nida@trosa.example")
    anna.get_by_label("Läsare", exact=True).check()
    anna.get_by_role("button", name="Skicka inbjudningar").click()
    expect(anna.get_by_text("Rad 2, ”ola@”").first).to_be_visible()
    expect(box).to_have_value("Eva Ek <eva@trosa.example>\nola@\nida@trosa.example")
    box.fill("Eva Ek <eva@trosa.example>\nida@trosa.example")
    anna.get_by_role("button", name="Skicka inbjudningar").click()
    expect(anna.get_by_text("inbjudningar är skickade.")).to_be_visible()
    assert Membership.objects.pending().count() == 2

    anna.get_by_role("link", name="Lämna över din roll").click()
    anna.get_by_label("Bo Ask, Uppgiftslämnare").check()
    anna.get_by_label("Läsare", exact=True).check()
    anna.get_by_role("button", name="Fråga kollegan").click()
    expect(anna.get_by_text("Bo Ask har fått frågan om att ta över")).to_be_visible()
    bo.goto("/")
    menu(bo).filter(has_text="Profil & enheter").click()
    bo.get_by_role("link", name="Trosa kommun").click()
    bo.get_by_role("link", name="Svara").click()
    heading(bo, "Ta över som kontaktperson")
    bo.get_by_role("button", name="Ta över").click()
    expect(bo.get_by_text("Du har tagit över som kontaktperson.")).to_be_visible()
    anna.get_by_role("link", name="Se eller ta tillbaka").click()
    expect(anna.get_by_role("button", name="Logga in")).to_be_visible()
    assert (role_of(town.cast, "anna"), role_of(town.cast, "bo")) == (Role.READER, Role.CONTACT)
    assert Handover.objects.get().outcome == "accepted"


def test_anna_tells_whom_skr_rings_by_keyboard_alone(context: BrowserContext, page: Page, town: Town, base_url: str) -> None:
    """From the room's first page to the contact and a number, a slip on the way, and how she wants mail."""
    give_session(context, town, "anna", base_url)  # type: ignore[arg-type]
    page.goto("/profil/")
    press(page, page.get_by_role("link", name="Trosa kommun"))
    press(page, page.get_by_role("link", name="Uppgifter om enheten"))
    press(page, page.get_by_role("link", name="Ange kontakt"))
    tab_to(page, page.get_by_label("Namn"))
    page.keyboard.type("Eva Ström")
    tab_to(page, page.get_by_label(re.compile("^Telefon")))
    page.keyboard.type("0156-520 00")
    press(page, page.get_by_role("button", name="Spara"))
    expect(page.get_by_text("SKR kontaktar Eva Ström i sakfrågor.")).to_be_visible()
    press(page, page.get_by_role("link", name="Lägg till nummer"))
    tab_to(page, page.get_by_label("Organisationsnummer"))
    page.keyboard.type("212000-0143")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Numret har fel kontrollsiffra.").first).to_be_visible()
    tab_to(page, page.get_by_label("Organisationsnummer"))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("212000-0142")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="212000-0142")).to_be_visible()
    page.goto("/profil/")
    press(page, page.get_by_role("link", name=re.compile("^Ändra mejl om nya meddelanden")))
    tab_to(page, page.get_by_label("Direkt"))
    page.keyboard.press("ArrowDown")
    press(page, page.get_by_role("button", name="Spara"))
    expect(page.get_by_text("Mejl om nya meddelanden: En gång om dagen.")).to_be_visible()
