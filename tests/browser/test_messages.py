"""Elin and Anna of Trosa and Hanna at SKR write to each other: about a row until it is corrected, and about SKR's questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from messaging import services
from messaging.models import Thread
from profiles.models import Unit
from submissions.models import Delivery, Submission
from submissions.services import deliver, storage
from tests.browser import steps
from tests.browser.conftest import PHONE, Complaints
from tests.browser.steps import heading
from tests.browser.town import CODE, YEAR, Town, delivery, ready_town
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November, with Elin signed up and a file with faults."""
    town = ready_town(tmp_path, elin_has_an_account=True)
    new_file(town, 0.03)
    return town


def new_file(town: Town, share: float) -> Delivery:
    """The unit's next version."""
    submission = Submission.objects.select_related("unit", "collection").get(unit__code=CODE, collection__year=YEAR)
    values = {"submission": submission, "by": town.anna.user, "at": timezone.now()}
    received = deliver.receive_delivery(content=delivery(share), name="nov.txt", **values)
    return deliver.check_delivery(delivery=received, at=timezone.now())


@pytest.fixture
def browser_of(new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of somebody else's browser, signed in."""

    def open_for(person: Person, **options: object) -> Page:
        page = new_context(**options).new_page()
        steps.sign_in(page, person)
        return page

    return open_for


def test_a_question_about_a_row_is_answered_while_one_writes_and_knows_when_the_row_is_corrected(
    page: Page, town: Town, axe: Callable[[Page], None], browser_of: Callable[..., Page], has_scripts: bool
) -> None:
    findings = storage.findings_of(Delivery.objects.get(submission__collection__year=YEAR))
    row = findings.filter(pl.col("level") == "fel", pl.col("row").is_not_null())["row"][0]
    steps.sign_in(page, town.elin)
    page.goto(f"/inlamning/{CODE}/{YEAR}/rad/{row}/")
    page.get_by_role("link", name="Fråga SKR", exact=True).click()
    box = page.get_by_role("textbox", name="Meddelande")
    steps.write_draft(box, "Personen är tjänstledig.", has_scripts=has_scripts)
    page.reload()
    expect(box).to_have_value("Personen är tjänstledig.")
    axe(page)
    page.reload()
    page.get_by_role("button", name="Skicka").click()
    heading(page, f"Rad {row} i version 1")
    expect(page.get_by_text(f"Gäller rad {row} i version 1.")).to_be_visible()
    axe(page)
    page.reload()

    reply = page.get_by_role("textbox", name="Ditt svar")
    if has_scripts:
        reply.fill("En sak till")
    else:
        steps.write_draft(reply, "En sak till", has_scripts=False)
    hanna = browser_of(town.hanna)
    hanna.goto("/meddelanden/")
    hanna.get_by_role("link", name=f"Rad {row} i version 1").click()
    hanna.get_by_role("textbox", name="Ditt svar").fill("Då ska hon inte vara med.")
    hanna.get_by_role("button", name="Skicka svar").click()
    expect(hanna.get_by_text("Svaret är skickat.")).to_be_visible()
    if has_scripts:
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    else:
        page.reload()
    expect(page.get_by_text("Då ska hon inte vara med.")).to_be_visible()
    expect(page.locator("#lage")).to_have_text("Väntar på er")
    expect(page.get_by_role("textbox", name="Ditt svar")).to_have_value("En sak till")

    new_file(town, 0)
    anna = browser_of(town.anna, viewport=PHONE)
    anna.goto("/meddelanden/")
    expect(anna.get_by_text("Åtgärdad i version 2")).to_be_visible()
    axe(anna)
    anna.reload()
    anna.get_by_role("searchbox", name="Sök").fill("tjänstledig")
    anna.get_by_role("button", name="Sök").click()
    anna.get_by_role("link", name=f"Rad {row} i version 1").click()
    expect(anna.get_by_text("Åtgärdad i version 2").first).to_be_visible()
    anna.get_by_role("button", name="Markera som klart").click()
    expect(anna.get_by_text("Ärendet är markerat som klart.")).to_be_visible()
    assert Thread.objects.get().status == Thread.Status.DONE


def test_questions_are_ticked_off_on_a_phone_by_two_at_once(
    town: Town, axe: Callable[[Page], None], browser_of: Callable[..., Page], complaints: Complaints
) -> None:
    complaints.expect("409")  # Anna's tick, after Elin's
    batch = services.send_questions(
        units=[Unit.objects.get(code=CODE)],
        category="file",
        subject="Två frågor om filen",
        text="Vi undrar över två saker.",
        questions=["Stämmer antalet timavlönade?", "Har ni bytt lönesystem?"],
        by=town.hanna.user,
        at=timezone.now(),
        nonce=uuid4(),
    )
    address = f"/meddelanden/{batch.threads.get().pk}/"
    anna = browser_of(town.anna)
    anna.goto(address)
    axe(anna)
    anna.goto(address)
    elin = browser_of(town.elin, viewport=PHONE)
    elin.goto(address)
    elin.get_by_label("Svar på fråga 1").fill("Ja, 14 personer.")
    elin.get_by_role("button", name="Bocka av fråga 1").click()
    expect(elin.get_by_text("Fråga 1 är avbockad. 1 kvar.")).to_be_visible()
    anna.get_by_label("Svar på fråga 1").fill("Nej.")
    anna.get_by_role("button", name="Bocka av fråga 1").click()
    expect(anna.get_by_text("bockades av").first).to_be_visible()
    expect(anna.get_by_text("Nej.", exact=True)).to_be_visible()
    elin.get_by_label("Svar på fråga 2").fill("Nej, samma som")
    elin.get_by_role("button", name="Spara utkast till fråga 2").click()
    expect(elin.get_by_label("Svar på fråga 2")).to_have_value("Nej, samma som")
    elin.get_by_role("button", name="Bocka av fråga 2").click()
    expect(elin.get_by_text("Alla frågor är avbockade.")).to_be_visible()
    assert Thread.objects.get().status == Thread.Status.WAITING_SKR
