"""`manage.py verify_backup`: whether a backup is the file that was written, and whole."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config import backup, restoring
from config.backup import BackupError
from config.lib.commands import PortalCommand, refused, wrong_use
from config.management.commands.restore import read_identities, told


class Command(PortalCommand):
    """One or two lines. Exit status 1 where the file is not to be trusted."""

    help = (
        "Kontrollerar en säkerhetskopia: att filen är den som skrevs (kontrollsumman) och, med den hemliga delen av nyckeln, att "
        "den går att öppna ända till slutet och att pg_restore kan läsa allt i den. Skriver ingenting någonstans."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and perhaps the key."""
        parser.add_argument("file", metavar="FIL", help="kopian, .age")
        parser.add_argument("--identity", metavar="FIL", help="fil med den hemliga delen av kopians nyckel")

    def handle(self, *args: Any, file: str, identity: str | None, **options: Any) -> None:
        """The checksum first; it needs no key."""
        path = Path(file)
        if not path.is_file():
            raise wrong_use(f"Filen {file} finns inte.")
        identities = read_identities(identity) if identity else []
        if fault := backup.checksum_fault(path):
            raise refused(fault)
        self.stdout.write("Kontrollsumman stämmer.")
        if not identities:
            self.stdout.write("Om kopian går att läsa prövas med --identity.")
            return
        try:
            with backup.opened(path, identities) as (manifest, pieces):
                self.stdout.write(told(manifest))
                command = [backup.program("pg_restore"), "--file=/dev/null"]
                backup.feed(command, pieces, environment=backup.environment_of({}))
        except BackupError as fault_found:
            raise refused(str(fault_found)) from None
        if unknown := restoring.unknown_migrations(manifest):
            self.stdout.write(f"Den är gjord av en nyare portal än den här ({unknown[0]}).")
        self.stdout.write("Kopian är hel och går att läsa.")
