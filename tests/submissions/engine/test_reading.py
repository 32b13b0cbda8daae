"""Reading: the encodings, separators and line ends that are accepted, kind reading, line numbers, and refusals."""

from __future__ import annotations

import pytest

from submissions import reading
from submissions.frames import FIELD_NUMBERS, column
from submissions.reading import MAX_LINE, MAX_ROWS, kind_value, read
from tests import files
from tests.submissions.engine.rows import SPEC, as_file, hourly, row

LAYOUT = SPEC.layout
ROWS = [row({6: "Äldreomsorg", 8: "Åsa Öberg"}, key=1), hourly(key=2), row(key=3)]
NAMES = [field.name for field in LAYOUT.fields]


def texts(data: bytes) -> list[tuple[str | None, ...]]:
    """The rows as read, without their numbers."""
    read_now = read(data, LAYOUT)
    assert read_now.refusal is None
    return read_now.frame.drop("row").rows()


def lines_of(data: bytes) -> list[int]:
    return read(data, LAYOUT).frame["row"].to_list()


@pytest.mark.asvs("2.1.1", "2.2.1")
@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("cp1252", b"", "cp1252"),
        ("iso-8859-1", b"", "cp1252"),  # the same bytes
        ("utf-8", b"", "utf-8"),
        ("utf-8-sig", b"", "utf-8"),
        ("utf-16", b"", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-32", b"", "utf-32"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "utf-32"),
    ],
)
def test_fil_05_encodings(encoding: str, mark: bytes, named: str):
    data = mark + as_file(ROWS, encoding=encoding)
    assert texts(data) == texts(as_file(ROWS))
    assert read(data, LAYOUT).encoding == named


def test_typographic_signs_are_windows_1252_and_control_signs_iso_8859_1():
    assert read(as_file([row({6: "50 € – ja"})]), LAYOUT).frame["f6"][0] == "50 € – ja"
    odd = as_file([row({6: "Åb\x81"})], encoding="iso-8859-1")
    assert read(odd, LAYOUT).encoding == "iso-8859-1"
    assert read(odd, LAYOUT).frame["f6"][0] == "Åb\x81"


@pytest.mark.parametrize("separator", [";", "\t", ",", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_separators_and_line_ends(separator: str, end: str):
    data = as_file(ROWS, separator=separator, end=end)
    assert texts(data) == texts(as_file(ROWS))
    assert read(data, LAYOUT).separator == separator


@pytest.mark.parametrize("separator", ["|", "\t", ","])
def test_another_separator_is_taken_where_most_rows_fit(separator: str):
    for broken in (ROWS[0][:39], [*ROWS[0], "x"]):
        for rows in ([broken, *ROWS], [*ROWS, broken]):
            found = read(as_file(rows, separator=separator), LAYOUT)
            assert found.wrong_rows.rows() == [(rows.index(broken) + 1, len(broken))]
            assert (found.rows, found.frame.height) == (4, 3)
        half = [broken, broken, *ROWS[:2]]
        assert read(as_file(half, separator=separator), LAYOUT).refusal is not None
        assert read(as_file(half), LAYOUT).refusal is None


def test_line_numbers_are_those_of_the_file():
    one, two, three = (as_file([values]) for values in ROWS)
    assert lines_of(one + two + three) == [1, 2, 3]
    assert lines_of(b"\r\n" + one + b"\r\n\r\n" + two + b" \t\r\n" + b";" * 39 + b"\r\n" + three + b"\r\n\r\n") == [2, 5, 8]
    assert lines_of(one + b"a;b\r\n" + two) == [1, 3]
    assert lines_of(one.replace(b"\r\n", b"\r") + two.replace(b"\r\n", b"\n") + three) == [1, 2, 3]


@pytest.mark.parametrize(
    "header",
    [
        NAMES,
        [name.upper() for name in NAMES],
        [f" {name} " for name in NAMES],
        [str(number) for number in range(1, 41)],
        [f"Fält {number}" for number in range(1, 41)],
        [
            "Kommunkod",
            "Stadsdel",
            "Orgnr",
            "Arbetsställe",
            "Verks",
            "Underlag",
            "Persnr",
            "Namn",
            "AID",
            *["x"] * 8,
            "From",
            *["x"] * 22,
        ],
    ],
)
def test_a_first_line_of_names_is_skipped(header: list[str]):
    read_now = read(as_file([header, *ROWS], encoding="utf-8"), LAYOUT)
    assert read_now.has_header
    assert read_now.rows == 3
    assert read_now.frame["row"].to_list() == [2, 3, 4]


def test_a_first_row_of_data_is_no_header():
    assert not read(as_file(ROWS), LAYOUT).has_header
    assert not read(as_file([row({7: "okänt", 9: "", 18: ""})]), LAYOUT).has_header
    assert not read(as_file([["x"] * 40]), LAYOUT).has_header


def test_an_empty_field_at_the_end_of_every_row_is_ignored():
    data = as_file(ROWS, end=";\r\n")
    assert texts(data) == texts(as_file(ROWS))
    some = as_file(ROWS[:1], end=";\r\n") + as_file(ROWS[1:])
    assert read(some, LAYOUT).wrong_rows.rows() == [(1, 41)]
    short = as_file([ROWS[0][:39], *ROWS[1:]], end=";\r\n")
    assert read(short, LAYOUT).wrong_rows.rows() == [(1, 39)]
    without_key = as_file([row({40: ""}, key=1), row({40: ""}, key=2)])
    assert read(without_key, LAYOUT).wrong_rows.is_empty()


@pytest.mark.parametrize("extra", [["x"], [""], ["", "", "x"], [""] * 200])
def test_too_many_fields_on_one_row(extra: list[str]):
    read_now = read(as_file([ROWS[0], [*ROWS[1], *extra], ROWS[2]]), LAYOUT)
    assert read_now.wrong_rows.rows() == [(2, 40 + len(extra))]
    assert read_now.frame["row"].to_list() == [1, 3]
    assert read_now.rows == 3


@pytest.mark.parametrize("width", [1, 2, 38, 39])
def test_too_few_fields_on_one_row(width: int):
    first = as_file([ROWS[0][:width], ROWS[1], row({40: ""}, key=3)])
    assert read(first, LAYOUT).wrong_rows.rows() == [(1, width)]
    assert lines_of(first) == [2, 3]


def test_a_short_and_a_long_row_do_not_even_out():
    read_now = read(as_file([ROWS[0][:39], [*ROWS[1], ""], ROWS[2]]), LAYOUT)
    assert read_now.wrong_rows.rows() == [(1, 39), (2, 41)]


def test_quotes_are_data_unless_they_stand_around_every_value():
    assert texts(as_file([row({6: '"Ek"'})]))[0][5] == '"Ek"'
    quoted = as_file([[f'"{value}"' for value in values] for values in ROWS])
    assert texts(quoted) == texts(as_file(ROWS))


def test_the_name_is_never_kept():
    read_now = read(as_file(ROWS), LAYOUT)
    assert "f8" not in read_now.frame.columns
    assert read_now.frame.columns == ["row", *(column(number) for number in FIELD_NUMBERS)]
    assert "Öberg" not in str(read_now)


def test_samples_show_swedish_letters_but_no_name_and_no_personnummer():
    samples = read(as_file([row({6: f"Område {place} åäö"}, key=place) for place in range(1, 9)]), LAYOUT).samples
    assert [(sample.row, sample.field) for sample in samples] == [(place, 6) for place in range(1, 6)]
    assert samples[0].value == "Område 1 åäö"
    assert read(as_file([row({7: "åäö", 8: "Åsa"})]), LAYOUT).samples == ()


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        (1, " 0488 ", "0488"),
        (6, "\u00a0Ek \t", "Ek"),
        (6, "a b", "a b"),
        (10, "m", "M"),
        (14, "kat1", "KAT1"),
        (40, "a1", "a1"),
        (13, "00000", None),
        (18, "00000000", None),
        (20, "0", None),
        (20, "00001", "00001"),
        (20, "-0", "-0"),
        (16, "0", "0"),
        (23, "000000", "000000"),
        (5, "  ", None),
        (28, "00", "00"),
        (8, "Anna", None),
    ],
)
def test_kind_reading(field: int, text: str, kind: str | None):
    assert kind_value(field, text) == kind
    if field != 8:
        assert read(as_file([row({field: text})]), LAYOUT).frame[column(field)][0] == kind


REFUSED = {
    "nothing": (b"", "FIL01", "0 byte"),
    "blank lines": (b"\r\n \r\n;;;;\r\n", "FIL01", "tomma rader"),
    "line ends": (b"\r\n\r\n", "FIL01", "tomma rader"),
    "names only": (";".join(NAMES).encode(), "FIL01", "fältnamn"),
    "PDF": (b"%PDF-1.7\n1 0 obj\n", "FIL02", "en PDF"),
    "Excel": (b"PK\x03\x04\x14\x00\x06\x00", "FIL03", "Kalkylbladet går inte att öppna"),
    "program": (b"MZ\x90\x00\x03", "FIL03", "Windowsprogram"),
    "UTF-16 without mark, cut off": (as_file(ROWS).decode("cp1252").encode("utf-16-le")[:-1], "FIL03", "UTF-16"),
    "half UTF-16": (as_file(ROWS, encoding="utf-16")[:-1], "FIL03", "UTF-16"),
    "NUL": (as_file(ROWS).replace(b"A00002", b"A\x000002"), "FIL03", "NUL"),
    "39 fields": (as_file([values[:39] for values in ROWS]), "FIL02", "39 fält"),
    "41 fields": (as_file([[*values, "x"] for values in ROWS]), "FIL02", "41 fält"),
    "mixed": (as_file([ROWS[0][:3], ROWS[1][:7]]), "FIL02", "mellan 3 och 7"),
    "no separators": (b"hej\nhopp\n", "FIL02", "inga semikolon"),
    "one long line": (b"x" * 20_000_000, "FIL02", "20\u00a0000\u00a0000 byte"),
    "one long line of separators": (b";" * 20_000_000 + b"x", "FIL02", "byte lång"),
    "a long line among rows": (as_file([ROWS[0], row({6: "x" * (MAX_LINE + 1)}), ROWS[2]]), "FIL02", "Rad 2"),
    "too many rows": (as_file(ROWS[:1]) * (MAX_ROWS + 1), "FIL02", "250\u00a0001"),
    "many blank lines": (b"x" + b"\n" * 2_000_000 + b"x", "FIL02", "rader"),
}


@pytest.mark.asvs("2.1.1", "2.2.1")
@pytest.mark.parametrize(("data", "check", "words"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_fil_05_refusals_say_what_was_seen_and_expected(data: bytes, check: str, words: str):
    refusal = read(data, LAYOUT).refusal
    assert refusal is not None
    assert refusal.check == check
    assert words in refusal.seen
    assert refusal.expected
    assert refusal.message.endswith(".")


@pytest.mark.asvs("2.1.1", "2.2.1")
def test_fil_05_a_file_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("submissions.reading.reader.MAX_BYTES", 1000)
    refusal = read(b"x" * 1001, LAYOUT).refusal
    assert refusal is not None
    assert "MB" in refusal.seen


@pytest.mark.asvs("2.2.1")
def test_fil_05_as_many_rows_as_allowed_are_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("submissions.reading.split.MAX_ROWS", 3)
    assert read(as_file(ROWS), LAYOUT).accepted
    assert not read(as_file(ROWS) + as_file(ROWS[:1]), LAYOUT).accepted


def test_sample_files_keep_their_rows():
    assert len(texts(files.good())) == files.ROWS


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"kod;klartext\r\nusk1;Undersk\xf6terska\r\n\r\nSSK;Sjuksk\xf6terska;x\r\n",
            {"USK1": "Undersköterska", "SSK": "Sjuksköterska"},
        ),
        ("\ufeffUSK1\tUndersköterska\n".encode(), {"USK1": "Undersköterska"}),
        (b'"A1";"Text, med komma"\n', {"A1": "Text, med komma"}),
    ],
)
def test_position_lists(data: bytes, expected: dict[str, str]):
    assert reading.read_positions(data) == expected


@pytest.mark.parametrize("data", [b"", b"USK1\nSSK\n", b"PK\x03\x04", b"\x00\x01", b"kod;klartext\n", b";\n;\n"])
def test_position_lists_that_cannot_be_read(data: bytes):
    with pytest.raises(reading.PositionListError, match="Kodförteckningen"):
        reading.read_positions(data)
