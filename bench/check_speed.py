"""How fast a real-size delivery is read and checked, beside a bare `polars.read_csv` of the same bytes.

    python bench/check_speed.py [--rows 75000] [--unit 1400] [--defects 0.02] [--rounds 5]

Makes its own delivery, last year's to match and the region's kodförteckning, so that every check runs. The files are
made in a process of their own, so that `peak_mb`, the largest memory of this one, is reading and checking alone.
Prints one line a figure, medians in seconds, with these ratios and goals:

    all_wrong_ratio   reading and checking a file with a slip on every row, beside one without slips: at most 2
    rerun_ratio       the findings after one correction that no check of the whole file reads, beside all checks: at most 0.1
    rerun_whole_ratio the same after a corrected salary, which several checks of the whole file read: at most 1
    plain_ratio       the same rules in plain Python (tests/oracle) beside the engine, on fewer rows: at least 5
    ratio             reading and all checks beside the bare read_csv: at most 5

`peak_mb` under 600.
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
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import polars as pl  # noqa: E402

from submissions import builtin, checking, reading  # noqa: E402
from tests import oracle  # noqa: E402

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
(folder / "clean.txt").write_bytes(synthetic.delivery(unit, rows, seed, 0.0))
(folder / "all_wrong.txt").write_bytes(synthetic.delivery(unit, rows, seed, 1.0))
(folder / "few.txt").write_bytes(synthetic.delivery(unit, min(rows, 10_000), seed, defects))
(folder / "few_before.txt").write_bytes(synthetic.delivery(unit, min(rows, 10_000), seed, 0.0, previous=True))
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
        now, before, codes, clean, all_wrong, few, few_before = (
            Path(folder, f"{name}.txt").read_bytes()
            for name in ("now", "before", "codes", "clean", "all_wrong", "few", "few_before")
        )

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
    works = {
        "read_csv_s": lambda: read_bare(now),
        "reading_s": lambda: reading.read(now, collection.layout),
        "checks_s": lambda: checking.run(read, context),
    }
    spent = measure(works, options.rounds)
    spent["findings"] = findings.frame.height
    spent["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    ratio = (spent["reading_s"] + spent["checks_s"]) / spent["read_csv_s"]

    def whole(content: bytes) -> checking.Findings:
        return checking.run(reading.read(content, collection.layout), context)

    files = measure({"clean_s": lambda: whole(clean), "all_wrong_s": lambda: whole(all_wrong)}, options.rounds)
    again = measure(
        {
            "full_run_s": lambda: checking.run(read, context),
            "rerun_s": lambda: after_correction(read.frame, findings, context, field=6, value="rättad"),
            "rerun_whole_s": lambda: after_correction(read.frame, findings, context, field=22, value="31234"),
        },
        options.rounds,
    )
    ask = oracle.Ask(options.unit, kind, collection, few_before, context.positions)
    plain = measure(
        {
            "plain_s": lambda: oracle.findings(few, ask),
            "engine_s": lambda: checking.run(
                reading.read(few, collection.layout),
                replace(context, previous=reading.read(few_before, collection.layout).frame),
            ),
        },
        1,
    )
    for name, value in {**spent, **files, **again, **plain}.items():
        print(f"{name}={value:.4f}" if name.endswith("_s") else f"{name}={value:.0f}")
    print(f"all_wrong_ratio={files['all_wrong_s'] / files['clean_s']:.2f}")
    print(f"rerun_ratio={again['rerun_s'] / again['full_run_s']:.3f}")
    print(f"rerun_whole_ratio={again['rerun_whole_s'] / again['full_run_s']:.3f}")
    print(f"plain_ratio={plain['plain_s'] / plain['engine_s']:.1f}")
    print(f"ratio={ratio:.2f}")


def measure(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median seconds of each. Side by side, so that whatever else the machine does disturbs them alike."""
    times = [[seconds(work) for work in works.values()] for _ in range(rounds)]
    return {name: statistics.median(spent) for name, spent in zip(works, zip(*times, strict=True), strict=True)}


def after_correction(
    frame: pl.DataFrame, found: checking.Findings, context: checking.Context, *, field: int, value: str
) -> checking.Findings:
    """The findings after a correction of one value in the middle of the file."""
    row = frame["row"][frame.height // 2]
    cells = pl.DataFrame({"row": [row], "field": [field]}, schema={"row": pl.UInt32, "field": pl.UInt8})
    corrected = frame.with_columns(
        pl.when(pl.col("row") == row).then(pl.lit(value)).otherwise(pl.col(f"f{field}")).alias(f"f{field}")
    )
    return checking.rerun(found.frame, corrected, context, cells)


if __name__ == "__main__":
    main()
