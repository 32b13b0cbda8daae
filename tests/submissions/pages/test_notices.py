"""What the unit is told by mail when its submission moves: that it did, never what it holds. And the way to other years."""

from __future__ import annotations

from django.utils import timezone

from submissions import synthetic
from submissions.models import Collection, Delivery, Receipt, Submission
from submissions.services import review
from submissions.services.collections import open_collection
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.submissions.pages.test_main_flow import PAGE, send


def _hand_in(client: GuardedClient, cast: Cast) -> Submission:
    sign_in(client, cast.bo)
    send(client, synthetic.delivery("0488", 100, 7))
    revision = Delivery.objects.get(is_current=True).revision
    client.post(f"{PAGE}klarmarkera/", {"version": 1, "revision": revision})
    return Submission.objects.get(unit=cast.trosa)


def test_the_unit_gets_the_receipt_code_and_the_answer_but_no_reader_does(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    submission = _hand_in(client, cast)
    client.post(f"{PAGE}klarmarkera/", {"version": 1, "revision": 0})  # pressed twice: one mail each
    for person in (cast.anna, cast.bo):
        (mail,) = sent_mails(to=person.email)
        assert mail.subject == "Kvittens: personalstatistiken 2026 är inlämnad"
        assert Receipt.objects.get().code in mail.body
    assert sent_mails(to=cast.cia.email) == []

    review.begin_review(submission=submission, by=cast.officer, at=timezone.now())
    review.return_to_unit(submission=submission, reason="Se över lönerna i äldreomsorgen.", by=cast.officer, at=timezone.now())
    assert any("ser över" in mail.subject for mail in sent_mails(to=cast.anna.email))
    assert all("äldreomsorgen" not in mail.body for mail in sent_mails())


def test_approval_is_told(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    submission = _hand_in(client, cast)
    review.begin_review(submission=submission, by=cast.officer, at=timezone.now())
    review.approve(submission=submission, by=cast.officer, at=timezone.now())
    assert any(mail.subject == "SKR har godkänt personalstatistiken 2026" for mail in sent_mails(to=cast.bo.email))


def test_one_unit_goes_straight_in_and_finds_its_other_years_there(
    client: GuardedClient, cast: Cast, collection: Collection
) -> None:
    open_collection(year=2025, by=None, at=timezone.now())
    sign_in(client, cast.bo)
    assert client.get("/inlamning/")["Location"] == PAGE
    assert 'href="/inlamning/0488/2025/"' in client.get(PAGE).content.decode()
