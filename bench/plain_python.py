"""What the rules cost in plain Python: the oracle of the tests beside the engine, on the same delivery.

    python bench/plain_python.py [--rows 75000] [--unit 1400] [--defects 0.02]

The oracle reads and checks row by row with dicts and ifs, so it is the honest price of the same rules without polars.
Both read this year's and last year's file. Prints one line a figure: oracle_s, engine_s (median of three), findings, same (1 where both find the
same) and last speedup = oracle_s / engine_s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from submissions import builtin, checking, reading, synthetic  # noqa: E402
from submissions.checking import Context, Findings  # noqa: E402
from tests import oracle  # noqa: E402

YEAR, SEED, ROUNDS = 2026, 7, 3


def main() -> None:
    """Make the files, run both and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--unit", default="1400")
    parser.add_argument("--defects", type=float, default=0.02)
    options = parser.parse_args()
    year = builtin.collection_spec(YEAR)
    kind = next(unit.kind for unit in builtin.units() if unit.code == options.unit)
    data = synthetic.delivery(options.unit, options.rows, SEED, options.defects)
    previous = synthetic.delivery(options.unit, options.rows, SEED, previous=True)
    positions = reading.read_positions(synthetic.position_list(options.unit))

    def engine() -> Findings:
        last_year = reading.read(previous, year.layout).frame
        context = Context(unit_code=options.unit, unit_kind=kind, collection=year, previous=last_year, positions=positions)
        return checking.run(reading.read(data, year.layout), context)

    found = engine()  # warm
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        engine()
        seconds.append(time.perf_counter() - start)
    engine_s = statistics.median(seconds)
    start = time.perf_counter()
    expected = oracle.findings(data, oracle.Ask(options.unit, kind, year, previous, positions))
    oracle_s = time.perf_counter() - start
    places = found.frame.select("check", "level", "row", "field").iter_rows()
    same = Counter((check, level, row or 0, field or 0) for check, level, row, field in places) == Counter(map(tuple, expected))
    print(f"oracle_s={oracle_s:.4f}")
    print(f"engine_s={engine_s:.4f}")
    print(f"findings={len(expected)}")
    print(f"same={int(same)}")
    print(f"speedup={oracle_s / engine_s:.2f}")


if __name__ == "__main__":
    main()
