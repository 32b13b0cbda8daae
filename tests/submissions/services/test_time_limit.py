"""A check has sixty seconds: ended between its steps, tried three times, then refused, while other files go on (FIL-11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEvent
from submissions import checking, reading, summaries, synthetic
from submissions.checking.registry import REGISTRY
from submissions.deadline import TookTooLong, no_deadline, within
from submissions.models import Correction, Delivery, Submission
from submissions.services import correct, deliver, evaluate, storage
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.submissions.engine.rows import SPEC, TROSA, as_file, row
from tests.submissions.pages.test_main_flow import PAGE, send
from tests.submissions.services.test_deliver import receive, stands

pytestmark = pytest.mark.asvs("15.2.2")
LIMIT = limits.CHECK_TIME.total_seconds()
CONTEXT = checking.Context(unit_code=TROSA, unit_kind="kommun", collection=SPEC)


class Stopwatch:
    """A clock for `within` that stands still until told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """The clock that every check of the test is timed by."""
    stopwatch = Stopwatch()
    monkeypatch.setattr(evaluate, "within", lambda seconds: within(seconds, stopwatch))
    return stopwatch


def slow(step: Callable[..., Any], watch: Stopwatch, only: bytes = b"") -> Callable[..., Any]:
    """The step, taking longer than a whole check may; with `only`, for files that hold those bytes."""

    def taken(data: Any, *args: Any, **kwargs: Any) -> Any:
        if not only or only in data[0]:
            watch.now += LIMIT + 1
        return step(data, *args, **kwargs)

    return taken


# The deadline and the engines ----------------------------------------------------------------------------------------


def test_a_deadline_raises_once_its_time_is_up() -> None:
    watch = Stopwatch()
    deadline = within(60, watch)
    deadline()
    watch.now = 60
    deadline()
    watch.now = 60.1
    with pytest.raises(TookTooLong):
        deadline()
    no_deadline()


class Count:
    """A deadline that comes at the n-th question."""

    def __init__(self, last: int = 10**6) -> None:
        self.last, self.asked = last, 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked > self.last:
            raise TookTooLong


def test_fil_11_the_engines_ask_before_each_step_and_check() -> None:
    data = as_file([row({16: "5"}, key=1), row({9: "X"}, key=2)])
    count = Count()
    read = reading.read(data, SPEC.layout, deadline=count)
    assert count.asked >= 2
    before = count.asked
    checking.run(read, CONTEXT, deadline=count)
    made = [code for code in SPEC.checks if code in REGISTRY and REGISTRY[code].whole_check]
    assert count.asked - before > len(made) > 5
    for last in range(count.asked):
        ended = Count(last)
        with pytest.raises(TookTooLong):
            checking.run(reading.read(data, SPEC.layout, deadline=ended), CONTEXT, deadline=ended)


# The portal ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["reading", "checking", "summaries"])
def test_fil_11_a_check_that_takes_too_long_is_ended_and_the_file_kept(
    client: GuardedClient, trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch, watch: Stopwatch, step: str
) -> None:
    """Whichever part of it is slow; before the summaries the time is looked at too, and at the end nothing is stored."""
    holder, name = {"reading": (reading, "read_parts"), "checking": (checking, "run"), "summaries": (checking, "run")}[step]
    function = getattr(holder, name)
    if step == "summaries":

        def late(*args: Any, **kwargs: Any) -> Any:
            done = function(*args, **kwargs)
            watch.now += LIMIT + 1
            return done

        monkeypatch.setattr(summaries, "build", lambda *args: pytest.fail("för sent"))
        monkeypatch.setattr(holder, name, late)
    else:
        monkeypatch.setattr(holder, name, slow(function, watch))
    content = synthetic.delivery("0488", 60, 1)
    page = send(sign_in(client, cast.bo), content, follow=True)
    assert page.redirect_chain == [(PAGE, 302)]
    text = page.content.decode()
    assert "kontrollen tog längre tid än 60 sekunder och avbröts. Den görs om av sig själv." in text
    assert "Kontrollen tog längre tid än 60 sekunder och avbröts. Den görs om av sig själv." in text
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.check_attempts, delivery.check_trouble) == ("received", 1, "too_long")
    assert storage.content_of(delivery) == content
    assert delivery.frame_sealed is None
    assert stands(trosa) == "received"


def test_fil_11_after_three_tries_the_file_is_refused_with_an_alarm_and_others_go_on(
    client: GuardedClient,
    trosa: Submission,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    watch: Stopwatch,
    clock: time_machine.Coordinates,
) -> None:
    monkeypatch.setattr(reading, "read_parts", slow(reading.read_parts, watch, only=b"hangs"))
    neighbour = Submission.objects.select_related("unit", "collection").get(unit=cast.other)
    hanging = receive(trosa, cast, b"this hangs")
    for attempt in (1, 2, 3):
        other = deliver.receive_delivery(
            submission=neighbour,
            content=synthetic.delivery("0488", 60, attempt).replace(b"0488;", b"0999;"),
            name="n.txt",
            by=cast.dan,
            at=timezone.now(),
        )
        assert deliver.take_up_unchecked(at=timezone.now()) == 2
        hanging.refresh_from_db()
        assert hanging.check_attempts == attempt
        assert Delivery.objects.get(pk=other.pk).status == "checked"
        assert (hanging.status == "rejected") is (attempt == 3)
        assert deliver.take_up_unchecked(at=timezone.now()) == 0  # left alone until its lease is over
        clock.shift(deliver.LEASE + timedelta(seconds=1))
    assert deliver.take_up_unchecked(at=timezone.now()) == 0
    assert storage.content_of(hanging) == b"this hangs"
    alarm = AuditEvent.objects.get(code="operation:alarm")
    assert (alarm.unit, alarm.object) == ("0488", "0488/2026 version 1")
    assert AuditEvent.objects.filter(code="file:rejected", unit="0488").count() == 1
    page = sign_in(client, cast.bo).get(f"{PAGE}version/1/").content.decode()
    assert "Kontrollen av filen tog längre tid än 60 sekunder, trots 3 försök. Filen är sparad" in page
    assert "Skriv till SKR under Meddelanden" in page


def test_fil_11_the_try_is_counted_before_the_check_begins(
    trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Coordinates
) -> None:
    """A file that kills the process three times is not tried a fourth."""
    delivery = receive(trosa, cast, b"kills")
    counted = []

    def killed(*args: object, **kwargs: object) -> None:
        counted.append(Delivery.objects.get().check_attempts)
        raise SystemExit

    monkeypatch.setattr(reading, "read_parts", killed)
    for _ in range(3):
        with pytest.raises(SystemExit):
            deliver.try_check(delivery=delivery, at=timezone.now())
        clock.shift(deliver.LEASE + timedelta(seconds=1))
    assert deliver.take_up_unchecked(at=timezone.now()) == 1
    assert counted == [1, 2, 3]
    delivery.refresh_from_db()
    assert delivery.status == "rejected"
    assert "gick inte att slutföra, trots 3 försök" in delivery.refusal


def test_fil_11_a_slow_check_is_not_begun_twice_at_once() -> None:
    """Nobody else takes a check up while it may still be running."""
    assert deliver.LEASE > limits.CHECK_TIME


def test_fil_11_a_correction_that_would_take_too_long_is_not_kept(
    trosa: Submission, cast: Cast, monkeypatch: pytest.MonkeyPatch, watch: Stopwatch
) -> None:
    delivery = deliver.check_delivery(delivery=receive(trosa, cast, synthetic.delivery("0488", 60, 1)), at=timezone.now())
    for name in ("run", "rerun"):
        monkeypatch.setattr(checking, name, slow(getattr(checking, name), watch))
    with pytest.raises(correct.CorrectionRefused, match="längre tid än 60 sekunder"):
        correct.correct(delivery=delivery, row=3, field=6, value="nytt", expected_revision=0, by=cast.bo, at=timezone.now())
    assert not Correction.objects.exists()
    delivery.refresh_from_db()
    assert delivery.revision == 0
    found = deliver.recheck(delivery=delivery, at=timezone.now(), store=True)
    assert found.problem == "kontrollen tog längre tid än 60 sekunder"
