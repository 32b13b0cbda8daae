"""Damaged files in every form people send: what is told of each, and that no value changes without a word."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from itertools import product
from xml.sax.saxutils import escape

import pytest

from submissions import checking, reading
from submissions.checking import Context
from submissions.frames import FIELD_NUMBERS, Reading, column
from submissions.reading import kind_value
from tests import bad_files, files
from tests.submissions.engine.rows import SPEC, TROSA, as_file, on_file, on_rows, person, row
from tests.submissions.engine.test_doctor import moved
from tests.submissions.engine.test_formats import WORDS, book

Table = list[list[str]]
LAYOUT = SPEC.layout
YOUNG = person(born=date(2001, 3, 4))
CLEAN = [row({6: word, 14: "2060"}, key=key) for key, word in enumerate(WORDS, 1)]
CLEAN[2][6] = YOUNG
ROW = 3  # the row that is damaged
OF_SO_FEW = {"AGG08"}  # nobody here leads the whole administration


# The forms -----------------------------------------------------------------------------------------------------------


def ods(rows: list[list[object]], *, repeated: int = 0) -> bytes:
    """An OpenDocument sheet; texts as texts, numbers as numbers, dates as date cells, "" as no cell."""
    lines = "".join(f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>" for cells in rows)
    if repeated:
        lines += f'<table:table-row table:number-rows-repeated="{repeated}"><table:table-cell/></table:table-row>'
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Blad1">{lines}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", manifest)
        packed.writestr("content.xml", content)
    return held.getvalue()


def _cell(value: object) -> str:
    if value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{value}</text:p></table:table-cell>'
        )
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'


def quoted(table: Table) -> bytes:
    held = io.StringIO()
    csv.writer(held, delimiter=";", quoting=csv.QUOTE_ALL).writerows(table)
    return held.getvalue().encode("cp1252")


TEXTS: dict[str, Callable[[Table], bytes]] = {
    **{
        encoding: lambda table, encoding=encoding: as_file(table, encoding=encoding)
        for encoding in ("cp1252", "utf-8", "utf-8-sig", "cp850", "cp865", "utf-16")
    },
    "tab": lambda table: as_file(table, separator="\t"),
    "bar and LF": lambda table: as_file(table, separator="|", end="\n"),
    "names first": lambda table: as_file([[field.name for field in LAYOUT.fields], *table]),
    "an empty field last": lambda table: as_file([[*values, ""] for values in table]),
    "quoted": quoted,
}
BOOKS: dict[str, Callable[[Table], bytes]] = {"xlsx": book, "ods": ods}


# The damages ---------------------------------------------------------------------------------------------------------


def on_row(changes: dict[int, str]) -> Callable[[Table], Table]:
    def damage(table: Table) -> Table:
        values = [changes.get(number, value) for number, value in enumerate(table[ROW - 1], 1)]
        return [*table[: ROW - 1], values, *table[ROW:]]

    return damage


DAMAGES: dict[str, tuple[Callable[[Table], Table], set[str]]] = {
    "none": (lambda table: table, set()),
    "blanks and small letters": (on_row({1: " 0488 ", 39: "j", 9: "206010  "}), set()),
    "personnummer as a power of ten": (on_row({7: "8,00518E+09"}), {"FIL08"}),
    "salary as a power of ten": (on_row({22: "3.65E+04"}), {"FIL08"}),
    "lost zero in field 1": (on_row({1: "488"}), {"FIL09"}),
    "lost zero in field 7": (on_row({7: YOUNG[1:]}), {"FIL09"}),
    "date with dashes": (on_row({18: "2015-08-01T00:00"}), {"FIL10"}),
    "date as a number of days": (on_row({18: "42217"}), {"FIL10"}),
    "salary with decimals": (on_row({22: "36500,50"}), {"FMT01"}),
    "letter for a digit": (on_row({9: "2O6010"}), {"FMT01"}),
    "wrong check digit": (on_row({7: YOUNG[:-1] + str((int(YOUNG[-1]) + 1) % 10)}), {"FMT06"}),
    "another unit's row": (on_row({1: "0480"}), {"FIL04"}),
    "a row twice": (lambda table: [*table, table[-1]], {"DUB03", "DUB04"}),
}
IN_BOOKS = ("none", "personnummer as a power of ten", "lost zero in field 7", "date as a number of days", "a row twice")
CASES = [*product(TEXTS, DAMAGES), *product(BOOKS, IN_BOOKS)]


def read(data: bytes) -> tuple[Reading, checking.Findings]:
    found = reading.read(data, LAYOUT)
    return found, checking.run(found, Context(unit_code=TROSA, unit_kind="kommun", collection=SPEC))


def silent_changes(found: Reading, findings: checking.Findings) -> list[tuple[int, int]]:
    """The cells that are not as in the clean file, nor as it is read kindly, and of which nothing is told."""
    told = {(number, field) for number, _, field in on_rows(findings)}
    silent = []
    for place, values in enumerate(found.frame.iter_rows(named=True)):
        clean = CLEAN[min(place, len(CLEAN) - 1)]
        for field in FIELD_NUMBERS:
            is_same = values[column(field)] == kind_value(field, clean[field - 1])
            if not is_same and (values["row"], field) not in told:
                silent.append((values["row"], field))
    return silent


@pytest.mark.parametrize(("form", "damage"), CASES)
def test_each_damage_is_told_as_it_is_in_every_form_and_nothing_changes_in_silence(form: str, damage: str):
    spoil, expected = DAMAGES[damage]
    found, findings = read({**TEXTS, **BOOKS}[form](spoil(CLEAN)))
    assert found.refusal is None
    assert found.doubt == ()
    assert set(findings.frame["check"]) - OF_SO_FEW == expected
    assert silent_changes(found, findings) == []
    assert found.rows == len(spoil(CLEAN))


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_encoded_twice_are_told(form: str):
    table = on_row({6: "HemtjÃ¤nst"})(CLEAN)
    found, findings = read(TEXTS[form](table))
    assert {code for _, code, _ in on_rows(findings)} == {"FIL11"}
    assert silent_changes(found, findings) == []


@pytest.mark.parametrize("form", [*TEXTS, *BOOKS])
def test_shifted_columns_are_told_in_every_form(form: str):
    _, findings = read({**TEXTS, **BOOKS}[form]([moved(values, 18, 40, 1) for values in CLEAN]))
    assert "FIL12" in on_file(findings)
    assert set(findings.frame.filter(findings.frame["row"].is_null())["n"].drop_nulls()) >= {len(CLEAN)}


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (b"", "FIL01"),
        (files.blank_lines(), "FIL01"),
        (files.header_only(), "FIL01"),
        (files.pdf(), "FIL02"),
        (files.nul_bytes(), "FIL03"),
        (files.fields_39(), "FIL02"),
        (files.fields_41(), "FIL02"),
        (files.last_years_layout(), "FIL02"),
        (files.no_semicolons(), "FIL02"),
        (as_file(CLEAN, encoding="utf-16")[:-1], "FIL03"),
        (ods([values[:39] for values in CLEAN]), "FIL02"),
        (ods([]), "FIL01"),
        (ods(list(CLEAN), repeated=1_000_000)[:-40], "FIL03"),
        (bad_files.book(b"<worksheet/>", macros=True), "FIL03"),
        (bad_files.bomb(), "FIL02"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_check(data: bytes, check: str):
    found, findings = read(data)
    assert not findings.accepted
    assert findings.frame["check"].to_list() == [check]
    assert found.frame.is_empty()


# OpenDocument --------------------------------------------------------------------------------------------------------


def test_an_ods_is_read_as_its_text_would_be():
    cells: list[list[object]] = [list(values) for values in CLEAN]
    cells[0][17] = date(2015, 8, 1)
    cells[1][21] = 36500
    cells[2][6] = int(YOUNG)
    found, findings = read(ods([[field.name for field in LAYOUT.fields], *cells], repeated=1_000_000))
    assert (found.format, found.has_header, found.rows) == ("ods", True, len(CLEAN))
    assert found.notes == ("1 datumcell lästes som ÅÅÅÅMMDD.",)
    assert found.frame["f18"][0] == "20150801"
    assert found.frame["f22"][1] == "36500"
    assert found.frame["f3"][0] == "2120002841"
    assert on_rows(findings) == [(4, "FIL09", 7)]  # a number cell keeps no zero, and that is told


def test_an_ods_with_a_formula_error_is_refused():
    data = ods([*CLEAN])
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        content = packed.read("content.xml").replace(b'value-type="string"', b'value-type="error"', 1)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
    refusal = reading.read(held.getvalue(), LAYOUT).refusal
    assert refusal is not None
    assert "formelfel" in refusal.seen
