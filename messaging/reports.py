"""Delivery status notifications (RFC 3464): which of our mails came back for good.

Anybody can write such a report, so only one that carries the Message-ID of a mail that we sent to the address counts: the
id is a keyed digest (`outbox.message_id`) that nobody but the recipient has seen. `read_report` reads any bytes;
`take_report` looks in the outbox and marks the person.
"""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

from messaging import outbox
from messaging.models import OutgoingMail
from profiles import bounces

LARGEST = 2_000_000  # bytes; what lies beyond is not read
MAILS_LOOKED_AT = 200  # the latest to one address
PARSER = BytesParser(policy=email.policy.compat32)
RETURNED = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}


@dataclass(frozen=True, slots=True)
class Report:
    """What a notification says: the addresses that failed for good, and the Message-ID of the mail that it is about."""

    addresses: tuple[str, ...] = ()
    message_id: str = ""


def read_report(content: bytes) -> Report:
    """The permanent failure that a notification tells of; empty for a delay, for a rule of the other server, and for anything else."""
    parts = list(PARSER.parsebytes(content[:LARGEST]).walk())
    blocks = [block for part in parts if part.get_content_type() == "message/delivery-status" for block in _blocks(part)]
    failed = [block for block in blocks if _is_for_good(block)]
    returned = next((mail for part in parts if part.get_content_type() in RETURNED and (mail := _returned(part))), None)
    if not failed or returned is None:
        return Report()
    named = [
        str(block.get(name, "")).rpartition(";")[2] for block in failed for name in ("Original-Recipient", "Final-Recipient")
    ]
    named += [address for _, address in getaddresses([str(returned.get("To", ""))])]
    addresses = dict.fromkeys(text.strip(" <>\t\r\n").lower() for text in named)
    return Report(tuple(a for a in addresses if "@" in a and len(a) <= 254), str(returned.get("Message-ID", "")).strip())


def take_report(report: Report, *, at: datetime) -> str:
    """Mark the person whose mail came back; her address, or "" where the report is about no mail of ours."""
    for address in report.addresses:
        sent = OutgoingMail.objects.filter(recipient=address, sent_at__isnull=False).order_by("-pk")
        if report.message_id in map(outbox.message_id, sent.values_list("pk", flat=True)[:MAILS_LOOKED_AT]):
            bounces.note_bounce(email=address, at=at)
            return address
    return ""


def _blocks(part: Message) -> Iterator[Message]:
    """A delivery-status part is a row of header blocks: the mail's own, then one for each recipient."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))


def _is_for_good(block: Message) -> bool:
    """Failed with 5.x.x; x.7.x is the receiving server's rules and says nothing about the address."""
    status = str(block.get("Status", "")).strip()
    action = str(block.get("Action", "")).strip().lower()
    return action == "failed" and status.startswith("5.") and not status.startswith("5.7.")


def _returned(part: Message) -> Message | None:
    """The mail that the report sends back, whole or its headers only."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((inner for inner in payload if isinstance(inner, Message)), None)
    text = part.get_payload(decode=True)
    return PARSER.parsebytes(text, headersonly=True) if isinstance(text, bytes) else None
