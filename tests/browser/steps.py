"""What a person does on the pages, by the words that stand there. Each step leaves the browser on the page that follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_plus

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.town import right_value
from tests.people import Person, code_in_mail, mails

Stop = Callable[[Page, str], None]
MENU = ["Inlämning", "Uppskov", "Profil & enheter", "Meddelanden"]


def heading(page: Page, words: str | re.Pattern[str]) -> None:
    """The page's heading says this."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def sign_up(page: Page, person: Person, stop: Stop) -> None:
    """The client's manual, its labels and buttons word for word (contracts, "The sign-up, verbatim")."""
    invitation = mails(person.email)[0]
    assert "https://testserver/" in invitation.body
    page.goto("/")
    stop(page, "manual-1-start")
    page.get_by_role("link", name="Har du fått en inbjudan eller har du glömt ditt lösenord?").click()
    page.get_by_label("E-post").fill(person.email)
    stop(page, "manual-2-epost")
    page.get_by_role("button", name="Skicka verifieringskod").click()
    page.get_by_label("Verifieringskod").fill(code_in_mail(person.email))
    stop(page, "manual-3-verifieringskod")
    page.get_by_role("button", name="Verifiera koden").click()
    heading(page, "E-posten är verifierad")
    stop(page, "manual-4-verifierad")
    page.get_by_role("button", name="Fortsätt").click()
    for words in ("Verifierade id:n", "Skanna QR-kod", "Personalstatistik"):
        expect(page.get_by_role("listitem").filter(has_text=words).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^QR-kod"))).to_be_visible()
    person.phone.secret = page.locator("#nyckel").inner_text().replace(" ", "")
    stop(page, "manual-5-qr-kod")
    page.get_by_role("button", name="Fortsätt").click()
    page.get_by_label("Engångskod").fill(person.phone.code())
    stop(page, "manual-6-engangskod")
    page.get_by_role("button", name="Verifiera").click()
    for words in ("minst 8 tecken", "Versaler", "Gemener", "Siffror", "Specialtecken (t.ex. !, #)"):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_label("Nytt lösenord").fill(person.password)
    page.get_by_label("Bekräfta lösenord").fill(person.password)
    stop(page, "manual-7-losenord")
    page.get_by_role("button", name="Fortsätt").click()
    heading(page, "Så behandlar vi dina personuppgifter")
    stop(page, "manual-8-personuppgifter")
    page.get_by_role("button", name="OK").click()
    heading(page, "Nästa steg")


def sign_in(page: Page, person: Person) -> None:
    """Address, password, one-time code."""
    page.goto("/")
    page.get_by_label("E-post").fill(person.email)
    page.get_by_label("Lösenord", exact=True).fill(person.password)
    page.get_by_role("button", name="Logga in").click()
    page.get_by_label("Engångskod").fill(person.phone.code())
    page.get_by_role("button", name="Verifiera").click()


def menu(page: Page) -> Locator:
    """The links of the main menu, unfolded on a phone."""
    links = page.get_by_role("navigation", name="Huvudmeny").get_by_role("link")
    page.wait_for_load_state()  # before its sheets have come a folded menu is seen
    if not links.first.is_visible():
        page.get_by_text("Meny", exact=True).click()
    return links


def write_draft(box: Locator, words: str, *, has_scripts: bool) -> None:
    """Write it and have it kept as a draft: by itself where scripts run, else by the button.

    Typed by hand, and waited for until just these words are kept: scripts that still load hear nothing, a pause saves the half.
    """
    if not has_scripts:
        box.fill(words)
        box.page.get_by_role("button", name="Spara utkast", exact=True).click()
        expect(box.page.get_by_text(re.compile("Utkast (sparat kl|från).")).first).to_be_visible()
        return

    def has_the_words(answer: Response) -> bool:
        return words in unquote_plus(answer.request.post_data or "")

    box.page.wait_for_load_state()
    with box.page.expect_response(has_the_words):
        box.press_sequentially(words)
    expect(box.page.locator("#utkast")).to_have_text(re.compile(r"Utkast sparat kl\. \d\d\.\d\d"))


def upload(page: Page, file: Path) -> None:
    """Choose the file and send it; the answer is the review page."""
    page.get_by_label("Välj årets fil").set_input_files(file)
    page.get_by_role("button", name="Lämna filen").click()
    heading(page, "Granska Trosa 2026")


def group(page: Page, title: str | re.Pattern[str]) -> Locator:
    """One group of findings, opened."""
    found = page.get_by_role("group").filter(has=page.get_by_role("heading", level=3, name=title)).first
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def correct_first(page: Page) -> int:
    """Put the first row of the group right, as the payroll system should have had it. Gives the row."""
    box = page.get_by_label(re.compile(r"^Nytt värde på rad \d+, fält \d+$")).first
    row, number = map(int, re.findall(r"\d+", box.get_attribute("id") or ""))
    box = page.get_by_label(f"Nytt värde på rad {row}, fält {number}", exact=True)
    box.fill(right_value(row, number))
    page.get_by_role("row").filter(has=box).get_by_role("button", name="Rätta").click()
    return row


def explain(page: Page, words: str) -> None:
    """Explain the group whose rows are open."""
    page.get_by_label(re.compile("förklaring", re.IGNORECASE)).fill(words)
    page.get_by_role("button", name="Spara förklaringen").click()
    heading(page, "Granska Trosa 2026")
    expect(page.get_by_text("Förklaringen är sparad.")).to_be_visible()


def first_group(page: Page, level: str) -> Locator:
    """The first group of a level, opened."""
    title = page.locator(f".finding--{level}").get_by_role("heading", level=3).first.inner_text()
    return group(page, title)


def unexplained_group(page: Page) -> Locator:
    """The first group that still has to be explained, opened."""
    waiting = page.locator(".finding--varning").filter(has_not=page.get_by_text("Förklarad", exact=True))
    return group(page, waiting.get_by_role("heading", level=3).first.inner_text())


def back_to_the_review(page: Page) -> None:
    """To the review page, unless the last correction of the group has led there already."""
    expect(page.get_by_text("Rättad").or_(page.get_by_text("är rättat")).first).to_be_visible()
    link = page.get_by_role("link", name="Till granskningen")
    if link.count():
        link.click()
    heading(page, "Granska Trosa 2026")
