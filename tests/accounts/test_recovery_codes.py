"""Recovery codes: how they are made, kept and burnt (ATER-04)."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from time_machine import Traveller

from accounts import recovery_codes
from accounts.models import RecoveryBatch, RecoveryCode
from accounts.sessions import SessionStore
from tests import people
from tests.accounts.conftest import ACTIVE, events
from tests.people import Person

pytestmark = pytest.mark.django_db

SHOWN = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}")


@pytest.fixture
def session() -> SessionBase:
    """A browser's session."""
    store = SessionStore()
    store.create()
    return store


def in_force(person: Person, session: SessionBase) -> list[str]:
    """Codes that the person has written down."""
    at = timezone.now()
    recovery_codes.offer(user=person.user, session=session, at=at)
    batch = offered(person, session)
    assert batch is not None
    codes = recovery_codes.codes_of(batch)
    with transaction.atomic():
        assert recovery_codes.put_in_force(batch, person.user, recovery_codes.hashes(codes), at=at)
    return codes


def offered(person: Person, session: SessionBase) -> RecoveryBatch | None:
    """What the browser may show now."""
    return recovery_codes.batch_of(user=person.user, session=session, at=timezone.now())


def use(person: Person, typed: str) -> bool:
    """Try a code."""
    return recovery_codes.use(user=person.user, typed=typed, at=timezone.now())


def test_ater_04_eight_codes_of_sixteen_characters_that_never_repeat() -> None:
    codes = [code for _ in range(200) for code in recovery_codes.make()]
    assert len(set(codes)) == 1600
    assert all(SHOWN.fullmatch(code) for code in codes)
    assert {sign for code in codes for sign in code} == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-")


@pytest.mark.parametrize(
    "typed",
    ["ABCD-OIB2-EFGH-3456", "abcd-oib2-efgh-3456", "abcdoib2efgh3456", " abcd oib2 efgh 3456\n", "ABCD-0182-EFGH-3456",
     "abcd–oib2–efgh–3456"],
)  # fmt: skip
def test_ater_04_case_hyphens_spaces_and_look_alikes_are_forgiven(typed: str) -> None:
    assert recovery_codes.clean(typed) == "ABCDOIB2EFGH3456"


@pytest.mark.parametrize(
    "typed", ["", "ABCD-OIB2-EFGH-345", "ABCD-OIB2-EFGH-34567", "ABCD OIB2 EFGH 34Å6", "A" * 100_000, "-" * 16]
)
def test_ater_04_what_is_no_code_is_nothing(typed: str) -> None:
    assert recovery_codes.clean(typed) == ""


@pytest.mark.asvs("6.5.2")
def test_ater_04_only_argon2id_hashes_are_kept(active: Person, session: SessionBase) -> None:
    codes = in_force(active, session)
    rows = RecoveryCode.objects.filter(user=active.user)
    assert rows.count() == 8
    assert all(row.digest.startswith("argon2$argon2id$") for row in rows)
    assert not RecoveryBatch.objects.exists()
    assert not [row for row in rows for code in codes if code[:4] in row.digest and code[5:9] in row.digest]


def test_ater_04_each_works_once(active: Person, session: SessionBase) -> None:
    codes = in_force(active, session)
    assert use(active, codes[3].lower().replace("-", " "))
    assert not use(active, codes[3])
    assert recovery_codes.left(active.user) == 7
    assert events("account:recovery_code:used") == 1
    assert events("account:recovery_code:wrong") == 1
    (letter,) = people.mails(ACTIVE, "accounts/recovery_code_used")
    assert "7\N{NO-BREAK SPACE}koder kvar" in letter.body
    assert codes[3] not in letter.body


def test_ater_04_the_sixth_guess_in_an_hour_is_refused_even_if_right(
    active: Person, session: SessionBase, clock: Traveller
) -> None:
    codes = in_force(active, session)
    wrong = recovery_codes.make()[0]
    for _ in range(5):
        assert not use(active, wrong)
    with mock.patch("accounts.recovery_codes.check_password", side_effect=AssertionError):
        assert not use(active, codes[0])
    assert events("account:recovery_code:blocked") == 1
    assert recovery_codes.left(active.user) == 8
    clock.shift(3601)
    assert use(active, codes[0])


def test_ater_04_the_try_is_counted_before_anything_is_compared(active: Person, session: SessionBase) -> None:
    codes = in_force(active, session)
    with mock.patch("accounts.recovery_codes.check_password", side_effect=RuntimeError):
        for _ in range(5):
            with pytest.raises(RuntimeError):
                use(active, codes[0])
    assert not use(active, codes[0])


def test_ater_04_at_most_a_hash_for_each_unused_code(active: Person, session: SessionBase) -> None:
    codes = in_force(active, session)
    assert use(active, codes[0])
    with mock.patch("accounts.recovery_codes.check_password", return_value=False) as compared:
        assert not use(active, recovery_codes.make()[0])
        assert compared.call_count == 7
        assert not use(active, "för kort")
        assert compared.call_count == 7


def test_ater_04_new_codes_end_the_old_only_once_they_are_in_force(active: Person, session: SessionBase) -> None:
    old = in_force(active, session)
    recovery_codes.offer(user=active.user, session=session, at=timezone.now())
    assert use(active, old[0])
    new = in_force(active, session)
    assert not use(active, old[1])
    assert use(active, new[1])


def test_ater_04_a_batch_that_has_been_thrown_away_is_not_put_in_force(active: Person, session: SessionBase) -> None:
    recovery_codes.offer(user=active.user, session=session, at=timezone.now())
    stale = offered(active, session)
    assert stale is not None
    recovery_codes.offer(user=active.user, session=session, at=timezone.now())
    with transaction.atomic():
        assert not recovery_codes.put_in_force(stale, active.user, recovery_codes.hashes(["x"]), at=timezone.now())
    assert recovery_codes.left(active.user) == 0


def test_ater_04_a_batch_is_shown_to_its_own_browser_for_half_an_hour(
    active: Person, session: SessionBase, clock: Traveller
) -> None:
    recovery_codes.offer(user=active.user, session=session, at=timezone.now())
    other = SessionStore()
    other.create()
    assert offered(active, other) is None
    assert offered(active, session) is not None
    clock.shift(timedelta(minutes=30))
    assert offered(active, session) is None


def test_ater_04_the_batch_stands_in_no_column_in_clear(active: Person, session: SessionBase) -> None:
    recovery_codes.offer(user=active.user, session=session, at=timezone.now())
    batch = offered(active, session)
    assert batch is not None
    sealed = bytes(batch.codes_sealed)
    codes = recovery_codes.codes_of(batch)
    assert not [code for code in codes if code.encode() in sealed or code.replace("-", "").encode() in sealed]
    RecoveryBatch.objects.update(codes_sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert offered(active, session) is None
