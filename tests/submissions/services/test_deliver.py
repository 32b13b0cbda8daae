"""Receiving and checking: cut short, taken up again, refused, limited; and what stays sealed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEvent
from submissions import reading, synthetic
from submissions.models import Delivery, Submission
from submissions.services import deliver, intake, storage
from tests.cast import Cast, sign_in
from tests.client import GuardedClient

PAGE = "/inlamning/0488/2026/"
TABLES = ("submissions_delivery", "submissions_submission", "submissions_submissionevent")


def receive(submission: Submission, cast: Cast, content: bytes) -> Delivery:
    """A file that is stored and not yet checked."""
    return deliver.receive_delivery(submission=submission, content=content, name="fil.txt", by=cast.bo, at=timezone.now())


def test_the_same_file_sent_twice_before_its_check_is_kept_once(trosa: Submission, cast: Cast) -> None:
    content = synthetic.delivery("0488", 100, 1)
    first = receive(trosa, cast, content)
    assert receive(trosa, cast, content).pk == first.pk
    assert AuditEvent.objects.filter(code="file:uploaded").count() == 1
    others = [
        deliver.receive_delivery(submission=trosa, content=content, name="fil.txt", by=cast.anna, at=timezone.now()),
        deliver.receive_delivery(submission=trosa, content=content, name="fil.txt", by=cast.bo, at=timezone.now(), is_test=True),
        receive(trosa, cast, content + b"\n"),
    ]
    assert [delivery.version for delivery in others] == [2, 3, 4]
    deliver.take_up_unchecked(at=timezone.now())
    assert receive(trosa, cast, content).version == 5


def stands(submission: Submission) -> str:
    """The submission's status now."""
    return Submission.objects.get(pk=submission.pk).status


def test_a_check_that_never_began_is_taken_up_by_the_next_page_view(client: GuardedClient, trosa: Submission, cast: Cast) -> None:
    receive(trosa, cast, synthetic.delivery("0488", 100, 1))
    assert stands(trosa) == "received"
    sign_in(client, cast.bo)
    # A read that writes: the check that was cut short is the one thing a page view may finish.
    with client.allowed_to_write(*TABLES):
        page = client.get(f"{PAGE}granska/")
    assert page.status_code == 200
    assert Delivery.objects.get().is_current
    assert stands(trosa) == "under_review"


def cut_short(delivery: Delivery, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """A check whose process is killed as it reads."""

    def killed(*args: object, **kwargs: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_parts", killed)
        with pytest.raises(SystemExit):
            deliver.try_check(delivery=delivery, at=at)


def test_a_check_that_was_cut_short_is_taken_up_by_the_job_once_its_lease_is_over(
    trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates
) -> None:
    delivery = receive(trosa, cast, synthetic.delivery("0488", 100, 1))
    cut_short(delivery, monkeypatch, at=timezone.now())
    assert Delivery.objects.get().status == "received"
    assert deliver.take_up_unchecked(at=timezone.now()) == 0
    clock.shift(deliver.LEASE + timedelta(seconds=1))
    assert deliver.take_up_unchecked(at=timezone.now()) == 1
    assert Delivery.objects.get().is_current


def test_fil_11_a_check_cut_short_while_the_clock_was_ahead_is_taken_up_when_it_is_put_right(
    trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = receive(trosa, cast, synthetic.delivery("0488", 100, 1))
    cut_short(delivery, monkeypatch, at=timezone.now() + timedelta(days=1))
    assert deliver.take_up_unchecked(at=timezone.now()) == 1
    assert Delivery.objects.get().is_current


@pytest.mark.asvs("15.2.2")
def test_fil_11_a_check_that_breaks_loses_nothing_and_after_three_tries_is_refused_with_an_alarm(
    client: GuardedClient, trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("811218-9876")

    monkeypatch.setattr(reading, "read_parts", broken)
    delivery = receive(trosa, cast, b"vad som helst")
    for _ in range(limits.CHECK_ATTEMPTS - 1):
        assert deliver.try_check(delivery=delivery, at=timezone.now()).status == "received"
        clock.shift(deliver.LEASE + timedelta(seconds=1))
    assert deliver.take_up_unchecked(at=timezone.now()) == 1
    delivery.refresh_from_db()
    assert delivery.check_attempts == limits.CHECK_ATTEMPTS
    assert delivery.status == "rejected"
    assert storage.content_of(delivery) == b"vad som helst"
    assert AuditEvent.objects.filter(code="operation:alarm").count() == 1
    assert stands(trosa) == "not_started"
    assert "Filen är sparad" in sign_in(client, cast.bo).get(f"{PAGE}version/1/").content.decode()


def test_a_refused_file_never_takes_the_place_of_the_current_one(trosa: Submission, cast: Cast) -> None:
    first = deliver.check_delivery(delivery=receive(trosa, cast, synthetic.delivery("0488", 100, 1)), at=timezone.now())
    second = deliver.check_delivery(delivery=receive(trosa, cast, b"%PDF-1.7"), at=timezone.now())
    assert second.status == "rejected"
    assert Delivery.objects.get(is_current=True).pk == first.pk
    assert stands(trosa) == "under_review"


def test_an_older_file_that_is_checked_late_stays_replaced(trosa: Submission, cast: Cast) -> None:
    first = receive(trosa, cast, synthetic.delivery("0488", 100, 1))
    second = deliver.check_delivery(delivery=receive(trosa, cast, synthetic.delivery("0488", 110, 2)), at=timezone.now())
    deliver.check_delivery(delivery=first, at=timezone.now())
    assert Delivery.objects.get(is_current=True).pk == second.pk


@pytest.mark.asvs("5.2.4")
def test_fil_08_a_day_takes_fifty_files_and_five_hundred_megabytes(
    trosa: Submission, cast: Cast, client: GuardedClient, clock: time_machine.Coordinates
) -> None:
    receive(trosa, cast, b"1;2")
    Delivery.objects.update(size=499_999_999)
    with pytest.raises(intake.TooManyFiles, match="större än 500 MB"):
        receive(trosa, cast, b"1;2")
    Delivery.objects.update(size=3)
    for number in range(2, 51):
        receive(trosa, cast, b"fil %d" % number)
    with pytest.raises(intake.TooManyFiles, match="50 filer"):
        receive(trosa, cast, b"en till")
    clock.shift(timedelta(days=1))
    receive(trosa, cast, b"en till")


def test_nothing_of_a_file_lies_in_clear_in_the_database(trosa: Submission, cast: Cast) -> None:
    content = synthetic.delivery("0488", 100, 1)
    number = content.split(b";")[6]
    deliver.check_delivery(delivery=receive(trosa, cast, content), at=timezone.now())
    delivery = Delivery.objects.get()
    for name in ("name_sealed", "content_sealed", "frame_sealed", "findings_sealed", "summary_sealed"):
        assert number not in bytes(getattr(delivery, name))
    assert b"fil.txt" not in bytes(delivery.name_sealed)
    assert storage.content_of(delivery) == content
    assert storage.name_of(delivery) == "fil.txt"
    assert "f8" not in storage.current_frame(delivery).columns


def test_last_years_approved_rows_are_compared_with(trosa: Submission, cast: Cast) -> None:
    from submissions.services import review
    from submissions.services.collections import open_collection

    year_before = open_collection(year=2025, by=None, at=timezone.now()).collection
    before = Submission.objects.select_related("unit", "collection").get(unit=cast.trosa, collection=year_before)
    content = synthetic.delivery("0488", 300, 1, previous=True)
    last = deliver.check_delivery(delivery=receive(before, cast, content), at=timezone.now())
    Delivery.objects.filter(pk=last.pk).update(fel=0, uncommented=0)
    review.hand_in(submission=before, delivery=last, expected_revision=0, by=cast.bo, at=timezone.now() - timedelta(days=365))
    review.begin_review(submission=before, by=cast.officer, at=timezone.now())
    review.approve(submission=before, by=cast.officer, at=timezone.now())
    delivery = deliver.check_delivery(delivery=receive(trosa, cast, synthetic.delivery("0488", 300, 1)), at=timezone.now())
    summary = storage.summary_of(delivery)
    assert summary["has_previous"]
    assert summary["summary"]["lines"][0]["previous"] is not None
