"""The mails that the portal has stored, opened: what a person would find in her mailbox."""

from __future__ import annotations

from messaging import outbox
from messaging.models import OutgoingMail
from messaging.outbox import Letter


def sent_mails(to: str = "") -> list[Letter]:
    """Every mail that is meant to go out, oldest first; only those to `to` when given."""
    mails = OutgoingMail.objects.filter(deliver=True).order_by("pk")
    letters = [letter for mail in mails if (letter := outbox.read(mail))]
    return [letter for letter in letters if not to or letter.recipient == to]
