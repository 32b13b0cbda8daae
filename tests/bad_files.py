"""Files made to harm or that are no text at all: bombs, entities, programs, packed files. Made here, byte by byte, never stored.

`NOT_TEXT` lists them by the name a person might give them, with what the refusal says they are.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

GIGABYTE = 1_000_000_000
MEGABYTE = 1_000_000
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # every scanner's harmless test file


SPACE = "http://schemas.openxmlformats.org"
RELATIONS = f'<Relationships xmlns="{SPACE}/package/2006/relationships"><Relationship Id="r1" Type="{SPACE}/officeDocument/2006/relationships'


def book(sheet: bytes, *, macros: bool = False) -> bytes:
    """A workbook with that XML as its one sheet."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", f'<Types xmlns="{SPACE}/package/2006/content-types"/>')
        packed.writestr("_rels/.rels", f'{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SPACE}/spreadsheetml/2006/main" xmlns:r="{SPACE}/officeDocument/2006/relationships">'
            '<sheets><sheet name="Blad1" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        packed.writestr("xl/_rels/workbook.xml.rels", f'{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
        if macros:
            packed.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    return held.getvalue()


@cache
def bomb() -> bytes:
    """A zip of a megabyte whose one member unpacks to a gigabyte: one block of zeros, packed once and repeated."""
    name, packer = b"xl/worksheets/sheet1.xml", zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = block * (GIGABYTE // MEGABYTE) + packer.flush()
    sizes = struct.pack("<IIIHH", 0, len(data), GIGABYTE, len(name), 0)
    head = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + name
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes + bytes(14) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(head) + len(data), 0)
    return head + data + central + end


def far_cell() -> bytes:
    """A sheet of two cells, of which one stands in the last place that a sheet has: read as a table it is 17 billion cells."""
    return book(
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
        b'<c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )


def entities() -> bytes:
    """A billion laughs, as XML."""
    steps = b"".join(b'<!ENTITY l%d "%s">' % (step, b"&l%d;" % (step - 1) * 10) for step in range(1, 10))
    return b'<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY l0 "ha">' + steps + b"]>\n<l>&l9;</l>\n"


def outside_entity() -> bytes:
    """XML that asks its reader for a file of the server."""
    return b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<r>&f;</r>\n'


def program() -> bytes:
    """The beginning of a Windows program."""
    return b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(200) + b"PE\x00\x00"


def old_sheet() -> bytes:
    """The beginning of an .xls."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def plain_zip() -> bytes:
    """A zip with a text file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("../../nov.txt", "0488;1\r\n")
    return held.getvalue()


NOT_TEXT: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.xlsx": (bomb, "mer än 200 MB uppackat"),
    "langt_bort.xlsx": (far_cell, "mer minne eller tid än ett kalkylblad får ta"),
    "dtd.xlsx": (lambda: book(entities()), "innehåller delar som inget kalkylprogram skriver"),
    "entiteter.xml": (entities, "xml-fil"),
    "entitet.csv": (outside_entity, "webbsida eller xml-fil"),
    "program.csv": (program, "Windowsprogram"),
    "sida.xlsx": (lambda: b"<html><table><tr><td>0488</td></tr></table></html>\n", "webbsida"),
    "stor_sida.xls": (lambda: b"\xef\xbb\xbf\r\n<!doctype HTML>\n<body>0488</body>\n", "webbsida"),
    "makron.xlsm": (lambda: book(b"<worksheet/>", macros=True), "kalkylblad med makron"),
    "gammal.xls": (old_sheet, "äldre Excel"),
    "packad.zip": (plain_zip, "packad fil (zip)"),
    "packad.txt.gz": (lambda: gzip.compress(b"0488;1\r\n" * 10, mtime=0), "gzip"),
}
"""File name: its maker, and what the refusal says that it is."""
