"""Nobody is left alone: the unit's yearly review, leaving, addresses put right, units without a Kontaktperson (E8, E9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEvent, Invitation, Session, User
from profiles import bounces, confirmation, services, suspension
from profiles.models import Membership, PeopleConfirmation
from submissions.models import Collection
from tests import people
from tests.cast import Cast, Role, give_role, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.people import Person
from tests.scene import ready_scene

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return reverse(f"profiles:{name}", args=args)


def browser(user: User) -> GuardedClient:
    client = GuardedClient()
    sign_in(client, user)
    return client


def member(user: User, code: str = "0488") -> Membership:
    return Membership.objects.get(user=user, unit__code=code, ended_at=None)


def has_role(user: User, code: str = "0488") -> bool:
    return Membership.objects.in_force().filter(user=user, unit__code=code).exists()


@pytest.fixture
def anna(cast: Cast) -> GuardedClient:
    return browser(cast.anna)


@pytest.fixture
def eva(cast: Cast) -> User:
    """Invited to Trosa by Anna, to a mistyped address."""
    return services.invite_member(
        unit=cast.trosa, email="eva@tosa.example", name="Eva Ström", role=Role.READER, by=cast.anna, at=timezone.now()
    ).user


@pytest.fixture
def kim(cast: Cast) -> User:
    """A second Kontaktperson of Trosa."""
    kim = make_user("kim@trosa.example", "Kim Ö")
    give_role(kim, cast.trosa, Role.CONTACT)
    return kim


# The yearly review ---------------------------------------------------------------------------------------------------


def answers(cast: Cast, **choices: str) -> dict[str, str]:
    """The form as posted: everybody but Anna stays, but for `choices` by name."""
    others = confirmation.people_of(cast.trosa)
    given = {f"person_{one.pk}": "kvar" for one in others if one.user_id != cast.anna.pk}
    named = {f"person_{member(getattr(cast, name)).pk}": choice for name, choice in choices.items()}
    return {**given, **named}


def test_e9_nobody_is_chosen_beforehand_and_ones_own_row_is_fixed(anna: GuardedClient, cast: Cast, eva: User) -> None:
    User.objects.filter(pk=cast.bo.pk).update(last_login=timezone.now() - timedelta(days=100))
    page = anna.get(url("confirm_people", "0488")).content.decode()
    assert "checked" not in page
    assert "Uppgiftslämnare, bo.ask@trosa.example. Senast inloggad 2026-08-08." in page
    assert "Läsare, cia.al@trosa.example. Har inte loggat in." in page
    assert "Läsare, eva@tosa.example. Inbjuden 2026-11-16, har inte svarat." in page
    assert f"person_{member(cast.anna).pk}" not in page
    assert "Du själv är Kontaktperson och är kvar." in page


def test_e9_every_person_is_answered_for(anna: GuardedClient, cast: Cast) -> None:
    for form in (
        {},
        {**answers(cast), f"person_{member(cast.bo).pk}": ""},
        {**answers(cast), f"person_{member(cast.bo).pk}": "x"},
    ):
        answer = anna.post(url("confirm_people", "0488"), form)
        assert answer.status_code == 200
        assert "Bo Ask: Välj" in answer.content.decode()
    assert not PeopleConfirmation.objects.exists()


@pytest.mark.asvs("8.2.1")
def test_e9_who_shall_not_stay_goes_at_once_and_the_rest_is_confirmed(anna: GuardedClient, cast: Cast, eva: User) -> None:
    bos = browser(cast.bo)
    form = {**answers(cast, bo="inte"), f"person_{member(eva).pk}": "inte"}
    page = anna.post(url("confirm_people", "0488"), form, follow=True).content.decode()
    assert "Personerna i Trosa kommun är bekräftade. 2 personer är inte längre kvar." in page
    assert "Personerna bekräftades senast 16\xa0november 2026 av Anna Ek." in page
    assert (has_role(cast.bo), has_role(cast.cia), has_role(cast.anna)) == (False, True, True)
    assert bos.get(url("overview")).status_code == 302
    assert "avslutad" in sent_mails(cast.bo.email)[0].subject
    assert not Invitation.objects.open(timezone.now()).exists()
    done = PeopleConfirmation.objects.get()
    assert (done.kept, done.ended, done.by) == (2, 2, cast.anna)
    event = AuditEvent.objects.get(code="access:confirmed")
    assert (event.unit, event.result) == ("0488", "2 kvar, 2 avslutade")


def test_e9_a_kontaktperson_who_goes_takes_her_invitations_along_and_each_is_counted_once(
    anna: GuardedClient, cast: Cast, kim: User
) -> None:
    for email in ("liv@trosa.example", "siv@trosa.example"):
        services.invite_member(unit=cast.trosa, email=email, name="", role=Role.READER, by=kim, at=timezone.now())
    others = [one for one in confirmation.people_of(cast.trosa) if one.user_id != cast.anna.pk]
    gone = {kim.pk, User.objects.get(email="liv@trosa.example").pk}
    form = {f"person_{one.pk}": "inte" if one.user_id in gone else "kvar" for one in others}
    page = anna.post(url("confirm_people", "0488"), form, follow=True).content.decode()
    assert "3 personer är inte längre kvar." in page
    assert AuditEvent.objects.filter(code="access:changed", result="revoked").count() == 2
    done = PeopleConfirmation.objects.get()
    assert (done.kept, done.ended) == (3, 3)


def test_e9_whose_own_role_ended_meanwhile_is_told_so(anna: GuardedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "people_of", lambda unit: [])
    answer = anna.get(url("confirm_people", "0488"))
    assert answer.status_code == 403
    assert confirmation.CHANGED_MEANWHILE in answer.content.decode()


def test_e9_somebody_new_meanwhile_is_asked_about(anna: GuardedClient, cast: Cast) -> None:
    form = answers(cast)
    give_role(make_user("ny@trosa.example", "Ny Person"), cast.trosa, Role.READER)
    assert "Ny Person: Välj" in anna.post(url("confirm_people", "0488"), form).content.decode()
    with pytest.raises(services.NotAllowed, match="har ändrat enhetens personer"):
        confirmation.confirm_people(unit=cast.trosa, stays={}, by=cast.anna, at=timezone.now())
    assert not PeopleConfirmation.objects.exists()


def test_e9_another_units_people_and_oneself_are_not_in_the_answer(anna: GuardedClient, cast: Cast) -> None:
    forged = {f"person_{member(cast.dan, '0999').pk}": "inte", f"person_{member(cast.anna).pk}": "inte"}
    assert anna.post(url("confirm_people", "0488"), {**answers(cast), **forged}).status_code == 302
    assert has_role(cast.anna)
    assert has_role(cast.dan, "0999")


def test_e9_one_fault_and_nothing_is_done(anna: GuardedClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("avbrott")

    monkeypatch.setattr(PeopleConfirmation.objects, "create", broken)
    with pytest.raises(RuntimeError):
        confirmation.confirm_people(
            unit=cast.trosa,
            stays={one.pk: False for one in confirmation.people_of(cast.trosa) if one.user_id != cast.anna.pk},
            by=cast.anna,
            at=timezone.now(),
        )
    assert (has_role(cast.bo), has_role(cast.cia)) == (True, True)
    assert not sent_mails()


def test_e9_it_is_due_again_after_300_days(anna: GuardedClient, cast: Cast, clock: Any) -> None:
    room = url("unit", "0488")
    assert "Dags att gå igenom personerna" in anna.get(room).content.decode()
    assert "Dags att gå igenom" not in browser(cast.bo).get(room).content.decode()
    anna.post(url("confirm_people", "0488"), answers(cast))
    assert confirmation.is_due(cast.trosa, at=timezone.now()) is False
    assert "Gå igenom personerna igen" in anna.get(room).content.decode()
    clock.shift(limits.PEOPLE_CONFIRMED)
    assert not confirmation.is_due(cast.trosa, at=timezone.now())
    clock.shift(timedelta(seconds=1))
    assert confirmation.is_due(cast.trosa, at=timezone.now())
    assert "senast 16\xa0november 2026" in browser(cast.anna).get(room).content.decode()


def test_e9_the_start_page_asks_the_kontaktperson_while_the_collection_is_open(db: None) -> None:
    scene, step = ready_scene(), "Gå igenom vilka som ska ha en roll i enheten"
    anna = browser(scene.cast.anna)
    assert step in anna.get("/").content.decode()
    assert step not in browser(scene.cast.bo).get("/").content.decode()
    Collection.objects.filter(year=2026).update(closed_at=timezone.now())
    assert step not in anna.get("/").content.decode()
    Collection.objects.filter(year=2026).update(closed_at=None)
    PeopleConfirmation.objects.create(unit=scene.trosa.unit, at=timezone.now(), by=scene.cast.anna, kept=1, ended=0)
    assert step not in anna.get("/").content.decode()


# Leaving -------------------------------------------------------------------------------------------------------------


def test_a_kontaktperson_leaves_when_there_is_another_and_takes_her_invitations_along(
    anna: GuardedClient, cast: Cast, kim: User, eva: User
) -> None:
    page = anna.get(url("leave", "0488")).content.decode()
    assert "1\xa0inbjudan som du har skickat" in page
    answer = anna.post(url("leave", "0488"))
    assert answer["Location"] == "/?besked=lamnat"
    assert not has_role(cast.anna)
    assert not Session.objects.filter(user=cast.anna).exists()
    assert "Du har lämnat enheten och är utloggad." in anna.get(answer["Location"]).content.decode()
    assert not Invitation.objects.open(timezone.now()).exists()
    assert {letter.subject for letter in sent_mails(kim.email)} >= {"En person har lämnat Trosa kommun i Personalstatistik"}
    assert AuditEvent.objects.get(code="access:changed", result="left").actor_id == cast.anna.pk


def test_beh_04_the_last_kontaktperson_does_not_leave(anna: GuardedClient, cast: Cast, kim: User) -> None:
    """A colleague who is suspended or out of reach does not count."""
    for change in ({"is_active": False}, {"bounced_at": timezone.now()}):
        User.objects.filter(pk=kim.pk).update(**{"is_active": True, "bounced_at": None, **change})
        page = anna.get(url("leave", "0488")).content.decode()
        assert "Du är enhetens enda kontaktperson." in page
        assert "Lämna enheten</button>" not in page
        assert anna.post(url("leave", "0488")).status_code == 403
        with pytest.raises(services.NotAllowed, match="måste ha en kontaktperson"):
            services.end_membership(membership=member(cast.anna), by=kim, at=timezone.now())
    assert has_role(cast.anna)


def test_a_reader_leaves_and_only_for_herself(cast: Cast) -> None:
    with pytest.raises(services.NotAllowed, match="egen del"):
        services.leave_unit(membership=member(cast.bo), by=cast.cia, at=timezone.now())
    browser(cast.cia).post(url("leave", "0488"))
    assert (has_role(cast.cia), has_role(cast.bo)) == (False, True)
    assert len(sent_mails(cast.anna.email)) == 1


# Addresses -----------------------------------------------------------------------------------------------------------


def test_a_mistyped_address_is_put_right_with_name_and_role(anna: GuardedClient, cast: Cast, eva: User) -> None:
    bounces.note_bounce(email=eva.email, at=timezone.now())
    room = anna.get(url("unit", "0488")).content.decode()
    assert "Mejlet kom tillbaka" in room
    assert "Kontrollera adressen." in room
    address = url("correct_address", "0488", member(eva).pk)
    assert "Eva Ström" in anna.get(address).content.decode()
    page = anna.post(address, {"email": "Eva@trosa.example", "name": "X", "role": "contact"}, follow=True).content.decode()
    assert "Inbjudan till eva@tosa.example är återkallad. Inbjudan är skickad till eva@trosa.example." in page
    assert "Mejlet kom tillbaka" not in page
    right = Membership.objects.pending().get()
    assert (right.user.email, right.user.name, right.role) == ("eva@trosa.example", "Eva Ström", Role.READER)
    assert Invitation.objects.get(user=eva).revoked_at == timezone.now()
    assert Invitation.objects.open(timezone.now()).count() == 1


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Skriv personens e-postadress."),
        ("eva@tosa.example", "samma adress som förut"),
        ("bo.ask@trosa.example", "redan en roll i enheten"),
        ("anna.ek@trosa.example", "kan inte ändra din egen"),
        ("hanna@skr.example", "konto av annat slag"),
        ("åsa@trosa.example", "Skriv en e-postadress"),
    ],
)
def test_an_address_that_cannot_be_used_leaves_the_invitation_as_it_was(
    anna: GuardedClient, cast: Cast, eva: User, email: str, sentence: str
) -> None:
    before = list(Membership.objects.order_by("pk").values()), list(Invitation.objects.order_by("pk").values())
    answer = anna.post(url("correct_address", "0488", member(eva).pk), {"email": email})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert (list(Membership.objects.order_by("pk").values()), list(Invitation.objects.order_by("pk").values())) == before


def test_who_has_accepted_or_is_anothers_has_no_address_to_put_right(anna: GuardedClient, cast: Cast) -> None:
    form, sent = {"email": "x@x.example"}, Invitation.objects.count()
    assert anna.post(url("correct_address", "0488", member(cast.dan, "0999").pk), form).status_code == 404
    answer = anna.post(url("correct_address", "0488", member(cast.bo).pk), form, follow=True)
    assert "redan använd eller återkallad" in answer.content.decode()
    assert Invitation.objects.count() == sent


def test_who_invited_whom_and_when_stands_on_the_units_page(anna: GuardedClient, cast: Cast, clock: Any) -> None:
    anna.post(url("invite", "0488"), {"email": "liv@trosa.example", "name": "Liv", "role": "reader"})
    clock.shift(timedelta(days=2))
    people.sign_up(GuardedClient(), Person("liv@trosa.example"))
    page = browser(cast.bo).get(url("unit", "0488")).content.decode()
    liv = page.split("Liv")[1].split("</tr>")[0]
    assert "2026-11-18" in liv
    assert 'Inbjuden <span class="nowrap">2026-11-16</span> av Anna Ek' in liv
    skr = browser(cast.coordinator).get(f"/admin/profiles/unit/{cast.trosa.pk}/change/").content.decode()
    assert all(part in skr.split("Liv")[1].split("</tr>")[0] for part in ("2026-11-16", "2026-11-18", "Anna Ek"))


# INB-05 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["ended", "changed", "suspended", "left"])
def test_inb_05_an_inviter_who_loses_the_right_takes_the_invitation_along_and_skr_is_told(
    cast: Cast, kim: User, loss: str
) -> None:
    """The invited person is at the password: her commit is refused and nothing of her is kept."""
    services.invite_member(unit=cast.trosa, email="eva@t.example", name="", role=Role.READER, by=kim, at=timezone.now())
    eva, client = Person("eva@t.example"), GuardedClient()
    people.verify_address(client, eva)
    eva.phone.secret = people.key_on_page(client.get("/konto/qr/"))
    people.post_step(client, "/konto/qr/")
    people.post_step(client, "/konto/engangskod/", token=eva.phone.code())
    now = timezone.now()
    if loss == "ended":
        services.end_membership(membership=member(kim), by=cast.anna, at=now)
    elif loss == "changed":
        services.change_role(membership=member(kim), role=Role.SUBMITTER, by=cast.anna, at=now)
    elif loss == "suspended":
        suspension.suspend_user(user=kim, by=cast.system, at=now)
    else:
        services.leave_unit(membership=member(kim), by=kim, at=now)
    answer = people.post_step(client, "/konto/losenord/", password=eva.password, confirmation=eva.password)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/konto/?") or answer["Location"] == "/konto/"
    assert not User.objects.get(email=eva.email).has_usable_password()
    assert not Membership.objects.in_force().filter(user__email=eva.email).exists()
    for told in (cast.coordinator, cast.anna):
        assert "Inbjudningar har återkallats i Personalstatistik" in {letter.subject for letter in sent_mails(told.email)}


# Units without a Kontaktperson ---------------------------------------------------------------------------------------


def told_skr(cast: Cast) -> int:
    return sum(letter.subject == "En enhet har ingen kontaktperson" for letter in sent_mails(cast.coordinator.email))


@pytest.mark.parametrize("how", ["suspended", "bounced"])
def test_skr_is_told_when_the_last_kontaktperson_is_lost(cast: Cast, kim: User, how: str) -> None:
    def lose(user: User) -> None:
        if how == "suspended":
            suspension.suspend_user(user=user, by=cast.system, at=timezone.now())
        else:
            bounces.note_bounce(email=user.email, at=timezone.now())

    lose(kim)
    assert told_skr(cast) == 0
    lose(cast.anna)
    assert told_skr(cast) == 1
    assert "Trosa kommun (0488)" in sent_mails(cast.coordinator.email)[-1].body
    lose(cast.anna)
    assert told_skr(cast) == 1


def test_who_was_lost_already_is_not_told_of_twice(cast: Cast) -> None:
    bounces.note_bounce(email=cast.anna.email, at=timezone.now())
    suspension.suspend_user(user=cast.anna, by=cast.system, at=timezone.now())
    assert told_skr(cast) == 1


def test_a_unit_that_does_not_hand_in_is_nobodys_concern(cast: Cast) -> None:
    cast.trosa.is_active = False
    cast.trosa.save()
    suspension.suspend_user(user=cast.anna, by=cast.system, at=timezone.now())
    assert told_skr(cast) == 0


def test_the_units_people_are_told_what_to_do_there_and_on_the_start_page() -> None:
    scene = ready_scene()
    suspension.suspend_user(user=scene.cast.anna, by=scene.cast.system, at=timezone.now())
    bo, cia = browser(scene.cast.bo), browser(scene.cast.cia)
    for address in ("/", url("unit", "0488")):
        page = bo.get(address).content.decode()
        assert "Enheten har ingen kontaktperson" in page
        assert "/meddelanden/nytt/?enhet=0488&amp;galler=access" in page
        assert "Be en uppgiftslämnare i enheten skriva till SKR" in cia.get(address).content.decode()
    form = bo.get("/meddelanden/nytt/?enhet=0488&galler=access").content.decode()
    assert "checked" in form.split('value="access"')[1].split(">")[0]
    assert "ingen kontaktperson" not in browser(scene.cast.dan).get("/").content.decode()


# BEH-04 --------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.2.1", "8.2.3")
def test_beh_04_a_kontaktperson_changes_neither_addresses_flags_nor_sessions(anna: GuardedClient, cast: Cast) -> None:
    bos = browser(cast.bo)
    forged = {"email": "ond@annan.example", "is_active": "0", "is_staff": "1", "staff_role": "system", "role": "submitter"}
    anna.post(url("member", "0488", member(cast.bo).pk), forged)
    anna.post(url("details"), {"name": "Anna Ek", "phone": "", **forged, "id": str(cast.bo.pk)})
    for user in (cast.bo, cast.anna):
        kept = User.objects.get(pk=user.pk)
        assert (kept.email, kept.is_active, kept.staff_role) == (user.email, True, "")
    keys = Session.objects.filter(user=cast.bo).values_list("session_key", flat=True)
    for key in keys:
        anna.post("/konto/inloggning/avsluta/", {"session": key})
    anna.post("/konto/inloggning/avsluta-andra/")
    assert bos.get(url("overview")).status_code == 200
    for verb in ("logga-ut", "logga-ut-overallt", "stang-av"):
        assert anna.post(f"/admin/accounts/user/{cast.bo.pk}/{verb}/").status_code == 404
    assert bos.get(url("overview")).status_code == 200


@pytest.mark.parametrize(
    ("name", "of_bo"),
    [("invite", False), ("confirm_people", False), ("leave", False), ("member", True), ("end_membership", True)],
)
def test_ses_11_roles_ask_for_step_up(anna: GuardedClient, cast: Cast, clock: Any, name: str, of_bo: bool) -> None:
    address = url(name, "0488", *([member(cast.bo).pk] if of_bo else []))
    clock.shift(limits.STEP_UP + timedelta(seconds=1))
    answer = anna.post(address, {"role": "reader", **answers(cast)})
    assert answer["Location"] == "/konto/bekrafta/"
    assert (has_role(cast.anna), has_role(cast.bo)) == (True, True)
    assert member(cast.bo).role == Role.SUBMITTER
