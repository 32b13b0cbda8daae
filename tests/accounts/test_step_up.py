"""Step-up: both factors anew, and what a guesser gets (SES-11)."""

from __future__ import annotations

from unittest import mock

import pytest
from django.http import HttpResponse
from django.urls import reverse
from time_machine import Traveller

from accounts.hashers import BusyError
from accounts.models import Session
from tests import people
from tests.accounts.conftest import ACTIVE, events
from tests.client import GuardedClient
from tests.people import PASSWORD, Person

pytestmark = pytest.mark.django_db

STEP_UP, GUARDED = "/konto/bekrafta/", "/konto/inloggning/ny-telefon/"


@pytest.fixture
def her(client: GuardedClient, active: Person, clock: Traveller) -> GuardedClient:
    """Bo's browser, eleven minutes after the sign-in, on the way to a guarded page."""
    people.sign_in(client, active)
    clock.shift(660)
    assert client.get(GUARDED).headers["Location"] == STEP_UP
    return client


def confirm(client: GuardedClient, person: Person, *, password: str = PASSWORD, token: str = "") -> HttpResponse:
    """Post both factors."""
    return client.post(STEP_UP, {"password": password, "token": token or person.phone.code()})


@pytest.mark.asvs("7.5.1")
def test_ses_11_both_factors_lead_on_and_hold_for_ten_minutes(her: GuardedClient, active: Person, clock: Traveller) -> None:
    assert confirm(her, active).headers["Location"] == GUARDED
    assert her.get(GUARDED).status_code == 200
    clock.shift(600)
    assert her.get(GUARDED).status_code == 200
    clock.shift(1)
    assert her.get(GUARDED).headers["Location"] == STEP_UP
    assert events("account:step_up:succeeded") == 1


@pytest.mark.parametrize(("password", "token"), [("Fel7#katt!Moln", ""), (PASSWORD, "000000"), ("", ""), (PASSWORD, " ")])
def test_ses_11_one_factor_is_not_enough(her: GuardedClient, active: Person, password: str, token: str) -> None:
    assert confirm(her, active, password=password, token=token).status_code == 200
    assert her.get(GUARDED).headers["Location"] == STEP_UP


def test_ses_11_where_the_portal_cannot_compare_just_now_no_try_is_counted(her: GuardedClient, active: Person) -> None:
    with mock.patch("accounts.hashers.place", side_effect=BusyError):
        for _ in range(6):
            assert "Det har blivit många försök. Vänta en stund" in confirm(her, active).content.decode()
    assert confirm(her, active).headers["Location"] == GUARDED


def test_ses_11_a_wrong_password_is_a_failed_step_up_and_no_failed_sign_in(her: GuardedClient, active: Person) -> None:
    page = confirm(her, active, password="Fel7#katt!Moln").content.decode()
    assert "Lösenordet eller engångskoden är fel" in page
    assert (events("account:step_up:failed"), events("account:sign_in:failed")) == (1, 0)
    with mock.patch("accounts.second_factor.check", side_effect=AssertionError):
        confirm(her, active, password="Fel7#katt!Moln")


def test_ses_11_the_code_of_the_sign_in_is_not_taken_again(client: GuardedClient, active: Person) -> None:
    code = active.phone.code()
    people.sign_in(client, active)
    assert confirm(client, active, token=code).status_code == 200
    assert events("account:totp:replayed") == 1


def test_ses_11_the_fifth_wrong_try_ends_the_session(her: GuardedClient, active: Person) -> None:
    for _ in range(4):
        assert confirm(her, active, password="Fel7#katt!Moln").status_code == 200
    answer = confirm(her, active, password="Fel7#katt!Moln")
    assert answer.headers["Location"] == "/?besked=for-manga-fel"
    assert "har därför loggats ut" in her.get(answer.headers["Location"]).content.decode()
    assert her.get("/inlamning/").status_code == 302
    assert not Session.objects.filter(user=active.user).exists()
    assert events("account:session:ended") == 1


def test_ses_11_a_right_try_forgets_the_wrong_ones(her: GuardedClient, active: Person, clock: Traveller) -> None:
    for _ in range(4):
        confirm(her, active, password="Fel7#katt!Moln")
    assert confirm(her, active).headers["Location"] == GUARDED
    clock.shift(601)
    her.get(GUARDED)
    assert confirm(her, active, password="Fel7#katt!Moln").status_code == 200
    assert her.get("/inlamning/").status_code == 200


def test_ses_11_tries_are_counted_though_the_comparison_fails(her: GuardedClient, active: Person) -> None:
    her.raise_request_exception = False
    with mock.patch("accounts.sign_in.authenticate", side_effect=RuntimeError):
        assert [confirm(her, active).status_code for _ in range(5)] == [500] * 5
    assert confirm(her, active).headers["Location"] == "/?besked=for-manga-fel"


def test_ses_11_five_wrong_codes_warn_her_in_the_right_words(her: GuardedClient, active: Person, clock: Traveller) -> None:
    near = {active.phone.code(ahead) for ahead in range(-40, 41)}
    wrong = next(code for code in (f"{number:06d}" for number in range(200)) if code not in near)
    for _ in range(5):
        confirm(her, active, token=wrong)
        clock.shift(20)
    (letter,) = people.mails(ACTIVE, "accounts/totp_failures")
    assert "Någon som är inloggad på ditt konto" in letter.body
    assert "någon annan kan ditt lösenord" in letter.body


def test_ses_11_a_phone_with_a_wrong_clock_is_explained(her: GuardedClient, active: Person) -> None:
    active.phone.steps_off = 5
    page = confirm(her, active).content.decode()
    assert "Kontrollera att klockan i telefonen ställs automatiskt." in page
    assert '<details class="disclosure" open>' in page


@pytest.mark.parametrize(
    ("shown", "leads_to"),
    [("https://testserver/konto/inloggning/?sida=2", "/konto/inloggning/?sida=2"), ("https://evil.example/x/", GUARDED), ("", GUARDED),
     ("https://testserver//evil.example/", GUARDED)],
)  # fmt: skip
def test_ses_11_a_fragment_leads_the_whole_page_and_back_to_the_page_that_is_shown(
    her: GuardedClient, active: Person, shown: str, leads_to: str
) -> None:
    answer = her.get(GUARDED, headers={"hx-request": "true", "hx-current-url": shown})
    assert answer.headers["HX-Redirect"] == STEP_UP
    assert confirm(her, active).headers["Location"] == leads_to


def test_ses_11_a_button_that_met_the_step_up_is_pressed_again(her: GuardedClient, active: Person) -> None:
    assert her.post("/konto/inloggning/avsluta-andra/").headers["Location"] == STEP_UP
    assert confirm(her, active).headers["Location"] == reverse("accounts:security")
    assert "Gör om det du skulle göra." in her.get(reverse("accounts:security")).content.decode()
