"""`manage.py backup`: the whole database in one encrypted file."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from config import backup
from config.backup import BackupError
from config.lib import age
from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use
from config.lib.text import amount


class Command(PortalCommand):
    """A line of what was copied and one of where it lies. Exit status 1 where no copy was made."""

    help = (
        "Gör en krypterad säkerhetskopia av databasen. Kopian öppnas bara med den hemliga delen av nyckeln, som inte ska finnas "
        "på den här datorn. Sessioner, påbörjade registreringar, koder och räknare följer inte med, och inte heller portalens "
        "nycklar: förvara dem för sig. Körs med DATABASE_URL för portal_migrate. Filen får ett namn med tiden om --output är en "
        "katalog, och bredvid läggs dess kontrollsumma (.sha256). Ett avbrutet försök lämnar ingen fil."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and to whom."""
        parser.add_argument("--output", required=True, metavar="KATALOG|FIL", help="var kopian läggs")
        parser.add_argument(
            "--recipients", required=True, metavar="FIL", help="fil med den öppna delen av nyckeln (age1…), en eller flera"
        )
        add_dry_run(parser)

    def handle(self, *args: Any, output: str, recipients: str, dry_run: bool, **options: Any) -> None:
        """Refuse, or make."""
        at = timezone.now()
        keys, target = read_recipients(recipients), target_of(output, backup.name_at(at))
        parameters = backup.parameters_of(connection.settings_dict)
        try:
            if dry_run:
                self.tell(parameters, target)
                return
            manifest = backup.make(parameters, keys, target, at=at)
        except BackupError as fault:
            raise refused(str(fault)) from None
        audit.record("operation:backup", object=target.name, at=at)
        tables = amount(len(manifest.facts.tables), "tabell", "tabeller")
        self.stdout.write(f"{tables}, {amount(manifest.facts.rows, 'rad', 'rader')}, {target.stat().st_size} byte.")
        self.stdout.write(f"Kopian ligger i {target}. Flytta den till en annan dator.")

    def tell(self, parameters: dict[str, str], target: Path) -> None:
        """What would be copied, table by table."""
        with backup.connected(parameters) as reading:
            backup.check_version("pg_dump", reading.info.server_version // 10_000)
            facts = backup.manifest_of(reading, at=timezone.now()).facts
        for name, table in facts.tables.items():
            told = "följer inte med" if name in backup.LEFT_OUT else amount(table.rows, "rad", "rader")
            self.stdout.write(f"{name}: {told}")
        self.stdout.write(f"Skulle läggas i {target}. Inget är skrivet (--dry-run).")


def read_recipients(path: str) -> list[bytes]:
    """The open keys; refused where the file is none of them or holds a secret one."""
    try:
        return age.read_recipients(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise wrong_use(f"Filen {path} går inte att läsa.") from None
    except age.AgeError as fault:
        raise refused(f"{path}: {fault}") from None


def target_of(output: str, name: str) -> Path:
    """The file to be written. Refused where its directory is missing, closed, or the one that holds the portal's keys."""
    given = Path(output)
    target = given / name if given.is_dir() else given
    directory = target.parent
    if not directory.is_dir():
        raise wrong_use(f"Katalogen {directory} finns inte.")
    if not os.access(directory, os.W_OK):
        raise refused(f"Katalogen {directory} går inte att skriva i.")
    if directory.resolve() in {Path(path).resolve().parent for path in settings.SECRET_FILES}:
        raise refused(f"I {directory} ligger portalens nycklar. Lägg kopian på en annan plats: den ska inte finnas bredvid dem.")
    return target
