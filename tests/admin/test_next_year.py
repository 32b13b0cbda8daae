"""A whole new year set up and rehearsed on the pages, without a line of code: calendar, list, layout, check, and a file."""

from __future__ import annotations

from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from submissions import receipts, synthetic
from submissions.models import CodeList, Delivery, Layout, Submission
from submissions.services import code_lists, export, storage
from tests.admin.conftest import as_person
from tests.admin.test_calendar import make_next, year_of
from tests.admin.test_calendar import post as move_calendar
from tests.admin.test_check_settings import form_of as check_form
from tests.admin.test_code_lists import read_in
from tests.admin.test_layouts import YEARS, copied
from tests.admin.test_layouts import save as save_field
from tests.scene import ROWS, YEAR, Scene

pytestmark = pytest.mark.django_db

NEXT = YEAR + 1
NEW_CODE, NEW_TEXT = "351099", "Lönen {v} kr är högre än vi väntade oss."
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def set_up(client: Client) -> None:
    """What SKR's statistiker does in the winter, button by button."""
    listed = year_of().code_lists.get(kind="aid").spec().codes.values()
    file = "\n".join([*(f"{one.code};{one.label}" for one in listed), f"{NEW_CODE};Ny etikett"]).encode()
    read_in(client, file, kind="aid", version="AID 2027", valid_from=f"{NEXT}-01-01", established="on")
    draft = CodeList.objects.get(version="AID 2027")
    client.post(f"/admin/submissions/codelist/{draft.pk}/ta-i-bruk/")
    made = make_next(client)
    layout = copied(client)
    save_field(client, layout, 41, required_kommun="O")
    client.post(f"{YEARS}{made.pk}/postbeskrivning/", {"layout": layout.pk, "reason": "Ett nytt fält."})
    setting = made.check_settings.select_related("collection").get(code="RIM02")
    changes = {"threshold_high": 60000, "threshold_text": "> 60 000 kr", "message": NEW_TEXT}
    client.post(f"/admin/submissions/checksetting/{setting.pk}/andra/", check_form(setting, **changes))
    move_calendar(client, year_of(NEXT), opens_on=f"{NEXT}-10-11", due_date=f"{NEXT}-12-03")


def lines_of(year: int) -> list[list[str]]:
    """A right file of the year as its fields, with the new one at the end of each row."""
    lines = synthetic.delivery("0488", ROWS, 7, year=year).decode("cp1252").splitlines()
    return [[*line.split(";"), "50"] for line in lines]


def content_of(lines: list[list[str]]) -> bytes:
    """The file."""
    return ("\r\n".join(";".join(line) for line in lines) + "\r\n").encode("cp1252")


def upload(client: Client, content: bytes) -> str:
    """Hand the file over on the page; the page that follows."""
    answer = client.post(f"/inlamning/0488/{NEXT}/lamna/", {"file": SimpleUploadedFile("nov.txt", content)}, follow=True)
    return answer.content.decode()


def test_a_new_year_is_set_up_on_the_pages_and_a_unit_hands_a_file_of_it_over(scene: Scene) -> None:
    set_up(as_person(scene.cast.statistician))
    made = year_of(NEXT)
    assert (made.opens_on, made.due_date, made.layout.name) == (date(NEXT, 10, 11), date(NEXT, 12, 3), "PS-2027.1")
    assert made.code_lists.get(kind="aid").version != "AID 2027"
    assert year_of().layout.name == "PS-2026.1"
    assert year_of().check_settings.get(code="RIM02").threshold == {"high": 120000}

    with time_machine.travel(datetime(NEXT, 1, 1, 8, tzinfo=STOCKHOLM), tick=False):
        assert [one.version for one in code_lists.take_planned_into_use(at=timezone.now())] == ["AID 2027"]
    assert made.code_lists.get(kind="aid").version == "AID 2027"
    assert year_of().code_lists.get(kind="aid").version != "AID 2027"

    out = StringIO()
    call_command("open_collection", str(NEXT), stdout=out)
    assert "finns redan och behåller sina inställningar" in out.getvalue()
    assert "Postbeskrivning PS-2027.1" in out.getvalue()

    with time_machine.travel(datetime(NEXT, 11, 16, 9, tzinfo=STOCKHOLM), tick=False):
        bo = as_person(scene.cast.bo)
        refused = upload(bo, content_of([line[:40] for line in lines_of(NEXT)]))
        assert "41 fält" in refused

        lines = lines_of(NEXT)
        monthly = [number for number, line in enumerate(lines) if line[16] == "1" and line[21]]
        lines[monthly[0]][21] = "0070000"
        lines[monthly[1]][8] = NEW_CODE
        lines[monthly[2]][40] = ""
        lines[monthly[3]][40] = "5o"
        review = upload(bo, content_of(lines))
        assert "41 fält" not in review
        delivery = Delivery.objects.get(submission__collection=made, is_current=True)
        found = storage.findings_of(delivery)
        said = {(one["check"], one["row"], one["field"]) for one in found.iter_rows(named=True)}
        assert ("RIM02", monthly[0] + 1, 22) in said
        assert ("FMT03", monthly[2] + 1, 41) in said
        assert ("FMT01", monthly[3] + 1, 41) in said
        assert not [one for one in said if one[0] == "KOD01" and one[1] == monthly[1] + 1]
        row = bo.get(f"/inlamning/0488/{NEXT}/rad/{monthly[0] + 1}/").content.decode()
        assert "Lönen 70000 kr är högre än vi väntade oss." in row
        assert "Distansarbete" in row

        bo.post(
            f"/inlamning/0488/{NEXT}/rad/{monthly[2] + 1}/falt/41/ratta/",
            {"value": "25", "version": delivery.version, "revision": delivery.revision},
        )
        delivery = Delivery.objects.select_related("submission__unit", "submission__collection", "uploaded_by").get(
            pk=delivery.pk
        )
        frame = storage.current_frame(delivery)
        assert frame.row(monthly[2], named=True)["f41"] == "25"
        assert receipts.data_lines(frame).decode().splitlines()[0].endswith(";50")
        made_file = export.rows_of(
            delivery=delivery, revealed=False, purpose="Kontroll av det nya fältet", by=scene.cast.statistician, at=timezone.now()
        )
        assert "41 Distansarbete" in b"".join(made_file.content).decode().splitlines()[0]
    assert Layout.objects.count() == 2
    assert Submission.objects.get(collection=made, unit__code="0488").status == "under_review"
