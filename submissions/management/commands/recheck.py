"""`manage.py recheck`: run a year's checks again on every current delivery that its unit still works with."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, refused, wrong_use
from config.lib.text import amount
from submissions.models import Collection
from submissions.services import deliver


class Command(PortalCommand):
    """One line per delivery whose counts change, progress as it goes, counts last."""

    help = (
        "Kör årets kontroller igen på varje aktuell fil, till exempel efter en ny kodlista eller en ändrad gräns. "
        "Det som är klarmarkerat eller godkänt rörs inte. Portalen gör det av sig själv när SKR ändrar inställningar. Avslutas med 1 om någon fil inte kunde kontrolleras."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The year."""
        parser.add_argument("year", type=int, metavar="ÅR", help="insamlingens år")
        add_dry_run(parser)
        add_progress(parser)

    def handle(self, *args: Any, year: int, dry_run: bool, **options: Any) -> None:
        """Check and print."""
        collection = Collection.objects.filter(year=year).first()
        if collection is None:
            raise wrong_use(f"Det finns ingen insamling för {year}.")
        waiting = deliver.to_recheck(collection)
        changed = broken = 0
        progress = Progress.of(options)
        for delivery in waiting:
            unit = delivery.submission.unit
            result = deliver.recheck(delivery=delivery, at=timezone.now(), store=not dry_run)
            if result.problem:
                broken += 1
                self.stdout.write(f"{unit.code} {unit.name}: {result.problem}")
            elif result.before != result.after:
                changed += 1
                self.stdout.write(f"{unit.code} {unit.name}: {_words(result.before)} → {_words(result.after)}")
            progress.step("filer", len(waiting))
        checked = amount(len(waiting), "fil kontrollerad", "filer kontrollerade")
        self.stdout.write(f"{checked}, {changed} med ändrat antal anmärkningar, {broken} gick inte.")
        if dry_run:
            self.stdout.write("Inget är sparat (--dry-run).")
        if broken:
            raise refused(f"{amount(broken, 'fil', 'filer')} kunde inte kontrolleras.")


def _words(counts: tuple[int, int, int]) -> str:
    return f"{counts[0]} måste rättas, {counts[1]} måste förklaras, {counts[2]} bra att veta"
