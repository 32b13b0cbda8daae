"""AGG: figures of the whole file, most of them against last year's approved delivery.

Persons are told apart by field 7 as it stands, so that a number with a slip still counts as one person. Thresholds
with "minst n" are silent below n, whichever year is the larger. Source: domain 3.3-3.4.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.prepare import Prepared, amount
from submissions.checking.registry import NEEDS_PREVIOUS, file_finding, swedish, whole_check

WHOLE = 10_000  # hundredths of a percent
WATCHED_ACTIVITIES = ("512", "513")

is_monthly = pl.col("f17") == "1"
is_hourly = pl.col("f17") == "2"
is_manager = pl.col("f10").is_in(["A", "B", "C"])


def _persons(frame: pl.DataFrame, people: pl.Series, condition: pl.Expr) -> int:
    return int(frame.select(pl.lit(people).filter(condition).drop_nulls().n_unique()).item())


def _counts(p: Prepared, condition: pl.Expr) -> tuple[int, int]:
    """Persons last year and this year."""
    before = 0 if p.context.previous is None else _persons(p.context.previous, p.people_before, condition)
    return before, _persons(p.frame, p.people_now, condition)


def _percent(before: float, now: float) -> float:
    return 100 * (now - before) / before


def _change(before: float, now: float, *, field: int | None = None, value: str | None = None) -> pl.DataFrame:
    """A finding that tells the change in percent, from and to; from nothing it is 100 percent."""
    percent = _percent(before, now) if before else 100.0
    return file_finding(field=field, value=value, v=swedish(percent), a=swedish(before, 0), b=swedish(now, 0))


@whole_check("AGG01", reads=(7, 17), parses=(), needs=NEEDS_PREVIOUS)
def monthly_paid_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG01: the number of monthly-paid has changed; large units bear less. The size is last year's employees."""
    before, now = _counts(p, is_monthly)
    employees = p.people_before.drop_nulls().n_unique()
    is_large = employees >= p.context.threshold("AGG01", "large")
    limit = p.context.threshold("AGG01", "share_large" if is_large else "share_small")
    if before and abs(_percent(before, now)) > limit:
        yield _change(before, now)


@whole_check("AGG02", reads=(7, 17), parses=(), needs=NEEDS_PREVIOUS)
def hourly_paid_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG02: the number of hourly-paid has changed, or they are new."""
    before, now = _counts(p, is_hourly)
    has_changed = before > 0 and abs(_percent(before, now)) > p.context.threshold("AGG02", "share")
    is_new = before == 0 and now >= p.context.threshold("AGG02", "new")
    if has_changed or is_new:
        yield _change(before, now)


@whole_check("AGG03", reads=(7, 9), parses=(), needs=NEEDS_PREVIOUS)
def etikett_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG03: the number of persons with an etikett has changed, from nothing too; one finding an etikett."""
    before, now = (
        frame.lazy().group_by("etikett").agg(pl.len().cast(pl.Int64).alias(name))
        for frame, name in ((p.etiketter_before, "a"), (p.etiketter_now, "b"))
    )
    counted = before.join(now, on="etikett", how="full", coalesce=True).with_columns(pl.col("a", "b").fill_null(0))
    share, fewest = p.context.threshold("AGG03", "share"), p.context.threshold("AGG03", "persons")
    is_large = pl.max_horizontal("a", "b") >= fewest
    has_changed = (pl.col("b") - pl.col("a")).abs() * 100 > share * pl.col("a")
    for etikett, a, b in counted.filter(is_large & has_changed).sort("etikett").collect().iter_rows():
        yield file_finding(field=9, value=f"{etikett:06d}", a=str(a), b=str(b))


@whole_check("AGG04", reads=(7, 9), parses=(), needs=NEEDS_PREVIOUS)
def persons_changed_etikett(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG04: of the persons in both years, the share that has no etikett in common."""
    still_here = p.etiketter_before.filter(pl.col("person").is_in(p.etiketter_now["person"].implode()))
    same = still_here.filter(pl.col("pair").is_in(p.etiketter_now["pair"].implode()))
    total, unchanged = still_here["person"].n_unique(), same["person"].n_unique()
    share = 100 * (total - unchanged) / total if total else 0.0
    if share > p.context.threshold("AGG04", "share"):
        yield file_finding(field=9, v=swedish(share), n=total - unchanged)


def _mean_salary(p: Prepared, frame: pl.DataFrame) -> float | None:
    """Of the monthly-paid, without salaries that RIM03 calls absurd: one slip shall not move the whole mean."""
    salary = amount(22)
    counts = is_monthly
    if p.context.is_on("RIM03"):
        low, high = (p.context.threshold("RIM03", name) for name in ("low", "high"))
        counts = is_monthly & salary.is_between(low, high)
    mean: float | None = frame.select(salary.filter(counts).mean()).item()
    return mean


@whole_check("AGG05", reads=(17, 22), parses=(), needs=NEEDS_PREVIOUS)
def mean_salary_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG05: the mean salary of the monthly-paid has fallen, or risen more than the threshold."""
    if p.context.previous is None:
        return
    before, now = _mean_salary(p, p.context.previous), _mean_salary(p, p.frame)
    low, high = (p.context.threshold("AGG05", name) for name in ("low", "high"))
    if before and now is not None and not low <= _percent(before, now) <= high:
        yield _change(before, now, field=22)


def _full_time(frame: pl.DataFrame) -> tuple[int, int]:
    """The monthly-paid rows with full time, and all that have a share."""
    share = amount(20).filter(is_monthly).drop_nulls()
    full, every = frame.select((share >= WHOLE).sum().alias("full"), share.len().alias("every")).row(0)
    return int(full), int(every)


@whole_check("AGG06", reads=(17, 20), parses=(), needs=NEEDS_PREVIOUS)
def full_time_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG06: the share of full-time among the monthly-paid has moved, in percentage points."""
    if p.context.previous is None:
        return
    (full_before, before), (full_now, now) = _full_time(p.context.previous), _full_time(p.frame)
    # Multiplied out: two shares as fractions of 100 may differ by a hair more than they do.
    if abs(full_now * before - full_before * now) * 100 > p.context.threshold("AGG06", "points") * before * now > 0:
        share_before, share_now = 100 * full_before / before, 100 * full_now / now
        yield file_finding(field=20, v=swedish(share_now - share_before), a=swedish(share_before), b=swedish(share_now))


@whole_check("AGG07", reads=(7, 10), parses=(), needs=NEEDS_PREVIOUS)
def managers_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG07: the number of managers (A, B, C) has changed."""
    before, now = _counts(p, is_manager)
    is_large = max(before, now) >= p.context.threshold("AGG07", "persons")
    if before and is_large and abs(_percent(before, now)) > p.context.threshold("AGG07", "share"):
        yield _change(before, now, field=10)


@whole_check("AGG08", reads=(10,), parses=())
def no_highest_manager(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG08: not one row has ansvarskod A."""
    if not p.frame.select((pl.col("f10") == "A").any()).item():
        yield file_finding(field=10)


@whole_check("AGG09", reads=(5, 7), parses=(), needs=NEEDS_PREVIOUS)
def watched_activity_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG09: the number of persons on verksamhet 512 or 513 has changed; one finding a verksamhet."""
    share, fewest = p.context.threshold("AGG09", "share"), p.context.threshold("AGG09", "persons")
    for activity in WATCHED_ACTIVITIES:
        before, now = _counts(p, pl.col("f5") == activity)
        if before and max(before, now) >= fewest and abs(_percent(before, now)) > share:
            yield _change(before, now, field=5, value=activity)


@whole_check("AGG10", reads=(7,), parses=(), needs=NEEDS_PREVIOUS)
def persons_missing(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG10: the share of last year's employees that are not in the file."""
    if p.context.previous is None:
        return
    before, now = (frame.select(amount(7)).to_series().drop_nulls() for frame in (p.context.previous, p.frame))
    before = before.unique()
    total, missing = before.len(), before.filter(~before.is_in(now.implode())).len()
    share = 100 * missing / total if total else 0.0
    if share > p.context.threshold("AGG10", "share"):
        yield file_finding(field=7, v=swedish(share), n=missing)


@whole_check("AGG11", reads=(39,), parses=())
def old_salaries(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG11: the share of rows whose salary is from before the year's pay review."""
    old = int(p.frame.select((pl.col("f39") == "N").sum()).item())
    share = 100 * old / p.height if p.height else 0.0
    if share > p.context.threshold("AGG11", "share"):
        yield file_finding(field=39, v=swedish(share), n=old)


@whole_check("AGG12", reads=(7, 28), parses=())
def nobody_ill(p: Prepared) -> Iterable[pl.DataFrame]:
    """AGG12: not one row with sickness as reason of leave, though the unit is of some size."""
    if p.frame.select((pl.col("f28") == "01").any()).item():
        return
    if p.people_now.drop_nulls().n_unique() >= p.context.threshold("AGG12", "persons"):
        yield file_finding(field=28)
