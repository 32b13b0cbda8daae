"""The control sums of a hand-in: what the unit signs and the receipt says, from the rows as they then stand."""

from __future__ import annotations

import polars as pl

from submissions.summaries.tables import Line, build

COUNTS = ("posts", "employees", "monthly", "hourly", "absent", "full_time_equivalents")  # of the review's first table
HUNDREDTHS = 100
SUMS = {
    "salaries": ("Summa överenskommen fast lön, månadsavlönade (kr)", 0),
    "hours": ("Summa arbetade timmar, timavlönade", 2),
    "hourly_pay": ("Summa utbetald timlön, timavlönade (kr)", 0),
}


def control_sums(frame: pl.DataFrame) -> tuple[Line, ...]:
    """The counts that a submitter knows and the sums of fields 22, 25 and 26. A text that is no number counts as empty."""
    table = build(frame)
    monthly, hourly = pl.col("f17") == "1", pl.col("f17") == "2"

    def total(name: str, of: pl.Expr) -> pl.Expr:
        return pl.col(name).cast(pl.Int64, strict=False).filter(of).sum()

    sums = frame.select(
        total("f22", monthly).alias("salaries"),
        (total("f25", hourly) / HUNDREDTHS).alias("hours"),
        total("f26", hourly).alias("hourly_pay"),
    ).row(0, named=True)
    added = tuple(Line(key, label, sums[key], decimals=decimals) for key, (label, decimals) in SUMS.items())
    return tuple(table[key] for key in COUNTS) + added
