"""Swedish ways of writing numbers, dates, sizes and plurals, as template filters. Built in: pages need no {% load %}."""

import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils import timezone

from submissions import frames

register = template.Library()

THIN = "\N{NARROW NO-BREAK SPACE}"
HARD = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
MONTHS = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
]
SHORT_MONTHS = ["jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"]
WEEKDAYS = ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"]
SIZES = ("kB", "MB", "GB")


def _decimal(value: Any) -> Decimal | None:
    """`value` as a finite decimal; None if it is not a number."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def _written(number: Decimal, decimals: int) -> str:
    rounded = abs(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,.{decimals}f}".replace(",", THIN).replace(".", ",")
    is_negative = number < 0 and any(digit in text for digit in "123456789")
    return f"{MINUS}{text}" if is_negative else text


@register.filter
def number(value: Any) -> str:
    """A whole number with its thousands apart: 31500 is "31 500". Nothing is a dash; other text stays as it is."""
    return decimal(value, 0)


@register.filter
def decimal(value: Any, decimals: int = 1) -> str:
    """A number with decimal comma: 0.125|decimal:2 is "0,13". Nothing is a dash; other text stays as it is."""
    if value is None or value == "":
        return NONE
    parsed = _decimal(value)
    return str(value) if parsed is None else _written(parsed, decimals)


@register.filter
def percent(value: Any, decimals: int = 0) -> str:
    """A share as percent: 0.256|percent:1 is "25,6 %"."""
    parsed = _decimal(value)
    return NONE if parsed is None else f"{_written(parsed * 100, decimals)}{HARD}%"


def _local(value: datetime.date | datetime.datetime) -> datetime.date | datetime.datetime:
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


@register.filter
def day(value: datetime.date | datetime.datetime | None) -> str:
    """A date as ÅÅÅÅ-MM-DD, in Swedish time; nothing is a dash."""
    return _local(value).strftime("%Y-%m-%d") if value else NONE


@register.filter
def long_day(value: datetime.date | datetime.datetime | None) -> str:
    """A date in words: "1 december 2026"."""
    if not value:
        return NONE
    local = _local(value)
    return f"{local.day}{HARD}{MONTHS[local.month - 1]} {local.year}"


@register.filter
def week_day(value: datetime.date | datetime.datetime | None) -> str:
    """A date in words with its weekday: "tisdag 1 december 2026"."""
    return f"{WEEKDAYS[_local(value).weekday()]} {long_day(value)}" if value else NONE


@register.filter
def clock(value: datetime.datetime | None) -> str:
    """The time of day: "15.48"."""
    return _local(value).strftime("%H.%M") if value else NONE


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """A point in time, in Swedish time: "24 nov 2026 kl. 15.48"."""
    if not value:
        return NONE
    local = _local(value)
    return f"{local.day}{HARD}{SHORT_MONTHS[local.month - 1]} {local.year} kl.{HARD}{local.strftime('%H.%M')}"


@register.filter
def size(value: Any) -> str:
    """A number of bytes: "812 byte", "48 kB", "1,4 MB" (1 kB is 1000 bytes)."""
    parsed = _decimal(value)
    if parsed is None:
        return NONE
    if parsed < 1000:
        return f"{_written(parsed, 0)}{HARD}byte"
    for unit in SIZES:
        parsed /= 1000
        if parsed < Decimal("999.5") or unit == SIZES[-1]:
            break
    return f"{_written(parsed, 0 if unit == 'kB' or parsed >= 100 else 1)}{HARD}{unit}"


@register.filter
def plural(value: Any, forms: str) -> str:
    """The right word for a number: antal|plural:"rad,rader"."""
    one, many = forms.split(",")
    return one if _decimal(value) == 1 else many


@register.filter
def count(value: Any, forms: str) -> str:
    """The number and its word: 2104|count:"rad,rader" is "2 104 rader"."""
    return f"{number(value)}{HARD}{plural(value, forms)}"


@register.filter
def place(row: Any, firsts: Any) -> str:
    """Where a row of a delivery stands: `{{ finding.row|place:room.firsts }}` is "rad 17", in several files "del 2, rad 17"."""
    return frames.place(int(row), firsts)
