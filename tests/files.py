"""Sample files for the tests of reading and upload: what people really send instead of a right file.

Each function gives bytes, the same every time, made from a synthetic delivery of 60 rows from Trosa (0488).
`REFUSED` and `ACCEPTED` list them by name with the check that turns the whole file away.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

from submissions import synthetic

UNIT, OTHER_UNIT, ROWS, SEED = "0488", "0480", 60, 7
FIELDS = 40
LONG_LINE = 20 * 1024 * 1024
NAMES = (
    "Kommun-/regionkod;Stadsdelskod;Organisationsnummer;Arbetsställenummer;Verksamhetsindelning;"
    "Underlag för verksamhetsindelning;Personnummer;Namn;Etikett enligt AID;Ansvar enligt AID;"
    "BEA, PAN eller arvoderad tjänstgöring;Arbetstidens förläggning;Specialitet för läkare enligt AID;Befattning;"
    "Lönekollektivavtal;Anställningsform;Avlöningsform;Anställd fr.o.m.;Anställd t.o.m.;"
    "Överenskommen sysselsättningsgrad;Heltidsmått;Överenskommen fast kontant lön;Fasta kontanta lönetillägg;Timlön;"
    "Arbetade timmar;Utbetald timlön;Ledighetens omfattning;Ledighetsorsak;Ledig fr.o.m.;Ledig t.o.m.;Ob-ersättning;"
    "Jourersättning;Beredskapsersättning;Fyllnadstid;Fyllnadslön;Övertid;Övertidsersättning;Övriga rörliga tillägg;"
    "Årets löneöversyn klar;Anställningsnummer"
)


@cache
def good() -> bytes:
    """A right file: Windows-1252, CRLF, no header, no findings."""
    return synthetic.delivery(UNIT, ROWS, SEED)


def text() -> str:
    """The right file as text."""
    return good().decode("cp1252")


def lines() -> list[str]:
    """The right file's rows."""
    return text().splitlines()


def encoded(rows: list[str]) -> bytes:
    """Rows as a file."""
    return "".join(f"{row}\r\n" for row in rows).encode("cp1252")


# Files that are turned away ------------------------------------------------------------------------------------------


def empty() -> bytes:
    """No bytes at all."""
    return b""


def blank_lines() -> bytes:
    """Only empty lines."""
    return b"\r\n\r\n  \r\n"


def header_only() -> bytes:
    """The line of names and no row."""
    return encoded([NAMES])


def pdf() -> bytes:
    """A PDF with the name of a text file."""
    return (
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
        b"trailer\n<< /Root 1 0 R /Size 3 >>\nstartxref\n0\n%%EOF\n"
    )


def xlsx() -> bytes:
    """A workbook with the name of a text file, and with nothing but the first field of each row in it."""
    cells = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{line.split(";")[0]}</t></is></c></row>'
        for number, line in enumerate(lines(), 1)
    )
    space = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{space}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}/spreadsheetml/2006/main" '
        f'xmlns:r="{space}/officeDocument/2006/relationships">'
        '<sheets><sheet name="Blad1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{space}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>",
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0)), '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return held.getvalue()


def utf16_without_bom() -> bytes:
    """UTF-16 that does not say so."""
    return text().encode("utf-16-le")


def nul_bytes() -> bytes:
    """A right file with NUL bytes where the payroll system had nothing to say."""
    return good().replace(b";;", b";\0;")


def fields_39() -> bytes:
    """Every row lacks its last field."""
    return encoded([line.rsplit(";", 1)[0] for line in lines()])


def fields_41() -> bytes:
    """Every row has a field too many, and it is filled."""
    return encoded([f"{line};X" for line in lines()])


def last_years_layout() -> bytes:
    """38 fields: the layout before fields 39 and 40 came."""
    return encoded([line.rsplit(";", 2)[0] for line in lines()])


def other_unit() -> bytes:
    """Another kommun's file: every row has its code."""
    return synthetic.delivery(OTHER_UNIT, ROWS, SEED)


def no_semicolons() -> bytes:
    """Fields of fixed width instead of separated ones."""
    return encoded([line.replace(";", " ") for line in lines()])


def long_line() -> bytes:
    """One line of 20 MB: the line breaks were lost on the way."""
    one = good().replace(b"\r\n", b";")
    return (one * (LONG_LINE // len(one) + 1))[:LONG_LINE]


# Files that are read -------------------------------------------------------------------------------------------------


def some_39() -> bytes:
    """Rows 3 and 8 lack a field."""
    rows = lines()
    for index in (2, 7):
        rows[index] = rows[index].rsplit(";", 1)[0]
    return encoded(rows)


def some_41() -> bytes:
    """Rows 3 and 8 have a semicolon in a text."""
    rows = lines()
    for index in (2, 7):
        fields = rows[index].split(";")
        fields[5] = "Hus A; plan 2"
        rows[index] = ";".join(fields)
    return encoded(rows)


def some_other_unit() -> bytes:
    """Rows 3 and 8 bear another kommun's code."""
    rows = lines()
    for index in (2, 7):
        rows[index] = OTHER_UNIT + rows[index][4:]
    return encoded(rows)


def trailing_semicolon() -> bytes:
    """Every row ends with an empty extra field."""
    return encoded([f"{line};" for line in lines()])


def utf8() -> bytes:
    """UTF-8 without mark."""
    return text().encode("utf-8")


def utf8_with_bom() -> bytes:
    """UTF-8 as Windows programs write it."""
    return text().encode("utf-8-sig")


def utf16_with_bom() -> bytes:
    """ "Unicode" as Windows programs once called it."""
    return ("\ufeff" + text()).encode("utf-16-le")


def iso_8859_1() -> bytes:
    """ISO-8859-1. A control sign in a workplace's name, which Windows-1252 has no meaning for, tells the two apart."""
    rows = lines()
    fields = rows[0].split(";")
    fields[5] = "Åsen\x81"
    rows[0] = ";".join(fields)
    return "".join(f"{row}\r\n" for row in rows).encode("iso-8859-1")


def line_feeds() -> bytes:
    """LF alone between the rows, none after the last."""
    return good().replace(b"\r\n", b"\n").rstrip(b"\n")


def carriage_returns() -> bytes:
    """CR alone between the rows, as old Macintosh programs write."""
    return good().replace(b"\r\n", b"\r")


def open_quote() -> bytes:
    """A quotation mark in row 3 that is never closed."""
    rows = lines()
    fields = rows[2].split(";")
    fields[5] = '"Hus A'
    rows[2] = ";".join(fields)
    return encoded(rows)


def surrogates() -> bytes:
    """Half a character in row 3, in bytes that UTF-8 forbids and a careless program writes."""
    rows = [line.encode() for line in lines()]
    fields = rows[2].split(b";")
    fields[5] = b"Hus \xed\xa0\x80"
    rows[2] = b";".join(fields)
    return b"".join(row + b"\r\n" for row in rows)


def with_header() -> bytes:
    """A first line with the fields' names."""
    return encoded([NAMES, *lines()])


def cp850() -> bytes:
    """The old DOS code page: every byte is readable, but å ä ö become other signs."""
    return text().encode("cp850")


def tabs() -> bytes:
    """Tabs instead of semicolons."""
    return encoded([line.replace(";", "\t") for line in lines()])


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "tom.txt": (empty, "FIL01"),
    "tomma_rader.txt": (blank_lines, "FIL01"),
    "bara_rubrik.txt": (header_only, "FIL01"),
    "pdf.txt": (pdf, "FIL02"),
    "excel.csv": (xlsx, "FIL02"),
    "nul.txt": (nul_bytes, "FIL03"),
    "39_falt.txt": (fields_39, "FIL02"),
    "41_falt.txt": (fields_41, "FIL02"),
    "forra_arets_layout.txt": (last_years_layout, "FIL02"),
    "utan_semikolon.txt": (no_semicolons, "FIL02"),
    "en_lang_rad.txt": (long_line, "FIL02"),
    "annan_kommun.txt": (other_unit, "FIL04"),
}
"""File name: its maker, and the check that turns it away. FIL04 is found by the checks, the others already in reading."""

ACCEPTED: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "ratt.txt": (good, ()),
    "nagra_39.txt": (some_39, ("FIL02", "FIL02")),
    "nagra_41.txt": (some_41, ("FIL02", "FIL02")),
    "nagra_andra.txt": (some_other_unit, ("FIL04", "FIL04")),
    "semikolon_sist.txt": (trailing_semicolon, ()),
    "utf8.txt": (utf8, ()),
    "utf8_bom.txt": (utf8_with_bom, ()),
    "utf16_bom.txt": (utf16_with_bom, ()),
    "utf16_utan_bom.txt": (utf16_without_bom, ()),
    "iso_8859_1.txt": (iso_8859_1, ()),
    "lf.txt": (line_feeds, ()),
    "cr.txt": (carriage_returns, ()),
    "oppet_citattecken.txt": (open_quote, ()),
    "surrogat.txt": (surrogates, ()),
    "rubrik.txt": (with_header, ()),
    "cp850.txt": (cp850, ()),
    "tabb.txt": (tabs, ()),
}
"""File name: its maker, and the FIL findings its rows get."""
