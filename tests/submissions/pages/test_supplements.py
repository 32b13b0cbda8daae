"""Komplettera: kodförteckning, other files and the payroll system, on the pages (FIL-06, FIL-07, FIL-09 for supplements)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from accounts import limits
from config.lib.file_types import ending_of, is_of_type
from profiles.models import PayrollSystem, Unit
from submissions import synthetic
from submissions.models import Collection, Delivery, Submission, Supplement
from submissions.services import deliver
from submissions.services.collections import open_collection
from tests import files
from tests.cast import Cast, give_role, make_cast, make_unit, make_user, sign_in
from tests.client import GuardedClient
from tests.submissions.engine.test_formats import book
from tests.submissions.pages.test_hand_in import CLEAN
from tests.submissions.pages.test_main_flow import send, with_value

REGION = "/inlamning/0400/2026/"
PAGE = f"{REGION}komplettera/"
POSITIONS = Supplement.Kind.POSITIONS


@pytest.fixture
def rut(client: GuardedClient, db: None) -> GuardedClient:
    """Rut, Uppgiftslämnare of a region whose year is open."""
    make_cast()
    region = make_unit("0400", "Region Sörmland", Unit.Kind.REGION)
    rut = make_user("rut@region.example", "Rut Rask")
    give_role(rut, region, "submitter")
    open_collection(year=2026, by=None, at=timezone.now())
    return sign_in(client, rut)


def delivered(content: bytes | None = None) -> Delivery:
    """The region's file, checked."""
    submission = Submission.objects.select_related("unit", "collection").get(unit__code="0400")
    by = submission.unit.memberships.get().user
    received = deliver.receive_delivery(
        submission=submission, content=content or synthetic.delivery("0400", 80, 1), name="nov.txt", by=by, at=timezone.now()
    )
    return deliver.check_delivery(delivery=received, at=timezone.now())


def add(client: GuardedClient, content: bytes, name: str = "koder.txt", kind: str = POSITIONS, note: str = "") -> HttpResponse:
    return client.post(f"{PAGE}lagg-till/", {"kind": kind, "note": note, "file": SimpleUploadedFile(name, content)}, follow=True)


def codes_of_file(delivery: Delivery) -> list[str]:
    """The position codes that the region's file uses."""
    lines = synthetic.delivery("0400", 80, 1).decode("cp1252").splitlines()
    return sorted({line.split(";")[13] for line in lines} - {""})


def found(code: str) -> int:
    """How many findings of a check the current file has."""
    from submissions.services import storage

    delivery = Delivery.objects.get(is_current=True)
    return storage.findings_of(delivery).filter(check=code).height


# Kodförteckning ------------------------------------------------------------------------------------------------------


def test_a_region_is_told_that_the_list_is_missing_until_it_has_come(rut: GuardedClient) -> None:
    delivered()
    for page in (REGION, f"{REGION}granska/", PAGE):
        assert "Kodförteckning saknas" in rut.get(page).content.decode(), page
    add(rut, b"123;Chef\r\n")
    for page in (REGION, f"{REGION}granska/", PAGE):
        assert "Kodförteckning saknas" not in rut.get(page).content.decode(), page


def test_a_kommun_is_not_asked_for_a_list(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    assert "Kodförteckning saknas" not in client.get("/inlamning/0488/2026/").content.decode()
    assert "Kodförteckning saknas" not in client.get("/inlamning/0488/2026/komplettera/").content.decode()


def test_of_a_kommun_only_its_own_codes_need_stand_in_its_list(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    page = "/inlamning/0488/2026/komplettera/"
    sign_in(client, cast.bo)
    send(client, CLEAN)
    post = {"kind": POSITIONS, "note": ""}
    told = client.post(f"{page}lagg-till/", {**post, "file": SimpleUploadedFile("koder.txt", b"12AB;Vikarie\n")}, follow=True)
    assert "Filen har inga egna befattningskoder" in told.content.decode()
    send(client, with_value(CLEAN, 9, 14, "12AB"))
    told = client.get(page)
    assert "Alla 1\N{NO-BREAK SPACE}egen kod" not in told.content.decode()
    assert "Den egna koden i filen finns i förteckningen" in told.content.decode()
    other = SimpleUploadedFile("koder.txt", b"ANNAN;19811218-9876\n")
    told = client.post(f"{page}lagg-till/", {**post, "file": other}, follow=True).content.decode()
    assert "finns inte i förteckningen: 12AB." in told
    assert "9876" not in told  # a list of persons by mistake


def test_the_current_file_is_checked_against_the_list_as_it_comes_changes_and_goes(rut: GuardedClient) -> None:
    delivery = delivered()
    codes = codes_of_file(delivery)
    assert len(codes) > 3
    assert found("KOD09") == 0  # cannot be told without a list
    half = "".join(f"{code};Text\r\n" for code in codes[:2]).encode()
    page = add(rut, half).content.decode()
    assert "Årets fil är kontrollerad igen" in page
    assert "finns inte i förteckningen" in page
    missed = found("KOD09")
    assert missed
    whole = "".join(f"{code};Text\r\n" for code in [*codes, "99998", "99999"]).encode()
    page = add(rut, whole).content.decode()
    assert f"Alla {len(codes)}\N{NO-BREAK SPACE}koder i filen finns i förteckningen" in page
    assert "2\N{NO-BREAK SPACE}koder i förteckningen används inte" in page
    assert found("KOD09") == 0
    assert "Tidigare kompletteringar" in page
    assert list(Supplement.objects.order_by("number").values_list("number", "entries", "replaced_at")) == [
        (1, 2, timezone.now()),
        (2, len(codes) + 2, None),
    ]
    add(rut, half)
    assert found("KOD09") == missed
    rut.post(f"{PAGE}3/ta-bort/")
    assert found("KOD09") == 0
    assert not Supplement.objects.in_force().exists()


def test_a_list_in_a_workbook_is_read_as_one_in_text(rut: GuardedClient) -> None:
    delivery = delivered()
    codes = codes_of_file(delivery)
    page = add(rut, book([["Kod", "Klartext"], *([code, "=1+1"] for code in codes)]), "koder.xlsx").content.decode()
    assert f"Alla {len(codes)}\N{NO-BREAK SPACE}koder i filen finns i förteckningen" in page
    assert "=1+1" in page
    assert found("KOD09") == 0
    assert Supplement.objects.in_force().get().entries == len(codes)
    add(rut, book([[codes[0], "Läkare"]]), "koder.xlsx")
    assert found("KOD09")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (book([["101"], ["102"]]), "Kodförteckningen har ingen klartext"),
        (book([["101", "Läkare"]], [["102", "Sköterska"]]), "Arbetsboken har 2 blad med uppgifter"),
        (book([["101", "Läkare"]])[:-100] + bytes(100), "den är skadad och går inte att öppna"),
    ],
)
def test_a_list_in_a_workbook_that_cannot_be_read_is_answered_at_the_field(rut: GuardedClient, content: bytes, says: str) -> None:
    answer = add(rut, content, "koder.xlsx")
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Supplement.objects.exists()


def test_the_same_file_pressed_twice_is_kept_once(rut: GuardedClient) -> None:
    for _ in range(2):
        assert add(rut, b"123;Chef\r\n").status_code == 200
        assert add(rut, b"%PDF-1", "svar.pdf", Supplement.Kind.OTHER, "Svar").status_code == 200
    assert Supplement.objects.count() == 2
    add(rut, b"%PDF-1", "svar.pdf", Supplement.Kind.OTHER, "Något annat")
    assert Supplement.objects.count() == 3


def test_what_is_odd_in_the_list_is_told_by_line(rut: GuardedClient) -> None:
    page = add(rut, "kod;benämning\n101;Läkare\n102;\n101;Sjuksköterska\n;Ingen\n12345678;Lång\n".encode()).content.decode()
    for line in (
        "Rad 3: koden 102 saknar text",
        "Rad 4: koden 101 står också på rad 2, med en annan text",
        "Rad 5: texten har ingen kod",
        "Rad 6: koden 12345678 är längre än 6 tecken",
    ):
        assert line in page
    assert "3\N{NO-BREAK SPACE}koder" in page


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "koder.txt", "Filen är tom"),
        (b"bara text utan koder", "koder.txt", "ingen klartext"),
        (b"%PDF-1.7", "koder.pdf", "en textfil (.txt, .csv) eller ett kalkylblad (.xlsx, .ods)"),
        (b"%PDF-1.7", "koder.txt", "innehåller något annat"),
        (b"MZ\x90\0", "koder.csv", "innehåller något annat"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_and_nothing_is_kept(
    rut: GuardedClient, content: bytes, name: str, says: str
) -> None:
    answer = add(rut, content, name)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Supplement.objects.exists()


# Annat ---------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("5.2.2", "5.3.1", "5.4.1")
def test_another_file_is_kept_sealed_listed_and_given_back_as_it_came(rut: GuardedClient) -> None:
    content = b"%PDF-1.7\n%\xe2\xe3 hemligt"
    page = add(rut, content, "../../Lista <b>.pdf", Supplement.Kind.OTHER, "Lista över visstidsanställda").content.decode()
    assert "Lista &lt;b&gt;.pdf" in page
    assert "Lista över visstidsanställda" in page
    kept = Supplement.objects.get()
    assert b"hemligt" not in bytes(kept.content_sealed)
    answer = rut.post(f"{PAGE}1/hamta/")
    assert answer.content == content
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "personalstatistik-region-sormland-2026-komplettering-1.pdf" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "name", "note", "says"),
    [
        (b"MZ\x90", "program.exe", "x", "Den sortens fil tar vi inte emot"),
        (b"<html>", "lista.xlsx", "x", "innehåller något annat"),
        (b"PK\x03\x04 [Content_Types].xml xl/workbook.xml xl/vbaProject.bin", "makro.xlsx", "x", "innehåller något annat"),
        (b"\x89PNG\r\n\x1a\n", "bild.jpg", "x", "innehåller något annat"),
        (b"%PDF-1.7", "lista.pdf", "", "Skriv med några ord vad filen är"),
        (b"%PDF-1.7", "lista.pdf", "Om 811218-9876", "Skriv inte personnummer"),
        (b"%PDF-1.7" + bytes(limits.SUPPLEMENT_BYTES), "lista.pdf", "x", "större än 10 MB"),
    ],
)
@pytest.mark.asvs("5.2.1", "5.2.2")
def test_a_file_that_is_not_what_it_says_is_refused(rut: GuardedClient, content: bytes, name: str, note: str, says: str) -> None:
    answer = add(rut, content, name, Supplement.Kind.OTHER, note)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert list(answer.context["form"].errors) == ["file" if note == "x" else "note"]
    assert not Supplement.objects.exists()


@pytest.mark.parametrize(
    ("content", "ending", "expected"),
    [
        (files.xlsx(), ".xlsx", True),
        (b"PK\x03\x04 [Content_Types].xml xl/workbook.xml", ".xlsx", False),  # the names alone make no workbook
        ("Å;Ä".encode("utf-16"), ".txt", True),
        ("Å;Ä".encode("cp1252"), ".csv", True),
        (b"a\0b", ".txt", False),
        (b"\xff\xd8\xff\xe0", ".jpg", True),
        (b"\x89PNG\r\n\x1a\n", ".png", True),
        (b"\xef\xbb\xbf<html>", ".txt", False),
        (b"%PDF-1.7", "", False),
    ],
)
def test_types_are_told_by_their_own_bytes(content: bytes, ending: str, expected: bool) -> None:
    assert is_of_type(content, ending) is expected


def test_endings_are_told_whatever_their_case() -> None:
    assert [ending_of(name) for name in ("A.PDF", "b.jpeg", "c", "d.tar.gz", r"x\y.csv")] == [".pdf", ".jpg", "", ".gz", ".csv"]


def test_a_day_takes_fifty_supplements(rut: GuardedClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "SUPPLEMENTS_PER_UNIT_AND_DAY", 1)
    assert add(rut, b"%PDF-1", "a.pdf", Supplement.Kind.OTHER, "En").status_code == 200
    assert add(rut, b"%PDF-2", "b.pdf", Supplement.Kind.OTHER, "Två").status_code == 429


def test_after_the_hand_in_other_files_come_but_not_another_list(rut: GuardedClient) -> None:
    add(rut, b"123;Chef\r\n")
    Submission.objects.filter(unit__code="0400").update(status=Submission.Status.SKR_REVIEW)
    assert "Kodförteckningen kan inte bytas nu" in rut.get(PAGE).content.decode()
    assert add(rut, b"124;Chef\r\n").status_code == 403
    rut.post(f"{PAGE}1/ta-bort/")
    assert Supplement.objects.in_force().count() == 1
    assert add(rut, b"%PDF-1", "svar.pdf", Supplement.Kind.OTHER, "Svar till SKR").status_code == 200
    Collection.objects.update(closed_at=timezone.now())
    assert add(rut, b"%PDF-1", "svar.pdf", Supplement.Kind.OTHER, "Mer").status_code == 403


def test_the_list_is_taken_before_real_files_are(rut: GuardedClient) -> None:
    Collection.objects.update(delivers_on="2026-12-01")
    assert add(rut, b"123;Chef\r\n").status_code == 200


# Payroll system ------------------------------------------------------------------------------------------------------


def test_the_payroll_system_is_chosen_and_the_next_year_begins_with_it(rut: GuardedClient) -> None:
    page = rut.post(f"{PAGE}lonesystem/", {"system": "heroma", "other": ""}, follow=True).content.decode()
    assert "Filen kommer ur <strong>Heroma</strong>" in page
    assert "Lönesystem: Heroma." in rut.get(REGION).content.decode()
    PayrollSystem.objects.update(year=2025)
    page = rut.get(PAGE).content.decode()
    assert "2025 kom filen ur Heroma" in page
    assert '<option value="heroma" selected>' in page
    rut.post(f"{PAGE}lonesystem/", {"system": "annat", "other": "Lönetjänsten"})
    assert list(PayrollSystem.objects.order_by("year").values_list("year", "code", "other")) == [
        (2025, "heroma", ""),
        (2026, "annat", "Lönetjänsten"),
    ]


@pytest.mark.parametrize(
    ("system", "other", "says"),
    [
        ("", "", "Välj ett lönesystem i listan"),
        ("finns-inte", "", "Välj ett lönesystem i listan"),
        ("annat", "", "Skriv vad lönesystemet heter"),
        ("annat", "811218-9876", "Skriv bara lönesystemets namn"),
        ("annat", "x" * 61, "högst 60 tecken"),
    ],
)
def test_a_payroll_system_that_is_none_is_refused(rut: GuardedClient, system: str, other: str, says: str) -> None:
    answer = rut.post(f"{PAGE}lonesystem/", {"system": system, "other": other})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not PayrollSystem.objects.exists()


def test_the_same_system_again_is_no_news(rut: GuardedClient) -> None:
    for _ in range(2):
        rut.post(f"{PAGE}lonesystem/", {"system": "hogia", "other": "lämnas därhän"})
    assert Submission.objects.get(unit__code="0400").events.filter(text__startswith="Lönesystem").count() == 1
    assert PayrollSystem.objects.get().other == ""
