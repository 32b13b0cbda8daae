"""The main job through the pages: upload, see, correct, explain, hand in, receipt, take back."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from accounts.models import AuditEvent
from submissions import synthetic
from submissions.models import Collection, Comment, Correction, Delivery, Receipt, Submission
from tests.cast import Cast, sign_in
from tests.client import GuardedClient

PAGE = "/inlamning/0488/2026/"


def send(client: GuardedClient, content: bytes, name: str = "trosa.txt", *, follow: bool = False) -> HttpResponse:
    """Upload a file for Trosa."""
    return client.post(f"{PAGE}lamna/", {"file": SimpleUploadedFile(name, content)}, follow=follow)


def links(response: HttpResponse, pattern: str) -> list[str]:
    """Addresses in the page that match, in order."""
    return list(dict.fromkeys(re.findall(rf'href="({pattern})"', response.content.decode())))


def with_value(content: bytes, row: int, field: int, value: str) -> bytes:
    """The file with one value changed; rows and fields count from 1."""
    lines = content.split(b"\r\n")
    fields = lines[row - 1].split(b";")
    fields[field - 1] = value.encode("cp1252")
    lines[row - 1] = b";".join(fields)
    return b"\r\n".join(lines)


def status() -> str:
    """Where Trosa's submission stands."""
    return Submission.objects.get(unit__code="0488").status


def test_a_clean_file_is_handed_in_and_gives_a_receipt(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    assert client.get("/inlamning/", follow=True).redirect_chain[-1][0] == PAGE

    answer = send(client, synthetic.delivery("0488", 400, 7), follow=True)
    assert answer.redirect_chain == [(f"{PAGE}granska/", 302)]
    assert "Windows-1252" in answer.content.decode()
    assert status() == "under_review"
    delivery = Delivery.objects.get()
    assert (delivery.is_current, delivery.fel, delivery.rows) == (True, 0, 400)

    assert "400" in client.get(f"{PAGE}klarmarkera/").content.decode()
    answer = client.post(f"{PAGE}klarmarkera/", {"version": 1, "revision": 0}, follow=True)
    receipt = Receipt.objects.get()
    assert receipt.code in answer.content.decode()
    assert receipt.sha256 == delivery.sha256
    assert status() == "handed_in"

    client.post(f"{PAGE}ta-tillbaka/", follow=True)
    assert status() == "under_review"
    assert "Gäller inte längre" in client.get(f"{PAGE}kvittens/").content.decode()


def test_a_wrong_value_is_corrected_in_the_page(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    clean = synthetic.delivery("0488", 300, 7)
    review = send(client, with_value(clean, 17, 16, "5"), follow=True)
    assert "Måste rättas" in review.content.decode()
    assert Delivery.objects.get().fel == 1
    blocked = client.post(f"{PAGE}klarmarkera/", {"version": 1, "revision": 0}, follow=True)
    assert "1 anmärkning måste rättas först" in blocked.content.decode()

    (group,) = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")
    page = client.get(group)
    assert "Rad 17" in page.content.decode()
    form = {"version": 1, "revision": 0, "check": "KOD06", "group": group.split("/")[-2], "page": 1}
    still_wrong = client.post(f"{PAGE}rad/17/falt/16/ratta/", {**form, "value": "8"}, follow=True)
    assert "kontrollerad igen" in still_wrong.content.decode()
    assert Delivery.objects.get().fel == 1

    answer = client.post(f"{PAGE}rad/17/falt/16/ratta/", {**form, "revision": 1, "value": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{PAGE}granska/"
    assert (Delivery.objects.get().fel, Delivery.objects.get().revision) == (0, 2)
    assert Correction.objects.filter(undone_at=None).count() == 1

    client.post(f"{PAGE}rattelser/{Correction.objects.get(undone_at=None).pk}/angra/", follow=True)
    assert Delivery.objects.get().fel == 1


def test_a_group_is_explained_and_the_explanation_follows_to_the_next_file(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    content = with_value(synthetic.delivery("0488", 300, 7), 9, 14, "12AB")
    review = send(client, content, follow=True)
    assert Delivery.objects.get().uncommented == 1
    (group,) = list(links(review, r"[^\"]*/anmarkningar/KOD10/[^\"#]*"))
    refused = client.post(f"{group}forklara/", {"text": "Det är 811218-9876 som har den koden"})
    assert refused.status_code == 422
    assert "Skriv inte personnummer" in refused.content.decode()

    answer = client.post(f"{group}forklara/", {"text": "Egen kod för vikarier, stämmer."}, follow=True)
    assert "Egen kod för vikarier" in answer.content.decode()
    assert Delivery.objects.get().uncommented == 0
    assert b"Egen kod" not in bytes(Comment.objects.get().text_sealed)

    again = send(client, with_value(content, 11, 6, "nytt"), follow=True)
    assert "återanvänd från version 1" in again.content.decode()
    assert Delivery.objects.get(is_current=True).uncommented == 0


def test_a_new_file_replaces_the_current_one_and_the_old_stays_listed(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    send(client, synthetic.delivery("0488", 100, 7), name="första.txt")
    send(client, synthetic.delivery("0488", 120, 8), name="andra.txt")
    assert list(Delivery.objects.order_by("version").values_list("version", "is_current")) == [(1, False), (2, True)]
    page = client.get(PAGE).content.decode()
    assert "första.txt" in page
    assert "andra.txt" in page
    assert "Ersatt" in page
    assert client.get(f"{PAGE}version/1/").status_code == 200
    assert client.get(f"{PAGE}version/9/").status_code == 404


@pytest.mark.asvs("8.2.3", "14.2.6", "16.3.2")
def test_log_07_personnummer_are_masked_until_revealed_and_the_reveal_is_logged(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    clean = synthetic.delivery("0488", 200, 7)
    number = clean.split(b"\r\n")[4].split(b";")[6].decode()
    wrong = number[:9] + str((int(number[9]) + 1) % 10)
    review = send(client, with_value(clean, 5, 7, wrong), follow=True)
    (group,) = links(review, r"[^\"]*/anmarkningar/FMT06/[^\"]*")
    assert wrong not in review.content.decode()
    masked = client.get(group).content.decode()
    assert wrong not in masked
    assert f"{wrong[:6]}-****" in masked
    assert wrong not in client.get(f"{PAGE}rad/5/?falt=7").content.decode()
    bos = AuditEvent.objects.filter(code="data:read", actor_id=cast.bo.pk, unit="0488")
    assert list(bos.order_by("pk").values_list("object", "result")) == [
        ("0488/2026 version 1, kontroll FMT06 fält 7, rad 5", "personnummer maskade"),
        ("0488/2026 version 1, rad 5", "personnummer maskade"),
    ]

    for page in ("1", "²", "x", ""):
        assert wrong in client.post(f"{group}visa/", {"page": page}).content.decode()
    assert wrong in client.post(f"{PAGE}rad/5/visa/").content.decode()
    assert bos.filter(result="personnummer visade").count() == 5

    officer = sign_in(GuardedClient(), cast.officer)
    for address in (group, f"{PAGE}rad/5/"):
        assert wrong not in officer.get(address).content.decode()
    assert AuditEvent.objects.filter(code="data:read", actor_id=cast.officer.pk, result__endswith="maskade").count() == 2
    for address in (f"{group}visa/", f"{PAGE}rad/5/visa/"):
        refused = officer.post(address)
        assert refused.status_code == 403
        assert "i administrationen, där ändamålet skrivs ner" in refused.content.decode()


@pytest.mark.asvs("8.1.1", "8.2.2", "8.4.1", "16.3.2")
@pytest.mark.parametrize("address", ["", "lamna/", "granska/", "klarmarkera/", "rattelser/", "kvittens/", "version/1/", "rad/1/"])
def test_beh_02_anothers_unit_does_not_exist(client: GuardedClient, cast: Cast, collection: Collection, address: str) -> None:
    send(sign_in(client, cast.bo), synthetic.delivery("0488", 50, 7))
    assert sign_in(client, cast.dan).get(f"{PAGE}{address}").status_code == 404


@pytest.mark.asvs("8.1.2", "8.2.1", "8.3.1")
def test_beh_09_a_reader_sees_everything_and_changes_nothing(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    content = with_value(with_value(synthetic.delivery("0488", 100, 7), 3, 16, "5"), 9, 14, "12AB")
    review = send(sign_in(client, cast.bo), content, follow=True)
    (wrong,) = links(review, r"[^\"]*/anmarkningar/KOD06/[^\"]*")
    (odd,) = links(review, r"[^\"]*/anmarkningar/KOD10/[^\"#]*")
    sign_in(client, cast.cia)
    for address in (
        PAGE,
        f"{PAGE}granska/",
        wrong,
        odd,
        f"{PAGE}rad/3/",
        f"{PAGE}rattelser/",
        f"{PAGE}lamna/",
        f"{PAGE}version/1/",
    ):
        page = client.get(address)
        assert page.status_code == 200, address
        assert "Rätta</button>" not in page.content.decode()
        assert 'type="file"' not in page.content.decode()
    assert "Du är Läsare i Trosa kommun" in client.get(PAGE).content.decode()
    form = {"version": 1, "revision": 0, "value": "1", "check": "KOD06", "group": wrong.split("/")[-2], "text": "Stämmer."}
    posts = ("klarmarkera/", "ta-tillbaka/", "rad/3/falt/16/ratta/", "rad/3/visa/")
    for address in (*(f"{PAGE}{post}" for post in posts), f"{odd}forklara/", f"{odd}ta-bort-forklaring/", f"{wrong}visa/"):
        assert client.post(address, form).status_code == 403, address
    assert send(client, content).status_code == 403
    assert Delivery.objects.get().revision == 0
