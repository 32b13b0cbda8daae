"""No personnummer outside the sealed bytes: not in a table, a message or the log (LOG-03, LOG-08, KRY-02)."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import User
from config import logs, views
from config.lib import crypto, personnummer
from messaging.models import OutgoingMail
from profiles import services as profile_services
from submissions import synthetic
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.guards.logs import personnummer_in
from tests.scene import ROWS, Scene

pytestmark = pytest.mark.django_db

NUMBER = personnummer.build(date(1981, 12, 18), 987)  # from Skatteverket's test series
CENTURIES = ("19", "20", "18")
PERSON = 7  # the field of the personnummer


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as an operator gets it: every line, through the formatter of production."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield stream
    finally:
        root.removeHandler(handler)


def numbers_in(content: bytes) -> list[str]:
    """The personnummer of a delivery."""
    return [line.split(";")[PERSON - 1] for line in content.decode("cp1252").splitlines()]


def assert_hidden(number: str, *texts: str) -> None:
    """The number stands nowhere, however it is written; its last four digits not beside the first six either."""
    for text in texts:
        assert number not in text.replace("-", "").replace(" ", "")


# LOG-03 --------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("14.2.1", "16.2.5")
def test_log_03_a_personnummer_twice_in_a_file_is_told_without_it(scene: Scene, written: io.StringIO) -> None:
    """The whole way: upload, the review, the group, the row; whoever looks, before she asks to see."""
    lines = synthetic.delivery("0488", ROWS, 7).decode("cp1252").splitlines()
    number = lines[4].split(";")[PERSON - 1]
    content = "\r\n".join([*lines, lines[4], lines[4]]).encode("cp1252")
    client = sign_in(GuardedClient(), scene.cast.bo)
    upload = client.post(
        reverse("submissions:upload", args=["0488", 2026]), {"file": SimpleUploadedFile("nov.txt", content)}, follow=True
    )
    pages = [upload.content.decode()]
    groups = re.findall(r'href="(/inlamning/0488/2026/anmarkningar/DUB[^"]+)"', pages[0])
    assert groups
    for address in groups:
        pages.append(client.get(address).content.decode())
    rows = set(re.findall(r'href="(/inlamning/0488/2026/rad/\d+/)[?"]', "".join(pages)))
    assert rows
    for address in sorted(rows):
        pages.append(client.get(address).content.decode())
    assert_hidden(number, *pages, written.getvalue())
    assert f"{number[:6]}-****" in "".join(pages)
    assert "file:uploaded" in written.getvalue()


@pytest.mark.asvs("14.2.1", "16.2.5", "16.5.1")
@pytest.mark.logs_personal_data
def test_log_03_what_the_database_says_of_a_duplicate_is_in_no_answer_and_no_log(
    scene: Scene, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL repeats the value in DETAIL; here somebody has a personnummer for an address."""
    email = f"{NUMBER}@trosa.example"

    def twice(**_: object) -> None:
        with transaction.atomic():
            for _number in range(2):
                User.objects.create(email=email)

    monkeypatch.setattr(profile_services, "change_own_details", twice)
    client = sign_in(GuardedClient(raise_request_exception=False), scene.cast.anna)
    answer = client.post(reverse("profiles:details"), {"name": "Anna Ek", "phone": ""})
    assert answer.status_code == 500
    assert_hidden(NUMBER, answer.content.decode(), repr(answer.headers), written.getvalue())
    assert [str(message) for message in get_messages(answer.wsgi_request)] == []
    (fault,) = (json.loads(line) for line in written.getvalue().splitlines() if "Internal Server Error" in line)
    assert "IntegrityError" in fault["exception"]
    assert "811218-****@trosa.example" in fault["exception"]
    assert not OutgoingMail.objects.filter(recipient__contains="admin").exists()


@pytest.mark.asvs("16.2.5")
def test_log_03_the_database_does_say_the_value(db: None) -> None:
    """Else the test above would prove nothing."""
    User.objects.create(email=f"{NUMBER}@x.example")
    with pytest.raises(IntegrityError, match=f"DETAIL:.*{NUMBER}"):
        User.objects.create(email=f"{NUMBER}@x.example")


# LOG-08 --------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs("13.4.2", "16.2.5", "16.5.1")
@pytest.mark.logs_personal_data
@pytest.mark.parametrize("method", ["get", "post"])
def test_log_08_a_failure_with_a_personnummer_at_hand_tells_nobody(
    scene: Scene, written: io.StringIO, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """In a local variable, in the form, in the query and in the fault's own text."""

    def fail(*_: object, **__: object) -> HttpResponse:
        row = {"personnummer": NUMBER, "only_here": "32500"}
        raise ValueError(f"raden för {NUMBER} går inte att läsa", len(row))

    client = sign_in(GuardedClient(raise_request_exception=False), scene.cast.anna)
    before = OutgoingMail.objects.count()
    monkeypatch.setattr(profile_services, "change_own_details", fail)
    monkeypatch.setattr(views, "next_steps_page", fail)
    asked = {"get": ("/", {"q": NUMBER}), "post": (reverse("profiles:details"), {"name": "Anna", "phone": "", "extra": NUMBER})}
    answer = getattr(client, method)(*asked[method])
    assert answer.status_code == 500
    assert_hidden(NUMBER, answer.content.decode(), written.getvalue())
    (fault,) = (json.loads(line) for line in written.getvalue().splitlines() if "exception" in line)
    assert "ValueError: ('raden för 811218-**** går inte att läsa', 2)" in fault["exception"]
    assert "32500" not in written.getvalue()
    assert OutgoingMail.objects.count() == before
    assert settings.ADMINS == []


# KRY-02 --------------------------------------------------------------------------------------------------------------


def whole_database() -> str:
    """Every row of every table as JSON, the bytes as hex and, where they are text, as text."""
    dumped = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} AS t")  # noqa: S608 - our own tables
            dumped += [f"{table}: {text}" for (text,) in cursor.fetchall()]
    return "\n".join(dumped)


def written_ways(number: str) -> Iterator[str]:
    """The number as people write it, with and without century and hyphen."""
    for century in ("", *CENTURIES):
        for sign in ("", "-", "+", " "):
            yield f"{century}{number[:6]}{sign}{number[6:]}"


def digests(number: str) -> Iterator[str]:
    """What an index of personnummer could look like: plain and keyed digests, as hex and base64 as bytea's hex."""
    keys = [settings.HMAC_KEY, settings.RECEIPT_KEY, settings.SECRET_KEY.encode(), *settings.FIELD_KEYS.values()]
    for text in written_ways(number):
        for name in ("md5", "sha1", "sha256", "sha512"):
            yield hashlib.new(name, text.encode()).hexdigest()
        for key in keys:
            yield hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        yield crypto.digest(text)
        yield crypto.digest("personnummer", text)
        yield text.encode().hex()


@pytest.mark.asvs("11.5.1", "14.2.6")
def test_kry_02_no_column_holds_a_personnummer_or_a_digest_of_one(scene: Scene) -> None:
    """After a season: files of two units and two years, corrections, explanations, receipts, messages, mails, events."""
    dump = whole_database().lower()
    files = [
        synthetic.delivery(unit, ROWS, 7, share, previous=previous, year=2026)
        for unit in ("0488", "0480")
        for share, previous in ((0.15, False), (0.0, True))
    ]
    numbers = {number for content in files for number in numbers_in(content) if len(number) == 10}
    assert len(numbers) > 150
    assert "submissions_delivery: " in dump
    assert "accounts_auditevent: " in dump
    words = set(re.findall(r"[0-9a-f]{32,128}|[0-9]{6,8}[-+ ]?[0-9]{4}", dump))
    assert [number for number in numbers if words & set(written_ways(number))] == []
    assert [number for number in numbers if number in dump or f"{number[:6]}-{number[6:]}" in dump] == []
    assert [number for number in numbers if words & set(digests(number))] == []
    assert [found for found in personnummer_in(dump) if found in numbers] == []


def test_kry_02_a_personnummer_in_a_column_would_be_seen(scene: Scene) -> None:
    """Else the test above would prove nothing."""
    number = numbers_in(synthetic.delivery("0488", ROWS, 7))[0]
    with transaction.atomic():
        for value in (number, f"{number[:6]}-{number[6:]}", hashlib.sha256(number.encode()).hexdigest()):
            User.objects.filter(pk=scene.cast.anna.pk).update(name=value)
            dump = whole_database()
            assert value in dump
            assert value in set(written_ways(number)) | set(digests(number))
        transaction.set_rollback(True)


@pytest.mark.asvs("14.2.6")
def test_kry_02_a_person_never_shows_her_number(scene: Scene) -> None:
    shown = personnummer.parse(NUMBER, on=date(2026, 11, 16))
    assert_hidden(NUMBER, str(shown), repr(shown), f"{shown}")
