"""A database of its own beside the portal's: made, migrated, used, dropped. The portal's own is never written in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.utils import OperationalError, ProgrammingError

from accounts.models import User

PREFIX = "generalrepetition_"


class CannotRehearse(Exception):
    """There is no database to rehearse in; str() is a Swedish sentence."""


@contextmanager
def database(*, keep: bool) -> Iterator[str]:
    """The default connection, in every thread, goes to a new empty database meanwhile; its name. Dropped afterwards unless `keep`.

    Raises `CannotRehearse` where the user may not make databases.
    """
    own = connection.settings_dict["NAME"]
    name = PREFIX + secrets.token_hex(4)
    _make(name)
    try:
        _go_to(name)
        call_command("migrate", verbosity=0, interactive=False)
        check_is_scratch(name)
        yield name
    finally:
        _go_to(own)
        if not keep:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def check_is_scratch(name: str) -> None:
    """Raises `CannotRehearse` anywhere but in the new and empty database of that name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        here = cursor.fetchone()[0]
    if here != name or not here.startswith(PREFIX) or User.objects.exists():
        raise CannotRehearse("Generalrepetitionen körs bara i en egen, tom databas. Inget är gjort.")


def _make(name: str) -> None:
    if connection.in_atomic_block:
        raise CannotRehearse("Generalrepetitionen kan inte köras inne i en transaktion.")
    try:
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    except (OperationalError, ProgrammingError) as problem:
        raise CannotRehearse(
            "Det gick inte att skapa en databas att öva i. Kör som en databasanvändare som får skapa databaser "
            "(ALTER ROLE … CREATEDB), helst mot en annan server än den som portalen använder."
        ) from problem


def _go_to(name: str) -> None:
    """Every connection made from now on, also by other threads: they share the settings."""
    connection.close()
    connection.settings_dict["NAME"] = name
