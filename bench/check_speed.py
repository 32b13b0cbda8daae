"""How fast a real-size delivery is read and checked, beside a bare `polars.read_csv` of the same bytes.

    python bench/check_speed.py [--rows 75000] [--unit 1400] [--defects 0.02] [--rounds 5]

Makes its own delivery, last year's to match and the region's kodförteckning, so that every check runs. The files are
made in a process of their own, so that `peak_mb`, the largest memory of this one, is reading and checking alone.
Prints one line a figure: read_csv_s, reading_s, checks_s (medians), findings, peak_mb and last
ratio = (reading_s + checks_s) / read_csv_s. Goal: ratio at most 6, peak under 600.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import polars as pl  # noqa: E402

from submissions import builtin, checking, reading  # noqa: E402

YEAR = 2026
SEED = 7
MAKE = """
import sys
from pathlib import Path
from submissions import synthetic
unit, rows, seed, defects, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5])
(folder / "now.txt").write_bytes(synthetic.delivery(unit, rows, seed, defects))
(folder / "before.txt").write_bytes(synthetic.delivery(unit, rows, seed, 0.0, previous=True))
(folder / "codes.txt").write_bytes(synthetic.position_list(unit))
"""


def seconds(work: Callable[[], object]) -> float:
    """The seconds that the work took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_bare(data: bytes) -> pl.DataFrame:
    """The floor: all fields as text, nothing else. Lossy, since the file need not be UTF-8; ragged, since a defect may be a stray semicolon."""
    return pl.read_csv(
        data, has_header=False, separator=";", infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True
    )


def main() -> None:
    """Makes the files, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--unit", default="1400")
    parser.add_argument("--defects", type=float, default=0.02)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        arguments = [options.unit, str(options.rows), str(SEED), str(options.defects), folder]
        subprocess.run([sys.executable, "-c", MAKE, *arguments], cwd=ROOT, check=True)
        now, before, codes = (Path(folder, name).read_bytes() for name in ("now.txt", "before.txt", "codes.txt"))

    collection = builtin.collection_spec(YEAR)
    kind = next(unit.kind for unit in builtin.units() if unit.code == options.unit)
    context = checking.Context(
        unit_code=options.unit,
        unit_kind=kind,
        collection=collection,
        previous=reading.read(before, collection.layout).frame,
        positions=reading.read_positions(codes),
    )
    del before
    read = reading.read(now, collection.layout)
    findings = checking.run(read, context)
    works = (
        lambda: read_bare(now),
        lambda: reading.read(now, collection.layout),
        lambda: checking.run(read, context),
    )
    # Side by side, so that whatever else the machine does disturbs the three alike.
    rounds = [[seconds(work) for work in works] for _ in range(options.rounds)]
    read_csv_s, reading_s, checks_s = (statistics.median(times) for times in zip(*rounds, strict=True))

    print(f"read_csv_s={read_csv_s:.4f}")
    print(f"reading_s={reading_s:.4f}")
    print(f"checks_s={checks_s:.4f}")
    print(f"findings={findings.frame.height}")
    print(f"peak_mb={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    print(f"ratio={(reading_s + checks_s) / read_csv_s:.2f}")


if __name__ == "__main__":
    main()
