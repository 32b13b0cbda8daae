"""A mail server that will not encrypt, or is another than it says, gets nothing (MEJ-04)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from config.lib.mail import PortalMail
from messaging import outbox, tasks
from messaging.models import OutgoingMail
from tests.admin.conftest import as_person
from tests.cast import Cast
from tests.messaging.smtp_server import Authority, SmtpServer

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("12.3.1", "12.3.2", "12.3.3", "12.3.4")]

TO = "anna.ek@trosa.example"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


def stored() -> OutgoingMail:
    """A mail that waits."""
    PortalMail("messaging/new_message", to=TO).send()
    return OutgoingMail.objects.get()


def assert_nothing_went(server: SmtpServer, mail: OutgoingMail) -> None:
    """The server learned neither who nor what; the row is as it was but for the count."""
    with pytest.raises(outbox.NotSent):
        tasks.send_mail(mail.pk)
    assert {line.upper().split()[0] for line in server.heard} <= {"EHLO", "STARTTLS", "QUIT"}
    assert server.letters == []
    mail.refresh_from_db()
    assert (mail.sent_at, mail.attempts) == (None, 1)
    assert mail.last_error
    assert TO not in mail.last_error
    letter = outbox.read(mail)
    assert letter is not None
    assert letter.recipient == TO


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mej_04_a_server_that_encrypts_and_is_who_it_says_gets_the_mail(authority: Authority, settings: Any, scheme: str) -> None:
    mail = stored()
    with SmtpServer(tls=authority.certificate("127.0.0.1"), from_the_start=scheme == "smtps") as server:
        settings.SMTP_URL = f"{scheme}://127.0.0.1:{server.port}"
        tasks.send_mail(mail.pk)
    (letter,) = server.letters
    assert f"To: {TO}" in letter
    mail.refresh_from_db()
    assert mail.sent_at is not None


@pytest.mark.parametrize("answer", ["", "454 TLS not available", "502 Command not implemented"])
def test_mej_04_a_server_without_starttls_gets_nothing(settings: Any, answer: str) -> None:
    mail = stored()
    with SmtpServer(starttls=answer) as server:
        settings.SMTP_URL = f"smtp://namn:hemligt@127.0.0.1:{server.port}"
        assert_nothing_went(server, mail)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize(("host", "is_own"), [("mail.example", False), ("127.0.0.1", True)])
def test_mej_04_a_server_with_another_s_certificate_gets_nothing(
    authority: Authority, settings: Any, scheme: str, host: str, is_own: bool
) -> None:
    mail = stored()
    context = authority.certificate(host, is_own=is_own)
    with SmtpServer(tls=context, from_the_start=scheme == "smtps") as server:
        settings.SMTP_URL = f"{scheme}://namn:hemligt@127.0.0.1:{server.port}"
        assert_nothing_went(server, mail)
    assert "SSLCertVerificationError" in mail.last_error


def test_mej_04_when_the_tries_are_spent_there_is_one_alarm_and_the_mail_is_kept_for_the_admin_to_see(
    cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mail = stored()
    alarms = AuditEvent.objects.filter(code="operation:alarm")
    with SmtpServer(starttls="454 TLS not available") as server:
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.port}"
        for tries in range(1, outbox.ATTEMPTS + 2):
            with pytest.raises(outbox.NotSent):
                tasks.send_mail(mail.pk)
            assert alarms.count() == (tries >= outbox.ATTEMPTS)
    alarm = alarms.get()
    assert (alarm.object, alarm.result) == ("utgående mejl", "mejlservern tar inte emot: SMTPResponseException 454")
    assert caplog.text.count("mail_gave_up") == 1
    assert TO not in caplog.text
    mail.refresh_from_db()
    assert outbox.read(mail) is not None
    page = as_person(cast.system).get(reverse("admin:messaging_outgoingmail_changelist"), {"lage": "fel"}).content.decode()
    for words in (TO, "Fel", "SMTPResponseException 454", f">{outbox.ATTEMPTS + 1}<"):
        assert words in page


def test_mej_04_a_code_that_could_not_be_sent_in_time_is_an_alarm_too() -> None:
    PortalMail("accounts/code", to=TO, context={"code": "306903", "at": timezone.now()}, expires_at=timezone.now()).send()
    mail = OutgoingMail.objects.get()
    tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert (mail.sent_at, mail.payload_sealed, mail.last_error) == (None, None, "Hann inte skickas i tid")
    assert AuditEvent.objects.get(code="operation:alarm").result == "mejl hann inte skickas i tid"


def test_mej_04_a_dead_server_is_one_alarm_an_hour_however_many_mails_wait(settings: Any, clock: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    alarms = AuditEvent.objects.filter(code="operation:alarm")
    for hours, expected in ((0, 1), (0, 1), (1, 2)):
        clock.shift(3600 * hours)
        PortalMail("messaging/new_message", to=TO).send()
        mail = OutgoingMail.objects.latest("pk")
        OutgoingMail.objects.filter(pk=mail.pk).update(attempts=outbox.ATTEMPTS - 1)
        with pytest.raises(outbox.NotSent):
            tasks.send_mail(mail.pk)
        assert alarms.count() == expected
