"""`manage.py import_codes`: a new version of a code list, with the difference against the old one."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use
from submissions import imports
from submissions.management.common import content, perhaps, print_difference
from submissions.services.code_lists import import_codes
from submissions.services.collections import ImportRefused


class Command(PortalCommand):
    """The old version stays; the open years that the new one is valid for take it into use."""

    help = (
        "Läser in en ny version av en kodlista ur en fil med kod;benämning[;sektor;personalgrupp kommun;personalgrupp region] "
        "och visar skillnaden mot den förra. Gäller den från en dag som inte har kommit tas den i bruk den dagen. Filerna kontrolleras om av sig själva."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The list, the file and from when it is valid."""
        parser.add_argument("list", metavar="LISTA", help="listans namn, t.ex. aid, specialitet, verksamhet")
        parser.add_argument("file", metavar="FIL", help="filen med koder")
        parser.add_argument("--valid-from", required=True, metavar="DATUM", help="första dagen som listan gäller, ÅÅÅÅ-MM-DD")
        parser.add_argument("--label", default="", metavar="TEXT", help="versionens namn; annars datumet")
        parser.add_argument("--established", action="store_true", help="listan är fastställd av SKR: okända koder blir fel")
        add_dry_run(parser)

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Import and print."""
        try:
            valid_from = date.fromisoformat(options["valid_from"])
        except ValueError as problem:
            raise wrong_use(f"{options['valid_from']} är inget datum. Skriv ÅÅÅÅ-MM-DD.") from problem
        try:
            codes = imports.read_codes(content(options["file"]))
            with perhaps(dry_run):
                difference = import_codes(
                    kind=options["list"],
                    codes=codes,
                    version=options["label"] or valid_from.isoformat(),
                    valid_from=valid_from,
                    established=options["established"],
                    by=None,
                    at=timezone.now(),
                )
        except imports.BadFile as problem:
            raise refused("\n".join((*problem.faults, "Inget är ändrat."))) from problem
        except ImportRefused as problem:
            raise refused(str(problem)) from problem
        print_difference(self.stdout, difference, missing="finns inte i den nya", dry_run=dry_run)
