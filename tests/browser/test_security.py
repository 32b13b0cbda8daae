"""Stories of one's own sign-in and security.

Bo gets a new phone and connects it. He makes recovery codes, keeps them as a file, types one back, and signs in with
another when the phone is lost. He changes his password while he is signed in somewhere else too. He writes to SKR, is called
away for half an hour, and loses nothing. On the desk the portal warns him before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from time_machine import Traveller

from messaging.models import Thread
from profiles.models import Membership
from tests.browser import steps
from tests.browser.steps import heading
from tests.browser.test_keyboard import press, tab_to
from tests.cast import give_role, make_unit
from tests.people import Person, Phone, made_person

pytestmark = pytest.mark.django_db(transaction=True)

Look = Callable[[Page], None]
NEW_PASSWORD = "Ny7#katt!Moln"
TEXT = "Vi har bytt lönesystem.\nFår vi en vecka till?"


@pytest.fixture
def bo(transactional_db: None) -> Person:
    """Uppgiftslämnare of Trosa."""
    person = made_person("bo.ask@trosa.example")
    give_role(person.user, make_unit("0488", "Trosa kommun"), Membership.Role.SUBMITTER)
    return person


def to_security(page: Page) -> None:
    """By the menu, as somebody finds it."""
    page.goto("/profil/")
    page.get_by_role("main").get_by_role("link", name="Inloggning och säkerhet").click()
    heading(page, "Inloggning och säkerhet")
    expect(page.get_by_role("link", name="Profil & enheter").first).to_have_attribute("href", "/profil/")


def sign_out(page: Page) -> None:
    """The button at the top."""
    page.get_by_role("button", name="Logga ut", exact=True).first.click()
    heading(page, "Logga in")


def test_a_new_phone(page: Page, bo: Person, clock: Traveller, look: Look) -> None:
    steps.sign_in(page, bo)
    to_security(page)
    look(page)
    page.get_by_role("link", name="Koppla ny telefon").click()
    heading(page, "Koppla en ny telefon")
    look(page)
    page.get_by_role("button", name="Visa QR-kod").click()
    expect(page.get_by_role("img", name="QR-kod")).to_be_visible()
    look(page)
    page.get_by_label("Engångskod").fill("000 000")
    page.get_by_role("button", name="Verifiera").click()
    expect(page.get_by_role("alert")).to_contain_text("Engångskoden är fel")
    expect(page.get_by_text("Ställ in automatiskt")).to_be_visible()
    look(page)
    bo.phone = Phone(page.locator("#nyckel").inner_text().replace(" ", ""))
    page.get_by_label("Engångskod").fill(bo.phone.code())
    page.get_by_role("button", name="Verifiera").click()
    heading(page, "Inloggning och säkerhet")
    expect(page.get_by_text("Den nya telefonen är kopplad")).to_be_visible()
    sign_out(page)
    clock.shift(60)
    steps.sign_in(page, bo)
    heading(page, "Nästa steg")


def test_recovery_codes(page: Page, bo: Person, tmp_path: Path, look: Look, has_scripts: bool) -> None:
    steps.sign_in(page, bo)
    to_security(page)
    page.get_by_role("link", name="Skapa återställningskoder").click()
    look(page)
    page.get_by_role("button", name="Visa åtta nya koder").click()
    heading(page, "Dina nya återställningskoder")
    look(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Hämta som textfil").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    lines = (tmp_path / "aterstallningskoder.txt").read_text(encoding="utf-8").splitlines()
    codes = [line for line in lines if line.count("-") == 3 and len(line) == 19]
    assert len(codes) == 8
    expect(page.get_by_role("button", name="Skriv ut")).to_be_visible(visible=has_scripts)
    page.get_by_label("En av koderna").fill("AAAA-BBBB-CCCC-DDDD")
    page.get_by_role("button", name="Börja använda koderna").click()
    expect(page.get_by_role("alert")).to_contain_text("Det är ingen av koderna på sidan.")
    look(page)
    page.get_by_label("En av koderna").fill(codes[7].lower())
    page.get_by_role("button", name="Börja använda koderna").click()
    expect(page.get_by_text("8 av 8 kvar")).to_be_visible()
    sign_out(page)
    page.get_by_label("E-post").fill(bo.email)
    page.get_by_label("Lösenord", exact=True).fill(bo.password)
    page.get_by_role("button", name="Logga in").click()
    page.get_by_text("Jag har ingen tillgång till appen").click()
    look(page)
    page.get_by_role("link", name="logga in med en återställningskod").click()
    heading(page, "Skriv en återställningskod")
    look(page)
    page.get_by_label("Återställningskod").fill(codes[0].replace("-", " "))
    page.get_by_role("button", name="Logga in").click()
    heading(page, "Koppla en ny telefon")
    expect(page.get_by_text("Du loggade in med en återställningskod")).to_be_visible()
    expect(page.get_by_text("7 koder kvar")).to_be_visible()
    look(page)


def test_a_changed_password_ends_the_other_browser(
    page: Page, new_context: Callable[..., BrowserContext], bo: Person, clock: Traveller, look: Look, has_scripts: bool
) -> None:
    elsewhere = new_context().new_page()
    steps.sign_in(elsewhere, bo)
    heading(elsewhere, "Nästa steg")
    clock.shift(60)
    steps.sign_in(page, bo)
    to_security(page)
    expect(page.get_by_role("button", name="Logga ut alla andra")).to_be_visible()
    page.get_by_role("link", name="Byt lösenord").click()
    page.get_by_label("Nuvarande lösenord").fill(bo.password)
    if has_scripts:
        rule = page.locator("[data-rule]")
        expect(rule.locator("[data-rule-words]").first).to_be_empty()
        page.get_by_label("Nytt lösenord").press_sequentially("Ny7#")
        expect(
            page.locator("[data-rule=upper], [data-rule=lower], [data-rule=digit], [data-rule=special]").and_(
                page.locator(".is-met")
            )
        ).to_have_count(4)
        expect(page.locator("[data-rules-status]")).to_have_text("Saknas: minst 8 tecken.")
        look(page)
    page.get_by_label("Nytt lösenord").fill("sommar")
    page.get_by_label("Bekräfta lösenord").fill("sommar")
    page.get_by_role("button", name="Byt lösenord").click()
    expect(page.get_by_role("alert")).to_contain_text("Lösenordet är för kort")
    expect(page.locator("[data-rule=lower]")).to_have_class("rules__rule is-met")
    expect(page.locator("[data-rule=length]")).to_have_class("rules__length is-missing")
    look(page)
    page.get_by_label("Nuvarande lösenord").fill(bo.password)
    page.get_by_label("Nytt lösenord").fill(NEW_PASSWORD)
    page.get_by_label("Bekräfta lösenord").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Byt lösenord").click()
    expect(page.get_by_text("Lösenordet är ändrat.")).to_be_visible()
    elsewhere.goto("/inlamning/")
    heading(elsewhere, "Logga in")


def test_what_was_written_is_kept_when_the_session_ends(page: Page, bo: Person, clock: Traveller, look: Look) -> None:
    steps.sign_in(page, bo)
    page.goto("/meddelanden/nytt/")
    page.get_by_label("Annat").check()
    page.get_by_label("Ämne").fill("Mer tid")
    page.get_by_label("Meddelande", exact=True).fill(TEXT)
    clock.shift(1801)
    page.get_by_role("button", name="Skicka").click()
    heading(page, "Logga in")
    expect(page.get_by_text("Vi har kvar texten")).to_be_visible()
    steps.sign_in(page, bo)
    heading(page, "Det här hann inte sparas")
    expect(page.get_by_text("Får vi en vecka till?")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Skicka nu").click()
    heading(page, "Mer tid")
    assert Thread.objects.get().subject == "Mer tid"
    page.goto("/konto/utkast/")
    heading(page, "Inget väntar på att sparas")
    look(page)


@pytest.mark.needs_scripts("a script warns; without it what is written is kept, as the story before tells")
def test_the_portal_warns_before_the_session_ends(page: Page, bo: Person, clock: Traveller, look: Look) -> None:
    page.clock.install()
    steps.sign_in(page, bo)
    heading(page, "Nästa steg")
    page.wait_for_load_state()  # its script has set the timer
    clock.shift(1505)
    with page.expect_response("**/konto/session/"):
        page.clock.run_for(1505_000)
    expect(page.get_by_role("status").filter(has_text="Du loggas ut kl.")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Fortsätt vara inloggad").click()
    expect(page.get_by_text("Du är inloggad till kl.")).to_be_visible()
    clock.shift(1700)
    page.goto("/inlamning/")
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_be_visible()
    clock.shift(1805)
    with page.expect_response("**/konto/session/"):
        page.clock.run_for(1505_000)
    expect(page.get_by_text("Du är utloggad, eftersom")).to_be_visible()
    look(page)
    page.get_by_role("link", name="Logga in igen").click()
    heading(page, "Logga in")


def test_a_new_password_by_keyboard_alone(visit: Callable[[str], Page], bo: Person) -> None:
    page = visit("/")
    steps.sign_in(page, bo)
    heading(page, "Nästa steg")
    page.wait_for_load_state()
    own, folded = page.get_by_role("link", name="inloggning och säkerhet"), page.locator("summary").filter(has_text="Meny")
    if folded.is_visible():
        press(page, folded)
    press(page, own)
    heading(page, "Inloggning och säkerhet")
    press(page, page.get_by_role("link", name="Byt lösenord"))
    heading(page, "Byt lösenord")
    for label, words in (
        ("Nuvarande lösenord", bo.password),
        ("Nytt lösenord", NEW_PASSWORD),
        ("Bekräfta lösenord", NEW_PASSWORD),
    ):
        tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    heading(page, "Inloggning och säkerhet")
    expect(page.get_by_text("Lösenordet är ändrat.")).to_be_visible()
