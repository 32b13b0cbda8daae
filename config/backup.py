"""The backup: one file that holds the whole database but what lives for hours, encrypted to a key that is not here.

The file is age (`config.lib.age`). What is encrypted is one line of JSON, the *manifest*, and then what pg_dump writes in its
custom format. The manifest is counted in the same snapshot as the dump, so that a restored database can be held against it.
Without the portal it is read by `age --decrypt --identity KEY FILE | tail -n +2 | pg_restore …`. Beside it lies its
checksum as `sha256sum --check` reads it. Nothing is written in clear, and no key of the portal is in the file.
Source: security note, section 7; DRIFT-04.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import conninfo

from config.database_facts import Facts, collect
from config.lib import age

LEFT_OUT = (
    "accounts_session",
    "accounts_signupjourney",
    "accounts_emailcode",
    "accounts_ratelimit",
    "accounts_draft",
    "accounts_deviceswap",
    "accounts_recoverybatch",
    "accounts_addresschange",
)
"""Tables whose rows live for hours: the copy has them empty. Whoever restores signs in anew."""

VERSION = 1
PART = 1_000_000
LONGEST_MANIFEST = 10_000_000


class BackupError(Exception):
    """The copy cannot be made or read; a Swedish sentence."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the copy says of itself."""

    taken_at: datetime
    server: int  # PostgreSQL's major version
    migrations: list[str]  # "accounts.0001_initial"
    facts: Facts

    def line(self) -> bytes:
        """The first line of what is encrypted."""
        values = {
            "version": VERSION,
            "taken_at": self.taken_at.astimezone(UTC).isoformat(timespec="seconds"),
            "server": self.server,
            "migrations": self.migrations,
            **self.facts.as_json(),
        }
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Manifest:
        """Raises BackupError where it is not ours, or of a later portal than this."""
        try:
            given = json.loads(line)
            if given["version"] != VERSION:
                raise BackupError("Kopian är gjord av en nyare portal. Återställ med den versionens kod.")
            taken_at = datetime.fromisoformat(given["taken_at"])
            return cls(taken_at, int(given["server"]), list(given["migrations"]), Facts.from_json(given))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupError("Filen är ingen säkerhetskopia av portalen.") from None


# Connections and programs --------------------------------------------------------------------------------------------


def parameters_of(settings_dict: dict[str, Any]) -> dict[str, str]:
    """What libpq needs to know, from Django's settings of a database."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    found = {name: str(settings_dict[key]) for name, key in named.items() if settings_dict.get(key)}
    return {**{name: str(value) for name, value in settings_dict.get("OPTIONS", {}).items()}, **found}


def parameters_of_url(url: str) -> dict[str, str]:
    """The same, from a DATABASE_URL. Raises BackupError; the sentence holds nothing of it, since it may hold a password."""
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError
        return {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    except (psycopg.Error, ValueError):
        raise BackupError("Databasen anges som postgresql://ANVÄNDARE@VÄRD/DATABAS, eller som en fil med den raden.") from None


@contextmanager
def connected(parameters: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """A connection that reads one snapshot and writes nothing. Raises BackupError where the database does not answer."""
    try:
        connection = psycopg.connect(conninfo.make_conninfo("", **{"connect_timeout": "10", **parameters}))
    except psycopg.OperationalError as problem:
        raise BackupError(f"Databasen svarar inte: {' '.join(str(problem).split())[:300]}") from None
    with connection:
        connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(f"SET LOCAL {limit} = 0")  # a copy takes its time
        yield connection


def program(name: str) -> str:
    """Where pg_dump or pg_restore is. Raises BackupError."""
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} finns inte. Installera PostgreSQL:s klientprogram (postgresql-client) och lägg dem i PATH.")
    return found


def check_version(name: str, server: int) -> None:
    """Refuse a program that is older than the server: it would not read it."""
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True).stdout
    number = int("".join(sign if sign.isdigit() else " " for sign in said).split()[0])
    if number < server:
        raise BackupError(f"{name} är version {number} och databasen {server}. Installera klientprogram av version {server}.")


def environment_of(parameters: dict[str, str]) -> dict[str, str]:
    """The environment of PostgreSQL's programs: the password here, where no list of processes shows it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name == "PGPASSFILE"}
    return {**kept, **({"PGPASSWORD": parameters["password"]} if "password" in parameters else {})}


def without_password(parameters: dict[str, str]) -> str:
    """For --dbname."""
    return conninfo.make_conninfo("", **{name: value for name, value in parameters.items() if name != "password"})


# Making --------------------------------------------------------------------------------------------------------------


def name_at(at: datetime) -> str:
    """The file's name in a directory."""
    return f"personalstatistik-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.age"


def manifest_of(connection: psycopg.Connection[Any], *, at: datetime) -> Manifest:
    """Counted in the connection's snapshot."""
    done = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY app, name").fetchall()
    facts = collect(connection, without_rows=LEFT_OUT)
    return Manifest(at, connection.info.server_version // 10_000, [name for (name,) in done], facts)


def make(parameters: dict[str, str], recipients: list[bytes], target: Path, *, at: datetime) -> Manifest:
    """Write the copy and its checksum; whole, or not at all. Raises BackupError.

    The rows are read twice: once to be counted, once by pg_dump, in one snapshot. Constant memory.
    """
    if target.exists():
        raise BackupError(f"{target.name} finns redan.")
    part = target.with_name(f".{target.name}.part")
    try:
        with connected(parameters) as connection:
            check_version("pg_dump", connection.info.server_version // 10_000)
            snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
            manifest = manifest_of(connection, at=at)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
                digest = _write(file, age.encrypt(_content(manifest, parameters, str((snapshot or [""])[0])), recipients))
                file.flush()
                os.fsync(file.fileno())
        part.replace(target)
        _write_checksum(target, digest)
    except OSError as problem:
        raise BackupError(f"{target} gick inte att skriva: {problem.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _content(manifest: Manifest, parameters: dict[str, str], snapshot: str) -> Iterator[bytes]:
    """The manifest and then the dump, as pg_dump gives it."""
    yield manifest.line()
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--snapshot={snapshot}"]
    command += [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
    command += [f"--dbname={without_password(parameters)}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, env=environment_of(parameters), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as dump,
    ):
        assert dump.stdout is not None  # noqa: S101 - it is a pipe
        try:
            while piece := dump.stdout.read(PART):
                yield piece
            if dump.wait():
                raise BackupError(f"pg_dump misslyckades: {last_words(said)}")
        finally:
            dump.kill()  # where the reader gave up; a program that has ended is left alone


def _write(file: IO[bytes], pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest()


def checksum_of(target: Path) -> Path:
    """Where the checksum lies."""
    return target.with_name(f"{target.name}.sha256")


def _write_checksum(target: Path, digest: str) -> None:
    file = checksum_of(target)
    part = file.with_name(f".{file.name}.part")
    part.write_text(f"{digest}  {target.name}\n", encoding="utf-8")
    part.replace(file)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def last_words(said: IO[bytes]) -> str:
    """The end of what a program wrote, on one line."""
    said.seek(0)
    return " ".join(said.read().decode("utf-8", "replace").split())[-300:]


# Reading -------------------------------------------------------------------------------------------------------------


def checksum_fault(file: Path) -> str:
    """Why the file is not the one that was written; "" where it is. Needs no key."""
    kept = checksum_of(file)
    try:
        wanted = kept.read_text(encoding="utf-8").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        return f"Kontrollsumman {kept.name} saknas."
    with file.open("rb") as source:
        found = hashlib.file_digest(source, "sha256").hexdigest()
    return "" if found == wanted else "Filen är inte den som skrevs: kontrollsumman stämmer inte."


@contextmanager
def opened(file: Path, identities: list[bytes]) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    """The manifest, and the dump piece by piece. Raises BackupError, also while the pieces are read."""
    try:
        source = file.open("rb")
    except OSError as problem:
        raise BackupError(f"{file} går inte att läsa: {problem.strerror}.") from None
    with source:
        pieces = _translated(age.decrypt(source, identities))
        first = b""
        while b"\n" not in first:
            piece = next(pieces, b"")
            first += piece
            if not piece or len(first) > LONGEST_MANIFEST:
                raise BackupError("Filen är ingen säkerhetskopia av portalen.")
        line, _, rest = first.partition(b"\n")
        yield Manifest.from_line(line), chain([rest], pieces)


def _translated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except age.AgeError as fault:
        raise BackupError(str(fault)) from None


def feed(command: list[str], pieces: Iterator[bytes], *, environment: dict[str, str]) -> None:
    """Run a program with the dump as its standard input. Raises BackupError.

    Where the file turns out to be broken the program is killed before its input ends, so that it completes nothing.
    """
    with (
        tempfile.TemporaryFile() as said,  # a pipe could fill while we write to the other one
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT) as running,
    ):
        assert running.stdin is not None  # noqa: S101 - it is a pipe
        try:
            for piece in pieces:
                running.stdin.write(piece)
            running.stdin.close()
        except BrokenPipeError:
            pass  # it ended before its input; why is told by its status
        except BaseException:
            running.kill()
            raise
        if running.wait():
            raise BackupError(f"{Path(command[0]).name} misslyckades: {last_words(said)}")
        for _ in pieces:  # what it did not ask for is to be whole too
            pass
