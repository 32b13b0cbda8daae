"""Many requests at once, on real connections: counters hold, and there is one commit (KOD-10, TOTP-03, STEG-05, STEG-14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from accounts import codes, services
from accounts import journey as journey_rules
from accounts.models import AuditEvent, EmailCode, Invitation, RecoveryCase, TotpDevice, User
from accounts.throttling import take
from messaging.models import OutgoingMail
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, approved_case, credentials, journeys, opened_case, walk_to
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


def lost(kind: str) -> Person:
    """Somebody with a case of that kind that holds now."""
    person = people.made_person(ACTIVE)
    opener = people.made_person("sam@skr.example", staff_role="coordinator").user
    if kind == "totp":
        opened_case(person.user, opener)
        return Person(ACTIVE)
    second = people.made_person("sten@skr.example", staff_role="system").user
    approved_case(person.user, opener, second)
    RecoveryCase.objects.update(valid_from=timezone.now())
    return Person(ACTIVE)


def walker(branch: str) -> Person:
    """Somebody whom the address leads to that branch."""
    if branch == "enrol":
        services.invite_user(email=INVITED, by=people.made_person("kontakt@ystad.se").user, at=timezone.now())
        return Person(INVITED)
    return people.made_person(ACTIVE) if branch == "reset" else lost("totp" if branch == "reenrol" else "both")


def stored(email: str) -> tuple[Any, ...]:
    """All that a commit writes."""
    invitations = Invitation.objects.filter(user__email=email).order_by("pk").values_list("accepted_at", flat=True)
    cases = RecoveryCase.objects.order_by("pk").values_list("used_at", flat=True)
    walks = [(walk.state, bytes(walk.secret_sealed or b"")) for walk in journeys(email)]
    mails = OutgoingMail.objects.order_by("pk").values_list("template", flat=True)
    return credentials(email), list(invitations), list(cases), walks, list(mails), AuditEvent.objects.count()


@pytest.mark.asvs("2.3.3")
@pytest.mark.parametrize("branch", ["enrol", "reset", "reenrol", "both"])
def test_steg_14_a_fault_before_any_statement_of_the_commit_leaves_nothing_and_the_journey_usable(branch: str) -> None:
    client, person = GuardedClient(), walker(branch)
    client.raise_request_exception = False
    walk_to(client, person, "enrol" if branch == "reenrol" else "new_password")
    walk, before = journeys(person.email)[-1], stored(person.email)
    if branch == "reenrol":
        person.phone.secret = people.key_on_page(client.get("/konto/qr/"))
        address, values = "/konto/engangskod/", {"token": person.phone.code()}
    else:
        address, values = "/konto/losenord/", {"password": people.PASSWORD, "confirmation": people.PASSWORD}
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

        @contextmanager
        def locked(*arguments: Any, _real: Any = journey_rules._locked, fail: Any = fail) -> Iterator[Any]:
            with _real(*arguments) as found, connection.execute_wrapper(fail):
                yield found

        with mock.patch("accounts.journey._locked", locked):
            response = client.post(address, {"journey": walk.pk, **values})
        if response.status_code == 302:
            break
        assert response.status_code == 500
        assert stored(person.email) == before
    assert number > 8
    assert response.headers["Location"] == "/"
    assert journeys(person.email)[-1].state == "done"
    assert TotpDevice.objects.filter(user=person.user, revoked_at=None).count() == 1


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("kind", ["totp", "both"])
def test_steg_05_two_browsers_use_one_case_and_one_commits(kind: str) -> None:
    person = lost(kind)
    tabs = []
    for _ in range(2):
        client, phone = GuardedClient(), Person(ACTIVE)
        walk_to(client, phone, "enrol" if kind == "totp" else "new_password")
        page = client.get("/konto/engangskod/" if kind == "totp" else "/konto/losenord/")
        if kind == "totp":
            phone.phone.secret = people.key_on_page(client.get("/konto/qr/"))
            tabs.append((client, "/konto/engangskod/", {"journey": people.journey_in(page), "token": phone.phone.code()}))
        else:
            values = {"password": people.PASSWORD, "confirmation": people.PASSWORD}
            tabs.append((client, "/konto/losenord/", {"journey": people.journey_in(page), **values}))
    epoch = person.user.session_epoch
    answers = at_once([lambda c=c, a=a, v=v: c.post(a, v).headers["Location"] for c, a, v in tabs])
    assert sorted(answers) == ["/", "/konto/?besked=borja-om"]
    assert person.user.session_epoch == epoch + 1
    assert TotpDevice.objects.filter(user=person.user, revoked_at=None).count() == 1
    assert AuditEvent.objects.filter(code="recovery:used").count() == 1


@pytest.mark.asvs("2.3.5", "15.4.2")
def test_ater_08_the_owner_signs_in_while_the_case_is_used_and_one_of_them_wins() -> None:
    for number in range(3):
        owner = people.made_person(f"person{number}@ystad.se")
        walker_ = Person(owner.email)
        by = [people.made_person(f"skr{number}{role}@skr.example", staff_role=role).user for role in ("coordinator", "system")]
        approved_case(owner.user, *by)
        RecoveryCase.objects.update(valid_from=timezone.now())
        thief, browser = GuardedClient(REMOTE_ADDR=f"192.0.2.{number}"), GuardedClient()
        walk_to(thief, walker_, "new_password")
        walk = people.journey_in(thief.get("/konto/losenord/"))
        browser.post("/", {"email": owner.email, "password": owner.password})
        token = owner.phone.code()

        def sign_in(browser: GuardedClient = browser, token: str = token) -> str:
            return browser.post("/konto/logga-in/", {"token": token}).headers["Location"]

        def commit(thief: GuardedClient = thief, walk: str = walk) -> str:
            values = {"journey": walk, "password": "Ny7#katt!Moln", "confirmation": "Ny7#katt!Moln"}
            return thief.post("/konto/losenord/", values).headers["Location"]

        entered, committed = at_once([sign_in, commit])
        case = RecoveryCase.objects.get(user=owner.user)
        assert (case.used_at is None) is (committed != "/")
        if committed != "/":
            assert entered == "/"
            assert case.cancelled_by == owner.user
            assert owner.user.check_password(owner.password)


@pytest.mark.asvs("2.3.2", "6.6.3")
def test_kod_12_a_view_that_fails_after_the_comparison_gives_no_try_for_free() -> None:
    services.invite_user(email=INVITED, by=None, at=timezone.now())
    client = GuardedClient()
    client.raise_request_exception = False
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    with mock.patch("accounts.views.sign_up._page.redirect_with", side_effect=RuntimeError):
        for _ in range(5):
            assert people.post_step(client, "/konto/kod/", code="x00000").status_code == 500
    assert EmailCode.objects.get().attempts == 5
    assert people.post_step(client, "/konto/kod/", code=code).headers["Location"] == "/konto/kod/?besked=fel"


def test_totp_10_a_view_that_fails_after_the_comparison_gives_no_try_for_free() -> None:
    person = people.made_person(ACTIVE)
    client = GuardedClient()
    client.raise_request_exception = False
    client.post("/", {"email": ACTIVE, "password": person.password})
    with (
        mock.patch("accounts.views.sign_in._page.redirect_with", side_effect=RuntimeError),
        mock.patch("accounts.totp.limits.totp_wait", return_value=0),
    ):
        for _ in range(5):
            assert client.post("/konto/logga-in/", {"token": "x00000"}).status_code == 500
    assert TotpDevice.objects.get(user=person.user).failures == 5
    assert len(people.mails(ACTIVE, "accounts/totp_failures")) == 1
