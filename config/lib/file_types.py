"""Whether a file's content is of the type that its name says, from its own bytes. Nothing is opened or unpacked.

Source: security note, A-5 (supplements) and FIL-07.
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

TEXTS = frozenset({".txt", ".csv"})
MAGIC = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".xlsx": (b"PK\x03\x04",),
    ".ods": (b"PK\x03\x04",),
}
SAME = {".jpeg": ".jpg"}
INSIDE = {
    ".xlsx": (b"[Content_Types].xml", b"xl/workbook.xml"),
    ".ods": (b"application/vnd.oasis.opendocument.spreadsheet", b"content.xml"),
}
MACROS = b"vbaProject.bin"
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
STARTS_OF_OTHERS = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"\x1f\x8b", b"Rar!", b"{\\rtf", b"<")


def ending_of(name: str) -> str:
    """ ".pdf" of "Lista.PDF", with one way to write each type; "" where there is none."""
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return SAME.get(ending, ending)


def is_of_type(content: bytes, ending: str) -> bool:
    """Whether the bytes are what the ending says: text without control signs, or the type's own first bytes."""
    if ending in TEXTS:
        return _is_text(content)
    if not content.startswith(MAGIC.get(ending, ())):
        return False
    return ending not in INSIDE or (all(name in content for name in INSIDE[ending]) and MACROS not in content)


def _is_text(content: bytes) -> bool:
    if content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(STARTS_OF_OTHERS):
        return False
    return content.startswith(WIDE) or NOT_TEXT.search(content) is None
