"""Many requests at once, on real connections: counters hold, and there is one commit (KOD-10, TOTP-03, STEG-05, STEG-14)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from accounts import codes, services
from accounts.models import AuditEvent, EmailCode, Invitation, TotpDevice, User
from accounts.throttling import take
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, credentials, journeys, walk_to
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: list[Callable[[], Any]], threads: int = 12) -> list[Any]:
    """Run the calls in threads that start together (so many at a time), each with its own connection."""
    gate = Barrier(min(threads, len(work)))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in work]]


def twin(client: GuardedClient) -> GuardedClient:
    """Another tab of the same browser."""
    other = GuardedClient()
    other.cookies = client.cookies.copy()
    return other


@pytest.mark.asvs("2.3.2", "2.3.4", "6.6.3")
def test_kod_10_parallel_guesses_are_compared_five_times_at_most() -> None:
    services.invite_user(email=INVITED, by=None, at=timezone.now())
    client = GuardedClient()
    people.ask_for_code(client, INVITED)
    walk = journeys(INVITED)[-1].pk
    with mock.patch("accounts.codes.use", wraps=codes.use) as compared:
        at_once([lambda: twin(client).post("/konto/kod/", {"journey": walk, "code": "000000"}).status_code for _ in range(36)])
    assert compared.call_count <= 5
    assert EmailCode.objects.get().attempts == 5


def test_a_bucket_counts_every_parallel_try() -> None:
    at = timezone.now()
    results = at_once([lambda: take("prov", "x", 10, services.limits.IDLE_STAMP, at=at) for _ in range(36)])
    assert sum(results) == 10


@pytest.mark.asvs("2.3.4", "6.5.1", "15.4.2")
def test_totp_03_one_code_lets_one_of_twelve_in() -> None:
    person = people.made_person(ACTIVE)
    clients = [GuardedClient() for _ in range(12)]
    for client in clients:
        client.post("/", {"email": ACTIVE, "password": person.password})
    code = person.phone.code()
    answers = at_once([lambda c=client: c.post("/konto/logga-in/", {"token": code}).headers["Location"] for client in clients])
    assert answers.count("/") == 1
    assert AuditEvent.objects.filter(code="account:sign_in:succeeded").count() == 1


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_steg_05_two_browsers_post_the_password_and_one_commits() -> None:
    services.invite_user(email=INVITED, by=None, at=timezone.now())
    walkers = []
    for _ in range(2):
        client, person = GuardedClient(), Person(INVITED)
        walk_to(client, person, "new_password")
        walkers.append((client, journeys(INVITED)[-1].pk, person))
    values = {"password": people.PASSWORD, "confirmation": people.PASSWORD}
    answers = at_once(
        [
            lambda c=client, j=walk: c.post("/konto/losenord/", {"journey": j, **values}).headers["Location"]
            for client, walk, _ in walkers
        ]
    )
    assert sorted(answers) == ["/", "/konto/?besked=borja-om"]
    assert TotpDevice.objects.count() == 1
    assert User.objects.get(email=INVITED).session_epoch == 1
    loser = walkers[answers.index("/konto/?besked=borja-om")][0]
    assert loser.get("/konto/losenord/").headers["Location"] == "/konto/"


@pytest.mark.asvs("2.3.3", "15.4.2")
def test_inb_02_revocation_against_commit_is_all_or_nothing() -> None:
    by = people.made_person("kontakt@ystad.se").user
    for number in range(4):
        email = f"ny{number}@ystad.se"
        _, invitation = services.invite_user(email=email, by=by, at=timezone.now())
        assert invitation is not None
        client, person = GuardedClient(REMOTE_ADDR=f"192.0.2.{number}"), Person(email)
        walk_to(client, person, "new_password")
        walk = journeys(email)[-1].pk

        def revoke(invitation: Invitation = invitation) -> str:
            try:
                services.revoke_invitation(invitation=invitation, by=by, at=timezone.now())
            except services.NotAllowed:
                return "too late"
            return "revoked"

        def commit(client: GuardedClient = client, walk: str = walk) -> str:
            values = {"journey": walk, "password": people.PASSWORD, "confirmation": people.PASSWORD}
            return client.post("/konto/losenord/", values).headers["Location"]

        outcome = tuple(at_once([revoke, commit]))
        assert outcome in {("revoked", "/konto/?besked=borja-om"), ("too late", "/")}
        has_account = User.objects.get(email=email).has_usable_password()
        assert has_account is (outcome[1] == "/")
        assert TotpDevice.objects.filter(user__email=email).exists() is has_account


@pytest.mark.asvs("2.3.3")
def test_steg_14_a_fault_before_any_statement_of_the_commit_leaves_nothing_and_the_journey_usable() -> None:
    services.invite_user(email=INVITED, by=people.made_person("kontakt@ystad.se").user, at=timezone.now())
    client, person = GuardedClient(), Person(INVITED)
    client.raise_request_exception = False
    walk_to(client, person, "new_password")
    walk = journeys(INVITED)[-1]
    before = credentials(INVITED)
    values = {"journey": walk.pk, "password": people.PASSWORD, "confirmation": people.PASSWORD}
    for number in range(200):
        seen = 0

        def fail(
            execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any], number: int = number
        ) -> Any:
            nonlocal seen
            seen += 1
            if seen > number:
                raise RuntimeError("fault")
            return execute(sql, params, many, context)

        def inside(*arguments: Any, _write: Any = services.write_enrolment, fail: Any = fail, **options: Any) -> Any:
            with connection.execute_wrapper(fail):
                return _write(*arguments, **options)

        with mock.patch("accounts.services.write_enrolment", inside):
            response = client.post("/konto/losenord/", values)
        if response.status_code == 302:
            break
        assert response.status_code == 500
        assert credentials(INVITED) == before
        assert Invitation.objects.get(user__email=INVITED).accepted_at is None
        assert journeys(INVITED)[-1].state == "new_password"
        assert people.mails(INVITED, "accounts/account_ready") == []
    assert number > 10
    assert response.headers["Location"] == "/"
    assert len(people.mails(INVITED, "accounts/account_ready")) == 1
