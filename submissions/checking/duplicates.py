"""DUB: rows against each other. Each is reported on every row of the group."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.logic import is_monthly
from submissions.checking.prepare import Prepared
from submissions.checking.registry import file_finding, row_findings, swedish_number, whole_check
from submissions.frames import FIELD_NUMBERS, column, numbers_of

WHOLE = 10_000  # hundredths of a percent


def identical_rows(p: Prepared) -> pl.DataFrame:
    """The rows that are alike in every field but the name, with `other`: the row each is like.

    Only rows with the same key can be alike, and usually there are none.
    """
    shared = p.shared_keys
    fields = [column(number) for number in numbers_of(p.frame)]
    if shared.is_empty():
        return shared.with_columns(pl.lit(None, pl.UInt32).alias("other"))
    alike = shared.filter(pl.struct(fields).is_duplicated())
    first = pl.col("row").first().over(fields)
    second = pl.col("row").get(1).over(fields)
    return alike.with_columns(pl.when(pl.col("row") == first).then(second).otherwise(first).alias("other"))


@whole_check("DUB01", reads=FIELD_NUMBERS, parses=(40,), by_key=True)
def repeated_keys(p: Prepared) -> Iterable[pl.DataFrame]:
    """DUB01: the anställningsnummer stands on several rows, which are not alike."""
    keyed = p.shared_keys.filter(pl.col("f40").is_not_null())
    if 40 in p.long:
        keyed = keyed.filter(~pl.col("l40"))
    if keyed.height:
        counted = keyed.with_columns(pl.len().over("f40").alias("rows"))
        if p.context.is_on("DUB04"):
            counted = counted.join(identical_rows(p), on="row", how="anti")
        yield row_findings(counted, field=40, n=pl.col("rows"))


@whole_check("FIL15", reads=(40,))
def overlapping_parts(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL15: the same anställningsnummer stands in two of the delivery's files; one finding for each pair of files."""
    if len(p.context.firsts) < 2:
        return
    keyed = p.shared_keys.filter(pl.col("f40").is_not_null())
    part = pl.sum_horizontal((pl.col("row") >= first).cast(pl.UInt32) for first in p.context.firsts)
    where = keyed.select("f40", part.alias("part")).unique()
    pairs = where.join(where, on="f40", suffix="_other").filter(pl.col("part") < pl.col("part_other"))
    for first, second, count in pairs.group_by("part", "part_other").len().sort("part", "part_other").iter_rows():
        yield file_finding(field=40, a=str(first), b=str(second), n=count)


@whole_check("DUB02", reads=(7, 40), parses=(7,))
def many_employments(p: Prepared) -> Iterable[pl.DataFrame]:
    """DUB02: a person has more rows than the threshold."""
    counted = p.shared_persons("f7", "f40").with_columns(pl.len().over("k7").alias("rows"))
    many = counted.filter(pl.col("rows") > p.context.threshold("DUB02", "rows")).collect()
    if many.height:
        yield row_findings(many, field=7, n=pl.col("rows"))


@whole_check("DUB03", reads=(7, 17, 20, 27, 40), parses=(7, 17, 20, 27))
def more_than_full_time(p: Prepared) -> Iterable[pl.DataFrame]:
    """DUB03: a person's shares sum up to more than the threshold. Monthly-paid rows with leave below 100 percent."""
    is_absent = pl.col("i27") >= WHOLE
    takes_part = is_monthly & (pl.col("i20") <= WHOLE) & (pl.col("f27").is_null() | ~is_absent)
    rows = p.shared_persons("f20", "f27", "f40", "i20", "i27", "k17").filter(takes_part)
    summed = rows.with_columns(pl.col("i20").sum().over("k7").alias("sum"))
    above = summed.filter(pl.col("sum") > p.context.threshold("DUB03", "high") * 100).collect()
    if above.height:
        yield row_findings(above, field=20, v=swedish_number(pl.col("sum") / 100, 2))


@whole_check("DUB04", reads=FIELD_NUMBERS, parses=(), by_key=True)
def identical(p: Prepared) -> Iterable[pl.DataFrame]:
    """DUB04: the whole row is like another one."""
    alike = identical_rows(p)
    if alike.height:
        yield row_findings(alike, field=None, n=pl.col("other"))
