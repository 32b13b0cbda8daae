"""Recovery cases: two people, a day's notice, and the owner can always stop it (ATER-06 to ATER-08, ATER-11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import recovery
from accounts.access import NotAllowed
from accounts.models import AuditEvent, RecoveryCase, Session, TotpDevice, User
from tests import people
from tests.accounts.conftest import ACTIVE, CASE, DAY, approved_case, credentials, events, opened_case
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db


def reason_of(verb: Callable[..., object], **values: object) -> str:
    """The sentence of a refusal."""
    with pytest.raises(NotAllowed) as refused:
        verb(**values)
    return refused.value.reason


def fresh(row: RecoveryCase) -> RecoveryCase:
    """The row as it stands."""
    row.refresh_from_db()
    return row


@pytest.mark.asvs("6.4.4", "6.5.6")
def test_ater_06_a_totp_case_ends_the_lost_phone_at_once(client: Client, active: Person, opener: User) -> None:
    people.sign_in(client, active)
    walker = GuardedClient()
    people.ask_for_code(walker, ACTIVE)
    before = active.user
    case = opened_case(active.user, opener)
    device = TotpDevice.objects.get(user=active.user)
    assert (device.revoked_at, device.reason, device.secret_sealed) == (timezone.now(), "recovery", None)
    assert active.user.session_epoch == before.session_epoch + 1
    assert active.user.password == before.password
    assert not Session.objects.filter(user=active.user).exists()
    assert walker.get("/konto/kod/").headers["Location"] == "/konto/"
    assert (case.valid_until - case.valid_from).total_seconds() == DAY  # type: ignore[operator]
    (letter,) = people.mails(ACTIVE, "accounts/recovery_opened")
    for words in ("mobiltelefonen med Microsoft Authenticator är borta", "17\xa0nov 2026", "SKR frågar aldrig efter koden"):
        assert words in letter.body
    assert AuditEvent.objects.get(code="recovery:opened").object == "2026-117"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"case_number": " "}, "ärendets nummer"),
        ({"case_number": "x" * 41}, "högst 40 tecken"),
        ({"identity_check": ""}, "hur du har kontrollerat"),
        ({"identity_check": "ringde växeln"}, "hur du har kontrollerat"),
        ({"identity_check": "ord " * 400}, "högst 1000 tecken"),
        ({"identity_check": "Ringde Bo med 811218-9876 i växeln"}, "personnummer"),
        ({"case_number": "811218-9876"}, "personnummer"),
    ],
)
@pytest.mark.asvs("6.4.4", "6.5.6")
def test_ater_06_a_case_needs_its_number_and_the_check_of_identity(
    active: Person, opener: User, texts: dict[str, str], words: str
) -> None:
    before = credentials(ACTIVE)
    values = {**CASE, **texts}
    assert words in reason_of(recovery.open_case, user=active.user, kind="totp", by=opener, at=timezone.now(), **values)
    assert credentials(ACTIVE) == before
    assert not RecoveryCase.objects.exists()


@pytest.mark.asvs("2.3.5")
def test_ater_08_a_case_about_both_waits_for_a_second_person_and_a_day(active: Person, opener: User, second: User) -> None:
    before, at = credentials(ACTIVE), timezone.now()
    case = opened_case(active.user, opener, "both")
    assert "av någon annan" in reason_of(recovery.approve_case, case=case, by=opener, at=at)
    assert "ditt eget konto" in reason_of(recovery.approve_case, case=case, by=active.user, at=at)
    assert not RecoveryCase.objects.valid(at).exists()
    case = recovery.approve_case(case=case, by=second, at=at)
    assert "redan godkänt" in reason_of(recovery.approve_case, case=case, by=second, at=at)
    assert credentials(ACTIVE) == before
    assert (case.valid_from - at).total_seconds() == DAY  # type: ignore[operator]
    assert (case.valid_until - at).total_seconds() == 2 * DAY  # type: ignore[operator]
    opening, approval = people.mails(ACTIVE)[-2:]
    assert "Inget ändras ännu" in opening.body
    assert "till och med" in approval.body
    for letter in (opening, approval):
        assert "så avbryts ärendet" in letter.body
        assert "SKR frågar aldrig efter koden" in letter.body


@pytest.mark.asvs("2.3.5")
def test_ater_08_an_approval_comes_within_a_week(active: Person, opener: User, second: User, clock: Traveller) -> None:
    case = opened_case(active.user, opener, "both")
    clock.shift(7 * DAY + 1)
    assert "väntat för länge" in reason_of(recovery.approve_case, case=case, by=second, at=timezone.now())


def test_a_case_about_the_phone_alone_is_not_approved_case(active: Person, opener: User, second: User) -> None:
    case = opened_case(active.user, opener)
    assert "behöver inte godkännas" in reason_of(recovery.approve_case, case=case, by=second, at=timezone.now())


@pytest.mark.asvs("2.3.5")
def test_ater_08_a_complete_sign_in_stops_the_case(client: Client, active: Person, opener: User, second: User) -> None:
    case = approved_case(active.user, opener, second)
    client.post("/", {"email": ACTIVE, "password": active.password})
    assert fresh(case).cancelled_at is None
    people.sign_in(client, active)
    assert (fresh(case).cancelled_at, case.cancelled_by) == (timezone.now(), active.user)
    assert "Du loggade in med både lösenord och telefon" in people.mails(ACTIVE, "accounts/recovery_cancelled")[0].body
    assert AuditEvent.objects.get(code="recovery:cancelled").result == "sign_in"
    assert "redan avslutat" in reason_of(recovery.approve_case, case=case, by=second, at=timezone.now())


def test_a_new_case_replaces_an_older_one(active: Person, opener: User, second: User) -> None:
    older = approved_case(active.user, opener, second)
    newer = opened_case(active.user, opener)
    assert fresh(older).cancelled_by == opener
    assert fresh(newer).cancelled_at is None
    assert AuditEvent.objects.get(code="recovery:cancelled").result == "replaced"


def test_a_case_is_cancelled_once(active: Person, opener: User, second: User) -> None:
    case = opened_case(active.user, opener)
    recovery.cancel_case(case=case, by=second, at=timezone.now())
    assert not RecoveryCase.objects.valid(timezone.now()).exists()
    assert "SKR avbröt" in people.mails(ACTIVE, "accounts/recovery_cancelled")[0].body
    assert "redan avslutat" in reason_of(recovery.cancel_case, case=case, by=second, at=timezone.now())
    assert events("recovery:cancelled") == 1


@pytest.mark.parametrize("kind", ["totp", "both"])
def test_ater_11_ones_own_case_is_refused(opener: User, second: User, kind: str) -> None:
    values = {**CASE, "kind": kind, "at": timezone.now()}
    assert "ditt eget konto" in reason_of(recovery.open_case, user=opener, by=opener, **values)
    case = opened_case(opener, second, "both")
    assert "ditt eget konto" in reason_of(recovery.approve_case, case=case, by=opener, at=timezone.now())


def test_ater_11_a_staff_account_is_recovered_by_two_others(staff: Person, opener: User, second: User) -> None:
    values = {**CASE, "by": opener, "at": timezone.now()}
    assert "i sin helhet" in reason_of(recovery.open_case, user=staff.user, kind="totp", **values)
    assert approved_case(staff.user, opener, second).approved_by == second


@pytest.mark.parametrize("state", ["invited", "suspended"])
def test_there_must_be_an_account_to_recover(invited: Person, active: Person, opener: User, state: str) -> None:
    User.objects.filter(email=ACTIVE).update(is_active=False)
    user, words = (invited.user, "Skicka inbjudan igen") if state == "invited" else (active.user, "avstängt")
    values = {**CASE, "kind": "totp", "by": opener, "at": timezone.now()}
    assert words in reason_of(recovery.open_case, user=user, **values)


def test_an_unknown_kind_of_case_is_refused(active: Person, opener: User) -> None:
    values = {**CASE, "by": opener, "at": timezone.now()}
    assert "Välj vad" in reason_of(recovery.open_case, user=active.user, kind="allt", **values)
