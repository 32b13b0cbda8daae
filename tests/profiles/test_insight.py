"""Vem har sett våra rader: the unit's page of who has looked at its rows, and the same as a file (LOG-07)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import audit, reads
from accounts.models import AuditEvent, User
from profiles.models import Membership
from profiles.services import end_membership
from submissions.models import Submission
from tests.cast import Cast, make_unit, sign_in
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db

INSIGHT = "/profil/0488/insyn/"


def lines_of(answer: HttpResponse) -> list[str]:
    """The table's rows as plain text, newest first."""
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def look(person: User, what: str = "0488/2026 version 1, rad 3", **values: object) -> None:
    """An event as the log of reads writes it."""
    reads.record(by=person, unit="0488", object=what, at=timezone.now(), **values)  # type: ignore[arg-type]


@pytest.mark.asvs("14.2.6")
def test_the_list_tells_who_from_where_what_how_and_why(
    client: GuardedClient, cast: Cast, clock: time_machine.Coordinates
) -> None:
    look(cast.bo)
    clock.shift(60)
    look(cast.officer, "0488/2026 version 1, kontroll FMT06 fält 7, rad 5", revealed=True, purpose="Fråga från enheten")
    clock.shift(60)
    audit.record(
        "data:exported", by=cast.statistician, unit="0488", object="0488/2026 version 1, alla rader",
        result="80 rader, personnummer maskade", purpose="Underlag till rapporten",
    )  # fmt: skip
    audit.record("file:uploaded", by=cast.bo, unit="0488", object="0488/2026 version 1")
    audit.record("data:read", by=cast.dan, unit="0999", object="0999/2026 version 1, rad 1")
    for person in (cast.cia, cast.bo, cast.anna):
        answer = sign_in(client, person).get(INSIGHT)
        assert lines_of(answer) == [
            "16 nov 2026 kl. 09.02 Stina Statistiker SKR, Statistiker Hämtade: 2026 version 1, alla rader "
            "80 rader, personnummer maskade Underlag till rapporten",
            "16 nov 2026 kl. 09.01 Hanna Handläggare SKR, Handläggare Läste: 2026 version 1, kontroll FMT06 fält 7, rad 5 "
            "personnummer visade Fråga från enheten",
            "16 nov 2026 kl. 09.00 Bo Ask Uppgiftslämnare Läste: 2026 version 1, rad 3 personnummer maskade –",
        ]
    assert 'href="/profil/0488/insyn/"' in client.get("/profil/0488/").content.decode()
    assert sign_in(client, cast.dan).get(INSIGHT).status_code == 404


def test_a_colleague_who_has_left_is_still_told_of(client: GuardedClient, cast: Cast) -> None:
    look(cast.cia)
    look(cast.dan)  # without a role at the unit; cannot happen through the pages
    end_membership(membership=Membership.objects.get(user=cast.cia), by=cast.anna, at=timezone.now())
    lines = lines_of(sign_in(client, cast.anna).get(INSIGHT))
    assert "Dan Lind Ingen roll i enheten nu" in lines[0]
    assert "Cia Al Tidigare Läsare" in lines[1]


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ({}, ["Bo Ask", "Hanna Handläggare", "Bo Ask", "Sam Samordnare"]),
        ({"vem": "skr"}, ["Hanna Handläggare", "Sam Samordnare"]),
        ({"vem": "egna"}, ["Bo Ask", "Bo Ask"]),
        ({"period": "30"}, ["Bo Ask", "Hanna Handläggare"]),
        ({"period": "365"}, ["Bo Ask", "Hanna Handläggare", "Bo Ask"]),
        ({"vem": "skr", "period": "30"}, ["Hanna Handläggare"]),
        ({"vem": "'; DROP", "period": "-1"}, ["Bo Ask", "Hanna Handläggare", "Bo Ask", "Sam Samordnare"]),
    ],
)
def test_the_list_is_narrowed_by_side_and_time_also_in_the_file(
    client: GuardedClient, cast: Cast, clock: time_machine.Coordinates, query: dict[str, str], people: list[str]
) -> None:
    clock.move_to(timezone.now() - timedelta(days=400))
    look(cast.coordinator)
    clock.shift(timedelta(days=300))
    look(cast.bo)
    clock.shift(timedelta(days=99))
    look(cast.officer)
    clock.shift(timedelta(days=1))
    look(cast.bo)
    page = sign_in(client, cast.anna).get(INSIGHT, query)
    found = [next(name for name in people if name in line) for line in lines_of(page)]
    assert found == people
    table = csv.reader(io.StringIO(client.post(f"{INSIGHT}hamta/", query).content.decode("utf-8-sig")), delimiter=";")
    heading, *rows = table
    assert heading == ["Tid", "Vem", "Hos", "Vad", "Uppgifter", "Hur", "Ändamål"]
    assert [row[1] for row in rows] == people
    event = AuditEvent.objects.get(code="data:exported")
    assert (event.actor_id, event.result) == (cast.anna.pk, f"{len(people)} {'rad' if len(people) == 1 else 'rader'}")


def test_the_file_tells_times_in_swedish_time(client: GuardedClient, cast: Cast) -> None:
    look(cast.officer, revealed=True, purpose="Fråga från enheten")
    answer = sign_in(client, cast.bo).post(f"{INSIGHT}hamta/")
    assert '"2026-11-16 09:00:00";"Hanna Handläggare";"SKR, Handläggare";"Läste"' in answer.content.decode()
    assert "personalstatistik-insyn-trosa-kommun.csv" in answer.headers["Content-Disposition"]


def test_a_reader_sees_the_list_but_takes_no_file(client: GuardedClient, cast: Cast) -> None:
    look(cast.officer)
    assert "Hämta listan" not in sign_in(client, cast.cia).get(INSIGHT).content.decode()
    assert client.post(f"{INSIGHT}hamta/").status_code == 403
    assert "Hämta listan" in sign_in(client, cast.bo).get(INSIGHT).content.decode()


def test_an_empty_list_says_what_will_stand_there(client: GuardedClient, cast: Cast) -> None:
    page = sign_in(client, cast.bo).get(INSIGHT).content.decode()
    assert "Ingen har sett några rader än" in page
    assert "<table" not in page
    assert "Hämta listan" not in page
    look(cast.bo)
    narrowed = client.get(INSIGHT, {"vem": "skr"}).content.decode()
    assert "Inget att visa i det urvalet" in narrowed
    assert "Visa allt" in narrowed


def test_a_long_list_is_paged_with_as_many_queries_as_a_short_one(client: GuardedClient, cast: Cast) -> None:
    sign_in(client, cast.anna)
    counts = []
    for number in (1, 120):
        for row in range(number):
            look([cast.bo, cast.officer, cast.statistician, cast.cia][row % 4], f"0488/2026 version 1, rad {row}")
        with CaptureQueriesContext(connection) as caught:
            page = client.get(INSIGHT)
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 13
    assert len(lines_of(page)) == 50
    assert "sida=3" in client.get(INSIGHT, {"sida": "2", "vem": "alla"}).content.decode()
    for odd in ("0", "x", "999999"):
        assert client.get(INSIGHT, {"sida": odd}).status_code == 200


def test_a_unit_of_the_same_beginning_has_its_own_list(client: GuardedClient, cast: Cast) -> None:
    make_unit("04881", "Trosa bolag", "bolag")
    audit.record("data:read", by=cast.officer, unit="04881", object="04881/2026 version 1, rad 1")
    assert lines_of(sign_in(client, cast.bo).get(INSIGHT)) == []
    assert not Submission.objects.exists()
