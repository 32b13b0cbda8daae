"""Where htmx puts something new on the page: what had the focus keeps it or hands it on, and the result is heard in a live
region that was there before.

Each use of htmx is of one of the kinds in KINDS, and each kind is tried once.
"""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from messaging.services import reply
from profiles.models import Membership
from submissions import synthetic
from submissions.models import Delivery
from submissions.services import storage
from tests.browser.conftest import Complaints
from tests.browser.test_accessibility import give_session
from tests.browser.test_keyboard import press
from tests.scene import ROWS, YEAR, Scene, ready_scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_scripts("what a script puts in place")]

KINDS = {
    "a row of findings is corrected": {"submissions/_finding_row.html"},
    "a value is tried": {"submissions/_finding_row.html", "submissions/_correct_value.html"},
    "a code is searched": {"submissions/_code_search.html"},
    "what is written is kept": {
        "forms.py",
        "admin/forms.py",
        "views/conversation.py",
        "views/answers.py",
        "messaging/_questions.html",
    },
    "news come": {"messaging/_poll.html"},
}
ASKS = re.compile(r"""hx-(?:get|post)=|["']hx-(?:get|post)["']""")
LISTEN = """() => {
  window.heard = [];
  for (const region of document.querySelectorAll("[aria-live], [role=status], [role=alert]"))
    new MutationObserver(() => region.isConnected && window.heard.push(region.textContent.trim()))
      .observe(region, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """Trosa's file under review, with a matter about it."""
    return ready_scene()


@pytest.fixture
def anna(context: BrowserContext, page: Page, scene: Scene, base_url: str) -> Page:
    """Anna's browser."""
    give_session(context, scene, "anna", base_url)
    return page


def listen(page: Page) -> None:
    """Hear what the live regions that are on the page now come to say."""
    page.evaluate(LISTEN)


def hear(page: Page, words: str) -> None:
    """A live region has said so."""
    page.wait_for_function("(words) => window.heard.some((text) => text.includes(words))", arg=words)


def list_of_wrong_rows(scene: Scene) -> tuple[str, list[int], int]:
    """The page of a group to correct, its rows and its field."""
    group = scene.trosa.group
    delivery = Delivery.objects.get(pk=scene.trosa.delivery.pk)
    findings = storage.findings_of(delivery).filter(pl.col("check") == group.check, pl.col("field") == group.field)
    rows = findings["row"].unique().sort().to_list()
    return reverse("submissions:findings", args=["0488", YEAR, group.check, group.key]), rows, group.field or 0


def right_value(row: int, field: int) -> str:
    """What the payroll system should have said."""
    return synthetic.delivery("0488", ROWS, 7).decode("cp1252").splitlines()[row - 1].split(";")[field - 1]


def test_every_use_of_htmx_is_of_a_kind_that_is_tried() -> None:
    sources = [*Path(settings.BASE_DIR, "templates").rglob("*.html")]
    for app in ("accounts", "profiles", "messaging", "submissions", "deferrals", "config"):
        sources += Path(settings.BASE_DIR, app).rglob("*.py")
    uses = {str(path) for path in sources if ASKS.search(path.read_text(encoding="utf-8"))}
    known = {file for files in KINDS.values() for file in files}
    assert {path for path in uses if not path.endswith(tuple(f"/{file}" for file in known))} == set()
    assert {file for file in known if not any(path.endswith(f"/{file}") for path in uses)} == set()


def test_a_corrected_row_tells_so_and_hands_the_focus_on(anna: Page, scene: Scene) -> None:
    address, rows, field = list_of_wrong_rows(scene)
    anna.goto(address)
    listen(anna)
    box = anna.locator(f"#varde-{rows[0]}-{field}")
    press(anna, anna.locator(f"#rad-{rows[0]}-{field}").get_by_role("button", name="Rätta"))  # as it stands
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_be_focused()  # at the fault, whose words the box is described by
    expect(anna.locator(f"#fel-{rows[0]}-{field}")).to_have_attribute("role", "alert")

    listen(anna)
    box.fill(right_value(rows[0], field))
    hear(anna, "Med det värdet")  # the row is tried as one types
    expect(box).to_be_focused()
    box.press("Enter")
    hear(anna, f"Rad {rows[0]}: rättad.")
    row = anna.locator(f"#rad-{rows[0]}-{field}")
    expect(row.get_by_role("rowheader")).to_be_focused()
    anna.keyboard.press("Tab")
    assert row.evaluate("(row) => row.contains(document.activeElement)")  # and on from there, not from the top of the page

    if len(rows) > 1:
        other = anna.locator(f"#varde-{rows[1]}-{field}")
        other.fill(right_value(rows[1], field))
        anna.locator(f"#rad-{rows[1]}-{field}").get_by_role("button", name="Rätta").click()
        anna.get_by_role("link", name="Till granskningen").focus()  # gone on before the answer came
        hear(anna, f"Rad {rows[1]}: rättad.")
        expect(anna.get_by_role("link", name="Till granskningen")).to_be_focused()


def test_a_search_for_a_code_tells_how_many_and_leaves_the_focus_in_the_box(anna: Page, scene: Scene) -> None:
    anna.goto(f"{reverse('submissions:row', args=['0488', YEAR, 1])}?falt=9")
    listen(anna)
    box = anna.get_by_label("Sök koden med ord")
    box.focus()
    anna.keyboard.type("sköterska", delay=20)
    expect(anna.locator(".codes__code").first).to_be_visible()
    hear(anna, "visas för ”sköterska”")
    expect(box).to_be_focused()
    assert not anna.locator(".codes").evaluate("(list) => Boolean(list.closest('[aria-live], [role=status]'))")
    anna.keyboard.type("qqq", delay=20)
    hear(anna, "Ingen kod passar ”sköterskaqqq”.")


def test_what_is_written_is_kept_and_news_come_without_taking_the_focus(anna: Page, scene: Scene) -> None:
    anna.goto(reverse("messaging:thread", args=[scene.trosa.thread.pk]))
    listen(anna)
    box = anna.get_by_label("Ditt svar")
    box.focus()
    anna.keyboard.type("Vi tittar på det.")
    hear(anna, "Utkast")
    expect(box).to_be_focused()

    reply(thread=scene.trosa.thread, text="Tack, hör av er.", by=scene.cast.officer, at=timezone.now(), nonce=UUID(int=7))
    anna.evaluate("window.dispatchEvent(new Event('focus'))")
    hear(anna, "Tack, hör av er.")
    expect(box).to_be_focused()
    expect(box).to_have_value("Vi tittar på det.")


def test_an_error_in_place_of_the_page_has_the_focus(anna: Page, scene: Scene, complaints: Complaints) -> None:
    complaints.expect("404")
    address, rows, field = list_of_wrong_rows(scene)
    anna.goto(address)
    Membership.objects.filter(user=scene.cast.anna).update(ended_at=timezone.now())
    box = anna.locator(f"#varde-{rows[0]}-{field}")
    box.fill("1")
    expect(anna.get_by_role("heading", level=1)).to_have_text("Sidan finns inte")
    expect(anna.get_by_role("main")).to_be_focused()
    expect(anna).to_have_title("Sidan finns inte – Personalstatistik")
