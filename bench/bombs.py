"""Spreadsheets that are more than they seem, for bench/faults.py: small to send, endless to open."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.xml"/><Relationship Id="rId2"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
}
HEAD = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">'


def bombs() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    yield "zeros_told", zeros(40_000_000_000, told=True)
    yield "zeros_untold", zeros(40_000_000_000, told=False)
    inner = workbook(sheet=zlib.compress(bytes(100_000_000)))
    for _ in range(5):
        inner = workbook(sheet=inner)
    yield "nested", inner
    strings = "".join(f"<si><t>{number}{'x' * 500}</t></si>" for number in range(1_000_000))
    yield "strings", workbook(strings=f'<sst xmlns="{MAIN}">{strings}</sst>'.encode())
    yield "laughs", workbook(sheet=laughs())
    first, last = '<c r="A1"><v>1</v></c>', '<c r="XFD1048576"><v>1</v></c>'
    rows = f'<row r="1">{first}</row><row r="1048576">{last}</row>'
    told = f'<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    yield "corners", workbook(sheet=(HEAD + told).encode())
    cells = "".join(f'<row r="{number}">{last.replace("1048576", str(number))}</row>' for number in range(1, 200_001))
    yield "wide_rows", workbook(sheet=f"{HEAD}<sheetData>{cells}</sheetData></worksheet>".encode())


def workbook(*, sheet: bytes = HEAD.encode() + b"<sheetData/></worksheet>", strings: bytes = b"") -> bytes:
    """One with that sheet and those shared strings."""
    parts = {**PARTS, SHEET: sheet, "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}"/>'.encode()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def laughs() -> bytes:
    """Ten entities of ten of the one before: a billion."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    cell = '<c r="A1" t="inlineStr"><is><t>&a9;</t></is></c>'
    rest = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    return f'<?xml version="1.0"?><!DOCTYPE worksheet [{entities}]>{rest}'.encode()


def zeros(size: int, *, told: bool) -> bytes:
    """A sheet of so many zeros. One that is not told of says that it is a megabyte. The checksum is wrong: nobody comes so far."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(100_000_000)
    packer.compress(piece)
    packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)  # the same bytes each time, so only worked out once
    packed = once * (size // len(piece)) + packer.flush()
    name, large = SHEET.encode(), size if told else 1_000_000
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        for part, text in PARTS.items():
            parts.writestr(part, text)
    whole = file.getvalue()
    begin = whole.rindex(b"PK\x05\x06")
    count, length, start = struct.unpack("<HII", whole[begin + 10 : begin + 20])
    before, directory = whole[:start], whole[start : start + length]
    extra = struct.pack("<HHQQ", 1, 16, large, len(packed))  # zip64
    common = struct.pack("<HHHHHIII", 45, 0, 8, 0, 0x21, 0, 0xFFFFFFFF, 0xFFFFFFFF) + struct.pack("<HH", len(name), len(extra))
    local = b"PK\x03\x04" + common + name + extra + packed
    entry = b"PK\x01\x02\x2d\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(before)) + name + extra
    directory += entry
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count + 1, count + 1, len(directory), len(before) + len(local), 0)
    return before + local + directory + end
