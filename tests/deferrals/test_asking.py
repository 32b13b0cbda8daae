"""Ask for several units at once, get an answer at once by the year's rule, and give back what is not needed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.access import NotAllowed
from deferrals import services
from deferrals.models import Deferral
from submissions.models import Collection, Submission
from submissions.services import calendar
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.deferrals.conftest import ask, grant, last_day, more_units, url
from tests.mail import sent_mails

THREE = ["0488", "3001", "3002"]


def statuses() -> dict[str, str]:
    return dict(Deferral.objects.order_by("pk").values_list("submission__unit__code", "status"))


# Several at once -----------------------------------------------------------------------------------------------------


def test_each_unit_gets_a_request_of_its_own(bo: GuardedClient, cast: Cast, collection: Collection):
    more_units(cast, collection)
    form = bo.get(url("ask")).content.decode()
    assert form.count('type="checkbox"') == 3
    assert "Vagnhärad" not in form
    html = ask(bo, units=THREE).content.decode()
    assert "Begäran är skickad för 3 enheter." in html
    assert statuses() == dict.fromkeys(THREE, "requested")
    assert len(set(Deferral.objects.order_by("pk").values_list("nonce", flat=True))) == 1


def test_the_unit_one_comes_from_is_chosen(bo: GuardedClient, cast: Cast, collection: Collection):
    more_units(cast, collection)
    form = bo.get(f"{url('ask')}?enhet=3001&enhet=0999&enhet=%00").content.decode()
    assert form.count("checked") == 1
    assert form.index('value="3001"') < form.index("checked") < form.index('value="3002"')


def test_all_or_none_with_a_sentence_for_each_unit_that_cannot(bo: GuardedClient, cast: Cast, collection: Collection):
    first, second = more_units(cast, collection)
    Submission.objects.filter(pk=first.pk).update(granted_due_date=date(2026, 12, 9))
    Submission.objects.filter(pk=second.pk).update(granted_due_date=date(2026, 12, 10))
    html = ask(bo, units=THREE).content.decode()
    assert "Kommun 3001: Välj ett datum från och med 2026-12-10" in html
    assert "Kommun 3002: Välj ett datum från och med 2026-12-11" in html
    assert "Trosa kommun: " not in html
    assert "Körningen är flyttad en vecka.</textarea>" in html
    assert not Deferral.objects.exists()


def test_what_changed_while_the_form_was_open_stops_all_of_it(bo: GuardedClient, cast: Cast, collection: Collection):
    """Between the form's own look and the locked one: the service says it, for each unit by name."""
    first, second = more_units(cast, collection)
    stale = list(Submission.objects.select_related("unit", "collection").filter(pk__in=[first.pk, second.pk]).order_by("pk"))
    Submission.objects.filter(pk=second.pk).update(status="handed_in")
    values = {"requested_date": date(2026, 12, 8), "reason": "illness", "text": "", "by": cast.bo, "at": timezone.now()}
    with pytest.raises(services.SomeCannot, match="1 enhet av 2") as refused:
        services.request_deferrals(submissions=stale, nonce=uuid4(), **values)
    assert [(unit.code, sentence.split(".")[0]) for unit, sentence in refused.value.reasons] == [
        ("3002", "Inlämningen är klarmarkerad")
    ]
    assert not Deferral.objects.exists()


@pytest.mark.parametrize("units", [["0999"], ["0488", "0999"], ["9999"], ["0488; DROP"], []])
def test_units_that_are_not_ones_own_are_not_asked_for(bo: GuardedClient, units: list[str]):
    html = ask(bo, units=units).content.decode()
    assert "Välj minst en enhet." in html or "kan inte begära uppskov" in html
    assert not Deferral.objects.exists()


def test_a_unit_that_cannot_is_listed_with_the_reason(bo: GuardedClient, cast: Cast, collection: Collection):
    first, _ = more_units(cast, collection)
    Submission.objects.filter(pk=first.pk).update(status="handed_in")
    html = bo.get(url("ask")).content.decode()
    assert "Enheter som inte kan begära uppskov nu" in html
    assert "Inlämningen är klarmarkerad." in html
    assert html.count('type="checkbox"') == 2


def test_the_same_form_twice_asks_once_and_answers_the_same(bo: GuardedClient, cast: Cast, collection: Collection):
    more_units(cast, collection)
    nonce = str(uuid4())
    for _ in range(2):
        assert "Begäran är skickad för 3 enheter." in ask(bo, units=THREE, nonce=nonce).content.decode()
    assert statuses() == dict.fromkeys(THREE, "requested")


def test_the_same_form_with_something_else_in_it_is_another_wish(bo: GuardedClient, direct: Collection):
    nonce = str(uuid4())
    ask(bo, requested_date="2026-12-03", nonce=nonce)
    assert "Begäran är skickad." in ask(bo, requested_date="2026-12-10", nonce=nonce).content.decode()
    assert sorted(Deferral.objects.order_by("pk").values_list("status", flat=True)) == ["granted", "requested"]


def test_another_person_s_nonce_gives_nothing(bo: GuardedClient, cast: Cast, collection: Collection):
    nonce = str(uuid4())
    ask(bo, nonce=nonce)
    anna = sign_in(GuardedClient(), cast.anna)
    assert "redan en begäran som väntar" in ask(anna, nonce=nonce).content.decode()  # type: ignore[arg-type]
    assert Deferral.objects.count() == 1


def test_a_form_without_its_number_is_told_so(bo: GuardedClient):
    assert "Ladda om sidan och försök igen." in ask(bo, nonce="inget nummer").content.decode()
    assert not Deferral.objects.exists()


# At once, by the rule ------------------------------------------------------------------------------------------------


def test_the_rule_is_told_before_and_the_answer_comes_at_once(bo: GuardedClient, cast: Cast, direct: Collection):
    assert "Ni får svar direkt om ni begär fredag 4\xa0december 2026 eller tidigare." in bo.get(url("ask")).content.decode()
    html = ask(bo, requested_date="2026-12-04").content.decode()
    assert "Uppskov är beviljat direkt för Trosa kommun. Ny sista dag är 2026-12-04." in html
    assert "Direkt enligt SKR:s regel: första begäran, högst 3\xa0dagar." in html
    deferral = Deferral.objects.get()
    assert (deferral.status, deferral.decided_by, deferral.rule_days) == ("granted", None, 3)
    assert last_day() == "2026-12-04"
    assert {mail.recipient for mail in sent_mails()} == {cast.anna.email}


def test_a_date_past_the_rule_waits_for_skr(bo: GuardedClient, direct: Collection):
    assert "Begäran är skickad." in ask(bo, requested_date="2026-12-07").content.decode()
    assert Deferral.objects.get().status == "requested"
    assert last_day() == "2026-12-01"


def test_only_the_first_request_is_given_at_once(bo: GuardedClient, cast: Cast, direct: Collection):
    ask(bo, requested_date="2026-12-03")
    assert "svar direkt" not in bo.get(url("ask")).content.decode()
    assert "Begäran är skickad." in ask(bo, requested_date="2026-12-04").content.decode()
    assert last_day() == "2026-12-03"


def test_one_that_was_declined_has_been_the_first(bo: GuardedClient, cast: Cast, direct: Collection):
    ask(bo, requested_date="2026-12-10")
    services.decline_deferral(deferral=Deferral.objects.get(), answer="Nej.", by=cast.coordinator, at=timezone.now())
    ask(bo, requested_date="2026-12-03")
    assert Deferral.objects.order_by("-pk")[0].status == "requested"


def test_of_several_units_each_gets_what_the_rule_gives_it(bo: GuardedClient, cast: Cast, direct: Collection):
    more_units(cast, direct)
    ask(bo, requested_date="2026-12-02")
    html = ask(bo, units=THREE, requested_date="2026-12-04").content.decode()
    assert "Uppskov är beviljat direkt för Kommun 3001, Kommun 3002. Ny sista dag är 2026-12-04." in html
    assert "Begäran är skickad för 1 enhet." in html
    assert [last_day(code) for code in THREE] == ["2026-12-02", "2026-12-04", "2026-12-04"]


@pytest.mark.parametrize(
    ("days", "latest", "until"),
    [
        (0, date(2026, 12, 15), None),
        (1, date(2026, 12, 15), date(2026, 12, 2)),
        (4, date(2026, 12, 15), date(2026, 12, 5)),
        (30, date(2026, 12, 15), date(2026, 12, 15)),
    ],
)
def test_the_rule_ends_at_the_year_s_latest_date(days: int, latest: date, until: date | None):
    collection = Collection(year=2026, due_date=date(2026, 12, 1), latest_deferral_date=latest, direct_deferral_days=days)
    assert collection.direct_deferral_until == until


# The rule is set by SKR's samordnare ---------------------------------------------------------------------------------


def set_rules(client: GuardedClient, collection: Collection, **form: object) -> str:
    address = f"/admin/submissions/collection/{collection.pk}/uppskovsregler/"
    return client.post(address, {"latest": "2026-12-18", "direct_days": 3, **form}, follow=True).content.decode()


def test_the_rules_are_set_in_the_admin(sam: GuardedClient, bo: GuardedClient, collection: Collection):
    html = set_rules(sam, collection)
    assert "Reglerna för uppskov är sparade." in html
    assert "Enhetens första begäran, högst 3 dagar: till och med 2026-12-04" in html
    assert "Ingenting är ändrat." in set_rules(sam, collection)
    assert 'max="2026-12-18"' in bo.get(url("ask")).content.decode()
    set_rules(sam, collection, direct_days=0)
    assert "svar direkt" not in bo.get(url("ask")).content.decode()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"latest": ""}, "Skriv ett datum."),
        ({"latest": "18/12"}, "Skriv datumet som ÅÅÅÅ-MM-DD."),
        ({"latest": "2026-11-30"}, "kan inte ligga före insamlingens sista dag, 2026-12-01"),
        ({"latest": "2026-12-09"}, "En enhet har redan fått uppskov till 2026-12-10."),
        ({"direct_days": ""}, "0 för inga"),
        ({"direct_days": "-1"}, "Skriv 0 eller fler dagar."),
        ({"direct_days": "tre"}, "Skriv ett helt antal dagar."),
        ({"direct_days": "18"}, "Så många dagar ryms inte"),
        ({"direct_days": "99999999999"}, "Så många dagar ryms inte"),
    ],
)
def test_rules_that_cannot_be_are_told(sam: GuardedClient, collection: Collection, form: dict[str, str], sentence: str):
    Submission.objects.filter(unit__code="0999").update(granted_due_date=date(2026, 12, 10))
    assert sentence in set_rules(sam, collection, **form)
    collection.refresh_from_db()
    assert (collection.latest_deferral_date, collection.direct_deferral_days) == (date(2026, 12, 15), 0)


@pytest.mark.parametrize("who", ["officer", "statistician", "system", "anna"])
def test_nobody_else_sets_the_rules(cast: Cast, collection: Collection, who: str):
    values = {"latest": date(2026, 12, 18), "direct_days": 3, "at": timezone.now()}
    with pytest.raises(NotAllowed, match="samordnare"):
        calendar.set_deferral_rules(collection=collection, by=getattr(cast, who), **values)


# Give back -----------------------------------------------------------------------------------------------------------


def give_back(client: GuardedClient) -> str:
    pk = Deferral.objects.latest("pk").pk
    return client.post(url("withdraw", "0488", pk), {"seen": "granted"}, follow=True).content.decode()


def test_a_granted_date_is_given_back_and_the_one_before_counts(bo: GuardedClient, cast: Cast):
    ask(bo)
    grant(cast, date(2026, 12, 8))
    ask(bo, requested_date="2026-12-11")
    grant(cast, date(2026, 12, 11))
    assert "Behöver ni inte uppskovet längre?" in bo.get(url("unit", "0488")).content.decode()
    assert "Uppskovet är borttaget. Sista dag är nu 2026-12-08." in give_back(bo)
    assert last_day() == "2026-12-08"
    assert "redan återtagen" in give_back(bo)
    Deferral.objects.filter(status="withdrawn").delete()
    assert "Sista dag är nu 2026-12-01." in give_back(bo)
    assert last_day() == "2026-12-01"


def test_a_superseded_date_has_nothing_to_give_back(bo: GuardedClient, cast: Cast):
    ask(bo)
    first = grant(cast, date(2026, 12, 8))
    ask(bo, requested_date="2026-12-11")
    grant(cast, date(2026, 12, 11))
    html = bo.post(url("withdraw", "0488", first.pk), {"seen": "granted"}, follow=True).content.decode()
    assert "Ett senare uppskov gäller nu." in html
    assert last_day() == "2026-12-11"


def test_a_tab_from_before_the_answer_does_not_give_the_date_back(bo: GuardedClient, cast: Cast):
    ask(bo)
    deferral = grant(cast, date(2026, 12, 8))
    html = bo.post(url("withdraw", "0488", deferral.pk), follow=True).content.decode()
    assert "SKR har beviljat uppskovet sedan du öppnade sidan." in html
    assert last_day() == "2026-12-08"


def test_nobody_becomes_late_by_giving_back(bo: GuardedClient, cast: Cast, clock: Any):
    ask(bo)
    grant(cast, date(2026, 12, 8))
    clock.move_to(datetime.fromisoformat("2026-12-02T09:00:00+01:00"))
    sign_in(bo, cast.bo)
    assert "Behöver ni inte uppskovet längre?" not in bo.get(url("unit", "0488")).content.decode()
    assert "Uppskovet kan inte tas bort nu." in give_back(bo)
    assert last_day() == "2026-12-08"


def test_a_slip_that_is_given_back_may_be_asked_for_right_at_once(bo: GuardedClient, direct: Collection):
    ask(bo, requested_date="2026-12-02")
    give_back(bo)
    ask(bo, requested_date="2026-12-04")
    assert last_day() == "2026-12-04"


def test_an_old_form_sent_again_does_not_say_that_what_was_given_back_is_granted(bo: GuardedClient, direct: Collection):
    nonce = str(uuid4())
    ask(bo, requested_date="2026-12-02", nonce=nonce)
    give_back(bo)
    html = ask(bo, requested_date="2026-12-02", nonce=nonce).content.decode()
    assert "beviljat direkt" not in html
    assert "begäran för Trosa kommun är nu återtagen." in html
    assert last_day() == "2026-12-01"
