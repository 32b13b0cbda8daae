"""`manage.py bounce`: a mail came back. Takes the mail server's report on standard input, or an address by hand."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.lib.commands import PortalCommand, add_dry_run, refused
from messaging import reports
from profiles import bounces


class Command(PortalCommand):
    """manage.py bounce [EPOST] [--dry-run]"""

    help = (
        "Märk en person vars mejl kom tillbaka, och tala om det för den som kan rätta adressen. Utan EPOST läses mejlserverns "
        "rapport (RFC 3464) från standard in, så som mejlserverns alias lämnar den; en rapport som inte gäller ett av portalens "
        "mejl ändrar ingenting. Avslutar med 0 när det är gjort, 1 när EPOST inte hör till någon."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EPOST", nargs="?", default="", help="adressen som inte fungerar")
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        email, at = options["email"].strip().lower(), timezone.now()
        mark = "Provkörning, inget är ändrat. " if options["dry_run"] else ""
        with transaction.atomic():
            marked = User.objects.filter(bounced_at__isnull=False).count()
            if email and not User.objects.filter(email=email).exists():
                raise refused(f"{email} hör inte till någon person i portalen.")
            if email:
                bounces.note_bounce(email=email, at=at)
            else:
                email = reports.take_report(reports.read_report(sys.stdin.buffer.read(reports.LARGEST)), at=at)
            count = User.objects.filter(bounced_at__isnull=False).count() - marked
            transaction.set_rollback(options["dry_run"])
        text = (
            f"{email}: mejl kommer tillbaka."
            if email
            else "Rapporten gäller inget mejl från portalen som kommit tillbaka för gott."
        )
        self.stdout.write(f"{mark}{text} Nyligen märkta personer: {count}.")
