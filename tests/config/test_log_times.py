"""The times of log and audit trail: UTC, ISO 8601, and in the order in which things happened (LOG-09)."""

from __future__ import annotations

import io
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from accounts.models import AuditEvent
from config import logs
from tests import people
from tests.client import GuardedClient

pytestmark = [pytest.mark.django_db, pytest.mark.running_clock]

ISO_8601_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log writes, as it is shipped."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.asvs("16.2.1", "16.2.2", "16.2.4")
def test_log_09_the_lines_of_a_request_have_utc_times_that_never_go_back(written: io.StringIO) -> None:
    person = people.made_person("anna.berg@ystad.example")
    client = GuardedClient()
    client.post("/", {"email": person.email, "password": "fel"})
    people.sign_in(client, person)
    client.get("/finns-inte/")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert all(ISO_8601_UTC.fullmatch(line["timestamp"]) for line in lines)
    times: dict[str, list[datetime]] = defaultdict(list)
    for line in lines:
        if "request_id" in line:
            times[line["request_id"]].append(datetime.fromisoformat(line["timestamp"]))
    assert max(map(len, times.values())) > 1
    assert all(of_one == sorted(of_one) for of_one in times.values())


@pytest.mark.asvs("16.2.2")
def test_log_09_an_event_s_time_is_utc_and_within_its_request(written: io.StringIO) -> None:
    person = people.made_person("anna.berg@ystad.example")
    people.sign_in(GuardedClient(), person)
    events = list(AuditEvent.objects.exclude(request_id="").order_by("pk"))
    assert {event.at.utcoffset() for event in events} == {timedelta(0)}
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    for event in events:
        line = next(line for line in lines if (line.get("request_id"), line["event"]) == (event.request_id, event.code))
        assert timedelta(0) <= datetime.fromisoformat(line["timestamp"]) - event.at < timedelta(seconds=30)
    of_one = [event.at for event in events if event.request_id == events[-1].request_id]
    assert of_one == sorted(of_one)
