"""FIL: the file as a whole, and rows that do not belong in it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking import doctor
from submissions.checking.prepare import Prepared
from submissions.checking.registry import Hit, file_finding, row_check, whole_check
from submissions.frames import Refusal


@row_check("FIL04")
def other_unit(p: Prepared) -> Iterable[Hit]:
    """FIL04: the row bears another unit's code. Where every row does the file is refused: see `all_other_unit`."""
    yield Hit(_is_other(p), field=1, a=pl.lit(p.context.unit_code))


def all_other_unit(p: Prepared) -> pl.DataFrame | None:
    """FIL04 for the whole file, where every row bears another unit's code: names the unit it seems to be."""
    if not p.height or not p.frame.select(_is_other(p).fill_null(False).all()).item():
        return None
    code = p.frame["f1"].mode().sort()[0]
    return file_finding(field=1, value=code, a=p.context.unit_code, b=p.context.unit_names.get(code), n=p.height)


def _is_other(p: Prepared) -> pl.Expr:
    """Another code, and not only too long (FMT02) or without its leading zeros (FIL09)."""
    is_other = pl.col("f1") != p.context.unit_code
    is_other = is_other & ~pl.col("l1") if 1 in p.long else is_other
    return is_other & ~doctor.is_short_unit(p.context) if p.context.is_on("FIL09") else is_other


@whole_check("FIL05", reads=())
def same_file_again(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL05: the same bytes have been delivered before."""
    delivered = p.context.earlier.get(p.context.sha256)
    if delivered is not None:
        yield file_finding(a=delivered.isoformat())


@whole_check("FIL06", reads=())
def replaces_another(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL06: an earlier file is replaced; the last one counts."""
    if p.context.replaces is not None and not p.context.is_test:
        yield file_finding(a=p.context.replaces.isoformat())


@whole_check("FIL07", reads=())
def is_a_test(p: Prepared) -> Iterable[pl.DataFrame]:
    """FIL07: uploaded as a test file."""
    if p.context.is_test:
        yield file_finding()


def refusal_finding(refusal: Refusal) -> pl.DataFrame:
    """The one finding of a file that could not be read: `a` is the reason, `b` the line it points at."""
    return file_finding(a=refusal.message, b=None if refusal.row is None else str(refusal.row), n=refusal.n)


def wrong_width(wrong_rows: pl.DataFrame) -> pl.DataFrame:
    """FIL02 on each row with another number of fields than the layout's."""
    nothing = pl.lit(None, pl.String)
    return wrong_rows.select(
        pl.col("row").cast(pl.UInt32),
        pl.lit(None, pl.UInt8).alias("field"),
        *(nothing.alias(name) for name in ("key", "value", "v", "a", "b")),
        pl.col("n").cast(pl.Int64),
    )
