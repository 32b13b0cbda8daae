"""Every list of the admin as a file: the rows, headings and order that the page shows, and what it takes to get it."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
import pytest
import time_machine
from django.contrib.admin.utils import label_for_field
from django.test import Client
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts import limits, list_files
from accounts.admin_site import PortalAdmin, number, portal_admin
from accounts.models import AuditEvent
from accounts.roles import PERMISSIONS
from profiles.models import Unit
from tests.admin.conftest import STAFF, as_role
from tests.scene import Scene

pytestmark = pytest.mark.django_db

PURPOSE = "Ringa runt om påminnelser"
PERSONAL = {"auditevent", "invitation", "membership", "outgoingmail", "recoverycase", "unit", "user"}
NARROWED = {  # a filter, a search or another order of each list that has one
    "submission": "insamling=alla&o=-6",
    "deferral": "status=requested",
    "thread": "q=0488",
    "waiver": "insamling=alla&q=trosa",
    "unit": "q=0488",
    "membership": "role=contact",
    "user": "q=skr.example",
    "checksetting": "level=varning",
    "auditevent": "omrade=submission",
    "outgoingmail": "q=trosa",
}


def admins() -> list[PortalAdmin]:
    """Every registered admin."""
    return [admin for admin in portal_admin._registry.values() if isinstance(admin, PortalAdmin)]


def role_of(admin: PortalAdmin) -> str:
    """A role at SKR that may see the list."""
    may = f"{admin.opts.app_label}.view_{admin.opts.model_name}"
    return next(role.value for role, rights in PERMISSIONS.items() if may in rights)


def client_for(scene: Scene, admin: PortalAdmin) -> Client:
    """Somebody who may see the list."""
    return as_role(scene, role_of(admin))


def address_of(admin: PortalAdmin, query: str = "") -> str:
    """Where the list's file is."""
    return admin.page_url("list_file") + (f"?{query}" if query else "")


def fetch(client: Client, address: str, kind: str = "csv") -> Any:
    """The file."""
    return client.post(address, {"kind": kind, "purpose": PURPOSE})


def table_of(answer: Any) -> list[list[str]]:
    """The CSV as a spreadsheet program splits it."""
    assert answer.status_code == 200, answer
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body, newline=""), delimiter=";", strict=True))


def tables_shown(page: str) -> list[list[list[str]]]:
    """Each table's cells as a person reads them, written as a file has them: no thousands apart, nothing for a dash."""
    return [_rows_shown(body) for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)] or [[]]


def _rows_shown(body: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    texts = [[" ".join(html.unescape(strip_tags(cell)).split()) for cell in row] for row in cells]
    return [[_in_a_file(text) for text in row] for row in texts]


def _in_a_file(text: str) -> str:
    if text == "–":
        return ""
    return f"'{text}" if text.startswith("-") else re.sub(r"(?<=\d)\s(?=\d{3}$)", "", text)


def without_days(rows: list[list[str]]) -> list[list[str]]:
    """The rows without their days, which a page and a file write in ways of their own."""
    return [["en dag" if re.search(r"\b20\d\d\b", text) else text for text in row] for row in rows]


@pytest.mark.parametrize("model", sorted(str(admin.opts.model_name) for admin in admins()))
def test_the_file_has_the_rows_and_headings_of_the_list_under_a_filter(scene: Scene, model: str) -> None:
    admin = next(admin for admin in admins() if admin.opts.model_name == model)
    client, query = client_for(scene, admin), NARROWED.get(model, "")
    page = client.get(admin.list_url() + f"?{query}")
    changelist = page.context_data["cl"]  # type: ignore[attr-defined]
    heading, *rows = table_of(fetch(client, address_of(admin, query)))
    assert heading == [capfirst(str(label_for_field(name, admin.model, admin))) for name in changelist.list_display]
    assert len(rows) == changelist.result_count
    assert rows or model not in NARROWED
    assert without_days(rows[: admin.list_per_page]) in map(without_days, tables_shown(page.content.decode()))


def test_the_rows_come_in_the_order_of_the_page_and_all_of_them(scene: Scene) -> None:
    admin = portal_admin._registry[Unit]
    Unit.objects.bulk_create(Unit(code=f"T{n:03}", name=f"Testbolag {n:03}", kind=Unit.Kind.BOLAG) for n in range(120))
    client = as_role(scene, "statistician")
    heading, *rows = table_of(fetch(client, address_of(admin, "q=Testbolag&o=-1&p=2")))  # type: ignore[arg-type]
    assert heading[:2] == ["Namn", "Kod"]
    assert [row[1] for row in rows] == [f"T{n:03}" for n in reversed(range(120))]


def test_the_button_leads_to_the_file_of_what_is_shown(scene: Scene) -> None:
    page = as_role(scene, "officer").get("/admin/submissions/submission/?insamling=2025&q=trosa&p=1").content.decode()
    assert 'href="/admin/submissions/submission/hamta/?insamling=2025&amp;q=trosa"' in page
    empty = as_role(scene, "officer").get("/admin/submissions/submission/?q=finnsinte").content.decode()
    assert "Hämta listan" not in empty


def test_the_event_says_which_list_how_narrowed_and_how_many_rows(scene: Scene) -> None:
    client = as_role(scene, "officer")
    page = client.get("/admin/submissions/submission/hamta/?insamling=2025&q=trosa").content.decode()
    assert "Listan är filtrerad på insamling: 2025; sökning: trosa." in page
    answer = fetch(client, "/admin/submissions/submission/hamta/?insamling=2025&q=trosa", "xlsx")
    assert 'filename="inlamningar-2026-11-16.xlsx"' in answer.headers["Content-Disposition"]
    event = AuditEvent.objects.filter(code="data:exported").latest("pk")
    assert (event.actor_id, event.object) == (
        scene.cast.officer.pk, "listan Inlämningar (insamling: 2025; sökning: trosa)",
    )  # fmt: skip
    assert event.result == "1 rad, Excel (.xlsx)"


def test_a_personnummer_that_was_searched_for_stays_out_of_the_trail(scene: Scene) -> None:
    fetch(as_role(scene, "system"), "/admin/accounts/user/hamta/?" + urlencode({"q": "811218-9876"}))
    event = AuditEvent.objects.filter(code="data:exported").latest("pk")
    assert event.object == "listan Personer (sökning på ett nummer)"


def test_numbers_are_numbers_in_the_workbook_and_codes_stay_text(scene: Scene) -> None:
    answer = fetch(as_role(scene, "officer"), "/admin/submissions/submission/hamta/?insamling=2026", "xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert ">0488<" in sheet
    assert "<v>80</v>" in sheet  # the rows of Trosa's file
    assert "<v>0488</v>" not in sheet


def test_a_formula_is_only_a_text(scene: Scene) -> None:
    Unit.objects.filter(pk=scene.trosa.unit.pk).update(name="=1+1")
    rows = table_of(fetch(as_role(scene, "officer"), "/admin/submissions/submission/hamta/"))
    assert "'=1+1" in [row[0] for row in rows]


def test_a_list_about_persons_needs_a_purpose_and_a_fresh_step_up(scene: Scene, clock: time_machine.Coordinates) -> None:
    assert {admin.opts.model_name for admin in admins() if admin.is_personal} == PERSONAL
    before = AuditEvent.objects.filter(code="data:exported").count()
    client = as_role(scene, "system")
    for purpose in ("", "test", "gäller 811218-9876 och inget annat"):
        answer = client.post("/admin/accounts/user/hamta/", {"kind": "csv", "purpose": purpose})
        assert "field--error" in answer.content.decode()
    assert "Ändamål" not in client.get("/admin/submissions/collection/hamta/").content.decode()
    for role in STAFF:
        late = as_role(scene, role)
        clock.shift(timedelta(minutes=11))
        for admin in admins():
            if role_of(admin) == role:
                assert late.get(address_of(admin)).status_code == (302 if admin.is_personal else 200), admin.opts.model_name
    assert AuditEvent.objects.filter(code="data:exported").count() == before


def test_an_hour_has_room_for_so_many_files(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXPORTS_PER_USER", (2, timedelta(hours=1)))
    client = as_role(scene, "officer")
    for status in (200, 200, 429):
        assert fetch(client, "/admin/submissions/layout/hamta/").status_code == status


def test_a_list_that_is_too_long_asks_for_a_filter(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_ROWS", 3)
    answer = fetch(as_role(scene, "officer"), "/admin/submissions/checksetting/hamta/")
    assert "en fil kan ha högst 3 rader. Filtrera listan" in answer.content.decode()


def test_a_filter_that_is_not_ours_leads_back_to_the_list(scene: Scene) -> None:
    answer = as_role(scene, "officer").get(
        "/admin/submissions/submission/hamta/?p=999&unit__memberships__user__password__startswith=a"
    )
    assert answer.status_code in {302, 400}


def test_twenty_rows_take_as_many_queries_as_two(scene: Scene, django_assert_max_num_queries: Any) -> None:
    client = as_role(scene, "statistician")
    Unit.objects.bulk_create(Unit(code=f"T{n:03}", name=f"Testbolag {n:03}", kind=Unit.Kind.BOLAG) for n in range(20))
    counts = []
    for query in ("q=T00", "q=T0"):
        with django_assert_max_num_queries(60) as asked:
            fetch(client, f"/admin/profiles/unit/hamta/?{query}")
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (None, None),
        ("–", None),
        ("", None),
        ("1280", "1280"),
        (number(1234567), 1234567),
        (number(None), None),
        (2026, 2026),
        (True, "Ja"),
        (["a", "b"], "a, b"),
        (SafeString('<span class="badge">Låst</span> <span class="badge">Sen</span>'), "Låst Sen"),
        (format_html('<a href="/x/">{}</a>', "A & B <c>"), "A & B <c>"),
        ("två\nrader", "två rader"),
    ],
)
def test_a_cell_is_written_as_the_list_says_it(shown: object, written: object) -> None:
    assert list_files.plain(shown) == written


def test_a_number_reads_as_on_the_page() -> None:
    assert str(number(1234567)) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert pl.Series([number(5)]).to_list() == ["5"]
