"""The files people really have: encodings, workbooks, quotation marks and deliveries in parts. Nothing is lost or changed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions.frames import ENCODING_LABELS
from submissions.reading import by_another_layout, kind_value, read, read_parts
from submissions.reading.decode import decode
from submissions.spec import LayoutSpec
from tests.submissions.engine.rows import SPEC, as_file, row

LAYOUT = SPEC.layout
WORDS = ("Äldreomsorg", "Förskolan Åsen", "Göteborg", "Ängö", "ÖSTRA", "Kök och städ", "Renée", "Räddningstjänst")
ROWS = [row({6: word}, key=key) for key, word in enumerate(WORDS, 1)]
ONE_BYTE = ("cp1252", "iso-8859-1", "cp850", "cp865", "cp437")
MARKED = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


def values(data: bytes) -> list[str | None]:
    found = read(data, LAYOUT)
    assert found.refusal is None
    return found.frame["f6"].to_list()


def book(rows: Sequence[Sequence[object]], *more: Sequence[Sequence[object]], names: Sequence[str] = ()) -> bytes:
    """A workbook; texts as texts, numbers as numbers, dates as date cells, "" as no cell."""
    held = io.BytesIO()
    workbook = xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for place, sheet_rows in enumerate((rows, *more)):
        sheet = workbook.add_worksheet(names[place] if names else None)
        for number, cells in enumerate(sheet_rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif cell != "":
                    sheet.write(number, column, cell)
    workbook.close()
    return held.getvalue()


# Encodings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [*ONE_BYTE, *MARKED])
def test_swedish_words_are_read_right_and_without_a_question(encoding: str):
    found = read(as_file(ROWS, encoding=encoding), LAYOUT)
    assert found.frame["f6"].to_list() == list(WORDS)
    assert found.doubt == ()
    assert found.encoding_label in ENCODING_LABELS.values()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read_and_asked_about(encoding: str):
    data = as_file(ROWS, encoding=encoding)
    found = read(data, LAYOUT)
    assert found.frame["f6"].to_list() == list(WORDS)
    assert [way.encoding for way in found.doubt] == [encoding]
    assert read(data, LAYOUT, encoding=encoding).doubt == ()


@pytest.mark.parametrize(
    ("data", "first", "others"),
    [
        (as_file([row({6: "Ek ”bok”"})]), None, {"cp1252": "Ek ”bok”", "cp850": "Ek öbokö"}),
        (as_file(ROWS[:3], encoding="utf-8") + as_file(ROWS[3:6]), "utf-8-blandad", {"utf-8-blandad": "Ängö"}),
        (as_file(ROWS[:5]) + as_file(ROWS[5:7], encoding="cp850"), "cp1252", {"cp850": "Kök och städ"}),
    ],
    ids=["few letters", "UTF-8 and Windows-1252 joined", "Windows-1252 and DOS joined"],
)
def test_what_can_be_read_in_more_than_one_way_is_asked_with_values(data: bytes, first: str | None, others: dict[str, str]):
    found = read(data, LAYOUT)
    ways = {way.encoding: [sample.value for sample in way.samples] for way in found.doubt}
    assert len(ways) > 1
    assert first is None or found.encoding == first == found.doubt[0].encoding
    for encoding, value in others.items():
        assert value in ways[encoding] or value in read(data, LAYOUT, encoding=encoding).frame["f6"].to_list()
    cells = {tuple((sample.row, sample.field) for sample in way.samples) for way in found.doubt}
    assert len(cells) == 1  # the same cells under each
    for way in found.doubt:
        chosen = read(data, LAYOUT, encoding=way.encoding)
        assert (chosen.encoding, chosen.doubt) == (way.encoding, ())
        by_row = dict(chosen.frame.select("row", "f6").iter_rows())
        assert all(by_row[sample.row] == kind_value(6, sample.value) for sample in way.samples)


def test_a_doubt_about_names_alone_is_no_doubt():
    assert read(as_file([row({8: "Ek ”bok”"})]), LAYOUT).doubt == ()


def test_an_answer_counts_only_where_there_is_a_question():
    assert read(as_file(ROWS), LAYOUT, encoding="cp850").frame["f6"].to_list() == list(WORDS)


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_no_byte_is_lost_whatever_the_encoding_is_taken_to_be(data: bytes):
    decoded = decode(data)
    if hasattr(decoded, "encoding") and decoded.encoding in {"cp1252", "iso-8859-1", "cp850", "cp865", "cp437"}:
        assert decoded.data.decode().encode(decoded.encoding) == data


# Quotation marks -----------------------------------------------------------------------------------------------------


def quoted(values: list[str], *fields: int) -> list[str]:
    return [f'"{value}"' if number in fields else value for number, value in enumerate(values, 1)]


def test_quotation_marks_around_whole_columns_are_no_data():
    data = as_file([quoted(values, 6, 8, 40) for values in ROWS])
    assert values(data) == list(WORDS)
    assert read(data, LAYOUT).frame["f40"].to_list() == [values[39] for values in ROWS]


def test_a_separator_between_quotation_marks_is_data():
    rows = [quoted(row({6: "Hus A; plan 2"}, key=1), 6), *ROWS[1:]]
    found = read(as_file(rows), LAYOUT)
    assert found.wrong_rows.is_empty()
    assert found.frame["f6"][0] == "Hus A; plan 2"
    assert found.frame["row"].to_list() == list(range(1, len(rows) + 1))


# Workbooks -----------------------------------------------------------------------------------------------------------


def test_a_workbook_is_read_as_its_text_would_be():
    found = read(book([[field.name for field in LAYOUT.fields], *ROWS]), LAYOUT)
    assert (found.format, found.has_header, found.encoding) == ("xlsx", True, "")
    assert found.frame.drop("row").equals(read(as_file(ROWS), LAYOUT).frame.drop("row"))
    assert found.frame["row"].to_list() == list(range(2, len(ROWS) + 2))
    assert "Åsa" not in str(read(book([row({8: "Åsa"})]), LAYOUT).frame.rows())


def test_a_row_is_the_sheets_own_row():
    found = read(book([[], [], ROWS[0], [], ROWS[1]]), LAYOUT)
    assert found.frame["row"].to_list() == [3, 5]


def test_a_date_cell_in_a_date_field_is_a_date_and_is_told():
    cells: list[object] = list(row())
    cells[17] = date(2015, 8, 1)
    found = read(book([cells]), LAYOUT)
    assert found.frame["f18"][0] == "20150801"
    assert found.notes == ("1 datumcell lästes som ÅÅÅÅMMDD.",)


def test_numbers_keep_every_digit():
    cells: list[object] = list(row())
    cells[6], cells[21] = 8005179809, 31501
    found = read(book([cells]), LAYOUT).frame
    assert (found["f7"][0], found["f22"][0]) == ("8005179809", "31501")


def test_of_several_sheets_the_one_that_fits_is_read():
    found = read(book([["Läs mig", "x"]], ROWS, names=["Om", "Poster"]), LAYOUT)
    assert found.rows == len(ROWS)
    assert "fler blad" in found.notes[0]
    two = read(book(ROWS, ROWS), LAYOUT)
    assert two.refusal is not None
    assert "2 blad" in two.refusal.seen


@pytest.mark.parametrize(
    ("rows", "check", "words"),
    [
        ([], "FIL01", "tomma rader"),
        ([[field.name for field in LAYOUT.fields]], "FIL01", "fältnamn"),
        ([values[:39] for values in ROWS], "FIL02", "39 kolumner"),
        ([values[:1] for values in ROWS[:1]], "FIL02", "1 rad med 1 kolumn."),
        ([[*values, "x"] for values in ROWS], "FIL02", "41 kolumner"),
    ],
)
def test_a_workbook_that_does_not_fit_is_refused(rows: list[list[object]], check: str, words: str):
    refusal = read(book(rows), LAYOUT).refusal
    assert refusal is not None
    assert (refusal.check, words in refusal.seen) == (check, True)


def test_a_row_with_more_cells_than_fields_is_a_wrong_row():
    found = read(book([ROWS[0], [*ROWS[1], "", "x"], ROWS[2]]), LAYOUT)
    assert found.wrong_rows.rows() == [(2, 42)]
    assert found.frame["row"].to_list() == [1, 3]


def test_a_cell_with_a_formula_error_is_not_read_as_empty():
    held = io.BytesIO()
    workbook = xlsxwriter.Workbook(held, {"in_memory": True})
    sheet = workbook.add_worksheet()
    for column, cell in enumerate(ROWS[0]):
        sheet.write(0, column, cell)
    sheet.write_formula(0, 5, "=1/0", value="#DIV/0!")
    workbook.close()
    refusal = read(held.getvalue(), LAYOUT).refusal
    assert refusal is not None
    assert "formelfel" in refusal.seen


# Parts ---------------------------------------------------------------------------------------------------------------


def test_parts_are_joined_in_order_and_rows_counted_through():
    parts = [as_file(ROWS[:3]), b"\r\n" + as_file(ROWS[3:5], encoding="utf-8"), as_file(ROWS[5:], separator="\t").rstrip()]
    found = read_parts(parts, LAYOUT)
    assert found.frame["f6"].to_list() == list(WORDS)
    assert found.frame["row"].to_list() == [1, 2, 3, 5, 6, 7, 8, 9]
    assert found.firsts == (1, 4, 7)
    assert found.encoding_label == "Windows-1252 och UTF-8"


def test_a_refused_part_refuses_all_and_is_named():
    refusal = read_parts([as_file(ROWS), b"%PDF-1.7"], LAYOUT).refusal
    assert refusal is not None
    assert refusal.seen.startswith("Del 2 av 2: ")


LINES = st.sampled_from([*(";".join(values) for values in ROWS), "", "  ", "x;y", ";" * 39])


@given(
    st.lists(st.lists(LINES, min_size=1, max_size=6), min_size=2, max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
@settings(max_examples=150)
def test_every_row_of_every_part_is_read_where_it_stands(parts: list[list[str]], end: str, closed: bool):
    right = [";".join(ROWS[0])]  # a part without one right row is refused
    texts = [end.join([*right, *lines]) + (end if closed else "") for lines in parts]
    found = read_parts([text.encode() for text in texts], LAYOUT)
    assert found.refusal is None
    for number, value in found.frame.select("row", "f6").iter_rows():
        part = max(place for place, first in enumerate(found.firsts) if first <= number)
        line = [*right, *parts[part]][number - found.firsts[part]]
        assert line.split(";")[5] == value
    assert found.rows == sum(1 + sum(line.count(";") > 0 and line != ";" * 39 for line in lines) for lines in parts)


# Another year's layout -----------------------------------------------------------------------------------------------

OLD = LayoutSpec("PS-2025.1", (*LAYOUT.fields[:37], replace(LAYOUT[38], name="Kostförmån"), *LAYOUT.fields[39:]))


@pytest.mark.parametrize("data", [as_file([values[:39] for values in ROWS]), book([values[:39] for values in ROWS])])
def test_a_file_by_last_years_layout_is_told_so_with_what_differs(data: bytes):
    refusal = read(data, LAYOUT).refusal
    assert refusal is not None
    told = by_another_layout(refusal, LAYOUT, {2024: OLD, 2025: OLD}).expected
    assert told == (
        "Det ser ut som 2025 års postbeskrivning, PS-2025.1. Nytt i PS-2026.1: fält 38 Övriga rörliga tillägg, "
        "fält 39 Årets löneöversyn klar. Borttaget: fält 38 Kostförmån. "
        "Välj postbeskrivningen PS-2026.1, med 40 fält, i lönesystemet."
    )
    assert by_another_layout(refusal, LAYOUT, {2025: LAYOUT}) == refusal


def test_a_file_of_many_widths_follows_no_layout():
    refusal = read(as_file([ROWS[0][:39], ROWS[1][:38]]), LAYOUT).refusal
    assert refusal is not None
    assert by_another_layout(refusal, LAYOUT, {2025: OLD}) == refusal
