"""A file whose letters can be read in two ways is asked about; a delivery may come in several files, or as a workbook."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEvent
from submissions.models import Collection, Correction, CorrectionBatch, Delivery, Field, Layout
from submissions.services import storage
from tests import files
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.engine.test_formats import book
from tests.submissions.pages.test_exports import table_of
from tests.submissions.pages.test_main_flow import PAGE, links, send, status

RIGHT = "Hus ”Eken”"


def doubtful() -> bytes:
    """One value with quotation marks of print, which DOS reads as letters, and no other letter to tell by."""
    rows = [line.split(";") for line in files.text().encode("ascii", "replace").decode().splitlines()]
    rows[2][5] = RIGHT
    return "".join(";".join(values) + "\r\n" for values in rows).encode("cp1252")


def send_parts(client: GuardedClient, *parts: bytes, kind: str = "riktig", **extra: object):
    chosen = [SimpleUploadedFile(f"del{number}.txt", content) for number, content in enumerate(parts, 1)]
    return client.post(f"{PAGE}lamna/", {"file": chosen, "kind": kind}, **extra)


@pytest.mark.parametrize("count", [51, 99, 100, 101, 230])
def test_too_many_files_are_answered_at_the_field(client: GuardedClient, cast: Cast, collection: Collection, count: int) -> None:
    """Also where there are more than Django reads: the form comes back with what was chosen besides."""
    chosen = [SimpleUploadedFile(f"del{number}.txt", b"%d" % number) for number in range(count)]
    answer = sign_in(client, cast.bo).post(f"{PAGE}lamna/", {"kind": "test", "file": chosen})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert ("högst 50 på en gång" in page) if count < 100 else ("Du valde fler än de 50 filer" in page)
    assert re.search(r'value="test"[^>]* checked', page)
    assert not Delivery.objects.exists()


def test_a_doubtful_file_is_asked_about_and_read_again(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    page = send(sign_in(client, cast.bo), doubtful(), follow=True).content.decode()
    assert "Vilka värden ser rätt ut?" in page
    assert RIGHT in page
    assert "Hus öEkenö" in page
    client.post(f"{PAGE}rad/3/falt/4/ratta/", {"version": 1, "revision": 0, "value": "00077"})
    refused = client.get(f"{PAGE}klarmarkera/").content.decode()
    assert "Svara först på om å, ä och ö i filen är rätt lästa" in refused
    assert status() == "under_review"

    answer = client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"}, follow=True)
    page = answer.content.decode()
    assert "läst igen som Windows-1252" in page
    assert "Vilka värden ser rätt ut?" not in page
    delivery = Delivery.objects.get()
    assert (delivery.encoding, delivery.chosen_encodings, delivery.is_encoding_unsure) == ("cp1252", ["cp1252"], False)
    frame = storage.current_frame(delivery)
    assert (frame["f6"][2], frame["f4"][2]) == (RIGHT, "00077")  # the correction stays
    assert Correction.objects.count() == 1
    assert AuditEvent.objects.filter(code="file:encoding:chosen").count() == 1
    again = client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp850"}, follow=True).content.decode()
    assert "redan besvarad" in again


def test_rows_corrected_together_stay_when_the_file_is_read_again(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    rows = [line.split(b";") for line in doubtful().split(b"\r\n")[:-1]]
    for number in (4, 6):
        rows[number][15] = b"5"
    sent = send(sign_in(client, cast.bo), b"".join(b";".join(values) + b"\r\n" for values in rows), follow=True)
    group = links(sent, r"[^\"]*/anmarkningar/KOD06/[^\"]*")[0]
    client.post(f"{group}byt/alla/", {"version": 1, "revision": 0, "value": "1", "reason": "Fel kod i lönesystemet"})
    client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"})
    delivery = Delivery.objects.get()
    frame = storage.current_frame(delivery)
    assert (frame["f6"][2], frame["f16"][4], frame["f16"][6]) == (RIGHT, "1", "1")
    assert storage.findings_of(delivery).filter(check="KOD06").is_empty()
    batch = CorrectionBatch.objects.get(undone_at=None)
    client.post(f"{PAGE}rattelser/samlad/{batch.pk}/angra/")
    frame = storage.current_frame(Delivery.objects.get())
    assert (frame["f6"][2], frame["f16"][4], frame["f16"][6]) == (RIGHT, "5", "5")


def test_a_doubtful_test_file_is_asked_about_before_real_files_are_taken(
    client: GuardedClient, cast: Cast, collection: Collection, clock: Any
) -> None:
    Collection.objects.filter(pk=collection.pk).update(delivers_on=date(2026, 11, 20))
    page = send_parts(sign_in(client, cast.bo), doubtful(), kind="test", follow=True).content.decode()
    assert page.count("Det här är rätt") == 2
    read = client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"}, follow=True).content.decode()
    assert "läst igen som Windows-1252" in read
    assert "Det här är rätt" not in read
    delivery = Delivery.objects.get()
    assert (delivery.is_test, delivery.is_current, delivery.chosen_encodings) == (True, False, ["cp1252"])
    assert status() == "not_started"


def test_what_was_answered_for_a_test_file_is_not_asked_again_when_it_is_handed_in(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    send_parts(sign_in(client, cast.bo), doubtful(), kind="test")
    client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"})
    page = client.post(f"{PAGE}version/1/lamna/", follow=True).content.decode()
    assert "Det här är rätt" not in page
    assert storage.current_frame(Delivery.objects.get(is_current=True))["f6"][2] == RIGHT


@pytest.mark.parametrize("answer", ["", "utf-8", "cp437", "hitte-på"])
def test_only_what_was_offered_can_be_answered(client: GuardedClient, cast: Cast, collection: Collection, answer: str) -> None:
    send(sign_in(client, cast.bo), doubtful())
    client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": answer}, follow=True)
    assert Delivery.objects.get().is_encoding_unsure


def test_several_files_become_one_delivery(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    lines = files.lines()
    parts = files.encoded(lines[:20]), "".join(f"{line}\n" for line in lines[20:]).encode()
    answer = send_parts(sign_in(client, cast.bo), *parts, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}granska/", 302)]
    page = answer.content.decode()
    assert "i 2 delar" in page
    assert "Windows-1252 och UTF-8" in page
    assert "<li>del1.txt, 20\N{NO-BREAK SPACE}rader</li>" in page
    delivery = Delivery.objects.get()
    assert (delivery.part_sizes, delivery.rows) == ([len(part) for part in parts], len(lines))
    assert storage.contents_of(delivery, storage.content_of(delivery)) == list(parts)
    assert "Del 2, rad 1" in client.get(f"{PAGE}rad/21/").content.decode()
    assert "del1.txt, del2.txt" in client.get(f"{PAGE}version/1/").content.decode()


def test_the_same_file_twice_in_one_upload_is_answered_at_the_field(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    answer = send_parts(sign_in(client, cast.bo), files.good(), files.good())
    assert answer.status_code == 422
    assert "har samma innehåll" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_an_empty_file_among_others_is_answered_at_the_field(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    answer = send_parts(sign_in(client, cast.bo), files.good(), b"")
    assert answer.status_code == 422
    assert "Filen är tom" in answer.content.decode()


def test_a_workbook_is_taken_in(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    rows = [line.split(";") for line in files.lines()]
    answer = send(sign_in(client, cast.bo), book([files.NAMES.split(";"), *rows]), "nov.xlsx", follow=True)
    assert "kalkylblad (.xlsx)" in answer.content.decode()
    delivery = Delivery.objects.get()
    assert (delivery.format, delivery.encoding, delivery.rows, delivery.fel) == ("xlsx", "", files.ROWS, 0)
    assert client.get(f"{PAGE}version/1/").status_code == 200


def test_a_row_of_a_later_file_is_called_by_its_part_everywhere(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    lines = files.lines()
    send_parts(sign_in(client, cast.bo), files.encoded(lines[:20]), files.encoded(lines[20:]))
    done = client.post(f"{PAGE}rad/22/falt/4/ratta/", {"version": 1, "revision": 0, "value": "00077"}, follow=True)
    assert "Del 2, rad 2: fält 4 är rättat" in done.content.decode()
    answer = client.post(f"{PAGE}andringslista/hamta/", {"kind": "csv"})
    heading, only = table_of(answer)
    assert (only[heading.index("Del")], only[heading.index("Rad")]) == ("2", "2")
    heading, *rows = table_of(client.post(f"{PAGE}hamta/felkolumn/", {"kind": "csv"}))
    assert [(row[heading.index("Del")], row[heading.index("Rad")]) for row in (rows[19], rows[20])] == [("1", "20"), ("2", "1")]
    undone = client.post(f"{PAGE}rattelser/{Correction.objects.get().pk}/angra/", follow=True)
    assert "Rättelsen på del 2, rad 2 är ångrad" in undone.content.decode()


def test_the_same_employment_in_two_files_is_told_once(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    lines = files.lines()
    parts = files.encoded(lines[:20]), files.encoded(lines[15:])
    page = send_parts(sign_in(client, cast.bo), *parts, follow=True).content.decode()
    assert "5 anställningsnummer finns både i del 1 och i del 2." in page


def test_the_answer_about_letters_stays_with_the_file(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    send(sign_in(client, cast.bo), doubtful())
    client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"})
    send(client, files.good())
    page = client.post(f"{PAGE}version/1/aktivera/", follow=True).content.decode()
    assert "gäller igen" in page
    assert "Vilka värden ser rätt ut?" not in page
    assert storage.current_frame(Delivery.objects.get(version=1))["f6"][2] == RIGHT


def test_a_test_file_handed_in_for_real_is_not_asked_about_again(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    send_parts(sign_in(client, cast.bo), doubtful(), kind="test")
    client.post(f"{PAGE}version/1/teckenkodning/", {"part": 1, "encoding": "cp1252"})
    page = client.post(f"{PAGE}version/1/lamna/", follow=True).content.decode()
    assert "Vilka värden ser rätt ut?" not in page
    delivery = Delivery.objects.get(version=2)
    assert (delivery.is_current, delivery.chosen_encodings, delivery.is_encoding_unsure) == (True, ["cp1252"], False)


def test_each_doubtful_part_is_asked_about_by_itself(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    """The same bytes can mean different letters in two files; what is answered of one says nothing of the other."""
    rows = [line.split(b";") for line in doubtful().split(b"\r\n")[:-1]]
    rows[11][5] = rows[2][5]
    lines = [b";".join(values) + b"\r\n" for values in rows]
    first, second = b"".join(lines[:10]), b"".join(lines[10:-1])
    plain = files.encoded(files.lines()[-1:])
    page = send_parts(sign_in(client, cast.bo), first, plain, second, follow=True).content.decode()
    assert "i 2 av filerna går att läsa på mer än ett sätt" in page
    assert ("Del 1: " in page, "Del 2: " in page, "Del 3: " in page) == (True, False, True)
    address = f"{PAGE}version/1/teckenkodning/"
    assert "redan besvarad" in client.post(address, {"part": 2, "encoding": "cp850"}, follow=True).content.decode()

    page = client.post(address, {"part": 3, "encoding": "cp850"}, follow=True).content.decode()
    assert "Del 3 är läst igen som CP850 (DOS)" in page
    assert "Svara också på frågan om nästa del." in page
    assert ("Del 1: " in page, "Del 3: " in page) == (True, False)
    assert Delivery.objects.get().is_encoding_unsure
    page = client.post(address, {"part": 1, "encoding": "cp1252"}, follow=True).content.decode()
    assert "Vilka värden ser rätt ut?" not in page
    delivery = Delivery.objects.get()
    assert (delivery.chosen_encodings, delivery.is_encoding_unsure) == (["cp1252", "", "cp850"], False)
    frame = storage.current_frame(delivery)
    assert (frame["f6"][2], frame["f6"][12]) == (RIGHT, "Hus öEkenö")

    row = frame["row"][12]
    client.post(f"{PAGE}rad/{row}/falt/4/ratta/", {"version": 1, "revision": delivery.revision, "value": "00077"})
    made = client.post(f"{PAGE}hamta/rattad-fil/").content
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        written = [archive.read(name) for name in archive.namelist()]
    assert written == [first, plain, second.replace(b";".join(rows[11][:4]), b";".join([*rows[11][:3], b"00077"]), 1)]


def test_a_file_by_last_years_layout_is_told_so(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    old = Layout.objects.create(name="PS-2025.1")
    fields = collection.layout.fields.filter(number__lte=38).values("number", "name", "numeric", "max_length")
    Field.objects.bulk_create(Field(layout=old, required_kommun="F", required_region="F", **values) for values in fields)
    last_year = {field.attname: getattr(collection, field.attname) for field in Collection._meta.concrete_fields}
    Collection.objects.create(**{**last_year, "id": None, "year": 2025, "layout_id": old.pk})
    page = send(sign_in(client, cast.bo), files.last_years_layout(), follow=True).content.decode()
    assert "Det ser ut som 2025 års postbeskrivning, PS-2025.1." in page
    assert "fält 39 Årets löneöversyn klar" in page
