"""What let somebody walk is withdrawn midway: invitation, case, account or inviter (STEG-15, STEG-16, INB-05)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import recovery, recovery_codes, services
from accounts.models import Invitation, RecoveryCase, RecoveryCode, Session, User
from profiles import services as people_of_units
from profiles import suspension
from profiles.models import Membership
from tests import people
from tests.accounts.conftest import INVITED, STATES, VALUES, credentials, journeys, walk_to
from tests.cast import give_role, make_unit, make_user
from tests.people import Person

pytestmark = pytest.mark.django_db


def take_away(person: Person, change: str) -> None:
    """What lets the person walk is withdrawn."""
    now = timezone.now()
    if change == "suspended":
        User.objects.filter(email=person.email).update(is_active=False)
    elif change == "inviter suspended":
        User.objects.filter(email="kontakt@ystad.se").update(is_active=False)
    elif change in {"invitation revoked", "invitation expired"}:
        values = {"revoked_at": now} if change.endswith("revoked") else {"created_at": now - timedelta(14), "expires_at": now}
        Invitation.objects.filter(accepted_at=None).update(**values)
    elif change == "case cancelled":
        case = RecoveryCase.objects.get()
        recovery.cancel_case(case=case, by=case.opened_by, at=now)
    else:
        RecoveryCase.objects.update(valid_until=now)


CHANGES = {
    "invited": ("suspended", "invitation revoked", "invitation expired", "inviter suspended"),
    "active": ("suspended",),
    "phoneless": ("suspended", "case cancelled", "case expired"),
    "factorless": ("suspended", "case cancelled", "case expired"),
}


@pytest.mark.asvs("8.3.2")
@pytest.mark.parametrize(
    ("person", "state", "page", "change"),
    [
        (who, state, page, change)
        for who, state, page in STATES
        for change in CHANGES[who]
        if not (who == "factorless" and state == "code" and "case" in change)  # then she has her old factors: see below
    ],
    indirect=["person"],
)
def test_steg_15_withdrawn_midway_the_next_step_is_refused(
    client: Client, person: Person, state: str, page: str, change: str
) -> None:
    Invitation.objects.filter(user=person.user, accepted_at=None).update(inviter=people.made_person("kontakt@ystad.se").user)
    walk_to(client, person, state)
    walk, code, burnt = journeys(person.email)[-1], people.code_in_mail(person.email), recovery_code_of(person)
    token = person.phone.code() if person.phone.secret else "000000"
    take_away(person, change)
    before = credentials(person.email)
    values = {"code": code, "token": token, "recovery_code": burnt, "password": person.password}
    answer = client.post(f"/konto/{page}/", {"journey": walk.pk, "confirmation": person.password, **values})
    assert answer.headers["Location"] == ("/konto/kod/?besked=fel" if state == "code" else "/konto/?besked=borja-om")
    assert credentials(person.email) == before
    assert not RecoveryCode.objects.filter(used_at__isnull=False).exists()
    assert journeys(person.email)[-1].state == state
    assert not Session.objects.filter(user=person.user).exists()


def test_steg_15_a_case_about_both_that_ends_before_the_code_leaves_the_old_factors(client: Client, factorless: Person) -> None:
    walk_to(client, factorless, "code")
    take_away(factorless, "case cancelled")
    people.post_step(client, "/konto/kod/", code=people.code_in_mail(factorless.email))
    assert people.post_step(client, "/konto/verifierad/").headers["Location"] == "/konto/kontroll/"


def recovery_code_of(person: Person) -> str:
    """A recovery code of hers."""
    (code, *_) = recovery_codes.make()
    (digest,) = recovery_codes.hashes([code])
    RecoveryCode.objects.create(user=person.user, digest=digest, created_at=timezone.now())
    return code


def test_steg_16_invited_anew_meanwhile_the_valid_invitation_is_accepted(client: Client, invited: Person) -> None:
    walk_to(client, invited, "new_password")
    first = Invitation.objects.get()
    services.revoke_invitation(invitation=first, by=people.made_person("kontakt@ystad.se").user, at=timezone.now())
    _, second = services.invite_user(email=INVITED, by=None, at=timezone.now())
    people.post_step(client, "/konto/losenord/", password=invited.password, confirmation=invited.password)
    first.refresh_from_db()
    assert second is not None
    second.refresh_from_db()
    assert first.accepted_at is None
    assert second.accepted_at == timezone.now()


@pytest.mark.asvs("8.3.2")
@pytest.mark.parametrize("loss", ["role ended", "role changed", "suspended"])
def test_inb_05_the_inviter_loses_the_right_and_the_sign_up_stops(client: Client, loss: str) -> None:
    unit = make_unit("1286", "Ystads kommun")
    make_user("sam@skr.example", "Sam", staff_role="coordinator")
    coordinator = make_user("sara@skr.example", "Sara", staff_role="coordinator")
    system = make_user("sten@skr.example", "Sten", staff_role="system")
    inviter, other = make_user("kontakt@ystad.se", "Kim"), make_user("annan@ystad.se", "Alex")
    membership, _ = (give_role(user, unit, Membership.Role.CONTACT) for user in (inviter, other))
    at = timezone.now()
    people_of_units.invite_member(unit=unit, email=INVITED, name="", role="submitter", by=inviter, at=at)
    person = Person(INVITED)
    walk_to(client, person, "new_password")
    if loss == "suspended":
        suspension.suspend_user(user=inviter, by=system, at=at)
    elif loss == "role ended":
        people_of_units.end_membership(membership=membership, by=coordinator, at=at)
    else:
        people_of_units.change_role(membership=membership, role="reader", by=coordinator, at=at)
    answer = client.post("/konto/losenord/", {"journey": journeys(INVITED)[-1].pk, **VALUES})
    assert answer.headers["Location"] == "/konto/?besked=borja-om"
    assert not person.user.has_usable_password()
    assert not Membership.objects.in_force().filter(user=person.user).exists()
    assert people.mails("sam@skr.example", "profiles/people_revoked")
    assert people.mails("annan@ystad.se", "profiles/people_revoked")
