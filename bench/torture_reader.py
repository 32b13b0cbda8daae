"""Ten thousand random and two thousand damaged files through reading and checking: none may end in anything but an answer.

    python bench/torture_reader.py [--random 10000] [--damaged 2000] [--books 200] [--seed 1] [--keep DIRECTORY]

Random files are bytes by chance, signs and separators by chance, and headers of other kinds of files with chance after them. The
damaged ones start from a right delivery, as text or (`--books` of them) as a workbook: bits turned, pieces removed, doubled, moved,
put in, cut off. Each is read, checked and told about as `check_file` does it. A file that raises, or that takes more than 60 s,
is a fault; it is written to --keep. Prints name=value, exit 1 when there was a fault.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import openpyxl  # noqa: E402

from submissions import builtin, checking, reading, synthetic  # noqa: E402
from submissions.checking.report import RENDERERS, Report  # noqa: E402

UNIT, ROWS, TOO_LONG = "0488", 40, 60.0
SIGNS = [
    b";",
    b"\t",
    b",",
    b"|",
    b"\r\n",
    b"\n",
    b"\r",
    b'"',
    b"0488",
    b"2026-11",
    b"19",
    b"\xc3\xa5",
    b"\xe5",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b" ",
    b"-",
    b"1e5",
    b"\x1a",
]
HEADS = [
    b"PK\x03\x04",
    b"%PDF-1.7\n",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b\x08",
    b"MZ",
    b"<?xml version='1.0'?>",
    b"{",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
]


def random_file(chance: random.Random) -> bytes:
    """Bytes that nobody meant."""
    length = int(10 ** chance.uniform(0, 4.5))
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(length)
    if kind == 1:
        return b"".join(chance.choice(SIGNS) for _ in range(length // 3 + 1))
    if kind == 2:
        return chance.choice(HEADS) + chance.randbytes(length)
    rows = [
        b";".join(str(chance.randrange(10**8)).encode() for _ in range(chance.choice([1, 39, 40, 41])))
        for _ in range(length // 200 + 1)
    ]
    return chance.choice([b"\n", b"\r\n"]).join(rows)


def cut(data: bytes, chance: random.Random) -> tuple[int, int]:
    """A piece of it."""
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(10 ** chance.uniform(0, 3)))


def turn_bits(data: bytes, chance: random.Random) -> bytes:
    """Some bits the other way."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def remove(data: bytes, chance: random.Random) -> bytes:
    """A piece gone."""
    start, end = cut(data, chance)
    return data[:start] + data[end:]


def double(data: bytes, chance: random.Random) -> bytes:
    """A piece once more."""
    start, end = cut(data, chance)
    return data[:end] + data[start:]


def move(data: bytes, chance: random.Random) -> bytes:
    """A piece elsewhere."""
    start, end = cut(data, chance)
    rest = data[:start] + data[end:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + data[start:end] + rest[place:]


def put_in(data: bytes, chance: random.Random) -> bytes:
    """Signs where none should be."""
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(SIGNS) * chance.randrange(1, 50) + data[place:]


def cut_off(data: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(len(data) + 1)]


def other_letters(data: bytes, chance: random.Random) -> bytes:
    """Another encoding than it was, some of it."""
    start, end = cut(data, chance)
    return (
        data[:start]
        + data[start:end].decode("cp1252", "replace").encode(chance.choice(["utf-8", "utf-16", "cp850"]), "replace")
        + data[end:]
    )


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [turn_bits, remove, double, move, put_in, cut_off, other_letters]


def workbook(text: bytes) -> bytes:
    """The delivery as a spreadsheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Blad1")
    for line in text.decode("cp1252").splitlines():
        sheet.append(line.split(";"))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def files(asked: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Every file with its kind; the same numbers give the same files."""
    chance = random.Random(asked.seed)  # noqa: S311 - no secret
    for _ in range(asked.random):
        yield "random", random_file(chance)
    text = synthetic.delivery(UNIT, ROWS, asked.seed, 0.1)
    book = workbook(text)
    for number in range(asked.damaged):
        kind, data = ("book", book) if number < asked.books else ("text", text)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            data = chance.choice(DAMAGES)(data, chance)
        yield kind, data


def main() -> int:
    """Read them all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, default in {"random": 10_000, "damaged": 2_000, "books": 200, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    collection = builtin.collection_spec(builtin.LATEST)
    unit = next(unit for unit in builtin.units() if unit.code == UNIT)
    counts: Counter[str] = Counter()
    slowest = 0.0
    for number, (kind, data) in enumerate(files(asked)):
        began = time.perf_counter()
        try:
            read = reading.read_parts([data], collection.layout)
            context = checking.Context(unit_code=unit.code, unit_kind=unit.kind, collection=collection, firsts=read.firsts)
            report = Report(
                file_name="fil",
                unit=unit,
                collection=collection,
                reading=read,
                findings=checking.run(read, context),
                reveal=False,
                waivers=(),
            )
            RENDERERS["text"](report)
            ending = "refused" if read.refusal is not None else "read"
        except Exception:
            ending = "fault"
            traceback.print_exc()
        seconds = time.perf_counter() - began
        slowest = max(slowest, seconds)
        if seconds > TOO_LONG:
            ending = "fault"
        counts[f"{kind}_{ending}"] += 1
        if ending == "fault" and asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"{number}.{kind}").write_bytes(data)
    for name, count in sorted(counts.items()):
        print(f"{name}={count}")
    print(f"slowest_s={slowest:.2f}")
    faults = sum(count for name, count in counts.items() if name.endswith("_fault"))
    print(f"faults={faults}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
