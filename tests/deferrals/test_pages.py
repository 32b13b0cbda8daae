"""Uppskov through its pages: ask, take back, and the answer that counts everywhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import AuditEvent
from deferrals import handling, services
from deferrals.models import Deferral
from profiles.models import Membership
from submissions.models import Collection, Submission, SubmissionEvent
from tests.cast import Cast, give_role, make_unit, sign_in
from tests.client import GuardedClient
from tests.deferrals.conftest import ASKED, ask, grant, url
from tests.mail import sent_mails


def test_my_units_are_listed_with_their_last_day(bo: GuardedClient):
    html = bo.get(url("overview")).content.decode()
    assert "Trosa kommun" in html
    assert "tisdag 1\xa0december 2026" in html
    assert "Vagnhärad" not in html


def test_a_request_waits_for_skr_and_shows_on_both_pages(bo: GuardedClient, cast: Cast):
    form = bo.get(url("ask")).content.decode()
    assert 'type="date"' in form
    assert 'min="2026-12-02"' in form
    assert 'max="2026-12-15"' in form
    html = ask(bo).content.decode()
    for text in (
        "Begäran är skickad.",
        "Begäran väntar på svar från SKR",
        "Försenad lönekörning",
        "Körningen är flyttad",
        "Bo Ask",
    ):
        assert text in html
    assert "Begäran väntar" not in bo.get(url("overview")).content.decode()
    assert "Begärd" in bo.get(url("overview")).content.decode()
    assert not sent_mails()
    assert AuditEvent.objects.get(code="deferral:requested").unit == "0488"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"requested_date": ""}, "Välj det datum ni behöver."),
        ({"requested_date": "8/12 2026"}, "Skriv datumet som ÅÅÅÅ-MM-DD"),
        ({"requested_date": "12/08/2026"}, "Skriv datumet som ÅÅÅÅ-MM-DD"),
        ({"requested_date": "2026-12-01"}, "från och med 2026-12-02"),
        ({"requested_date": "2026-12-16"}, "till och med 2026-12-15"),
        ({"requested_date": "9999-12-31"}, "till och med 2026-12-15"),
        ({"requested_date": "2026-12-12"}, "2026-12-12 är lördag"),
        ({"reason": ""}, "Välj ett skäl."),
        ({"reason": "semester"}, "Välj ett skäl i listan."),
        ({"reason": "other", "text": " "}, "Beskriv kort varför ni behöver mer tid."),
        ({"text": "Gäller 811218-9876"}, "personnummer"),
        ({"text": "x" * 2001}, "högst 2000 tecken"),
        ({"text": "a\x00b"}, "null"),
    ],
)
def test_a_request_that_is_wrong_is_told_where_it_stands(bo: GuardedClient, form: dict[str, str], sentence: str):
    response = ask(bo, **form)
    assert sentence.lower() in response.content.decode().lower()
    assert not Deferral.objects.exists()


@pytest.mark.asvs("2.1.2", "2.2.2", "2.2.3", "8.2.3", "15.3.3")
def test_beh_05_other_fields_in_the_form_are_ignored(bo: GuardedClient, cast: Cast):
    ask(bo, status="granted", granted_date="2026-12-15", submission="1", unit="0999", id="1", answer="Ja")
    deferral = Deferral.objects.get()
    assert (deferral.status, deferral.granted_date, deferral.answer) == ("requested", None, "")
    assert deferral.submission.unit == cast.trosa


def test_one_request_at_a_time(bo: GuardedClient):
    ask(bo)
    assert "redan en begäran som väntar" in ask(bo).content.decode()
    assert Deferral.objects.count() == 1


def test_two_requests_at_once_make_one(cast: Cast, trosa: Submission):
    values = {"requested_date": date(2026, 12, 8), "reason": "illness", "text": "", "by": cast.bo, "at": timezone.now()}
    trosa.deferrals.all()
    services.request_deferral(submission=trosa, **values)
    with pytest.raises(NotAllowed, match="redan en begäran"):
        services.request_deferral(submission=trosa, **values)


def test_a_request_is_taken_back_and_may_be_made_again(bo: GuardedClient):
    ask(bo)
    address = url("withdraw", "0488", Deferral.objects.get().pk)
    html = bo.post(address, follow=True).content.decode()
    assert "Begäran är återtagen." in html
    assert "Begär uppskov" in html
    assert "redan återtagen" in bo.post(address, follow=True).content.decode()
    ask(bo)
    assert sorted(Deferral.objects.order_by("pk").values_list("status", flat=True)) == ["requested", "withdrawn"]


def test_a_granted_date_counts_everywhere_and_the_unit_is_told_without_content(bo: GuardedClient, cast: Cast, trosa: Submission):
    ask(bo)
    grant(cast)
    trosa.refresh_from_db()
    assert trosa.due_date == date(2026, 12, 10)
    assert Submission.objects.with_due_date().get(pk=trosa.pk).due_on == date(2026, 12, 10)
    assert not Submission.objects.overdue(date(2026, 12, 10)).filter(pk=trosa.pk).exists()
    assert "2026-12-10" in SubmissionEvent.objects.get(submission=trosa).text
    html = bo.get(url("unit", "0488")).content.decode()
    for text in ("SKR har beviljat uppskov", "torsdag 10\xa0december 2026", "Lycka till!", "Sam Samordnare"):
        assert text in html
    assert "torsdag 10\xa0december 2026" in bo.get(url("overview")).content.decode()
    assert {mail.recipient for mail in sent_mails()} == {cast.anna.email, cast.bo.email}
    for mail in sent_mails():
        whole = mail.subject + mail.body
        assert not any(word in whole for word in ("beviljat", "december", "Lycka", "Bo Ask", "2026-12", "lönekörning"))


def test_more_time_may_be_asked_for_again_after_a_granted_date(bo: GuardedClient, cast: Cast):
    ask(bo)
    grant(cast)
    assert 'min="2026-12-11"' in bo.get(url("ask")).content.decode()
    ask(bo, requested_date="2026-12-15")
    grant(cast, date(2026, 12, 15))
    assert "Det senaste datum som SKR kan ge är 2026-12-15" in ask(bo).content.decode()


def test_a_no_has_a_reason_and_moves_nothing(bo: GuardedClient, cast: Cast, trosa: Submission):
    ask(bo)
    deferral = Deferral.objects.get()
    with pytest.raises(NotAllowed, match="Skriv varför"):
        services.decline_deferral(deferral=deferral, answer=" ", by=cast.coordinator, at=timezone.now())
    services.decline_deferral(deferral=deferral, answer="SCB väntar.", by=cast.coordinator, at=timezone.now())
    trosa.refresh_from_db()
    assert trosa.due_date == date(2026, 12, 1)
    html = bo.get(url("unit", "0488")).content.decode()
    assert "SKR kan inte ge uppskov" in html
    assert "SCB väntar." in html


@pytest.mark.parametrize("who", ["anna", "bo", "officer", "statistician", "system"])
def test_only_samordnare_decide(cast: Cast, bo: GuardedClient, who: str):
    ask(bo)
    deferral, values = Deferral.objects.get(), {"by": getattr(cast, who), "at": timezone.now()}
    with pytest.raises(NotAllowed, match="samordnare"):
        services.grant_deferral(deferral=deferral, granted_date=date(2026, 12, 8), answer="", **values)
    with pytest.raises(NotAllowed, match="samordnare"):
        services.decline_deferral(deferral=deferral, answer="Nej", **values)
    assert Deferral.objects.get().status == "requested"


def test_a_decision_is_made_once(cast: Cast, bo: GuardedClient):
    ask(bo)
    stale = Deferral.objects.get()
    grant(cast)
    with pytest.raises(NotAllowed, match="redan beviljad"):
        services.decline_deferral(deferral=stale, answer="Nej", by=cast.coordinator, at=timezone.now())
    assert Deferral.objects.get().answer == "Lycka till!"


@pytest.mark.parametrize("day", [date(2026, 12, 1), date(2026, 12, 16), date(2026, 12, 12)])
def test_skr_cannot_give_a_date_that_may_not_be_asked_for(cast: Cast, bo: GuardedClient, trosa: Submission, day: date):
    ask(bo)
    with pytest.raises(NotAllowed):
        grant(cast, day)
    trosa.refresh_from_db()
    assert trosa.granted_due_date is None
    assert not sent_mails()


@pytest.mark.parametrize("status", ["handed_in", "skr_review", "approved", "locked"])
def test_who_has_handed_in_needs_no_more_time(bo: GuardedClient, trosa: Submission, status: str):
    Submission.objects.filter(pk=trosa.pk).update(status=status)
    response = bo.get(url("ask"), follow=True)
    assert response.redirect_chain
    assert "Begär uppskov</a>" not in response.content.decode()
    ask(bo)
    assert not Deferral.objects.exists()


def test_nothing_is_asked_before_the_opening_or_after_the_close(
    bo: GuardedClient, cast: Cast, collection: Collection, clock: Any
):
    clock.move_to(datetime.fromisoformat("2026-10-11T12:00:00+02:00"))
    sign_in(bo, cast.bo)
    assert "Insamlingen öppnar 2026-10-12." in ask(bo).content.decode()
    Collection.objects.update(closed_at=timezone.now())
    give_role(cast.bo, make_unit("3009", "Nya kommun"), Membership.Role.SUBMITTER)
    html = bo.get(url("overview")).content.decode()
    assert "Ingen insamling pågår" in html
    assert "Sista dag för er" in bo.get(url("unit", "0488")).content.decode()
    assert url("unit", "0488") in html
    assert "Nya kommun" not in html  # it has had no year, so its page would not be found


@pytest.mark.parametrize(
    ("who", "get", "post"), [("cia", 200, 403), ("dan", 404, 404), ("coordinator", 200, 403), ("system", 404, 403)]
)
def test_who_may_not_ask(client: GuardedClient, cast: Cast, bo: GuardedClient, who: str, get: int, post: int):
    ask(bo)
    deferral = Deferral.objects.get()
    sign_in(client, getattr(cast, who))
    assert client.get(url("unit", "0488")).status_code == get
    assert client.post(url("withdraw", "0488", deferral.pk)).status_code == post
    client.post(url("ask"), {**ASKED, "nonce": str(uuid4())})
    assert Deferral.objects.count() == 1
    assert Deferral.objects.get().status == "requested"


@pytest.mark.asvs("8.1.1", "8.2.2", "8.4.1", "16.3.2")
def test_beh_02_another_unit_s_request_is_not_found_under_one_s_own_code(client: GuardedClient, cast: Cast, bo: GuardedClient):
    ask(bo)
    sign_in(client, cast.dan)
    assert client.post(url("withdraw", "0999", Deferral.objects.get().pk)).status_code == 404


def test_a_reader_sees_why_there_is_no_button(client: GuardedClient, cast: Cast, trosa: Submission):
    sign_in(client, cast.cia)
    html = client.get(url("unit", "0488")).content.decode()
    assert "Du är Läsare i Trosa kommun" in html
    assert "/begar/" not in html


def test_a_unit_past_its_day_without_a_file_is_late(bo: GuardedClient, cast: Cast, clock: Any):
    assert "Försenad" not in bo.get(url("overview")).content.decode()
    clock.move_to(datetime.fromisoformat("2026-12-02T09:00:00+01:00"))
    sign_in(bo, cast.bo)
    assert "Försenad" in bo.get(url("overview")).content.decode()


def test_a_rolled_back_decision_sends_nothing(cast: Cast, bo: GuardedClient, trosa: Submission, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("avbrott")

    ask(bo)
    monkeypatch.setattr(handling.audit, "record", broken)
    with pytest.raises(RuntimeError):
        grant(cast)
    trosa.refresh_from_db()
    assert (trosa.granted_due_date, Deferral.objects.get().status) == (None, "requested")
    assert not sent_mails()


def test_the_list_takes_equal_queries_for_few_and_many(bo: GuardedClient, cast: Cast, collection: Collection):
    def count() -> int:
        bo.get(url("overview"))
        with CaptureQueriesContext(connection) as captured:
            assert bo.get(url("overview")).status_code == 200
        return len(captured)

    ask(bo)
    few = count()
    for number in range(18):
        unit = make_unit(f"1{number:03}", f"Enhet {number}")
        give_role(cast.bo, unit, Membership.Role.SUBMITTER)
        submission = Submission.objects.create(unit=unit, collection=collection)
        services.request_deferral(
            submission=submission,
            requested_date=date(2026, 12, 8),
            reason="illness",
            text="",
            by=cast.bo,
            at=timezone.now() - timedelta(days=1),
        )
    assert count() == few
