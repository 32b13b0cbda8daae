"""Lost factors in Chromium, with the keyboard alone: a new phone, both factors, a code on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import recovery, recovery_codes
from accounts.models import RecoveryCase, RecoveryCode
from tests import people
from tests.browser.test_sign_up import LINK, arrive, press
from tests.people import PASSWORD, Person, Phone

pytestmark = pytest.mark.django_db(transaction=True)

Check = Callable[[Page], None]
EMAIL, NEW = "cia.alm@ystad.se", "Ny7#katt!Moln"


@pytest.fixture
def person() -> Person:
    """Cia, who has had an account for long."""
    return people.made_person(EMAIL)


def lose(person: Person, kind: str) -> None:
    """SKR has opened a case that holds now."""
    opener = people.made_person("sam@skr.example", staff_role="coordinator").user
    second = people.made_person("sten@skr.example", staff_role="system").user
    texts = {"case_number": "2026-117", "identity_check": "Ringde växeln och talade med henne."}
    case = recovery.open_case(user=person.user, kind=kind, by=opener, at=timezone.now(), **texts)
    if kind == "both":
        recovery.approve_case(case=case, by=second, at=timezone.now())
        RecoveryCase.objects.update(valid_from=timezone.now())


def verify_address(page: Page, person: Person, words: str, check: Check) -> None:
    """From the start page to what follows the verified address."""
    page.goto("/")
    page.get_by_role("link", name=LINK).click()
    page.get_by_label("E-post").fill(person.email)
    press(page, "Skicka verifieringskod")
    arrive(page, "Skriv verifieringskoden")
    page.get_by_label("Verifieringskod").fill(people.code_in_mail(person.email))
    press(page, "Verifiera koden")
    arrive(page, "E-posten är verifierad")
    expect(page.get_by_text(words)).to_be_visible()
    check(page)
    press(page, "Fortsätt")


def register_phone(page: Page, person: Person, check: Check) -> None:
    """The QR code and the new app's first code."""
    arrive(page, "Koppla Microsoft Authenticator")
    expect(page.get_by_text("Ta bort det först")).to_be_visible()
    check(page)
    person.phone = Phone(page.locator("#nyckel").inner_text().replace(" ", ""))
    press(page, "Fortsätt")
    arrive(page, "Skriv engångskoden")
    page.get_by_label("Engångskod").fill(person.phone.code())
    check(page)
    press(page, "Verifiera")


def new_phone(page: Page, person: Person, check: Check) -> None:
    """Code, current password, QR code, and she is in."""
    lose(person, "totp")
    verify_address(page, person, "Nästa steg är ditt nuvarande lösenord.", check)
    arrive(page, "Skriv ditt nuvarande lösenord")
    check(page)
    page.get_by_label("Nuvarande lösenord", exact=True).fill("Fel7#katt!Moln")
    press(page, "Fortsätt")
    expect(page.get_by_role("alert")).to_contain_text("Lösenordet är fel.")
    check(page)
    page.get_by_label("Nuvarande lösenord", exact=True).fill(PASSWORD)
    press(page, "Fortsätt")
    register_phone(page, person, check)
    arrive(page, "Nästa steg")


def both_factors(page: Page, person: Person, check: Check) -> None:
    """As a new person, with the notice already read."""
    lose(person, "both")
    verify_address(page, person, "koppla din mobiltelefon", check)
    register_phone(page, person, check)
    arrive(page, "Välj ett lösenord")
    check(page)
    choose_password(page)
    arrive(page, "Nästa steg")


def paper(page: Page, person: Person, check: Check) -> None:
    """A forgotten password, and a phone out of reach: one of the recovery codes, and then a new phone."""
    made = recovery_codes.make()[:1]
    RecoveryCode.objects.create(user=person.user, digest=recovery_codes.hashes(made)[0], created_at=timezone.now())
    verify_address(page, person, "den app som du redan använder", check)
    arrive(page, "Skriv engångskoden")
    page.get_by_text("Jag har ingen tillgång till appen").click()
    expect(page.get_by_role("main").get_by_role("link", name="personalstatistik@skr.se")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Använd en återställningskod").focus()
    page.keyboard.press("Enter")
    arrive(page, "Skriv en återställningskod")
    check(page)
    page.get_by_label("Återställningskod", exact=True).fill("AAAA-AAAA-AAAA-AAAA")
    press(page, "Fortsätt")
    expect(page.get_by_role("alert")).to_contain_text("Återställningskoden är fel eller redan använd.")
    check(page)
    page.get_by_label("Återställningskod", exact=True).fill(made[0].lower())
    press(page, "Fortsätt")
    arrive(page, "Välj ett lösenord")
    choose_password(page)
    arrive(page, "Koppla en ny telefon")


def choose_password(page: Page) -> None:
    """A new one, twice."""
    page.get_by_label("Nytt lösenord").fill(NEW)
    page.get_by_label("Bekräfta lösenord").fill(NEW)
    press(page, "Fortsätt")


STORIES = [new_phone, both_factors, paper]


@pytest.mark.parametrize("story", STORIES)
def test_with_the_keyboard_and_every_page_for_everybody(
    page: Page, person: Person, axe: Check, story: Callable[[Page, Person, Check], None]
) -> None:
    story(page, person, axe)
