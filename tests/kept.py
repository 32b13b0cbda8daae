"""What takes seconds to make is made once per process; whoever asks later has its rows put back as they were.

`again("scene", make_scene)` makes the scene at the hour when every test begins, keeps all rows of the database and what `make`
gave, and from the second time on copies them back in a tenth of the time. The database holds nothing else afterwards, so it is
asked for where a test (or a module) begins. A test that really commits leaves the database by `as_migrated`.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import time_machine
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from submissions.services import storage
from tests.guards.secrets import known

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
MIGRATED = "migrated"
NEVER_CHANGED = ("django_migrations", "django_content_type", "auth_permission")  # by a test


@dataclass(frozen=True)
class Kept:
    """The rows of each table that had any, how far the sequences had come, the secrets, and what was given."""

    rows: dict[str, bytes]
    sequences: dict[str, int]
    codes: frozenset[str]
    others: frozenset[str]
    given: bytes


T = TypeVar("T")
_kept: dict[str, Kept] = {}


def again(name: str, make: Callable[[], T]) -> T:
    """What `make` gives at NOW, and its rows in the database, which holds no others."""
    if name not in _kept:
        with time_machine.travel(NOW, tick=False):
            given = make()
        _kept[name] = _keep(given)
    return _put_back(_kept[name])


def remember_migrated() -> None:
    """Keep the few rows that migrations write."""
    _kept[MIGRATED] = _keep(None)


def as_migrated() -> None:
    """Leave no rows but those of the migrations."""
    _put_back(_kept[MIGRATED])


def _keep(given: object) -> Kept:
    with connection.cursor() as cursor:
        rows = {table: b"".join(_copied(cursor, table)) for table in _filled(cursor)}
        cursor.execute(
            "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value > 0"
        )
        sequences = dict(cursor.fetchall())
    return Kept(rows, sequences, frozenset(known.codes), frozenset(known.others), pickle.dumps(given))


def _copied(cursor: CursorWrapper, table: str) -> Iterator[bytes]:
    with cursor.cursor.copy(f"COPY {table} TO STDOUT (FORMAT BINARY)") as copy:
        yield from (bytes(part) for part in copy)


def _put_back(kept: Kept) -> Any:
    with _without_triggers() as cursor:
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {table}")
        for table, rows in kept.rows.items():
            with cursor.cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(rows)
        # Never back: what is kept by number in this process shall not meet the same number on another row.
        forward = "SELECT setval(%s::regclass, greatest(%s, coalesce(pg_sequence_last_value(%s::regclass), 1)))"
        cursor.executemany(forward, [(name, last, name) for name, last in kept.sequences.items()])
    storage.cache.clear()
    known.codes |= kept.codes
    known.others |= kept.others
    return pickle.loads(kept.given)


@contextmanager
def _without_triggers() -> Iterator[CursorWrapper]:
    """One transaction where neither foreign keys nor our own triggers, such as the audit trail's, are asked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")


def _filled(cursor: CursorWrapper) -> list[str]:
    """The tables that hold rows."""
    cursor.execute(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND relname <> ALL(%s) ORDER BY relname",
        [list(NEVER_CHANGED)],
    )
    tables = [table for (table,) in cursor.fetchall()]
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
    return [table for (table,) in cursor.fetchall()]
