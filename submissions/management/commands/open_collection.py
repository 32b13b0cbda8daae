"""`manage.py open_collection`: a year's collection with its settings and a submission for each active unit."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.lib.commands import PortalCommand, add_dry_run, wrong_use
from config.lib.text import amount
from submissions.management.common import perhaps
from submissions.services.collections import open_collection

FIRST_YEAR, LAST_YEAR = 2000, 2100


class Command(PortalCommand):
    """May be run again: what exists keeps its settings, and units that have come since get a submission."""

    help = (
        "Lägger upp ett års insamling: postbeskrivning, kodlistor, kontroller, kalender och en inlämning för varje aktiv enhet. "
        "Inställningarna tas från årets inbyggda, annars från förra insamlingen. En insamling som finns behåller sina."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The year."""
        parser.add_argument("year", type=int, metavar="ÅR", help="insamlingens år, t.ex. 2026")
        add_dry_run(parser)

    def handle(self, *args: Any, year: int, dry_run: bool, **options: Any) -> None:
        """Open and print what was done."""
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise wrong_use(f"Året ska ligga mellan {FIRST_YEAR} och {LAST_YEAR}.")
        with perhaps(dry_run):
            opened = open_collection(year=year, by=None, at=timezone.now())
            collection = opened.collection
            checks, lists = collection.check_settings.count(), collection.code_lists.count()
        if opened.created:
            self.stdout.write(f"Insamlingen {year} är upplagd efter {opened.source}.")
        else:
            self.stdout.write(f"Insamlingen {year} finns redan och behåller sina inställningar.")
        self.stdout.write(
            f"Öppnar {collection.opens_on}, mättidpunkt {collection.measurement_day}, sista dag {collection.due_date}."
        )
        self.stdout.write(f"Postbeskrivning {collection.layout}, {lists} kodlistor, {checks} kontroller.")
        self.stdout.write(f"{amount(opened.submissions_added, 'ny inlämning', 'nya inlämningar')}.")
        if dry_run:
            self.stdout.write("Inget är sparat (--dry-run).")
