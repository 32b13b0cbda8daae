"""The model test is worth something: each of these faults in the portal is found by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts import codes, journey, limits, recovery, recovery_codes, services, sign_in, throttling
from accounts.models import EmailCode, RecoveryCode, SignUpJourney, User
from accounts.models.recovery import RecoveryCaseQuerySet
from tests.model.stage import ACTIVE, INVITED, LOST, UNKNOWN
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


def _reenrol_without_password() -> AbstractContextManager[Any]:
    """A case about the phone leads to the QR code at once: the mailbox is enough."""
    real = journey.go_on

    def go_on(*, journey_id: str, session: SessionBase, at: datetime) -> str:
        state = real(journey_id=journey_id, session=session, at=at)
        if state == State.CURRENT_PASSWORD:
            known = SignUpJourney.objects.select_related("user").get(pk=journey_id).user
            assert known is not None
            journey.accept_password(journey_id=journey_id, session=session, known=known, at=at)
            state = State.ENROL
        return state

    return mock.patch.object(journey, "go_on", go_on)


def _any_password() -> AbstractContextManager[Any]:
    """The page asks for the current password and takes any."""

    real = sign_in.check_password

    def check(request: Any, *, email: str, failed: str = "account:sign_in:failed", **values: Any) -> User | None:
        if failed == "account:password:wrong":
            return User.objects.get(email=email)
        return real(request, email=email, failed=failed, **values)

    return mock.patch.object(sign_in, "check_password", check)


def _both_at_once() -> AbstractContextManager[Any]:
    """An approved case about both factors opens the same day."""
    return mock.patch.object(limits, "CASE_BOTH_WAIT", timedelta(0))


def _both_by_one() -> AbstractContextManager[Any]:
    """A case about both factors opens without an approval."""
    real = RecoveryCaseQuerySet.valid

    def valid(cases: RecoveryCaseQuerySet, at: datetime) -> RecoveryCaseQuerySet:
        return real(cases, at) | cases.filter(kind="both", valid_from=None, used_at=None, cancelled_at=None)

    return mock.patch.object(RecoveryCaseQuerySet, "valid", valid)


def _case_twice() -> AbstractContextManager[Any]:
    """A used case opens again."""
    return mock.patch.object(recovery, "_use", return_value=None)


def _case_for_ever() -> AbstractContextManager[Any]:
    """A case about the phone never ends."""
    return mock.patch.object(limits, "CASE_TOTP_VALID", timedelta(days=9))


def _phone_lives_on() -> AbstractContextManager[Any]:
    """A case about the phone leaves the phone and its sessions."""
    return mock.patch.object(recovery, "_end_app", return_value=None)


def _sign_in_does_not_stop_it() -> AbstractContextManager[Any]:
    """The owner signs in, and the case about both factors goes on."""
    return mock.patch.object(recovery, "cancel_by_sign_in", return_value=None)


def _recovery_code_again() -> AbstractContextManager[Any]:
    """A recovery code is not burnt."""
    real = recovery_codes.use

    def use(**values: Any) -> bool:
        is_right = real(**values)
        RecoveryCode.objects.update(used_at=None)
        return is_right

    return mock.patch.object(recovery_codes, "use", use)


def _recovery_code_guessed() -> AbstractContextManager[Any]:
    """Nothing is compared: any recovery code will do."""
    return mock.patch.object(recovery_codes, "use", return_value=True)


def _suspended_walks() -> AbstractContextManager[Any]:
    """A closed account's address leads on."""
    real = journey.branch

    def branch(standing: journey.Standing) -> str:
        if standing.user is not None:
            standing.user.is_active = True
        return real(standing)

    return mock.patch.object(journey, "branch", branch)


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
    _reenrol_without_password,
    _any_password,
    _both_at_once,
    _both_by_one,
    _case_twice,
    _case_for_ever,
    _phone_lives_on,
    _sign_in_does_not_stop_it,
    _recovery_code_again,
    _recovery_code_guessed,
    _suspended_walks,
]


def _ask_for_nobody(sut: Sut) -> None:
    """A code for an address that nobody has."""
    sut.ask("outsider", UNKNOWN)


def _lose_the_invitation(sut: Sut) -> None:
    """The invitation is taken back before the last step."""
    sut.walk_on("owner", INVITED, 4)
    sut.invite(False)
    sut.choose_password("owner", 1)


def _owner_wakes_up(sut: Sut) -> None:
    """The owner signs in during the day that a case about both factors waits; then the thief comes."""
    sut.use_case("both", "thief", "sign in")


def _one_alone(sut: Sut) -> None:
    """Nobody has approved the case about both factors."""
    sut.use_case("both", "thief", "alone")


def _two_at_the_last_step(sut: Sut) -> None:
    """Owner and thief stand at the last step of one invitation."""
    for actor in ("owner", "thief"):
        sut.walk_on(actor, INVITED, 4)
    sut.choose_password("owner", 1)
    sut.choose_password("thief", 1)


def _stranger_asks_too(sut: Sut) -> None:
    """A stranger asks for a code after the owner, whose own must still work."""
    sut.walk_on("owner", ACTIVE, 1)
    sut.walk_on("outsider", ACTIVE, 1)
    sut.post_code("owner", 1, "own")


def _the_others_code(sut: Sut) -> None:
    """The thief types the code of the owner's journey in his own."""
    sut.walk_on("owner", INVITED, 1)
    sut.walk_on("thief", INVITED, 1)
    sut.post_code("thief", 1, "other")


def _new_phone_for_the_thief(sut: Sut) -> None:
    """The thief has the mailbox and SKR's case about the phone, but not the password."""
    sut.use_case("totp", "thief", "")


def _case_too_old(sut: Sut) -> None:
    """The case about the phone has ended when the owner comes."""
    sut.use_case("totp", "owner", "late")


def _paper(sut: Sut) -> None:
    """A recovery code for the owner, none for the thief."""
    sut.forget_password("owner", 1)
    sut.forget_password("thief", 2)


def _guess_and_guess(sut: Sut) -> None:
    """More wrong codes than the hour allows, over several journeys."""
    sut.guess_on("thief", INVITED, 3)


def _closed_account(sut: Sut) -> None:
    """The owner's account is closed, and she has forgotten her password."""
    sut.suspend(ACTIVE, True)
    sut.walk_on("owner", ACTIVE, 3)


def _case_again(sut: Sut) -> None:
    """The owner has a new phone by a case, and comes once more."""
    sut.use_case("totp", "owner", "again")


def _case_the_same_day(sut: Sut) -> None:
    """The thief comes as soon as two have agreed about both factors."""
    sut.open_case("both", True)
    sut.walk_on("thief", LOST, 4)


def _one_is_first(sut: Sut) -> None:
    """The thief finishes while the owner still stands at her second step, and she goes on."""
    sut.walk_on("owner", INVITED, 2)
    sut.walk_on("thief", INVITED, 4)
    sut.choose_password("thief", 1)
    sut.go_on("owner", 1)
    sut.look("owner")


SCENES = [
    _ask_for_nobody,
    _lose_the_invitation,
    _owner_wakes_up,
    _one_alone,
    _two_at_the_last_step,
    _stranger_asks_too,
    _the_others_code,
    _new_phone_for_the_thief,
    _case_too_old,
    _paper,
    _guess_and_guess,
    _closed_account,
    _case_again,
    _case_the_same_day,
    _one_is_first,
]


def play(scene: Callable[[Sut], None]) -> None:
    """A scene on a stage of its own, and the invariants after it."""
    sut = Sut()
    sut.begin()
    try:
        scene(sut)
        sut.credentials_belong_to_who_proved_them()
        sut.nobody_is_signed_in_as_somebody_else()
        sut.a_case_opens_one_door_once_and_only_a_day_after_two_agreed()
    finally:
        sut.teardown()


def hunt() -> None:
    """The scenes, for what chance meets too seldom; then chance."""
    for scene in SCENES:
        play(scene)
    steps = settings(
        max_examples=60, stateful_step_count=40, deadline=None, phases=(Phase.generate,), derandomize=True, database=None
    )
    run_state_machine_as_test(Sut, settings=steps)


@pytest.mark.django_db
@pytest.mark.real_clock
@pytest.mark.parametrize("scene", SCENES)
def test_the_portal_plays_each_scene_as_its_model(scene: Callable[[Sut], None]) -> None:
    play(scene)


@pytest.mark.django_db
@pytest.mark.real_clock
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_fault_is_found(mutant: Callable[[], AbstractContextManager[Any]]) -> None:
    with mutant(), pytest.raises(AssertionError):
        hunt()
