"""`manage.py close_collection`: end a year's collection."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.lib.commands import PortalCommand, add_dry_run, wrong_use
from config.lib.text import amount
from submissions.management.common import perhaps
from submissions.models import Collection
from submissions.services.closing import close_collection


class Command(PortalCommand):
    """A line for each unit that is not approved, counts last."""

    help = (
        "Avslutar ett års insamling: låser det som SKR har godkänt, tar inte emot något mer och räknar upp de enheter som inte "
        "är godkända. Kan köras igen; då låses det som har godkänts sedan dess."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The year."""
        parser.add_argument("year", type=int, metavar="ÅR", help="insamlingens år")
        add_dry_run(parser)

    def handle(self, *args: Any, year: int, dry_run: bool, **options: Any) -> None:
        """Close and print."""
        try:
            with perhaps(dry_run):
                closed = close_collection(year=year, by=None, at=timezone.now())
        except Collection.DoesNotExist:
            raise wrong_use(f"Det finns ingen insamling för {year}.") from None
        if closed.was_closed:
            self.stdout.write(f"Insamlingen {year} stängdes {timezone.localtime(closed.collection.closed_at):%Y-%m-%d}.")
        for submission in closed.left:
            self.stdout.write(f"{submission.unit.code} {submission.unit.name}: {submission.get_status_display().lower()}")
        locked = amount(closed.locked, "godkänd inlämning är låst", "godkända inlämningar är låsta")
        self.stdout.write(f"{locked}, {amount(len(closed.left), 'enhet', 'enheter')} är inte godkända.")
        if dry_run:
            self.stdout.write("Inget är sparat (--dry-run).")
