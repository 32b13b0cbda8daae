"""How one wants mail about new messages, and what holds when nobody else in the unit gets it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, MailNotices, User
from profiles import preferences, services
from profiles.models import Membership
from tests.cast import Cast, give_role, sign_in
from tests.client import GuardedClient

URL = "/profil/mejl/"
AT_ONCE, DAILY, OFF = MailNotices.AT_ONCE, MailNotices.DAILY, MailNotices.OFF


def choose(user: User, choice: str) -> None:
    """Wish it, whatever the rule says."""
    User.objects.filter(pk=user.pk).update(mail_notices=choice)
    user.refresh_from_db()


def test_the_wish_is_kept_told_and_in_the_trail(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.bo)
    assert reverse("profiles:mail_notices") == URL
    assert "Direkt" in client.get(reverse("profiles:overview")).content.decode()
    html = client.post(URL, {"choice": "daily"}, follow=True).content.decode()
    assert "Mejl om nya meddelanden: En gång om dagen." in html
    cast.bo.refresh_from_db()
    assert preferences.notice_choice(cast.bo) is DAILY
    client.post(URL, {"choice": "daily"})
    (event,) = AuditEvent.objects.filter(code="data:changed")
    assert (event.actor_id, event.object, event.result) == (cast.bo.pk, "mejl om nya meddelanden", "En gång om dagen")


@pytest.mark.parametrize(
    ("form", "sentence"), [({}, "Välj hur"), ({"choice": "ibland"}, "Välj hur"), ({"choice": "\x00"}, "Välj hur")]
)
def test_what_is_no_wish_is_told_at_the_field(client: GuardedClient, cast: Cast, form: dict[str, str], sentence: str) -> None:
    response = sign_in(client, cast.bo).post(URL, form)
    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_the_only_one_who_gets_the_mail_cannot_turn_it_off(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.dan)
    assert "du den enda som får mejlen" in client.get(URL).content.decode()
    assert "Någon i varje enhet måste få mejl" in client.post(URL, {"choice": "off"}).content.decode()
    cast.dan.refresh_from_db()
    assert cast.dan.mail_notices == AT_ONCE


@pytest.mark.parametrize("name", ["anna", "bo", "cia", "coordinator"])
def test_who_is_not_alone_with_it_may_turn_it_off(client: GuardedClient, cast: Cast, name: str) -> None:
    user = getattr(cast, name)
    assert "Inte alls." in sign_in(client, user).post(URL, {"choice": "off"}, follow=True).content.decode()
    user.refresh_from_db()
    assert preferences.notice_choice(user) is OFF


def test_a_wish_for_none_becomes_daily_when_nobody_else_is_left(client: GuardedClient, cast: Cast) -> None:
    """Two turn it off at once, or the other one leaves, or her mail comes back: the unit still hears of messages."""
    choose(cast.bo, OFF)
    assert preferences.notice_choice(cast.bo) is OFF
    choose(cast.anna, OFF)
    assert preferences.notice_choices([cast.anna, cast.bo, cast.cia]) == {
        cast.anna.pk: DAILY,
        cast.bo.pk: DAILY,
        cast.cia.pk: AT_ONCE,
    }
    assert "eftersom ingen annan" in sign_in(client, cast.bo).get(reverse("profiles:overview")).content.decode()
    assert "Du får mejl en gång om dagen" in client.get(URL).content.decode()
    choose(cast.anna, DAILY)
    assert preferences.notice_choice(cast.bo) is OFF
    User.objects.filter(pk=cast.anna.pk).update(bounced_at=timezone.now())
    assert preferences.notice_choice(cast.bo) is DAILY


def test_each_of_her_units_needs_somebody_else(cast: Cast) -> None:
    give_role(cast.bo, cast.other, Membership.Role.SUBMITTER)
    choose(cast.bo, OFF)
    assert preferences.notice_choice(cast.bo) is OFF
    dans = Membership.objects.get(user=cast.dan)
    services.change_role(
        membership=Membership.objects.get(user=cast.bo, unit=cast.other), role="contact", by=cast.dan, at=timezone.now()
    )
    services.end_membership(membership=dans, by=cast.bo, at=timezone.now())
    assert preferences.notice_choice(cast.bo) is DAILY


def test_many_are_asked_in_two_queries(cast: Cast, django_assert_num_queries: object) -> None:
    choose(cast.anna, OFF)
    choose(cast.bo, OFF)
    people = list(User.objects.order_by("pk"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(preferences.notice_choices(people)) == len(people)
