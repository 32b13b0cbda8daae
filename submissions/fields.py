"""The fields of a row as people read them: in sections, and values in words. Pure; codes are for the lists."""

from __future__ import annotations

from datetime import date

from config.templatetags.sv import HARD, decimal, number

SECTIONS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("Arbetsgivaren", (1, 2, 3, 4)),
    ("Personen", (7, 40)),
    ("Arbetet", (9, 10, 11, 12, 13, 14, 5, 6)),
    ("Anställningen", (15, 16, 17, 18, 19, 20, 21)),
    ("Lönen", (22, 23, 24, 25, 26, 39)),
    ("Ledighet", (27, 28, 29, 30)),
    ("Tillägg", (31, 32, 33, 34, 35, 36, 37, 38)),
)
DATES = frozenset({18, 19, 29, 30})
PERCENT = frozenset({20, 27})
HOURS = {21: "timmar per vecka", 25: "timmar", 34: "timmar", 36: "timmar"}
KRONOR = frozenset({22, 23, 26, 31, 32, 33, 35, 37, 38})
ORE_AN_HOUR = 24
ORGANISATION = 3
YES_OR_NO = {"J": "ja", "N": "nej"}
REVIEWED = 39
CODE_LISTS = {  # the list that the codes of a field stand in
    5: "verksamhet",
    9: "aid",
    10: "ansvar",
    11: "bea_pan",
    12: "arbetstid",
    13: "specialitet",
    15: "lonekollektivavtal",
    16: "anstallningsform",
    17: "avloningsform",
    28: "ledighetsorsak",
}


def in_words(field: int, value: str | None) -> str:
    """The value as it is said: 20261101 is "2026-11-01", 07500 of hundredths is "75,00 %", öre are kronor.

    Empty where the field has no such form, or the value is not in it.
    """
    if field == REVIEWED:
        return YES_OR_NO.get(value or "", "")
    if not value or not (value.isascii() and value.isdigit()) or len(value) > 10:
        return ""
    if field in DATES:
        return _day(value)
    if field == ORGANISATION:
        return f"{value[:6]}-{value[6:]}" if len(value) == 10 else ""
    return _amount(field, int(value))


def _amount(field: int, value: int) -> str:
    hundredths = decimal(value / 100, 2)
    if field in PERCENT:
        return f"{hundredths}{HARD}%"
    if field in HOURS:
        return f"{hundredths}{HARD}{HOURS[field]}"
    if field in KRONOR:
        return f"{number(value)}{HARD}kr"
    return f"{hundredths}{HARD}kr/tim" if field == ORE_AN_HOUR else ""


def _day(value: str) -> str:
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:])).isoformat() if len(value) == 8 else ""
    except ValueError:
        return ""
