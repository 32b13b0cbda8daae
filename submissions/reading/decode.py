"""Bytes to UTF-8, or the reason why not.

Order: a byte order mark decides; NUL bytes without one mean that this is no text we can read; then UTF-8; then
Windows-1252 where bytes 0x80-0x9F occur and all of them mean something there; else ISO-8859-1, which reads any byte.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from submissions.frames import Refusal
from submissions.reading import refusals

# UTF-32 before UTF-16: the little-endian marks begin alike.
WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The file as UTF-8 without byte order mark, and the encoding it had."""

    data: bytes
    encoding: str

    @property
    def is_ascii(self) -> bool:
        """True where no letter beyond ASCII occurs."""
        return self.data.isascii()


def decode(data: bytes) -> Decoded | Refusal:
    """The bytes as UTF-8, or a FIL03 refusal."""
    for mark, encoding in WIDE_MARKS:
        if data.startswith(mark):
            return _decode_wide(data, encoding)
    if b"\0" in data:
        return refusals.has_nul(data)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    if data.isascii() or _is_utf8(data):
        return Decoded(data, "utf-8")
    latin = data.decode("iso-8859-1").encode("utf-8")
    if b"\xc2" in latin:  # U+0080-U+00BF: either Windows-1252's typographic signs or plain ISO-8859-1 signs
        try:
            return Decoded(data.decode("cp1252").encode("utf-8"), "cp1252")
        except UnicodeDecodeError:
            return Decoded(latin, "iso-8859-1")
    # Without 0x80-0x9F the two are the same text; Windows-1252 is what payroll systems mean.
    return Decoded(latin, "cp1252")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_wide(data: bytes, encoding: str) -> Decoded | Refusal:
    try:
        text = data.decode(encoding)
        plain = text.encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return refusals.broken_wide(encoding)
    if "\0" in text:
        return refusals.has_nul(data)
    return Decoded(plain, encoding)
