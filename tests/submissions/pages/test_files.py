"""Files as an attacker sends them, through the upload page: too large, packed, odd inside, odd names, malicious (FIL-01…10)."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from xml.parsers import expat

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from submissions import reading
from submissions.frames import Reading
from submissions.models import Collection, Delivery, Submission
from submissions.services import storage
from tests import bad_files, files
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.fake_clamd import FakeClamd
from tests.submissions.pages.test_main_flow import PAGE, send, status

BOUNDARY = "gransen"


def send_raw(client: GuardedClient, content: bytes, *, name: str = "fil.txt", transfer: str = "") -> HttpResponse:
    """A multipart body written by hand, for names and encodings that no browser sends."""
    encoding = f"Content-Transfer-Encoding: {transfer}\r\n" if transfer else ""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: text/plain\r\n{encoding}\r\n"
    )
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return client.post(f"{PAGE}lamna/", data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")


# Size ----------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("5.1.1", "5.2.1", "5.2.3")
def test_fil_01_a_hundred_megabytes_and_one_byte_are_refused_while_they_come(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    answer = send(sign_in(client, cast.bo), bytes(100_000_001))
    assert answer.status_code == 413
    assert "större än 100 MB" in answer.content.decode()
    assert not Delivery.objects.exists()
    assert status() == "not_started"


@pytest.mark.asvs("5.1.1", "5.2.1", "5.2.3")
def test_fil_01_base64_in_the_form_does_not_get_more_in(
    client: GuardedClient, cast: Cast, collection: Collection, settings: LazySettings
) -> None:
    """The cap is of the bytes that come out, however they are written in the body."""
    settings.UPLOAD_MAX_BYTES = 100_000
    sign_in(client, cast.bo)
    assert send_raw(client, base64.b64encode(bytes(100_001)), transfer="base64").status_code == 413
    assert send_raw(client, b" " * 2_000_000 + base64.b64encode(bytes(10)), transfer="base64").status_code == 413
    assert not Delivery.objects.exists()
    assert send_raw(client, base64.b64encode(files.good()), transfer="base64").status_code == 302
    assert storage.content_of(Delivery.objects.get()) == files.good()


@pytest.mark.asvs("5.2.1")
@pytest.mark.parametrize("content", [b"A", b"AAA", b"%%%", b"=", b"QUJD=QUJD", "å".encode()])
def test_fil_01_broken_base64_is_a_bad_request(client: GuardedClient, cast: Cast, collection: Collection, content: bytes) -> None:
    assert send_raw(sign_in(client, cast.bo), content, transfer="base64").status_code in {302, 400, 422}
    assert all(delivery.status == "rejected" for delivery in Delivery.objects.order_by("pk"))


@pytest.mark.asvs("5.2.1")
def test_fil_01_a_body_that_breaks_off_keeps_nothing(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    for body in (b"", f"--{BOUNDARY}".encode(), f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"'.encode()):
        answer = client.post(f"{PAGE}lamna/", data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
        assert answer.status_code in {400, 422}
    assert not Delivery.objects.exists()


# What is no text -----------------------------------------------------------------------------------------------------


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is read nothing in it is unpacked and no XML opened in this process; the limited one may."""

    def opened(*args: object, **kwargs: object) -> None:
        raise AssertionError("filen öppnades")

    def watched(*args: object, **kwargs: object) -> Reading:
        with monkeypatch.context() as patch:
            for owner, name in ((zlib, "decompress"), (zlib, "decompressobj"), (expat, "ParserCreate")):
                patch.setattr(owner, name, opened)
            return read(*args, **kwargs)  # type: ignore[arg-type]

    read = reading.read_parts
    monkeypatch.setattr(reading, "read_parts", watched)


@pytest.mark.asvs("1.5.1", "5.2.2", "5.2.3", "5.2.5", "5.2.6")
@pytest.mark.parametrize("name", bad_files.NOT_TEXT)
def test_fil_02_03_04_and_07_what_is_no_text_is_refused_unopened(
    client: GuardedClient, cast: Cast, collection: Collection, unopened: None, name: str
) -> None:
    """Bombs, entities, far cells, programs, web pages and packed files: told by their first bytes, whatever they are called."""
    make, kind = bad_files.NOT_TEXT[name]
    assert send(sign_in(client, cast.bo), make(), name).headers["Location"] == f"{PAGE}version/1/"
    page = client.get(f"{PAGE}version/1/").content.decode()
    assert "Filen avvisades" in page
    assert kind in page
    assert "(.txt eller .csv)" in page  # what to hand in instead
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.is_current, delivery.rows) == ("rejected", False, 0)
    assert status() == "not_started"


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("ending", [".xlsx", ".exe", ".pdf", ""])
def test_fil_07_a_right_text_is_read_whatever_it_is_called(
    client: GuardedClient, cast: Cast, collection: Collection, ending: str
) -> None:
    """The content decides: people rename files, and a name is only shown."""
    assert send(sign_in(client, cast.bo), files.good(), f"nov{ending}").headers["Location"] == f"{PAGE}granska/"


# Odd texts -----------------------------------------------------------------------------------------------------------


def with_row(number: int, row: bytes) -> bytes:
    """The right file with another line in one place."""
    rows = files.good().split(b"\r\n")
    rows[number - 1] = row
    return b"\r\n".join(rows)


ROW_3 = files.lines()[2]
ODD: dict[str, tuple[Callable[[], bytes], str]] = {
    "NUL": (files.nul_bytes, "inte är text (NUL)"),
    "a line of 10 MB": (lambda: with_row(3, b"0488;" + b"x" * 10_000_000), "Rad 3 är 10\u00a0000\u00a00"),
    "UTF-16": (files.utf16_with_bom, ""),
    "UTF-16 without mark": (files.utf16_without_bom, ""),
    "UTF-16 with half a pair": (lambda: b"\xff\xfe" + "0488;\ud800;".encode("utf-16-le", "surrogatepass"), "UTF-16"),
    "cp1252": (files.good, ""),
    "UTF-8 with mark": (files.utf8_with_bom, ""),
    "CR alone": (lambda: files.good().replace(b"\r\n", b"\r"), ""),
    "250 001 rows": (lambda: files.good().split(b"\r\n")[0].join([b""] + [b"\r\n"] * 250_001), "250\u00a0001 rader"),
    "an open quote": (lambda: with_row(3, ROW_3.replace(";", ';"', 1).encode("cp1252")), ""),
    "surrogates in UTF-8": (lambda: with_row(3, ROW_3.encode("cp1252").replace(b";", b";\xed\xa0\x80", 1)), ""),
    "control signs": (lambda: with_row(3, ROW_3.replace(";", ";\x01\x1b[31m\x7f", 1).encode("cp1252")), ""),
    "U+2028 and RTL marks": (lambda: files.text().replace("0488;", "0488;\u2028\u202e", 1).encode(), ""),
    "nothing but separators": (lambda: b";" * 39 + b"\r\n", "tomma rader"),
}
"""Name: its maker, and the words of the refusal; "" where the file is read and its rows are checked."""


@pytest.mark.asvs("2.1.1")
@pytest.mark.parametrize("name", ODD)
def test_fil_05_odd_files_are_read_or_answered_with_a_sentence(
    client: GuardedClient, cast: Cast, collection: Collection, name: str
) -> None:
    make, words = ODD[name]
    answer = send(sign_in(client, cast.bo), make(), follow=True)
    assert answer.status_code == 200
    delivery = Delivery.objects.get()
    if words:
        assert answer.redirect_chain == [(f"{PAGE}version/1/", 302)]
        assert words in answer.content.decode()
        assert delivery.status == "rejected"
        return
    assert answer.redirect_chain == [(f"{PAGE}granska/", 302)]
    assert delivery.rows == files.ROWS
    for address in (f"{PAGE}rad/1/", f"{PAGE}rad/3/", f"{PAGE}version/1/"):
        assert client.get(address).status_code == 200


SLICES = st.tuples(st.integers(0, 4_000), st.binary(max_size=30))


@pytest.mark.asvs("2.1.1")
@pytest.mark.django_db
@given(st.lists(SLICES, min_size=1, max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fil_05_a_right_file_with_any_bytes_written_over_it_is_answered(
    cast: Cast, collection: Collection, spots: list[tuple[int, bytes]]
) -> None:
    content = bytearray(files.good())
    for place, piece in spots:
        content[place : place + len(piece)] = piece
    client = sign_in(GuardedClient(), cast.bo)
    Delivery.objects.all().delete()
    Submission.objects.filter(unit=cast.trosa).update(status="not_started")
    assert send(client, bytes(content), follow=True).status_code == 200
    assert Delivery.objects.get().status in {"checked", "rejected"}


# Names ---------------------------------------------------------------------------------------------------------------

NAMES = {
    "../../etc/passwd.txt": "passwd.txt",
    "C:\\hemligt\\fil.txt": "fil.txt",
    "x" * 300 + ".txt": "x" * 251 + ".txt",
    "\u202etxt.exe": "txt.exe",
    "a\0b.txt": "ab.txt",
    "<svg onload=alert(1)>.txt": "&lt;svg onload=alert(1)&gt;.txt",
    "å ä ö.txt": "å ä ö.txt",
}


@pytest.mark.asvs("5.3.1", "5.3.2", "5.3.3")
@pytest.mark.parametrize("name", NAMES)
def test_fil_06_an_odd_name_is_shown_escaped_and_is_never_a_path_or_a_header(
    client: GuardedClient, cast: Cast, collection: Collection, name: str
) -> None:
    answer = send_raw(sign_in(client, cast.bo), files.good(), name=name)
    assert answer.status_code == 302, name
    delivery = Delivery.objects.get()
    shown = storage.name_of(delivery)
    assert "/" not in shown
    assert "\\" not in shown
    assert shown.isprintable()
    for address in (PAGE, f"{PAGE}version/1/"):
        page = client.get(address).content.decode()
        assert NAMES[name] in page
        assert "<svg onload" not in page
    download = client.post(f"{PAGE}version/1/hamta/")
    assert "".join(download.headers.values()).isascii()
    assert "Trosa" in download.headers["Content-Disposition"]
    assert not re.search(r"passwd|hemligt|svg|exe|xxx|%C3%A5", str(download.headers))
    assert not AuditEvent.objects.filter(object__contains=shown[:10]).exists()


# The scanner ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("5.4.3")
def test_fil_10_a_malicious_file_is_refused_before_anything_is_kept(
    client: GuardedClient, cast: Cast, collection: Collection, settings: LazySettings
) -> None:
    with FakeClamd() as clamd:
        settings.CLAMD_URL = clamd.url
        answer = send(sign_in(client, cast.bo), bad_files.EICAR, "nov.txt")
        assert answer.status_code == 422
        assert "hittade skadlig kod i filen" in answer.content.decode()
        assert not Delivery.objects.exists()
        assert status() == "not_started"
        event = AuditEvent.objects.get(code="file:infected")
        assert (event.actor_id, event.unit, event.object) == (cast.bo.pk, "0488", "0488/2026")
        assert event.result == "Eicar-Test-Signature"
        assert send(client, files.good()).headers["Location"] == f"{PAGE}granska/"
        assert clamd.received == [bad_files.EICAR, files.good()]


@pytest.mark.asvs("5.4.3")
@pytest.mark.parametrize("answer", [None, b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK FOUND ERROR\0"])
def test_fil_10_without_a_clean_answer_no_file_is_taken_in(
    client: GuardedClient, cast: Cast, collection: Collection, settings: LazySettings, answer: bytes | None
) -> None:
    """clamd is down (None), hangs up, or answers with an error: refused with a clear word, and one alarm an hour."""
    with FakeClamd(answer=answer) as clamd:
        settings.CLAMD_URL = clamd.url
        sign_in(client, cast.bo)
        for _ in range(2):
            refused = send(client, files.good())
            assert refused.status_code == 503
            assert "Viruskontrollen svarar inte just nu" in refused.content.decode()
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.filter(code="operation:alarm").count() == 1
    assert not AuditEvent.objects.filter(code="file:infected").exists()


def test_without_a_scanner_files_are_taken_in(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    assert send(sign_in(client, cast.bo), files.good()).headers["Location"] == f"{PAGE}granska/"


def test_a_file_is_named_by_its_form(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    """A file in a field that the form does not have is no file."""
    answer = sign_in(client, cast.bo).post(f"{PAGE}lamna/", {"annan": SimpleUploadedFile("fil.txt", files.good())})
    assert answer.status_code == 422
    assert not Delivery.objects.exists()
