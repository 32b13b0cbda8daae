"""A story in Chromium of the hand-in by a colleague, without a mouse.

Elin has uploaded the file and explained what had to be; then she went home. Anna signs in, sees on the start page that the
file is not handed in, reads what she signs and presses Klarmarkera with the keyboard alone. She keeps the receipt as a
signed text. A reviser, who has no account, pastes the text into the open page and sees that it is genuine, and that it is
not once a figure is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from submissions.models import Submission
from submissions.services import comments, deliver, groups, storage
from tests.browser import steps
from tests.browser.steps import heading
from tests.browser.test_keyboard import press
from tests.browser.town import CODE, YEAR, Town, delivery, ready_town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db: None, tmp_path: Path) -> Town:
    """Trosa in November, with Elin's file ready to be handed in."""
    made = ready_town(tmp_path, elin_has_an_account=True)
    submission, at = Submission.objects.select_related("unit", "collection").get(collection__year=YEAR), timezone.now()
    by = made.elin.user
    received = deliver.receive_delivery(submission=submission, content=delivery(0), name="november.txt", by=by, at=at)
    checked = deliver.check_delivery(delivery=received, at=at)
    for group in groups.groups_of(submission, storage.findings_of(checked)):
        if group.needs_comment:
            comments.comment_group(delivery=checked, group_key=group.key, text="Det stämmer, vi har frågat.", by=by, at=at)
    return made


def test_a_colleague_hands_in_by_keyboard_and_the_receipt_is_verified_by_anybody(
    page: Page, town: Town, axe: Callable[[Page], None], new_context: Callable[..., BrowserContext]
) -> None:
    steps.sign_in(page, town.anna)
    heading(page, "Nästa steg")
    press(page, page.get_by_role("link", name=re.compile("^Klarmarkera")))
    heading(page, "Klarmarkera Trosa 2026")
    for words in ("Inte inlämnad än", "Kontrollsummor", "Filen lämnades av Elin Ek. Du, Anna Alm, klarmarkerar."):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    axe(page)
    press(page, page.get_by_role("button", name="Klarmarkera", exact=True))
    heading(page, "Kvittens")
    assert town.status == "Klarmarkerad"
    axe(page)
    with page.expect_download() as download:
        press(page, page.get_by_role("link", name="Hämta som undertecknad textfil"))
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "\nKlarmarkerad av: Anna Alm\n" in text
    page.emulate_media(media="print")
    expect(page.locator(".receipt__code")).to_be_visible()
    expect(page.get_by_role("link", name="Hämta som undertecknad textfil")).to_be_hidden()

    reviser = new_context().new_page()
    reviser.goto("/kvittens/")
    reviser.get_by_label("Den sparade filen").set_input_files(download.value.path())
    reviser.get_by_role("button", name="Kontrollera kvittensen").click()
    expect(reviser.get_by_text("Texten är äkta och kvittensen gäller")).to_be_visible()
    for pasted, answer in ((text, "Texten är äkta och kvittensen gäller"), (text.replace("Poster: 2", "Poster: 3"), "inte äkta")):
        reviser.goto("/kvittens/")
        reviser.get_by_label("Kvittensens text").fill(pasted)
        reviser.get_by_role("button", name="Kontrollera kvittensen").click()
        expect(reviser.get_by_text(answer).first).to_be_visible()
    axe(reviser)
    assert CODE in text
