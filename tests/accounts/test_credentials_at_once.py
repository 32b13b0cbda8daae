"""Changes of one's own credentials from many tabs at once, on real connections: each is made once (ATER-04, ATER-12, LOS-07)."""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import credentials, recovery_codes
from accounts.models import AddressChange, RecoveryCode, TotpDevice
from accounts.sessions import SessionStore
from tests import people
from tests.accounts.conftest import ACTIVE, events
from tests.accounts.test_credentials import ADDRESS, CODE_PAGE, NEW_ADDRESS, PASSWORD_PAGE, PHONE, code_to
from tests.accounts.test_parallel import at_once, twin
from tests.client import GuardedClient
from tests.people import PASSWORD, Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bo(transactional_db: None) -> Person:
    """Somebody with an account."""
    return people.made_person(ACTIVE)


@pytest.fixture
def her(bo: Person) -> GuardedClient:
    """His browser, signed in."""
    client = GuardedClient()
    people.sign_in(client, bo)
    return client


def test_ater_04_one_code_is_burnt_once_and_five_tries_are_compared(bo: Person) -> None:
    session, at = SessionStore(), timezone.now()
    session.create()
    recovery_codes.offer(user=bo.user, session=session, at=at)
    batch = recovery_codes.batch_of(user=bo.user, session=session, at=at)
    assert batch is not None
    codes, user = recovery_codes.codes_of(batch), bo.user
    with transaction.atomic():
        recovery_codes.put_in_force(batch, user, recovery_codes.hashes(codes), at=at)
    with mock.patch("accounts.recovery_codes._matching", wraps=recovery_codes._matching) as compared:
        answers = at_once([lambda: recovery_codes.use(user=user, typed=codes[0], at=at) for _ in range(12)])
    assert answers.count(True) == 1
    assert compared.call_count == 5
    assert RecoveryCode.objects.exclude(used_at=None).count() == 1


def test_a_new_phone_is_written_once_and_five_tries_are_compared(bo: Person, her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    code = people.Phone(people.key_on_page(her.get(PHONE))).code()
    with mock.patch("accounts.credentials._write_phone", wraps=credentials._write_phone) as written:
        answers = at_once([lambda: twin(her).post(PHONE, {"token": code}).status_code for _ in range(12)])
    assert set(answers) == {302}
    assert written.call_count == 1
    assert TotpDevice.objects.filter(revoked_at=None).count() == 1
    assert events("account:totp:registered") == 2


def test_los_07_of_many_new_passwords_one_is_taken(bo: Person, her: GuardedClient) -> None:
    def form(number: int) -> dict[str, str]:
        new = f"Ny{number}#katt!Moln"
        return {"current": PASSWORD, "password": new, "confirmation": new}

    posts = [lambda number=number: twin(her).post(PASSWORD_PAGE, form(number)).status_code for number in range(6)]
    assert set(at_once(posts, threads=6)) <= {200, 302}
    assert events("account:password:changed") == 1
    assert len(people.mails(ACTIVE, "accounts/password_changed")) == 1


def test_ater_12_the_address_is_changed_once_and_five_tries_are_compared(bo: Person, her: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    wrong = f"{(int(code_to(NEW_ADDRESS)) + 1) % 1_000_000:06d}"
    with mock.patch("accounts.address_change._use", return_value=False) as compared:
        at_once([lambda: twin(her).post(CODE_PAGE, {"code": wrong}).status_code for _ in range(12)])
    assert compared.call_count == 5
    assert AddressChange.objects.get().attempts == 5
    assert events("account:email:changed") == 0
