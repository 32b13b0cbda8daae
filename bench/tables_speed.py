"""How fast the review tables of a real-size delivery are counted, beside a bare `polars.read_csv` of the same bytes.

    python bench/tables_speed.py [--rows 75000] [--unit 1400] [--rounds 5]

Makes this year's file and last year's. `tables_s` is every review table of this year beside last year, from the rows as
they are kept, with nothing counted before; `compare_s` is last year's rows joined person by person and every table of
comparison. `again_s` is one table once the rows have their concepts, as when a person goes from table to table. Prints one
line a figure, and last ratio = (tables_s + compare_s) / read_csv_s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import polars as pl  # noqa: E402

from submissions import builtin, reading, synthetic  # noqa: E402
from submissions.summaries import compare, concepts, grid  # noqa: E402
from submissions.summaries.review_tables import ETIKETTER, TABLES  # noqa: E402
from submissions.summaries.selection import BEFORE  # noqa: E402

YEAR, SEED = 2026, 7


def seconds(work: Callable[[], object]) -> float:
    """The seconds that the work took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Makes the files, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--unit", default="1400")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    collection = builtin.collection_spec(YEAR)
    kind = next(unit.kind for unit in builtin.units() if unit.code == options.unit)
    terms = concepts.Terms.of(collection, kind)
    content = synthetic.delivery(options.unit, options.rows, SEED, 0.02)
    frame = reading.read(content, collection.layout).frame
    last = reading.read(synthetic.delivery(options.unit, options.rows, SEED, previous=True), collection.layout).frame
    now, before = concepts.prepare(frame, terms), concepts.prepare(last, terms.year_before())

    def bare() -> None:
        pl.read_csv(
            content, has_header=False, separator=";", infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True
        )

    def tables() -> None:
        rows, earlier = concepts.prepare(frame, terms), concepts.prepare(last, terms.year_before())
        for table in TABLES.values():
            grid.build(table, grid.aggregate(table, rows), grid.aggregate(table, earlier))

    def comparison() -> None:
        joined, left = compare.join(now, before)
        for table in compare.COMPARISONS.values():
            grid.merge(table, grid.aggregate(table, joined), grid.aggregate(table, left, BEFORE))

    def again() -> None:
        grid.build(ETIKETTER, grid.aggregate(ETIKETTER, now), grid.aggregate(ETIKETTER, before))

    # Side by side, so that whatever else the machine does disturbs them alike.
    rounds = [[seconds(work) for work in (bare, tables, comparison, again)] for _ in range(options.rounds)]
    read_csv_s, tables_s, compare_s, again_s = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"read_csv_s={read_csv_s:.4f}")
    print(f"tables_s={tables_s:.4f}")
    print(f"compare_s={compare_s:.4f}")
    print(f"again_s={again_s:.4f}")
    print(f"ratio={(tables_s + compare_s) / read_csv_s:.2f}")


if __name__ == "__main__":
    main()
