"""The start page: every state has one next action, ours come first, and the page costs the same for many units."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.next_steps import action_for, cards_of
from profiles import handovers, requests
from profiles.models import Membership
from submissions.models import Collection, Delivery, Layout, Submission
from tests.cast import Cast, give_role, make_unit, sign_in
from tests.client import GuardedClient

Status = Submission.Status
TODAY = date(2026, 11, 16)


def submission(status: str, *, opens: date = date(2026, 10, 12), closed: bool = False) -> Submission:
    collection = Collection(year=2026, opens_on=opens, due_date=date(2026, 12, 1))
    if closed:
        collection.closed_at = collection.measurement_day = TODAY  # type: ignore[assignment]
    return Submission(status=status, collection=collection)


FAULTY, UNEXPLAINED, CLEAN = Delivery(fel=3, uncommented=2), Delivery(uncommented=2), Delivery()


@pytest.mark.parametrize(
    ("status", "delivery", "refused", "headline", "page"),
    [
        (Status.NOT_STARTED, None, False, "Lämna årets fil", "upload"),
        (Status.NOT_STARTED, None, True, "Lämna filen igen", "submission"),
        (Status.RECEIVED, None, False, "Filen kontrolleras", "submission"),
        (Status.UNDER_REVIEW, FAULTY, False, "Rätta filen", "review"),
        (Status.UNDER_REVIEW, UNEXPLAINED, False, "Förklara det som avviker", "review"),
        (Status.UNDER_REVIEW, CLEAN, False, "Klarmarkera", "hand_in"),
        (Status.RETURNED, CLEAN, False, "SKR har skickat tillbaka inlämningen", "submission"),
        (Status.HANDED_IN, CLEAN, False, "Inlämnad", "receipt"),
        (Status.SKR_REVIEW, CLEAN, False, "SKR granskar", "submission"),
        (Status.APPROVED, CLEAN, False, "Godkänd", "receipt"),
        (Status.LOCKED, None, False, "Godkänd och låst", "submission"),
    ],
)
def test_every_state_has_one_action(status: str, delivery: Delivery | None, refused: bool, headline: str, page: str):
    action = action_for(submission(status), delivery, refused=refused, may_submit=True, today=TODAY)
    assert (action.headline, action.page) == (headline, page)
    assert action.button


def test_nothing_to_press_before_the_opening_and_after_the_closing():
    early = action_for(
        submission(Status.NOT_STARTED, opens=date(2026, 11, 17)), None, refused=False, may_submit=True, today=TODAY
    )
    late = action_for(submission(Status.NOT_STARTED, closed=True), None, refused=False, may_submit=True, today=TODAY)
    assert (early.headline, early.button) == ("Insamlingen har inte öppnat", "")
    assert (late.headline, late.button) == ("Insamlingen är stängd", "")


def test_a_reader_is_shown_the_state_and_told_who_acts():
    action = action_for(submission(Status.UNDER_REVIEW), FAULTY, refused=False, may_submit=False, today=TODAY)
    assert (action.headline, action.button, action.page) == ("Rätta filen", "Visa inlämningen", "submission")
    assert "uppgiftslämnare" in action.text


@pytest.fixture
def collection(db: None) -> Collection:
    return Collection.objects.create(
        year=2026,
        opens_on=date(2026, 10, 12),
        measurement_day=date(2026, 11, 1),
        due_date=date(2026, 12, 1),
        latest_deferral_date=date(2026, 12, 15),
        layout=Layout.objects.create(name="PS-2026.1"),
    )


def test_the_page_costs_the_same_for_two_units_and_twenty(cast: Cast, collection: Collection, client: GuardedClient):
    def add(count: int, start: int) -> None:
        for number in range(start, start + count):
            unit = make_unit(f"{number:04}", f"Kommun {number}")
            give_role(cast.anna, unit, Membership.Role.CONTACT)
            Submission.objects.create(unit=unit, collection=collection)

    sign_in(client, cast.anna)
    counts = []
    for number in (2, 18):
        add(number, 3000 + number * 100)
        client.get("/")  # the process knows the year's rules from now on
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get("/").content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert page.count("Lämna årets fil") == 20


def test_ours_come_first_and_the_most_urgent_of_them_first(cast: Cast, collection: Collection, client: GuardedClient):
    for code, name, status, granted in (
        ("3001", "Ale", Status.HANDED_IN, None),
        ("3002", "Boda", Status.NOT_STARTED, date(2026, 12, 15)),
        ("3003", "Cedra", Status.NOT_STARTED, None),
    ):
        unit = make_unit(code, name)
        give_role(cast.bo, unit, Membership.Role.SUBMITTER)
        Submission.objects.create(unit=unit, collection=collection, status=status, granted_due_date=granted)
    sign_in(client, cast.bo)
    page = " ".join(client.get("/").content.decode().split())  # hard spaces too
    assert "2 enheter väntar på er." in page
    assert page.index("Cedra (3003)") < page.index("Boda (3002)") < page.index("Ale (3001)")
    assert "15 december 2026" in page


def test_somebody_without_a_unit_is_told_whom_to_ask(cast: Cast, client: GuardedClient):
    Membership.objects.filter(user=cast.cia).delete()
    sign_in(client, cast.cia)
    assert "Du har ingen behörighet i någon enhet" in client.get("/").content.decode()


def test_what_waits_stands_on_the_start_page_of_who_answers(client: GuardedClient, cast: Cast, collection: Collection) -> None:
    for unit in (cast.trosa, cast.other):
        Submission.objects.create(unit=unit, collection=collection)
    requests.ask_for_access(unit=cast.trosa, role="reader", text="Jag behöver den.", by=cast.dan, at=timezone.now())
    handovers.offer_handover(
        unit=cast.trosa, to=Membership.objects.get(user=cast.bo).pk, rest="", by=cast.anna, at=timezone.now()
    )
    found = {name: cards_of(getattr(cast, name), today=TODAY)[0] for name in ("anna", "bo", "dan")}
    assert [found[name].asked for name in ("anna", "bo", "dan")] == [1, 0, 0]
    assert [found[name].is_offered for name in ("anna", "bo", "dan")] == [False, True, False]
    assert [found[name].is_alone for name in ("anna", "bo", "dan")] == [False, False, True]
    assert "1\xa0person ber om behörighet" in sign_in(client, cast.anna).get("/").content.decode()
    assert "vill lämna över sin roll till dig" in sign_in(client, cast.bo).get("/").content.decode()
    assert "Enheten har bara en person" in sign_in(client, cast.dan).get("/").content.decode()
