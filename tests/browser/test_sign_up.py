"""The client's manual in Chromium: Anna is invited, makes her account with the keyboard alone, and comes back the next day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import services
from tests import people
from tests.people import PASSWORD, Person, Phone

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "anna.berg@ystad.se"
LINK = "Har du fått en inbjudan eller har du glömt ditt lösenord?"


@pytest.fixture
def invited() -> Person:
    """Anna, invited to Ystad."""
    services.invite_user(email=EMAIL, by=None, at=timezone.now(), matter="Uppgiftslämnare i Ystads kommun (1286)")
    return Person(EMAIL)


def press(page: Page, name: str) -> None:
    """Reach a button with the keyboard and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


def arrive(page: Page, heading: str) -> None:
    """Wait for the page with this heading."""
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def to_the_app(page: Page, person: Person, check: Callable[[Page], None]) -> None:
    """From the start page to the QR code."""
    page.get_by_role("link", name=LINK).click()
    arrive(page, "Verifiera din e-post")
    check(page)
    page.get_by_label("E-post").fill(person.email)
    press(page, "Skicka verifieringskod")
    arrive(page, "Skriv verifieringskoden")
    check(page)
    page.get_by_label("Verifieringskod").fill("000 000")
    press(page, "Verifiera koden")
    expect(page.get_by_role("alert")).to_contain_text("Koden är fel eller har gått ut.")
    check(page)
    page.get_by_label("Verifieringskod").fill(people.code_in_mail(person.email))
    press(page, "Verifiera koden")
    arrive(page, "E-posten är verifierad")
    check(page)
    press(page, "Fortsätt")


def from_the_app(page: Page, person: Person, check: Callable[[Page], None]) -> None:
    """From the QR code into the portal."""
    arrive(page, "Koppla Microsoft Authenticator")
    check(page)
    person.phone = Phone(str(page.locator("#nyckel").inner_text()).replace(" ", ""))
    press(page, "Fortsätt")
    arrive(page, "Skriv engångskoden")
    check(page)
    page.get_by_label("Engångskod").fill(person.phone.code())
    press(page, "Verifiera")
    arrive(page, "Välj ett lösenord")
    check(page)
    page.get_by_label("Nytt lösenord").fill("Sommar2026!")
    page.get_by_label("Bekräfta lösenord").fill("Sommar2026!")
    press(page, "Fortsätt")
    expect(page.get_by_role("alert")).to_contain_text("sommar")
    check(page)
    page.get_by_label("Nytt lösenord").fill(PASSWORD)
    page.get_by_label("Bekräfta lösenord").fill(PASSWORD)
    press(page, "Fortsätt")
    arrive(page, "Så behandlar vi dina personuppgifter")
    check(page)
    press(page, "OK")
    arrive(page, "Nästa steg")


def test_the_manual_with_the_keyboard_and_every_page_for_everybody(
    page: Page, invited: Person, axe: Callable[[Page], None], visit: Callable[[str], Page]
) -> None:
    visit("/")
    axe(page)
    to_the_app(page, invited, axe)
    from_the_app(page, invited, axe)
    page.get_by_role("button", name="Logga ut").click()
    page.get_by_label("E-post").fill(invited.email)
    page.get_by_label("Lösenord", exact=True).fill(invited.password)
    page.keyboard.press("Enter")
    arrive(page, "Skriv engångskoden")
    axe(page)
    page.get_by_label("Engångskod").fill(invited.phone.code(1))
    page.keyboard.press("Enter")
    arrive(page, "Nästa steg")
