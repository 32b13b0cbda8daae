"""The first review table. Persons are told apart by field 7 as it stands; one is helt ledig who is it on every row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

WHOLE = 10_000  # hundredths of a percent

LABELS = {
    "posts": "Poster",
    "employees": "Anställda (unika personer)",
    "monthly": "Månadsavlönade",
    "hourly": "Timavlönade",
    "absent": "Helt lediga",
    "full_time_equivalents": "Överenskomna årsarbetare",
    "mean_salary": "Medellön, månadsavlönade (kr, heltid)",
    "women": "Kvinnor",
    "men": "Män",
}
FIELDS = frozenset({7, 17, 20, 22, 27})  # what the figures are made of: no other field changes them
DECIMALS = {"full_time_equivalents": 1}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: this year's, last year's where there is one, and the change in percent."""

    key: str
    label: str
    value: float | None
    previous: float | None = None
    change_percent: float | None = None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The table, line by line."""

    lines: tuple[Line, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as values that JSON takes."""
        return {"lines": [asdict(line) for line in self.lines]}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Summary:
        """The table back from `as_dict`."""
        return cls(tuple(Line(**line) for line in stored["lines"]))

    def __getitem__(self, key: str) -> Line:
        return next(line for line in self.lines if line.key == key)


def build(frame: pl.DataFrame, previous: pl.DataFrame | None = None) -> Summary:
    """The table of a frame, with last year's figures where its frame is given."""
    now = _figures(frame)
    before = _figures(previous) if previous is not None else {}
    return Summary(tuple(_line(key, now[key], before.get(key)) for key in LABELS))


def _line(key: str, value: float | None, previous: float | None) -> Line:
    change = round(100 * (value - previous) / previous, 1) if value is not None and previous else None
    return Line(key, LABELS[key], value, previous, change, DECIMALS.get(key, 0))


def _figures(frame: pl.DataFrame) -> dict[str, float | None]:
    """The figures of one year. A text that is no number counts as empty here; the checks have said so."""
    numbers = frame.lazy().select(
        "f7",
        "f17",
        *(pl.col(name).cast(pl.Int64, strict=False) for name in ("f20", "f22", "f27")),
        pl.col("f7").str.slice(8, 1).cast(pl.Int8, strict=False).alias("birth_digit"),
    )
    is_monthly, is_hourly = pl.col("f17") == "1", pl.col("f17") == "2"
    share = pl.col("f20").filter(is_monthly & pl.col("f20").is_between(1, WHOLE))
    is_woman = pl.col("birth_digit") % 2 == 0

    def persons(condition: pl.Expr) -> pl.Expr:
        return pl.col("f7").filter(condition).drop_nulls().n_unique()

    row = numbers.select(
        pl.len().alias("posts"),
        pl.col("f7").drop_nulls().n_unique().alias("employees"),
        persons(is_monthly).alias("monthly"),
        persons(is_hourly).alias("hourly"),
        (pl.col("f7").drop_nulls().n_unique() - persons((pl.col("f27") < WHOLE).fill_null(True))).alias("absent"),
        (share.sum() / WHOLE).round(1).alias("full_time_equivalents"),
        pl.col("f22").filter(is_monthly).mean().round(0).alias("mean_salary"),
        persons(is_woman).alias("women"),
        persons(~is_woman).alias("men"),
    ).collect()
    return dict(row.row(0, named=True))
