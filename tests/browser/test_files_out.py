"""Files out of the portal with the keyboard alone: the unit's own file, its list, and SKR's rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from submissions import synthetic
from submissions.models import Delivery
from submissions.services import storage
from tests.browser.test_accessibility import give_session
from tests.scene import ROWS, SLIPS, Scene, ready_scene

pytestmark = pytest.mark.django_db(transaction=True)
TABS = 60


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Trosa in November, where the live server sees it."""
    return ready_scene()


def walk_to(page: Page, name: str) -> None:
    """Press Tab until the button or link of that name has the focus."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.locator(":focus").count() and wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{name} nås inte med tabb")


def download(page: Page, name: str) -> tuple[str, bytes]:
    """Walk to the button and press it; the file's name and bytes."""
    walk_to(page, name)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


@pytest.mark.asvs("5.4.1", "5.4.2")
def test_fil_09_the_unit_takes_its_file_and_its_list_with_the_keyboard(
    context: BrowserContext, page: Page, scene: Scene, base_url: str
) -> None:
    give_session(context, scene, "bo", base_url)
    page.goto("/inlamning/0488/2026/version/1/")
    name, content = download(page, "Ladda ner den inlämnade filen")
    assert name == "Personalstatistik Trosa 2026 version 1.txt"
    assert content == synthetic.delivery("0488", ROWS, 7, SLIPS)
    page.goto("/profil/0488/")
    walk_to(page, "Vem har sett våra rader")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vem har sett våra rader")
    expect(page.get_by_role("cell", name="Hämtade: 2026 version 1, filen")).to_be_visible()
    name, content = download(page, "Hämta listan som CSV")
    assert name == "Personalstatistik insyn Trosa.csv"
    assert content.decode("utf-8-sig").startswith('"Tid";"Vem"')


@pytest.mark.asvs("7.5.3")
def test_adm_08_skr_exports_rows_with_the_keyboard(context: BrowserContext, page: Page, scene: Scene, base_url: str) -> None:
    give_session(context, scene, "statistician", base_url)
    page.goto(f"/admin/submissions/submission/{scene.trosa.submission.pk}/change/")
    walk_to(page, "Exportera raderna")
    page.keyboard.press("Enter")
    walk_to(page, "Hämta filen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ändamål: Skriv vad du behöver uppgifterna till.")).to_be_visible()
    page.get_by_label("Ändamål").focus()
    page.keyboard.type("Underlag till rapporten")
    name, content = download(page, "Hämta filen")
    assert name == "Personalstatistik Trosa 2026 version 1 rader.csv"
    assert len(content.decode("utf-8-sig").splitlines()) == ROWS + 1


def test_the_corrected_file_is_taken_out_and_handed_in_again_without_a_difference(
    context: BrowserContext, page: Page, scene: Scene, base_url: str, tmp_path: Path
) -> None:
    give_session(context, scene, "bo", base_url)
    page.goto("/inlamning/0488/2026/granska/")
    walk_to(page, "Hämta")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hämta Trosa 2026")
    name, content = download(page, "Ladda ner rättad fil")
    assert name == "Personalstatistik Trosa 2026 version 1 rättad.txt"
    assert len(content.splitlines()) == ROWS
    before = storage.current_frame(Delivery.objects.get(pk=scene.trosa.delivery.pk))
    file = tmp_path / name
    file.write_bytes(content)
    page.goto("/inlamning/0488/2026/lamna/")
    page.locator('input[type="file"]').first.set_input_files(file)
    walk_to(page, "Lämna filen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Granska Trosa 2026")
    after = Delivery.objects.get(submission=scene.trosa.submission, is_current=True)
    assert after.version == 2
    assert storage.base_frame(after).equals(before, null_equal=True)
