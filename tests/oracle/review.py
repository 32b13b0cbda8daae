"""The review tables once more, row by row in plain Python: slow, and written from the concepts' words, not from their code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from statistics import mean, median

Row = Mapping[str, str | None]
DAY = "20261101"


def number(text: str | None) -> int | None:
    """The number a field holds; None where it is empty or something else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def is_employment(row: Row) -> bool:
    """Månadsavlönad on the day of measurement, or timavlönad with hours in November."""
    begins, ends = number(row["f18"]), number(row["f19"])
    if row["f17"] == "2":
        return bool(number(row["f25"]))
    has_begun = begins is None or begins <= int(DAY)
    return row["f17"] == "1" and has_begun and (ends is None or ends >= int(DAY))


def is_whole_leave(row: Row) -> bool:
    """Field 27 at 100 percent or more."""
    return (number(row["f27"]) or 0) >= 10_000


def full_time(row: Row) -> float:
    """Faktiska årsarbetare of one anställning."""
    if row["f17"] == "2":
        return (number(row["f25"]) or 0) / 100 / 165
    share = number(row["f20"])
    if share is None or not 1 <= share <= 10_000:
        return 0.0
    return share / 10_000 * (1 - min(number(row["f27"]) or 0, 10_000) / 10_000)


def sex(row: Row) -> str:
    """By the ninth digit of field 7."""
    text = row["f7"] or ""
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return "okand"
    return "kvinna" if int(text[8]) % 2 == 0 else "man"


def age(row: Row) -> int | None:
    """On the day of measurement; None where there is no month and day."""
    text = row["f7"] or ""
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return None
    month, day = int(text[2:4]), int(text[4:6])
    day -= 60 * (day > 60)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    for year in range(2013, 1900, -1):
        if year % 100 == int(text[:2]):
            years = 2026 - year - ((month, day) > (11, 1))
            if years >= 13:
                return years
    return None


def percentile(values: Iterable[int], share: float) -> float:
    """Interpolated on the line between two values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def by(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """The rows of each key, and all of them under "alla"."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
        found["alla"].append(row)
    return found


def persons(rows: Iterable[Row]) -> int:
    """How many different people."""
    return len({row["f7"] for row in rows if row["f7"] is not None})


def populations(rows: list[Row], everybody: list[Row]) -> tuple[float, ...]:
    """Poster, anställningar, anställda, sysselsatta, helt lediga and årsarbetare of some of the rows."""
    working = {row["f7"] for row in everybody if is_employment(row) and not is_whole_leave(row)}
    employed = [row for row in rows if is_employment(row)]
    at_work = persons(row for row in employed if row["f7"] in working)
    return (
        len(rows), len(employed), persons(employed), at_work, persons(employed) - at_work, sum(map(full_time, employed))
    )  # fmt: skip


def pay(rows: Iterable[Row]) -> tuple[float | None, ...]:
    """The number of salaries, their mean, 10th percentile, median and 90th percentile."""
    salaries = [number(row["f22"]) or 0 for row in rows if is_employment(row) and row["f17"] == "1" and number(row["f22"])]
    if not salaries:
        return 0, None, None, None, None
    return len(salaries), mean(salaries), percentile(salaries, 0.1), median(salaries), percentile(salaries, 0.9)
