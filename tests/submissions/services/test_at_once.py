"""Two at once: uploads, corrections of one value, Klarmarkera. Real threads, real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from accounts import limits
from accounts.access import NotAllowed
from accounts.exports import TooManyExports
from accounts.models import AuditEvent
from submissions import synthetic
from submissions.models import (
    Correction,
    CorrectionBatch,
    Delivery,
    Receipt,
    ReopenRequest,
    Submission,
    SubmissionEvent,
    Supplement,
)
from submissions.services import batches, deliver, export, intake, reopen, review, supplements, versions
from submissions.services.batches import Wanted
from submissions.services.correct import Conflict, correct
from tests.cast import Cast
from tests.submissions.services.test_batches import group_of, spoiled

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run the jobs in a thread each, started together; results or exceptions in the same order."""
    answers: list[object] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(number: int, job: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            answers[number] = job()
        except Exception as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def delivered(submission: Submission, cast: Cast, content: bytes) -> Delivery:
    """A file that is received and checked."""
    at = timezone.now()
    received = deliver.receive_delivery(submission=submission, content=content, name="fil.txt", by=cast.bo, at=at)
    return deliver.check_delivery(delivery=received, at=at)


def test_of_two_uploads_at_once_both_are_kept_and_the_last_is_current(trosa: Submission, cast: Cast) -> None:
    files = [synthetic.delivery("0488", 120, seed) for seed in (1, 2, 3)]
    answers = at_once(*(lambda content=content: delivered(trosa, cast, content) for content in files))
    assert all(isinstance(answer, Delivery) for answer in answers), answers
    rows = list(Delivery.objects.order_by("version").values_list("version", "status", "is_current"))
    assert rows == [(1, "checked", False), (2, "checked", False), (3, "checked", True)]
    assert Submission.objects.get(pk=trosa.pk).status == "under_review"


@pytest.mark.asvs("5.2.4")
def test_fil_08_uploads_at_once_do_not_pass_the_limit_of_the_day(
    trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOADS_PER_UNIT_AND_DAY", 2)
    contents = [synthetic.delivery("0488", 120 + number, 1) for number in range(5)]
    answers = at_once(*[lambda content=content: delivered(trosa, cast, content) for content in contents])  # type: ignore[misc]
    assert sum(isinstance(answer, Delivery) for answer in answers) == 2
    assert sum(isinstance(answer, intake.TooManyFiles) for answer in answers) == 3
    assert Delivery.objects.count() == 2


def test_of_two_earlier_files_made_current_at_once_one_is(trosa: Submission, cast: Cast) -> None:
    older = [delivered(trosa, cast, synthetic.delivery("0488", 80, seed)) for seed in (1, 2)]
    delivered(trosa, cast, synthetic.delivery("0488", 80, 3))
    answers = at_once(*(lambda one=one: versions.activate(delivery=one, by=cast.bo, at=timezone.now()) for one in older))
    assert all(isinstance(answer, Delivery) for answer in answers), answers
    assert Delivery.objects.filter(is_current=True).count() == 1
    assert Delivery.objects.get(is_current=True).version in {1, 2}


def test_a_test_file_handed_in_by_five_presses_at_once_is_one_version(trosa: Submission, cast: Cast) -> None:
    at, content = timezone.now(), synthetic.delivery("0488", 80, 1)
    tried = deliver.receive_delivery(submission=trosa, content=content, name="fil.txt", by=cast.bo, at=at, is_test=True)
    tried = deliver.check_delivery(delivery=tried, at=at)
    press = lambda: versions.deliver_for_real(delivery=tried, by=cast.bo, at=timezone.now())  # noqa: E731
    answers = at_once(*[press] * 5)
    assert {answer.version for answer in answers if isinstance(answer, Delivery)} == {2}, answers
    assert Delivery.objects.filter(is_test=False).count() == 1
    assert Delivery.objects.get(version=2).is_current


def test_of_two_position_lists_at_once_one_holds(trosa: Submission, cast: Cast) -> None:
    def give(label: str) -> Callable[[], object]:
        return lambda: supplements.add_supplement(
            submission=trosa,
            kind=Supplement.Kind.POSITIONS,
            content=f"1234;{label}".encode(),
            name="koder.txt",
            note="",
            by=cast.bo,
            at=timezone.now(),
        )

    answers = at_once(give("Undersköterska"), give("Biträde"))
    assert all(isinstance(answer, Supplement) for answer in answers), answers
    assert list(Supplement.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert Supplement.objects.in_force().get().number == 2


def test_the_second_to_correct_the_same_value_is_told_what_the_other_wrote(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, synthetic.delivery("0488", 120, 1))
    at = timezone.now()

    def change(by: object, value: str) -> Callable[[], object]:
        return lambda: correct(delivery=delivery, row=3, field=6, value=value, expected_revision=0, by=by, at=at)

    answers = at_once(change(cast.anna, "annas"), change(cast.bo, "bos"))
    (loser,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(loser, Conflict)
    winner = "Bo Ask ändrade samma värde till bos" if "Bo Ask" in str(loser) else "Anna Ek ändrade samma värde till annas"
    assert winner in str(loser)
    assert "inte sparat" in str(loser)
    assert Correction.objects.count() == 1


def test_two_corrections_of_different_values_both_hold(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, synthetic.delivery("0488", 120, 1))
    at = timezone.now()
    answers = at_once(
        lambda: correct(delivery=delivery, row=3, field=6, value="ett", expected_revision=0, by=cast.anna, at=at),
        lambda: correct(delivery=delivery, row=4, field=6, value="två", expected_revision=0, by=cast.bo, at=at),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert Delivery.objects.get().revision == 2
    assert Correction.objects.filter(undone_at=None).count() == 2


def test_of_two_who_correct_the_same_rows_together_at_once_one_is_asked_to_look_again(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, spoiled({16: dict.fromkeys((3, 8), "5")}))
    group, at = group_of(delivery, "KOD06"), timezone.now()
    answers = at_once(
        *(
            lambda by=by, value=value: batches.correct_batch(
                delivery=delivery, group=group, wanted=Wanted(value), reason="Fel kod.", expected_revision=0, by=by, at=at
            )
            for by, value in ((cast.anna, "1"), (cast.bo, "2"))
        )
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "CorrectionBatch"], answers
    batch = CorrectionBatch.objects.get()
    assert Delivery.objects.get().revision == 1
    undone = at_once(*[lambda: batches.undo_batch(batch=batch, by=cast.bo, at=at)] * 2)
    assert sum(isinstance(answer, Conflict) for answer in undone) == 1
    assert Delivery.objects.get().revision == 2


def test_klarmarkera_pressed_by_three_at_once_gives_one_receipt(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, synthetic.delivery("0488", 120, 1))
    at = timezone.now()
    answers = at_once(
        *(
            lambda by=by: review.hand_in(submission=trosa, delivery=delivery, expected_revision=0, by=by, at=at)
            for by in (cast.anna, cast.bo, cast.bo)
        )
    )
    assert {getattr(answer, "code", answer) for answer in answers} == {Receipt.objects.get().code}
    assert SubmissionEvent.objects.filter(to_status="handed_in").count() == 1


def test_nobody_employed_and_the_file_signed_at_once_give_one_receipt(trosa: Submission, cast: Cast) -> None:
    """Anna signs the file while Bo says that there was nobody: one of them is told, and one thing is handed in."""
    delivery = delivered(trosa, cast, synthetic.delivery("0488", 120, 1))
    at = timezone.now()
    answers = at_once(
        lambda: review.hand_in(submission=trosa, delivery=delivery, expected_revision=0, by=cast.anna, at=at),
        lambda: review.hand_in_nobody(submission=trosa, expected_version=1, by=cast.bo, at=at),
    )
    (loser,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(loser, NotAllowed)
    receipt = Receipt.objects.get()
    assert Delivery.objects.get().is_current is (receipt.delivery is not None)
    assert SubmissionEvent.objects.filter(to_status="handed_in").count() == 1


def test_a_request_granted_and_taken_back_at_once_is_answered_once(trosa: Submission, cast: Cast) -> None:
    delivery, at = delivered(trosa, cast, synthetic.delivery("0488", 120, 1)), timezone.now()
    review.hand_in(submission=trosa, delivery=delivery, expected_revision=0, by=cast.bo, at=at)
    review.begin_review(submission=trosa, by=cast.officer, at=at)
    review.approve(submission=trosa, by=cast.officer, at=at)
    asked = at_once(*[lambda: reopen.ask_to_reopen(submission=trosa, reason="Fel.", by=cast.bo, at=at)] * 3)
    assert {getattr(answer, "pk", answer) for answer in asked} == {ReopenRequest.objects.get().pk}
    answers = at_once(
        lambda: reopen.grant_request(submission=trosa, by=cast.officer, at=at),
        lambda: reopen.grant_request(submission=trosa, by=cast.coordinator, at=at),
        lambda: reopen.take_back_request(submission=trosa, by=cast.bo, at=at),
    )
    assert sum(isinstance(answer, NotAllowed) for answer in answers) == 2
    is_granted = ReopenRequest.objects.get().outcome == "granted"
    assert Submission.objects.get(pk=trosa.pk).status == ("under_review" if is_granted else "approved")


@pytest.mark.asvs("2.3.2", "2.3.4", "7.5.3")
def test_exp_03_exports_at_once_do_not_pass_the_limit_of_the_hour(trosa: Submission, cast: Cast) -> None:
    delivery = delivered(trosa, cast, synthetic.delivery("0488", 60, 1))
    at = timezone.now()
    answers = at_once(*(lambda: export.file_of(delivery=delivery, by=cast.bo, at=at) for _ in range(26)))
    assert sum(isinstance(answer, export.Export) for answer in answers) == 20
    assert sum(isinstance(answer, TooManyExports) for answer in answers) == 6
    assert AuditEvent.objects.filter(code="data:exported").count() == 20
    assert AuditEvent.objects.filter(code="operation:alarm").count() == 1
