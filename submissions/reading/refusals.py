"""The sentences of a refused file: what was seen, and what was expected.

No text from the file itself is repeated here, since it may be personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from config.lib import file_types
from submissions.frames import ENCODING_LABELS, SEPARATOR_LABELS, Refusal
from submissions.reading.limits import MAX_BYTES, MAX_FIELDS, MAX_LINE, MAX_ROWS
from submissions.spec import LayoutSpec

FIELDS_NAMED = 6  # of those that are new or gone
TEXT_EXPECTED = "Vi väntade oss en textfil (.txt eller .csv) direkt från lönesystemet, i UTF-8 eller Windows-1252."

SHEET_EXPECTED = (
    "Vi väntade oss en textfil (.txt eller .csv) direkt från lönesystemet. Går det bara att få ett kalkylblad, öppna det, "
    "välj Spara som, Excelarbetsbok (.xlsx), och lämna den filen. Ta bort ett lösenord först."
)
MACRO_EXPECTED = (
    "Makron tar vi inte emot. Lämna hellre textfilen (.txt eller .csv) direkt från lönesystemet; "
    "annars öppna arbetsboken, välj Spara som, Excelarbetsbok (.xlsx), och lämna den."
)
BOOK_EXPECTED = (
    "Vi väntade oss ett kalkylblad med en rad för varje anställning och ett fält i varje kolumn, eller hellre en textfil "
    "(.txt eller .csv) direkt från lönesystemet."
)
PACKED_EXPECTED = (
    "Vi väntade oss en textfil (.txt eller .csv) eller ett kalkylblad (.xlsx, .ods). "
    "Packa upp filen och lämna det som ligger i den."
)

# What is expected instead of a file that is no text, by what its first bytes say it is; of all others a text file.
EXPECTED_INSTEAD = {
    "en packad fil (zip)": PACKED_EXPECTED,
    "en äldre Excel- eller Wordfil, eller skyddad med lösenord": SHEET_EXPECTED,
    "en komprimerad fil (gzip)": PACKED_EXPECTED,
    "en komprimerad fil (bzip2)": PACKED_EXPECTED,
    "en komprimerad fil (xz)": PACKED_EXPECTED,
    "en komprimerad fil (rar)": PACKED_EXPECTED,
    "en komprimerad fil (7-zip)": PACKED_EXPECTED,
    "en webbsida": SHEET_EXPECTED,
}


def number(value: int) -> str:
    """Swedish thousands: 75 000, with no-break spaces."""
    return f"{value:,}".replace(",", "\u00a0")


def file_kind(data: bytes) -> str | None:
    """What the first bytes say the file is, in Swedish, where that is no text; else None."""
    return file_types.named_by_first_bytes(data)


def other_kind(data: bytes, check: str) -> Refusal | None:
    """A refusal where the first bytes tell that the file is a PDF, a workbook, a program or the like."""
    kind = file_kind(data)
    if kind is None:
        return None
    return Refusal(check, f"Filen är {kind}, vad den än heter.", EXPECTED_INSTEAD.get(kind, TEXT_EXPECTED))


def empty(*, had_bytes: bool, has_header: bool = False) -> Refusal:
    """FIL01: not one row of data."""
    if has_header:
        seen = "Filen har bara en rad med fältnamn och inga poster."
    elif had_bytes:
        seen = "Filen har bara tomma rader."
    else:
        seen = "Filen innehåller ingenting (0 byte)."
    return Refusal("FIL01", seen, "Vi väntade oss en rad för varje anställning.")


def too_big(size: int) -> Refusal:
    """FIL02: more bytes than we read."""
    return Refusal(
        "FIL02",
        f"Filen är {number(-(-size // 1024**2))} MB.",
        f"Vi tar emot högst {MAX_BYTES // 1024**2} MB; den största regionens fil är omkring 20 MB.",
    )


def too_many_rows(rows: int) -> Refusal:
    """FIL02: more rows than any employer has."""
    return Refusal(
        "FIL02", f"Filen har {number(rows)} rader.", f"Vi tar emot högst {number(MAX_ROWS)} rader, en för varje anställning."
    )


def too_long_line(row: int, length: int) -> Refusal:
    """FIL02: a line that cannot be a row."""
    return Refusal(
        "FIL02",
        f"Rad {number(row)} är {number(length)} byte lång.",
        f"Vi väntade oss en rad för varje anställning, högst {number(MAX_LINE)} byte. Kontrollera att filen har radbrytningar.",
        row=row,
    )


def has_nul(data: bytes) -> Refusal:
    """FIL03: NUL bytes without a byte order mark."""
    known = other_kind(data, "FIL03")
    if known:
        return known
    sample = data[:2000]
    if sample[1::2].count(0) * 3 > len(sample) or sample[::2].count(0) * 3 > len(sample):
        seen = "Filen ser ut att vara UTF-16 men saknar den märkning (BOM) som talar om det."
    else:
        seen = "Filen innehåller tecken som inte är text (NUL)."
    return Refusal("FIL03", seen, TEXT_EXPECTED)


def broken_wide(encoding: str) -> Refusal:
    """FIL03: marked as UTF-16 or UTF-32, but cut off or wrong inside."""
    label = ENCODING_LABELS[encoding]
    return Refusal("FIL03", f"Filen är märkt som {label} men innehållet går inte att tolka som {label}.", TEXT_EXPECTED)


def unreadable() -> Refusal:
    """FIL03: the last resort, for bytes that no step could make rows of."""
    return Refusal("FIL03", "Filen går inte att läsa som text.", TEXT_EXPECTED)


def no_right_row(
    data: bytes, layout: LayoutSpec, separator: str, *, row: int, width: int, narrowest: int, widest: int, rows: int
) -> Refusal:
    """FIL02: not one row has the layout's number of fields."""
    known = other_kind(data, "FIL02")
    if known:
        return known
    wanted = len(layout)
    expected = f"Enligt postbeskrivningen {layout.name} ska varje rad ha {wanted} fält, åtskilda med semikolon."
    if widest == 1:
        seen = "Raderna är inte delade i fält: det finns inga semikolon i filen."
    elif narrowest == widest:
        seen = f"Alla {number(rows)} rader har {widest} fält." if rows > 1 else f"Filens enda rad har {widest} fält."
        if abs(widest - wanted) <= 4:
            expected += " Filen kan vara gjord efter ett annat års postbeskrivning; välj årets i lönesystemet."
    elif widest > MAX_FIELDS:
        seen = f"Filen har rader med upp till {number(widest)} fält."
    else:
        seen = f"Raderna har mellan {narrowest} och {widest} fält; ingen har {wanted}."
    if widest > 1 and separator != ";":
        seen += f" Fälten är åtskilda med {SEPARATOR_LABELS[separator]}."
    return Refusal("FIL02", seen, expected, row=row, n=width, width=widest if narrowest == widest else None)


def by_another_layout(refusal: Refusal, layout: LayoutSpec, others: Mapping[int, LayoutSpec]) -> Refusal:
    """The refusal, saying which other year's layout the file seems to follow and how this year's differs from it.

    Of several years with as many fields the latest is told; none where no known layout has the file's number.
    """
    years = [year for year, other in others.items() if len(other) == refusal.width != len(layout)]
    if not years:
        return refusal
    other = others[max(years)]
    now, then = ({field.name: field.number for field in one.fields} for one in (layout, other))
    added = _fields({name: number for name, number in now.items() if name not in then})
    gone = _fields({name: number for name, number in then.items() if name not in now})
    told = [f"Det ser ut som {max(years)} års postbeskrivning, {other.name}."]
    told += [f"Nytt i {layout.name}: {added}."] if added else []
    told += [f"Borttaget: {gone}."] if gone else []
    return replace(
        refusal, expected=f"{' '.join(told)} Välj postbeskrivningen {layout.name}, med {len(layout)} fält, i lönesystemet."
    )


def _fields(names: dict[str, int]) -> str:
    told = [f"fält {number} {name}" for name, number in list(names.items())[:FIELDS_NAMED]]
    return ", ".join([*told, f"och {len(names) - FIELDS_NAMED} till"] if len(names) > FIELDS_NAMED else told)


# Workbooks -----------------------------------------------------------------------------------------------------------


def macros() -> Refusal:
    """FIL03: a workbook with programs in it."""
    return Refusal("FIL03", "Filen är ett kalkylblad med makron (.xlsm eller .xlsb).", MACRO_EXPECTED)


def no_workbook() -> Refusal:
    """FIL03: packed, and not a workbook that we read."""
    return Refusal("FIL03", "Filen är en packad fil (zip), vad den än heter.", PACKED_EXPECTED)


def word_document() -> Refusal:
    """FIL03: packed, and a text for people."""
    return Refusal("FIL03", "Filen är ett Word-dokument, vad den än heter.", TEXT_EXPECTED)


def too_large_workbook(what: str) -> Refusal:
    """FIL02: a workbook past a limit, which is told."""
    return Refusal("FIL02", f"Kalkylbladet är för stort: {what}.", f"{BOOK_EXPECTED} En textfil får vara betydligt större.")


def unsafe_workbook() -> Refusal:
    """FIL03: XML that defines things of its own, as no spreadsheet program writes."""
    return Refusal("FIL03", "Kalkylbladet innehåller delar som inget kalkylprogram skriver.", BOOK_EXPECTED)


def broken_workbook() -> Refusal:
    """FIL03: a workbook that cannot be opened."""
    return Refusal(
        "FIL03", "Kalkylbladet går inte att öppna.", f"Öppna det i ett kalkylprogram och spara det på nytt. {BOOK_EXPECTED}"
    )


def formula_errors(count: int) -> Refusal:
    """FIL03: cells whose value is an error, which would be read as empty."""
    cells = "en cell" if count == 1 else f"{number(count)} celler"
    return Refusal(
        "FIL03",
        f"Kalkylbladet har {cells} med ett formelfel (till exempel #SAKNAS! eller #DIVISION/0!).",
        "Rätta formlerna, eller klistra in värdena utan formler, och lämna filen igen.",
    )


def several_sheets(names: int) -> Refusal:
    """FIL02: more than one sheet could be the one to read."""
    return Refusal(
        "FIL02",
        f"Arbetsboken har {names} blad med uppgifter, och det går inte att veta vilket som ska läsas.",
        "Ta bort de blad som inte ska lämnas, eller lägg alla rader på ett blad, och lämna filen igen.",
    )


def sheet_width(layout: LayoutSpec, *, width: int, rows: int) -> Refusal:
    """FIL02: the sheet has another number of columns than the layout has fields."""
    expected = f"Enligt postbeskrivningen {layout.name} ska bladet ha {len(layout)} kolumner, ett fält i varje."
    if abs(width - len(layout)) <= 4:
        expected += " Filen kan vara gjord efter ett annat års postbeskrivning; välj årets i lönesystemet."
    lines, columns = "rad" if rows == 1 else "rader", "kolumn" if width == 1 else "kolumner"
    seen = f"Kalkylbladet har {number(rows)} {lines} med {number(width)} {columns}."
    return Refusal("FIL02", seen, expected, row=1, n=width, width=width)
