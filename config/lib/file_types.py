"""What a file is, by its own bytes, and whether its name says the same. Of a packed file only the directory is read.

Source: security note, A-5 (supplements and attachments) and FIL-07; ASVS 5.2.2.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from config.lib import packed


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that somebody may give us."""

    code: str
    label: str
    named: str  # in a sentence
    endings: tuple[str, ...]  # of its names; the first is ours
    content_type: str


TEXT = FileType("text", "Textfil", "en textfil", (".txt", ".csv"), "text/plain")
PDF = FileType("pdf", "PDF", "en PDF", (".pdf",), "application/pdf")
PNG = FileType("png", "Bild", "en bild (.png)", (".png",), "image/png")
JPEG = FileType("jpeg", "Bild", "en bild (.jpg)", (".jpg", ".jpeg"), "image/jpeg")
XLSX = FileType(
    "xlsx",
    "Kalkylblad",
    "ett kalkylblad (.xlsx)",
    (".xlsx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
ODS = FileType("ods", "Kalkylblad", "ett kalkylblad (.ods)", (".ods",), "application/vnd.oasis.opendocument.spreadsheet")
DOCX = FileType(
    "docx",
    "Dokument",
    "ett dokument (.docx)",
    (".docx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
TYPES = {one.code: one for one in (TEXT, PDF, PNG, JPEG, XLSX, ODS, DOCX)}

STARTS = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
ODS_TYPE = ODS.content_type.encode()
SAME = {".jpeg": ".jpg"}
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# The first bytes of files that are no text, whatever they are called, and what they are in Swedish.
FIRST_BYTES = (
    (b"%PDF", "en PDF"),
    (b"PK\x03\x04", "en packad fil (zip)"),
    (b"PK\x05\x06", "en tom zip-fil"),
    (b"\xd0\xcf\x11\xe0", "en äldre Excel- eller Wordfil, eller skyddad med lösenord"),
    (b"MZ", "ett Windowsprogram"),
    (b"\x7fELF", "ett program"),
    (b"\x1f\x8b", "en komprimerad fil (gzip)"),
    (b"BZh", "en komprimerad fil (bzip2)"),
    (b"\xfd7zXZ", "en komprimerad fil (xz)"),
    (b"Rar!", "en komprimerad fil (rar)"),
    (b"7z\xbc\xaf", "en komprimerad fil (7-zip)"),
    (b"\x89PNG", "en bild"),
    (b"\xff\xd8\xff", "en bild"),
    (b"GIF8", "en bild"),
    (b"SQLite format 3", "en databas"),
    (b"{\\rtf", "ett Word-dokument (rtf)"),
    (b"<?xml", "en xml-fil"),
    (b"<!DOCTYPE", "en webbsida eller xml-fil"),
    (b"<html", "en webbsida"),  # what many systems call an Excel file
)
TAGS = (b"<?xml", b"<!DOCTYPE", b"<html")  # written in small or large letters


class UnknownType(Exception):
    """A file of a kind that nobody may give us; str() says in Swedish what it is, to stand after "Filen är "."""


def ending_of(name: str) -> str:
    """ ".pdf" of "Lista.PDF", with one way to write each type; "" where there is none."""
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return SAME.get(ending, ending)


def named_by_first_bytes(data: bytes) -> str | None:
    """What the first bytes say the file is, in Swedish, where that is no text; else None."""
    head = data[:64].removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, kind in FIRST_BYTES:
        if head.startswith(magic) or (magic in TAGS and head.lower().startswith(magic.lower())):
            return kind
    return None


def type_of(content: bytes) -> FileType:
    """The kind of a file by its bytes alone. Raises `UnknownType` for all that is not in `TYPES`."""
    for start, found in STARTS:
        if content.startswith(start):
            return found
    if packed.is_packed(content):
        return _packed_type(content)
    named = named_by_first_bytes(content)
    if named:
        raise UnknownType(named)
    if content[4:8] == b"ftyp":
        raise UnknownType("en bild eller film direkt från en telefon (.heic, .mp4)")
    if content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise UnknownType("en webbsida eller xml-fil")
    if not content.startswith(WIDE) and NOT_TEXT.search(content):
        raise UnknownType("varken text, PDF, bild, kalkylblad eller dokument")
    return TEXT


def _packed_type(content: bytes) -> FileType:
    try:
        members = packed.members_of(content)
        mimetype = packed.start_of(content, "mimetype", len(ODS_TYPE) + 1)
    except packed.TooLargeZip as refused:
        raise UnknownType(f"för stor: {refused}") from None
    except packed.BrokenZip:
        raise UnknownType("skadad och går inte att öppna") from None
    if packed.has_macros(members):
        raise UnknownType("ett dokument eller kalkylblad med makron")
    if packed.is_locked(members):
        raise UnknownType("skyddad med lösenord")
    if "[Content_Types].xml" in members:
        inside = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX}
        for name, found in inside.items():
            if name in members:
                return found
    if mimetype == ODS_TYPE and "content.xml" in members:
        return ODS
    raise UnknownType("en packad fil (zip)")


def is_of_type(content: bytes, ending: str) -> bool:
    """Whether the bytes are what the ending says."""
    try:
        return ending in type_of(content).endings
    except UnknownType:
        return False


def what_is(content: bytes) -> str:
    """What the file is, in Swedish, to stand after "Filen är "."""
    try:
        return type_of(content).named
    except UnknownType as unknown:
        return str(unknown)
