"""Swedish text: a sort key that needs no database collation."""

from __future__ import annotations

import unicodedata

_LAST = {"å": "{", "ä": "|", "ö": "}", "æ": "|", "ø": "}"}  # after z in ASCII, in the alphabet's order


def sort_key(text: str) -> str:
    """`text` as a key that sorts as Swedish does under byte order: å ä ö last, other accents off, case ignored."""
    key = []
    for char in unicodedata.normalize("NFC", text).casefold():
        key.append(_LAST.get(char) or unicodedata.normalize("NFKD", char)[0])
    return "".join(key)
