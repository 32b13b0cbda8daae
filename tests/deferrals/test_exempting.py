"""Omfattas inte i år: asked for or SKR's own decision, what follows from it, and how it is taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import NotAllowed
from deferrals import exempting, reminders
from deferrals.models import Deferral, Exemption
from submissions import states
from submissions.models import Collection, Submission
from submissions.services.collections import add_submissions
from tests.cast import Cast, sign_in
from tests.client import GuardedClient
from tests.deferrals.conftest import ask, url
from tests.mail import sent_mails

FORM = {"reason": "elsewhere", "text": "Nyköping lämnar för oss."}


def send(client: GuardedClient, **changes: str) -> str:
    return client.post(url("ask_to_be_exempt", "0488"), {**FORM, **changes}, follow=True).content.decode()


def decide(client: GuardedClient, verb: str, **form: str) -> str:
    address = f"/admin/deferrals/exemption/{Exemption.objects.latest('pk').pk}/{verb}/"
    return client.post(address, form, follow=True).content.decode()


def exempt(cast: Cast, trosa: Submission) -> Exemption:
    values = {"reason": "closed", "text": "Förbundet har upphört.", "by": cast.coordinator, "at": timezone.now()}
    return exempting.decide_exemption(submission=trosa, **values)


@pytest.mark.parametrize(("who", "way"), [("bo", "Skriv till SKR under"), ("cia", "Be en uppgiftslämnare eller kontaktperson")])
def test_who_may_not_write_is_told_who_can(client: GuardedClient, cast: Cast, trosa: Submission, who: str, way: str):
    exempt(cast, trosa)
    assert f"Är det fel? {way}" in sign_in(client, getattr(cast, who)).get(url("unit", "0488")).content.decode()


def test_the_unit_asks_and_reads_the_decision(bo: GuardedClient, sam: GuardedClient, cast: Cast):
    assert "Be om att inte omfattas i år" in bo.get(url("unit", "0488")).content.decode()
    html = send(bo)
    assert "Begäran är skickad." in html
    assert "Ni har bett om att inte omfattas i år" in html
    assert "Undantag begärt" in bo.get(url("overview")).content.decode()
    assert "vill inte omfattas" in sam.get("/admin/").content.decode()
    html = decide(sam, "bevilja", **{"ja-text": "Vi har stämt av med Nyköping."})
    assert "Enheten omfattas inte i år." in html
    assert {mail.recipient for mail in sent_mails()} == {cast.anna.email, cast.bo.email}
    unit = bo.get(url("unit", "0488")).content.decode()
    for words in (
        "Ni omfattas inte i år",
        "Vi har stämt av med Nyköping.",
        "Sam Samordnare, SKR",
        "Uppgifterna lämnas av en annan enhet",
    ):
        assert words in unit
    assert "Begär uppskov" not in unit


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, "Välj ett skäl."),
        ({"reason": "semester"}, "Välj ett skäl i listan."),
        ({"text": " "}, "Beskriv kort varför."),
        ({"text": "Gäller 811218-9876"}, "personnummer"),
        ({"text": "x" * 2001}, "högst 2000 tecken"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(bo: GuardedClient, changes: dict[str, str], sentence: str):
    assert sentence in send(bo, **changes)
    assert not Exemption.objects.exists()


def test_the_same_twice_is_asked_once_and_something_else_is_told(bo: GuardedClient):
    send(bo)
    assert "Begäran är skickad." in send(bo)
    html = send(bo, text="Något annat.")
    assert "Ni har redan en begäran som väntar på svar." in html
    assert "Något annat.</textarea>" in html
    assert Exemption.objects.count() == 1


def test_it_is_taken_back_while_it_waits(bo: GuardedClient, sam: GuardedClient):
    send(bo)
    address = url("withdraw_exemption", "0488", Exemption.objects.get().pk)
    assert "Begäran är återtagen." in bo.post(address, follow=True).content.decode()
    assert "redan återtagen" in bo.post(address, follow=True).content.decode()
    assert "redan återtagen" in decide(sam, "bevilja", **{"ja-text": ""})
    assert Submission.objects.get(unit__code="0488").exempt_at is None


def test_a_no_has_a_reason(bo: GuardedClient, sam: GuardedClient):
    send(bo)
    assert "Skriv varför det inte går." in decide(sam, "avsla", **{"nej-text": ""})
    assert "Begäran är avslagen." in decide(sam, "avsla", **{"nej-text": "Ni har anställda."})
    assert "Ni har anställda." in bo.get(url("unit", "0488")).content.decode()
    assert "Försenad" not in bo.get(url("overview")).content.decode()


def test_skr_decides_by_itself_from_the_submission(bo: GuardedClient, sam: GuardedClient, trosa: Submission):
    page = f"/admin/submissions/submission/{trosa.pk}/change/"
    address = f"/admin/deferrals/exemption/besluta/{trosa.pk}/"
    assert address in sam.get(page).content.decode()
    assert "Välj ett skäl." in sam.post(address, {"text": "x"}).content.decode()
    html = sam.post(address, {"reason": "closed", "text": "Förbundet har upphört."}, follow=True).content.decode()
    assert "Trosa kommun omfattas inte i år." in html
    assert address not in sam.get(page).content.decode()
    again = sam.post(address, {"reason": "closed", "text": "Igen."}).content.decode()
    assert "Enheten omfattas redan inte i år." in again
    assert Exemption.objects.count() == 1
    assert "Förbundet har upphört." in bo.get(url("unit", "0488")).content.decode()


def test_skr_is_told_where_the_unit_has_asked_itself(bo: GuardedClient, cast: Cast, trosa: Submission):
    send(bo)
    with pytest.raises(NotAllowed, match="Svara på begäran i stället"):
        exempt(cast, trosa)


def test_an_exempt_unit_is_not_late_not_reminded_and_hands_nothing_in(
    bo: GuardedClient, sam: GuardedClient, cast: Cast, trosa: Submission, collection: Collection, clock: Any
):
    clock.move_to(datetime.fromisoformat("2026-12-02T09:00:00+01:00"))
    sign_in(bo, cast.bo)
    sign_in(sam, cast.coordinator)
    day = date(2026, 12, 2)
    assert trosa.pk in reminders.who_is_due(reminders.duties_of(collection), day)
    assert Submission.objects.overdue(day).filter(pk=trosa.pk).exists()
    exempt(cast, trosa)
    assert trosa.pk not in reminders.who_is_due(reminders.duties_of(collection), day)
    assert not Submission.objects.overdue(day).filter(pk=trosa.pk).exists()
    for page in ("/", url("overview"), "/inlamning/0488/2026/"):
        html = bo.get(page).content.decode()
        assert "Försenad" not in html
        assert "mfattas inte" in html
    assert "Sista dag tisdag" not in bo.get(url("overview")).content.decode()
    trosa.refresh_from_db()
    assert "inte omfattas i år" in states.reason_against(states.check_can_upload, cast.bo, trosa, today=day)
    assert not states.reason_against(states.check_can_test, cast.bo, trosa, today=day)
    listed = sam.get("/admin/submissions/submission/?forsenad=ja").content.decode()
    assert "Vagnhärads" in listed
    assert "Trosa" not in listed
    assert "Trosa" in sam.get("/admin/submissions/submission/?omfattas=nej").content.decode()


def test_a_request_for_more_time_falls_when_it_is_not_needed(bo: GuardedClient, cast: Cast, trosa: Submission):
    ask(bo)
    exempt(cast, trosa)
    deferral = Deferral.objects.get()
    assert (deferral.status, deferral.end_text) == ("revoked", "Enheten omfattas inte i år och behöver inget uppskov.")


def test_the_decision_is_taken_back_and_the_unit_stands_where_it_stood(
    bo: GuardedClient, sam: GuardedClient, cast: Cast, trosa: Submission
):
    Submission.objects.filter(pk=trosa.pk).update(status="under_review", granted_due_date=date(2026, 12, 8))
    exempt(cast, trosa)
    assert "Skriv varför beslutet upphävs." in decide(sam, "upphav", **{"upphav-text": ""})
    assert "Enheten omfattas igen." in decide(sam, "upphav", **{"upphav-text": "Förbundet finns kvar."})
    trosa.refresh_from_db()
    assert (trosa.status, trosa.exempt_at, trosa.due_date) == ("under_review", None, date(2026, 12, 8))
    assert "Förbundet finns kvar." in bo.get(url("unit", "0488")).content.decode()
    exempt(cast, trosa)
    assert Exemption.objects.count() == 2


@pytest.mark.parametrize("status", ["handed_in", "skr_review", "approved", "locked"])
def test_who_has_handed_in_cannot_be_exempt(cast: Cast, trosa: Submission, status: str):
    Submission.objects.filter(pk=trosa.pk).update(status=status)
    with pytest.raises(NotAllowed, match="Bara en enhet som inte är klar"):
        exempt(cast, trosa)
    assert not Exemption.objects.exists()


@pytest.mark.parametrize("who", ["officer", "statistician", "system", "anna"])
def test_only_samordnare_decide(cast: Cast, trosa: Submission, who: str):
    values = {"reason": "closed", "text": "Nej.", "by": getattr(cast, who), "at": timezone.now()}
    with pytest.raises(NotAllowed, match="samordnare"):
        exempting.decide_exemption(submission=trosa, **values)


def test_next_year_begins_anew(cast: Cast, trosa: Submission, collection: Collection):
    exempt(cast, trosa)
    later = Collection.objects.create(
        year=2027,
        opens_on=date(2027, 10, 12),
        measurement_day=date(2027, 11, 1),
        due_date=date(2027, 12, 1),
        latest_deferral_date=date(2027, 12, 15),
        layout=collection.layout,
    )
    add_submissions(later)
    assert Submission.objects.get(unit=cast.trosa, collection=later).exempt_at is None
