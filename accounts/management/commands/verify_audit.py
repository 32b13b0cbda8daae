"""`manage.py verify_audit`: whether the audit trail is as it was written."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from accounts import audit_chain
from accounts.models import AuditEvent, AuditLink
from config.lib.commands import PortalCommand, refused, wrong_use
from config.lib.text import amount

HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", re.ASCII)


class Command(PortalCommand):
    """One line per fault, the counts last. Exit status 0 whole, 1 broken, 2 wrong use."""

    help = (
        "Kontrollerar att händelseloggen är orörd: varje händelse mot sin länk i kedjan, och kedjan mot de lägen som loggen "
        "visar (audit_chain_sealed, fältet head). Skriver en rad per fel och avslutas med 1 om något är fel."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Heads from the log."""
        parser.add_argument(
            "--head", action="append", default=[], metavar="LÄGE", help="ett läge ur loggen, 1234:0a1b-…; kan ges flera gånger"
        )

    def handle(self, *args: Any, head: list[str], **options: Any) -> None:
        """Verify and print."""
        anchors = dict(read_head(text) for text in head)
        faults = 0
        for sentence in audit_chain.verify(timezone.now(), anchors=anchors):
            faults += 1
            self.stdout.write(sentence)
        events = amount(AuditEvent.objects.count(), "händelse", "händelser")
        links = amount(AuditLink.objects.count(), "länk", "länkar")
        self.stdout.write(f"{events}, {links}, {faults} fel. Kedjans läge: {audit_chain.head() or 'tom'}.")
        if faults:
            raise refused("Händelseloggen är inte som den skrevs.")


def read_head(text: str) -> tuple[int, str]:
    """A position and its digest from what the log shows; wrong use when it is neither."""
    found = HEAD.fullmatch(text.strip().replace("-", "").lower())
    if found is None:
        raise wrong_use(f"--head ska se ut som i loggen, 1234:0a1b-…, inte {text}.")
    return int(found[1]), found[2]
