"""`manage.py compare_database`: whether two databases hold the same."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from config import backup
from config.backup import BackupError
from config.database_facts import Facts, collect, differences
from config.lib.commands import PortalCommand, refused
from config.lib.text import amount
from config.management.commands.restore import read_url


class Command(PortalCommand):
    """A line for each difference, the counts last. Exit status 1 where there is any."""

    help = (
        "Jämför två databaser: varje tabells antal rader och innehåll, index, regler, utlösare, funktioner och nummerserier. "
        "Räknar i databaserna och hämtar inga rader. Tabeller som säkerhetskopian lämnar tomma räknas inte. Ändrar inget."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two."""
        for name, metavar in (("first", "URL_A"), ("second", "URL_B")):
            parser.add_argument(name, metavar=metavar, help="postgresql://…, eller en fil med den raden")

    def handle(self, *args: Any, first: str, second: str, **options: Any) -> None:
        """Count in each, then compare."""
        try:
            was, now = facts_of(first), facts_of(second)
        except BackupError as fault:
            raise refused(str(fault)) from None
        found = list(differences(was, now))
        for sentence in found:
            self.stdout.write(sentence)
        tables, rows = amount(len(was.tables), "tabell", "tabeller"), amount(was.rows, "rad", "rader")
        self.stdout.write(f"{tables}, {rows}, {amount(len(found), 'skillnad', 'skillnader')}.")
        if found:
            raise refused("Databaserna är inte lika.")


def facts_of(given: str) -> Facts:
    """The figures of one of them."""
    with backup.connected(backup.parameters_of_url(read_url(given))) as connection:
        return collect(connection, without_rows=backup.LEFT_OUT)
