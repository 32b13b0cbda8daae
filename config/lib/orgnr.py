"""Swedish organisationsnummer: the check digit and how the number is written. Pure; knows no register.

A number has ten digits: NNNNNN-NNNK. The third digit is at least 2, so that it cannot be taken for a personnummer, and
the last is a Luhn check digit over the nine before it.
"""

from __future__ import annotations

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_DIGITS = frozenset("0123456789")


def is_digits(value: str) -> bool:
    """True where every character is one of 0-9 (`str.isdigit` also takes ² and Arabic digits); False for the empty."""
    return bool(value) and _DIGITS.issuperset(value)


def check_digit(nine: str) -> str:
    """The Luhn digit that follows nine digits, as text. Shared with personnummer. ValueError on anything else."""
    if len(nine) != 9 or not is_digits(nine):
        raise ValueError("nine digits are needed")
    total = sum(map(int, nine[1::2])) + sum(_DOUBLED[int(digit)] for digit in nine[0::2])
    return str(-total % 10)


def compact(value: str) -> str:
    """The ten digits of a number written with or without hyphen; blanks around are cut, other text is left alone."""
    value = value.strip()
    return value[:6] + value[7:] if len(value) == 11 and value[6] == "-" else value


def is_valid(value: str) -> bool:
    """True for ten digits (hyphen allowed after the sixth) that are no personnummer and have the right check digit."""
    digits = compact(value)
    return len(digits) == 10 and is_digits(digits) and digits[2] >= "2" and check_digit(digits[:9]) == digits[9]


def format_number(value: str) -> str:
    """212000-0488 style for ten digits; anything else comes back as it was, since the reader must see what was given."""
    digits = compact(value)
    return f"{digits[:6]}-{digits[6:]}" if len(digits) == 10 and is_digits(digits) else value
