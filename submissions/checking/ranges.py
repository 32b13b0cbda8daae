"""RIM: amounts that are possible but unlikely. Salaries in whole kronor, hourly pay in öre, hours in hundredths."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.logic import is_monthly
from submissions.checking.prepare import Prepared, amount
from submissions.checking.registry import NEEDS_PREVIOUS, Hit, row_check, row_findings, swedish_number, whole_check

LAST_PERSON, LAST_ETIKETT = 9_999_999_999, 999_999  # ten digits and six
NORMAL_SHARE = 0.6745  # turns a median deviation into standard deviations


def _is_absurd(p: Prepared) -> pl.Expr:
    """RIM03's limits; such a salary gives RIM03 only. None is absurd in a year without that check."""
    if not p.context.is_on("RIM03"):
        return pl.lit(False)
    low, high = (p.context.threshold("RIM03", name) for name in ("low", "high"))
    return (pl.col("i22") < low) | (pl.col("i22") > high)


@row_check("RIM01")
def low_salary(p: Prepared) -> Iterable[Hit]:
    """RIM01: a full-time salary below the usual."""
    yield Hit((pl.col("i22") < p.context.threshold("RIM01", "low")) & ~_is_absurd(p), field=22, v=pl.col("i22"))


@row_check("RIM02")
def high_salary(p: Prepared) -> Iterable[Hit]:
    """RIM02: a full-time salary above the usual."""
    yield Hit((pl.col("i22") > p.context.threshold("RIM02", "high")) & ~_is_absurd(p), field=22, v=pl.col("i22"))


@row_check("RIM03")
def absurd_salary(p: Prepared) -> Iterable[Hit]:
    """RIM03: a full-time salary that must be a slip."""
    yield Hit(_is_absurd(p), field=22, v=pl.col("i22"))


@row_check("RIM04")
def unusual_hourly_pay(p: Prepared) -> Iterable[Hit]:
    """RIM04: an hourly pay below or above the usual; the field is in öre, the limits in kronor."""
    low, high = (p.context.threshold("RIM04", name) * 100 for name in ("low", "high"))
    yield Hit((pl.col("i24") < low) | (pl.col("i24") > high), field=24, v=swedish_number(pl.col("i24") / 100, 2))


@whole_check("RIM05", reads=(9, 17, 22, 40), parses=(9, 17, 22))
def salary_deviates(p: Prepared) -> Iterable[pl.DataFrame]:
    """RIM05: the monthly salary lies far from others with the same etikett at this unit.

    |0.6745 · (x − median) / MAD| > threshold within field 9, from the given number of monthly-paid rows with a salary;
    silent where MAD is 0. Source: domain 3.4.
    """
    fewest, limit = p.context.threshold("RIM05", "rows"), p.context.threshold("RIM05", "z")
    paid = p.frame.lazy().filter(is_monthly & pl.col("k9").is_not_null() & pl.col("i22").is_not_null())
    paid = paid.select("row", "k9", "i22")
    middle = paid.group_by("k9").agg(pl.col("i22").median().alias("median"), pl.len().alias("rows"))
    middle = middle.filter(pl.col("rows") >= fewest)
    distances = paid.join(middle, on="k9").with_columns((pl.col("i22") - pl.col("median")).abs().alias("distance"))
    spread = distances.group_by("k9").agg(pl.col("distance").median().alias("mad")).filter(pl.col("mad") > 0)
    far = distances.join(spread, on="k9").filter(NORMAL_SHARE * pl.col("distance") / pl.col("mad") > limit)
    far = far.filter(~_is_absurd(p))
    found = far.select("row", "median").collect()
    if found.height:
        rows = p.frame.select("row", "f22", "f40").join(found, on="row").sort("row")
        yield row_findings(rows, field=22, a=swedish_number(pl.col("median"), 0))


@whole_check("RIM06", reads=(7, 9, 17, 22, 40), by_row=True, needs=NEEDS_PREVIOUS)
def salary_changed(p: Prepared) -> Iterable[pl.DataFrame]:
    """RIM06: the salary of the same person with the same etikett has fallen, or risen more than the threshold."""
    if p.context.previous is None:
        return
    low, high = (p.context.threshold("RIM06", name) for name in ("low", "high"))
    before = (
        p.context.previous.lazy()
        .filter(pl.col("f17") == "1")
        .select(amount(7).alias("k7"), amount(9).alias("k9"), amount(22).alias("before"))
        .filter(pl.col("k7").is_between(0, LAST_PERSON) & pl.col("k9").is_between(0, LAST_ETIKETT))
        .select(_same_post(), "before")
        .drop_nulls()
        .group_by("post")
        .agg(pl.col("before").mean())
        .filter(pl.col("before") > 0)
    )
    now = p.frame.lazy().filter(is_monthly & ~_is_absurd(p)).select("row", "i22", _same_post()).drop_nulls()
    percent = 100 * (pl.col("i22") - pl.col("before")) / pl.col("before")
    changed = now.join(before, on="post").with_columns(percent.alias("percent"))
    changed = changed.filter((pl.col("percent") < low) | (pl.col("percent") > high)).select("row", "percent", "before")
    found = changed.collect()
    if found.height:
        rows = p.frame.select("row", "f22", "f40").join(found, on="row").sort("row")
        yield row_findings(rows, field=22, v=swedish_number(pl.col("percent")), a=swedish_number(pl.col("before"), 0))


def _same_post() -> pl.Expr:
    """One number for the person and the etikett together: a single key is found quicker than two."""
    return (pl.col("k7").cast(pl.Int64) * (LAST_ETIKETT + 1) + pl.col("k9")).alias("post")


@row_check("RIM07")
def many_hours(p: Prepared) -> Iterable[Hit]:
    """RIM07: more hours than a month holds."""
    limit = p.context.threshold("RIM07", "high") * 100
    yield Hit(pl.col("i25") > limit, field=25, v=swedish_number(pl.col("i25") / 100, 2))


@row_check("RIM08")
def small_share(p: Prepared) -> Iterable[Hit]:
    """RIM08: monthly-paid with a very small sysselsättningsgrad."""
    limit = p.context.threshold("RIM08", "low") * 100
    yield Hit(is_monthly & (pl.col("i20") < limit), field=20, v=swedish_number(pl.col("i20") / 100, 2))
