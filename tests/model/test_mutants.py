"""The model test is worth something: each of these faults in the portal is found by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts import codes, journey, services, throttling
from accounts.models import EmailCode, SignUpJourney
from tests.model.test_against_model import Sut

State = SignUpJourney.State


def _start_tells() -> AbstractContextManager[Any]:
    """Another answer for an unknown address."""
    real = journey.start

    def start(**values: Any) -> None:
        if values["user"] is None:
            raise journey.TooSoonError
        real(**values)

    return mock.patch.object(journey, "start", start)


def _resend_resets() -> AbstractContextManager[Any]:
    """A new code gives new tries to the old one's counters."""
    return mock.patch.object(throttling, "take_all", return_value=True)


def _stranger_voids() -> AbstractContextManager[Any]:
    """A code for an address replaces the codes of all its journeys."""
    real = codes.issue

    def issue(walk: SignUpJourney, *, at: datetime, **values: Any) -> None:
        EmailCode.objects.filter(journey__email_hmac=walk.email_hmac, used_at=None, replaced_at=None).update(replaced_at=at)
        real(walk, at=at, **values)

    return mock.patch.object(codes, "issue", issue)


def _any_journey() -> AbstractContextManager[Any]:
    """A code is accepted for any journey of its address."""

    def use(walk: SignUpJourney, typed: str, *, at: datetime) -> bool:
        same = SignUpJourney.objects.filter(email_hmac=walk.email_hmac).order_by("pk")
        digests = {codes.digest(other, codes.clean(typed)) for other in same}
        found = EmailCode.objects.filter(journey__in=same, digest__in=digests, used_at=None, replaced_at=None)
        return bool(found.update(used_at=at))

    return mock.patch.object(codes, "use", use)


def _reset_enrols() -> AbstractContextManager[Any]:
    """A forgotten password leads to a new QR code."""
    real = journey.branch
    return mock.patch.object(journey, "branch", lambda standing: "enrol" if real(standing) else "")


@contextmanager
def _together(*patches: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


@contextmanager
def _unchecked(journey_id: str, at: datetime) -> Iterator[Any]:
    user_id = SignUpJourney.objects.filter(pk=journey_id).values_list("user_id", flat=True).first()
    with transaction.atomic():
        standing = journey.Standing.locked(user_id, at)
        walk = SignUpJourney.objects.select_for_update().filter(pk=journey_id).first()
        if walk is None or (walk.branch and walk.branch != journey.branch(standing)):
            raise journey.NotCurrentError
        yield walk, standing


def _no_state_check() -> AbstractContextManager[Any]:
    """The commit believes the form about the state, and the pages let it."""

    def newest(session: SessionBase, at: datetime) -> SignUpJourney | None:
        return SignUpJourney.objects.order_by("-created_at", "pk").first()

    def locked(journey_id: str, session: SessionBase, at: datetime, state: str) -> AbstractContextManager[Any]:
        return _unchecked(journey_id, at)

    return _together(mock.patch.object(journey, "_locked", locked), mock.patch.object(journey, "live", newest))


def _no_branch_check() -> AbstractContextManager[Any]:
    """The branch is chosen once and never again."""
    real, choose = journey._locked, journey.branch

    @contextmanager
    def locked(journey_id: str, *arguments: Any) -> Iterator[Any]:
        kept = SignUpJourney.objects.filter(pk=journey_id).values_list("branch", flat=True).first()
        with (
            mock.patch.object(journey, "branch", lambda standing: kept or choose(standing)),
            real(journey_id, *arguments) as found,
        ):
            yield found

    return mock.patch.object(journey, "_locked", locked)


def _neither() -> AbstractContextManager[Any]:
    """Neither siblings nor branch are looked at."""
    return _together(_no_branch_check(), _siblings_live())


def _siblings_live() -> AbstractContextManager[Any]:
    """The commit leaves the user's other journeys open."""
    real = services.end_journeys

    def end(walks: Any, reason: str, **values: Any) -> None:
        if reason != "superseded":
            real(walks, reason, **values)

    return mock.patch.object(services, "end_journeys", end)


MUTANTS: list[Callable[[], AbstractContextManager[Any]]] = [
    _start_tells,
    _resend_resets,
    _stranger_voids,
    _any_journey,
    _reset_enrols,
    _no_state_check,
    _no_branch_check,
    _siblings_live,
    _neither,
]


@pytest.mark.django_db
@pytest.mark.real_clock
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_fault_is_found(mutant: Callable[[], AbstractContextManager[Any]]) -> None:
    hunt = settings(
        max_examples=60, stateful_step_count=40, deadline=None, phases=(Phase.generate,), derandomize=True, database=None
    )
    with mutant(), pytest.raises(AssertionError):
        run_state_machine_as_test(Sut, settings=hunt)
