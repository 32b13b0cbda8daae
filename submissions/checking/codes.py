"""KOD: codes against the year's lists."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.prepare import Prepared
from submissions.checking.registry import NEEDS_POSITIONS, Hit, row_check
from submissions.spec import REGION

REMOVED_EMPLOYMENT_FORM = "5"


def given(p: Prepared, number: int) -> pl.Expr:
    """True where the field has a text of the right form."""
    if f"i{number}" in p.frame.columns:
        return pl.col(f"i{number}").is_not_null()
    text = pl.col(f"f{number}").is_not_null()
    return text & ~pl.col(f"l{number}") if number in p.long else text


def _unlisted(p: Prepared, number: int) -> pl.Expr:
    return given(p, number) & pl.col(f"k{number}").is_null()


@row_check("KOD01")
def unknown_etikett(p: Prepared) -> Iterable[Hit]:
    """KOD01: the etikett is not in the AID list, or has too few digits."""
    yield Hit(_unlisted(p, 9), field=9, a=pl.lit(p.context.code_list("aid").version))


@row_check("KOD02")
def other_sector(p: Prepared) -> Iterable[Hit]:
    """KOD02: the etikett belongs to the other sector."""
    aid = p.context.code_list("aid").codes.values()
    others = [int(code.code) for code in aid if code.code.isdigit() and code.sector not in ("", p.context.sector)]
    if others:
        yield Hit(pl.col("k9").is_in(others), field=9, a=pl.lit("regioner" if p.context.sector == REGION else "kommuner"))


@row_check("KOD03")
def unknown_responsibility(p: Prepared) -> Iterable[Hit]:
    """KOD03: the ansvarskod is not one of the list."""
    yield Hit(_unlisted(p, 10), field=10)


@row_check("KOD04")
def unknown_specialty(p: Prepared) -> Iterable[Hit]:
    """KOD04: the specialty is not in the list; LOG02 takes its place on somebody who is known to be no doctor."""
    unlisted = _unlisted(p, 13)
    yield Hit(unlisted & ~is_known_as_no_doctor(p) if p.context.is_on("LOG02") else unlisted, field=13)


def is_known_as_no_doctor(p: Prepared) -> pl.Expr:
    """True where the etikett is known and is not a doctor's (LOG02's limits)."""
    low, high = (int(p.context.threshold("LOG02", name)) for name in ("low", "high"))
    return pl.col("k9").is_not_null() & ~pl.col("k9").is_between(low, high)


@row_check("KOD05")
def unknown_agreement(p: Prepared) -> Iterable[Hit]:
    """KOD05: the lönekollektivavtal is not one of the list."""
    yield Hit(_unlisted(p, 15), field=15)


@row_check("KOD06")
def removed_employment_form(p: Prepared) -> Iterable[Hit]:
    """KOD06: anställningsform 5 was taken away in 2017."""
    yield Hit(_unlisted(p, 16) & (pl.col("f16") == REMOVED_EMPLOYMENT_FORM), field=16)


@row_check("KOD07")
def unknown_form(p: Prepared) -> Iterable[Hit]:
    """KOD07: unknown anställningsform (but 5, which is KOD06) or avlöningsform."""
    unlisted = _unlisted(p, 16)
    yield Hit(unlisted & (pl.col("f16") != REMOVED_EMPLOYMENT_FORM) if p.context.is_on("KOD06") else unlisted, field=16)
    yield Hit(_unlisted(p, 17), field=17)


@row_check("KOD08")
def unknown_activity(p: Prepared) -> Iterable[Hit]:
    """KOD08: the verksamhetskod is not in bilaga C."""
    yield Hit(_unlisted(p, 5), field=5)


@row_check("KOD09", needs=NEEDS_POSITIONS)
def position_not_explained(p: Prepared) -> Iterable[Hit]:
    """KOD09: the region's own kodförteckning lacks the befattningskod."""
    yield Hit(given(p, 14) & ~pl.col("f14").is_in(list(p.context.positions or {})), field=14)


@row_check("KOD10")
def no_municipal_position(p: Prepared) -> Iterable[Hit]:
    """KOD10: a kommunal befattningskod has four digits."""
    yield Hit(given(p, 14) & ~is_municipal_position(), field=14)


def is_municipal_position() -> pl.Expr:
    """True where field 14 is four digits."""
    text = pl.col("f14")
    return (text.str.len_bytes() == 4) & (text >= "0") & text.cast(pl.Int32, strict=False).is_not_null()
