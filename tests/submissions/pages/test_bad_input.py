"""What people send by mistake: each gets a clear answer at the right place, and nothing is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import limits
from accounts.models import Session
from submissions import synthetic
from submissions.models import Collection, Correction, Delivery, Submission
from submissions.services import deliver, storage
from tests import files
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, links, send, status, with_value


@pytest.mark.asvs("2.1.1", "2.2.1", "5.2.2")
@pytest.mark.parametrize("name", [name for name in files.REFUSED if name != "tom.txt"])
def test_fil_05_and_07_a_refused_file_is_kept_and_told_what_was_seen_and_expected(
    client: GuardedClient, cast: Cast, collection: Collection, name: str
) -> None:
    make, check = files.REFUSED[name]
    answer = send(sign_in(client, cast.bo), make(), name, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}version/1/", 302)]
    page = answer.content.decode()
    assert "Filen avvisades" in page
    assert "Det här såg vi" in page
    assert "Vi väntade oss" in page or "Enligt postbeskrivningen" in page
    assert f"/kontroller/{check}/" in page
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.is_current) == ("rejected", False)
    assert storage.content_of(delivery) == make()
    assert status() == "not_started"
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{PAGE}granska/", follow=True).redirect_chain == [(PAGE, 302)]


@pytest.mark.asvs("2.1.1", "2.2.1")
@pytest.mark.parametrize("name", files.ACCEPTED)
def test_fil_05_an_odd_but_readable_file_is_read(client: GuardedClient, cast: Cast, collection: Collection, name: str) -> None:
    make, findings = files.ACCEPTED[name]
    answer = send(sign_in(client, cast.bo), make(), name, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}granska/", 302)]
    delivery = Delivery.objects.get()
    assert delivery.is_current
    found = storage.findings_of(delivery)
    assert [check for check in found["check"] if check.startswith("FIL")] == list(findings)
    if findings:
        group = links(answer, rf"[^\"]*/anmarkningar/{findings[0]}/[^\"#]*")[0]
        page = client.get(group)
        assert page.status_code == 200
        for row in links(page, r"[^\"]*/rad/[0-9]+/"):
            assert client.get(row).status_code == 200


@pytest.mark.asvs("2.1.1", "2.2.1")
def test_fil_05_an_empty_file_and_no_file_are_answered_at_the_field(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    empty = send(client, b"")
    assert empty.status_code == 422
    assert "Filen är tom (0 byte)" in empty.content.decode()
    none = client.post(f"{PAGE}lamna/", {})
    assert none.status_code == 422
    assert "Välj en fil först" in none.content.decode()
    text = client.post(f"{PAGE}lamna/", {"file": "inte en fil"})
    assert text.status_code == 422
    assert not Delivery.objects.exists()


@pytest.mark.asvs("5.2.1")
@pytest.mark.parametrize("size", [1_001, 3_000_000, 9_000_000])
def test_fil_01_a_file_past_the_cap_is_413_at_the_field_and_not_stored(
    client: GuardedClient, cast: Cast, collection: Collection, settings: LazySettings, size: int
) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000
    answer = send(sign_in(client, cast.bo), b"x" * size)
    assert answer.status_code == 413
    assert "större än 100 MB" in answer.content.decode()
    assert not Delivery.objects.exists()


@pytest.mark.asvs("5.1.1")
def test_fil_01_the_cap_is_the_one_that_the_page_tells(settings: LazySettings) -> None:
    assert settings.UPLOAD_MAX_BYTES == limits.UPLOAD_BYTES == 100_000_000


@pytest.mark.asvs("5.3.1", "5.3.2", "5.3.3")
@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\hemligt\\fil.txt", "x" * 300 + ".txt", "\u202etxt.exe", "a\0b.txt", "<b>fil</b>.txt", "å ä ö.txt"],
)
def test_fil_06_a_files_name_is_shown_escaped_and_is_never_a_path(
    client: GuardedClient, cast: Cast, collection: Collection, name: str
) -> None:
    answer = send(sign_in(client, cast.bo), files.good(), name)
    assert answer.status_code == 302
    page = client.get(PAGE).content.decode()
    assert "<b>fil" not in page
    assert "/etc/" not in page
    assert "hemligt" not in page


def test_the_same_file_twice_is_told_and_can_be_explained(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    send(client, files.good())
    again = send(client, files.good(), follow=True)
    page = again.content.decode()
    assert "Samma fil har redan lämnats" in page
    assert list(Delivery.objects.order_by("version").values_list("is_current", flat=True)) == [False, True]
    (explain,) = links(again, r"[^\"]*/anmarkningar/FIL05/[^\"]*#forklaring")
    group = explain.removesuffix("#forklaring")
    assert client.get(group).status_code == 200
    client.post(f"{group}forklara/", {"text": "Vi lämnade om för säkerhets skull."})
    assert Delivery.objects.get(is_current=True).uncommented == 0


@pytest.mark.asvs("5.2.4")
def test_fil_08_the_fifty_first_file_of_the_day_is_refused_at_the_field(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    send(client, b"%PDF-1.7")
    first = Delivery.objects.get()
    for number in range(2, 51):
        first.pk, first.version = None, number
        first.save(force_insert=True)
    answer = send(client, files.good())
    assert answer.status_code == 429
    assert "50 filer i dag" in answer.content.decode()
    assert Delivery.objects.count() == 50


def form(**values: object) -> dict[str, object]:
    """A correction's form as the row's page sends it."""
    return {"version": 1, "revision": 0, "value": "nytt", **values}


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize(
    ("row", "field", "value", "words"),
    [
        (3, 6, "a;b", "semikolon"),
        (3, 6, "a\nb", "semikolon"),
        (3, 6, "x" * 201, "längre än 200 tecken"),
        (3, 6, "x" * 10_000, "längre än 200 tecken"),
        (3, 6, "a\0b", "styrtecken"),
        (3, 8, "Namn", "går inte att rätta"),
        (3, 41, "1", "går inte att rätta"),
        (999_999, 6, "nytt", "finns inte i filen"),
    ],
)
def test_a_value_that_cannot_be_is_answered_with_a_sentence(
    client: GuardedClient, cast: Cast, collection: Collection, row: int, field: int, value: str, words: str
) -> None:
    send(sign_in(client, cast.bo), files.good())
    answer = client.post(f"{PAGE}rad/{row}/falt/{field}/ratta/", form(value=value))
    assert answer.status_code in {404, 422}
    if answer.status_code == 422 and field in range(1, 41) and field != 8:
        assert words in answer.content.decode()
    assert not Correction.objects.exists()


@pytest.mark.asvs("1.4.2")
@pytest.mark.parametrize("values", [{"version": 7}, {"version": "x"}, {"revision": ""}, {"revision": -1}, {"revision": 10**30}])
def test_a_form_of_another_time_is_answered_kindly(
    client: GuardedClient, cast: Cast, collection: Collection, values: dict[str, object]
) -> None:
    send(sign_in(client, cast.bo), files.good())
    answer = client.post(f"{PAGE}rad/3/falt/6/ratta/", form(**values), follow=True)
    assert "Sidan var för gammal" in answer.content.decode()
    assert not Correction.objects.exists()
    answer = client.post(f"{PAGE}klarmarkera/", form(**values), follow=True)
    assert "Sidan var för gammal" in answer.content.decode()


def test_the_second_to_correct_a_value_reads_what_the_other_wrote(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    send(sign_in(client, cast.bo), files.good())
    assert client.post(f"{PAGE}rad/3/falt/6/ratta/", form(value="bos")).status_code == 302
    anna = sign_in(GuardedClient(), cast.anna)
    answer = anna.post(f"{PAGE}rad/3/falt/6/ratta/", form(value="annas"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Bo Ask ändrade samma värde till bos" in page
    assert 'value="annas"' in page
    assert Correction.objects.count() == 1


def test_the_same_correction_pressed_twice_is_made_once_and_said_to_be_made(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    send(sign_in(client, cast.bo), files.good())
    for _ in range(2):
        assert "fält 6 är rättat" in client.post(f"{PAGE}rad/3/falt/6/ratta/", form(value="bos"), follow=True).content.decode()
    assert Correction.objects.get().undone_at is None
    assert Delivery.objects.get().revision == 1
    same_as_bos = sign_in(GuardedClient(), cast.anna).post(f"{PAGE}rad/3/falt/6/ratta/", form(value="bos"))
    assert same_as_bos.status_code == 422


def test_a_correction_that_would_have_the_file_refused_is_refused_itself(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    one_row = files.encoded(files.lines()[:1])
    send(sign_in(client, cast.bo), one_row)
    answer = client.post(f"{PAGE}rad/1/falt/1/ratta/", form(value="0480"))
    assert answer.status_code == 422
    assert "hela filen avvisas" in answer.content.decode()
    assert Delivery.objects.get().revision == 0


def test_klarmarkera_twice_gives_one_receipt(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    send(sign_in(client, cast.bo), files.good())
    codes = []
    for _ in range(2):
        page = client.post(f"{PAGE}klarmarkera/", form(), follow=True)
        codes.append(page.context["receipt"].code)
    assert codes[0] == codes[1]


def test_klarmarkera_of_changed_data_is_refused(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    send(sign_in(client, cast.bo), files.good())
    client.post(f"{PAGE}rad/3/falt/6/ratta/", form())
    answer = client.post(f"{PAGE}klarmarkera/", form(), follow=True)
    assert "Någon har rättat ett värde" in answer.content.decode()
    assert status() == "under_review"


def test_an_upload_to_a_handed_in_submission_is_refused(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    send(sign_in(client, cast.bo), files.good())
    client.post(f"{PAGE}klarmarkera/", form())
    answer = send(client, files.good())
    assert answer.status_code == 403
    assert "Ta tillbaka den först" in answer.content.decode()
    assert "behörighet" not in answer.content.decode()
    assert Delivery.objects.count() == 1


def test_signed_out_elsewhere_during_an_upload_the_person_is_not_told_that_nothing_was_saved(
    client: GuardedClient, cast: Cast, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, cast.bo)

    def ended_meanwhile(**values: Any) -> Delivery:
        Session.objects.all().delete()
        return received(**values)

    received = deliver.try_check
    monkeypatch.setattr(deliver, "try_check", ended_meanwhile)
    answer = send(client, files.good(), follow=True)
    assert answer.redirect_chain == [("/?besked=avbruten", 302)]
    page = answer.content.decode()
    assert "Du loggades ut medan sidan arbetade" in page
    assert "Ingenting har ändrats" not in page
    assert Delivery.objects.get().is_current


def test_htmx_gets_the_row_alone(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    review = send(sign_in(client, cast.bo), with_value(synthetic.delivery("0488", 100, 7), 5, 16, "5"), follow=True)
    (group,) = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")
    values = form(check="KOD06", group=group.split("/")[-2], page=1)
    address, htmx = f"{PAGE}rad/5/falt/16/ratta/", {"HX-Request": "true"}
    refused = client.post(address, {**values, "value": "a;b"}, headers=htmx).content.decode()
    assert refused.lstrip().startswith("<tr")
    assert "semikolon" in refused
    wrong = client.post(address, {**values, "value": "8"}, headers=htmx).content.decode()
    assert "Rättad" in wrong
    assert "1 anmärkning kvar" in wrong
    right = client.post(address, {**values, "revision": 1, "value": "1"}, headers=htmx).content.decode()
    assert "inga fler anmärkningar" in right


@pytest.mark.asvs("1.4.2")
@pytest.mark.parametrize(
    "address",
    ["9999/2026/", "04%0088/2026/", "0488/1999/", "0488/2026/anmarkningar/KOD06/0000/", "0488/2026/rad/99999999999999999999/"],
)
def test_what_is_not_there_is_404(client: GuardedClient, cast: Cast, collection: Collection, address: str) -> None:
    assert sign_in(client, cast.bo).get(f"/inlamning/{address}").status_code == 404


def test_submission_pages_stand_without_a_file(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    for address in ("granska/", "rattelser/", "klarmarkera/", "kvittens/"):
        assert client.get(f"{PAGE}{address}", follow=True).redirect_chain == [(PAGE, 302)]
    assert client.post(f"{PAGE}klarmarkera/", form(), follow=True).status_code == 200
    assert client.post(f"{PAGE}ta-tillbaka/", follow=True).status_code == 200
    Submission.objects.filter(unit=cast.trosa).update(status="under_review")
    assert client.get(PAGE).status_code == 200


def test_before_the_opening_the_page_says_when(
    client: GuardedClient, cast: Cast, collection: Collection, clock: time_machine.Coordinates
) -> None:
    clock.move_to(datetime(2026, 10, 1, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm")))
    page = sign_in(client, cast.bo).get(PAGE).content.decode()
    assert "Insamlingen öppnar 2026-10-12" in page
    assert 'type="file"' not in page
    assert send(client, files.good()).status_code == 403
    assert not Delivery.objects.exists()


@pytest.mark.asvs("5.2.1")
def test_fil_01_a_large_file_is_answered_also_where_the_forms_token_is_asked_for(
    cast: Cast, collection: Collection, settings: LazySettings
) -> None:
    """The token is read from the body before the view sees the request, so the cap must hold there already."""
    settings.UPLOAD_MAX_BYTES = 1_000
    client = sign_in(GuardedClient(enforce_csrf_checks=True), cast.bo)
    page = client.get(f"{PAGE}lamna/", secure=True)
    token = str(page.context["csrf_token"])
    for size, status_code in ((1_001, 413), (2_000_000, 413), (9_000_000, 413)):
        values = {"csrfmiddlewaretoken": token, "file": SimpleUploadedFile("fil.txt", b"x" * size)}
        answer = client.post(f"{PAGE}lamna/", values, headers={"Referer": "https://testserver/"})
        assert answer.status_code == status_code
