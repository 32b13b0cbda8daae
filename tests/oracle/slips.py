"""Slips in a file: what people, payroll systems and spreadsheets do to single values and to whole files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from submissions.spec import CollectionSpec

DATES = (18, 19, 29, 30)
MEASUREMENT = date(2026, 11, 1)
YOUNGEST = date(2013, 11, 1)  # thirteen years old on the measurement day

# fmt: off
NASTY = (
    "", "\t", "\u00a0", "0", "00", "00000000", "000000000", "0" * 25, "9" * 25, "-1", "+1", "1.5", "1,5", "1e3", "0x1F", "1_000",
    "²", "١٢٣", "½", "å", "É", "ß", "'1", '"1"', "=1+1", "NULL", "null", "N/A", "-", "*", "1 0", "1\u00a00", "1 ", " 1", "\t1",
    "\x80", "\x81", "\x9f", "\x0b", "\x0c", "\x1f", "\x85", "\u2028", "\ufeff", "\u200b", "\u3000", "😀", "e\u0301",
)
AMOUNTS = (
    0, 1, 999, 1000, 1001, 8999, 9000, 9001, 9999, 10000, 10001, 17999, 18000, 18001, 24999, 25000, 25001, 40001, 89999, 90000,
    90001, 99999, 100000, 119999, 120000, 120001, 249999, 250000, 250001, 999999, 9999999, 10000000,
)
ETIKETTER = (
    "101010", "100000", "109999", "110000", "201000", "201009", "201010", "203090", "203091", "203999", "204010", "204090",
    "204091", "205010", "206010", "207007", "207008", "207014", "207015", "351015", "403010", "999999", "20101",
)
DAYS = (
    "20261031", "20261101", "20261130", "20261201", "20260229", "20240229", "19000229", "20000229", "20261301", "20260931",
    "00000000", "0", "99991231", "10000101", "09991231", "2026111", "202611011", "2026-11-1", "20260000", "00010101",
)
NO_DAYS = ("0229", "0230", "0431", "1301", "0000", "0132", "0100")
# fmt: on


def luhn(nine: str) -> str:
    """The nine digits and their check digit."""
    products = (int(sign) * (2 - place % 2) for place, sign in enumerate(nine))
    return nine + str(-sum(product // 10 + product % 10 for product in products) % 10)


def personnummer(chance: Random) -> str:
    """A right or nearly right number: edges of age and century, samordningsnummer, dates that do not exist."""
    birthday = MEASUREMENT.replace(year=MEASUREMENT.year - chance.choice((15, 16, 17, 74, 75, 76, 77, 99, 100)))
    near = timedelta(days=chance.randint(-2, 2))
    born = chance.choice((date(1900, 1, 1) + timedelta(days=chance.randrange(45_000)), YOUNGEST + near, birthday + near))
    text = f"{born:%y%m%d}"
    if chance.random() < 0.25:
        text = f"{chance.randrange(100):02}{chance.choice(NO_DAYS)}"
    if chance.random() < 0.3:
        text = text[:4] + f"{min(int(text[4:]) + 60, 99):02}"
    number = luhn(f"{text}{chance.randrange(980, 1000)}")
    if chance.random() < 0.2:
        place = chance.randrange(10)
        number = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    return chance.choice((number,) * 6 + (number[:9], f"19{number}", f"{number[:6]}-{number[6:]}", f" {number} "))


def value(number: int, old: str, chance: Random, year: CollectionSpec) -> str:
    """Another value for a field, more often a likely slip than a wild one."""
    spec = year.layout[number]
    pick = chance.random()
    if pick < 0.15:
        return chance.choice(NASTY)
    if pick < 0.25:
        zeros = "0" * spec.max_length
        return chance.choice((old.lower(), f" {old}", f"{old}\u00a0", f"{old}0", old[:-1], zeros, f"{zeros}0", ""))
    if pick < 0.3:
        return chance.choice(("X", "9")) * (spec.max_length + chance.randint(-1, 1))
    if number == 7:
        return personnummer(chance)
    if number in DATES:
        return chance.choice(DAYS)
    if number == 9:
        return chance.choice(ETIKETTER)
    if spec.numeric:
        amount = str(chance.choice(AMOUNTS))
        return chance.choice((amount, amount.zfill(spec.max_length)))
    return chance.choice(CODES.get(number, ("A", "1", "")))


CODES = {
    1: ("0488", "0480", "0400", "488", "04880", "9999", "ab12", ""),
    3: ("2120002841", "2120002842", "212000284", "21200028411", "212000-284", "0000000000"),
    5: ("512", "513", "510", "440", "435", "469", "434", "999", "", "51a", "0"),
    10: tuple("ABCFLMabcflmXZ0 ") + ("",),
    11: ("", "B", "P", "T", "b", "X", "0"),
    12: ("", "1", "2", "3", "4", "0"),
    13: ("80110", "80120", "8011", "99999", "00000", "0", "", "801100", "8o110"),
    14: ("2060", "206", "20601", "206A", "0000", "0", "", "abcd", "２０６０"),
    15: tuple("123456789Aa0X"),
    16: tuple("1234567890A"),
    17: tuple("1230X"),
    28: ("", "01", "02", "1", "00", "99", "001"),
    39: ("J", "N", "j", "n", "", "X", "0"),
    40: ("A00001", "a00001", "A00001 ", "00001", "1", "", "X" * 10, "X" * 11, "811218-9876", "0"),
}


def spoil_cells(rows: list[list[str]], chance: Random, year: CollectionSpec, most: int = 5) -> None:
    """Some values of some rows become others; now and then a row, or its key or person, is taken twice."""
    for _ in range(chance.randint(1, most)):
        row = chance.choice(rows)
        pick = chance.random()
        if pick < 0.08:
            rows.insert(chance.randrange(len(rows)), list(chance.choice(rows)))
        elif pick < 0.14:
            number = chance.choice((7, 40))
            for other in chance.choices(rows, k=chance.randint(1, 4)):
                other[number - 1] = row[number - 1]
        elif pick < 0.2:
            number = chance.choice((1, 3, 9, 10, 16, 17, 22, 28, 39))
            new = value(number, row[number - 1], chance, year)
            for other in chance.choices(rows, k=max(1, len(rows) // 3)):
                other[number - 1] = new
        else:
            number = chance.randint(1, 40)
            row[number - 1] = value(number, row[number - 1], chance, year)


def spoil_lines(lines: list[str], chance: Random) -> None:
    """Lines too short or too long, blank ones, and ones with nothing but separators."""
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(lines))
        pick = chance.randrange(8)
        if pick == 0:
            lines[place] = lines[place].rsplit(";", 1)[0]
        elif pick == 1:
            lines[place] += ";" + chance.choice(("", "X", " ", "\u00a0"))
        elif pick == 2:
            lines.insert(place, chance.choice(("", " ", "\t", "\u00a0", ";", ";" * 39, ";" * 40, " ; ; ", ",,,")))
        elif pick == 3:
            lines[place] = lines[place].replace(";", chance.choice((",", "\t", "|", ";;", "")), chance.randint(1, 3))
        elif pick == 4:
            lines[place] = "".join(chance.choice("ab;12 ") for _ in range(chance.randint(1, 90)))
        elif pick == 5:
            lines[:] = [f"{line};" for line in lines]
        elif pick == 6:
            lines.append("")
        else:
            lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]


def header(year: CollectionSpec, chance: Random) -> str:
    """A line of names, as they stand or as systems write them."""
    line = ";".join(field.name.replace(";", " ") for field in year.layout.fields)
    ways: tuple[Callable[[str], str], ...] = (
        str,
        str.upper,
        str.lower,
        lambda text: text.translate(str.maketrans("åäöÅÄÖ", "aaoAAO")),
        lambda text: text.replace(";", " ; "),
    )
    return chance.choice(ways)(line)


def write(lines: list[str], chance: Random) -> bytes:
    """The lines as a file, in one of the encodings and with one or several of the line ends that occur."""
    ends = chance.choice((["\r\n"],) * 4 + (["\n"],) * 3 + (["\r"], ["\r\n", "\n"], ["\r\n", "\n", "\r"]))
    text = "".join(line + chance.choice(ends) for line in lines)
    if chance.random() < 0.2:
        text = text.rstrip("\r\n")
    elif chance.random() < 0.15:
        text += chance.choice(("\r\n", "\n\n\n", "\x1a", " \n", "\x1a\r\n", ";;;\n"))
    encoding = chance.choice(("cp1252",) * 4 + ("utf-8",) * 3 + ("utf-8-sig", "iso-8859-1", "utf-16", "utf-32", "cp850"))
    return text.encode(encoding, "replace")


def spoiled(good: bytes, chance: Random, year: CollectionSpec) -> bytes:
    """A good file with one to a few slips in it."""
    rows = [line.split(";") for line in good.decode("cp1252").splitlines()]
    if chance.random() < 0.9:
        spoil_cells(rows, chance, year)
    lines = [";".join(row) for row in rows]
    if chance.random() < 0.15:
        lines.insert(0, header(year, chance))
    if chance.random() < 0.3:
        spoil_lines(lines, chance)
    if chance.random() < 0.05:
        mark = chance.choice("\t,|")
        lines = [line.replace(";", mark) for line in lines]
    return write(lines, chance)
