"""`manage.py remind`: send the day's reminders of a year, as the worker does each workday morning."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.lib import workdays
from config.lib.commands import PortalCommand, add_dry_run, wrong_use
from config.lib.text import amount
from deferrals import reminding
from deferrals.reminders import CAUGHT_UP, Reminder
from submissions.management.common import perhaps
from submissions.models import Collection

KINDS = {"kommande": Reminder.COMING, "passerad": Reminder.PASSED, "saknas": Reminder.STILL}


class Command(PortalCommand):
    """A line for each unit that is due, counts last."""

    help = (
        "Skickar de påminnelser som är aktuella i dag till dem som får lämna in: en vecka före sista dagen, vardagen efter den och "
        f"en vecka efter. Missade dagar tas igen inom {CAUGHT_UP} dagar. Varje enhet får varje påminnelse en gång, hur ofta "
        "kommandot än körs. Den som har fått uppskov, väntar på svar från SKR eller inte omfattas får ingen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The year, and which kinds."""
        parser.add_argument("year", type=int, metavar="ÅR", help="insamlingens år")
        parser.add_argument(
            "--only", nargs="+", choices=list(KINDS), metavar="SLAG", help=f"bara de här påminnelserna: {', '.join(KINDS)}"
        )
        add_dry_run(parser)

    def handle(self, *args: Any, year: int, only: list[str] | None, dry_run: bool, **options: Any) -> None:
        """Send and print."""
        at, collection = timezone.now(), Collection.objects.filter(year=year).first()
        if collection is None:
            raise wrong_use(f"Det finns ingen insamling för {year}.")
        if reason := workdays.closed_because(timezone.localdate(at)):
            self.stdout.write(f"Påminnelser skickas bara på vardagar, och i dag är {reason}.")
        kinds = frozenset(KINDS[word] for word in only or KINDS)
        if dry_run:
            with perhaps(dry_run):
                outcomes = reminding.remind_year(collection=collection, only=kinds, at=at)
        else:
            outcomes = reminding.remind_year(collection=collection, only=kinds, at=at)
        for one in outcomes:
            unit, told = one.submission.unit, amount(one.people, "mejl", "mejl") if one.people else "ingen att påminna"
            self.stdout.write(f"{unit.code} {unit.name}: {reminding.WORDS[one.reminder].lower()}, {told}")
        reminded = [one for one in outcomes if one.people]
        self.stdout.write(
            f"{amount(len(reminded), 'enhet påmind', 'enheter påminda')}, {sum(one.people for one in reminded)} mejl, "
            f"{amount(len(outcomes) - len(reminded), 'enhet', 'enheter')} utan någon som får lämna in."
        )
        if dry_run:
            self.stdout.write("Inget är skickat (--dry-run).")
