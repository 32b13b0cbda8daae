"""The e-mail code: who may try it, how often, and for how long (KOD)."""

from __future__ import annotations

import re
from collections import Counter
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import codes, limits, services, tasks
from accounts.models import AuditEvent, EmailCode, Invitation, RateLimit
from accounts.throttling import key_of, take
from config.lib.mail import html_of
from messaging import outbox
from messaging.models import OutgoingMail
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, UNKNOWN, events, jobs, masked, statements
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db

WRONG, TOO_SOON = "Koden är fel eller har gått ut.", "Vänta en stund innan du begär en ny kod."


def try_code(client: Client, code: str) -> bool:
    """Post a code; whether it was accepted. A refused one gets the one text there is."""
    response = people.post_step(client, "/konto/kod/", code=code)
    if response.headers["Location"] == "/konto/verifierad/":
        return True
    assert WRONG in client.get(response.headers["Location"]).content.decode()
    return False


def wrong_for(email: str) -> str:
    """A code that is not the one in the mail."""
    return f"{(int(people.code_in_mail(email)) + 1) % 1_000_000:06d}"


@pytest.mark.asvs("6.5.3", "6.5.4")
def test_kod_01_codes_are_six_even_digits() -> None:
    made = [codes.new_code() for _ in range(20_000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in made)
    assert any(code.startswith("0") for code in made)
    for position in range(6):
        counts = Counter(code[position] for code in made)
        chi_square = sum((counts[str(digit)] - 2_000) ** 2 / 2_000 for digit in range(10))
        assert chi_square < 45.08  # 9 degrees of freedom, p = 10^-6


@pytest.mark.asvs("14.2.2")
def test_kod_02_the_code_stands_in_no_table(client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                assert f'"{code}"' not in row
                assert f": {code}" not in row


@pytest.mark.asvs("6.4.1", "6.5.5")
@pytest.mark.parametrize(("seconds", "accepted"), [(9 * 60 + 59, True), (10 * 60 + 1, False)])
def test_kod_03_ten_minutes(client: Client, invited: Person, clock: Traveller, seconds: int, accepted: bool) -> None:
    people.ask_for_code(client, INVITED)
    clock.shift(seconds)
    assert try_code(client, people.code_in_mail(INVITED)) is accepted


@pytest.mark.asvs("6.5.1")
def test_kod_04_a_used_code_is_refused_here_and_elsewhere(client: Client, other_client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    page = client.get("/konto/kod/")
    assert try_code(client, code)
    again = client.post("/konto/kod/", {"journey": people.journey_in(page), "code": code})
    assert again.headers["Location"] == "/konto/?besked=borja-om"
    people.ask_for_code(other_client, INVITED)
    assert not try_code(other_client, code)


@pytest.mark.asvs("6.6.2")
def test_kod_05_a_code_works_only_in_its_own_browser(client: Client, other_client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    people.ask_for_code(other_client, INVITED)
    assert not try_code(other_client, code)
    assert EmailCode.objects.order_by("-pk").first().attempts == 1  # type: ignore[union-attr]
    assert try_code(client, code)


@pytest.mark.asvs("2.1.3", "2.3.2", "6.6.3")
def test_kod_06_the_right_code_after_five_wrong_is_refused(client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    wrong = wrong_for(INVITED)
    for _ in range(5):
        assert not try_code(client, wrong)
    assert not try_code(client, people.code_in_mail(INVITED))


@pytest.mark.asvs("2.1.3", "2.3.2", "6.6.3")
def test_kod_07_a_new_code_replaces_the_first(client: Client, invited: Person, clock: Traveller) -> None:
    people.ask_for_code(client, INVITED)
    first = people.code_in_mail(INVITED)
    clock.shift(61)
    assert people.post_step(client, "/konto/kod/", again="1").headers["Location"] == "/konto/kod/?besked=ny-kod"
    assert not try_code(client, first)
    assert try_code(client, people.code_in_mail(INVITED))


@pytest.mark.asvs("2.1.3", "2.3.2", "6.1.1", "6.3.1", "6.6.3")
def test_kod_08_ten_wrong_over_three_codes_close_the_hour(invited: Person, clock: Traveller) -> None:
    for tries in (4, 4, 2):
        client = GuardedClient()
        people.ask_for_code(client, INVITED)
        wrong = wrong_for(INVITED)
        for _ in range(tries):
            assert not try_code(client, wrong)
    assert not try_code(client, people.code_in_mail(INVITED))
    clock.shift(3601)
    client = GuardedClient()
    people.ask_for_code(client, INVITED)
    assert try_code(client, people.code_in_mail(INVITED))


@pytest.mark.asvs("2.1.3", "2.3.2", "6.1.1", "6.3.1", "6.6.3")
def test_kod_08_after_fifty_the_lane_is_paused_and_people_are_told(clock: Traveller) -> None:
    inviter = people.made_person("kontakt@ystad.se").user
    people.made_person("samordnare@skr.example", staff_role="coordinator")
    services.invite_user(email=INVITED, by=inviter, at=timezone.now())
    tries = 0
    for _ in range(6):
        for _ in range(2):
            client = GuardedClient()
            people.ask_for_code(client, INVITED)
            wrong = wrong_for(INVITED)
            for _ in range(5):
                assert not try_code(client, wrong)
                tries += 1
        clock.shift(25 * 3600)
    assert tries == 60
    before = len(people.mails(INVITED, "accounts/code"))
    people.ask_for_code(GuardedClient(), INVITED)
    assert len(people.mails(INVITED, "accounts/code")) == before

    told = jobs("tell_of_paused_lane")
    assert len(told) == 2  # the day of the fifty-first guess, and the day after when somebody asked
    tasks.tell_of_paused_lane(**told[0])
    for email in ("kontakt@ystad.se", "samordnare@skr.example"):
        assert INVITED in people.mails(email, "accounts/lane_paused")[0].body
    assert events("invitation:paused") == 1

    clock.shift(3601)
    services.resend_invitation(invitation=Invitation.objects.get(user__email=INVITED), by=inviter, at=timezone.now())
    client = GuardedClient()
    people.ask_for_code(client, INVITED)
    assert try_code(client, people.code_in_mail(INVITED))


@pytest.mark.asvs("2.1.3", "2.3.2", "2.4.1", "6.6.3")
def test_kod_09_sends_are_limited(client: Client, invited: Person, clock: Traveller) -> None:
    def sent() -> int:
        return len(people.mails(INVITED, "accounts/code"))

    people.ask_for_code(client, INVITED)
    clock.shift(59)
    answer = people.post_step(client, "/konto/kod/", again="1")
    assert TOO_SOON in client.get(answer.headers["Location"]).content.decode()
    assert sent() == 1
    clock.shift(2)
    for _ in range(4):
        people.ask_for_code(GuardedClient(), INVITED)
    assert sent() == 5
    answer = people.ask_for_code(GuardedClient(), INVITED)
    assert answer.headers["Location"] == "/konto/?besked=vanta"
    assert sent() == 5
    clock.shift(3600)
    for _ in range(6):
        people.ask_for_code(GuardedClient(), INVITED)
    assert sent() <= 10
    clock.shift(3600)
    people.ask_for_code(GuardedClient(), INVITED)
    assert sent() <= 10


@pytest.mark.asvs("2.3.2", "6.6.3")
def test_kod_09_four_new_codes_in_a_journey(client: Client, invited: Person, clock: Traveller) -> None:
    people.ask_for_code(client, INVITED)
    for _ in range(6):
        clock.shift(61)
        people.post_step(client, "/konto/kod/", again="1")
    assert EmailCode.objects.count() <= limits.CODES_PER_JOURNEY


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("shape", ["{} {}", "{}{}\n", " {}{} ", "{}\u00a0{}"])
def test_kod_11_spaces_in_a_code_are_let_off(client: Client, invited: Person, shape: str) -> None:
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    assert try_code(client, shape.format(code[:3], code[3:]))


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("change", ["wide", "plus", "short", "arabic", "long"])
def test_kod_11_odd_digits_are_wrong_and_counted(client: Client, invited: Person, change: str) -> None:
    people.ask_for_code(client, INVITED)
    code = people.code_in_mail(INVITED)
    typed = {
        "wide": "".join(chr(ord(digit) + 0xFEE0) for digit in code),
        "arabic": "".join(chr(ord(digit) - 48 + 0x0660) for digit in code),
        "plus": f"+{code}",
        "short": code[:5],
        "long": code + "0" * 50_000,
    }[change]
    assert not try_code(client, typed)
    assert EmailCode.objects.get().attempts == 1


@pytest.mark.asvs("16.5.3")
def test_kod_12_a_fault_after_the_reservation_leaves_it_counted(client: Client, invited: Person) -> None:
    people.ask_for_code(client, INVITED)
    client.raise_request_exception = False
    with mock.patch("accounts.codes.use", side_effect=RuntimeError):
        for _ in range(5):
            assert people.post_step(client, "/konto/kod/", code="000000").status_code == 500
    assert EmailCode.objects.get().attempts == 5
    assert not try_code(client, people.code_in_mail(INVITED))


@pytest.mark.asvs("2.4.1", "4.1.3", "15.3.4")
def test_kod_13_a_forged_forwarded_for_changes_nothing(invited: Person, active: Person) -> None:
    for number in range(3):
        client = GuardedClient(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        people.ask_for_code(client, INVITED)
        wrong = wrong_for(INVITED)
        for _ in range(4):
            assert not try_code(client, wrong)
    assert not try_code(client, people.code_in_mail(INVITED))
    network = RateLimit.objects.filter(key__in=[key_of("send/network", "127.0.0.1")])
    assert network.get().count == 3
    other = GuardedClient()
    people.ask_for_code(other, ACTIVE)
    assert try_code(other, people.code_in_mail(ACTIVE))


def test_kod_15_the_mail_says_what_was_asked_and_warns(invited: Person) -> None:
    client = GuardedClient(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Edg/120")
    people.ask_for_code(client, INVITED)
    letter, code = people.mails(INVITED, "accounts/code")[0], people.code_in_mail(INVITED)
    assert code not in letter.subject
    for words in (code, "2026", "Edge på Windows", "SKR frågar aldrig efter koden."):
        assert words in letter.body
    html = html_of(letter.body)
    assert code in html
    for text in (letter.body, html):
        assert {re.split(r'["<\s]', part)[0] for part in text.split("https://")[1:]} == {
            f"{settings.PORTAL_BASE_URL.removeprefix('https://')}/"
        }
    assert OutgoingMail.objects.get(template="accounts/code").expires_at == timezone.now() + limits.CODE_LIFETIME


@pytest.mark.asvs("6.1.1", "6.3.1", "8.2.4")
def test_kod_16_a_stranger_neither_voids_the_owners_code_nor_burns_her_lane(clock: Traveller) -> None:
    person = people.made_person(ACTIVE)
    owner = GuardedClient(REMOTE_ADDR="192.0.2.1")
    people.sign_in(owner, person)
    owner.post("/konto/logga-ut/")
    clock.shift(40 * 60)
    people.ask_for_code(owner, ACTIVE)
    code = people.code_in_mail(ACTIVE)
    for _ in range(10):
        stranger = GuardedClient(REMOTE_ADDR="198.51.100.9")
        people.ask_for_code(stranger, ACTIVE)
        if stranger.get("/konto/kod/").status_code == 200:
            for _ in range(4):
                people.post_step(stranger, "/konto/kod/", code="000000")
    assert try_code(owner, code)
    fresh = GuardedClient(REMOTE_ADDR="192.0.2.1")
    before = len(people.mails(ACTIVE, "accounts/code"))
    people.ask_for_code(fresh, ACTIVE)
    assert len(people.mails(ACTIVE, "accounts/code")) == before + 1


@pytest.mark.asvs("2.3.2", "6.6.3", "6.3.8")
def test_kod_17_a_stranger_asking_a_paused_lane_gets_the_same_page_no_mail_and_one_alarm_a_day(
    invited: Person, clock: Traveller
) -> None:
    limit, window = limits.WRONG_CODES_SINCE_SUCCESS
    for email in (INVITED, UNKNOWN):
        for _ in range(limit):
            take("wrong_code/since_success", email, limit, window, lane="strange", at=timezone.now())
    before, seen, ran_ = len(people.mails(INVITED)), set(), []
    for email in (INVITED, UNKNOWN):
        client = GuardedClient()
        with statements() as ran:
            answer, page = people.ask_for_code(client, email), client.get("/konto/kod/")
        seen.add(str([masked(answer, email), masked(page, email)]))
        ran_.append(ran)
    open_lane = GuardedClient(REMOTE_ADDR="192.0.2.7")
    seen.add(str([masked(people.ask_for_code(open_lane, ACTIVE), ACTIVE), masked(open_lane.get("/konto/kod/"), ACTIVE)]))
    assert len(seen) == 1
    assert ran_[0] == ran_[1]
    people.ask_for_code(GuardedClient(), INVITED)
    assert len(people.mails(INVITED)) == before
    assert [job["user_id"] for job in jobs("tell_of_paused_lane")] == [invited.user.pk, 0]
    clock.shift(24 * 3600 + 1)
    people.ask_for_code(GuardedClient(), INVITED)
    assert len(jobs("tell_of_paused_lane")) == 3
    for job in jobs("tell_of_paused_lane"):
        tasks.tell_of_paused_lane(**job)
    assert events("invitation:paused") == 2


@pytest.mark.asvs("16.3.1")
def test_log_01_a_code_that_was_handed_to_the_mail_server_is_recorded_as_sent(invited: Person) -> None:
    for email in (INVITED, UNKNOWN):
        people.ask_for_code(GuardedClient(), email)
    for mail in OutgoingMail.objects.order_by("pk"):
        outbox.send_stored(mail.pk, at=timezone.now())
    assert AuditEvent.objects.get(code="account:code:sent").subject_id == invited.user.pk
