"""LOG: fields of one row against each other and against the measurement day. Sources: the catalogue, domain 3.3-3.4."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from submissions.checking.codes import given, is_known_as_no_doctor, is_municipal_position
from submissions.checking.prepare import Prepared
from submissions.checking.registry import NEEDS_POSITIONS, Hit, row_check, swedish_number
from submissions.spec import KOMMUN

MONTHLY, HOURLY = "1", "2"
PERMANENT = "1"
TEMPORARY = ("2", "3", "4", "6")
# Etiketter of hälso- och sjukvård and tandvård.
HEALTH_CARE = ((200_000, 209_999), (250_000, 259_999))

is_monthly = pl.col("k17") == MONTHLY
is_hourly = pl.col("k17") == HOURLY
is_permanent = pl.col("k16") == PERMANENT


def _between(p: Prepared, code: str, number: str = "k9") -> pl.Expr:
    low, high = (int(p.context.threshold(code, name)) for name in ("low", "high"))
    return pl.col(number).is_between(low, high)


@row_check("LOG01")
def doctor_without_specialty(p: Prepared) -> Iterable[Hit]:
    """LOG01: a licensed doctor needs a specialty."""
    yield Hit(_between(p, "LOG01") & pl.col("f13").is_null(), field=13)


@row_check("LOG02")
def specialty_of_no_doctor(p: Prepared) -> Iterable[Hit]:
    """LOG02: a specialty, in the list or not, on somebody who is no doctor."""
    yield Hit(is_known_as_no_doctor(p) & pl.col("i13").is_not_null(), field=13)


@row_check("LOG03")
def manager_without_responsibility(p: Prepared) -> Iterable[Hit]:
    """LOG03: an etikett of Ledningsarbete without ansvarskod."""
    yield Hit(_between(p, "LOG03") & pl.col("f10").is_null(), field=10)


@row_check("LOG04")
def doctors_code_on_other(p: Prepared) -> Iterable[Hit]:
    """LOG04: ansvarskod M is for doctors only."""
    yield Hit((pl.col("k10") == "M") & ~_between(p, "LOG04"), field=10)


@row_check("LOG05")
def doctor_with_old_code(p: Prepared) -> Iterable[Hit]:
    """LOG05: a doctor with ansvarskod L; bakjour and medicinskt ansvar are M since 2019."""
    yield Hit((pl.col("k10") == "L") & _between(p, "LOG05"), field=10)


@row_check("LOG06")
def monthly_without_share_or_salary(p: Prepared) -> Iterable[Hit]:
    """LOG06: monthly-paid without sysselsättningsgrad or salary; one finding a row, on the first that is missing."""
    no_share, no_salary = pl.col("f20").is_null(), pl.col("f22").is_null()
    yield Hit(is_monthly & no_share, field=20)
    yield Hit(is_monthly & ~no_share & no_salary, field=22)


@row_check("LOG07")
def hourly_without_pay_or_hours(p: Prepared) -> Iterable[Hit]:
    """LOG07: hourly-paid without hourly pay or hours; one finding a row, on the first that is missing."""
    no_pay, no_hours = pl.col("f24").is_null(), pl.col("f25").is_null()
    yield Hit(is_hourly & no_pay, field=24)
    yield Hit(is_hourly & ~no_pay & no_hours, field=25)


@row_check("LOG08")
def share_above_whole(p: Prepared) -> Iterable[Hit]:
    """LOG08: sysselsättningsgrad above 100 percent (zero is empty). Hundredths of a percent."""
    yield Hit(pl.col("i20") > p.context.threshold("LOG08", "high") * 100, field=20, v=swedish_number(pl.col("i20") / 100, 2))


@row_check("LOG09")
def permanent_but_ended(p: Prepared) -> Iterable[Hit]:
    """LOG09: a permanent employment that ended before the measurement day."""
    yield Hit(is_permanent & (pl.col("k19") < _measurement_day(p)), field=19)


@row_check("LOG10")
def temporary_without_end(p: Prepared) -> Iterable[Hit]:
    """LOG10: a temporary, monthly-paid employment without a last day."""
    yield Hit(pl.col("k16").is_in(TEMPORARY) & is_monthly & pl.col("f19").is_null(), field=19)


@row_check("LOG11")
def begins_too_late(p: Prepared) -> Iterable[Hit]:
    """LOG11: the employment begins after the month of measurement (November)."""
    yield Hit(pl.col("k18") // 100 > _measurement_day(p) // 100, field=18)


def _measurement_day(p: Prepared) -> int:
    return int(f"{p.context.collection.measurement_day:%Y%m%d}")


@row_check("LOG12")
def leave_without_reason(p: Prepared) -> Iterable[Hit]:
    """LOG12: leave without ledighetsorsak."""
    yield Hit((pl.col("i27") > 0) & pl.col("f28").is_null(), field=28)


@row_check("LOG13")
def permanent_and_hourly(p: Prepared) -> Iterable[Hit]:
    """LOG13: permanent but paid by the hour."""
    yield Hit(is_permanent & is_hourly, field=17)


@row_check("LOG14", needs=NEEDS_POSITIONS)
def assistant_nurse_with_other_etikett(p: Prepared) -> Iterable[Hit]:
    """LOG14: a permanent, monthly-paid undersköterska (by the kodförteckning's text) outside 207008-207014."""
    is_nurse = _has_position(p, "undersköterska")
    yield Hit(is_nurse & is_permanent & is_monthly & ~_between(p, "LOG14"), field=9)


@row_check("LOG15", needs=NEEDS_POSITIONS)
def school_pedagogue_with_other_etikett(p: Prepared) -> Iterable[Hit]:
    """LOG15: a socialpedagog in a school has etikett 351015."""
    school = [code for code in p.context.codes("verksamhet") if code.isdigit() and _in_school(p, int(code))]
    right = int(p.context.threshold("LOG15", "aid"))
    yield Hit(_has_position(p, "socialpedagog") & pl.col("k5").is_in(school) & (pl.col("k9") != right), field=9)


def _in_school(p: Prepared, code: int) -> bool:
    return p.context.threshold("LOG15", "low") <= code <= p.context.threshold("LOG15", "high")


def _has_position(p: Prepared, word: str) -> pl.Expr:
    """True where field 14 is known and its plain text holds the word, whatever its case."""
    codes = [code for code, text in (p.context.positions or {}).items() if word in text.casefold()]
    is_position = given(p, 14) & pl.col("f14").is_in(codes)
    return is_position & is_municipal_position() if p.context.sector == KOMMUN else is_position


@row_check("LOG16")
def etikett_against_activity(p: Prepared) -> Iterable[Hit]:
    """LOG16: a teacher's etikett on verksamhet 512 or 513."""
    aid = p.context.code_list("aid").codes.values()
    teachers = [int(code.code) for code in aid if code.code.isdigit() and "lärare" in code.label.casefold()]
    activities = [str(int(p.context.threshold("LOG16", name))) for name in ("low", "high")]
    yield Hit(pl.col("k5").is_in(activities) & pl.col("k9").is_in(teachers), field=9)


@row_check("LOG17")
def health_care_on_gotland(p: Prepared) -> Iterable[Hit]:
    """LOG17: on Gotland rows of hälso- och sjukvård need a verksamhet, so that they can be told apart."""
    is_health_care = pl.any_horizontal(pl.col("k9").is_between(low, high) for low, high in HEALTH_CARE)
    yield Hit(is_health_care & pl.col("f5").is_null(), field=5)
