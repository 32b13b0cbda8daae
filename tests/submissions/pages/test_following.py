"""Nothing is asked twice, through the pages: explanations that follow or wait, drafts, ready answers and last year's words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.utils import timezone

from submissions import synthetic
from submissions.models import (
    CheckSetting,
    Collection,
    Comment,
    CommentDraft,
    Correction,
    CorrectionBatch,
    Delivery,
    Submission,
)
from submissions.services import batches, deliver, groups, storage
from submissions.services.collections import open_collection
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.pages.test_main_flow import PAGE, links, send, with_value

ODD = "12AB"  # a befattning of the unit's own: KOD10, which must be explained
CLEAN = synthetic.delivery("0488", 300, 7)
pytestmark = pytest.mark.django_db


def odd_rows(*rows: int, content: bytes = CLEAN) -> bytes:
    """The file with the odd befattning on those rows."""
    for row in rows:
        content = with_value(content, row, 14, ODD)
    return content


def group_address(review: HttpResponse) -> str:
    """The page of the odd rows."""
    (address,) = links(review, r"[^\"]*/anmarkningar/KOD10/[^\"#]*")
    return address


def explained(client: GuardedClient, *rows: int) -> str:
    """A file with the odd rows, explained; the group's address."""
    address = group_address(send(client, odd_rows(*rows), follow=True))
    client.post(f"{address}forklara/", {"text": "Egen kod för vikarier."})
    assert current().uncommented == 0
    return address


def current() -> Delivery:
    return Delivery.objects.get(is_current=True)


def text_of(answer: HttpResponse) -> str:
    """The page in one line."""
    return re.sub(r"\s+", " ", answer.content.decode())


# Explanations --------------------------------------------------------------------------------------------------------


def test_an_explanation_follows_its_rows_in_another_order(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    explained(sign_in(client, cast.bo), 9, 20)
    lines = odd_rows(9, 20).split(b"\r\n")[:-1]
    review = send(client, b"\r\n".join(reversed(lines)) + b"\r\n", follow=True)
    assert "återanvänd från version 1" in text_of(review)
    assert "Nytt att förklara" not in text_of(review)
    assert current().uncommented == 0


def test_new_rows_are_asked_about_and_taken_in_by_one_press(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    address = explained(sign_in(client, cast.bo), 9, 20, 30)
    review = send(client, odd_rows(9, 20, 30, 40, 50), follow=True)
    assert current().uncommented == 1
    assert "Nytt att förklara" in text_of(review)
    assert "Förklaringen gällde 3 rader. 2 nya har kommit till." in text_of(review)
    blocked = client.post(f"{PAGE}klarmarkera/", {"version": 2, "revision": 0}, follow=True)
    assert "1 grupp av anmärkningar måste rättas eller förklaras först" in text_of(blocked)

    answer = client.post(f"{address}forklara/", {"extend": "1"}, follow=True)
    assert "Förklaringen gäller nu också det som har kommit till." in text_of(answer)
    assert current().uncommented == 0
    given = Comment.objects.get(replaced_at=None)
    assert (given.text, given.rows, given.version) == ("Egen kod för vikarier.", 5, 2)
    send(client, with_value(odd_rows(9, 20, 30), 1, 6, "nytt"))
    assert current().uncommented == 0


def test_one_new_row_instead_of_an_old_one_is_asked_about(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    explained(sign_in(client, cast.bo), 9, 20)
    review = send(client, odd_rows(9, 21), follow=True)
    assert "Förklaringen gällde 2 rader. 1 ny har kommit till." in text_of(review)
    assert current().uncommented == 1


def test_a_figure_that_has_moved_is_asked_about_with_both_sentences(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    """AGG11, the share of old salaries: 50 percent, then 54 and then 70."""

    def old_salaries(share: int) -> bytes:
        lines = [line.split(b";") for line in CLEAN.split(b"\r\n")[:-1]]
        for number, fields in enumerate(lines):
            fields[38] = b"N" if number < share * len(lines) // 100 else b"J"
        return b"".join(b";".join(fields) + b"\r\n" for fields in lines)

    sign_in(client, cast.bo)
    CheckSetting.objects.filter(code="AGG11").update(level="varning")
    found = links(send(client, old_salaries(50), follow=True), r"[^\"]*/anmarkningar/AGG11/[^\"]*")
    (address,) = {link.split("#")[0] for link in found}
    client.post(f"{address}forklara/", {"text": "Revisionen är inte klar."})
    left = current().uncommented
    send(client, old_salaries(54))
    assert current().uncommented == left
    page = text_of(send(client, old_salaries(70), follow=True))
    assert current().uncommented == left + 1
    assert re.search(r"Förklaringen skrevs när det stod: ”[^”]*50[^”]*” Nu står det: ”[^”]*70[^”]*”", page)
    client.post(f"{address}forklara/", {"extend": "1"})
    assert current().uncommented == left


def test_what_is_extended_must_be_there(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    address = group_address(send(sign_in(client, cast.bo), odd_rows(9), follow=True))
    assert "Förklaringen är borttagen" in text_of(client.post(f"{address}forklara/", {"extend": "1"}, follow=True))
    assert not Comment.objects.exists()


# Drafts --------------------------------------------------------------------------------------------------------------

HTMX = {"HX-Request": "true"}


def test_what_is_begun_is_kept_for_its_writer_until_it_is_given(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    address = group_address(send(client, odd_rows(9), follow=True))
    saved = client.post(f"{address}utkast/", {"text": "Koden är vår eg"}, headers=HTMX)
    assert re.search(r"Utkast sparat kl\. \d\d\.\d\d", text_of(saved))
    client.post(f"{address}utkast/", {"text": "Koden är vår egen"}, headers=HTMX)
    assert b"Koden" not in bytes(CommentDraft.objects.get().text_sealed)
    assert current().uncommented == 1
    page = text_of(client.get(address))
    assert "Koden är vår egen</textarea>" in page
    assert "Det är inte lämnat som förklaring än" in page
    assert "Koden är vår egen" not in text_of(sign_in(GuardedClient(), cast.anna).get(address))

    client.post(f"{address}forklara/", {"text": "Koden är vår egen."})
    assert not CommentDraft.objects.exists()
    late = client.post(f"{address}utkast/", {"text": "Koden är vår egen."}, headers=HTMX)
    assert "Utkast sparat" not in text_of(late)
    assert not CommentDraft.objects.exists()


def test_a_draft_is_saved_by_a_button_without_scripts(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    address = group_address(send(sign_in(client, cast.bo), odd_rows(9), follow=True))
    assert f'formaction="{address}utkast/"' in client.get(address).content.decode()
    answer = client.post(f"{address}utkast/", {"text": "Koden"}, follow=True)
    assert "Utkast sparat" in text_of(answer)
    assert "Koden</textarea>" in text_of(answer)
    assert "sparas inte" in text_of(client.post(f"{address}utkast/", {"text": " "}, follow=True))
    assert not CommentDraft.objects.exists()


def test_a_draft_takes_no_personnummer(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    address = group_address(send(sign_in(client, cast.bo), odd_rows(9), follow=True))
    said = client.post(f"{address}utkast/", {"text": "Det är 811218-9876"}, headers=HTMX)
    assert "Skriv inte personnummer" in text_of(said)
    refused = client.post(f"{address}utkast/", {"text": "Det är 811218-9876"})
    assert refused.status_code == 422
    assert "Ett fel behöver rättas" in text_of(refused)
    assert "Skriv inte personnummer" in text_of(refused)
    assert not CommentDraft.objects.exists()


def test_drafts_go_after_thirty_days_or_when_the_submission_is_locked(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    address = group_address(send(sign_in(client, cast.bo), odd_rows(9), follow=True))
    client.post(f"{address}utkast/", {"text": "Koden"}, headers=HTMX)
    call_command("purge")
    assert CommentDraft.objects.count() == 1
    CommentDraft.objects.update(at=timezone.now() - timedelta(days=30))
    call_command("purge")
    assert not CommentDraft.objects.exists()
    client.post(f"{address}utkast/", {"text": "Koden"}, headers=HTMX)
    Submission.objects.filter(unit=cast.trosa).update(status="locked")
    call_command("purge")
    assert not CommentDraft.objects.exists()


# Ready answers and last year's words ---------------------------------------------------------------------------------


def test_a_ready_answer_explains_by_one_press(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    CheckSetting.objects.filter(code="KOD10").update(answers=["Koden är vår egen.", "Koden är ny i år."])
    address = group_address(send(sign_in(client, cast.bo), odd_rows(9), follow=True))
    page = client.get(address).content.decode()
    assert re.search(r'name="answer" value="1"[^>]*>Koden är ny i år\.', page)
    client.post(f"{address}forklara/", {"answer": "1"})
    assert Comment.objects.get(replaced_at=None).text == "Koden är ny i år."
    assert current().uncommented == 0
    for forged in ("2", "-1", "x", ""):
        assert client.post(f"{address}forklara/", {"answer": forged}).status_code == 422


def test_last_years_words_are_offered_for_the_same_deviation(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    year_before = open_collection(year=2025, by=None, at=timezone.now()).collection
    before = Submission.objects.select_related("unit", "collection").get(unit=cast.trosa, collection=year_before)
    file = odd_rows(9, content=synthetic.delivery("0488", 300, 7, previous=True))
    last = deliver.receive_delivery(submission=before, content=file, name="nov.txt", by=cast.bo, at=timezone.now())
    last = deliver.check_delivery(delivery=last, at=timezone.now())
    found = groups.groups_of(before, storage.findings_of(last))
    key = next(group.key for group in found if group.check == "KOD10")
    sign_in(client, cast.bo)
    client.post(f"/inlamning/0488/2025/anmarkningar/KOD10/{key}/forklara/", {"text": "Förra årets ord."})

    address = group_address(send(client, odd_rows(20), follow=True))
    assert key not in address
    assert "Förra året skrev ni" in text_of(client.get(address))
    client.post(f"{address}forklara/", {"last_year": "1"})
    assert Comment.objects.get(replaced_at=None, submission__collection=collection).text == "Förra årets ord."
    assert Delivery.objects.get(is_current=True, submission__collection=collection).uncommented == 0
    other = send(client, with_value(CLEAN, 9, 14, "34CD"), follow=True)
    assert "Förra året skrev ni" not in text_of(client.get(group_address(other)))
    assert client.post(f"{group_address(other)}forklara/", {"last_year": "1"}).status_code == 422


# Corrections ---------------------------------------------------------------------------------------------------------


def correct(client: GuardedClient, row: int, field: int, value: str) -> None:
    """A correction in the page of the row."""
    now = current()
    form = {"version": now.version, "revision": now.revision, "value": value}
    client.post(f"{PAGE}rad/{row}/falt/{field}/ratta/", form)


def reordered(content: bytes) -> bytes:
    """The rows from the last to the first."""
    return b"\r\n".join(reversed(content.split(b"\r\n")[:-1])) + b"\r\n"


def live() -> list[tuple[int, int, int]]:
    """The corrections in force of the current file: row, field, revision."""
    found = Correction.objects.filter(delivery=current(), undone_at=None)
    return list(found.order_by("row", "field").values_list("row", "field", "revision"))


def test_corrections_follow_to_the_next_file_and_are_seen_and_undone(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    wrong = with_value(with_value(with_value(CLEAN, 17, 16, "5"), 18, 16, "5"), 19, 16, "5")
    send(client, wrong)
    for row in (17, 18, 19):
        correct(client, row, 16, "1")
    assert current().fel == 0

    next_file = with_value(with_value(wrong, 18, 16, "1"), 19, 16, "8")  # mended, and changed
    review = send(client, reordered(next_file), follow=True)
    assert (current().version, current().fel, current().revision) == (2, 1, 1)
    assert live() == [(284, 16, 1)]
    assert Correction.objects.get(delivery=current()).by == cast.bo
    page = text_of(review)
    assert "1 rättelse följde med från version 1. 1 rättelse gjorde det inte." in page
    assert storage.current_frame(current()).filter(pl.col("row") == 284)["f16"].item() == "1"

    told = text_of(client.get(f"{PAGE}foljde-med/"))
    assert "Rad 284" in told
    assert "Värdet är redan rättat i filen" in told
    assert "Värdet är nu ett annat (8)" in told
    assert "Från version 1: 1 rättelse följde med, 1 rättelse fanns redan i filen, 1 rättelse följde inte med." in text_of(
        client.get(PAGE)
    )
    undo = f"{PAGE}rattelser/{Correction.objects.get(delivery=current()).pk}/angra/"
    assert client.post(undo, {"tillbaka": "foljde-med"})["Location"] == f"{PAGE}foljde-med/"
    assert (live(), current().fel) == ([], 2)
    assert client.post(undo, {"tillbaka": "https://example.org/"})["Location"] == f"{PAGE}rattelser/"
    assert "Rad 284" not in text_of(client.get(f"{PAGE}foljde-med/"))


def test_corrections_follow_through_a_refused_and_a_mended_file(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    sign_in(client, cast.bo)
    wrong = with_value(CLEAN, 17, 16, "5")
    send(client, wrong)
    correct(client, 17, 16, "1")
    send(client, b"%PDF-1.7")
    assert current().version == 1
    send(client, with_value(wrong, 3, 6, "nytt"))
    assert (current().version, live(), current().fel) == (3, [(17, 16, 1)], 0)
    send(client, CLEAN)
    assert (current().version, live(), current().revision) == (4, [], 0)
    assert "Värdet är redan rättat i filen" in text_of(client.get(f"{PAGE}foljde-med/"))
    assert "gjorde det inte" not in text_of(client.get(f"{PAGE}granska/"))


def test_a_batch_follows_with_the_rows_that_are_left_and_in_the_same_order(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    """Six rows are changed at once, one of them again by hand; the next file lacks one row and has mended another."""
    sign_in(client, cast.bo)
    wrong = CLEAN
    for row in range(11, 17):
        wrong = with_value(wrong, row, 16, "5")
    send(client, wrong)
    now = deliver.fresh(current())
    (group,) = (g for g in groups.groups_of(now.submission, storage.findings_of(now)) if g.check == "KOD06")
    batches.correct_batch(
        delivery=now,
        group=group,
        wanted=batches.Wanted(value="1"),
        reason="Koden är borttagen",
        expected_revision=0,
        by=cast.bo,
        at=timezone.now(),
    )
    correct(client, 12, 16, "4")
    lines = with_value(wrong, 13, 16, "1").split(b"\r\n")
    send(client, b"\r\n".join([*lines[:10], *lines[11:]]))
    batch = CorrectionBatch.objects.get(delivery=current())
    assert (batch.cells, batch.revision, batch.check_code, batch.by) == (4, 1, "KOD06", cast.bo)
    assert storage.cells_of(current(), batch)["row"].to_list() == [11, 13, 14, 15]
    assert live() == [(11, 16, 2)]
    laid = storage.current_frame(current()).filter(pl.col("row").is_in(range(11, 16)))["f16"].to_list()
    assert laid == ["4", "1", "1", "1", "1"]
    assert current().fel == 0
    told = text_of(client.get(f"{PAGE}foljde-med/"))
    assert "Koden är borttagen" in told
    assert "Raden finns inte i den nya filen" in told
    undone = client.post(f"{PAGE}rattelser/samlad/{batch.pk}/angra/", {"tillbaka": "foljde-med"})
    assert undone["Location"] == f"{PAGE}foljde-med/"
    assert current().fel == 3


def test_a_file_that_is_corrected_while_the_next_is_checked_is_planned_again(
    client: GuardedClient, cast: Cast, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, cast.bo)
    wrong = with_value(with_value(CLEAN, 17, 16, "5"), 18, 16, "5")
    send(client, wrong)
    correct(client, 17, 16, "1")
    real, done = deliver.outcome_of, []

    def slow(*args: Any, **kwargs: Any) -> Any:
        outcome = real(*args, **kwargs)
        if not done:
            done.append(True)
            correct(client, 18, 16, "1")
        return outcome

    trosa = Submission.objects.select_related("unit", "collection").get(unit=cast.trosa)
    after = with_value(wrong, 3, 6, "nytt")
    received = deliver.receive_delivery(submission=trosa, content=after, name="ny.txt", by=cast.bo, at=timezone.now())
    monkeypatch.setattr(deliver, "outcome_of", slow)
    deliver.check_delivery(delivery=received, at=timezone.now())
    assert (current().version, live(), current().fel) == (2, [(17, 16, 1), (18, 16, 2)], 0)


def test_what_followed_is_shown_for_explanations_too(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    sign_in(client, cast.bo)
    explained(client, 9, 20)
    other = with_value(odd_rows(9, 20, 30), 40, 14, "34CD")
    review = send(client, other, follow=True)
    assert "1 förklaring följde med från version 1." in text_of(review)
    page = client.get(f"{PAGE}foljde-med/")
    assert "Förklaringar som behöver ses över" in text_of(page)
    send(client, CLEAN)
    page = text_of(client.get(f"{PAGE}foljde-med/"))
    assert "Anmärkningen finns inte i den nya filen" in page
    given = Comment.objects.get(replaced_at=None)
    answer = client.post(f"{PAGE}anmarkningar/KOD10/{given.group}/ta-bort-forklaring/", {"from": "followed"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{PAGE}foljde-med/"
    assert "Inget följde med" in text_of(answer)
    assert not Comment.objects.filter(replaced_at=None).exists()
