"""Test files, versions and what differs between them, on the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import AuditEvent
from submissions import synthetic
from submissions.models import Collection, Correction, Delivery, Submission
from submissions.services import deliver
from tests import files
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, status

BEFORE_REAL_FILES = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
CLEAN = synthetic.delivery("0488", 80, 1)
SLIPS = synthetic.delivery("0488", 80, 1, 0.2)


def send(client: GuardedClient, content: bytes, *, kind: str = "", follow: bool = True) -> HttpResponse:
    return client.post(
        f"{PAGE}lamna/", {"file": SimpleUploadedFile("nov.txt", content), **({"kind": kind} if kind else {})}, follow=follow
    )


@pytest.fixture
def bo(client: GuardedClient, cast: Cast, collection: Collection) -> GuardedClient:
    """Bo, signed in."""
    return sign_in(client, cast.bo)


# Test files ----------------------------------------------------------------------------------------------------------


def test_a_test_file_is_checked_and_read_but_counts_for_nothing(bo: GuardedClient) -> None:
    page = send(bo, SLIPS, kind="test").content.decode()
    assert "Testfil – räknas inte" in page
    assert "tas bort 16\N{NO-BREAK SPACE}december 2026" in page
    assert "Filen är en testfil och räknas inte" in page  # FIL07
    assert 'href="/inlamning/0488/2026/klarmarkera/"' not in page
    assert status() == "not_started"
    delivery = Delivery.objects.get()
    assert (delivery.is_test, delivery.is_current, delivery.status) == (True, False, "checked")
    assert "Ej påbörjad" in bo.get(PAGE).content.decode()


def test_every_page_of_a_test_file_says_so_and_offers_no_change(bo: GuardedClient) -> None:
    send(bo, SLIPS, kind="test")
    page = bo.get(f"{PAGE}granska/?version=1").content.decode()
    groups = {part.split('"')[0] for part in page.split('href="') if "/anmarkningar/" in part.split('"')[0]}
    addresses = [f"{PAGE}rad/1/?version=1", *sorted(group.partition("#")[0] for group in groups)]
    assert len(addresses) > 2
    for address in addresses:
        assert address.endswith("?version=1")
        text = bo.get(address).content.decode()
        assert "Testfil – räknas inte" in text, address
        assert "/ratta/" not in text
        assert "Spara förklaringen" not in text
    assert bo.get(f"{PAGE}rad/1/").status_code == 404  # no file counts


def test_a_test_file_is_taken_from_the_opening_and_a_real_one_not_before_its_day(
    bo: GuardedClient, cast: Cast, clock: Any
) -> None:
    clock.move_to(BEFORE_REAL_FILES)
    for page in (PAGE, f"{PAGE}lamna/"):
        text = bo.get(page).content.decode()
        assert "från 2026-11-13" in text
        assert "testfil" in text
        assert 'value="riktig"' not in text
    assert "Prova en testfil" in bo.get("/").content.decode()
    assert send(bo, CLEAN).status_code == 403
    assert send(bo, CLEAN, kind="riktig").status_code == 403
    assert "Testfil – räknas inte" in send(bo, CLEAN, kind="test").content.decode()
    answer = bo.post(f"{PAGE}version/1/lamna/", follow=True).content.decode()
    assert "Årets fil kan lämnas från 2026-11-13" in answer
    assert Delivery.objects.count() == 1
    clock.move_to(datetime(2026, 11, 13, 0, 30, tzinfo=ZoneInfo("Europe/Stockholm")))
    sign_in(bo, cast.bo)
    assert bo.post(f"{PAGE}version/1/lamna/").headers["Location"] == f"{PAGE}granska/"


def test_a_test_file_is_handed_in_for_real_by_one_click(bo: GuardedClient) -> None:
    assert "Lämna in samma fil på riktigt" in send(bo, CLEAN, kind="test").content.decode()
    page = bo.post(f"{PAGE}version/1/lamna/", follow=True).content.decode()
    assert "Testfil – räknas inte" not in page
    assert 'href="/inlamning/0488/2026/klarmarkera/"' in page
    test, real = Delivery.objects.order_by("version")
    assert (test.is_test, real.is_test, real.is_current) == (True, False, True)
    assert test.sha256 == real.sha256
    assert status() == "under_review"
    assert "samma fil som testfilen version 1" in bo.get(PAGE).content.decode()
    assert "har lämnats tidigare" not in page  # FIL05 is about real files


def test_a_refused_test_file_cannot_be_handed_in_and_moves_nothing(bo: GuardedClient) -> None:
    page = send(bo, files.fields_39(), kind="test").content.decode()
    assert "Filen avvisades" in page
    assert status() == "not_started"
    assert "avvisades" in bo.post(f"{PAGE}version/1/lamna/", follow=True).content.decode()
    assert Delivery.objects.count() == 1
    assert "Den senaste filen avvisades" not in bo.get(PAGE).content.decode()


def test_a_test_file_is_taken_while_the_submission_is_handed_in_until_the_year_is_closed(
    bo: GuardedClient, collection: Collection
) -> None:
    send(bo, CLEAN)
    Submission.objects.filter(unit__code="0488").update(status=Submission.Status.HANDED_IN)
    assert send(bo, CLEAN, kind="riktig").status_code == 403
    page = send(bo, CLEAN, kind="test").content.decode()
    assert "Testfil – räknas inte" in page
    assert "Lämna in samma fil på riktigt" not in page
    assert status() == "handed_in"
    assert Delivery.objects.get(is_current=True).version == 1
    Collection.objects.filter(pk=collection.pk).update(closed_at=timezone.now())
    assert send(bo, CLEAN, kind="test").status_code == 403


# Versions ------------------------------------------------------------------------------------------------------------


def changed_file() -> bytes:
    """The right file with one row gone, one new row, and another workplace on two rows."""
    rows = CLEAN.decode("cp1252").splitlines()
    for index in (4, 5):
        fields = rows[index].split(";")
        fields[5] = "Ny plats"
        rows[index] = ";".join(fields)
    added = rows[6].split(";")
    added[39] = "NY1"
    return "".join(f"{row}\r\n" for row in [*rows[:10], *rows[11:], ";".join(added)]).encode("cp1252")


def test_a_versions_page_shows_what_differs_from_the_one_before(bo: GuardedClient) -> None:
    send(bo, CLEAN)
    send(bo, changed_file())
    page = bo.get(f"{PAGE}version/2/").content.decode()
    assert "Skillnad mot version 1" in page
    assert page.count("Ny plats") == 2
    assert "Fält 6 Underlag för verksamhetsindelning: 2" in page
    assert f'href="{PAGE}rad/5/?version=2"' in page
    assert "NY1" in bo.get(f"{PAGE}version/2/?visa=nya").content.decode()
    gone = bo.get(f"{PAGE}version/2/?visa=borta").content.decode()
    assert f'href="{PAGE}rad/11/?version=1"' in gone
    assert "är desamma" not in page
    assert AuditEvent.objects.filter(code="data:read", object__contains="skillnaden mot version 1").exists()
    assert "Skillnad mot" not in bo.get(f"{PAGE}version/1/").content.decode()


def test_no_personnummer_stands_among_the_differences(bo: GuardedClient) -> None:
    rows = CLEAN.decode("cp1252").splitlines()
    fields, other = rows[3].split(";"), rows[4].split(";")
    old, fields[6] = fields[6], other[6]
    rows[3] = ";".join(fields)
    send(bo, CLEAN)
    send(bo, "".join(f"{row}\r\n" for row in rows).encode("cp1252"))
    page = bo.get(f"{PAGE}version/2/").content.decode()
    assert "Fält 7 Personnummer: 1" in page
    assert old not in page
    assert fields[6] not in page


def test_an_earlier_version_holds_again_with_its_own_corrections_and_back(bo: GuardedClient) -> None:
    send(bo, CLEAN)
    send(bo, SLIPS)
    bo.post(f"{PAGE}rad/3/falt/6/ratta/", {"version": 2, "revision": 0, "value": "Rättad plats"})
    assert "Ersatt" in bo.get(f"{PAGE}version/1/").content.decode()
    answer = bo.post(f"{PAGE}version/1/aktivera/", follow=True).content.decode()
    assert "Version 1 gäller igen" in answer
    assert Delivery.objects.get(is_current=True).version == 1
    assert "Rättad plats" not in bo.get(f"{PAGE}rad/3/").content.decode()
    assert AuditEvent.objects.filter(code="data:changed", result="gäller igen").count() == 1
    bo.post(f"{PAGE}version/2/aktivera/")
    assert Delivery.objects.get(is_current=True).version == 2
    assert "Rättad plats" in bo.get(f"{PAGE}rad/3/").content.decode()
    assert Correction.objects.filter(delivery__version=2, undone_at=None).count() == 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"is_test": True}, "En testfil kan inte gälla"),
        ({"status": "rejected"}, "Bara en kontrollerad fil kan gälla"),
        ({}, "är redan den fil som gäller"),
    ],
)
def test_only_an_earlier_checked_real_file_can_hold_again(
    bo: GuardedClient, cast: Cast, values: dict[str, Any], says: str
) -> None:
    send(bo, CLEAN)
    if values:
        Delivery.objects.update(is_current=False, **values)
    answer = bo.post(f"{PAGE}version/1/aktivera/", follow=True).content.decode()
    assert says in answer
    assert Delivery.objects.filter(is_current=True).count() == (0 if values else 1)


def test_an_earlier_version_waits_for_a_newer_file_that_is_being_checked(bo: GuardedClient, cast: Cast) -> None:
    send(bo, CLEAN)
    send(bo, SLIPS)
    submission = Submission.objects.get(unit__code="0488")
    received = deliver.receive_delivery(submission=submission, content=b"0488", name="a.txt", by=cast.bo, at=timezone.now())
    Delivery.objects.filter(pk=received.pk).update(check_started_at=timezone.now(), check_attempts=1)
    assert "inte färdigkontrollerad" in bo.post(f"{PAGE}version/1/aktivera/", follow=True).content.decode()
    assert Delivery.objects.get(is_current=True).version == 2


def test_an_earlier_version_is_not_activated_once_handed_in(bo: GuardedClient) -> None:
    send(bo, CLEAN)
    send(bo, SLIPS)
    Submission.objects.filter(unit__code="0488").update(status=Submission.Status.HANDED_IN)
    assert "Låt den här versionen gälla" not in bo.get(f"{PAGE}version/1/").content.decode()
    assert "klarmarkerad" in bo.post(f"{PAGE}version/1/aktivera/", follow=True).content.decode()
    assert Delivery.objects.get(is_current=True).version == 2


def test_the_version_is_checked_with_todays_rules(bo: GuardedClient, collection: Collection, cast: Cast) -> None:
    send(bo, SLIPS)
    fel = Delivery.objects.get(version=1).fel
    assert fel
    send(bo, CLEAN)
    collection.check_settings.update(enabled=False)
    bo.post(f"{PAGE}version/1/aktivera/")
    assert deliver.fresh(Delivery.objects.get(is_current=True)).fel < fel
