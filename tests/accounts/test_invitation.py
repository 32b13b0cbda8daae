"""Invitations: to whom, how long, how often, and what the mail says (INB)."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from time_machine import Traveller

from accounts import limits, services
from accounts.access import NotAllowed
from accounts.models import Invitation, Session, User
from accounts.roles import StaffRole
from tests import people
from tests.accounts.conftest import ACTIVE, INVITED, credentials, events, masked
from tests.client import GuardedClient
from tests.people import Person

pytestmark = pytest.mark.django_db


def test_inb_01_after_fourteen_days_it_is_over(client: Client, invited: Person, clock: Traveller) -> None:
    clock.shift(limits.INVITATION_LIFETIME + timedelta(seconds=1))
    answer = people.ask_for_code(client, INVITED)
    assert people.mails(INVITED, "accounts/code") == []
    unknown = people.ask_for_code(GuardedClient(), "okand@ystad.se")
    assert masked(answer, INVITED) == masked(unknown, "okand@ystad.se")


def test_inb_03_resending_is_limited(invited: Person, clock: Traveller) -> None:
    by = people.made_person("kontakt@ystad.se").user
    invitation = Invitation.objects.get(user__email=INVITED)

    def resend() -> None:
        services.resend_invitation(invitation=invitation, by=by, at=timezone.now())

    clock.shift(timedelta(minutes=59))
    with pytest.raises(NotAllowed, match="Vänta en timme"):
        resend()
    for _ in range(3):
        clock.shift(timedelta(hours=1))
        resend()
        invitation.refresh_from_db()
        assert invitation.expires_at == timezone.now() + limits.INVITATION_LIFETIME
    clock.shift(timedelta(hours=1))
    with pytest.raises(NotAllowed, match="fler gånger"):
        resend()
    assert len(people.mails(INVITED, "accounts/invitation")) == 4


def test_inb_03_it_never_lasts_beyond_thirty_days(invited: Person, clock: Traveller) -> None:
    by = people.made_person("kontakt@ystad.se").user
    invitation = Invitation.objects.get(user__email=INVITED)
    clock.shift(timedelta(days=20))
    services.resend_invitation(invitation=invitation, by=by, at=timezone.now())
    invitation.refresh_from_db()
    assert invitation.expires_at == invitation.created_at + limits.INVITATION_TOTAL
    clock.shift(timedelta(days=10, seconds=1))
    with pytest.raises(NotAllowed):
        services.resend_invitation(invitation=invitation, by=by, at=timezone.now())


def test_inb_04_somebody_with_an_account_gets_the_role_at_once(client: Client, active: Person) -> None:
    people.sign_in(client, active)
    before = credentials(ACTIVE)
    user, invitation = services.invite_user(email=ACTIVE, by=None, at=timezone.now(), matter="Läsare i Trosa kommun (0488)")
    assert invitation is None
    assert user == active.user
    assert credentials(ACTIVE) == before
    assert client.get("/").status_code == 200
    assert "Läsare i Trosa kommun (0488)" in people.mails(ACTIVE, "accounts/role_added")[0].body


def test_inb_06_one_user_per_address_whatever_its_case(invited: Person) -> None:
    services.invite_user(email="Anna.BERG@Ystad.se", by=None, at=timezone.now())
    assert User.objects.filter(email__iexact=INVITED).count() == 1


@pytest.mark.parametrize("typed", ["anna", "anna@", "änna@ystad.se", "anna@[127.0.0.1]", "anna@ystad.se\nbcc: x@y.se"])
def test_a_malformed_address_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(NotAllowed, match="Skriv en e-postadress"):
        services.invite_user(email=typed, by=None, at=timezone.now())
    assert not User.objects.exists()


def test_inb_07_the_mail_links_to_the_portal_only(invited: Person) -> None:
    client = GuardedClient(HTTP_X_FORWARDED_HOST="ond.example")
    people.ask_for_code(client, INVITED)
    assert client.post("/konto/", {"email": INVITED}, headers={"host": "ond.example"}).status_code == 400
    for letter in people.mails(INVITED):
        assert "ond.example" not in letter.body
        for address in (word for word in letter.body.split() if "://" in word):
            assert address == f"{settings.PORTAL_BASE_URL}/"


def test_a_revoked_invitation_cannot_be_accepted_resent_or_revoked_twice(invited: Person) -> None:
    by, invitation = people.made_person("kontakt@ystad.se").user, Invitation.objects.get(user__email=INVITED)
    services.revoke_invitation(invitation=invitation, by=by, at=timezone.now())
    services.revoke_invitation(invitation=invitation, by=by, at=timezone.now())
    assert events("invitation:revoked") == 1
    with pytest.raises(NotAllowed):
        services.resend_invitation(invitation=invitation, by=by, at=timezone.now())
    with pytest.raises(NotAllowed):
        services.complete_enrolment(user=invited.user, secret=b"x" * 20, password=people.PASSWORD, at=timezone.now())


def test_an_accepted_invitation_cannot_be_revoked_and_the_inviter_is_told(client: Client) -> None:
    by = people.made_person("kontakt@ystad.se").user
    services.invite_user(email=INVITED, by=by, at=timezone.now())
    people.sign_up(client, Person(INVITED))
    with pytest.raises(NotAllowed, match="redan använd"):
        services.revoke_invitation(invitation=Invitation.objects.get(user__email=INVITED), by=by, at=timezone.now())
    assert INVITED in people.mails("kontakt@ystad.se", "accounts/invitation_accepted")[0].body


def run(*arguments: str) -> str:
    """What invite_staff prints."""
    out = StringIO()
    call_command("invite_staff", *arguments, stdout=out)
    return out.getvalue()


def test_invite_staff_invites_and_makes_no_password(client: Client) -> None:
    assert "skulle bjudas in" in run("sam@skr.example", "--role", "samordnare", "--dry-run")
    assert not User.objects.exists()
    assert "är inbjuden som Samordnare" in run("Sam@skr.example", "--role", "samordnare", "--name", "Sam Ek")
    user = User.objects.get(email="sam@skr.example")
    assert (user.name, user.staff_role, user.has_usable_password()) == ("Sam Ek", StaffRole.COORDINATOR, False)
    people.sign_up(client, Person("sam@skr.example"))
    assert client.get("/").headers["Location"] == "/admin/"
    assert "har redan ett konto" in run("sam@skr.example", "--role", "samordnare")


@pytest.mark.parametrize(("email", "role", "status"), [("sam", "samordnare", 2), (ACTIVE, "statistiker", 1)])
def test_invite_staff_refuses_with_a_sentence(active: Person, email: str, role: str, status: int) -> None:
    with pytest.raises(CommandError) as refusal:
        run(email, "--role", role)
    assert refusal.value.returncode == status
    assert not Session.objects.exists()


@pytest.mark.asvs("6.3.2")
@pytest.mark.django_db
def test_adm_09_a_fresh_database_has_no_users() -> None:
    assert not User.objects.exists()
