"""Every move that the table does not list is refused; every step leaves its line and its audit event."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from submissions import states, synthetic
from submissions.models import Collection, Delivery, Receipt, Submission, SubmissionEvent
from submissions.services import deliver, review
from tests.cast import Cast

Status = Submission.Status


@pytest.mark.parametrize(("start", "to"), list(itertools.product(Status, Status)))
def test_only_listed_moves_are_made(trosa: Submission, cast: Cast, start: Status, to: Status) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status=start)
    trosa.refresh_from_db()
    if to in states.TRANSITIONS[start]:
        states.move(trosa, to, by=cast.bo, at=timezone.now(), text="flyttad")
        assert SubmissionEvent.objects.get().to_status == to
        assert AuditEvent.objects.get(code="submission:moved").result == f"{start.label} → {to.label}"
    else:
        with pytest.raises(states.Moved):
            states.move(trosa, to, by=cast.bo, at=timezone.now(), text="flyttad")
        assert not SubmissionEvent.objects.exists()


def test_a_move_from_an_old_page_is_refused(trosa: Submission, cast: Cast) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status=Status.APPROVED)
    with pytest.raises(states.Moved, match="Någon annan hann före: inlämningen är nu godkänd"):
        states.move(trosa, Status.RECEIVED, by=cast.bo, at=timezone.now(), text="fil")


def test_every_state_says_who_has_the_ball() -> None:
    assert set(states.MEANINGS) == set(Status) == set(states.TRANSITIONS)


def handed_in(trosa: Submission, cast: Cast) -> Delivery:
    """Trosa's file, handed in."""
    at = timezone.now()
    received = deliver.receive_delivery(
        submission=trosa, content=synthetic.delivery("0488", 80, 1), name="fil.txt", by=cast.bo, at=at
    )
    delivery = deliver.check_delivery(delivery=received, at=at)
    review.hand_in(submission=trosa, delivery=delivery, expected_revision=0, by=cast.bo, at=at)
    trosa.refresh_from_db()
    return delivery


def test_skr_takes_up_returns_and_approves(trosa: Submission, cast: Cast) -> None:
    delivery, at = handed_in(trosa, cast), timezone.now()
    with pytest.raises(NotAllowed, match="Bara SKR"):
        review.begin_review(submission=trosa, by=cast.bo, at=at)
    with pytest.raises(NotAllowed, match="Bara en inlämning som granskas"):
        review.approve(submission=trosa, by=cast.officer, at=at)
    review.begin_review(submission=trosa, by=cast.officer, at=at)
    with pytest.raises(NotAllowed, match="SKR har börjat granska"):
        review.withdraw(submission=trosa, by=cast.bo, at=at)
    with pytest.raises(NotAllowed, match="Skriv vad enheten"):
        review.return_to_unit(submission=trosa, reason=" ", by=cast.officer, at=at)
    with pytest.raises(NotAllowed, match="Skriv inte personnummer"):
        review.return_to_unit(submission=trosa, reason="Se över 811218-9876.", by=cast.officer, at=at)
    review.return_to_unit(submission=trosa, reason="Se över deltiderna.", by=cast.officer, at=at)
    assert not Receipt.objects.filter(withdrawn_at=None).exists()
    review.hand_in(submission=trosa, delivery=delivery, expected_revision=0, by=cast.bo, at=at)
    review.begin_review(submission=trosa, by=cast.officer, at=at)
    review.approve(submission=trosa, by=cast.officer, at=at, text="Tack!")
    assert Submission.objects.get(pk=trosa.pk).status == Status.APPROVED
    assert Receipt.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.parametrize("status", [Status.HANDED_IN, Status.SKR_REVIEW, Status.APPROVED, Status.LOCKED])
def test_no_file_is_taken_once_the_unit_has_handed_in(trosa: Submission, cast: Cast, status: Status) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status=status)
    trosa.refresh_from_db()
    with pytest.raises(NotAllowed):
        deliver.receive_delivery(submission=trosa, content=b"x", name="x", by=cast.bo, at=timezone.now())
    assert not Delivery.objects.exists()


def test_no_file_is_taken_before_the_opening_or_after_the_closing(trosa: Submission, cast: Cast, collection: Collection) -> None:
    with pytest.raises(NotAllowed, match="öppnar 2026-10-12"):
        states.check_can_upload(cast.bo, trosa, today=date(2026, 10, 11))
    states.check_can_upload(cast.bo, trosa, today=date(2026, 12, 24))
    trosa.collection.closed_at = timezone.now()
    with pytest.raises(NotAllowed, match="stängd"):
        states.check_can_upload(cast.bo, trosa, today=date(2026, 12, 24))


def test_a_moved_due_date_stays_within_the_year(trosa: Submission, cast: Cast) -> None:
    at = timezone.now()
    review.move_due_date(submission=trosa, to=date(2026, 12, 10), by=cast.coordinator, at=at)
    assert Submission.objects.get(pk=trosa.pk).granted_due_date == date(2026, 12, 10)
    with pytest.raises(NotAllowed, match="Senaste möjliga datum är 2026-12-15"):
        review.move_due_date(submission=trosa, to=date(2026, 12, 16), by=cast.coordinator, at=at)


def test_a_file_that_waits_for_its_check_stops_the_hand_in(trosa: Submission, cast: Cast) -> None:
    at = timezone.now()
    first = deliver.check_delivery(
        delivery=deliver.receive_delivery(
            submission=trosa, content=synthetic.delivery("0488", 80, 1), name="1", by=cast.bo, at=at
        ),
        at=at,
    )
    deliver.receive_delivery(submission=trosa, content=synthetic.delivery("0488", 90, 2), name="2", by=cast.bo, at=at)
    with pytest.raises(NotAllowed, match="inte färdigkontrollerad"):
        review.hand_in(submission=trosa, delivery=first, expected_revision=0, by=cast.bo, at=at)


def reopen_states(submission: Submission, user: object) -> dict[str, bool]:
    """What the rules of this part say to the person."""
    today = date(2026, 11, 16)
    return {
        "nobody": states.can_state_nobody(user, submission, today=today),  # type: ignore[arg-type]
        "ask": not states.reason_against(states.check_can_ask_to_reopen, user, submission),
        "grant": states.can_reopen(user, submission),  # type: ignore[arg-type]
        "withdraw": not states.reason_against(states.check_can_withdraw, user, submission, today=today),
    }


@pytest.mark.parametrize("status", list(Status))
def test_who_may_say_nobody_take_back_ask_and_open_in_each_state(trosa: Submission, cast: Cast, status: Status) -> None:
    Submission.objects.filter(pk=trosa.pk).update(status=status)
    trosa.refresh_from_db()
    nothing = dict.fromkeys(("nobody", "ask", "grant", "withdraw"), False)
    assert reopen_states(trosa, cast.bo) == {
        **nothing,
        "nobody": status in states.WORKING,
        "ask": status == Status.APPROVED,
        "withdraw": status == Status.HANDED_IN,
    }
    assert reopen_states(trosa, cast.cia) == nothing
    assert reopen_states(trosa, cast.system) == nothing
    assert reopen_states(trosa, cast.officer) == {**nothing, "grant": status == Status.APPROVED}
    trosa.collection.closed_at = timezone.now()
    assert reopen_states(trosa, cast.bo) == nothing
    assert reopen_states(trosa, cast.officer) == nothing


def test_what_waits_for_its_check_stops_the_statement_of_nobody(trosa: Submission, cast: Cast) -> None:
    at = timezone.now()
    deliver.receive_delivery(submission=trosa, content=synthetic.delivery("0488", 80, 1), name="1", by=cast.bo, at=at)
    with pytest.raises(NotAllowed, match="inte färdigkontrollerad"):
        review.hand_in_nobody(submission=trosa, expected_version=0, by=cast.bo, at=at)
