"""Mail that comes back: refused at the hand-over, reported later, or told by hand. The person is marked once (E9)."""

from __future__ import annotations

import io
import smtplib
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent, User
from config.lib.mail import PortalMail
from messaging import outbox, reports, tasks
from messaging.models import OutgoingMail
from profiles.services import invite_member
from tests import people
from tests.cast import Cast, Role, give_role, make_user
from tests.client import GuardedClient
from tests.mail import sent_mails
from tests.people import made_person

pytestmark = pytest.mark.django_db

EVA = "eva.strom@trosa.example"
REPORT = """From: MAILER-DAEMON@mx.example
To: studsar@portal.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="grans"

--grans
Content-Type: text/plain; charset=utf-8

Brevet gick inte fram.

--grans
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 16 Nov 2026 09:00:00 +0100

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} nobody here

--grans
Content-Type: {returned}

To: {to}
Message-ID: {message_id}
Subject: Inbjudan

--grans--
"""


class Server:
    """A mail server that answers with an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_messages(self, messages: list[Any]) -> int:
        raise self.error

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def eva(cast: Cast) -> User:
    """Invited to Trosa by Anna; the mail waits in the outbox."""
    return invite_member(unit=cast.trosa, email=EVA, name="Eva", role=Role.READER, by=cast.anna, at=timezone.now()).user


def mail_to(email: str) -> OutgoingMail:
    return OutgoingMail.objects.filter(recipient=email).latest("pk")


def handed_over(email: str) -> OutgoingMail:
    mail = mail_to(email)
    OutgoingMail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), payload_sealed=None)
    return mail


def is_marked(email: str) -> bool:
    return User.objects.filter(email=email, bounced_at__isnull=False).exists()


def report(mail: OutgoingMail, **values: str) -> bytes:
    defaults = {
        "address": mail.recipient,
        "action": "failed",
        "status": "5.1.1",
        "to": mail.recipient,
        "message_id": outbox.message_id(mail.pk),
        "returned": "text/rfc822-headers",
    }
    return REPORT.format(**{**defaults, **values}).encode()


def run(content: bytes, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    call_command("bounce", *arguments, stdout=out)
    return out.getvalue()


# At the hand-over


def test_a_recipient_refused_for_good_is_tried_once_and_the_inviter_is_told(
    cast: Cast, eva: User, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.SMTP_URL = "smtps://mail.example"
    refusal = smtplib.SMTPRecipientsRefused({EVA: (550, b"5.1.1 user unknown")})
    monkeypatch.setattr(outbox, "smtp_connection", lambda url: Server(refusal))
    mail = mail_to(EVA)
    tasks.send_mail(mail.pk)  # raises nothing: procrastinate would try again
    tasks.send_mail(mail.pk)
    mail.refresh_from_db()
    assert (mail.sent_at, mail.payload_sealed, mail.attempts) == (None, None, 1)
    assert mail.last_error == "Adressen togs inte emot (550)"
    assert is_marked(EVA)
    (told,) = sent_mails(cast.anna.email)
    assert EVA in told.body
    assert "Rätta adressen" in told.body
    assert AuditEvent.objects.filter(code="account:email:bounced", subject_id=eva.pk).count() == 1


@pytest.mark.parametrize(("code", "reply"), [(450, b"4.2.2 full"), (550, b"5.7.1 relaying denied")])
def test_a_full_mailbox_or_a_rule_of_the_server_marks_nobody(
    eva: User, settings: Any, monkeypatch: pytest.MonkeyPatch, code: int, reply: bytes
):
    settings.SMTP_URL = "smtps://mail.example"
    monkeypatch.setattr(outbox, "smtp_connection", lambda url: Server(smtplib.SMTPRecipientsRefused({EVA: (code, reply)})))
    with pytest.raises(outbox.NotSent):
        tasks.send_mail(mail_to(EVA).pk)
    assert not is_marked(EVA)


# Reported later


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_about_a_mail_of_ours_marks_the_person_once(
    cast: Cast, eva: User, monkeypatch: pytest.MonkeyPatch, returned: str
):
    content = report(handed_over(EVA), returned=returned)
    assert f"{EVA}: mejl kommer tillbaka. Nyligen märkta personer: 1." in run(content, monkeypatch)
    assert "Nyligen märkta personer: 0." in run(content, monkeypatch)
    assert is_marked(EVA)
    assert len(sent_mails(cast.anna.email)) == 1


def test_a_report_names_the_forwarded_address_and_the_one_we_wrote_to_is_marked(eva: User, monkeypatch: pytest.MonkeyPatch):
    run(report(handed_over(EVA), address="eva@annan.example"), monkeypatch)
    assert is_marked(EVA)


@pytest.mark.parametrize(
    "values",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "failed", "status": "4.4.1"},
        {"action": "failed", "status": "5.7.26"},
        {"message_id": "<0000@portal.example>"},
        {"message_id": ""},
        {"message_id": "<åäö@portal.example>"},
        {"address": "anna.ek@trosa.example", "to": "anna.ek@trosa.example"},
    ],
)
def test_a_delay_and_a_made_up_report_change_nothing(eva: User, monkeypatch: pytest.MonkeyPatch, values: dict[str, str]):
    text = run(report(handed_over(EVA), **values), monkeypatch)
    assert "gäller inget mejl från portalen" in text
    assert not User.objects.filter(bounced_at__isnull=False).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe" * 50,
        b"From: a@b\n\nHej",
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n\xff: 1\n\n--x--",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n!!!!",
    ],
)
def test_what_is_no_report_names_nobody(content: bytes):
    assert reports.read_report(content) == reports.Report()


# By hand


def test_an_address_is_marked_by_hand_and_a_strangers_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    assert "Provkörning, inget är ändrat." in run(b"", monkeypatch, "Bo.Ask@trosa.example", "--dry-run")
    assert not is_marked(cast.bo.email)
    assert "Nyligen märkta personer: 1." in run(b"", monkeypatch, "Bo.Ask@trosa.example")
    assert is_marked(cast.bo.email)
    assert len(sent_mails(cast.anna.email)) == 1
    with pytest.raises(CommandError, match="hör inte till någon") as refusal:
        run(b"", monkeypatch, "okand@trosa.example")
    assert refusal.value.returncode == 1


def test_skr_is_told_of_a_lone_person_and_of_the_last_kontaktperson(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    run(b"", monkeypatch, cast.dan.email)
    subjects = [letter.subject for letter in sent_mails(cast.coordinator.email)]
    assert subjects == ["Ett mejl från Personalstatistik kom tillbaka", "En enhet har ingen kontaktperson"]
    assert AuditEvent.objects.get(code="access:changed", result="no_contact").unit == "0999"
    kim = make_user("kim@trosa.example", "Kim")
    give_role(kim, cast.trosa, Role.CONTACT)
    run(b"", monkeypatch, kim.email)
    assert len(sent_mails(cast.coordinator.email)) == 2


def test_the_mark_goes_at_the_next_complete_sign_in_and_the_person_is_told(
    client: GuardedClient, monkeypatch: pytest.MonkeyPatch
):
    bo = made_person("bo.ek@ystad.example")
    run(b"", monkeypatch, bo.email)
    client.post("/", {"email": bo.email, "password": bo.password})
    assert is_marked(bo.email)
    page = client.post("/konto/logga-in/", {"token": bo.phone.code()}, follow=True).content.decode()
    assert not is_marked(bo.email)
    assert f"Ett mejl till {bo.email} kom tillbaka." in page


def test_a_mail_about_a_mail_that_came_back_does_not_go_round(cast: Cast, eva: User, monkeypatch: pytest.MonkeyPatch):
    """The inviter's address fails too: she is marked, and her lot is told to somebody who can be reached."""
    run(report(handed_over(EVA)), monkeypatch)
    run(report(handed_over(cast.anna.email)), monkeypatch)
    assert User.objects.filter(bounced_at__isnull=False).count() == 2
    assert [len(sent_mails(email)) for email in (EVA, cast.anna.email)] == [0, 0]
    assert len(sent_mails(cast.coordinator.email)) == 2


def test_a_mail_to_nobodys_address_marks_nobody(db: None, monkeypatch: pytest.MonkeyPatch):
    PortalMail("messaging/new_message", to="vem@annan.example").send()
    mail = handed_over("vem@annan.example")
    assert "Nyligen märkta personer: 0." in run(report(mail), monkeypatch)
    assert people.mails("vem@annan.example") == []
