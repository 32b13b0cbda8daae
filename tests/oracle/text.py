"""From bytes to rows: encoding, lines, separator, header and the kind reading of one value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

FIELDS = 40
BLANKS = " \t\u00a0\ufeff"
END_OF_FILE = "\x1a"  # how old systems close a file
SEPARATORS = (";", "\t", ",", "|")
DATES = (18, 19, 29, 30)
ZERO_IS_EMPTY = (19, 20, 21, 22, 24, 25, 27)
CODES = (1, 2, 5, 10, 11, 12, 14, 15, 16, 17, 28, 39)
NAMES_OF_A_HEADER = 3

Row = dict[int, str]  # field number: value; an empty field is not there


@dataclass
class Text:
    """A file as it was read: its rows by line number, the lines with another number of fields, or why it is refused."""

    rows: dict[int, Row] = field(default_factory=dict)
    wrong: dict[int, int] = field(default_factory=dict)
    refused: str = ""
    header: bool = False


def read(data: bytes, names: list[str]) -> Text:
    """The file's rows. `names` are the layout's field names, for telling a header."""
    text = decode(data)
    if text is None:
        return Text(refused="FIL03")
    lines = list(enumerate(re.split("\r\n|\n|\r", text), 1))
    lines = [(number, line) for number, line in lines if not blank(line)]
    for separator in SEPARATORS:
        table, header = parted(lines, separator, names)
        if not table:
            return Text(refused="FIL01", header=header)
        wrong = {number: len(values) for number, values in table.items() if len(values) != FIELDS}
        right = len(table) - len(wrong)
        if right * 2 > len(table) or (separator == ";" and right):
            rows = {number: kind(values) for number, values in table.items() if number not in wrong}
            return Text(rows, wrong, header=header)
    return Text(refused="FIL02")


def decode(data: bytes) -> str | None:
    """The text, or None where no encoding can be told."""
    for mark, name in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                return None
    if b"\0" in data:
        return wide_without_mark(data)
    names = ("utf-8-sig", "cp850") if data.count(b"\xc3") <= 3 and is_dos(data) else ("utf-8-sig", "utf-8 and cp1252", "cp1252")
    for name in names:
        if name == "utf-8 and cp1252":
            if data.count(b"\xc3") > 3:  # the first byte of Swedish letters in UTF-8; in Windows-1252 a letter no one writes
                return "".join(by_bytes(data))
            continue
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            pass
    return data.decode("iso-8859-1")


def is_dos(data: bytes) -> bool:
    """True where the bytes are more often å, ä and ö of DOS than of Windows."""
    dos, windows = ("åäöÅÄÖ".encode(name) for name in ("cp850", "cp1252"))
    return sum(map(data.count, dos)) > sum(map(data.count, windows))


def wide_without_mark(data: bytes) -> str | None:
    """UTF-16 where every other byte is NUL and no other one is."""
    for name, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if not len(data) % 2 and data[first::2].count(0) * 10 >= len(data[first::2]) * 9 and not data[1 - first :: 2].count(0):
            return data.decode(name)
    return None


def by_bytes(data: bytes) -> Iterator[str]:
    """Each sign of UTF-8, and each byte that is none as Windows-1252."""
    place = 0
    while place < len(data):
        for length in (1, 2, 3, 4):
            try:
                yield data[place : place + length].decode("utf-8")
                break
            except UnicodeDecodeError:
                continue
        else:
            length = 1
            yield data[place : place + 1].decode("cp1252")
        place += length


def parted(lines: list[tuple[int, str]], separator: str, names: list[str]) -> tuple[dict[int, list[str]], bool]:
    """The lines' values without a header, and whether there was one; an empty value at the end of all is cut off."""
    table = {number: line.split(separator) for number, line in lines}
    header = bool(table) and is_header(table[lines[0][0]], names)
    if header:
        del table[lines[0][0]]
    widths = [len(values) for values in table.values()]
    if all(cut(values[-1]) == "" for values in table.values()) and widths.count(FIELDS + 1) > widths.count(FIELDS):
        table = {number: values[:-1] for number, values in table.items()}
    return table, header


def blank(line: str) -> bool:
    """True for a line with nothing in it but blanks and separators."""
    return line.strip(BLANKS + END_OF_FILE + "".join(SEPARATORS)) == ""


def is_header(values: list[str], names: list[str]) -> bool:
    """True for a line that repeats field names, whatever their case and with or without the dots of å, ä and ö."""
    known = {plain(name) for name in names}
    return len(values) >= len(names) and sum(plain(value) in known for value in values) >= NAMES_OF_A_HEADER


def plain(name: str) -> str:
    """The letters and digits of a name."""
    name = name.casefold().translate(str.maketrans("åäö", "aao"))
    return "".join(sign for sign in name if sign in "abcdefghijklmnopqrstuvwxyz0123456789")


def cut(value: str) -> str:
    """The value without the blanks around it."""
    return value.strip(BLANKS)


def kind(values: list[str]) -> Row:
    """One row after the kind reading. Field 8, the name, is dropped."""
    row = {number: kind_value(number, value) for number, value in enumerate(values, 1) if number != 8}
    return {number: value for number, value in row.items() if value}


def kind_value(number: int, value: str) -> str:
    """One value after the kind reading; "" is empty."""
    value = cut(value)
    if number in CODES:
        value = value.upper()
    if number in (*DATES, *ZERO_IS_EMPTY, 13) and value.strip("0") == "":
        return ""
    return value
