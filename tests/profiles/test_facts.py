"""Contact, payroll system, organisation numbers and relations of a unit, through its pages, with what stood before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from profiles import facts, payroll, relations, requests, services
from profiles.models import ContactPerson, OrganisationNumber, UnitRelation
from tests.cast import Cast, make_unit, sign_in
from tests.client import GuardedClient

FACTS = reverse("profiles:unit_facts", args=["0488"])
CONTACT = reverse("profiles:contact_person", args=["0488"])
NUMBER = reverse("profiles:add_number", args=["0488"])
EVA = {"name": "Eva Ström", "title": "Lönechef", "phone": "0156-520 00", "email": "Eva@Trosa.example"}


@pytest.fixture
def anna(client: GuardedClient, cast: Cast) -> GuardedClient:
    sign_in(client, cast.anna)
    return client


# Contact


def test_a_new_contact_replaces_the_old_one_who_stays_in_the_history(anna: GuardedClient, cast: Cast, clock: Any) -> None:
    assert "Ingen är angiven" in anna.get(FACTS).content.decode()
    assert "SKR kontaktar Eva Ström i sakfrågor." in anna.post(CONTACT, EVA, follow=True).content.decode()
    anna.post(CONTACT, EVA)  # as it is: nothing happens
    assert ContactPerson.objects.count() == 1
    clock.shift(timedelta(minutes=1))
    html = anna.post(CONTACT, EVA | {"name": "Ola Ek", "email": ""}, follow=True).content.decode()
    assert html.index("Ola Ek") < html.index("Tidigare kontakter") < html.rindex("Eva Ström")
    assert [one.name for one in ContactPerson.objects.filter(ended_at=None)] == ["Ola Ek"]
    assert AuditEvent.objects.filter(code="data:changed", object="kontakt i sakfrågor", unit="0488").count() == 2
    assert "Ola Ek" in sign_in(GuardedClient(), cast.cia).get(FACTS).content.decode()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "Skriv namnet."),
        ({"name": "Eva 811218-9876"}, "personnummer"),
        ({"title": "www.ond.example"}, "Befattningen ser ut att innehålla en webbadress"),
        ({"phone": "ring"}, "Skriv numret med siffror"),
        ({"email": "eva"}, "Skriv en e-postadress"),
        ({"email": "åsa@trosa.example"}, "Skriv en e-postadress"),
        ({"email": "", "phone": ""}, "så att SKR kan nå personen"),
        ({"name": "E\x00a"}, "ull"),
    ],
)
def test_a_contact_that_cannot_be_is_told_at_its_field(anna: GuardedClient, form: dict[str, str], sentence: str) -> None:
    response = anna.post(CONTACT, EVA | form)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not ContactPerson.objects.exists()


# Payroll system


def test_the_payroll_system_is_shown_year_by_year_with_every_change(anna: GuardedClient, cast: Cast, clock: Any) -> None:
    systems = {"visma": "Visma Lön", "annat": "Annat"}
    for year, code, other in ((2025, "visma", ""), (2026, "visma", ""), (2026, "annat", "Hemmabygget")):
        payroll.choose_system(unit=cast.trosa, year=year, code=code, other=other, systems=systems, by=cast.bo, at=timezone.now())
        clock.shift(timedelta(minutes=1))
    html = anna.get(FACTS).content.decode()
    assert html.index("Hemmabygget") < html.index("Visma Lön")
    assert html.count("lönesystem Visma Lön, Bo Ask") == 2
    assert html.count("lönesystem Hemmabygget, Bo Ask") == 1


# Organisation numbers


@pytest.mark.parametrize("text", ["2120000142", "212000-0142", " 212000-0142 ", "162120000142"])
def test_a_number_is_kept_as_ten_digits_and_shown_with_its_hyphen(anna: GuardedClient, text: str) -> None:
    html = anna.post(NUMBER, {"number": text, "valid_from": "2026-01-01"}, follow=True).content.decode()
    assert "212000-0142" in html
    assert OrganisationNumber.objects.get().number == "2120000142"
    html = anna.post(NUMBER, {"number": text, "valid_from": "2025-01-01"}, follow=True).content.decode()
    assert "Numret fanns redan." in html
    assert OrganisationNumber.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"number": ""}, "Skriv organisationsnumret."),
        ({"number": "212000-0143"}, "fel kontrollsiffra"),
        ({"number": "212000014"}, "tio siffror"),
        ({"number": "²120000142"}, "tio siffror"),
        ({"number": "811218-9876"}, "ser ut som ett personnummer"),
        ({"valid_from": ""}, "Välj från vilken dag."),
        ({"valid_from": "1 januari"}, "ÅÅÅÅ-MM-DD"),
        ({"valid_from": "1889-01-01"}, "Välj en dag från 1990"),
        ({"valid_from": "2030-01-01"}, "Välj en dag från 1990"),
    ],
)
def test_a_number_that_cannot_be_is_told_at_its_field(anna: GuardedClient, form: dict[str, str], sentence: str) -> None:
    response = anna.post(NUMBER, {"number": "212000-0142", "valid_from": "2026-01-01"} | form)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not OrganisationNumber.objects.exists()


def test_a_number_that_ends_stays_with_its_last_day(anna: GuardedClient, cast: Cast, clock: Any) -> None:
    facts.add_number(unit=cast.trosa, number="2120000142", valid_from=date(2020, 1, 1), by=cast.anna, at=timezone.now())
    number = OrganisationNumber.objects.get()
    end = reverse("profiles:end_number", args=["0488", number.pk])
    assert "gäller inte längre" in anna.post(end, follow=True).content.decode()
    assert "var redan avslutat" in anna.post(end, follow=True).content.decode()
    number.refresh_from_db()
    assert number.valid_to == date(2026, 11, 16)
    clock.shift(timedelta(days=1))
    sign_in(anna, cast.anna)
    assert "Gäller inte längre" in anna.get(FACTS).content.decode()
    assert not OrganisationNumber.objects.valid_on(date(2026, 11, 17)).exists()
    assert OrganisationNumber.objects.valid_on(date(2026, 11, 16)).exists()
    results = AuditEvent.objects.filter(object="organisationsnummer 212000-0142").order_by("pk").values_list("result", flat=True)
    assert list(results) == ["från 2020-01-01", "till och med 2026-11-16"]


# Who may


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize(("who", "status"), [("bo", 403), ("cia", 403), ("dan", 404), ("coordinator", 403)])
def test_beh_04_only_a_kontaktperson_changes_the_facts(client: GuardedClient, cast: Cast, who: str, status: int) -> None:
    facts.add_number(unit=cast.trosa, number="2120000142", valid_from=date(2020, 1, 1), by=cast.anna, at=timezone.now())
    end = reverse("profiles:end_number", args=["0488", OrganisationNumber.objects.get().pk])
    sign_in(client, getattr(cast, who))
    for address, form in ((CONTACT, EVA), (NUMBER, {"number": "2120000142", "valid_from": "2026-01-01"}), (end, {})):
        assert client.post(address, form).status_code == status
    assert not ContactPerson.objects.exists()
    assert OrganisationNumber.objects.get().valid_to is None


@pytest.mark.asvs("8.2.2")
def test_beh_03_another_unit_s_number_is_404(client: GuardedClient, cast: Cast) -> None:
    facts.add_number(unit=cast.trosa, number="2120000142", valid_from=date(2020, 1, 1), by=cast.anna, at=timezone.now())
    end = reverse("profiles:end_number", args=["0999", OrganisationNumber.objects.get().pk])
    assert sign_in(client, cast.dan).post(end).status_code == 404
    assert OrganisationNumber.objects.get().valid_to is None


# Relations


def test_skr_relates_a_company_to_its_kommun_and_both_see_it(client: GuardedClient, cast: Cast) -> None:
    company = make_unit("B488", "Trosabygdens Bostäder AB", "bolag")
    relate = reverse("admin:profiles_unit_relate", args=[company.pk])
    sign_in(client, cast.coordinator)
    form = {"kind": "owned", "parent": "0488", "valid_from": "2020-01-01"}
    html = client.post(relate, form, follow=True).content.decode()
    assert "Relationen är sparad." in html
    assert "Ägs av Trosa kommun (0488)" in html
    assert "Relationen fanns redan." in client.post(relate, form, follow=True).content.decode()
    unit_page = sign_in(GuardedClient(), cast.cia).get(FACTS).content.decode()
    assert "Äger" in unit_page
    assert "Trosabygdens Bostäder AB" in unit_page
    assert f'href="{reverse("profiles:unit", args=["B488"])}"' not in unit_page
    assert sign_in(GuardedClient(), cast.anna).get(reverse("profiles:unit", args=["B488"])).status_code == 404
    assert set(AuditEvent.objects.filter(object__startswith="relation").values_list("unit", flat=True)) == {"0488", "B488"}


@pytest.mark.parametrize("kind", UnitRelation.Kind.values)
def test_the_form_says_which_relations_are_written_on_the_other_unit(client: GuardedClient, cast: Cast, kind: str) -> None:
    relations.relate_units(
        child=cast.other, kind=kind, parent=cast.trosa, valid_from=date(2020, 1, 1), by=cast.coordinator, at=timezone.now()
    )
    (tie,) = relations.ties_of(cast.trosa, on=date(2026, 11, 16))
    html = sign_in(client, cast.coordinator).get(reverse("admin:profiles_unit_relate", args=[cast.trosa.pk])).content.decode()
    assert tie.words.lower() in html


def test_a_relation_ends_on_its_last_day_and_stays_in_the_list(client: GuardedClient, cast: Cast) -> None:
    now = timezone.now()
    relation, _ = relations.relate_units(
        child=cast.other, kind="replaces", parent=cast.trosa, valid_from=date(2020, 1, 1), by=cast.coordinator, at=now
    )
    end = reverse("admin:profiles_unit_end_relation", args=[cast.trosa.pk, relation.pk])
    sign_in(client, cast.coordinator)
    for day, sentence in (("2019-12-31", "före den första"), ("2030-01-01", "det här årets slut"), ("x", "ÅÅÅÅ-MM-DD")):
        assert sentence in client.post(end, {"valid_to": day}).content.decode()
    client.post(end, {"valid_to": "2025-12-31"})
    assert "redan avslutad" in client.get(end).content.decode()
    (tie,) = relations.ties_of(cast.trosa, on=date(2026, 1, 1))
    assert (tie.words, tie.has_ended) == ("Har ersatts av", True)
    assert "Gäller inte längre" in sign_in(GuardedClient(), cast.anna).get(FACTS).content.decode()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"parent": "0488"}, "Välj en annan enhet"),
        ({"parent": "7777"}, "Det finns ingen enhet med den koden."),
        ({"kind": "cousin"}, "Välj i listan."),
        ({"valid_from": "1800-01-01"}, "Välj en dag från 1990"),
    ],
)
def test_a_relation_that_cannot_be_says_why(client: GuardedClient, cast: Cast, form: dict[str, str], sentence: str) -> None:
    relate = reverse("admin:profiles_unit_relate", args=[cast.trosa.pk])
    response = sign_in(client, cast.coordinator).post(
        relate, {"kind": "owned", "parent": "0999", "valid_from": "2020-01-01"} | form
    )
    assert sentence in response.content.decode()
    assert not UnitRelation.objects.exists()


def test_two_units_do_not_own_each_other(cast: Cast) -> None:
    values = {"kind": "owned", "valid_from": date(2020, 1, 1), "by": cast.coordinator, "at": timezone.now()}
    relations.relate_units(child=cast.trosa, parent=cast.other, **values)
    with pytest.raises(services.NotAllowed, match="åt andra hållet"):
        relations.relate_units(child=cast.other, parent=cast.trosa, **values)


def test_skr_answers_a_request_where_nobody_else_can(client: GuardedClient, cast: Cast) -> None:
    lonely = make_unit("7700", "Ensamma förbundet")
    asked, _ = requests.ask_for_access(unit=lonely, role="contact", text="Jag är ny chef.", by=cast.dan, at=timezone.now())
    address = reverse("admin:profiles_unit_answer_request", args=[lonely.pk, asked.pk])
    sign_in(client, cast.coordinator)
    assert address in client.get(reverse("admin:profiles_unit_change", args=[lonely.pk])).content.decode()
    html = client.post(address, {"role": "contact", "svar": "bevilja", "text": ""}, follow=True).content.decode()
    assert "Dan Lind är nu Kontaktperson i Ensamma förbundet." in html
    assert sign_in(client, cast.officer).post(address, {"role": "contact", "svar": "bevilja"}).status_code == 403
