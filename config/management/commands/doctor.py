"""`manage.py doctor`: look the installation over."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from config.doctor import examine
from config.lib.commands import PortalCommand, refused
from config.lib.text import amount


class Command(PortalCommand):
    """A line for each thing looked at, and two for each fault: what, and how to mend it."""

    help = (
        "Undersöker installationen: inställningar, databas, nycklar, arbetare, e-post, viruskontroll, disk och årets insamling. "
        "Säger vad som är fel och hur det rättas. Ändrar inget. Avslutas med 1 om något är fel; varningar räknas inte."
    )
    requires_system_checks = ()  # they are one of the examinations, told in its words
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and print."""
        faults = warnings = 0
        for examined in examine(timezone.now()):
            if not examined.faults:
                self.stdout.write(f"bra      {examined.looks_at}")
            for fault in examined.faults:
                faults, warnings = faults + (not fault.is_warning), warnings + fault.is_warning
                self.stdout.write(f"{'varning' if fault.is_warning else 'FEL    '}  {examined.looks_at}: {fault.what}")
                self.stdout.write(f"         → {fault.cure}")
        self.stdout.write(f"{faults} fel, {amount(warnings, 'varning', 'varningar')}.")
        if faults:
            raise refused("Rätta felen och kör igen.")
