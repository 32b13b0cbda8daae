"""Bytes to UTF-8, or the reason why not; never a byte lost.

Order: a byte order mark decides; then NUL bytes, which mean UTF-16 without its mark where every other byte is NUL and
else no text at all; then UTF-8. What is left has one byte a letter. Those at 0xC0-0xFF alone are Windows-1252 (and
ISO-8859-1, the same letters). Where 0x80-0xBF occur too, the letters decide: each way to read them is weighed by how
much Swedish it gives. Two ways that weigh nearly alike are a doubt, and a person is asked.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
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
MIXED = "utf-8-blandad"  # UTF-8 with single letters in Windows-1252: files that were joined by hand
# What a byte above 0x7F is tried as. Of ways that give the same text the first names it.
ONE_BYTE = ("cp1252", "cp850", "cp865", "cp437")
CLEAR = 4  # the best way is taken without a question where the next weighs less than a fourth
MOST_RIVALS = 3
MISFITS = 50  # one letter in so many may be where no letter is
WEIGHED = 20_000  # letters; more say nothing new
HIGH = re.compile(rb"([A-Za-z]?)([\x80-\xff])(?=([A-Za-z]?))")
PAIR = re.compile(rb"\xc3[\x80-\xbf]")
WIDE_SAMPLE = 4_096


@dataclass(frozen=True, slots=True)
class Decoded:
    """The file as UTF-8 without byte order mark, the encoding it had, and the other ones it may have."""

    data: bytes
    encoding: str
    rivals: tuple[str, ...] = ()  # all that a person must choose from, the taken one first; none where it is sure

    @property
    def is_ascii(self) -> bool:
        """True where no letter beyond ASCII occurs."""
        return self.data.isascii()


def decode(data: bytes, chosen: str | None = None) -> Decoded | Refusal:
    """The bytes as UTF-8, or a FIL03 refusal. `chosen` is what a person answered, where there was a doubt."""
    for mark, encoding in WIDE_MARKS:
        if data.startswith(mark):
            return _decode_wide(data, encoding)
    if b"\0" in data:
        return _decode_unmarked(data, chosen)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    if data.isascii() or _is_utf8(data):
        return Decoded(data, "utf-8")
    latin = data.decode("iso-8859-1").encode("utf-8")
    # U+0080-U+00BF: signs and the letters of DOS. Without them the encodings of one byte leave nothing to choose.
    if b"\xc2" not in latin and not PAIR.search(data):
        return Decoded(latin, "cp1252")  # ISO-8859-1 is the same text; Windows-1252 is what payroll systems mean
    return _weighed(data, chosen)


def decode_as(data: bytes, encoding: str) -> bytes | None:
    """The bytes as UTF-8 where they are read in that way; None where they cannot be."""
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeError:
        return None


def _letters_of_windows(error: UnicodeError) -> tuple[str, int]:
    """One byte that is no UTF-8, read as Windows-1252; ISO-8859-1 reads the five it has no letter for."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    try:
        return byte.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return byte.decode("iso-8859-1"), error.start + 1


def _mixed_codec(name: str) -> codecs.CodecInfo | None:
    if name != MIXED.replace("-", "_"):
        return None
    utf8 = codecs.lookup("utf-8")
    return codecs.CodecInfo(utf8.encode, lambda data, errors="strict": utf8.decode(data, "cp1252_else"), name=MIXED)


codecs.register_error("cp1252_else", _letters_of_windows)
codecs.register(_mixed_codec)  # so that whoever decodes by the encoding's name reads as it was read here


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


def _decode_unmarked(data: bytes, chosen: str | None) -> Decoded | Refusal:
    """UTF-16 that lacks its mark: nearly every other byte is NUL, and none of the others. It is always asked about."""
    sample = data[:WIDE_SAMPLE]
    half = len(sample) // 2
    for encoding, zeros, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        is_wide = len(data) % 2 == 0 and sample[zeros::2].count(0) * 10 >= half * 9 and not data[others::2].count(0)
        plain = decode_as(data, encoding) if is_wide and half else None
        if plain is not None:
            return Decoded(plain, encoding, () if chosen else (encoding,))
    return refusals.has_nul(data)


def _weighed(data: bytes, chosen: str | None) -> Decoded:
    """The way that gives the most Swedish, and its rivals where another gives nearly as much."""
    weights: dict[str, float] = {}
    texts: dict[str, bytes] = {}
    found = _high_letters(data)
    for encoding in (*ONE_BYTE, MIXED):
        if encoding == MIXED and not PAIR.search(data):
            continue
        text = decode_as(data, encoding)
        if text is None and encoding == "cp1252":  # five bytes are no letter in it: ISO-8859-1 reads any
            encoding, text = "iso-8859-1", decode_as(data, "iso-8859-1")
        if text is not None and text not in texts.values():
            texts[encoding] = text
            weights[encoding] = _mixed_weight(data) if encoding == MIXED else _weight(found, encoding)
    order = sorted(weights, key=lambda encoding: -weights[encoding])  # stable: of equals the first named
    best = order[0]
    is_odd = best == MIXED or _has_misfits(found, best)
    rivals = tuple(e for e in order if e == best or is_odd or 0 < weights[best] <= weights[e] * CLEAR)
    if chosen is not None:
        best = chosen if chosen in rivals else best
        return Decoded(texts[best], best)
    is_sure = (len(rivals) == 1 and not is_odd) or _is_signs_alone(found, best)
    return Decoded(texts[best], best, () if is_sure else rivals[:MOST_RIVALS])


def _high_letters(data: bytes) -> Counter[tuple[bytes, bytes, bytes]]:
    """How often each byte above 0x7F stands between which letters."""
    return Counter((match[1], match[2], match[3]) for match, _ in zip(HIGH.finditer(data), range(WEIGHED), strict=False))


def _mixed_weight(data: bytes) -> float:
    """Letters of two bytes in a text that is not UTF-8 throughout, each as sure as Swedish inside a word; then the others."""
    pairs = sum(1 for _ in zip(PAIR.finditer(data), range(WEIGHED), strict=False))
    return 6.0 * pairs + _weight(_high_letters(PAIR.sub(b"", data)), "cp1252")


SWEDISH = frozenset("åäöÅÄÖ")
COMMON = frozenset("éÉüÜèæÆøØ")
SIGNS = frozenset("–—‘’“”„•…§°½¼¾²³´`·«»€£©®\u00a0")


def _letter_weight(letter: str) -> float:
    """How likely a sign is in a Swedish payroll file."""
    if letter in SWEDISH:
        return 3.0
    if letter in COMMON:
        return 2.0
    if letter in SIGNS:
        return 1.0
    return 0.5 if "\u00c0" <= letter <= "\u017f" and letter.isalpha() else -2.0


def _weight(found: Counter[tuple[bytes, bytes, bytes]], encoding: str) -> float:
    """The sum over the letters. Inside a word a letter is at home and a sign is not, and a capital follows no small one."""
    total = 0.0
    for (before, byte, after), times in found.items():
        letter = byte.decode(encoding, "replace")
        weight = _letter_weight(letter)
        if before and after and weight > 0:
            weight = weight * 2 if _is_at_home(before, letter) else -1.0
        total += weight * times
    return total


def _is_at_home(before: bytes, letter: str) -> bool:
    """Whether a sign may stand between two letters: a letter, no capital after a small one, or an apostrophe."""
    return letter == "’" or (letter.isalpha() and not (before.islower() and letter.isupper()))


def _has_misfits(found: Counter[tuple[bytes, bytes, bytes]], encoding: str) -> bool:
    """True where too many signs stand inside words, or mean nothing: most likely two encodings in one file."""
    if encoding == MIXED:
        return True
    misfits = 0
    for (before, byte, after), times in found.items():
        letter = byte.decode(encoding, "replace")
        if _letter_weight(letter) < 0 or (before and after and not _is_at_home(before, letter)):
            misfits += times
    return misfits * MISFITS > found.total()


def _is_signs_alone(found: Counter[tuple[bytes, bytes, bytes]], best: str) -> bool:
    """True where Windows-1252 reads nothing but the signs of print: no word depends on the choice."""
    return best in ("cp1252", "iso-8859-1") and all(byte.decode("cp1252", "replace") in SIGNS for _, byte, _ in found)
