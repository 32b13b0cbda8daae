"""SKR's desk: Hanna finds what waits, sends it back with a reason at the finding, and looks at the portal as the unit does.

Told once more without a mouse, to the approval.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import AuditEvent
from submissions.models import Submission
from submissions.services import comments, deliver, groups, review, storage
from tests.browser import steps
from tests.browser.steps import heading
from tests.browser.test_keyboard import press, tab_to
from tests.browser.town import CODE, YEAR, Town, delivery, ready_town

pytestmark = pytest.mark.django_db(transaction=True)
PAY, PAID_BY = 21, 16  # the fields' places: salary, and how it is paid
MONTHLY = "1"


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa has handed in a file with three doubled salaries, explained."""
    town = ready_town(tmp_path, elin_has_an_account=True)
    by, at = town.elin.user, timezone.now()
    submission = Submission.objects.select_related("unit", "collection").get(unit__code=CODE, collection__year=YEAR)
    received = deliver.receive_delivery(submission=submission, content=doubled(), name="nov.txt", by=by, at=at)
    current = deliver.fresh(deliver.check_delivery(delivery=received, at=at))
    submission.refresh_from_db()
    for group in groups.groups_of(submission, storage.findings_of(current)):
        if group.needs_comment:
            comments.comment_group(delivery=deliver.fresh(current), group_key=group.key, text="Avgångsvederlag.", by=by, at=at)
    current = deliver.fresh(current)
    review.hand_in(submission=submission, delivery=current, expected_revision=current.revision, by=by, at=at)
    return town


def doubled() -> bytes:
    """The right file, but three of the monthly-paid have twice their salary."""
    lines = [line.split(";") for line in delivery(0).decode("cp1252").split("\r\n")[:-1]]
    for fields in [line for line in lines if line[PAID_BY] == MONTHLY][:3]:
        fields[PAY] = str(int(fields[PAY]) * 2)
    return "".join(f"{';'.join(fields)}\r\n" for fields in lines).encode("cp1252")


def test_a_submission_is_sent_back_with_a_reason_at_the_finding_and_seen_as_the_unit_sees_it(
    town: Town,
    axe: Callable[[Page], None],
    new_context: Callable[..., BrowserContext],
    has_scripts: bool,
) -> None:
    def looked_over(page: Page) -> None:
        if has_scripts:
            axe(page)
            page.reload()

    hanna = new_context().new_page()
    steps.sign_in(hanna, town.hanna)
    heading(hanna, "Läget")
    looked_over(hanna)
    hanna.get_by_role("link", name="att granska").click()
    hanna.get_by_role("link", name="Trosa", exact=True).click()
    heading(hanna, f"Trosa {YEAR}")
    hanna.get_by_role("button", name="Börja granska").click()
    looked_over(hanna)
    hanna.get_by_role("link", name="Ska ses över").first.click()
    heading(hanna, "Ska ses över")
    hanna.get_by_role("button", name="Spara punkten").click()
    expect(hanna.get_by_role("alert")).to_contain_text("Ett fel behöver rättas")
    looked_over(hanna)
    hanna.get_by_role("textbox", name="Vad enheten ska se över, och varför").fill("Är vederlaget med i grundlönen?")
    hanna.get_by_role("button", name="Spara punkten").click()
    heading(hanna, f"Trosa {YEAR}")
    hanna.get_by_role("link", name="Skicka tillbaka", exact=True).click()
    hanna.get_by_role("textbox", name="Till enheten om helheten").fill("En sak att se över.")
    hanna.get_by_role("button", name="Återlämna").click()
    assert town.status == "Åter till uppgiftslämnare"

    elin = new_context().new_page()
    steps.sign_in(elin, town.elin)
    elin.goto(f"/inlamning/{CODE}/{YEAR}/")
    expect(elin.get_by_text("SKR vill att ni ser över uppgifterna")).to_be_visible()
    expect(elin.get_by_text("Är vederlaget med i grundlönen?").first).to_be_visible()
    looked_over(elin)

    hanna.get_by_role("link", name="Visa som uppgiftslämnaren").click()
    hanna.get_by_role("textbox", name="Ändamål").fill("Enheten ringde om punkten")
    hanna.get_by_role("button", name="Visa portalen").click()
    band = hanna.get_by_role("region", name="Visning")
    expect(band).to_contain_text("Du ser portalen som Trosa")
    expect(hanna.get_by_text("Är vederlaget med i grundlönen?").first).to_be_visible()
    looked_over(hanna)
    steps.menu(hanna).filter(has_text="Meddelanden").click()
    expect(band).to_be_visible()
    band.get_by_role("button", name="Avsluta visningen").click()
    heading(hanna, f"Trosa {YEAR}")
    assert AuditEvent.objects.filter(code="access:viewing:ended", unit=CODE).exists()


@pytest.mark.needs_scripts("the focus is looked at by script, and the keys are those of the story above")
def test_a_point_is_returned_answered_and_the_submission_approved_by_keyboard_alone(page: Page, town: Town) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    steps.sign_in(page, town.hanna)
    heading(page, "Läget")
    press(page, page.get_by_role("link", name="att granska"))
    press(page, page.get_by_role("link", name="Trosa", exact=True))
    heading(page, f"Trosa {YEAR}")
    press(page, page.get_by_role("button", name="Börja granska"))
    press(page, page.get_by_role("link", name="Ska ses över").first)
    heading(page, "Ska ses över")
    tab_to(page, page.get_by_role("textbox", name="Vad enheten ska se över, och varför"))
    page.keyboard.type("Vems vederlag?")
    press(page, page.get_by_role("button", name="Spara punkten"))
    heading(page, f"Trosa {YEAR}")
    press(page, page.locator("summary").filter(has_text="Skicka tillbaka till enheten"))
    tab_to(page, page.get_by_role("textbox", name="Till enheten om helheten"))
    page.keyboard.type("En sak.")
    press(page, page.get_by_role("button", name="Återlämna"))
    heading(page, f"Trosa {YEAR}")
    assert town.status == "Åter till uppgiftslämnare"

    by, at = town.elin.user, timezone.now()
    submission = Submission.objects.select_related("unit", "collection").get(unit__code=CODE, collection__year=YEAR)
    current = submission.deliveries.get(is_current=True)
    for group in groups.groups_of(submission, storage.findings_of(current)):
        if group.needs_comment:
            comments.comment_group(
                delivery=deliver.fresh(current), group_key=group.key, text="Tre chefers vederlag.", by=by, at=at
            )
    current = deliver.fresh(current)
    submission.refresh_from_db()
    review.hand_in(submission=submission, delivery=current, expected_revision=current.revision, by=by, at=at)

    page.reload()
    press(page, page.get_by_role("button", name="Börja granska"))
    expect(page.get_by_text("Tre chefers vederlag.").first).to_be_visible()
    press(page, page.get_by_role("button", name="Godkänn", exact=True).first)
    heading(page, f"Trosa {YEAR}")
    assert town.status == "Godkänd"
