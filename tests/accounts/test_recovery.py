"""A forgotten password, a lost phone, or both: the mailbox alone gives nothing away (ATER)."""

from __future__ import annotations

from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import recovery, recovery_codes, services
from accounts.models import AuditEvent, RecoveryCase, RecoveryCode, Session, SignUpJourney, TotpDevice, User
from tests import people
from tests.accounts.conftest import (
    ACTIVE,
    DAY,
    FACTORLESS,
    OLD_PASSWORD,
    PHONELESS,
    approved_case,
    credentials,
    events,
    journeys,
    next_step,
    opened_case,
    walk_to,
)
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db

NEW = "Ny7#katt!Moln"


@pytest.mark.asvs("6.4.3")
def test_ater_01_the_app_there_is_is_asked_for_and_never_replaced(client: Client, active: Person) -> None:
    before = credentials(ACTIVE)
    response = people.verify_address(client, active)
    assert response.headers["Location"] == "/konto/kontroll/"
    page = client.get("/konto/kontroll/").content.decode()
    assert "Engångskod" in page
    assert '<div class="qr"' not in page
    assert active.phone.secret not in page.replace(" ", "")
    assert client.get("/konto/qr/").headers["Location"] == "/konto/kontroll/"
    people.post_step(client, "/konto/kontroll/", token=active.phone.code())
    people.post_step(client, "/konto/losenord/", password=NEW, confirmation=NEW)
    assert credentials(ACTIVE)[2] == before[2]


@pytest.mark.asvs("6.3.6", "6.4.3")
def test_ater_02_a_mailbox_thief_changes_nothing_and_the_owner_is_told(client: Client, active: Person, clock: Traveller) -> None:
    owner = GuardedClient()
    people.sign_in(owner, active)
    clock.shift(61)
    before = credentials(ACTIVE)
    people.verify_address(client, active)
    journey = journeys(ACTIVE)[-1].pk
    for page in ("verifierad", "qr", "engangskod", "losenord"):
        client.post(f"/konto/{page}/", {"journey": journey, "password": NEW, "confirmation": NEW, "token": "000000"})
    near = {active.phone.code(ahead) for ahead in range(-20, 21)}
    wrong = next(code for code in (f"{number:06d}" for number in range(100)) if code not in near)
    locations = []
    for _ in range(5):
        locations.append(client.post("/konto/kontroll/", {"journey": journey, "token": wrong}).headers["Location"])
        clock.shift(20)
    assert locations[-1] == "/konto/?besked=for-manga-fel"
    assert SignUpJourney.objects.get(pk=journey).end_reason == "totp_failures"
    assert client.post("/konto/kontroll/", {"journey": journey, "token": active.phone.code()}).headers["Location"] == (
        "/konto/?besked=borja-om"
    )
    assert credentials(ACTIVE) == before
    assert owner.get("/").status_code == 200
    (letter,) = people.mails(ACTIVE, "accounts/totp_failures")
    assert "har tillgång till din e-post" in letter.body
    assert events("account:journey:aborted") == 1


@pytest.mark.asvs("6.3.7")
def test_ater_03_after_a_reset_the_old_is_dead(client: Client, active: Person, clock: Traveller) -> None:
    other = GuardedClient()
    people.sign_in(other, active)
    assert other.get("/").status_code == 200
    clock.shift(61)
    stale = GuardedClient()
    people.ask_for_code(stale, ACTIVE)
    people.verify_address(client, active)
    people.post_step(client, "/konto/kontroll/", token=active.phone.code())
    answer = people.post_step(client, "/konto/losenord/", password=NEW, confirmation=NEW)
    assert answer.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert other.get("/inlamning/").headers["Location"].startswith("/?")
    assert Session.objects.filter(user=active.user).count() == 1
    assert stale.get("/konto/kod/").headers["Location"] == "/konto/"
    assert "lösenordet är fel" in GuardedClient().post("/", {"email": ACTIVE, "password": active.password}).content.decode()
    assert len(people.mails(ACTIVE, "accounts/password_changed")) == 1
    client.post("/konto/logga-ut/")
    active.password = NEW
    assert people.sign_in(client, active, ahead=1).headers["Location"] == "/"


@pytest.mark.asvs("6.3.8")
def test_ater_10_a_staff_account_gets_the_same_page_and_a_mail_without_a_code(client: Client, staff: Person) -> None:
    assert people.ask_for_code(client, staff.email).headers["Location"] == "/konto/kod/"
    assert people.mails(staff.email, "accounts/code") == []
    (letter,) = people.mails(staff.email, "accounts/code_staff")
    assert letter.subject == "Kontot återställs av förvaltningen"
    assert not any(word.isdigit() and len(word) == 6 for word in letter.body.split())
    before = credentials(staff.email)
    assert people.post_step(client, "/konto/kod/", code="000000").headers["Location"] == "/konto/kod/?besked=fel"
    assert credentials(staff.email) == before


# A new phone by a case -------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.4.4", "6.5.6", "6.4.3")
def test_ater_06_the_link_asks_for_code_then_password_then_the_new_phone(client: Client, phoneless: Person) -> None:
    before, other = phoneless.user, GuardedClient()
    people.ask_for_code(other, PHONELESS)
    assert people.verify_address(client, phoneless).headers["Location"] == "/konto/nuvarande-losenord/"
    page = client.get("/konto/nuvarande-losenord/").content.decode()
    assert "Nuvarande lösenord" in page
    assert "Fortsätt" in page
    for too_early in ("qr", "engangskod", "losenord"):
        assert client.get(f"/konto/{too_early}/").headers["Location"] == "/konto/nuvarande-losenord/"
    assert not TotpDevice.objects.filter(user=before, revoked_at=None).exists()
    wrong = people.post_step(client, "/konto/nuvarande-losenord/", password="Fel7#katt!Moln")
    assert "Lösenordet är fel." in client.get(wrong.headers["Location"]).content.decode()
    right = people.post_step(client, "/konto/nuvarande-losenord/", password=phoneless.password)
    assert right.headers["Location"] == "/konto/qr/"
    phoneless.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    assert people.post_step(client, "/konto/engangskod/", token="x00000").headers["Location"].endswith("besked=wrong")
    done = people.post_step(client, "/konto/engangskod/", token=phoneless.phone.code())
    assert done.headers["Location"] == "/"
    assert client.get("/").status_code == 200

    after = phoneless.user
    assert after.password == before.password
    assert after.session_epoch == before.session_epoch + 1
    assert RecoveryCase.objects.get().used_at == timezone.now()
    assert other.get("/konto/kod/").headers["Location"] == "/konto/"
    assert "en ny app, med samma lösenord" in people.mails(PHONELESS, "accounts/recovery_used")[0].body
    assert AuditEvent.objects.get(code="account:journey:completed").result == "reenrol"
    client.post("/konto/logga-ut/")
    assert people.sign_in(client, phoneless).headers["Location"].endswith("besked=wrong")  # the code that proved the app
    assert people.sign_in(client, phoneless, ahead=1).headers["Location"] == "/"


@pytest.mark.asvs("6.4.4", "6.3.8")
def test_ater_06_the_password_is_guessed_under_the_counters_of_the_sign_in(client: Client, phoneless: Person) -> None:
    people.verify_address(client, phoneless)
    for _ in range(5):
        people.post_step(client, "/konto/nuvarande-losenord/", password="Fel7#katt!Moln")
    answer = people.post_step(client, "/konto/nuvarande-losenord/", password=phoneless.password)
    assert "Vänta en stund innan du försöker igen." in client.get(answer.headers["Location"]).content.decode()
    assert journeys(PHONELESS)[-1].state == "current_password"
    assert events("account:password:wrong") == 6


@pytest.mark.asvs("6.4.4", "6.5.6")
def test_ater_06_a_password_changed_meanwhile_does_not_count(client: Client, phoneless: Person) -> None:
    people.verify_address(client, phoneless)
    known = phoneless.user
    User.objects.filter(pk=known.pk).update(session_epoch=known.session_epoch + 1)
    with mock.patch("accounts.views.sign_up.sign_in.check_password", return_value=known):
        answer = people.post_step(client, "/konto/nuvarande-losenord/", password=phoneless.password)
    assert answer.headers["Location"] == "/konto/?besked=borja-om"


@pytest.mark.asvs("6.4.4")
def test_ater_07_a_case_is_over_after_a_day(client: Client, phoneless: Person, clock: Traveller) -> None:
    clock.shift(DAY - 60)
    walk_to(client, phoneless, "enrol")
    clock.shift(61)
    key = people.Phone(phoneless.phone.secret)
    before = credentials(PHONELESS)
    assert (
        client.post("/konto/engangskod/", {"journey": journeys(PHONELESS)[-1].pk, "token": key.code()}).headers["Location"]
        == "/konto/?besked=borja-om"
    )
    sent = len(people.mails(PHONELESS, "accounts/code"))
    people.ask_for_code(GuardedClient(), PHONELESS)
    assert len(people.mails(PHONELESS, "accounts/code")) == sent
    assert credentials(PHONELESS) == before


@pytest.mark.asvs("6.4.4")
def test_ater_07_a_used_case_opens_nothing_again(client: Client, phoneless: Person, opener: User) -> None:
    walk_to(client, phoneless, "enrol")
    next_step(client, phoneless, journeys(PHONELESS)[-1])
    services.revoke_devices(phoneless.user, reason="recovery", by=opener, at=timezone.now())
    sent = len(people.mails(PHONELESS, "accounts/code"))
    people.ask_for_code(GuardedClient(), PHONELESS)
    assert len(people.mails(PHONELESS, "accounts/code")) == sent


# Both factors by a case ------------------------------------------------------------------------------------------------


@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize(("seconds", "opens"), [(DAY - 1, False), (DAY, True), (2 * DAY - 1, True), (2 * DAY, False)])
def test_ater_08_a_case_about_both_opens_after_a_day_for_a_day(
    client: Client, active: Person, opener: User, second: User, clock: Traveller, seconds: int, opens: bool
) -> None:
    approved_case(active.user, opener, second)
    clock.shift(seconds)
    location = people.verify_address(client, active).headers["Location"]
    assert location == ("/konto/qr/" if opens else "/konto/kontroll/")


@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize("state", ["unapproved", "cancelled", "signed in"])
def test_ater_08_without_two_people_or_against_the_owner_it_never_opens(
    client: Client, active: Person, opener: User, second: User, clock: Traveller, state: str
) -> None:
    if state == "unapproved":
        opened_case(active.user, opener, "both")
    else:
        case = approved_case(active.user, opener, second)
    if state == "cancelled":
        recovery.cancel_case(case=case, by=opener, at=timezone.now())
    clock.shift(DAY)
    if state == "signed in":
        people.sign_in(GuardedClient(), active)
    assert people.verify_address(client, active).headers["Location"] == "/konto/kontroll/"


@pytest.mark.asvs("2.3.5", "6.4.4")
def test_ater_08_then_phone_and_password_are_new_and_the_old_are_dead(client: Client, factorless: Person) -> None:
    user = factorless.user
    old = TotpDevice.objects.get(user=user)
    RecoveryCode.objects.create(user=user, digest="!", created_at=timezone.now())
    walk_to(client, factorless, "new_password")
    assert next_step(client, factorless, journeys(FACTORLESS)[-1]).headers["Location"] == "/"
    old.refresh_from_db()
    assert (old.revoked_at, old.secret_sealed) == (timezone.now(), None)
    assert RecoveryCase.objects.get().used_at == timezone.now()
    assert not RecoveryCode.objects.filter(user=user).exists()
    assert "ett nytt lösenord och en ny app" in people.mails(FACTORLESS, "accounts/recovery_used")[0].body
    assert AuditEvent.objects.get(code="account:journey:completed").result == "both"
    assert events("recovery:cancelled") == 0
    client.post("/konto/logga-ut/")
    refused = GuardedClient().post("/", {"email": FACTORLESS, "password": OLD_PASSWORD})
    assert "lösenordet är fel" in refused.content.decode()
    assert people.sign_in(client, factorless, ahead=1).headers["Location"] == "/"


@pytest.mark.asvs("2.3.5", "6.4.4")
def test_ater_08_a_staff_account_is_restored_the_same_way(
    client: Client, staff: Person, opener: User, second: User, clock: Traveller
) -> None:
    approved_case(staff.user, opener, second)
    clock.shift(DAY)
    walk_to(client, staff, "new_password")
    assert next_step(client, staff, journeys(staff.email)[-1]).headers["Location"] == "/"


# A recovery code in the app's place ------------------------------------------------------------------------------------


def codes_of(person: Person) -> list[str]:
    """Two recovery codes in force."""
    made = recovery_codes.make()[:2]
    for digest in recovery_codes.hashes(made):
        RecoveryCode.objects.create(user=person.user, digest=digest, created_at=timezone.now())
    return made


@pytest.mark.asvs("6.5.2")
def test_ater_04_a_recovery_code_stands_in_for_the_app_once(client: Client, active: Person, clock: Traveller) -> None:
    code, _ = codes_of(active)
    device = credentials(ACTIVE)[2]
    walk_to(client, active, "challenge")
    page = client.get("/konto/kontroll/").content.decode()
    assert "Jag har ingen tillgång till appen" in page
    assert "personalstatistik@skr.se" in page
    assert 'href="/konto/kontroll/aterstallningskod/"' in page
    answer = people.post_step(client, "/konto/kontroll/aterstallningskod/", recovery_code=code)
    assert answer.headers["Location"] == "/konto/losenord/"
    assert len(people.mails(ACTIVE, "accounts/recovery_code_used")) == 1
    done = people.post_step(client, "/konto/losenord/", password=NEW, confirmation=NEW)
    assert done.headers["Location"] == "/konto/inloggning/ny-telefon/"
    assert credentials(ACTIVE)[2] == device
    client.post("/konto/logga-ut/")
    clock.shift(61)
    walk_to(client, active, "challenge")
    again = people.post_step(client, "/konto/kontroll/aterstallningskod/", recovery_code=code)
    assert "redan använd" in client.get(again.headers["Location"]).content.decode()
    assert journeys(ACTIVE)[-1].state == "challenge"


@pytest.mark.asvs("6.5.2")
def test_ater_04_the_sixth_guess_of_the_hour_is_not_compared(client: Client, active: Person) -> None:
    code, _ = codes_of(active)
    walk_to(client, active, "challenge")
    for _ in range(5):
        people.post_step(client, "/konto/kontroll/aterstallningskod/", recovery_code="AAAA-AAAA-AAAA-AAAA")
    answer = people.post_step(client, "/konto/kontroll/aterstallningskod/", recovery_code=code)
    assert answer.headers["Location"] == "/konto/kontroll/aterstallningskod/?besked=fel"
    assert not RecoveryCode.objects.filter(used_at__isnull=False).exists()
