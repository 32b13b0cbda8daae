"""The control sums of a hand-in: each counted by hand on a few rows."""

from __future__ import annotations

import polars as pl

from submissions.frames import FRAME_SCHEMA, empty_frame
from submissions.summaries import control_sums

ROWS = [
    {"f7": "8112189876", "f17": "1", "f20": "10000", "f22": "31500"},
    {"f7": "8112189876", "f17": "1", "f20": "5000", "f22": "30000", "f27": "10000"},
    {"f7": "9001019802", "f17": "2", "f24": "15000", "f25": "1250", "f26": "1875", "f27": "10000"},
    {"f7": "9001019802", "f17": "2", "f25": "25", "f26": "tusen", "f27": "10000"},  # no number counts as empty
    {"f7": None, "f17": "1", "f22": None, "f25": "9999"},  # the hours of somebody paid by the month are not summed
]


def sums(rows: list[dict[str, str | None]]) -> dict[str, float | None]:
    """The sums by key."""
    frame = pl.DataFrame([{"row": n, **row} for n, row in enumerate(rows, 1)], schema=FRAME_SCHEMA) if rows else empty_frame()
    return {line.key: line.value for line in control_sums(frame)}


def test_each_sum() -> None:
    assert sums(ROWS) == {
        "posts": 5,
        "employees": 2,
        "monthly": 1,
        "hourly": 1,
        "absent": 1,
        "full_time_equivalents": 1.5,
        "salaries": 61500,
        "hours": 12.75,
        "hourly_pay": 1875,
    }


def test_no_rows_sum_to_nothing() -> None:
    assert set(sums([]).values()) == {0}
