"""Ask for a role at a unit, and answer such a request, through the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from profiles import facts, handovers, requests, retention, services
from profiles.models import AccessRequest, Membership, Unit
from tests.cast import Cast, Role, give_role, make_unit, make_user, sign_in
from tests.client import GuardedClient
from tests.mail import sent_mails

ASK = reverse("profiles:ask_access")
FORM = {"enhet": "0488", "role": "reader", "text": "Jag arbetar i kommunernas lönesamverkan."}


def role_of(user: User, code: str = "0488") -> str | None:
    """The role in force."""
    return Membership.objects.in_force().filter(user=user, unit__code=code).values_list("role", flat=True).first()


def asked(by: User, unit: Unit, role: str = Role.READER) -> AccessRequest:
    made, _ = requests.ask_for_access(unit=unit, role=role, text="Jag behöver den.", by=by, at=timezone.now())
    return made


def answer(request: AccessRequest, button: str, **values: str) -> tuple[str, dict[str, str]]:
    """Address and form."""
    address = reverse("profiles:answer_request", args=[request.unit.code, request.pk])
    return address, {"role": request.role, "svar": button} | values


# Asking


def test_who_has_no_unit_is_not_offered_one_more(client: GuardedClient, cast: Cast) -> None:
    overview = reverse("profiles:overview")
    assert "Be om behörighet i en enhet till</a>" in sign_in(client, cast.dan).get(overview).content.decode()
    Membership.objects.filter(user=cast.dan).update(ended_at=timezone.now())
    assert "Be om behörighet i en enhet</a>" in client.get(overview).content.decode()


def test_dan_finds_trosa_sees_only_who_answers_and_asks(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.dan)
    assert "Trosa kommun" in client.get(ASK, {"sok": "tros"}).content.decode()
    html = client.get(ASK, {"enhet": "0488"}).content.decode()
    assert "Anna Ek svarar på din begäran." in html
    for secret in ("Bo Ask", "Cia Al", "@trosa.example", "0156"):
        assert secret not in html
    html = client.post(ASK, FORM, follow=True).content.decode()
    assert "Din begäran om behörighet i Trosa kommun är skickad." in html
    assert "Väntar på svar" in html
    (mail,) = sent_mails(cast.anna.email)
    assert "Dan" not in mail.body + mail.subject
    assert not sent_mails(cast.bo.email)
    assert AuditEvent.objects.get(code="access:requested").unit == "0488"
    assert client.get(reverse("profiles:unit", args=["0488"])).status_code == 404


def test_the_same_press_twice_asks_once(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.dan)
    client.post(ASK, FORM)
    client.post(ASK, FORM)
    assert AccessRequest.objects.count() == 1
    assert len(sent_mails(cast.anna.email)) == 1
    assert "Ta tillbaka den begäran först" in client.post(ASK, FORM | {"role": "contact"}).content.decode()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"text": ""}, "Skriv varför du behöver behörigheten."),
        ({"text": " \u200b "}, "Skriv varför du behöver behörigheten."),
        ({"text": "811218-9876"}, "personnummer"),
        ({"text": "x" * 501}, "högst 500 tecken"),
        ({"text": "a\x00b"}, "ull"),
        ({"role": ""}, "Välj en roll."),
        ({"role": "coordinator"}, "Välj en roll i listan."),
    ],
)
def test_a_request_that_cannot_be_sent_says_why_and_keeps_the_text(
    client: GuardedClient, cast: Cast, form: dict[str, str], sentence: str
) -> None:
    response = sign_in(client, cast.dan).post(ASK, FORM | form)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    if "role" in form:
        assert FORM["text"] in response.content.decode()
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("code", ["9999", "", "\x00", "'; --", "0488\n"])
def test_a_unit_that_is_not_there_is_404(client: GuardedClient, cast: Cast, code: str) -> None:
    assert sign_in(client, cast.dan).post(ASK, FORM | {"enhet": code}).status_code == 404


def test_what_one_has_already_cannot_be_asked_for(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.bo)
    html = client.get(ASK, {"enhet": "0488"}).content.decode()
    assert 'value="contact"' in html
    assert 'value="reader"' not in html
    assert "Välj en roll i listan." in client.post(ASK, FORM).content.decode()
    html = sign_in(client, cast.anna).get(ASK, {"enhet": "0488"}).content.decode()
    assert "har alla rättigheter i enheten" in html


def test_nobody_floods_units_with_requests(cast: Cast) -> None:
    units = [make_unit(f"77{number:02}", f"Enhet {number}") for number in range(6)]
    for unit in units[:5]:
        asked(cast.dan, unit)
    with pytest.raises(services.NotAllowed, match="många begäranden på gång"):
        asked(cast.dan, units[5])


def test_a_unit_without_a_kontaktperson_sends_the_request_to_skr(client: GuardedClient, cast: Cast) -> None:
    lonely = make_unit("7700", "Ensamma förbundet")
    sign_in(client, cast.dan)
    assert "SKR svarar i stället" in client.get(ASK, {"enhet": "7700"}).content.decode()
    client.post(ASK, FORM | {"enhet": "7700"})
    (mail,) = sent_mails(cast.coordinator.email)
    assert "Ensamma förbundet" in mail.subject
    services.invite_member(unit=lonely, email=cast.dan.email, name="", role="reader", by=cast.coordinator, at=timezone.now())
    assert AccessRequest.objects.get().outcome == "granted"


@pytest.mark.parametrize(
    ("words", "count"), [("", 0), ("t", 0), ("trosa", 1), ("TROSA", 1), ("0488", 1), ("sa komm", 1), ("%", 0), ("\x00\x00", 0)]
)
def test_units_are_found_by_name_and_code(client: GuardedClient, cast: Cast, words: str, count: int) -> None:
    assert len(requests.find_units(words.replace("\x00", ""))) == count
    response = sign_in(client, cast.dan).get(ASK, {"sok": words})
    assert response.status_code == 200
    assert response.content.decode().count("?enhet=0488") == count


# Answering


def test_anna_grants_with_another_role_and_a_last_day(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.dan, cast.trosa, Role.SUBMITTER)
    sign_in(client, cast.anna)
    html = client.get(reverse("profiles:unit", args=["0488"])).content.decode()
    assert "Ber om behörighet" in html
    address, form = answer(request, "bevilja", role="reader", ends_on="2026-12-31", text="Välkommen!")
    assert "Jag behöver den." in client.get(address).content.decode()
    html = client.post(address, form, follow=True).content.decode()
    assert "Dan Lind är nu Läsare i Trosa kommun." in html
    member = Membership.objects.get(user=cast.dan, unit=cast.trosa)
    assert (member.role, str(member.ends_on), member.created_by) == ("reader", "2026-12-31", cast.anna)
    assert {"access:request:granted", "access:changed"} <= set(AuditEvent.objects.values_list("code", flat=True))
    own = sign_in(GuardedClient(), cast.dan).get(reverse("profiles:overview")).content.decode()
    assert "Beviljad" in own
    assert "Välkommen!" in own
    assert client.get(address).status_code == 200


def test_a_higher_role_is_given_to_somebody_who_is_there(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.cia, cast.trosa, Role.SUBMITTER)
    address, form = answer(request, "bevilja")
    sign_in(client, cast.anna).post(address, form)
    assert role_of(cast.cia) == Role.SUBMITTER
    assert Membership.objects.filter(user=cast.cia, unit=cast.trosa).count() == 1


def test_a_last_day_stays_when_a_higher_role_is_given(client: GuardedClient, cast: Cast) -> None:
    Membership.objects.filter(user=cast.cia, unit=cast.trosa).update(ends_on="2026-12-31")
    address, form = answer(asked(cast.cia, cast.trosa, Role.SUBMITTER), "bevilja")
    html = sign_in(client, cast.anna).get(address).content.decode()
    shown = html.split('name="ends_on"')[1].split(">")[0]
    assert 'value="2026-12-31"' in shown
    client.post(address, form | {"ends_on": "2026-12-31"})
    assert role_of(cast.cia) == Role.SUBMITTER
    assert str(Membership.objects.get(user=cast.cia, unit=cast.trosa).ends_on) == "2026-12-31"


@pytest.mark.parametrize("role", ["reader", "submitter"])
def test_a_yes_never_gives_less_than_the_person_has(client: GuardedClient, cast: Cast, role: str) -> None:
    address, form = answer(asked(cast.bo, cast.trosa, Role.CONTACT), "bevilja", role=role)
    html = sign_in(client, cast.anna).post(address, form).content.decode()
    assert "Bo Ask är redan Uppgiftslämnare." in html
    assert role_of(cast.bo) == Role.SUBMITTER
    assert AccessRequest.objects.get().outcome == ""


@pytest.mark.parametrize(("role", "outcome"), [("submitter", "granted"), ("contact", "granted"), ("reader", "")])
def test_who_gets_the_role_another_way_waits_no_longer(cast: Cast, role: str, outcome: str) -> None:
    request = asked(cast.cia, cast.trosa, Role.SUBMITTER)
    cias = Membership.objects.get(user=cast.cia, unit=cast.trosa)
    services.change_role(membership=cias, role=role, by=cast.anna, at=timezone.now())
    request.refresh_from_db()
    assert request.outcome == outcome
    assert AuditEvent.objects.filter(code="access:request:granted").exists() == bool(outcome)


def test_no_needs_a_reason_which_the_person_reads(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.dan, cast.trosa)
    sign_in(client, cast.anna)
    address, form = answer(request, "avsla")
    assert "Skriv varför" in client.post(address, form).content.decode()
    client.post(address, form | {"text": "Du ska till Vagnhärad."})
    assert role_of(cast.dan) is None
    own = sign_in(GuardedClient(), cast.dan).get(reverse("profiles:overview")).content.decode()
    assert "Avslagen" in own
    assert "Du ska till Vagnhärad." in own
    (mail,) = sent_mails(cast.dan.email)
    assert "Vagnhärad" not in mail.body
    assert AuditEvent.objects.get(code="access:request:declined").actor_id == cast.anna.pk


@pytest.mark.parametrize("button", ["", "kanske"])
def test_a_form_without_a_button_changes_nothing(client: GuardedClient, cast: Cast, button: str) -> None:
    address, form = answer(asked(cast.dan, cast.trosa), button)
    assert "Välj om du beviljar" in sign_in(client, cast.anna).post(address, form).content.decode()
    assert role_of(cast.dan) is None


def test_the_second_answer_from_a_stale_tab_changes_nothing(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.dan, cast.trosa)
    sign_in(client, cast.anna)
    address, form = answer(request, "avsla", text="Nej.")
    client.post(address, form)
    html = client.post(address, form | {"svar": "bevilja"}).content.decode()
    assert "redan besvarad eller återtagen" in html
    assert role_of(cast.dan) is None


def test_taking_back_ends_it_for_both(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.dan, cast.trosa)
    dan = sign_in(client, cast.dan)
    address = reverse("profiles:withdraw_request", args=[request.pk])
    assert "är återtagen" in dan.post(address, follow=True).content.decode()
    assert "redan besvarad eller återtagen" in dan.post(address, follow=True).content.decode()
    assert AuditEvent.objects.get(code="access:request:withdrawn").actor_id == cast.dan.pk
    with pytest.raises(services.NotAllowed):
        requests.grant_request(request=request, role="reader", ends_on=None, text="", by=cast.anna, at=timezone.now())
    assert role_of(cast.dan) is None


@pytest.mark.asvs("8.2.1")
def test_beh_03_requests_are_seen_and_answered_by_the_unit_s_kontaktpersoner_only(client: GuardedClient, cast: Cast) -> None:
    request = asked(cast.dan, cast.trosa)
    stranger = make_user("eva@vagnharad.example", "Eva Ek")
    give_role(stranger, cast.other, Role.CONTACT)
    address, form = answer(request, "bevilja")
    for user, status in ((cast.bo, 403), (cast.cia, 403), (cast.dan, 404), (stranger, 404), (cast.coordinator, 403)):
        assert sign_in(client, user).post(address, form).status_code == status
        assert sign_in(client, user).post(reverse("profiles:withdraw_request", args=[request.pk])).status_code in {302, 404}
        if user == cast.dan:
            AccessRequest.objects.filter(pk=request.pk).update(outcome="", answered_at=None, answered_by=None)
    assert "Dan Lind" not in sign_in(client, cast.bo).get(reverse("profiles:unit", args=["0488"])).content.decode()
    assert role_of(cast.dan) is None
    assert AccessRequest.objects.get().outcome == ""


def test_answers_are_shown_for_ninety_days(cast: Cast, clock: Any) -> None:
    request = asked(cast.dan, cast.trosa)
    requests.decline_request(request=request, text="Nej.", by=cast.anna, at=timezone.now())
    clock.shift(timedelta(days=89))
    assert requests.own(cast.dan, at=timezone.now()).count() == 1
    clock.shift(timedelta(days=2))
    assert requests.own(cast.dan, at=timezone.now()).count() == 0


def test_answered_requests_former_contacts_and_old_offers_go_in_time(cast: Cast, clock: Any) -> None:
    request = asked(cast.dan, cast.trosa)
    requests.decline_request(request=request, text="Nej.", by=cast.anna, at=timezone.now())
    asked(cast.dan, cast.trosa)
    for name in ("Eva", "Ola"):
        values = {"name": name, "title": "", "email": "", "phone": "0156-520 00"}
        facts.change_contact_person(unit=cast.trosa, by=cast.anna, at=timezone.now(), **values)
    offer = handovers.offer_handover(
        unit=cast.trosa, to=Membership.objects.get(user=cast.bo).pk, rest="", by=cast.anna, at=timezone.now()
    )
    clock.shift(timedelta(days=364))
    assert not any(retention.purge(at=timezone.now()).values())
    clock.shift(timedelta(days=15))
    assert list(retention.purge(at=timezone.now()).values()) == [1, 1, 0, 0]
    assert not type(offer).objects.exists()
    clock.shift(timedelta(days=365))
    assert list(retention.purge(at=timezone.now()).values()) == [0, 0, 1, 0]
    assert AccessRequest.objects.get().outcome == ""
    assert facts.contact_person(cast.trosa) is not None
