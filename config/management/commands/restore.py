"""`manage.py restore`: read a backup into an empty database and prove that it came through."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config import backup, restoring
from config.backup import BackupError
from config.lib import age
from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use
from config.lib.text import amount


class Command(PortalCommand):
    """A line for each step. Exit status 1 where the portal must not be served from the database."""

    help = (
        "Läser in en säkerhetskopia i en ny, tom databas och gör den redo. Sedan visas att den är lika med den som kopierades: "
        "varje tabells rader och innehåll, att varje krypterat värde går att öppna med nycklarna här, och att händelseloggen är "
        "orörd. Kör med den portalversion som gjorde kopian eller en nyare. Nycklarna ska ligga på plats innan."
    )
    requires_system_checks = ()  # the database of the environment may be away: that is why one restores
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From, to, and the key."""
        parser.add_argument("file", metavar="FIL", help="kopian, .age")
        parser.add_argument(
            "--to", required=True, metavar="URL", help="den tomma databasen, postgresql://…, eller en fil med den raden"
        )
        parser.add_argument("--identity", required=True, metavar="FIL", help="fil med den hemliga delen av kopians nyckel")
        add_dry_run(parser)

    def handle(self, *args: Any, file: str, to: str, identity: str, dry_run: bool, **options: Any) -> None:
        """Look first; then step by step."""
        identities, url = read_identities(identity), read_url(to)
        try:
            parameters = backup.parameters_of_url(url)
            with backup.opened(Path(file), identities) as (manifest, pieces):
                self.stdout.write(told(manifest))
                restoring.refuse_target(parameters, manifest)
                if dry_run:
                    self.stdout.write("Databasen är tom och kan ta emot kopian. Inget är ändrat (--dry-run).")
                    return
                restoring.read_in(parameters, pieces)
            self.stdout.write("Inläst.")
            faults = restoring.prove(parameters, manifest)
        except BackupError as fault:
            raise refused(str(fault)) from None
        for sentence in faults:
            self.stdout.write(sentence)
        if faults:
            raise refused("Den återställda databasen är inte som den kopierade. Ta inte portalen i drift på den.")
        self.stdout.write("Varje tabell är lika med den kopierade.")
        self.make_ready(url)
        self.stdout.write("Återställd. Starta webb och arbetare med DATABASE_URL för portal_app.")

    def make_ready(self, url: str) -> None:
        """Migrate, grant, and verify what is sealed and the trail."""
        status, said = restoring.make_ready(url)
        for line in said.splitlines():
            if not line.startswith(("GRANT ", "REVOKE ")):
                self.stdout.write(f"  {line}")
        if status:
            steps = ", ".join(name for name, *_ in restoring.READY)
            raise refused(
                f"Portalen går inte att ta i drift på den. Rätta orsaken och kör {steps} mot den återställda databasen."
            )


def told(manifest: backup.Manifest) -> str:
    """What the copy is, in a line."""
    tables = amount(len(manifest.facts.tables), "tabell", "tabeller")
    rows = amount(manifest.facts.rows, "rad", "rader")
    return f"Kopia från {manifest.taken_at:%Y-%m-%d %H.%M} UTC, PostgreSQL {manifest.server}: {tables}, {rows}."


def read_identities(path: str) -> list[bytes]:
    """The secret keys that may open a copy."""
    try:
        return age.read_identities(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise wrong_use(f"Filen {path} går inte att läsa.") from None
    except age.AgeError as fault:
        raise refused(f"{path}: {fault}") from None


def read_url(given: str) -> str:
    """The address of a database, or what the file of that name holds: an address with a password is best kept out of sight."""
    if "://" in given:
        return given
    try:
        return Path(given).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise wrong_use(f"{given} är varken postgresql://… eller en fil som går att läsa.") from None
