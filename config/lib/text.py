"""Swedish text: a sort key that needs no database collation, a number with its word, and one clean line."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LAST = {"å": "{", "ä": "|", "ö": "}", "æ": "|", "ø": "}"}  # after z in ASCII, in the alphabet's order


@lru_cache(maxsize=4_096)  # the same names are sorted for every page
def sort_key(text: str) -> str:
    """`text` as a key that sorts as Swedish does under byte order: å ä ö last, other accents off, case ignored."""
    key = []
    for char in unicodedata.normalize("NFC", text).casefold():
        key.append(_LAST.get(char) or unicodedata.normalize("NFKD", char)[0])
    return "".join(key)


TWICE = ("Ã¥", "Ã¤", "Ã¶", "Ã…", "Ã„", "Ã–", "Ã©")  # å ä ö of UTF-8 read as Windows-1252 and written once more


def broken_line(text: str) -> int | None:
    """The number of the first line where å, ä or ö are no longer letters; None where all are."""
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if "\ufffd" in line or any(sign in line for sign in TWICE)), None)


def amount(count: int, one: str, many: str) -> str:
    """A number and its word: "1 rad", "2 104 rader" with the thousands apart."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") + f" {one if count == 1 else many}"


def one_line(text: str) -> str:
    """`text` on one line, without the signs that do not show: they can turn what stands after them around."""
    return " ".join("".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text).split())


def clean_lines(text: str) -> str:
    """`text` with its line breaks, each line as `one_line` makes it; no empty lines at the ends."""
    return "\n".join(one_line(line) for line in text.strip().splitlines()).strip("\n")
