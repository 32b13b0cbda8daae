"""The one-time code: each step once, waits that grow, and a secret that is nowhere in clear (TOTP)."""

from __future__ import annotations

import base64
import json
import re
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import limits, second_factor, totp
from accounts.models import TotpDevice
from accounts.second_factor import Outcome
from accounts.sessions import SessionStore
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, events
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db


def try_token(person: Person, token: str) -> Outcome:
    """Try a code against the person's device."""
    return second_factor.check(person.user, token, at=timezone.now(), occasion="sign_in").outcome


def wrong(person: Person) -> str:
    """A code of no step near."""
    near = {person.phone.code(ahead) for ahead in range(-12, 13)}
    return next(f"{number:06d}" for number in range(100) if f"{number:06d}" not in near)


def device_of(person: Person) -> TotpDevice:
    """Her app's row."""
    return TotpDevice.objects.get(user=person.user, revoked_at=None)


@pytest.mark.asvs("6.5.3", "6.5.4")
def test_totp_01_the_qr_code_says_what_the_app_needs(client: Client, invited: Person) -> None:
    uri = totp.provisioning_uri(bytes(range(20)), INVITED)
    assert uri == (
        f"otpauth://totp/Personalstatistik:{INVITED.replace('@', '%40')}?secret={base64.b32encode(bytes(range(20))).decode()}"
        "&issuer=Personalstatistik"
    )
    people.verify_address(client, invited)
    with mock.patch("accounts.qr_code.svg", side_effect=lambda text: text) as drawn:
        key = people.key_on_page(client.get("/konto/qr/"))
    assert f"secret={key}&" in drawn.call_args.args[0]
    assert len(base64.b32decode(key)) == 20
    page = client.get("/konto/qr/").content.decode()
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg is not None
    assert "style" not in svg[0]
    assert "<script" not in svg[0]
    assert '<path d="M' in svg[0]


@pytest.mark.asvs("6.5.1")
def test_totp_02_the_same_code_again_is_refused_counted_and_noted(active: Person) -> None:
    code = active.phone.code()
    assert try_token(active, code) == Outcome.RIGHT
    assert try_token(active, code) == Outcome.WRONG
    assert device_of(active).failures == 1
    assert events("account:totp:replayed") == 1


@pytest.mark.asvs("6.5.1")
def test_totp_04_the_enrolment_code_is_refused_at_sign_in(client: Client, invited: Person) -> None:
    people.sign_up(client, invited)
    client.post("/konto/logga-ut/")
    assert people.sign_in(client, invited).headers["Location"] == "/konto/logga-in/?besked=wrong"
    assert client.post("/konto/logga-in/", {"token": invited.phone.code(1)}).headers["Location"] == "/"


@pytest.mark.asvs("6.5.1")
def test_totp_05_a_step_back_is_refused(active: Person) -> None:
    assert try_token(active, active.phone.code()) == Outcome.RIGHT
    assert try_token(active, active.phone.code(-1)) == Outcome.WRONG


@pytest.mark.asvs("6.5.8")
@pytest.mark.parametrize(
    ("steps", "outcome"), [(-2, "clock"), (-1, "right"), (0, "right"), (1, "right"), (2, "clock"), (10, "clock"), (11, "wrong")]
)
def test_totp_06_one_step_either_way(active: Person, steps: int, outcome: str) -> None:
    active.phone.steps_off = steps
    assert try_token(active, active.phone.code()) == outcome
    assert device_of(active).failures == (0 if outcome == "right" else 1)


@pytest.mark.asvs("6.5.8")
def test_totp_06_ten_sign_ins_do_not_walk_the_clock(active: Person, clock: Traveller) -> None:
    outcomes = []
    for gained in range(10):
        clock.shift(3600)
        active.phone.steps_off = gained
        outcomes.append(try_token(active, active.phone.code()))
    assert outcomes == [Outcome.RIGHT] * 2 + [Outcome.CLOCK] * 8


def test_totp_06_the_page_speaks_of_the_clock(client: Client, active: Person) -> None:
    active.phone.steps_off = 5
    answer = people.sign_in(client, active)
    assert "Kontrollera att klockan i telefonen ställs automatiskt." in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.asvs("6.3.1")
def test_totp_07_the_waits_grow_and_a_right_code_meanwhile_is_kept(active: Person, clock: Traveller) -> None:
    for failures, wait in enumerate((0, 0, 0, 8, 16, 32, 64, 128, 256, 512, 900, 900), start=1):
        assert try_token(active, wrong(active)) == Outcome.WRONG
        assert device_of(active).failures == failures
        if wait:
            clock.shift(wait - 1)
            code = active.phone.code()
            assert try_token(active, code) == Outcome.WAIT
            assert device_of(active).failures == failures
            clock.shift(1)
    assert try_token(active, active.phone.code()) == Outcome.RIGHT


@pytest.mark.asvs("6.3.1")
def test_totp_07_after_a_hundred_it_is_closed_and_she_is_told(active: Person, clock: Traveller) -> None:
    TotpDevice.objects.update(failures=limits.TOTP_CLOSED_AT - 1, failed_at=timezone.now())
    clock.shift(901)
    assert try_token(active, wrong(active)) == Outcome.WRONG
    clock.shift(24 * 3600)
    assert try_token(active, active.phone.code()) == Outcome.WAIT
    assert len(people.mails(ACTIVE, "accounts/totp_closed")) == 1
    assert events("account:totp:blocked") == 2


def test_totp_08_a_right_code_clears_the_count(active: Person, clock: Traveller) -> None:
    for _ in range(9):
        clock.shift(1000)
        try_token(active, wrong(active))
    clock.shift(1000)
    assert try_token(active, active.phone.code()) == Outcome.RIGHT
    assert device_of(active).failures == 0


@pytest.mark.asvs("1.3.12", "2.2.1")
def test_totp_09_spaces_are_let_off(active: Person) -> None:
    code = active.phone.code()
    assert try_token(active, f" {code[:3]} {code[3:]}\n") == Outcome.RIGHT


@pytest.mark.asvs("1.3.12", "2.2.1")
@pytest.mark.parametrize("change", ["wide", "arabic", "underscore", "plus", "padded", "seven", "huge", "empty"])
def test_totp_09_odd_input_is_refused_without_opening_the_secret(active: Person, change: str) -> None:
    code = active.phone.code()
    typed = {
        "wide": "".join(chr(ord(digit) + 0xFEE0) for digit in code),
        "arabic": "".join(chr(ord(digit) - 48 + 0x0660) for digit in code),
        "underscore": f"{code[0]}_{code[1:]}",
        "plus": f"+{code}",
        "padded": f"0000{code}",
        "seven": f"{code}0",
        "huge": code * 150_000,
        "empty": "",
    }[change]
    with mock.patch("accounts.totp.device_secret", side_effect=AssertionError):
        assert try_token(active, typed) == Outcome.WRONG
    assert device_of(active).failures == 1


@pytest.mark.asvs("16.5.3")
def test_totp_10_a_fault_after_the_count_leaves_it(client: Client, active: Person) -> None:
    client.post("/", {"email": active.email, "password": active.password})
    client.raise_request_exception = False
    with mock.patch("accounts.views.sign_in._page.redirect_with", side_effect=RuntimeError):
        for _ in range(3):
            assert client.post("/konto/logga-in/", {"token": wrong(active)}).status_code == 500
    assert device_of(active).failures == 3


def test_totp_11_the_secret_stands_nowhere_once_enrolled(
    client: Client, invited: Person, caplog: pytest.LogCaptureFixture
) -> None:
    people.verify_address(client, invited)
    page = client.get("/konto/qr/")
    assert "no-store" in page.headers["Cache-Control"]
    key = invited.phone.secret = people.key_on_page(page)
    people.post_step(client, "/konto/engangskod/", token=invited.phone.code())
    people.post_step(client, "/konto/losenord/", password=invited.password, confirmation=invited.password)
    assert client.get("/konto/qr/").headers["Location"] == "/konto/integritet/"
    client.post("/konto/integritet/")
    assert "Du är redan inloggad" in client.get("/konto/qr/").content.decode()
    raw = base64.b32decode(key)
    traces = {key, key.lower(), raw.hex(), base64.b64encode(raw).decode()}
    dumped = [caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            dumped += [row for (row,) in cursor.fetchall()]
    dumped.append(json.dumps(dict(SessionStore(client.cookies["__Host-session"].value).items())))
    assert not [text for text in dumped for trace in traces if trace in text]


@pytest.mark.asvs("11.2.5", "11.3.3")
def test_totp_12_another_users_ciphertext_is_refused_and_noted(client: Client, active: Person) -> None:
    other = people.made_person("eva@ystad.se")
    TotpDevice.objects.filter(user=active.user).update(secret_sealed=device_of(other).secret_sealed)
    assert people.sign_in(client, active).headers["Location"] == "/konto/logga-in/?besked=wrong"
    active.phone = other.phone
    assert client.post("/konto/logga-in/", {"token": active.phone.code()}).headers["Location"] == "/konto/logga-in/?besked=wrong"
    assert events("operation:key") == 2


@pytest.mark.asvs("6.3.5")
def test_totp_14_five_wrong_codes_after_the_right_password_warn_her(client: Client, active: Person, clock: Traveller) -> None:
    client.post("/", {"email": active.email, "password": active.password})
    for _ in range(5):
        client.post("/konto/logga-in/", {"token": wrong(active)})
        clock.shift(20)
    letter = people.mails(ACTIVE, "accounts/totp_failures")
    assert len(letter) == 1
    assert "Någon har angett ditt lösenord" in letter[0].body
    assert events("account:totp:wrong") == 5


def test_totp_15_a_device_id_in_the_form_is_ignored(active: Person) -> None:
    other = people.made_person("eva@ystad.se")
    client = GuardedClient()
    client.post("/", {"email": active.email, "password": active.password})
    client.post("/konto/logga-in/", {"token": other.phone.code(), "otp_device": device_of(other).persistent_id, "device": "1"})
    assert client.get("/inlamning/").headers["Location"].startswith("/?next=")
    assert settings.SESSION_COOKIE_NAME in client.cookies
