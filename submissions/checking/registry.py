"""How a check is written down.

A *row check* gives expressions: one Boolean per row and what to report where it is true. A *whole check* is given the
prepared rows and returns frames of findings: groups of rows, figures of the whole file, comparisons with last year.
Each is a small function that bears its code from the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from submissions.checking.context import Context

if TYPE_CHECKING:
    from submissions.checking.prepare import Prepared

FINDING_SCHEMA = pl.Schema(
    {
        "check": pl.String,
        "level": pl.String,
        "row": pl.UInt32,
        "field": pl.UInt8,
        "key": pl.String,
        "value": pl.String,
        "v": pl.String,
        "a": pl.String,
        "b": pl.String,
        "n": pl.Int64,
    }
)
LONGEST_VALUE = 100

NEEDS_PREVIOUS = "previous"
NEEDS_POSITIONS = "positions"
NEEDS_PAYROLL_SYSTEMS = "payroll systems"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a row check is true, and what it reports there. `value` is the field's own text unless given."""

    where: pl.Expr
    field: int | None
    value: pl.Expr | None = None
    v: pl.Expr | None = None  # the text of {v} in the message, where that is not the value
    a: pl.Expr | None = None
    b: pl.Expr | None = None
    n: pl.Expr | None = None


RowCheck = Callable[["Prepared"], Iterable[Hit]]
WholeCheck = Callable[["Prepared"], Iterable[pl.DataFrame]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A check in the registry."""

    code: str
    row_check: RowCheck | None = None
    whole_check: WholeCheck | None = None
    needs: str = ""
    reads: frozenset[int] = frozenset()  # of a whole check: the fields whose values can change its findings
    parses: frozenset[int] = frozenset()  # of those, the fields that it asks for parsed
    by_row: bool = False  # of a whole check: each row's findings hang on that row alone
    by_key: bool = False  # of a whole check: each row's findings hang on the rows with the same field 40 alone
    yields_to: str = ""  # of a whole check: the one that silences it

    @property
    def is_of_rows(self) -> bool:
        """True where a change on one row can change the findings on that row only."""
        return self.row_check is not None or self.by_row


REGISTRY: dict[str, Entry] = {}


def _register(entry: Entry) -> None:
    if entry.code in REGISTRY:
        raise ValueError(f"{entry.code} is written twice")
    REGISTRY[entry.code] = entry


def row_check(code: str, *, needs: str = "") -> Callable[[RowCheck], RowCheck]:
    """Registers a check of single rows."""

    def add(function: RowCheck) -> RowCheck:
        _register(Entry(code, row_check=function, needs=needs))
        return function

    return add


def whole_check(
    code: str,
    *,
    reads: Iterable[int],
    parses: Iterable[int] | None = None,
    by_row: bool = False,
    by_key: bool = False,
    needs: str = "",
    yields_to: str = "",
) -> Callable[[WholeCheck], WholeCheck]:
    """Registers a check of groups of rows or of the whole file.

    `reads` names the fields whose values can change its findings (40 where it reports on rows: the key is told), but for
    those of the check that silences it, `yields_to`; `parses` those it asks for parsed, all of them where nothing else is said.
    """
    fields = frozenset(reads)
    parsed = fields if parses is None else frozenset(parses)

    def add(function: WholeCheck) -> WholeCheck:
        _register(Entry(code, None, function, needs, fields, parsed, by_row, by_key, yields_to))
        return function

    return add


def no_findings() -> pl.DataFrame:
    """The frame of findings, empty."""
    return pl.DataFrame(schema=FINDING_SCHEMA)


def file_finding(
    *,
    field: int | None = None,
    value: str | None = None,
    v: str | None = None,
    a: str | None = None,
    b: str | None = None,
    n: int | None = None,
) -> pl.DataFrame:
    """One finding that concerns the whole file."""
    return pl.DataFrame(
        {"row": [None], "field": [field], "key": [None], "value": [value], "v": [v], "a": [a], "b": [b], "n": [n]},
        schema={name: kind for name, kind in FINDING_SCHEMA.items() if name not in ("check", "level")},
    )


def row_findings(
    rows: pl.DataFrame,
    *,
    field: int | None,
    v: pl.Expr | None = None,
    a: pl.Expr | None = None,
    n: pl.Expr | None = None,
) -> pl.DataFrame:
    """Findings on rows of a frame that has `row`, `f40` and what the expressions ask for, all but check and level."""
    return hit_findings(rows.lazy(), Hit(pl.lit(True), field=field, v=v, a=a, n=n)).collect()


def hit_findings(rows: pl.LazyFrame, hit: Hit) -> pl.LazyFrame:
    """The findings of a hit on the rows where it is true, to be collected with others."""
    nothing = pl.lit(None, pl.String)
    value = hit.value
    if value is None:
        value = pl.col(f"f{hit.field}") if hit.field else nothing
    return rows.select(
        pl.col("row").cast(pl.UInt32),
        pl.lit(hit.field, pl.UInt8).alias("field"),
        pl.col("f40").alias("key"),
        value.cast(pl.String).str.slice(0, LONGEST_VALUE).alias("value"),
        *(
            (nothing if text is None else text.cast(pl.String)).alias(name)
            for name, text in (("v", hit.v), ("a", hit.a), ("b", hit.b))
        ),
        (pl.lit(None, pl.Int64) if hit.n is None else hit.n.cast(pl.Int64)).alias("n"),
    )


def labelled(found: pl.DataFrame, code: str, level: str) -> pl.DataFrame:
    """The findings with their check and level, columns in order."""
    return found.select(pl.lit(code).alias("check"), pl.lit(level).alias("level"), pl.all())


def swedish_number(number: pl.Expr, decimals: int = 1) -> pl.Expr:
    """A figure as text with a decimal comma: 12.5 gives "12,5", 12.0 gives "12"."""
    text = number.round(decimals).cast(pl.String).str.replace(".", ",", literal=True)
    return text.str.replace(r",0+$", "")


def swedish(number: float, decimals: int = 1) -> str:
    """The same for one number."""
    text = f"{number:.{decimals}f}".replace(".", ",")
    return text.rstrip("0").rstrip(",") if "," in text else text


__all__ = ["FINDING_SCHEMA", "REGISTRY", "Context", "Entry", "Hit", "file_finding", "row_check", "row_findings", "whole_check"]
