"""Nobody learns from the outside who has an account (ENU)."""

from __future__ import annotations

from unittest import mock

import pytest
from django.contrib.auth.hashers import get_hasher
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import EmailCode, Invitation, RecoveryCase, User
from messaging.models import OutgoingMail
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, UNKNOWN, approved_case, masked, opened_case, statements
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db


def make_everybody() -> list[str]:
    """One address of each kind."""
    at = timezone.now()
    people.made_person("aktiv@ystad.se")
    services.invite_user(email="inbjuden@ystad.se", by=None, at=at)
    people.made_person("avstangd@ystad.se")
    User.objects.filter(email="avstangd@ystad.se").update(is_active=False)
    for email, change in (("utgangen@ystad.se", {"expires_at": at}), ("aterkallad@ystad.se", {"revoked_at": at})):
        services.invite_user(email=email, by=None, at=at.replace(year=2025))
        Invitation.objects.filter(user__email=email).update(**change)
    skr = people.made_person("skr@skr.example", staff_role="officer").user
    opener = people.made_person("sam@skr.example", staff_role="coordinator").user
    second = people.made_person("sten@skr.example", staff_role="system").user
    opened_case(people.made_person("telefonlos@ystad.se").user, opener)
    opened_case(people.made_person("vantar@ystad.se").user, opener, "both")
    for case in (
        approved_case(people.made_person("aterstalls@ystad.se").user, opener, second),
        approved_case(skr, opener, second),
    ):
        RecoveryCase.objects.filter(pk=case.pk).update(valid_from=at)
    people.made_person("skr2@skr.example", staff_role="officer")
    return [*User.objects.order_by("pk").values_list("email", flat=True), UNKNOWN]


@pytest.mark.asvs("6.3.8")
def test_enu_01_every_kind_of_address_gets_the_same_answers() -> None:
    seen = set()
    for email in make_everybody():
        client = GuardedClient()
        answer, page = people.ask_for_code(client, email), client.get("/konto/kod/")
        wrong = people.post_step(client, "/konto/kod/", code="000000")
        wrong_page = client.get(wrong.headers["Location"])
        seen.add(str([masked(response, email) for response in (answer, page, wrong, wrong_page)]))
        for code in EmailCode.objects.values_list("digest", flat=True):
            assert code not in page.content.decode() + str(answer.headers)
    assert len(seen) == 1


@pytest.mark.asvs("6.3.8")
def test_enu_02_known_and_unknown_cost_the_same_statements_in_the_same_order() -> None:
    seen, everybody = set(), make_everybody()
    for number in range(104):
        email = everybody[number // 2 % len(everybody)] if number % 2 else f"okand{number}@ystad.se"
        client = GuardedClient(REMOTE_ADDR=f"192.0.2.{number}")
        with statements() as ran, mock.patch("accounts.throttling.take_all", return_value=True):
            people.ask_for_code(client, email)
            client.post("/konto/kod/", {"journey": "x", "code": "000000"})
            people.post_step(client, "/konto/kod/", code="000000")
        seen.add("\n".join(ran))
    assert len(seen) == 1
    assert len(everybody) == 13


@pytest.mark.asvs("6.3.8")
def test_enu_03_a_wrong_password_answers_alike_and_hashes_once(active: Person) -> None:
    services.invite_user(email=INVITED, by=None, at=timezone.now())
    people.made_person("avstangd@ystad.se")
    User.objects.filter(email="avstangd@ystad.se").update(is_active=False)
    hasher = type(get_hasher())
    seen = set()
    for email in (ACTIVE, INVITED, "avstangd@ystad.se", UNKNOWN):
        with (
            mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as encode,
            mock.patch.object(hasher, "verify", autospec=True, side_effect=hasher.verify) as verify,
        ):
            response = GuardedClient().post("/", {"email": email, "password": "Fel7#katt!Moln"})
        assert encode.call_count + verify.call_count == 1, email
        seen.add(str(masked(response, email)))
    assert len(seen) == 1


@pytest.mark.asvs("6.3.8")
def test_enu_04_a_full_bucket_answers_alike(invited: Person, clock: object) -> None:
    seen = set()
    for email in (INVITED, UNKNOWN):
        for _ in range(5):
            assert people.ask_for_code(GuardedClient(), email).headers["Location"] == "/konto/kod/"
        client = GuardedClient()
        answer = people.ask_for_code(client, email)
        page = client.get(answer.headers["Location"])
        assert "Vänta en stund innan du begär en ny kod." in page.content.decode()
        seen.add(str([masked(response, email) for response in (answer, page)]))
    assert len(seen) == 1


@pytest.mark.asvs("6.3.8")
def test_enu_05_one_known_and_one_unknown_give_one_mail(client: Client, invited: Person) -> None:
    before = OutgoingMail.objects.filter(deliver=True).count()
    people.ask_for_code(GuardedClient(), INVITED)
    people.ask_for_code(client, UNKNOWN)
    assert OutgoingMail.objects.filter(deliver=True).count() == before + 1
    withheld = OutgoingMail.objects.get(deliver=False)
    assert withheld.recipient == ""


@pytest.mark.asvs("1.1.1", "2.1.1", "6.3.8")
@pytest.mark.parametrize("typed", ["ANNA.BERG@Ystad.se", "  anna.berg@ystad.se  ", "\u00a0Anna.Berg@YSTAD.SE\t"])
def test_enu_06_case_and_outer_spaces_reach_the_account(client: Client, invited: Person, typed: str) -> None:
    people.ask_for_code(client, typed)
    assert len(people.mails(INVITED, "accounts/code")) == 1


@pytest.mark.asvs("1.1.1", "2.1.1", "6.3.8")
@pytest.mark.parametrize(
    "typed",
    [
        "anna.berg@ystad\u017f.se",
        "\uff41nna.berg@ystad.se",
        "adm\u0131n@ystad.se",
        "anna.berg@[127.0.0.1]",
        "a" * 10_000 + "@ystad.se",
        "anna.berg@ystad.se\nbcc: x@y.se",
        "anna.berg@ystad.se\n",
        "anna.berg",
        "",
        "\x00anna.berg@ystad.se",
    ],
)
def test_enu_06_look_alikes_are_a_format_error_and_no_mail(client: Client, invited: Person, typed: str) -> None:
    before = OutgoingMail.objects.count()
    response = people.ask_for_code(client, typed)
    assert response.status_code == 200
    assert "field--error" in response.content.decode()
    assert OutgoingMail.objects.count() == before
