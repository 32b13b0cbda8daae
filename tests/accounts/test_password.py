"""The password rule and the first factor (LOS)."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import string
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest import mock
from urllib.parse import quote

import pytest
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.test import Client
from time_machine import Traveller

from accounts import hashers, passwords
from accounts.hashers import BoundedArgon2PasswordHasher
from accounts.management.commands.build_blocklist import build
from accounts.models import RateLimit, TotpDevice, User
from accounts.sessions import SessionStore
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, events
from tests.client import GuardedClient
from tests.people import PASSWORD, Person

WEAK = """
Password1! Sommar2026! Losenord1! Lösenord1! Qwerty123! Stockholm2026! Hejhej123! Kommun2026! Vinter2025# P@ssw0rd! Fredag13!
Anna1985! Göteborg#1 Skrskr12! Abcdef1! 1qaz!QAZ Januari2026! November#26 Måndag123! Söndag1! Höst2026! Våren2026! Malmö2026!
Uppsala1! Ystad2026! Trosa#2026 Linköping1! Välkommen1! Valkommen123! Hejsan123! Hemligt1! Hemligt2026# Fotboll1! Hammarby1!
Djurgården1! Sverige2026! Sverige#1 Kalle123! Emma2012! Andersson1! Johansson#1 Mamma123! Pappa2026! Katten123! Hunden1!
Älskling1! Jullov2026! Midsommar26! Semester1! Kaffe123! Blomma1! Volvo740! S0mmar2026! Sommar!2026 2026Sommar! !!Sommar26
Admin123! Welcome1! Letmein1! Monkey123! Dragon1! Superman1! Asdfgh12! Zxcvbn1! Aaaaaa1! Personal2026! Statistik1! Lön2026!!
Region2026! Skola2026! Chef2026!
""".split()  # noqa: SIM905 - a list of words reads best as words
STRONG = ["Xk7#qpLm2v", "Blå7#katt!Moln", "korrekt Häst 4 batteri!", "Ål7 grävö", "Tre små grisar åt 9 äpplen", "v9T!rr0pQe"]


@pytest.mark.parametrize("password", STRONG)
def test_los_01_a_good_password_may_be_used(password: str) -> None:
    assert passwords.faults(password, passwords.own_words("anna.berg@ystad.se", "Anna Berg")) == []


@pytest.mark.asvs("6.2.5")
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("xk7#qplm2v", "versaler"),
        ("XK7#QPLM2V", "gemener"),
        ("Xkz#qpLmtv", "siffror"),
        ("Xk7zqpLm2v", "specialtecken"),
        ("xkzqplmtvw", "versaler, siffror och specialtecken"),
        ("åäö7#qplmö", "versaler"),
    ],
)
def test_los_01_a_missing_class_is_named(password: str, missing: str) -> None:
    assert passwords.faults(password) == [f"Lösenordet saknar {missing}."]


@pytest.mark.asvs("6.2.1", "6.2.9")
@pytest.mark.parametrize(("length", "accepted"), [(7, False), (8, True), (128, True), (129, False)])
def test_los_02_eight_to_128_characters(length: int, accepted: bool) -> None:
    password = ("Xk7#qpLm2v" + "tr5!Gw" * 30)[:length]
    assert (passwords.faults(password) == []) is accepted


@pytest.mark.asvs("6.2.4", "6.2.12")
@pytest.mark.parametrize("password", WEAK)
def test_los_03_a_weak_password_that_keeps_the_rule_is_refused_with_a_reason(password: str) -> None:
    assert passwords.missing_classes(password) == [], password
    (reason,) = passwords.faults(password)
    assert reason.startswith("Lösenordet ")


@pytest.mark.asvs("6.2.4")
def test_los_03_random_passwords_are_almost_never_refused() -> None:
    dice, refused, tried = random.Random(2026), 0, 0
    signs = string.ascii_letters + string.digits + "!#%&/()=?+-_.,"
    while tried < 10_000:
        password = "".join(dice.choices(signs, k=12))
        if passwords.missing_classes(password):
            continue
        tried += 1
        refused += bool(passwords.faults(password))
    assert refused < 10


@pytest.mark.asvs("6.1.2", "6.2.11")
@pytest.mark.parametrize(
    "password", ["Anna.berg1!", "Ystad2026!", "Personalstatistik1!", "AnnaBerg#19", "Bergs#anna1", "Ystads-kommun-2026!"]
)
def test_los_04_ones_own_data_and_the_portals_words_are_refused(password: str) -> None:
    assert passwords.faults(password, passwords.own_words("anna.berg@ystad.se", "Anna Berg")) != []


def sign_in_page(client: Client, password: str, email: str = ACTIVE) -> bool:
    """Whether the first factor is accepted."""
    return client.post("/", {"email": email, "password": password}).headers.get("Location") == "/konto/logga-in/"


@pytest.mark.asvs("6.2.8")
@pytest.mark.django_db
def test_los_05_the_password_counts_as_typed_in_either_unicode_form() -> None:
    password = "Blå7#katt! "
    people.made_person(ACTIVE, password=password)
    assert sign_in_page(GuardedClient(), password)
    assert sign_in_page(GuardedClient(), unicodedata.normalize("NFD", password))
    for wrong in (password.strip(), password.lower(), password[:8]):
        assert not sign_in_page(GuardedClient(), wrong)


@pytest.mark.asvs("11.4.2")
@pytest.mark.django_db
def test_los_06_argon2id_and_old_parameters_are_upgraded(active: Person) -> None:
    strong = BoundedArgon2PasswordHasher()
    assert (strong.memory_cost >= 47_104, strong.time_cost >= 1) == (True, True)
    stored = active.user.password
    assert stored.startswith("argon2$argon2id$")
    with mock.patch.object(type(get_hasher()), "memory_cost", 128):
        assert sign_in_page(GuardedClient(), active.password)
    assert "m=128" in active.user.password
    assert "m=128" not in stored


@pytest.fixture
def taken() -> Iterator[Callable[[int, bool], None]]:
    """Take so many places of one kind, as if others waited there; all are given back."""
    held: list[threading.BoundedSemaphore] = []

    def take(count: int, is_known: bool) -> None:
        for _ in range(count):
            assert hashers._places[is_known].acquire(blocking=False)
            held.append(hashers._places[is_known])

    yield take
    for places in held:
        places.release()


@pytest.mark.django_db
def test_los_12_where_too_many_wait_for_a_hash_nothing_is_counted_and_the_page_says_so(
    client: Client, active: Person, taken: Callable[[int, bool], None]
) -> None:
    taken(hashers.STRANGERS - 1, False)
    assert sign_in_page(GuardedClient(), active.password)
    taken(1, False)
    for email in (ACTIVE, INVITED, "okand@ystad.se"):
        RateLimit.objects.all().delete()
        with mock.patch.object(type(get_hasher()), "verify", side_effect=AssertionError):
            page = client.post("/", {"email": email, "password": active.password}).content.decode()
        assert "Just nu kommer ovanligt många försök till portalen. Vänta 20 sekunder" in page
        assert f'value="{email}"' in page
        assert not RateLimit.objects.exists()
    assert events("account:sign_in:failed") == 0


@pytest.mark.django_db
def test_los_12_strangers_take_no_place_from_a_browser_that_the_portal_knows(
    client: Client, active: Person, taken: Callable[[int, bool], None]
) -> None:
    people.sign_in(client, active)
    client.post("/konto/logga-ut/")
    taken(hashers.STRANGERS, False)
    assert not sign_in_page(GuardedClient(), active.password)
    assert sign_in_page(client, active.password)
    taken(hashers.KNOWN, True)
    client.get("/konto/avbryt/")
    assert not sign_in_page(client, active.password)


def test_los_12_one_hash_at_once_and_its_place_is_given_back_also_by_one_that_breaks() -> None:
    hasher, at_work, most = BoundedArgon2PasswordHasher(), 0, 0

    def work(*_values: object) -> bool:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        time.sleep(0.01)
        at_work -= 1
        raise ValueError

    def one() -> None:
        with contextlib.suppress(ValueError), hashers.place(is_known=False), hashers.place(is_known=False):
            hasher.verify("x", "y")

    with mock.patch("django.contrib.auth.hashers.Argon2PasswordHasher.verify", side_effect=work):
        for _ in range(3):
            threads = [threading.Thread(target=one) for _ in range(hashers.STRANGERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert most == hashers.AT_ONCE == 1


@pytest.mark.asvs("6.2.6", "6.2.7")
@pytest.mark.django_db
def test_los_08_the_fields_help_password_managers_and_phones(client: Client, invited: Person) -> None:
    page = client.get("/").content.decode()
    for words in ('type="email"', 'autocomplete="username"', 'type="password"', 'autocomplete="current-password"'):
        assert words in page
    people.ask_for_code(client, INVITED)
    page = client.get("/konto/kod/").content.decode()
    for words in ('inputmode="numeric"', 'autocomplete="one-time-code"'):
        assert words in page
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(INVITED))
    people.post_step(client, "/konto/verifierad/")
    invited.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    people.post_step(client, "/konto/engangskod/", token=invited.phone.code())
    page = client.get("/konto/losenord/").content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert "onpaste" not in page


@pytest.mark.asvs("6.1.1", "6.3.1", "8.2.4")
@pytest.mark.django_db
def test_los_09_strangers_wait_and_the_owners_browser_does_not(clock: Traveller) -> None:
    person = people.made_person(ACTIVE)
    owner = GuardedClient(REMOTE_ADDR="192.0.2.1")
    people.sign_in(owner, person)
    owner.post("/konto/logga-ut/")
    clock.shift(60)
    stranger = GuardedClient(REMOTE_ADDR="198.51.100.1")
    compared = 0
    for _ in range(50):
        page = stranger.post("/", {"email": ACTIVE, "password": "Fel7#katt!Moln"}).content.decode()
        compared += "E-posten eller lösenordet är fel." in page
    assert compared == 5
    assert not sign_in_page(stranger, person.password)
    assert "Vänta en stund" in stranger.post("/", {"email": ACTIVE, "password": person.password}).content.decode()
    assert people.sign_in(owner, person).headers["Location"] == "/"
    clock.shift(15 * 60)
    assert sign_in_page(GuardedClient(REMOTE_ADDR="192.0.2.77"), person.password)


@pytest.mark.asvs("6.1.1", "6.3.1", "8.2.4")
@pytest.mark.django_db
def test_los_09_the_waits_double_to_fifteen_minutes_and_a_hundred_close_the_lane(client: Client, clock: Traveller) -> None:
    person = people.made_person(ACTIVE)

    def is_compared() -> bool:
        return "lösenordet är fel" in GuardedClient().post("/", {"email": ACTIVE, "password": "Fel7#katt!Moln"}).content.decode()

    for _ in range(5):
        assert is_compared()
    for wait in (4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        clock.shift(wait - 1)
        assert not is_compared()
        clock.shift(1)
        assert is_compared()
    for _ in range(85):
        clock.shift(900)
        assert is_compared()
    clock.shift(24 * 3600)
    assert not is_compared()
    assert not sign_in_page(GuardedClient(), person.password)
    people.verify_address(client, person)
    people.post_step(client, "/konto/kontroll/", token=person.phone.code())
    people.post_step(client, "/konto/losenord/", password="Ny7#katt!Moln", confirmation="Ny7#katt!Moln")
    assert sign_in_page(GuardedClient(), "Ny7#katt!Moln")


@pytest.mark.django_db
def test_los_11_a_confirmation_that_differs_saves_nothing(client: Client, invited: Person) -> None:
    people.verify_address(client, invited)
    invited.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    people.post_step(client, "/konto/engangskod/", token=invited.phone.code())
    for password, confirmation, sentence in (
        (PASSWORD, PASSWORD + "x", "Lösenorden är inte lika."),
        ("Sommar2026!", "Sommar2026!", "sommar"),
        ("kort", "kort", "för kort"),
        ("", "", "Skriv ett lösenord."),
    ):
        page = people.post_step(client, "/konto/losenord/", password=password, confirmation=confirmation).content.decode()
        assert sentence in page
        assert not password or f'value="{password}"' not in page
    assert not invited.user.has_usable_password()
    assert not TotpDevice.objects.exists()


@pytest.mark.asvs("1.3.3", "1.3.12")
@pytest.mark.django_db
@pytest.mark.parametrize("where", ["email", "password", "code", "new_password"])
def test_los_12_a_megabyte_of_combining_characters_is_refused_before_work(client: Client, invited: Person, where: str) -> None:
    flood = "e" + "\u0301" * 400_000
    with (
        mock.patch("accounts.passwords.make_password", side_effect=AssertionError),
        mock.patch("accounts.passwords.normalise", side_effect=AssertionError),
    ):
        if where == "email":
            assert client.post("/konto/", {"email": flood}).status_code == 200
        elif where == "password":
            assert not sign_in_page(client, flood)
        elif where == "code":
            people.ask_for_code(client, INVITED)
            assert people.post_step(client, "/konto/kod/", code=flood).headers["Location"] == "/konto/kod/?besked=fel"
        else:
            assert passwords.faults(flood) == ["Lösenordet är för långt. Det får ha högst 128 tecken."]


@pytest.mark.asvs("16.2.5")
@pytest.mark.django_db
def test_los_13_the_password_is_kept_nowhere(client: Client, invited: Person, caplog: pytest.LogCaptureFixture) -> None:
    people.sign_up(client, invited)
    dumped = [caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            dumped += [row for (row,) in cursor.fetchall()]
    dumped.append(json.dumps(dict(SessionStore(client.cookies["__Host-session"].value).items())))
    dumped += [letter.body for letter in people.mails(INVITED)]
    for trace in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), quote(PASSWORD), json.dumps(PASSWORD)[1:-1]):
        assert not any(trace in text for text in dumped)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["late", "epoch", "email", "suspended", "none"])
def test_los_14_the_second_factor_must_follow_within_five_minutes(
    client: Client, active: Person, clock: Traveller, change: str
) -> None:
    client.post("/", {"email": active.email, "password": active.password})
    users = User.objects.filter(email=ACTIVE)
    if change == "late":
        clock.shift(timedelta(seconds=301))
    elif change == "epoch":
        users.update(session_epoch=9)
    elif change == "suspended":
        users.update(is_active=False)
    elif change == "email":
        users.update(email="bo.ny@ystad.se")
    response = client.post("/konto/logga-in/", {"token": active.phone.code()})
    assert response.headers["Location"] == ("/" if change == "none" else "/?besked=logga-in-igen")
    if change != "none":
        assert "Logga in igen." in client.get(response.headers["Location"]).content.decode()


def test_the_blocklist_is_what_the_command_writes() -> None:
    assert passwords.BLOCKLIST.read_text(encoding="utf-8").split() == build()
