"""The outbox: mail lives and dies with the caller's transaction, is sealed, sent by a job and wiped."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from config.lib.mail import PortalMail
from messaging import outbox, tasks
from messaging.models import OutgoingMail
from tests.mail import sent_mails

pytestmark = pytest.mark.django_db

TO = "anna.ek@trosa.example"


def send(**options: Any) -> OutgoingMail:
    PortalMail("messaging/new_message", to=TO, **options).send()
    return OutgoingMail.objects.order_by("pk").latest("pk")


def jobs_of(mail: OutgoingMail) -> list[dict[str, Any]]:
    jobs = ProcrastinateJob.objects.filter(task_name=outbox.SEND_TASK, args__mail_id=mail.pk).order_by("id")
    return [job.args for job in jobs]


class Server:
    """Stands in for the mail server and remembers what it was handed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.messages: list[EmailMessage] = []

    def send_messages(self, messages: list[EmailMessage]) -> int:
        if self.error:
            raise self.error
        self.messages += messages
        return len(messages)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Server:
    server = Server()
    settings.SMTP_URL = "smtps://mail.example"
    monkeypatch.setattr(outbox, "smtp_connection", lambda url: server)
    return server


def test_a_mail_is_one_sealed_row_and_one_job_that_holds_only_its_key():
    mail = send()
    assert TO.encode() not in bytes(mail.payload_sealed)
    assert b"Personalstatistik" not in bytes(mail.payload_sealed)
    assert (mail.template, mail.recipient, mail.deliver) == ("messaging/new_message", TO, True)
    assert jobs_of(mail) == [{"mail_id": mail.pk}]
    (letter,) = sent_mails()
    assert letter.recipient == TO
    assert letter.subject == "Du har ett nytt meddelande i Personalstatistik"
    assert "https://testserver/" in letter.body


def test_a_rolled_back_change_sends_nothing():
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name=outbox.SEND_TASK).exists()


def test_the_job_hands_the_mail_over_once_and_wipes_it(server: Server):
    mail = send()
    tasks.send_mail(mail.pk)
    tasks.send_mail(mail.pk)
    (message,) = server.messages
    assert message.to == [TO]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    mail.refresh_from_db()
    assert mail.sent_at == timezone.now()
    assert (mail.payload_sealed, mail.attempts) == (None, 1)


def test_the_demo_keeps_the_text_for_its_outbox_page(server: Server, settings: Any):
    settings.DEMO = True
    mail = send()
    tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert mail.sent_at is not None
    assert outbox.read(mail) is not None


def test_without_a_server_the_mail_is_marked_sent_here_but_waits_in_production(settings: Any):
    mail = send()
    settings.PRODUCTION = True
    with pytest.raises(outbox.NotSent):
        tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert (mail.sent_at, mail.attempts, mail.last_error) == (None, 1, "SMTP_URL saknas")
    settings.PRODUCTION = False
    tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert mail.sent_at is not None


def test_a_mail_not_to_deliver_is_stored_and_queued_alike_and_never_sent(server: Server):
    mail = send(deliver=False)
    assert mail.recipient == ""
    assert jobs_of(mail) == [{"mail_id": mail.pk}]
    tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert (server.messages, mail.sent_at, mail.payload_sealed) == ([], None, None)


@pytest.mark.parametrize(
    ("error", "noted"),
    [
        (ConnectionRefusedError("nej"), "ConnectionRefusedError"),
        (smtplib.SMTPRecipientsRefused({TO: (450, b"4.2.1 full")}), "SMTPRecipientsRefused 450"),
        (smtplib.SMTPRecipientsRefused({TO: (550, b"5.7.1 relay denied")}), "SMTPRecipientsRefused 550"),
        (smtplib.SMTPDataError(451, TO.encode()), "SMTPDataError 451"),
    ],
)
def test_a_dead_server_loses_nothing_and_the_note_names_no_person(server: Server, error: Exception, noted: str):
    mail = send()
    server.error = error
    with pytest.raises(outbox.NotSent):
        tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert (mail.sent_at, mail.attempts, mail.last_error) == (None, 1, noted)
    assert outbox.read(mail) is not None
    server.error = None
    tasks.send_mail(mail.pk)
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("error", "again"),
    [(outbox.NotSent(""), True), (OperationalError(""), True), (InterfaceError(""), True), (ValueError(""), False)],
)
def test_a_mail_whose_database_went_away_is_tried_again_in_seconds(error: Exception, again: bool):
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name=outbox.SEND_TASK)
    decision = tasks.send_mail.get_retry_exception(error, job)
    assert (decision is not None) is again


def test_a_code_whose_time_is_over_is_wiped_and_not_sent(server: Server, clock: Any):
    late = send(expires_at=timezone.now() + timedelta(minutes=15))
    swept = send(expires_at=timezone.now() + timedelta(minutes=15))
    fresh = send(expires_at=timezone.now() + timedelta(minutes=16))
    clock.shift(timedelta(minutes=15))
    tasks.send_mail(late.pk)
    assert server.messages == []
    assert outbox.wipe_expired(timezone.now()) == 1
    assert [outbox.read(mail) is None for mail in OutgoingMail.objects.order_by("pk")] == [True, True, False]
    assert (late.pk, swept.pk, fresh.pk) == tuple(OutgoingMail.objects.order_by("pk").values_list("pk", flat=True))


def test_mail_that_waits_too_long_is_queued_again_but_never_twice(server: Server, clock: Any):
    waiting, sent, given_up = send(), send(), send()
    tasks.send_mail(sent.pk)
    OutgoingMail.objects.filter(pk=given_up.pk).update(created_at=timezone.now() - timedelta(days=8))
    clock.shift(timedelta(minutes=15))
    assert outbox.enqueue_unsent(timezone.now()) == 0  # its first job still waits
    ProcrastinateJob.objects.filter(task_name=outbox.SEND_TASK)._raw_delete("default")
    assert outbox.enqueue_unsent(timezone.now()) == 1
    assert jobs_of(waiting) == [{"mail_id": waiting.pk}]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://mail.example", ("mail.example", 465, True, False, "", "")),
        ("smtp://mail.example", ("mail.example", 587, False, True, "", "")),
        ("smtps://anna:p%40ss@mail.example:2465", ("mail.example", 2465, True, False, "anna", "p@ss")),
    ],
)
def test_the_connection_is_always_encrypted(url: str, expected: tuple[Any, ...]):
    smtp = outbox.smtp_connection(url)
    assert (smtp.host, smtp.port, smtp.use_ssl, smtp.use_tls, smtp.username, smtp.password) == expected


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example", "smtp://"])
def test_an_address_that_is_no_mail_server_is_refused(url: str):
    with pytest.raises(Exception, match="SMTP_URL"):
        outbox.smtp_connection(url)
