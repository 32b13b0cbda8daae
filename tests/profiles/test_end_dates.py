"""The last day of a role: it ends by itself, is set by a Kontaktperson, and never leaves the unit with nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from profiles import access, end_dates, services
from profiles.models import Membership, Unit
from tests.cast import Cast, Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

TODAY = date(2026, 11, 16)


def url(name: str, *args: object) -> str:
    return reverse(f"profiles:{name}", args=args)


def member(user: User, code: str = "0488") -> Membership:
    return Membership.objects.select_related("unit").get(user=user, unit__code=code, ended_at=None)


def set_day(user: User, day: date | None) -> None:
    """Whatever the rules say."""
    Membership.objects.filter(pk=member(user).pk).update(ends_on=day)


@pytest.mark.asvs("8.3.2")
def test_beh_06_the_day_after_the_last_one_every_door_is_closed(client: GuardedClient, cast: Cast, clock: Any) -> None:
    """Nothing has to run for it: the question of rights asks for the day."""
    set_day(cast.bo, TODAY)
    sign_in(client, cast.bo)
    assert client.get(url("unit", "0488")).status_code == 200
    assert access.can_submit(cast.bo, cast.trosa)
    clock.shift(timedelta(days=1))
    sign_in(client, cast.bo)
    for address in (url("unit", "0488"), url("insight", "0488"), reverse("deferrals:unit", args=["0488"])):
        assert client.get(address).status_code == 404
    assert access.role_at(cast.bo, cast.trosa) is None
    assert access.roles_of(cast.bo) == {}
    assert not access.can_submit(cast.bo, cast.trosa)
    assert not Unit.objects.visible_to(cast.bo).exists()
    assert cast.bo not in access.people_with(cast.trosa, [Role.SUBMITTER])
    assert "Trosa" not in client.get(url("overview")).content.decode()


def test_the_night_writes_it_down_and_tells_the_person(cast: Cast, clock: Any) -> None:
    set_day(cast.bo, TODAY)
    assert end_dates.end_past(at=timezone.now()) == 0
    clock.shift(timedelta(days=1))
    assert end_dates.end_past(at=timezone.now()) == 1
    assert end_dates.end_past(at=timezone.now()) == 0
    assert Membership.objects.get(user=cast.bo).ended_at == timezone.now()
    (event,) = AuditEvent.objects.filter(code="access:changed")
    assert (event.subject_id, event.result, event.actor_id) == (cast.bo.pk, "expired", None)
    assert "avslutad" in sent_mails(cast.bo.email)[0].subject


def test_skr_is_told_when_the_last_kontaktperson_s_day_has_passed(cast: Cast, clock: Any) -> None:
    set_day(cast.anna, TODAY)
    clock.shift(timedelta(days=1))
    end_dates.end_past(at=timezone.now())
    assert "ingen kontaktperson" in sent_mails(cast.coordinator.email)[0].subject
    assert Unit.objects.without_contact().filter(pk=cast.trosa.pk).exists()


def test_an_invitation_past_its_last_day_gives_nothing_and_is_taken_back(cast: Cast, clock: Any) -> None:
    made = services.invite_member(
        unit=cast.trosa, email="ny@trosa.example", name="Ny", role="reader", ends_on=TODAY, by=cast.anna, at=timezone.now()
    )
    clock.shift(timedelta(days=1))
    assert not Membership.objects.pending().exists()
    assert end_dates.end_past(at=timezone.now()) == 1
    made.refresh_from_db()
    assert made.invitation is not None
    made.invitation.refresh_from_db()
    assert made.invitation.revoked_at is not None


def test_who_was_there_until_yesterday_is_invited_again(client: GuardedClient, cast: Cast) -> None:
    set_day(cast.bo, TODAY - timedelta(days=1))
    form = {"email": cast.bo.email, "name": "Bo Ask", "role": "reader", "ends_on": "2026-12-31"}
    html = sign_in(client, cast.anna).post(url("invite", "0488"), form, follow=True).content.decode()
    assert "är nu Läsare i Trosa kommun" in html
    assert member(cast.bo).ends_on == date(2026, 12, 31)
    assert "till och med" in html


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-11-15", "har redan varit"),
        ("2036-01-01", "mer än fem år fram"),
        ("11/25/2026", "ÅÅÅÅ-MM-DD"),
        ("snart", "ÅÅÅÅ-MM-DD"),
    ],
)
def test_a_day_that_cannot_be_is_told_at_its_field(client: GuardedClient, cast: Cast, day: str, sentence: str) -> None:
    sign_in(client, cast.anna)
    for address in (url("member", "0488", member(cast.bo).pk), url("invite", "0488"), url("invite_many", "0488")):
        response = client.post(
            address, {"role": "reader", "ends_on": day, "email": "x@trosa.example", "name": "X", "people": "x@trosa.example"}
        )
        assert response.status_code == 200
        assert sentence in response.content.decode()
    assert not User.objects.filter(email="x@trosa.example").exists()


def test_a_kontaktperson_sets_moves_and_removes_a_colleague_s_day(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.anna)
    address = url("member", "0488", member(cast.bo).pk)
    for day, result in (("2026-12-31", "till och med 2026-12-31"), ("", "tills vidare")):
        assert client.post(address, {"role": "submitter", "ends_on": day}).status_code == 302
        assert AuditEvent.objects.filter(code="access:changed").latest("pk").result == result
    assert member(cast.bo).ends_on is None
    assert AuditEvent.objects.filter(code="access:changed").count() == 2


def test_beh_04_somebody_is_kontaktperson_after_each_last_day(client: GuardedClient, cast: Cast) -> None:
    kim = make_user("kim@trosa.example", "Kim Ö")
    kims = give_role(kim, cast.trosa, Role.CONTACT)
    now = timezone.now()
    set_day(cast.anna, date(2026, 12, 31))
    with pytest.raises(services.NotAllowed, match="också därefter"):
        end_dates.set_last_day(membership=kims, ends_on=date(2027, 1, 31), by=cast.coordinator, at=now)
    assert end_dates.set_last_day(membership=kims, ends_on=date(2026, 11, 30), by=cast.anna, at=now)
    mine = url("member", "0488", member(cast.anna).pk)
    html = sign_in(client, cast.anna).post(mine, {"role": "contact", "ends_on": ""}).content.decode()
    assert "kan inte ändra din egen" in html
    assert member(cast.anna).ends_on == date(2026, 12, 31)


def test_who_gets_a_last_day_is_told_and_warned_two_weeks_before_it_once(cast: Cast, clock: Any) -> None:
    now = timezone.now()
    end_dates.set_last_day(membership=member(cast.bo), ends_on=date(2026, 12, 1), by=cast.anna, at=now)
    (mail,) = sent_mails(cast.bo.email)
    assert "2026-12-01" in mail.body
    assert end_dates.warn_of_last_day(at=now) == 0
    clock.shift(timedelta(days=1))
    assert end_dates.warn_of_last_day(at=timezone.now()) == 1
    clock.shift(timedelta(days=1))
    assert end_dates.warn_of_last_day(at=timezone.now()) == 0
    assert "upphör snart" in sent_mails(cast.bo.email)[-1].subject
    (told,) = sent_mails(cast.anna.email)
    assert "En roll i Trosa kommun upphör snart" in told.subject
    assert "Bo" not in told.body
    end_dates.set_last_day(membership=member(cast.bo), ends_on=date(2026, 12, 2), by=cast.anna, at=timezone.now())
    assert end_dates.warn_of_last_day(at=timezone.now()) == 1


def test_the_invitation_s_mail_says_until_when(cast: Cast) -> None:
    services.invite_member(
        unit=cast.trosa,
        email="ny@trosa.example",
        name="Ny",
        role="reader",
        ends_on=date(2026, 12, 31),
        by=cast.anna,
        at=timezone.now(),
    )
    assert "Läsare i Trosa kommun, till och med 2026-12-31." in sent_mails("ny@trosa.example")[0].body


def test_skr_invites_with_a_last_day_too(client: GuardedClient, cast: Cast) -> None:
    address = reverse("admin:profiles_unit_invite", args=[cast.trosa.pk])
    form = {"email": "ny@trosa.example", "name": "Ny", "role": "reader", "ends_on": "2026-12-31"}
    sign_in(client, cast.coordinator)
    assert "har redan varit" in client.post(address, form | {"ends_on": "2025-12-31"}).content.decode()
    assert client.post(address, form).status_code == 302
    assert Membership.objects.pending().get().ends_on == date(2026, 12, 31)


def test_skr_s_list_says_that_the_last_day_has_passed_before_the_night_has_written_it_down(
    client: GuardedClient, cast: Cast
) -> None:
    set_day(cast.bo, TODAY - timedelta(days=1))
    address = reverse("admin:profiles_membership_change", args=[member(cast.bo).pk])
    assert "Sista dagen har passerat" in sign_in(client, cast.coordinator).get(address).content.decode()
