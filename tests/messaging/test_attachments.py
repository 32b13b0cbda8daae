"""Files of a message: what is taken, what is refused and how, and how they come out again (FIL-02, 06, 07, 09, 10)."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import resolve
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEvent
from config.lib import file_types
from messaging import attachments
from messaging.attachments import Chosen
from messaging.models import Attachment, Message, Thread
from messaging.services import start_thread
from tests import bad_files
from tests.bad_files import EICAR
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.fake_clamd import FakeClamd

PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n" + bytes(20), b"\xff\xd8\xff\xe0" + bytes(20), b"%PDF-1.7\n1 0 obj"


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    """A packed file with members of those names."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        if first:
            packed.writestr(*first)
        for name in names:
            packed.writestr(name, b"<x/>")
    return held.getvalue()


XLSX = zipped("[Content_Types].xml", "xl/workbook.xml")
DOCX = zipped("[Content_Types].xml", "word/document.xml")
ODS = zipped("content.xml", first=("mimetype", file_types.ODS_TYPE))
ODT = zipped("content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.text"))
MACROS = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")


# What is taken -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kind", "kept_as"),
    [
        ("lista.pdf", PDF, "pdf", "lista.pdf"),
        ("Bild 1.PNG", PNG, "png", "Bild 1.png"),
        ("foto.jpeg", JPEG, "jpeg", "foto.jpeg"),
        ("koder.xlsx", XLSX, "xlsx", "koder.xlsx"),
        ("koder.ods", ODS, "ods", "koder.ods"),
        ("Svar till SKR.docx", DOCX, "docx", "Svar till SKR.docx"),
        ("rader.csv", "Å;Ä\r\n".encode("cp1252"), "text", "rader.csv"),
        ("rader.txt", "Å;Ä".encode("utf-16"), "text", "rader.txt"),
        ("utan ändelse", PDF, "pdf", "utan ändelse.pdf"),
        (r"C:\Users\anna\lista.pdf", PDF, "pdf", "lista.pdf"),
        ("../../etc/passwd.txt", b"hej", "text", "passwd.txt"),
        ("fdp\u202egnp.pdf", PDF, "pdf", "fdpgnp.pdf"),
        ("", PDF, "pdf", "bilaga.pdf"),
        ("å" * 300 + ".pdf", PDF, "pdf", None),
    ],
)
@pytest.mark.asvs("5.2.1", "5.2.2", "5.3.2")
def test_fil_06_a_file_is_taken_by_its_content_and_kept_under_a_calm_name(
    cast: Cast, name: str, content: bytes, kind: str, kept_as: str | None
) -> None:
    (found,) = attachments.check([Chosen(name, content)], unit=cast.trosa, by=cast.bo, at=timezone.now())
    assert (found.kind, found.sha256) == (kind, hashlib.sha256(content).hexdigest())
    assert found.name == (kept_as or found.name)
    assert len(found.name) <= attachments.NAME_LENGTH
    assert found.name.endswith(file_types.TYPES[kind].endings)


REFUSED = [
    ("tom.txt", b"", "Filen är tom (0 byte)."),
    ("program.csv", bad_files.program(), "ett Windowsprogram"),
    ("program.exe", bad_files.program(), "ett Windowsprogram"),
    ("sida.xlsx", b"<html><table>", "en webbsida"),
    ("bild.svg", b"<svg xmlns='x' onload='alert(1)'/>", "en webbsida eller xml-fil"),
    ("makro.docx", MACROS, "makron"),
    ("gammal.doc", bad_files.old_sheet(), "äldre Excel- eller Wordfil"),
    ("packad.zip", bad_files.plain_zip(), "en packad fil (zip)"),
    ("brev.odt", ODT, "en packad fil (zip)"),
    ("trasig.xlsx", XLSX[:-10], "skadad och går inte att öppna"),
    ("bomb.xlsx", bad_files.bomb(), "för stor"),
    ("foto.heic", b"\x00\x00\x00\x18ftypheic" + bytes(20), "direkt från en telefon"),
    ("data.txt", b"a\0b", "varken text, PDF"),
    ("lista.pdf", PNG, "heter .pdf men är en bild"),
    ("lista.xlsx", DOCX, "heter .xlsx men är ett dokument"),
    ("skript.bat", b"del *.*", "heter .bat men är en textfil"),
    ("sida.html", b"hej", "heter .html men är en textfil"),
    ("stor.pdf", PDF + bytes(limits.ATTACHMENT_BYTES), "större än 10 MB"),
]


@pytest.mark.parametrize(("name", "content", "says"), REFUSED, ids=[name for name, _, _ in REFUSED])
@pytest.mark.asvs("5.2.1", "5.2.2", "5.2.3")
def test_fil_07_a_file_of_another_kind_is_refused_with_what_it_is(cast: Cast, name: str, content: bytes, says: str) -> None:
    with pytest.raises(attachments.AttachmentsRefused) as refused:
        attachments.check([Chosen(name, content)], unit=cast.trosa, by=cast.bo, at=timezone.now())
    assert refused.value.reasons[0].startswith(f"{name}: ")
    assert says in refused.value.reasons[0]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([Chosen(f"{number}.pdf", PDF) for number in range(6)], "högst 5 filer"),
        ([Chosen(f"{number}.pdf", PDF + bytes(9_000_000)) for number in range(3)], "tillsammans större än 25 MB"),
    ],
)
def test_a_message_takes_so_many_files_and_no_more(cast: Cast, files: list[Chosen], says: str) -> None:
    with pytest.raises(attachments.AttachmentsRefused, match=says):
        attachments.check(files, unit=cast.trosa, by=cast.bo, at=timezone.now())


def test_all_faults_are_told_at_once(cast: Cast) -> None:
    files = [Chosen("a.pdf", PNG), Chosen("b.pdf", PDF), Chosen("c.exe", bad_files.program())]
    with pytest.raises(attachments.AttachmentsRefused) as refused:
        attachments.check(files, unit=cast.trosa, by=cast.bo, at=timezone.now())
    assert [reason.partition(":")[0] for reason in refused.value.reasons] == ["a.pdf", "c.exe", attachments.AGAIN]


# Through the pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def thread(cast: Cast) -> Thread:
    """A question from SKR to Trosa."""
    return start_thread(
        unit=cast.trosa,
        category="file",
        subject="Lönefilen",
        text="Hur blev det?",
        by=cast.officer,
        at=timezone.now(),
        nonce=uuid4(),
    )


def browser(user: object) -> GuardedClient:
    """A person's browser; opening a matter is reading it."""
    client = GuardedClient()
    sign_in(client, user)  # type: ignore[arg-type]
    return client


def answer(
    client: GuardedClient, thread: Thread, *files: tuple[str, bytes], text: str = "Se bilagan.", nonce: str = ""
) -> HttpResponse:
    """Answer on the unit's page, with files."""
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(
        f"/meddelanden/{thread.pk}/", {"text": text, "nonce": nonce or str(uuid4()), "attached": sent}, follow=True
    )


@pytest.mark.asvs("5.4.1", "5.4.2", "3.2.1", "16.3.2")
def test_fil_09_files_are_sent_listed_and_fetched_byte_for_byte(cast: Cast, thread: Thread) -> None:
    bo = browser(cast.bo)
    page = answer(bo, thread, ("Lön å.xlsx", XLSX), ("anteckning.txt", b"hej")).content.decode()
    links = re.findall(r'href="(/meddelanden/\d+/bilaga/\d+/)"', page)
    assert len(links) == 2
    assert "Lön å.xlsx" in page
    assert "inte viruskontrollerad" in page  # no scanner is set up here
    for person in (cast.bo, cast.cia, cast.officer):
        out = browser(person).get(links[0])
        assert out.content == XLSX
    assert out.headers["Content-Disposition"] == "attachment; filename=\"lon-a.xlsx\"; filename*=UTF-8''L%C3%B6n%20%C3%A5.xlsx"
    assert out.headers["Content-Type"] == file_types.XLSX.content_type
    assert out.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in out.headers["Content-Security-Policy"]
    assert out.headers["Cache-Control"] == "no-store"
    taken = AuditEvent.objects.filter(code="data:read", object__contains="bilaga 1")
    assert set(taken.values_list("actor_id", flat=True)) == {cast.bo.pk, cast.cia.pk, cast.officer.pk}
    assert AuditEvent.objects.filter(code="file:uploaded", unit="0488", actor_id=cast.bo.pk).count() == 2


@pytest.mark.asvs("8.2.2")
def test_beh_07_another_units_file_does_not_exist(cast: Cast, thread: Thread) -> None:
    answer(browser(cast.bo), thread, ("a.pdf", PDF))
    found = Attachment.objects.get()
    other = start_thread(
        unit=cast.other, category="file", subject="Annat", text="Hej", by=cast.officer, at=timezone.now(), nonce=uuid4()
    )
    dan = browser(cast.dan)
    assert dan.get(f"/meddelanden/{thread.pk}/bilaga/{found.pk}/").status_code == 404
    assert dan.get(f"/meddelanden/{other.pk}/bilaga/{found.pk}/").status_code == 404
    assert browser(cast.system).get(f"/meddelanden/{thread.pk}/bilaga/{found.pk}/").status_code == 404
    assert not AuditEvent.objects.filter(code="data:read", object__contains="bilaga").exists()


def test_what_is_kept_is_sealed(cast: Cast, thread: Thread) -> None:
    answer(browser(cast.bo), thread, ("Anna Ek.txt", b"hemlig lista"))
    kept = Attachment.objects.get()
    assert b"Anna" not in bytes(kept.name_sealed)
    assert b"hemlig" not in bytes(kept.content_sealed)
    assert not AuditEvent.objects.filter(object__contains="Anna").exists()


def test_a_refused_file_is_told_at_its_field_and_the_text_stays(cast: Cast, thread: Thread) -> None:
    page = answer(browser(cast.bo), thread, ("a.pdf", PDF), ("b.pdf", PNG), text="Min långa text.")
    assert list(page.context["form"].errors) == ["attached"]
    shown = page.content.decode()
    assert "b.pdf: Filen heter .pdf men är en bild" in shown
    assert "Välj bilagorna igen" in shown
    assert "Min långa text.</textarea>" in shown
    assert not Attachment.objects.exists()
    assert Message.objects.filter(thread=thread).count() == 1


def test_a_file_too_large_to_be_received_keeps_the_text(cast: Cast, thread: Thread, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000_000
    page = answer(browser(cast.bo), thread, ("stor.pdf", PDF + bytes(1_500_000)), text="Min långa text.")
    shown = page.content.decode()
    assert attachments.TOO_LARGE in shown
    assert "Min långa text.</textarea>" in shown
    assert Message.objects.filter(thread=thread).count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "/meddelanden/nytt/",
        "/meddelanden/1/",
        "/admin/messaging/thread/1/svara/",
        "/admin/messaging/thread/skriv/0488/",
        "/inlamning/0488/2026/rad/1/fraga/",
        "/inlamning/0488/2026/anmarkningar/RIM05/x/fraga/",
    ],
)
def test_fil_01_no_more_than_a_message_may_hold_is_kept_in_memory(address: str) -> None:
    assert resolve(address).func.upload_max_bytes == limits.ATTACHMENT_BYTES_PER_MESSAGE  # type: ignore[attr-defined]


def test_files_of_a_form_that_comes_back_are_told_of(cast: Cast, thread: Thread) -> None:
    page = answer(browser(cast.bo), thread, ("a.pdf", PDF), text=" ").content.decode()
    assert "Skriv ett meddelande." in page
    assert attachments.LOST in page
    assert attachments.LOST not in answer(browser(cast.bo), thread, text=" ").content.decode()


def test_a_draft_says_that_it_holds_no_files(cast: Cast, thread: Thread) -> None:
    sent = {"text": "Min text", "spara": "utkast", "attached": SimpleUploadedFile("a.pdf", PDF)}
    page = browser(cast.bo).post(f"/meddelanden/{thread.pk}/", sent, follow=True).content.decode()
    assert "Bilagor sparas inte i ett utkast." in page
    assert "Min text</textarea>" in page


def test_the_same_form_twice_is_one_message_with_its_files(cast: Cast, thread: Thread) -> None:
    bo, nonce = browser(cast.bo), str(uuid4())
    for _ in range(2):
        answer(bo, thread, ("a.pdf", PDF), nonce=nonce)
    assert Message.objects.filter(thread=thread).count() == 2
    assert Attachment.objects.count() == 1
    answer(bo, thread, ("a.pdf", PDF + b"annan"), nonce=nonce)  # the form again, with another file
    assert Message.objects.filter(thread=thread).count() == 3


def test_a_day_takes_so_many_files_of_each_side(cast: Cast, thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ATTACHMENTS_PER_UNIT_AND_DAY", 1)
    answer(browser(cast.bo), thread, ("a.pdf", PDF))
    answer(browser(cast.officer), thread, ("skr.pdf", PDF))
    assert Attachment.objects.count() == 2
    refused = answer(browser(cast.bo), thread, ("b.pdf", PDF))
    assert "bilagor på en dag" in refused.content.decode()
    assert Attachment.objects.count() == 2


# The scanner ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("5.4.3")
def test_fil_10_a_clean_file_is_taken_and_marked_as_scanned(cast: Cast, thread: Thread, settings: LazySettings) -> None:
    with FakeClamd() as clamd:
        settings.CLAMD_URL = clamd.url
        page = answer(browser(cast.bo), thread, ("a.pdf", PDF)).content.decode()
    assert clamd.received == [PDF]
    assert "inte viruskontrollerad" not in page
    assert Attachment.objects.get().scan == Attachment.Scan.CLEAN


@pytest.mark.asvs("5.4.3")
def test_fil_10_what_the_scanner_knows_is_refused_and_nothing_is_sent(cast: Cast, thread: Thread, settings: LazySettings) -> None:
    with FakeClamd() as clamd:
        settings.CLAMD_URL = clamd.url
        page = answer(browser(cast.bo), thread, ("a.pdf", PDF), ("b.txt", EICAR), text="Hej igen").content.decode()
    assert "b.txt: Viruskontrollen hittade skadlig kod." in page
    assert "Hej igen</textarea>" in page
    assert not Attachment.objects.exists()
    event = AuditEvent.objects.get(code="file:infected")
    assert (event.actor_id, event.unit, event.result) == (cast.bo.pk, "0488", "Eicar-Test-Signature")


@pytest.mark.django_db(transaction=True)
@pytest.mark.asvs("5.4.3")
def test_fil_10_without_the_scanner_no_file_is_taken_and_the_alarm_goes(
    settings: LazySettings, cast: Cast, thread: Thread
) -> None:
    with FakeClamd(answer=None) as away:
        settings.CLAMD_URL = away.url
        page = answer(browser(cast.bo), thread, ("a.pdf", PDF), text="Hej igen").content.decode()
    assert "Viruskontrollen svarar inte just nu" in page
    assert "Skicka meddelandet utan bilaga" in page
    assert "Hej igen</textarea>" in page
    assert not Attachment.objects.exists()
    assert AuditEvent.objects.filter(code="operation:alarm", result="viruskontrollen svarar inte").count() == 1
