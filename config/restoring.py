"""From a backup to a portal: read it into an empty database, prove that it holds what was copied, and make it ready.

Nothing of the portal's own database is asked: the target is given. The rows come in one transaction, so that a broken file
leaves the database as empty as it was. The proof is held against the manifest before anything is migrated.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import django
import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from psycopg import conninfo

from config import backup
from config.backup import BackupError, Manifest
from config.database_facts import collect, differences

READY = (["migrate", "--no-input", "--verbosity", "0"], ["grant_roles"], ["verify_sealed"], ["verify_audit"])
"""What makes a restored database one that the portal can serve from, and shows that its keys are here and its trail whole."""

RELATIONS = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')"


def refuse_target(parameters: dict[str, str], manifest: Manifest) -> None:
    """Raises BackupError where the copy cannot be read into the database, or must not be."""
    with backup.connected(parameters) as connection:
        found = connection.execute(RELATIONS).fetchone()
        server = connection.info.server_version // 10_000
    if found and found[0]:
        raise BackupError("Databasen är inte tom. Återställ bara till en ny, tom databas (createdb).")
    if server < manifest.server:
        raise BackupError(
            f"Kopian är från PostgreSQL {manifest.server} och den här servern är {server}. Använd en minst lika ny."
        )
    backup.check_version("pg_restore", max(server, manifest.server))
    if unknown := unknown_migrations(manifest):
        raise BackupError(f"Kopian är gjord av en nyare portal ({unknown[0]}). Återställ med den versionens kod.")


def unknown_migrations(manifest: Manifest) -> list[str]:
    """What the copied database has had and this version's code does not know."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    ours = {name.split(".")[0] for name in known}
    return [name for name in manifest.migrations if name not in known and name.split(".")[0] in ours]


def read_in(parameters: dict[str, str], pieces: Iterator[bytes]) -> None:
    """All the rows, or none. Raises BackupError."""
    command = [backup.program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    command += ["--no-password", f"--dbname={backup.without_password(parameters)}"]
    backup.feed(command, pieces, environment=backup.environment_of(parameters))
    with psycopg.connect(conninfo.make_conninfo("", **parameters), autocommit=True) as connection:
        connection.execute("ANALYZE")


def prove(parameters: dict[str, str], manifest: Manifest) -> list[str]:
    """How the database differs from what was copied; none where it is the same."""
    with backup.connected(parameters) as connection:
        return list(differences(manifest.facts, collect(connection)))


def make_ready(url: str) -> tuple[int, str]:
    """Run READY against that database, in a process of its own; the exit status and what was said."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL_FILE"}
    ended = subprocess.run(
        [sys.executable, "-m", "config.restoring"],
        cwd=settings.BASE_DIR,
        env={**environment, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    return ended.returncode, ended.stdout


def main() -> None:
    """The commands of READY one after the other, up to the first that is refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        for name, *arguments in READY:
            call_command(name, *arguments)
    except (CommandError, ImproperlyConfigured, DatabaseError) as fault:
        sys.exit(" ".join(str(fault).split()))


if __name__ == "__main__":
    main()
