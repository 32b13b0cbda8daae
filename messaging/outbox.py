"""The outbox: every mail is a sealed row in the caller's transaction, and a job sends it.

A change that is rolled back sends nothing; a dead mail server loses nothing. `OutboxBackend` is settings.EMAIL_BACKEND;
`messaging.tasks` calls `send_stored`. What the row shows in clear is the template's name and the recipient, and the
recipient only when the mail is meant to go out.
"""

from __future__ import annotations

import json
import smtplib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from accounts import audit, limits, throttling
from accounts.models import User
from config.lib import crypto, jobs, sealed
from config.lib.mail import html_of, wrapped
from messaging.models import OutgoingMail
from profiles import bounces

CODE_MAIL = "accounts/code"
SEND_TASK = "messaging.tasks.send_mail"
BULK_PRIORITY = -10
UNSENT_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(days=7)
ATTEMPTS = 9  # of one job, within some hours; then the alarm
TOO_LATE = "mejl hann inte skickas i tid"
ALARM_INTERVAL = timedelta(hours=1)


class NotSent(Exception):
    """The mail could not be handed over now; try again later. The message names no person."""


class Refused(Exception):
    """The mail server does not know the recipient and never will. The message names no person."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a stored mail says."""

    subject: str
    body: str
    recipient: str


class OutboxBackend(BaseEmailBackend):
    """Django's mail API, ending in the table instead of at a server."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store each mail once per recipient, with its job, in the transaction that is open."""
        count = 0
        for message in email_messages:
            for recipient in message.recipients():
                store(message, recipient)
                count += 1
        return count


@transaction.atomic
def store(message: EmailMessage, recipient: str) -> OutgoingMail:
    """One row and one job. A mail with `deliver=False` costs the same statements as any other."""
    deliver = bool(getattr(message, "deliver", True))
    mail = OutgoingMail.objects.create(
        template=str(getattr(message, "template", ""))[:60],
        recipient=recipient if deliver else "",
        deliver=deliver,
        created_at=timezone.now(),
        expires_at=getattr(message, "expires_at", None),
    )
    payload = json.dumps({"subject": str(message.subject), "body": str(message.body), "recipient": recipient})
    mail.payload_sealed = sealed.seal_text(mail, "payload_sealed", payload)
    mail.save(update_fields=["payload_sealed"])
    if getattr(message, "in_bulk", False):
        _enqueue(mail.pk, run_at=_next_slot(mail.created_at), priority=BULK_PRIORITY)
    else:
        _enqueue(mail.pk)
    return mail


def read(mail: OutgoingMail) -> Letter | None:
    """The mail's text; None once it has been wiped."""
    if mail.payload_sealed is None:
        return None
    return Letter(**json.loads(sealed.open_text(mail, "payload_sealed")))


@transaction.atomic
def send_stored(mail_id: int, *, at: datetime) -> bool:
    """Hand a stored mail over to the mail server and wipe it. Safe to repeat; raises NotSent to be tried again.

    False for a mail that was wiped unsent because its time was over.

    A recipient that the server refuses for good is not tried again, and the person is marked (`profiles.bounces`). The
    row stays locked while the server is spoken to, so that two workers never send the same mail.
    """
    mail = OutgoingMail.objects.select_for_update(skip_locked=True).filter(pk=mail_id, sent_at=None).first()
    letter = read(mail) if mail else None
    if mail is None or letter is None:
        return True
    if not mail.deliver:
        _wipe(mail)
    elif mail.expires_at is not None and at >= mail.expires_at:
        _wipe(mail, last_error="Hann inte skickas i tid")
        return False
    else:
        if not settings.SMTP_URL and settings.PRODUCTION:
            raise NotSent("SMTP_URL saknas")
        try:
            if settings.SMTP_URL:
                _hand_over(mail, letter)
        except Refused as refusal:
            _wipe(mail, attempts=F("attempts") + 1, last_error=str(refusal))
            bounces.note_bounce(email=letter.recipient, at=at)
        else:
            _wipe(mail, sent_at=at, attempts=F("attempts") + 1, last_error="")
            if mail.template == CODE_MAIL:
                audit.record("account:code:sent", subject=User.objects.filter(email=letter.recipient).first(), at=at)
    return True


def note_failure(mail_id: int, reason: str) -> bool:
    """Count a failed attempt on the row, for the admin to see. True where it was the last before the alarm."""
    with transaction.atomic():
        waiting = OutgoingMail.objects.filter(pk=mail_id, sent_at=None)
        waiting.update(attempts=F("attempts") + 1, last_error=reason[:200])
        return waiting.filter(attempts=ATTEMPTS).exists()


def raise_alarm(reason: str, *, at: datetime) -> None:
    """Tell of mail that does not go, at most once an hour: an event, since a mail would not go either.

    Called outside transactions, so that the count stays.
    """
    if throttling.take("alarm/mail", "", 1, ALARM_INTERVAL, at=at):
        audit.record("operation:alarm", object="utgående mejl", result=reason, at=at)


def wipe_expired(at: datetime) -> int:
    """Wipe mails whose time is over (codes), sent or not; the count. The demo keeps them for its outbox page."""
    if settings.DEMO:
        return 0
    expired = OutgoingMail.objects.filter(payload_sealed__isnull=False, expires_at__lte=at)
    if expired.filter(deliver=True, sent_at=None).exists():
        raise_alarm(TOO_LATE, at=at)
    return expired.update(payload_sealed=None)


def enqueue_unsent(at: datetime) -> int:
    """Queue again what has waited long without being sent, for a week; the count."""
    waiting = OutgoingMail.objects.filter(
        sent_at=None,
        deliver=True,
        payload_sealed__isnull=False,
        created_at__lte=at - UNSENT_AFTER,
        created_at__gt=at - GIVE_UP_AFTER,
    )
    return sum(_enqueue(pk) for pk in waiting.order_by("created_at", "pk").values_list("pk", flat=True))


def smtp_connection(url: str) -> SmtpBackend:
    """The encrypted connection that SMTP_URL names: smtps:// is TLS from the start, smtp:// demands STARTTLS."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("SMTP_URL ska se ut som smtps://namn:lösenord@server:465 eller smtp://server:587.")
    is_ssl = parts.scheme == "smtps"
    return SmtpBackend(
        host=parts.hostname,
        port=parts.port or (465 if is_ssl else 587),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=is_ssl,
        use_tls=not is_ssl,
        timeout=settings.EMAIL_TIMEOUT,
    )


def message_id(mail_id: int) -> str:
    """The mail's own Message-ID. Nobody else can make one up, so a report that carries it is about a mail of ours."""
    domain = urlsplit(settings.PORTAL_BASE_URL).hostname or "localhost"
    return f"<{crypto.digest('mail', mail_id)[:32]}@{domain}>"


def _hand_over(mail: OutgoingMail, letter: Letter) -> None:
    server = smtp_connection(settings.SMTP_URL)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=wrapped(letter.body),
        to=[letter.recipient],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": message_id(mail.pk)},
        connection=server,
    )
    message.attach_alternative(html_of(letter.body), "text/html")
    try:
        with closing(server):  # Django leaves it open where it could not be encrypted
            message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(error) from None
    except (OSError, smtplib.SMTPException) as error:
        reply = getattr(error, "smtp_code", "")
        raise NotSent(f"{type(error).__name__} {reply}".strip()) from None  # the error's own text may hold the address


def _refusal(error: smtplib.SMTPRecipientsRefused) -> Refused | NotSent:
    """Whether the server's answer about the recipient is for good: 5xx, unless it is the server's own rules (x.7.x) that say no."""
    code, reply = next(iter(error.recipients.values()), (0, b""))
    if 500 <= code < 600 and not reply.startswith(b"5.7."):
        return Refused(f"Adressen togs inte emot ({code})")
    return NotSent(f"SMTPRecipientsRefused {code}")


def _wipe(mail: OutgoingMail, **values: object) -> None:
    if not (settings.DEMO and mail.deliver):
        values["payload_sealed"] = None
    if values:
        OutgoingMail.objects.filter(pk=mail.pk).update(**values)


def _next_slot(at: datetime) -> datetime:
    """When the next of many mails may go: after those that wait, at the rate of limits.BULK_MAILS.

    Whoever queues such mails at the same time waits for the other's commit, so that the rate holds for all together.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{SEND_TASK}/bulk"])
    waiting = ProcrastinateJob.objects.filter(task_name=SEND_TASK, status="todo", priority=BULK_PRIORITY)
    latest = waiting.aggregate(latest=Max("scheduled_at"))["latest"]
    count, window = limits.BULK_MAILS
    return max(at, latest + window / count) if latest else at


def _enqueue(mail_id: int, *, run_at: datetime | None = None, priority: int = 0) -> bool:
    """Whether a job was queued; False when one waits already."""
    try:
        with transaction.atomic():
            jobs.enqueue(SEND_TASK, queueing_lock=f"mail-{mail_id}", run_at=run_at, priority=priority, mail_id=mail_id)
    except AlreadyEnqueued:
        return False
    return True
