"""The guards themselves: what they let through and what they stop."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.template import engines
from django.utils import timezone

from accounts import codes, passwords, totp
from accounts.sessions import SessionStore
from config.lib import personnummer
from tests.conftest import NOW
from tests.guards.database import WroteWhileReadingError, reads_only
from tests.guards.html import faults_in
from tests.guards.logs import PersonalDataWatch
from tests.guards.mails import faults_in as faults_in_mail
from tests.guards.secrets import known
from tests.people import Phone

FOOT = '<footer><a href="/handbok/">H</a><a href="mailto:personalstatistik@skr.se">S</a><a href="/tillganglighet/">T</a></footer>'
PAGE = '<!doctype html><html lang="sv"><head><title>Sida</title></head><body><h1>Rubrik</h1>{}' + FOOT + "</body></html>"
SUMMARY = '<div class="error-summary"><a href="#a">Fel</a></div>'
WRONG = '<label for="a">A</label><ul class="field__errors" id="a_error"></ul><input id="a" aria-invalid="true" {}>'
TIED = WRONG.format('aria-describedby="a_error"')


def test_the_clock_stands_at_nine_on_16_november() -> None:
    assert timezone.now() == NOW == datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        '<label for="a">A</label><input id="a" name="a">',
        "<label>A <input name='a'></label>",
        '<input type="hidden" name="csrf">',
        '<input name="a" aria-label="A">',
        '<script src="/static/a.js"></script>',
        '<script src="/static/htmx.js"></script><p hx-get="/a">',
        '<svg><title>Diagram</title><path d="M0 0"/></svg>',
    ],
)
def test_a_good_page_passes(body: str) -> None:
    assert faults_in(PAGE.format(body)) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<p style="color:red">', "stil"),
        ("<style>p{}</style>", "stil"),
        ('<a onclick="x()">', "onclick"),
        ('<a href="javascript:x()">', "javascript"),
        ("<script>x()</script>", "script"),
        ("{{ namn }}", "omallad"),
        ("<h1>En till</h1>", "2 <h1>"),
        ('<p hx-get="/a">', "utan htmx"),
        ('<input name="fil">', "'fil' saknar etikett"),
        ('<label for="b">B</label><select id="c" name="c"></select>', "'c' saknar etikett"),
        ('<p id="a"></p><p id="a"></p>', "två gånger"),
        ('<img src="a.png">', "utan alt"),
        ('<a href="#borta">Ned</a>', "inget på sidan heter 'borta'"),
        ('<input aria-label="A" aria-describedby="hjalp">', "inget på sidan heter 'hjalp'"),
        (SUMMARY + TIED, "säger inte att sidan har fel"),
        (TIED + SUMMARY, "utan sammanfattning före"),
        (SUMMARY + WRONG.format(""), "hör inte till något fält"),
    ],
)
def test_a_fault_on_a_page_is_named(body: str, fault: str) -> None:
    assert any(fault in found for found in faults_in(PAGE.format(body)))


def test_a_page_that_tells_of_its_errors_passes_and_one_without_help_in_its_foot_does_not() -> None:
    page = PAGE.format(SUMMARY + TIED).replace("<title>", "<title>Fel: ")
    assert faults_in(page) == []
    assert any("samma hjälp" in fault for fault in faults_in(page.replace("/tillganglighet/", "/annat/")))
    assert any("samma hjälp" in fault for fault in faults_in(page.replace("/handbok/", "/annat/")))


def test_a_page_without_title_language_or_heading_is_named_and_a_fragment_is_let_off() -> None:
    assert len(faults_in(f"<html lang='en'><body>{FOOT}</body></html>")) == 3
    assert faults_in("<tr><td>Bara en rad</td></tr>") == []


def test_an_undefined_variable_in_a_package_s_template_is_blank() -> None:
    assert engines["django"].from_string("[{{ nobody_gave_this }}]").render({}) == "[]"


@pytest.mark.django_db
def test_a_read_that_writes_is_refused_and_the_idle_stamp_is_let_through() -> None:
    with reads_only("GET", "/", frozenset()), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_session SET client = '' WHERE session_key = ''")
        with pytest.raises(WroteWhileReadingError):
            cursor.execute('UPDATE "accounts_user" SET is_active = true WHERE id = 0')


@pytest.mark.django_db
def test_callbacks_run_when_the_outermost_block_ends_and_not_after_a_rollback() -> None:
    ran: list[str] = []
    with transaction.atomic():
        with transaction.atomic():
            transaction.on_commit(lambda: ran.append("inner"))
        assert ran == []
    assert ran == ["inner"]
    with transaction.atomic():
        transaction.on_commit(lambda: ran.append("rolled back"))
        transaction.set_rollback(True)
    transaction.on_commit(lambda: ran.append("at once"))
    assert ran == ["inner", "at once"]


@pytest.mark.logs_personal_data
def test_a_personnummer_handed_to_the_log_is_seen() -> None:
    watch = PersonalDataWatch()
    logger = logging.getLogger("tests.watched")
    logger.addHandler(watch)
    logger.warning("rad 17: %s", 8112180000 + random.Random(1).randint(0, 0))
    assert watch.caught == []
    logger.warning("rad 17: %s", personnummer.build(date(1981, 12, 18), 987))
    logger.removeHandler(watch)
    assert len(watch.caught) == 1


@pytest.mark.asvs("16.2.5")
@pytest.mark.logs_personal_data
@pytest.mark.parametrize(
    "make",
    [
        lambda: codes.new_code(),
        lambda: totp.secret_text(totp.new_secret()).replace(" ", ""),
        lambda: totp.new_secret().hex(),
        lambda: SessionStore()._get_new_session_key(),  # type: ignore[attr-defined] # not in the stubs
        lambda: Phone("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").code(),
        lambda: passwords.encode("Månljus#7 över taken") and "Månljus#7 över taken",
    ],
)
@pytest.mark.django_db
def test_log_02_a_secret_handed_to_the_log_is_seen(make: Callable[[], str]) -> None:
    secret, watch = make(), PersonalDataWatch()
    logger = logging.getLogger("tests.watched")
    logger.addHandler(watch)
    logger.warning("svar: %s", secret[:-1] + ("y" if secret.endswith("x") else "x"))
    assert watch.caught == []
    logger.warning("svar: %s", {"kod": secret})
    logger.removeHandler(watch)
    assert len(watch.caught) == 1


@pytest.mark.asvs("16.2.5")
def test_log_02_the_digits_of_a_code_within_a_longer_number_are_none() -> None:
    known.add("306903")
    assert known.found_in("id 1306903, sha256 a306903b") == []
    assert known.found_in("koden 306903.") == ["306903"]


@pytest.mark.parametrize(
    ("template", "subject", "body", "fault"),
    [
        ("accounts/code", "Din kod", "Din kod är\n\n306903\n\nhttps://testserver/", ""),
        ("accounts/code", "Din kod 306903", "Koden:\n\n306903", "i ämnesraden"),
        ("accounts/code", "Din kod", "306903 eller 306904", "2 koder"),
        ("accounts/invitation", "Hej", "Din kod är 306 903", "306 903"),
        ("x", "Hej", "811218-9876", "personnummer"),
        ("x", "Hej", "Öppna https://testserver/", ""),
        ("x", "Hej", "Öppna https://testserver.evil.example/", "testserver.evil.example"),
        ("x", "Hej", "Öppna HTTP://evil.example", "främmande adress"),
        ("x", "Hej", "Gå till www.evil.example", "www.evil.example"),
    ],
)
def test_mej_03_a_mail_that_tells_too_much_is_seen(template: str, subject: str, body: str, fault: str) -> None:
    found = faults_in_mail(template, subject, body)
    assert any(fault in one for one in found) if fault else found == []
