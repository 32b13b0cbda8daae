"""The pages in the states that a walk over their addresses does not meet: errors, nothing there, very much there, out of time.

Whatever the state, the page has one heading and a title that says which page it is; one with errors says that first, takes
the focus to the summary and leads from there to each field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from accounts.models import Session
from messaging.models import Thread
from messaging.services import start_thread
from profiles.models import Membership, Unit
from submissions import builtin, synthetic
from submissions.models import Submission
from submissions.services import collections, deliver
from tests import addresses
from tests.browser.conftest import Complaints
from tests.browser.test_accessibility import give_session
from tests.cast import Role, give_role, make_cast
from tests.people import made_person
from tests.scene import YEAR, Scene, make_scene
from tests.test_access import ROUTES

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_scripts(
        "axe and what takes the focus are scripts; without them tests.guards.html asks the same of each answer"
    ),
]

Axe = Callable[[Page], None]
LONG_NAME = "Kommunalförbundet för gemensam räddningstjänst, krisberedskap och säkerhetsskydd i Västra Mälardalen"
LONG_WORD = "Personalkostnadsredovisningsunderlagskontrollsammanställning" * 2  # cut where a field is shorter


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """A collection in full swing."""
    return make_scene()


def look(page: Page, axe: Axe, title: str) -> None:
    """The title says so, there is one heading, and axe finds nothing."""
    expect(page).to_have_title(f"{title} – Personalstatistik")
    expect(page.locator("h1")).to_have_count(1)
    axe(page)


def empty_and_send(page: Page, button: str) -> None:
    """Send the button's form with nothing in it."""
    send = page.get_by_role("main").get_by_role("button", name=button, exact=True)
    send.evaluate(
        """(button) => {
          for (const field of button.form.querySelectorAll("input:not([type=hidden]), textarea, select")) {
            if (field.type === "radio" || field.type === "checkbox") field.checked = false;
            else field.value = "";
          }
        }"""
    )
    send.click()


def errors_lead_to_their_fields(page: Page) -> None:
    """The summary has the focus and stands before every field; each of its links moves the focus to a field that is tied to its words."""
    expect(page).to_have_title(re.compile("^Fel: "))
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    assert summary.evaluate(
        """(summary) => [...document.querySelectorAll("main [aria-invalid=true]")].every(
          (field) => summary.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING)"""
    )
    links = summary.get_by_role("link")
    for place in range(links.count()):
        link = links.nth(place)
        target = (link.get_attribute("href") or "")[1:]
        link.press("Enter")
        field = page.locator(f"[id='{target}']")
        expect(field).to_be_focused()
        assert field.evaluate(
            """(field) => {
              const place = field.getBoundingClientRect();
              const seen = document.elementFromPoint(place.left + place.width / 2, place.top + Math.min(place.height / 2, 20));
              return field === seen || field.contains(seen) || field.parentElement.contains(seen);
            }"""
        ), f"{target} är skymt"
        expect(field).to_have_attribute("aria-invalid", "true")
        described = field.evaluate(
            """(field) => [field, field.closest("fieldset")].flatMap(
              (one) => one?.getAttribute("aria-describedby")?.split(" ") ?? [])"""
        )
        assert any(page.locator(f"[id='{one}']").inner_text() in link.inner_text() for one in described), described


# Errors --------------------------------------------------------------------------------------------------------------

EMPTY_FORMS = {
    "anna": [
        ("submissions:ask_group", "Skicka"),
        ("submissions:supplements", "Lämna kompletteringen"),
        ("profiles:invite", "Skicka inbjudan"),
        ("profiles:contact_person", "Spara"),
        ("messaging:new", "Skicka"),
        ("messaging:thread", "Skicka svar"),
        ("accounts:change_password", "Byt lösenord"),
    ],
    "coordinator": [
        ("admin:deferrals_mailing_new", "Visa vem som får vad"),
        ("admin:messaging_announcement_new", "Spara"),
        ("admin:profiles_unit_rename", "Spara"),
        ("admin:submissions_collection_calendar", "Spara kalendern"),
        ("admin:accounts_noticetext_list_file", "Hämta listan"),
    ],
}


@pytest.mark.parametrize("name", EMPTY_FORMS)
def test_a_form_sent_empty_tells_what_is_missing_and_leads_there(
    context: BrowserContext, page: Page, axe: Axe, scene: Scene, base_url: str, complaints: Complaints, name: str
) -> None:
    complaints.expect("422")
    give_session(context, scene, name, base_url)
    for route, button in EMPTY_FORMS[name]:
        page.goto(addresses.address(ROUTES[route], scene.trosa))
        title = page.title().removesuffix(" – Personalstatistik")
        empty_and_send(page, button)
        errors_lead_to_their_fields(page)
        look(page, axe, f"Fel: {title}")


def test_wrong_answers_at_the_sign_in(page: Page, axe: Axe, transactional_db: None) -> None:
    person = made_person("anna.ek@trosa.example")
    page.goto("/")
    page.get_by_role("button", name="Logga in").click()
    errors_lead_to_their_fields(page)
    page.get_by_label("E-post").fill(person.email)
    page.get_by_label("Lösenord", exact=True).fill("Fel#lösen1")
    page.get_by_role("button", name="Logga in").click()
    expect(page.locator(".error-summary")).to_be_focused()
    look(page, axe, "Fel: Logga in")
    page.get_by_label("Lösenord", exact=True).fill(person.password)
    page.get_by_role("button", name="Logga in").click()
    page.get_by_label("Engångskod").fill("000000")
    page.get_by_role("button", name="Verifiera").click()
    errors_lead_to_their_fields(page)
    look(page, axe, "Fel: Engångskod")
    page.goto("/konto/")
    page.get_by_label("E-post").fill(person.email)
    page.get_by_role("button", name="Skicka verifieringskod").click()
    page.get_by_label("Verifieringskod").fill("000000")
    page.get_by_role("button", name="Verifiera koden").click()
    errors_lead_to_their_fields(page)
    look(page, axe, "Fel: Verifieringskod")


def test_a_file_that_is_no_delivery_is_refused_on_the_page(
    context: BrowserContext, page: Page, axe: Axe, scene: Scene, base_url: str, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("422")
    give_session(context, scene, "anna", base_url)
    page.goto(addresses.address(ROUTES["submissions:upload"], scene.trosa))
    page.get_by_role("button", name="Lämna filen").click()
    expect(page).to_have_title(re.compile("^Fel: Lämna fil"))
    errors_lead_to_their_fields(page)
    picture = tmp_path / "bild.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    page.get_by_label("Välj årets fil").set_input_files(picture)
    page.get_by_role("button", name="Lämna filen").click()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main").get_by_text(re.compile("kan inte|gick inte|avvisa", re.IGNORECASE)).first).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    axe(page)


@pytest.mark.parametrize("status", ["400", "403", "403_csrf", "404", "405", "413", "429", "500", "503"])
def test_the_page_of_a_failure_stands_by_itself(page: Page, axe: Axe, base_url: str, status: str) -> None:
    def answer(route: Route) -> None:
        words = {"reason": "", "limit": "100 MB", "wait": "om 5 minuter", "request_id": "0f3a", "menu": []}
        route.fulfill(body=render_to_string(f"{status}.html", words), content_type="text/html; charset=utf-8")

    page.route("**/provsida/", answer)
    page.goto("/provsida/")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.get_by_role("contentinfo").get_by_role("link", name="Tillgänglighetsredogörelse")).to_be_visible()
    assert page.title().removesuffix(" – Personalstatistik") not in {"", page.title()}
    axe(page)


# Nothing there -------------------------------------------------------------------------------------------------------


def test_somebody_without_a_unit_is_told_what_to_do_everywhere(
    context: BrowserContext, page: Page, axe: Axe, base_url: str, transactional_db: None
) -> None:
    cast = make_cast()
    Membership.objects.all().delete()
    give_session(context, Scene(cast, None, None, cast.anna), "anna", base_url)  # type: ignore[arg-type]
    for path, title in (
        ("/", "Nästa steg"),
        ("/uppskov/", "Uppskov"),
        ("/profil/", "Profil & enheter"),
        ("/meddelanden/", "Meddelanden"),
    ):
        page.goto(path)
        expect(page.get_by_role("main").locator(".empty").first).to_be_visible()
        look(page, axe, title)


def test_a_unit_without_file_messages_or_uppskov(
    context: BrowserContext, page: Page, axe: Axe, base_url: str, transactional_db: None
) -> None:
    cast = make_cast()
    collections.open_collection(year=YEAR, by=None, at=timezone.now())
    give_session(context, Scene(cast, None, None, cast.anna), "anna", base_url)  # type: ignore[arg-type]
    for path in ("/", reverse("submissions:submission", args=["0488", YEAR]), "/uppskov/", "/meddelanden/", "/profil/0488/"):
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)
        axe(page)
    page.goto(reverse("deferrals:ask"))
    empty_and_send(page, "Skicka begäran")
    errors_lead_to_their_fields(page)
    look(page, axe, "Fel: Begär uppskov")


def test_a_desk_with_nothing_on_it(context: BrowserContext, page: Page, axe: Axe, base_url: str, transactional_db: None) -> None:
    cast = make_cast()
    give_session(context, Scene(cast, None, None, cast.anna), "coordinator", base_url)  # type: ignore[arg-type]
    lists = ["submissions_submission", "messaging_thread", "deferrals_deferral", "deferrals_mailing", "submissions_waiver"]
    for name in ("index", *(f"{one}_changelist" for one in lists)):
        page.goto(reverse(f"admin:{name}"))
        expect(page.locator("h1")).to_have_count(1)
        axe(page)


# Very much there -----------------------------------------------------------------------------------------------------


def test_ten_thousand_findings_long_names_and_three_hundred_matters(
    context: BrowserContext, page: Page, axe: Axe, base_url: str, transactional_db: None
) -> None:
    cast, now = make_cast(), timezone.now()
    collections.import_units(units=tuple(unit for unit in builtin.units() if unit.code.startswith(("04", "05"))), by=None, at=now)
    collections.open_collection(year=YEAR, by=None, at=now)
    for unit in Unit.objects.in_order().exclude(code="0488")[:60]:
        give_role(cast.anna, unit, Role.SUBMITTER)
    Unit.objects.filter(code="0480").update(name=LONG_NAME)
    Unit.objects.filter(code="0481").update(name=LONG_WORD[:100])
    submission = Submission.objects.select_related("unit", "collection").get(unit__code="0488", collection__year=YEAR)
    file = synthetic.delivery("0488", 4000, 7, 0.9)
    received = deliver.receive_delivery(submission=submission, content=file, name=f"{LONG_WORD}.txt", by=cast.anna, at=now)
    deliver.check_delivery(delivery=received, at=now)
    for place in range(300):
        start_thread(
            unit=submission.unit,
            category=Thread.Category.FILE,
            subject=LONG_WORD[:100] if place % 50 == 0 else f"Fråga {place}",
            text=LONG_WORD,
            by=cast.officer,
            at=now + timedelta(seconds=place),
            nonce=uuid4(),
            in_bulk=True,
        )
    give_session(context, Scene(cast, None, None, cast.anna), "anna", base_url)  # type: ignore[arg-type]
    page.goto(reverse("submissions:review", args=["0488", YEAR]))
    look(page, axe, f"Granska – {submission.unit.name} {YEAR}")
    page.goto("/")
    expect(page.get_by_role("main").get_by_text(LONG_NAME).first).to_be_visible()
    look(page, axe, "Nästa steg")
    page.goto("/meddelanden/")
    expect(page.get_by_role("navigation", name="Sidor med meddelanden")).to_be_visible()
    look(page, axe, "Meddelanden")
    page.goto(reverse("messaging:thread", args=[Thread.objects.earliest("pk").pk]))
    axe(page)


# Out of time ---------------------------------------------------------------------------------------------------------


def test_a_session_about_to_end_and_one_that_has_ended(
    context: BrowserContext, page: Page, axe: Axe, scene: Scene, base_url: str
) -> None:
    give_session(context, scene, "anna", base_url)
    page.goto("/meddelanden/")
    page.wait_for_load_state("networkidle")  # the script that warns is there
    Session.objects.filter(user=scene.cast.anna).update(last_seen_at=timezone.now() - timedelta(minutes=26))
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    band = page.get_by_role("region", name="Din inloggning")
    expect(band).to_be_visible()
    axe(page)
    Session.objects.filter(user=scene.cast.anna).delete()
    page.get_by_role("link", name="Skriv ett meddelande").click()
    look(page, axe, "Logga in")


def test_what_has_ended_is_told_as_such(
    context: BrowserContext, page: Page, axe: Axe, scene: Scene, base_url: str, complaints: Complaints
) -> None:
    complaints.expect("404")
    page.goto("/kvittens/AAAA-BBBB-CCCC/")
    look(page, axe, "Kontrollera kvittens")
    page.goto("/kvittens/?kod=AAAA-BBBB-CCCC")
    expect(page.locator("h1")).to_have_count(1)
    axe(page)
    Membership.objects.filter(user=scene.cast.anna).update(ended_at=timezone.now())
    give_session(context, scene, "anna", base_url)
    page.goto(reverse("submissions:review", args=["0488", YEAR]))
    look(page, axe, "Sidan finns inte")
    page.goto("/")
    expect(page.get_by_role("heading", name="Du har ingen behörighet i någon enhet")).to_be_visible()
