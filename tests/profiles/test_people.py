"""Profil & enheter through its pages: own details, the unit's people, invitations, roles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, Session, User
from accounts.roles import StaffRole
from profiles import services
from profiles.models import Membership
from tests.cast import Cast, give_role, make_unit, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

EVA = {"email": "Eva.Strom@Trosa.example", "name": "Eva Ström", "role": "submitter"}


def url(name: str, *args: object) -> str:
    return reverse(f"profiles:{name}", args=args)


@pytest.fixture
def anna(client: GuardedClient, cast: Cast) -> GuardedClient:
    sign_in(client, cast.anna)
    return client


def role_of(user: User, code: str = "0488") -> str | None:
    row = Membership.objects.in_force().filter(user=user, unit__code=code).first()
    return row.role if row else None


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user, unit__code="0488", ended_at=None)


# Own details


def test_own_details_are_shown_with_units_and_roles(anna: GuardedClient, cast: Cast):
    html = anna.get(url("overview")).content.decode()
    for text in (
        "Anna Ek",
        "anna.ek@trosa.example",
        "Trosa kommun",
        "Kontaktperson",
        "3\xa0personer",
        "16\xa0nov 2026 kl.\xa009.00",
    ):
        assert text in html
    assert "Vagnhärad" not in html


@pytest.mark.asvs("2.1.2", "2.2.2", "2.2.3", "8.2.3", "15.3.3")
def test_beh_05_own_details_are_changed_and_nothing_else_in_the_form_counts(anna: GuardedClient, cast: Cast):
    form = {
        "name": "  Anna   Ek-Lund ",
        "phone": "0156-520 00",
        "email": "ond@annan.example",
        "is_staff": "1",
        "staff_role": "coordinator",
        "role": "contact",
        "unit": "0999",
        "id": str(cast.dan.pk),
    }
    assert anna.post(url("details"), form).status_code == 302
    user = User.objects.get(pk=cast.anna.pk)
    assert (user.name, user.phone, user.email, user.staff_role) == ("Anna Ek-Lund", "0156-520 00", cast.anna.email, "")
    assert User.objects.get(pk=cast.dan.pk).name == "Dan Lind"
    assert AuditEvent.objects.filter(code="data:changed", actor_id=user.pk).count() == 1
    anna.post(url("details"), form)
    assert AuditEvent.objects.filter(code="data:changed").count() == 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "phone": ""}, "Skriv namnet."),
        ({"name": "A" * 101, "phone": ""}, "högst 100 tecken"),
        ({"name": "Anna 811218-9876", "phone": ""}, "personnummer"),
        ({"name": "Anna", "phone": "ring mig"}, "Skriv numret med siffror"),
        ({"name": "Anna", "phone": "0" * 31}, "högst 30 tecken"),
        ({"name": "An\x00na", "phone": ""}, "null"),
        ({"name": "\u202e\u200b", "phone": ""}, "Skriv namnet."),
    ],
)
def test_details_that_are_wrong_are_told_where_they_stand(anna: GuardedClient, form: dict[str, str], sentence: str):
    response = anna.post(url("details"), form)
    assert response.status_code == 200
    assert sentence.lower() in response.content.decode().lower()


# Inviting


def test_a_kontaktperson_invites_a_colleague_and_the_others_are_told(anna: GuardedClient, cast: Cast):
    kim = make_user("kim@trosa.example", "Kim Ö")
    give_role(kim, cast.trosa, Membership.Role.CONTACT)
    response = anna.post(url("invite", "0488"), EVA, follow=True)
    html = response.content.decode()
    assert "Inbjudan är skickad till eva.strom@trosa.example. Den gäller till och med 2026-11-30." in html
    assert "Inbjudna som inte har svarat" in html
    eva = User.objects.get(email="eva.strom@trosa.example")
    assert (eva.name, eva.staff_role, role_of(eva)) == ("Eva Ström", "", None)
    assert membership(eva).role == Membership.Role.SUBMITTER
    (invitation,) = sent_mails("eva.strom@trosa.example")
    assert "https://testserver/" in invitation.body
    assert "Uppgiftslämnare i Trosa kommun" in invitation.body
    (notice,) = sent_mails("kim@trosa.example")
    assert "eva" not in (notice.subject + notice.body).lower()
    assert not sent_mails(cast.anna.email)


def test_inb_04_somebody_with_an_account_gets_the_role_at_once_and_keeps_her_sessions(
    anna: GuardedClient, client: GuardedClient, cast: Cast
):
    dans = sign_in(GuardedClient(), cast.dan)
    response = anna.post(url("invite", "0488"), {"email": cast.dan.email, "name": "Annat Namn", "role": "reader"}, follow=True)
    assert "Dan Lind hade redan ett konto och är nu Läsare i Trosa kommun." in response.content.decode()
    assert role_of(cast.dan) == Membership.Role.READER
    assert User.objects.get(pk=cast.dan.pk).name == "Dan Lind"
    assert dans.get(url("unit", "0488")).status_code == 200
    assert len(sent_mails(cast.dan.email)) == 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"email": ""}, "Skriv personens e-postadress."),
        ({"email": "eva"}, "Skriv en e-postadress"),
        ({"email": "åsa@trosa.example"}, "Skriv en e-postadress"),
        ({"email": "asa@malmö.example"}, "å, ä, ö"),
        ({"name": ""}, "Skriv namnet."),
        ({"role": ""}, "Välj en roll."),
        ({"role": "coordinator"}, "Välj en roll i listan."),
        ({"email": "bo.ask@trosa.example"}, "Personen har redan en roll i enheten: Uppgiftslämnare."),
        ({"email": "anna.ek@trosa.example", "role": "reader"}, "kan inte ändra din egen"),
        ({"email": "hanna@skr.example"}, "konto av annat slag"),
    ],
)
def test_an_invitation_that_cannot_be_made_says_why(anna: GuardedClient, cast: Cast, form: dict[str, str], sentence: str):
    response = anna.post(url("invite", "0488"), {**EVA, **form})
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Invitation.objects.exists()
    assert not sent_mails()


@pytest.mark.asvs("8.2.1")
def test_beh_04_a_kontaktperson_gives_neither_skr_roles_nor_other_units(anna: GuardedClient, cast: Cast):
    extra = {"staff_role": "coordinator", "is_staff": "1", "unit": "0999", "is_superuser": "1", "id": "1"}
    anna.post(url("invite", "0488"), {**EVA, **extra})
    eva = User.objects.get(email="eva.strom@trosa.example")
    assert eva.staff_role == ""
    assert [m.unit.code for m in Membership.objects.filter(user=eva).order_by("pk")] == ["0488"]
    assert anna.post(url("invite", "0999"), EVA).status_code == 404
    assert anna.post(url("member", "0488", membership(cast.anna).pk), {"role": "reader"}).status_code == 200
    assert role_of(cast.anna) == Membership.Role.CONTACT
    dans = Membership.objects.get(user=cast.dan)
    assert anna.post(url("end_membership", "0488", dans.pk)).status_code == 404
    assert anna.post(url("member", "0488", dans.pk), {"role": "reader"}).status_code == 404
    assert role_of(cast.dan, "0999") == Membership.Role.CONTACT


def test_the_same_person_is_not_invited_twice(anna: GuardedClient):
    anna.post(url("invite", "0488"), EVA)
    assert "redan inbjuden" in anna.post(url("invite", "0488"), EVA).content.decode()
    assert Invitation.objects.count() == 1


def test_an_invitation_whose_time_is_over_is_made_anew(anna: GuardedClient, cast: Cast, clock: Any):
    anna.post(url("invite", "0488"), EVA)
    clock.shift(timedelta(days=14, seconds=1))
    sign_in(anna, cast.anna)
    assert "Har gått ut" in anna.get(url("unit", "0488")).content.decode()
    anna.post(url("invite", "0488"), {**EVA, "role": "reader"})
    assert Invitation.objects.filter(revoked_at=None).count() == 1
    assert membership(User.objects.get(email="eva.strom@trosa.example")).role == Membership.Role.READER


def test_inb_03_an_invitation_is_sent_again_an_hour_apart_and_three_times(anna: GuardedClient, cast: Cast, clock: Any):
    anna.post(url("invite", "0488"), EVA)
    eva = User.objects.get(email="eva.strom@trosa.example")
    again = url("resend_invitation", "0488", membership(eva).pk)

    clock.shift(timedelta(minutes=59))
    sign_in(anna, cast.anna)
    page = anna.get(url("unit", "0488")).content.decode()
    assert "Kan skickas igen kl.&nbsp;10.00" in page
    assert "Vänta en timme" in anna.post(again, follow=True).content.decode()
    for count in (2, 3, 4):
        clock.shift(timedelta(hours=1))
        sign_in(anna, cast.anna)
        assert "Inbjudan är skickad igen" in anna.post(again, follow=True).content.decode()
        assert len(sent_mails(eva.email)) == count
    clock.shift(timedelta(hours=1))
    sign_in(anna, cast.anna)
    assert "Kan inte skickas fler gånger" in anna.get(url("unit", "0488")).content.decode()
    assert "Återkalla den och bjud in på nytt" in anna.post(again, follow=True).content.decode()
    assert len(sent_mails(eva.email)) == 4


def test_inb_03_an_invitation_older_than_thirty_days_is_not_sent_again(anna: GuardedClient, cast: Cast, clock: Any):
    anna.post(url("invite", "0488"), EVA)
    eva = User.objects.get(email="eva.strom@trosa.example")
    clock.shift(timedelta(days=30, seconds=1))
    sign_in(anna, cast.anna)
    response = anna.post(url("resend_invitation", "0488", membership(eva).pk), follow=True)
    assert "bjud in på nytt" in response.content.decode()
    assert len(sent_mails(eva.email)) == 1


def test_an_invitation_is_taken_back_once(anna: GuardedClient):
    anna.post(url("invite", "0488"), EVA)
    eva = User.objects.get(email="eva.strom@trosa.example")
    address = url("revoke_invitation", "0488", membership(eva).pk)
    assert "är återkallad" in anna.post(address, follow=True).content.decode()
    assert Invitation.objects.get().revoked_at == timezone.now()
    assert not Membership.objects.filter(user=eva, ended_at=None).exists()
    assert "redan använd eller återkallad" in anna.post(address, follow=True).content.decode()
    assert AuditEvent.objects.filter(code="invitation:revoked").count() == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("resend_invitation", "Inbjudan är redan använd eller återkallad."),
        ("revoke_invitation", "Inbjudan är redan använd eller återkallad."),
        ("correct_address", "Inbjudan är redan använd eller återkallad."),
        ("end_membership", "Personen har inte längre någon roll i enheten."),
        ("member", "Cia Al har ingen roll i enheten just nu."),
    ],
)
def test_a_tab_from_before_the_role_ended_is_told_so(anna: GuardedClient, cast: Cast, name: str, sentence: str):
    cias = membership(cast.cia)
    services.end_membership(membership=cias, by=cast.anna, at=timezone.now())
    before = AuditEvent.objects.filter(code="access:changed").count()
    form = {"role": "contact", "email": "cia@trosa.example"}
    assert sentence in anna.post(url(name, "0488", cias.pk), form, follow=True).content.decode()
    assert role_of(cast.cia) is None
    assert AuditEvent.objects.filter(code="access:changed").count() == before


def test_taking_back_one_unit_s_invitation_leaves_the_other_s(anna: GuardedClient, cast: Cast):
    anna.post(url("invite", "0488"), EVA)
    sign_in(GuardedClient(), cast.dan).post(url("invite", "0999"), EVA)
    eva = User.objects.get(email="eva.strom@trosa.example")
    anna.post(url("revoke_invitation", "0488", membership(eva).pk))
    assert Membership.objects.pending().get(user=eva).unit == cast.other
    assert Invitation.objects.open(timezone.now()).filter(user=eva).count() == 1


# Roles


@pytest.mark.asvs("7.4.2", "7.4.3")
def test_ses_05_a_role_is_changed_and_the_person_signs_in_again(anna: GuardedClient, cast: Cast):
    bos = sign_in(GuardedClient(), cast.bo)
    assert bos.get(url("overview")).status_code == 200
    html = anna.post(url("member", "0488", membership(cast.bo).pk), {"role": "reader"}, follow=True).content.decode()
    assert "Bo Ask är nu Läsare i Trosa kommun." in html
    assert role_of(cast.bo) == Membership.Role.READER
    assert bos.get(url("overview")).status_code == 302
    assert not Session.objects.filter(user=cast.bo).exists()
    (mail,) = sent_mails(cast.bo.email)
    assert "Läsare" in mail.body


@pytest.mark.asvs("8.3.2")
def test_beh_06_a_role_that_is_ended_is_gone_at_the_next_request(anna: GuardedClient, cast: Cast):
    anna.post(url("end_membership", "0488", membership(cast.bo).pk))
    assert role_of(cast.bo) is None
    bo = User.objects.get(pk=cast.bo.pk)
    assert sign_in(GuardedClient(), bo).get(url("unit", "0488")).status_code == 404
    assert len(sent_mails(bo.email)) == 1


def test_nobody_ends_herself_or_the_last_kontaktperson(anna: GuardedClient, cast: Cast):
    mine = membership(cast.anna)
    assert "Be en annan kontaktperson" in anna.post(url("end_membership", "0488", mine.pk), follow=True).content.decode()
    for verb, more in ((services.end_membership, {}), (services.change_role, {"role": "reader"})):
        with pytest.raises(services.NotAllowed, match="måste ha en kontaktperson"):
            verb(membership=mine, by=cast.coordinator, at=timezone.now(), **more)
    assert role_of(cast.anna) == Membership.Role.CONTACT


def test_a_kontaktperson_who_goes_takes_her_open_invitations_along_and_skr_is_told(anna: GuardedClient, cast: Cast):
    kim = make_user("kim@trosa.example", "Kim Ö")
    kims = give_role(kim, cast.trosa, Membership.Role.CONTACT)
    sign_in(GuardedClient(), kim).post(url("invite", "0488"), EVA)
    assert "1\xa0inbjudan som personen har skickat" in anna.get(url("member", "0488", kims.pk)).content.decode()
    anna.post(url("end_membership", "0488", kims.pk))
    assert Invitation.objects.get().revoked_at is not None
    assert not Membership.objects.pending().exists()
    assert "återkallats" in sent_mails(cast.coordinator.email)[0].subject


def test_a_unit_with_one_person_is_told_so(client: GuardedClient, cast: Cast):
    sign_in(client, cast.dan)
    assert "Enheten har bara en person" in client.get(url("unit", "0999")).content.decode()
    assert "Bara en person" in client.get(url("overview")).content.decode()
    sign_in(client, cast.anna)
    assert "bara en person" not in client.get(url("unit", "0488")).content.decode().lower()


# Who may


def addresses(cast: Cast) -> list[tuple[str, str]]:
    """Every POST of the room at Trosa."""
    bo = membership(cast.bo)
    return [
        ("invite", url("invite", "0488")),
        ("resend", url("resend_invitation", "0488", bo.pk)),
        ("revoke", url("revoke_invitation", "0488", bo.pk)),
        ("member", url("member", "0488", bo.pk)),
        ("end", url("end_membership", "0488", bo.pk)),
    ]


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize(
    ("who", "status"), [("bo", 403), ("cia", 403), ("dan", 404), ("officer", 403), ("coordinator", 403), ("system", 403)]
)
def test_beh_04_only_the_unit_s_kontaktpersoner_change_its_people_here(client: GuardedClient, cast: Cast, who: str, status: int):
    sign_in(client, getattr(cast, who))
    before = list(Membership.objects.order_by("pk").values())
    for name, address in addresses(cast):
        response = client.post(address, {**EVA, "role": "contact"})
        assert response.status_code == status, name
    assert list(Membership.objects.order_by("pk").values()) == before
    assert client.get(url("unit", "0488")).status_code == (404 if who == "dan" else 200)


def test_a_reader_sees_people_and_no_buttons(client: GuardedClient, cast: Cast):
    sign_in(client, cast.cia)
    html = client.get(url("unit", "0488")).content.decode()
    assert "Bo Ask" in html
    assert "Bjud in" not in html
    assert "/person/" not in html


def test_skr_has_no_units_of_its_own(client: GuardedClient, cast: Cast):
    sign_in(client, cast.coordinator)
    html = client.get(url("overview")).content.decode()
    assert StaffRole.COORDINATOR.label in html
    assert "Trosa" not in html


def test_a_change_that_is_rolled_back_sends_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("avbrott")

    monkeypatch.setattr(services.notices, "tell_contacts", broken)
    with pytest.raises(RuntimeError):
        services.invite_member(unit=cast.trosa, **EVA, by=cast.anna, at=timezone.now())
    assert not sent_mails()
    assert not User.objects.filter(email="eva.strom@trosa.example").exists()


# Lists cost the same whatever their length


def queries(client: GuardedClient, address: str) -> int:
    client.get(address)  # what was left to tell is told
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_lists_take_equal_queries_for_few_and_many(anna: GuardedClient, cast: Cast):
    anna.post(url("invite", "0488"), EVA)
    few = queries(anna, url("unit", "0488")), queries(anna, url("overview"))
    for number in range(18):
        person = make_user(f"person{number}@trosa.example", f"Person {number}")
        give_role(person, cast.trosa, Membership.Role.READER)
        give_role(cast.anna, make_unit(f"1{number:03}", f"Enhet {number}"), Membership.Role.CONTACT)
        invited = {**EVA, "email": f"ny{number}@trosa.example"}
        services.invite_member(unit=cast.trosa, **invited, by=cast.anna, at=timezone.now())
    assert (queries(anna, url("unit", "0488")), queries(anna, url("overview"))) == few
