"""A packed file (zip) weighed by its directory before anything in it is unpacked (security note FIL-02, FIL-04).

What a workbook or a document may hold at most stands here once, for deliveries, supplements and attachments.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

START = b"PK\x03\x04"
END = b"PK\x05\x06"
END_LENGTH, LONGEST_COMMENT = 22, 65_535
IS_ENCRYPTED = 0x1

MEMBERS = 200
DIRECTORY = 200 * 1024  # bytes: a directory of so many members is far smaller
UNPACKED = 200_000_000
RATIO = 100
SMALL = 1_000_000  # a member below this is not weighed against its packed size: short texts pack well


class BrokenZip(Exception):
    """It is no zip file, a damaged one, or packed in a way that nobody needs."""


class TooLargeZip(Exception):
    """Unpacked it would be too large; str() says in what way, to stand after "filen är för stor:"."""


def is_packed(data: bytes) -> bool:
    """True for a zip file: what a workbook or a document of today is."""
    return data.startswith(START)


def members_of(data: bytes) -> dict[str, zipfile.ZipInfo]:
    """The members by name, from the directory alone. Raises `BrokenZip` or `TooLargeZip`."""
    end = data.rfind(END, max(0, len(data) - END_LENGTH - LONGEST_COMMENT))
    if end < 0 or len(data) < end + END_LENGTH:
        raise BrokenZip
    if int.from_bytes(data[end + 12 : end + 16], "little") > DIRECTORY:
        raise TooLargeZip("det har för många delar")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = {member.filename: member for member in packed.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError):
        raise BrokenZip from None
    _weigh(members)
    return members


def _weigh(members: Mapping[str, zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS:
        raise TooLargeZip(f"det har fler än {MEMBERS} delar")
    if sum(member.file_size for member in members.values()) > UNPACKED:
        raise TooLargeZip(f"det blir mer än {UNPACKED // 1_000_000} MB uppackat")
    for member in members.values():
        if member.file_size > max(SMALL, member.compress_size * RATIO):
            raise TooLargeZip(f"det är packat mer än {RATIO} gånger")


def start_of(data: bytes, name: str, length: int) -> bytes:
    """The first bytes of a member; none where there is no such member. Raises `BrokenZip`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(name) as opened:
            return opened.read(length)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError):
        raise BrokenZip from None


def has_macros(members: Mapping[str, zipfile.ZipInfo]) -> bool:
    """Whether an Office file holds programs, or rows in the binary form that only programs need."""
    return any(name.endswith("vbaProject.bin") for name in members) or "xl/workbook.bin" in members


def is_locked(members: Mapping[str, zipfile.ZipInfo]) -> bool:
    """Whether a member is protected by a password."""
    return any(member.flag_bits & IS_ENCRYPTED for member in members.values())
