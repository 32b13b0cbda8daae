"""What a database holds, in figures: whether two of them hold the same, as a restored one and the one that was copied.

For each table the number of rows and a digest of them all. The digest is a sum over the rows, so that their order does not
matter, and is worked out by the database: nothing is fetched. What the digest does not see (indexes, constraints, triggers,
functions) is compared by name, and each sequence may have gone on but not back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql

SPELLING = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "search_path": "public",
}
"""How a row is written as text, the same everywhere."""

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
"""
SEQUENCES = """
SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename
"""
OBJECTS = """
SELECT 'index ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('i', 'I')
UNION ALL
SELECT 'regel ' || conname || ' i ' || conrelid::regclass FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'utlösare ' || tgname || ' i ' || tgrelid::regclass FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal AND tgenabled = 'O'
UNION ALL
SELECT 'funktion ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1
"""
ROWS = sql.SQL(
    "SELECT count(*)::bigint, coalesce(sum(('x' || left(digest, 15))::bit(60)::bigint)::text, '0') || '.' ||"
    " coalesce(sum(('x' || substr(digest, 16, 15))::bit(60)::bigint)::text, '0')"
    " FROM (SELECT encode(sha256(convert_to(t::text, 'UTF8')), 'hex') AS digest FROM {} AS t OFFSET 0) AS rows"  # OFFSET: once a row
)


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows, and the digest of them."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A database in figures."""

    tables: dict[str, Table]
    sequences: dict[str, int]
    objects: list[str]

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Facts:
        """Raises KeyError and TypeError where the text is not ours."""
        tables = {str(name): Table(**table) for name, table in given["tables"].items()}
        return cls(tables=tables, sequences=dict(given["sequences"]), objects=list(given["objects"]))


def collect(connection: psycopg.Connection[Any], *, without_rows: tuple[str, ...] = ()) -> Facts:
    """The facts as the connection's transaction sees them; the tables of `without_rows` count as empty.

    Reads every row once, so it takes about as long as a copy.
    """
    with connection.cursor() as cursor:
        for name, value in SPELLING.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        names = [name for (name,) in cursor.execute(TABLES).fetchall()]
        tables = {}
        for name in names:
            if name in without_rows:
                tables[name] = Table(0, "0.0")
                continue
            found = cursor.execute(ROWS.format(sql.Identifier(name))).fetchone()
            assert found is not None  # noqa: S101 - a count always has its row
            tables[name] = Table(*found)
        sequences = dict(cursor.execute(SEQUENCES).fetchall())
        return Facts(tables, sequences, [name for (name,) in cursor.execute(OBJECTS).fetchall()])


def differences(was: Facts, now: Facts) -> Iterator[str]:
    """What `now` holds otherwise than `was`, a Swedish sentence for each table or object; none where they are the same."""
    for name in sorted(was.tables.keys() | now.tables.keys()):
        before, after = was.tables.get(name), now.tables.get(name)
        if before is None or after is None:
            yield f"{name}: tabellen {'finns bara i den andra' if before is None else 'saknas i den andra'}."
        elif before.rows != after.rows:
            yield f"{name}: {before.rows} rader i den första, {after.rows} i den andra."
        elif before != after:
            yield f"{name}: lika många rader ({before.rows}), men innehållet skiljer."
    for name, value in was.sequences.items():
        if now.sequences.get(name, -1) < value:
            yield f"{name}: nummerserien har gått tillbaka eller saknas."
    yield from (f"{name} saknas i den andra." for name in sorted(set(was.objects) - set(now.objects)))
    yield from (f"{name} finns bara i den andra." for name in sorted(set(now.objects) - set(was.objects)))
