"""Meddelanden told in browsers: two people of a unit and SKR, with a file, a note that stays inside, and news without reload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from messaging.models import Message, Thread
from tests.browser.test_accessibility import give_session
from tests.scene import Scene, ready_scene

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Ring löneenheten på torsdag."


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """The matrix's scene, where the live server sees it."""
    return ready_scene()


def test_bo_asks_hanna_answers_with_a_file_and_anna_reads(
    new_context: Callable[..., BrowserContext],
    scene: Scene,
    base_url: str,
    tmp_path: Path,
    has_scripts: bool,
) -> None:
    """Bo asks with a list. Hanna takes it, notes, answers with a file and closes. Anna fetches the file; Bo opens it again."""

    def browser(name: str) -> Page:
        context = new_context()
        give_session(context, scene, name, base_url)
        return context.new_page()

    bo, hanna, anna = browser("bo"), browser("officer"), browser("anna")
    asked, answer = tmp_path / "lista.csv", tmp_path / "anvisning.pdf"
    asked.write_text("rad;fråga\n", encoding="utf-8")
    answer.write_bytes(b"%PDF-1.7\n")

    bo.goto(f"/meddelanden/{scene.trosa.thread.pk}/")
    bo.get_by_label("Ditt svar").fill("Vad ska stå i fält 26?")
    bo.get_by_label("Bilagor").set_input_files(asked)
    bo.get_by_role("button", name="Skicka svar").click()
    expect(bo.get_by_text("Svaret är skickat.")).to_be_visible()

    hanna.goto("/admin/messaging/thread/?lage=waiting_skr")
    hanna.get_by_role("link", name="Ämne om filen").click()
    expect(hanna.get_by_role("link", name="lista.csv")).to_be_visible()
    hanna.get_by_role("button", name="Ta ärendet").click()
    expect(hanna.get_by_text("Hanna Handläggare har ärendet nu.")).to_be_visible()
    hanna.get_by_text("Skriv en intern anteckning").click()
    hanna.get_by_label("Anteckning", exact=True).fill(NOTE)
    hanna.get_by_role("button", name="Spara anteckningen").click()
    expect(hanna.get_by_text("Enheten ser den inte.")).to_be_visible()
    hanna.get_by_label("Svar", exact=True).fill("Skriv timlönen i öre. Se anvisningen.")
    hanna.get_by_label("Bilagor").set_input_files(answer)
    hanna.get_by_role("button", name="Skicka och markera som klart").click()
    expect(hanna.get_by_text("Svaret är skickat till enheten, och ärendet är klart.")).to_be_visible()

    anna.goto(f"/meddelanden/{scene.trosa.thread.pk}/")
    expect(anna.get_by_text("Skriv timlönen i öre.")).to_be_visible()
    expect(anna.get_by_text(NOTE)).to_have_count(0)
    with anna.expect_download() as fetched:
        anna.get_by_role("link", name="anvisning.pdf").click()
    assert Path(fetched.value.path()).read_bytes() == b"%PDF-1.7\n"

    hanna.goto(f"/admin/messaging/thread/{scene.trosa.thread.pk}/change/")
    bo.goto(f"/meddelanden/{scene.trosa.thread.pk}/")
    bo.get_by_label("Ditt svar").fill("Tack, men en sak till.")
    bo.get_by_role("button", name="Skicka svar").click()
    expect(bo.get_by_text("Svaret är skickat.")).to_be_visible()
    if has_scripts:  # Hanna's page asks when she comes back to it
        hanna.evaluate("window.dispatchEvent(new Event('focus'))")
    else:
        hanna.reload()
    expect(hanna.get_by_text("Tack, men en sak till.")).to_be_visible()
    assert Thread.objects.get(pk=scene.trosa.thread.pk).status == Thread.Status.WAITING_SKR
    assert Message.objects.filter(thread=scene.trosa.thread).count() == 4
