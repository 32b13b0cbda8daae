"""Hand over one's own role: offered, accepted, declined, taken back, run out; the unit is never without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Session, User
from profiles import end_dates, handovers, services
from profiles.models import Handover, Membership
from tests.cast import Cast, Role, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

UNIT = reverse("profiles:unit", args=["0488"])
OFFER = reverse("profiles:hand_over", args=["0488"])


def member(user: User) -> Membership:
    return Membership.objects.get(user=user, unit__code="0488", ended_at=None)


def role_of(user: User) -> str | None:
    return Membership.objects.in_force().filter(user=user, unit__code="0488").values_list("role", flat=True).first()


def offered(cast: Cast, to: User, rest: str = "") -> Handover:
    return handovers.offer_handover(unit=cast.trosa, to=member(to).pk, rest=rest, by=cast.anna, at=timezone.now())


def address(handover: Handover) -> str:
    return reverse("profiles:answer_handover", args=["0488", handover.pk])


@pytest.mark.parametrize(("rest", "after"), [("none", None), ("reader", "reader")])
def test_anna_hands_over_to_bo_who_accepts_and_both_sign_in_again(
    client: GuardedClient, cast: Cast, rest: str, after: str | None
) -> None:
    anna, bo = sign_in(client, cast.anna), sign_in(GuardedClient(), cast.bo)
    html = anna.post(OFFER, {"to": member(cast.bo).pk, "rest": rest}, follow=True).content.decode()
    assert "Bo Ask har fått frågan om att ta över" in html
    assert "Du har frågat Bo Ask" in html
    assert (role_of(cast.anna), role_of(cast.bo)) == ("contact", "submitter")
    assert "vill lämna över sin roll till dig" in bo.get(UNIT).content.decode()
    handover = Handover.objects.get()
    assert "Blir Läsare" in bo.get(address(handover)).content.decode() or rest == "none"
    response = bo.post(address(handover), {"svar": "ja"})
    assert response.headers["Location"] == "/?besked=tagit-over"
    assert "Du har tagit över som kontaktperson." in bo.get(response.headers["Location"]).content.decode()
    assert (role_of(cast.anna), role_of(cast.bo)) == (after, "contact")
    assert not Session.objects.filter(user__in=[cast.anna, cast.bo]).exists()
    assert "överlämnad" in sent_mails(cast.anna.email)[0].subject
    assert "Ny kontaktperson" in sent_mails(cast.coordinator.email)[0].subject
    codes = list(AuditEvent.objects.filter(code__startswith="access:handover").order_by("pk").values_list("code", flat=True))
    assert codes == ["access:handover:offered", "access:handover:accepted"]


def test_no_leaves_all_as_it_was_and_the_giver_is_told(client: GuardedClient, cast: Cast) -> None:
    handover = offered(cast, cast.bo)
    html = sign_in(client, cast.bo).post(address(handover), {"svar": "nej"}, follow=True).content.decode()
    assert "Du har tackat nej." in html
    assert (role_of(cast.anna), role_of(cast.bo)) == ("contact", "submitter")
    assert "blev inte av" in sent_mails(cast.anna.email)[0].subject
    assert AuditEvent.objects.get(code="access:handover:declined").actor_id == cast.bo.pk


def test_an_offer_is_taken_back_and_the_stale_tab_is_told(client: GuardedClient, cast: Cast) -> None:
    handover = offered(cast, cast.bo)
    back = reverse("profiles:withdraw_handover", args=["0488", handover.pk])
    assert "Erbjudandet är återtaget" in sign_in(client, cast.anna).post(back, follow=True).content.decode()
    assert AuditEvent.objects.get(code="access:handover:withdrawn").actor_id == cast.anna.pk
    bo = sign_in(GuardedClient(), cast.bo)
    assert "gäller inte längre" in bo.get(address(handover)).content.decode()
    assert "gäller inte längre" in bo.post(address(handover), {"svar": "ja"}, follow=True).content.decode()
    assert (role_of(cast.anna), role_of(cast.bo)) == ("contact", "submitter")


def test_an_offer_runs_out_and_a_new_one_can_be_made(cast: Cast, clock: Any) -> None:
    handover = offered(cast, cast.bo)
    clock.shift(timedelta(days=14))
    with pytest.raises(services.NotAllowed, match="gått ut"):
        handovers.accept_handover(handover=handover, by=cast.bo, at=timezone.now())
    assert offered(cast, cast.cia).pk != handover.pk
    handover.refresh_from_db()
    assert handover.outcome == "lapsed"


def test_one_offer_at_a_time_and_the_same_twice_is_one(cast: Cast) -> None:
    handover = offered(cast, cast.bo)
    assert offered(cast, cast.bo) == handover
    assert len(sent_mails(cast.bo.email)) == 1
    with pytest.raises(services.NotAllowed, match="Ta tillbaka det först"):
        offered(cast, cast.cia)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Välj vem som tar över."),
        ({"to": "0", "rest": "none"}, "Välj någon i listan."),
        ({"to": "x", "rest": "none"}, "Välj någon i listan."),
        ({"rest": "contact"}, "Välj ett av de två svaren."),
    ],
)
def test_an_offer_that_cannot_be_made_says_why(client: GuardedClient, cast: Cast, form: dict[str, str], sentence: str) -> None:
    response = sign_in(client, cast.anna).post(OFFER, form)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Handover.objects.exists()


@pytest.mark.parametrize("without", [{"is_active": False}, {"bounced_at": "2026-11-16T08:00:00Z"}], ids=["account", "mail"])
def test_only_colleagues_who_can_hold_it_are_offered(client: GuardedClient, cast: Cast, without: dict[str, Any]) -> None:
    Membership.objects.filter(pk=member(cast.bo).pk).update(ends_on="2026-12-31")
    User.objects.filter(pk=cast.cia.pk).update(**without)
    assert "Det finns ingen att lämna över till" in sign_in(client, cast.anna).get(OFFER).content.decode()
    for user in (cast.bo, cast.cia):
        with pytest.raises(services.NotAllowed, match="kan inte ta över"):
            offered(cast, user)


@pytest.mark.parametrize("happens", ["receiver_ends", "giver_reduced", "last_day", "giver_closed"])
def test_what_changes_meanwhile_stops_it(cast: Cast, happens: str) -> None:
    handover, now = offered(cast, cast.bo), timezone.now()
    if happens == "receiver_ends":
        services.end_membership(membership=member(cast.bo), by=cast.anna, at=now)
    elif happens == "giver_reduced":
        services.change_role(membership=member(cast.cia), role="contact", by=cast.anna, at=now)
        services.change_role(membership=member(cast.anna), role="reader", by=cast.cia, at=now)
    elif happens == "last_day":
        end_dates.set_last_day(membership=member(cast.bo), ends_on=now.date(), by=cast.anna, at=now)
    else:
        User.objects.filter(pk=cast.anna.pk).update(is_active=False)
    before = (role_of(cast.anna), role_of(cast.bo))
    with pytest.raises(services.NotAllowed, match="gäller inte längre"):
        handovers.accept_handover(handover=handover, by=cast.bo, at=now)
    assert (role_of(cast.anna), role_of(cast.bo)) == before


@pytest.mark.asvs("8.2.1")
def test_beh_04_an_offer_is_answered_by_its_receiver_and_taken_back_by_its_giver(client: GuardedClient, cast: Cast) -> None:
    handover = offered(cast, cast.bo)
    back = reverse("profiles:withdraw_handover", args=["0488", handover.pk])
    for user, status in ((cast.cia, 404), (cast.dan, 404), (cast.anna, 403), (cast.coordinator, 404)):
        assert sign_in(client, user).post(address(handover), {"svar": "ja"}).status_code == status
    for user, status in ((cast.bo, 403), (cast.cia, 403), (cast.dan, 404), (cast.coordinator, 403)):
        assert sign_in(client, user).post(back).status_code == status
    for user, status in ((cast.bo, 403), (cast.cia, 403), (cast.dan, 404), (cast.coordinator, 403)):
        assert sign_in(client, user).post(OFFER, {"to": member(cast.cia).pk, "rest": "none"}).status_code == status
    assert Handover.objects.get().outcome == ""
    assert role_of(cast.bo) == Role.SUBMITTER
