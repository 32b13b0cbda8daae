"""`manage.py import_units`: add and update units from a file, or the built-in list. Never deletes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.lib.commands import PortalCommand, add_dry_run, refused
from profiles.models import Unit
from submissions import builtin, imports
from submissions.management.common import content, perhaps, print_difference
from submissions.services.collections import import_units
from submissions.spec import UnitSpec


class Command(PortalCommand):
    """Prints the difference; a file with a fault changes nothing."""

    help = (
        "Läser in enheter ur en fil med kod;namn;typ[;lämnar uppgifter ja/nej]. Lägger till och ändrar men tar aldrig bort. "
        "Utan fil används den inbyggda listan över kommuner och regioner."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", nargs="?", metavar="FIL", help="filen; utelämnas för den inbyggda listan")
        add_dry_run(parser)

    def handle(self, *args: Any, file: str | None, dry_run: bool, **options: Any) -> None:
        """Import and print."""
        try:
            units = imports.read_units(content(file), _known()) if file else list(builtin.units())
        except imports.BadFile as problem:
            raise refused("\n".join((*problem.faults, "Inget är ändrat."))) from problem
        with perhaps(dry_run):
            difference = import_units(units=units, by=None, at=timezone.now())
        print_difference(self.stdout, difference, missing="finns inte i filen", dry_run=dry_run)


def _known() -> dict[str, UnitSpec]:
    return {u.code: UnitSpec(u.code, u.name, u.kind, u.is_active) for u in Unit.objects.in_order()}
