"""One's own password, phone, recovery codes and address, changed through the pages (LOS-07, ATER-04, 05, 12, SES-05)."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.http import HttpResponse
from django.utils import timezone
from time_machine import Traveller

from accounts import credentials, limits, services
from accounts.models import AddressChange, DeviceSwap, RecoveryBatch, Session, SignUpJourney, TotpDevice, User
from messaging.models import OutgoingMail
from messaging.outbox import read
from tests import people
from tests.accounts.conftest import ACTIVE, UNKNOWN, events, masked, statements
from tests.client import GuardedClient
from tests.people import PASSWORD, Person

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "Ny7#katt!Moln"
NEW_ADDRESS = "bo.ek-ny@ystad.se"
PAGE = "/konto/inloggning/"
PASSWORD_PAGE, PHONE, CODES, ADDRESS = f"{PAGE}losenord/", f"{PAGE}ny-telefon/", f"{PAGE}aterstallningskoder/", f"{PAGE}e-post/"
CODE_PAGE = f"{ADDRESS}kod/"
SHOWN_CODE = re.compile(r"<code>([A-Z2-7-]{19})</code>")


@pytest.fixture
def her(client: GuardedClient, active: Person) -> GuardedClient:
    """Bo's browser, signed in just now."""
    people.sign_in(client, active)
    return client


@pytest.fixture
def elsewhere(her: GuardedClient, active: Person, clock: Traveller) -> GuardedClient:
    """Another browser of Bo's."""
    clock.shift(31)
    other = GuardedClient()
    people.sign_in(other, active)
    assert is_in(other)
    return other


def is_in(client: GuardedClient) -> bool:
    """Whether the session opens pages."""
    return client.get("/inlamning/").status_code == 200


def text_of(response: HttpResponse) -> str:
    """The page."""
    return response.content.decode()


def change_password(client: GuardedClient, current: str = PASSWORD, new: str = NEW_PASSWORD, again: str = "") -> HttpResponse:
    """Post the form."""
    return client.post(PASSWORD_PAGE, {"current": current, "password": new, "confirmation": again or new})


def swap_phone(client: GuardedClient, person: Person) -> HttpResponse:
    """The whole change, from the button to the code."""
    client.post(PHONE, {"begin": "1"})
    person.phone.secret = people.key_on_page(client.get(PHONE))
    return client.post(PHONE, {"token": person.phone.code()})


def make_codes(client: GuardedClient) -> list[str]:
    """Make codes, and type the third back."""
    client.post(CODES, {"make": "1"})
    codes = SHOWN_CODE.findall(text_of(client.get(CODES)))
    assert client.post(CODES, {"typed": codes[2].lower().replace("-", " ")}).headers["Location"] == PAGE
    return codes


def code_to(email: str) -> str:
    """The code in the newest mail to a new address."""
    found = re.search(r"^([0-9]{6})$", people.mails(email, "accounts/address_code")[-1].body, re.MULTILINE)
    assert found is not None
    return found[1]


def change_address(client: GuardedClient, email: str = NEW_ADDRESS) -> HttpResponse:
    """The whole change, from the form to the code."""
    client.post(ADDRESS, {"email": email})
    return client.post(CODE_PAGE, {"code": code_to(email)})


CHANGES = {
    "password": lambda client, person: change_password(client),
    "totp": swap_phone,
    "codes": lambda client, person: make_codes(client),
    "address": lambda client, person: change_address(client),
}


# All of them ---------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("7.4.2", "7.4.3")
@pytest.mark.parametrize("what", CHANGES)
def test_ses_05_a_change_ends_other_browsers_and_keeps_this_one(
    her: GuardedClient, elsewhere: GuardedClient, active: Person, what: str
) -> None:
    key, epoch = her.cookies["__Host-session"].value, active.user.session_epoch
    journey_of_hers = GuardedClient()
    people.ask_for_code(journey_of_hers, ACTIVE)
    CHANGES[what](her, active)
    user = Session.objects.get(user__isnull=False).user
    assert user is not None
    assert user.session_epoch == epoch + 1
    assert not is_in(elsewhere)
    assert is_in(her)
    assert her.cookies["__Host-session"].value != key
    assert not SignUpJourney.objects.filter(user=user, ended_at=None).exists()
    assert events("account:session:all_ended") == 1
    stolen = GuardedClient()
    stolen.cookies["__Host-session"] = key
    assert not is_in(stolen)


@pytest.mark.asvs("7.4.2", "7.4.3")
@pytest.mark.parametrize("what", CHANGES)
def test_ses_05_the_device_cookie_of_before_is_void_and_this_browser_has_a_new_one(
    her: GuardedClient, elsewhere: GuardedClient, active: Person, what: str
) -> None:
    old = elsewhere.cookies["__Host-device"].value
    CHANGES[what](her, active)
    assert her.cookies["__Host-device"].value != old
    epoch = User.objects.get(pk=Session.objects.get(user__isnull=False).user_id).session_epoch
    assert f".{epoch}:" in her.cookies["__Host-device"].value


@pytest.mark.asvs("6.3.7")
@pytest.mark.parametrize(
    ("what", "template"),
    [
        ("password", "password_changed"),
        ("totp", "phone_changed"),
        ("codes", "recovery_codes_created"),
        ("address", "address_changed"),
    ],
)
def test_los_07_the_owner_is_told_of_each_change(her: GuardedClient, active: Person, what: str, template: str) -> None:
    CHANGES[what](her, active)
    (letter,) = people.mails(ACTIVE, f"accounts/{template}")
    assert "Var det inte du?" in letter.body
    assert "16\N{NO-BREAK SPACE}nov 2026" in letter.body


@pytest.mark.parametrize("address", [PASSWORD_PAGE, PHONE, CODES, ADDRESS, CODE_PAGE])
@pytest.mark.asvs("7.5.1")
def test_ses_11_ten_minutes_and_a_second_later_each_page_asks_for_both_factors(
    her: GuardedClient, active: Person, clock: Traveller, address: str
) -> None:
    clock.shift(600)
    assert her.get(address).headers.get("Location") != "/konto/bekrafta/"
    clock.shift(1)
    assert her.get(address).headers["Location"] == "/konto/bekrafta/"
    assert her.post(address, {"begin": "1", "make": "1", "current": PASSWORD}).headers["Location"] == "/konto/bekrafta/"
    assert not DeviceSwap.objects.exists()
    assert not RecoveryBatch.objects.exists()
    assert her.post("/konto/bekrafta/", {"password": PASSWORD, "token": active.phone.code()}).headers["Location"] == address


def test_a_change_that_another_browser_overtook_is_not_made(her: GuardedClient, active: Person) -> None:
    before = active.user.password
    real = credentials.passwords.encode

    def slow(password: str) -> str:
        User.objects.update(session_epoch=50)
        return real(password)

    with mock.patch("accounts.credentials.passwords.encode", side_effect=slow):
        assert change_password(her).headers["Location"] == "/?besked=avbruten"
    assert active.user.password == before


# Password ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.2.2", "6.2.3")
def test_los_07_current_password_and_one_time_code_change_the_password(
    her: GuardedClient, active: Person, clock: Traveller
) -> None:
    answer = change_password(her)
    assert answer.headers["Location"] == PAGE
    assert "Lösenordet är ändrat. Du är utloggad i andra webbläsare." in text_of(her.get(PAGE))
    assert events("account:password:changed") == 1
    clock.shift(31)
    assert "lösenordet är fel" in text_of(GuardedClient().post("/", {"email": ACTIVE, "password": PASSWORD}))
    active.password = NEW_PASSWORD
    assert people.sign_in(GuardedClient(), active).headers["Location"] == "/"


@pytest.mark.asvs("6.2.3")
def test_los_07_without_the_current_password_nothing_is_changed(her: GuardedClient, active: Person) -> None:
    before = active.user.password
    assert "Lösenordet stämmer inte." in text_of(change_password(her, current="Fel7#katt!Moln"))
    assert "Skriv ditt nuvarande lösenord." in text_of(change_password(her, current=""))
    assert active.user.password == before
    assert events("account:password:wrong") == 1
    assert events("account:sign_in:failed") == 0


def test_los_07_guesses_at_the_current_password_are_counted(her: GuardedClient, active: Person) -> None:
    for _ in range(10):
        assert "Lösenordet stämmer inte." in text_of(change_password(her, current="Fel7#katt!Moln"))
    assert "Det har blivit många försök" in text_of(change_password(her))
    assert events("account:password:changed") == 0


def test_los_11_what_differs_or_is_weak_changes_nothing(her: GuardedClient, active: Person) -> None:
    before = active.user.password
    assert "Lösenorden är inte lika" in text_of(change_password(her, again="Annat7#katt!Moln"))
    assert "sommar" in text_of(change_password(her, new="Sommar2026!"))
    assert "liknar din e-postadress" in text_of(change_password(her, new="Bo.ek#ystad1"))
    assert active.user.password == before


@pytest.mark.asvs("6.2.10")
def test_los_10_a_password_of_five_years_signs_in_and_nobody_asks_for_another(
    client: GuardedClient, active: Person, clock: Traveller
) -> None:
    clock.shift(timedelta(days=5 * 365 + 2))
    assert people.sign_in(client, active).headers["Location"] == "/"
    assert is_in(client)
    page = text_of(client.get(PAGE))
    assert "Du behöver inte byta bara för att tiden går." in page


def test_los_10_the_page_tells_of_a_password_that_is_older_than_the_trail(her: GuardedClient, active: Person) -> None:
    with mock.patch("accounts.own_events.password_at", return_value=None):
        assert "Ändrat för mer än fem år sedan" in text_of(her.get(PAGE))


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_los_08_the_fields_hide_help_and_let_paste(her: GuardedClient) -> None:
    page = text_of(her.get(PASSWORD_PAGE))
    fields = dict(re.findall(r'<input type="password" name="(\w+)" autocomplete="([\w-]+)"', page))
    assert fields == {"current": "current-password", "password": "new-password", "confirmation": "new-password"}
    assert page.count("data-reveal=") == 3
    assert "onpaste" not in page


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_los_08_the_server_marks_the_rule_part_by_part(her: GuardedClient) -> None:
    def marks(page: str) -> dict[str, str]:
        return {rule: state for state, rule in re.findall(r'class="rules__\w+(?: is-(\w+))?" data-rule="(\w+)"', page)}

    assert set(marks(text_of(her.get(PASSWORD_PAGE))).values()) == {""}
    sent = marks(text_of(change_password(her, new="åäö7")))
    assert sent == {"length": "missing", "upper": "missing", "lower": "met", "digit": "met", "special": "missing"}
    whole = marks(text_of(change_password(her, current="fel", new=NEW_PASSWORD)))
    assert set(whole.values()) == {"met"}
    long = marks(text_of(change_password(her, new="Ab1! " * 40)))
    assert (long["length"], long["upper"]) == ("missing", "met")


# A new phone ---------------------------------------------------------------------------------------------------------


def test_a_new_phone_takes_the_place_of_the_old(her: GuardedClient, active: Person, clock: Traveller) -> None:
    old = TotpDevice.objects.get()
    old_phone = people.Phone(active.phone.secret)
    assert swap_phone(her, active).headers["Location"] == PAGE
    old.refresh_from_db()
    assert (old.reason, old.secret_sealed, old.confirmed) == ("replaced", None, False)
    assert not DeviceSwap.objects.exists()
    assert [events(f"account:totp:{what}") for what in ("revoked", "registered")] == [1, 2]
    assert is_in(her)
    clock.shift(60)
    client = GuardedClient()
    client.post("/", {"email": ACTIVE, "password": PASSWORD})
    assert client.post("/konto/logga-in/", {"token": old_phone.code()}).headers["Location"] == "/konto/logga-in/?besked=wrong"
    assert client.post("/konto/logga-in/", {"token": active.phone.code()}).headers["Location"] == "/"


@pytest.mark.asvs("6.5.1")
def test_totp_04_the_code_that_proved_the_new_phone_is_refused_at_the_sign_in(her: GuardedClient, active: Person) -> None:
    swap_phone(her, active)
    her.post("/konto/logga-ut/")
    assert people.sign_in(her, active).headers["Location"] == "/konto/logga-in/?besked=wrong"
    assert her.post("/konto/logga-in/", {"token": active.phone.code(1)}).headers["Location"] == "/"


def test_the_old_phone_works_until_the_new_one_is_proved(her: GuardedClient, active: Person, clock: Traveller) -> None:
    her.post(PHONE, {"begin": "1"})
    clock.shift(31)
    assert people.sign_in(GuardedClient(), active).headers["Location"] == "/"
    assert DeviceSwap.objects.count() == 1


def test_the_qr_code_says_what_the_app_needs_and_stays_when_the_page_is_read_again(her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    with mock.patch("accounts.qr_code.svg", side_effect=lambda text: text) as drawn:
        key = people.key_on_page(her.get(PHONE))
    assert drawn.call_args.args[0].startswith(f"otpauth://totp/Personalstatistik:{ACTIVE.replace('@', '%40')}?secret={key}&")
    answer = her.get(PHONE)
    assert people.key_on_page(answer) == key
    assert "no-store" in answer.headers["Cache-Control"]
    her.post(PHONE, {"begin": "1"})
    assert people.key_on_page(her.get(PHONE)) != key


def test_the_new_phones_key_stands_in_no_session_and_in_no_column_in_clear(her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    key = people.key_on_page(her.get(PHONE))
    assert key not in str(dict(her.session.items()))
    assert key.encode() not in bytes(DeviceSwap.objects.get().secret_sealed)


def test_five_wrong_codes_end_the_change_and_leave_the_phone_there_is(her: GuardedClient, active: Person) -> None:
    her.post(PHONE, {"begin": "1"})
    secret = people.key_on_page(her.get(PHONE))
    near = {people.Phone(secret).code(ahead) for ahead in range(-12, 13)}
    wrong = next(code for code in (f"{number:06d}" for number in range(100)) if code not in near)
    answers = [her.post(PHONE, {"token": wrong}).headers["Location"] for _ in range(5)]
    assert answers == [f"{PHONE}?besked=wrong"] * 4 + [f"{PHONE}?besked=for-manga-fel"]
    assert "Börja om med en ny QR-kod" in text_of(her.get(answers[-1]))
    assert her.post(PHONE, {"token": people.Phone(secret).code()}).headers["Location"] == f"{PHONE}?besked=borja-om"
    assert TotpDevice.objects.get().revoked_at is None
    assert events("account:totp:wrong") == 5


def test_a_try_is_counted_though_the_comparison_fails(her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    her.raise_request_exception = False
    with mock.patch("accounts.credentials.totp.matching_step", side_effect=RuntimeError):
        for _ in range(3):
            assert her.post(PHONE, {"token": "123456"}).status_code == 500
    assert DeviceSwap.objects.get().failures == 3


def test_a_phone_whose_clock_is_wrong_is_told_so(her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    slow = people.Phone(people.key_on_page(her.get(PHONE)), steps_off=-5)
    page = text_of(her.get(her.post(PHONE, {"token": slow.code()}).headers["Location"]))
    assert "Kontrollera att klockan i telefonen ställs automatiskt." in page
    assert "Ställ in automatiskt" in page


def test_the_change_belongs_to_its_browser_and_holds_for_half_an_hour(
    her: GuardedClient, elsewhere: GuardedClient, clock: Traveller
) -> None:
    her.post(PHONE, {"begin": "1"})
    assert 'id="nyckel"' not in text_of(elsewhere.get(PHONE))
    assert elsewhere.post(PHONE, {"token": "123456"}).headers["Location"] == f"{PHONE}?besked=borja-om"
    DeviceSwap.objects.update(created_at=timezone.now() - limits.DEVICE_SWAP)
    assert 'id="nyckel"' not in text_of(her.get(PHONE))


def test_a_key_that_does_not_open_any_more_is_begun_anew(her: GuardedClient) -> None:
    her.post(PHONE, {"begin": "1"})
    DeviceSwap.objects.update(secret_sealed=b"x" * 40)
    assert 'id="nyckel"' not in text_of(her.get(PHONE))
    her.post(PHONE, {"begin": "1"})
    assert 'id="nyckel"' in text_of(her.get(PHONE))


# Recovery codes ------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.5.2")
def test_ater_04_codes_are_shown_until_one_is_typed_back_and_never_again(her: GuardedClient) -> None:
    assert SHOWN_CODE.findall(text_of(her.get(CODES))) == []
    codes = make_codes(her)
    assert len(set(codes)) == 8
    assert SHOWN_CODE.findall(text_of(her.get(CODES))) == []
    assert "8 av 8 kvar" in text_of(her.get(PAGE))
    assert not RecoveryBatch.objects.exists()
    assert events("account:recovery_code:created") == 1


def test_ater_04_what_is_none_of_them_puts_nothing_in_force(her: GuardedClient) -> None:
    her.post(CODES, {"make": "1"})
    shown = SHOWN_CODE.findall(text_of(her.get(CODES)))
    answer = her.post(CODES, {"typed": "AAAA-BBBB-CCCC-DDDD"})
    assert answer.headers["Location"] == f"{CODES}?besked=fel"
    page = text_of(her.get(answer.headers["Location"]))
    assert "Det är ingen av koderna på sidan." in page
    assert SHOWN_CODE.findall(page) == shown
    assert "Du har inga" in text_of(her.get(PAGE))


def test_ater_04_the_codes_as_a_file(her: GuardedClient) -> None:
    her.post(CODES, {"make": "1"})
    codes = SHOWN_CODE.findall(text_of(her.get(CODES)))
    answer = her.get(f"{CODES}fil/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="aterstallningskoder.txt"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert [line for line in text_of(answer).splitlines() if line in codes] == codes
    her.post(CODES, {"typed": codes[0]})
    assert her.get(f"{CODES}fil/").headers["Location"] == CODES


def test_ses_11_the_file_asks_too_and_comes_after_the_step_up(her: GuardedClient, active: Person, clock: Traveller) -> None:
    her.post(CODES, {"make": "1"})
    clock.shift(601)
    assert her.get(f"{CODES}fil/").headers["Location"] == "/konto/bekrafta/"
    answer = her.post("/konto/bekrafta/", {"password": PASSWORD, "token": active.phone.code()})
    assert her.get(answer.headers["Location"]).headers["Content-Type"] == "text/plain; charset=utf-8"


def test_ater_04_skrs_own_accounts_have_none(client: GuardedClient, staff: Person) -> None:
    people.sign_in(client, staff)
    assert client.get(CODES).status_code == 403
    assert client.post(CODES, {"make": "1"}).status_code == 403
    assert not RecoveryBatch.objects.exists()
    page = text_of(client.get(PAGE))
    assert "De återställs av två kollegor tillsammans." in page
    assert CODES not in page


def test_ater_04_a_stolen_look_is_answered_with_other_codes(her: GuardedClient) -> None:
    her.post(CODES, {"make": "1"})
    first = SHOWN_CODE.findall(text_of(her.get(CODES)))
    her.post(CODES, {"make": "1"})
    second = SHOWN_CODE.findall(text_of(her.get(CODES)))
    assert not set(first) & set(second)
    assert her.post(CODES, {"typed": first[0]}).headers["Location"] == f"{CODES}?besked=fel"


def test_ater_04_the_page_asks_for_codes_where_there_are_none(her: GuardedClient) -> None:
    assert "Skapa återställningskoder" in text_of(her.get(PAGE))
    make_codes(her)
    assert "Skapa återställningskoder" not in text_of(her.get(PAGE))


def sign_in_with_code(client: GuardedClient, person: Person, code: str) -> HttpResponse:
    """Address, password, recovery code."""
    client.post("/", {"email": person.email, "password": person.password})
    return client.post("/konto/logga-in/aterstallningskod/", {"recovery_code": code})


@pytest.mark.asvs("6.3.7")
def test_ater_05_a_code_in_the_apps_place_signs_in_keeps_the_app_and_asks_for_a_new_phone(
    her: GuardedClient, active: Person, clock: Traveller
) -> None:
    codes = make_codes(her)
    device = TotpDevice.objects.get()
    client = GuardedClient()
    answer = sign_in_with_code(client, active, codes[5])
    assert answer.headers["Location"] == PHONE
    page = text_of(client.get(PHONE))
    assert "Du loggade in med en återställningskod" in page
    assert "7\N{NO-BREAK SPACE}koder kvar" in page
    assert TotpDevice.objects.get() == device
    assert device.revoked_at is None
    assert is_in(client)
    assert len(people.mails(ACTIVE, "accounts/recovery_code_used")) == 1
    assert events("account:recovery_code:used") == 1
    clock.shift(31)
    assert people.sign_in(GuardedClient(), active).headers["Location"] == "/"


def test_ater_05_the_sign_in_counts_as_step_up_for_the_new_phone(her: GuardedClient, active: Person, clock: Traveller) -> None:
    codes = make_codes(her)
    client = GuardedClient()
    sign_in_with_code(client, active, codes[0])
    assert swap_phone(client, active).headers["Location"] == PAGE
    assert "Du loggade in med en återställningskod" not in text_of(client.get(PHONE))
    clock.shift(601)
    answer = text_of(client.get(client.get(PASSWORD_PAGE).headers["Location"]))
    assert "Jag har ingen tillgång till appen" in answer


def test_ater_05_a_used_or_wrong_code_signs_nobody_in(her: GuardedClient, active: Person) -> None:
    codes = make_codes(her)
    assert sign_in_with_code(GuardedClient(), active, codes[0]).headers["Location"] == PHONE
    client = GuardedClient()
    answer = sign_in_with_code(client, active, codes[0])
    assert answer.headers["Location"] == "/konto/logga-in/aterstallningskod/?besked=fel"
    assert "Återställningskoden är fel eller redan använd." in text_of(client.get(answer.headers["Location"]))
    assert not is_in(client)


def test_ater_05_the_password_comes_first(client: GuardedClient, active: Person) -> None:
    address = "/konto/logga-in/aterstallningskod/"
    assert client.get(address).headers["Location"] == "/?besked=logga-in-igen"
    assert client.post(address, {"recovery_code": "AAAA-BBBB-CCCC-DDDD"}).headers["Location"] == "/?besked=logga-in-igen"
    client.post("/", {"email": ACTIVE, "password": PASSWORD})
    assert address in text_of(client.get("/konto/logga-in/"))


def test_ater_05_without_an_app_a_code_is_not_burnt(her: GuardedClient, active: Person) -> None:
    codes = make_codes(her)
    TotpDevice.objects.update(revoked_at=timezone.now(), confirmed=False, secret_sealed=None)
    client = GuardedClient()
    assert "Appen är bortkopplad" in text_of(sign_in_with_code(client, active, codes[0]))
    assert events("account:recovery_code:used") == 0


# Address -------------------------------------------------------------------------------------------------------------


def test_ater_12_the_code_from_the_new_mailbox_changes_the_address(her: GuardedClient, active: Person, clock: Traveller) -> None:
    pk = active.user.pk
    User.objects.update(bounced_at=timezone.now())
    assert change_address(her).headers["Location"] == PAGE
    user = User.objects.get(pk=pk)
    assert (user.email, user.bounced_at) == (NEW_ADDRESS, None)
    assert f"Din adress är nu {NEW_ADDRESS}." in text_of(her.get(PAGE))
    assert [events(code) for code in ("account:email:change_requested", "account:email:changed")] == [1, 1]
    for address in (ACTIVE, NEW_ADDRESS):
        (letter,) = people.mails(address, "accounts/address_changed")
        assert f"från {ACTIVE} till {NEW_ADDRESS}" in letter.body
    clock.shift(31)
    active.email = NEW_ADDRESS
    assert people.sign_in(GuardedClient(), active).headers["Location"] == "/"


def test_ater_12_nothing_is_changed_before_the_code(her: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    assert User.objects.get().email == ACTIVE
    code = code_to(NEW_ADDRESS)
    other = f"{(int(code) + 1) % 1_000_000:06d}"
    answer = her.post(CODE_PAGE, {"code": other})
    assert answer.headers["Location"] == f"{CODE_PAGE}?besked=fel"
    assert "Koden är fel eller har gått ut." in text_of(her.get(answer.headers["Location"]))
    assert User.objects.get().email == ACTIVE
    assert events("account:code:wrong") == 1


def test_ater_12_five_tries_committed_before_the_comparison(her: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    code = code_to(NEW_ADDRESS)
    her.raise_request_exception = False
    with mock.patch("accounts.address_change.crypto.same", side_effect=RuntimeError):
        assert [her.post(CODE_PAGE, {"code": code}).status_code for _ in range(5)] == [500] * 5
    assert AddressChange.objects.get().attempts == 5
    assert her.post(CODE_PAGE, {"code": code}).headers["Location"] == f"{CODE_PAGE}?besked=fel"
    assert User.objects.get().email == ACTIVE


@pytest.mark.parametrize(("seconds", "changed"), [(599, True), (601, False)])
def test_ater_12_a_code_holds_for_ten_minutes(her: GuardedClient, clock: Traveller, seconds: int, changed: bool) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    clock.shift(seconds)
    with mock.patch("accounts.step_up.is_fresh", return_value=True):
        her.post(CODE_PAGE, {"code": code_to(NEW_ADDRESS)})
    assert User.objects.filter(email=NEW_ADDRESS).exists() is changed


def test_ater_12_a_new_code_ends_the_older(her: GuardedClient, clock: Traveller) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    first = code_to(NEW_ADDRESS)
    clock.shift(60)
    assert her.post(CODE_PAGE, {"again": "1"}).headers["Location"] == f"{CODE_PAGE}?besked=ny-kod"
    second = code_to(NEW_ADDRESS)
    if first != second:
        assert her.post(CODE_PAGE, {"code": first}).headers["Location"] == f"{CODE_PAGE}?besked=fel"
    assert her.post(CODE_PAGE, {"code": second}).headers["Location"] == PAGE


def test_ater_12_sends_are_counted(her: GuardedClient, clock: Traveller) -> None:
    assert her.post(ADDRESS, {"email": NEW_ADDRESS}).headers["Location"] == CODE_PAGE
    assert her.post(ADDRESS, {"email": NEW_ADDRESS}).headers["Location"] == f"{ADDRESS}?besked=vanta"
    assert "Vänta en stund innan du begär en ny kod." in text_of(her.get(f"{ADDRESS}?besked=vanta"))
    for number in range(4):
        clock.shift(61)
        assert her.post(ADDRESS, {"email": f"ny{number}@ystad.se"}).headers["Location"] == CODE_PAGE
    clock.shift(61)
    assert her.post(ADDRESS, {"email": "ny5@ystad.se"}).headers["Location"] == f"{ADDRESS}?besked=vanta"
    assert OutgoingMail.objects.filter(template="accounts/address_code").count() == 5


@pytest.mark.asvs("6.3.8")
def test_ater_12_the_answer_is_the_same_for_an_address_that_is_taken(her: GuardedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SEND_INTERVAL", timedelta(0))
    taken = people.made_person("eva@ystad.se")
    services.invite_user(email="inbjuden@ystad.se", by=None, at=timezone.now())
    answers, asked = [], []
    for address in (UNKNOWN, taken.email, "inbjuden@ystad.se"):
        with statements() as seen:
            first = her.post(ADDRESS, {"email": address})
        asked.append(seen)
        answers.append((masked(first, address), masked(her.get(CODE_PAGE), address)))
    assert answers[0] == answers[1] == answers[2]
    assert asked[0] == asked[1] == asked[2]
    assert [len(people.mails(address, "accounts/address_taken")) for address in (UNKNOWN, taken.email)] == [0, 1]
    (letter,) = people.mails(taken.email, "accounts/address_taken")
    assert not re.search("[0-9]{6}", letter.body)


def test_ater_12_no_code_opens_an_address_that_is_taken(her: GuardedClient, active: Person) -> None:
    taken = people.made_person("eva@ystad.se")
    with mock.patch("accounts.codes.new_code", return_value="424242"):
        her.post(ADDRESS, {"email": taken.email})
    assert her.post(CODE_PAGE, {"code": "424242"}).headers["Location"] == f"{CODE_PAGE}?besked=fel"
    assert active.user.email == ACTIVE


def test_ater_12_an_address_that_somebody_was_given_meanwhile_is_refused(her: GuardedClient, active: Person) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    code = code_to(NEW_ADDRESS)
    with mock.patch("accounts.address_change._use", return_value=True):
        people.made_person(NEW_ADDRESS)
        assert her.post(CODE_PAGE, {"code": code}).headers["Location"] == f"{CODE_PAGE}?besked=fel"
    assert active.user.email == ACTIVE


@pytest.mark.parametrize("typed", [ACTIVE, ACTIVE.upper(), f" {ACTIVE} "])
def test_ater_12_ones_own_address_is_no_change(her: GuardedClient, typed: str) -> None:
    assert "Det är adressen du redan har." in text_of(her.post(ADDRESS, {"email": typed}))
    assert not AddressChange.objects.exists()


@pytest.mark.parametrize("typed", ["", "bo", "bo@[127.0.0.1]", "b\u0131@ystad.se", "x" * 10_000, "a@b.se\nBcc: c@d.se"])
def test_ater_12_what_is_no_address_is_said_at_the_field(her: GuardedClient, typed: str) -> None:
    answer = her.post(ADDRESS, {"email": typed})
    assert answer.status_code == 200
    assert "field--error" in text_of(answer)
    assert not AddressChange.objects.exists()


def test_ater_12_the_code_page_belongs_to_its_browser(her: GuardedClient, elsewhere: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    assert elsewhere.get(CODE_PAGE).headers["Location"] == ADDRESS
    assert elsewhere.post(CODE_PAGE, {"code": code_to(NEW_ADDRESS)}).headers["Location"] == ADDRESS
    assert her.get(CODE_PAGE).status_code == 200


def test_ater_12_the_new_address_stands_in_no_column_in_clear(her: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    assert NEW_ADDRESS.encode() not in bytes(AddressChange.objects.get().new_email_sealed)
    AddressChange.objects.update(new_email_sealed=b"x" * 60)
    assert her.get(CODE_PAGE).headers["Location"] == ADDRESS


def test_ater_12_the_code_mail_has_no_code_in_its_subject(her: GuardedClient) -> None:
    her.post(ADDRESS, {"email": NEW_ADDRESS})
    mail = OutgoingMail.objects.get(template="accounts/address_code")
    letter = read(mail)
    assert letter is not None
    assert not re.search("[0-9]", letter.subject)
    assert "SKR frågar aldrig efter koden." in letter.body
    assert mail.expires_at is not None
