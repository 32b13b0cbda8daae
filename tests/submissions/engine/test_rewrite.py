"""The corrected file: the delivered one byte for byte but for the corrected values, and read as exactly the corrected rows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import synthetic
from submissions.frames import FIELD_NUMBERS
from submissions.reading import RewriteRefused, apply_corrections, as_text, changed_cells, read, rewrite
from tests import files
from tests.submissions.engine.rows import SPEC, as_file, hourly, row

LAYOUT = SPEC.layout
ROWS = [row({6: "Äldreomsorg", 8: "Åsa Öberg"}, key=1), hourly({6: "Hus A"}, key=2), row(key=3)]
Cells = list[tuple[int, int, str | None]]


def corrected(data: bytes, cells: Cells) -> bytes:
    """The file with those corrections, which is read as exactly the corrected rows."""
    wanted = apply_corrections(read(data, LAYOUT).frame, cells)
    made = rewrite(data, LAYOUT, wanted)
    assert read(made, LAYOUT).frame.equals(wanted, null_equal=True)
    return made


SHAPES = {
    "cp1252": as_file(ROWS),
    "utf-8": as_file(ROWS, encoding="utf-8"),
    "utf-8 with mark": as_file(ROWS, encoding="utf-8-sig"),
    "utf-16": as_file(ROWS, encoding="utf-16"),
    "utf-16 big end first": b"\xfe\xff" + as_file(ROWS, encoding="utf-16-be"),
    "utf-32": as_file(ROWS, encoding="utf-32"),
    "tabs": as_file(ROWS, separator="\t"),
    "commas and lf": as_file(ROWS, separator=",", end="\n"),
    "bars and cr": as_file(ROWS, separator="|", end="\r"),
    "header": ";".join(field.name for field in LAYOUT.fields).encode("cp1252") + b"\r\n" + as_file(ROWS),
    "blank lines": as_file(ROWS[:1]) + b"\r\n  \r\n" + as_file(ROWS[1:]) + b"\r\n\r\n\x1a",
    "cp850": as_file(ROWS, encoding="cp850"),
    "utf-16 without mark": as_file(ROWS, encoding="utf-16-le"),
    "no last line end": as_file(ROWS).rstrip(),
    "mixed line ends": as_file(ROWS[:1], end="\n") + as_file(ROWS[1:2], end="\r") + as_file(ROWS[2:]),
    "an empty field last": as_file([[*values, ""] for values in ROWS]),
    "quoted": b"".join(b'"' + b'";"'.join(v.encode("cp1252") for v in values) + b'"\r\n' for values in ROWS),
    "a separator between quotes": as_file([row({6: '"Hus B; plan 2"'}, key=4), *ROWS]),
    "texts in quotes": as_file([[f'"{v}"' if n in (5, 7, 39) else v for n, v in enumerate(values)] for values in ROWS]),
    "an open quote": as_file([row({6: '"Hus A'}, key=4), *ROWS]),
    "a row of the wrong width": as_file([ROWS[0], ROWS[0][:39], *ROWS[1:]]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_only_the_corrected_value_differs(shape: str) -> None:
    data = SHAPES[shape]
    frame = read(data, LAYOUT).frame
    number = frame["row"][frame["f6"].to_list().index("Hus A")]
    made = corrected(data, [(number, 6, "Solåsen")])
    encoding = {
        "cp850": "cp850",
        "utf-16": "utf-16-le",
        "utf-16 without mark": "utf-16-le",
        "utf-16 big end first": "utf-16-be",
        "utf-32": "utf-32-le",
    }.get(shape)
    encoding = encoding or ("utf-8" if shape.startswith("utf-8") else "cp1252")
    old, new = "Hus A".encode(encoding), "Solåsen".encode(encoding)
    place = data.rindex(old) if shape == "an open quote" else data.index(old)
    assert made == data[:place] + new + data[place + len(old) :]


@pytest.mark.parametrize(
    ("delivered", "value", "written"),
    [
        ("5120", "5121", "5121"),
        ("5120  ", "5121", "5121  "),
        ("51    ", "5121", "5121  "),
        ("  512 ", "5121", "  5121"),
        (" 512", "5121", " 5121"),
        ("      ", "5121", "5121  "),
        ("", "5121", "5121"),
        ("5120  ", None, "      "),
        ("5120", None, ""),
    ],
)
def test_a_padded_value_keeps_its_width(delivered: str, value: str | None, written: str) -> None:
    data = as_file([row({6: delivered}), row(key=2)])
    assert corrected(data, [(1, 6, value)]).split(b";")[5] == written.encode()


def test_without_corrections_the_file_is_the_file() -> None:
    for make, _ in files.ACCEPTED.values():
        data = make()
        assert rewrite(data, LAYOUT, read(data, LAYOUT).frame) == data


@pytest.mark.parametrize("name", files.ACCEPTED)
def test_every_file_that_is_read_can_be_corrected(name: str) -> None:
    data = files.ACCEPTED[name][0]()
    frame = read(data, LAYOUT).frame
    last = frame["row"][-1]
    made = corrected(data, [(frame["row"][0], 6, "Hus B"), (last, 14, "2061"), (last, 40, None)])
    assert len(made.splitlines()) == len(data.splitlines())


@pytest.mark.parametrize(
    ("data", "cells", "words"),
    [
        (SHAPES["cp1252"], [(2, 6, "Łódź")], "Rad 2, fält 6: tecknet Ł finns inte i filens teckenkodning, Windows-1252."),
        (SHAPES["cp1252"], [(2, 6, "Å 漢")], "tecknet 漢 finns inte"),
        (SHAPES["commas and lf"], [(2, 6, "Hus A, plan 2")], "Rad 2, fält 6: värdet har tecknet ,"),
        (SHAPES["quoted"], [(3, 6, 'Hus "A"')], "Rad 3, fält 6: värdet har citattecken"),
        # The only letter that told ISO-8859-1 from Windows-1252 goes, and what is left would be read as something else.
        (as_file([row({6: "\x81", 4: "\x85"}), row(key=2)], encoding="iso-8859-1"), [(1, 6, None)], "på ett annat sätt"),
    ],
)
def test_a_value_that_cannot_stand_in_the_file_is_named(data: bytes, cells: Cells, words: str) -> None:
    wanted = apply_corrections(read(data, LAYOUT).frame, cells)
    with pytest.raises(RewriteRefused, match=words.replace(".", r"\.")):
        rewrite(data, LAYOUT, wanted)


VALUES = st.text("abÅö09 -.", max_size=8).map(lambda text: text or None)
CELLS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(FIELD_NUMBERS), VALUES), max_size=12)
FORMS = st.sampled_from([("cp1252", ";", "\r\n"), ("utf-8-sig", "\t", "\n"), ("utf-16", ";", "\r\n"), ("utf-8", "|", "\r")])


@given(CELLS, FORMS, st.integers(0, 3), st.lists(st.integers(1, 39), max_size=4))
@settings(max_examples=150, deadline=None)
def test_the_corrected_file_is_read_as_the_corrected_rows(
    cells: Cells, form: tuple[str, str, str], seed: int, blank: list[int]
) -> None:
    encoding, separator, end = form
    lines = synthetic.delivery("0488", 40, seed, 0.2).decode("cp1252").replace(";", separator).splitlines()
    for place in blank:
        lines.insert(place, "")
    data = "".join(line + end for line in lines).encode(encoding)
    wanted = apply_corrections(read(data, LAYOUT).frame, cells)
    made = corrected(data, cells)
    touched = set(changed_cells(read(data, LAYOUT).frame, wanted)["row"])
    codec = "utf-16" if encoding == "utf-16" else encoding.removesuffix("-sig")
    before, after = data.decode(codec).splitlines(keepends=True), made.decode(codec).splitlines(keepends=True)
    assert len(before) == len(after)
    assert [number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]] == sorted(touched)


@given(CELLS, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_new_text_file_is_read_as_the_corrected_rows(cells: Cells, seed: int) -> None:
    wanted = apply_corrections(read(synthetic.delivery("0488", 40, seed, 0.2), LAYOUT).frame, cells)
    assert read(as_text(wanted, LAYOUT), LAYOUT).frame.drop("row").equals(wanted.drop("row"), null_equal=True)


def test_a_new_text_file_takes_another_separator_or_encoding_where_it_must() -> None:
    frame = read(as_file(ROWS), LAYOUT).frame
    assert as_text(frame, LAYOUT).split(b";")[5] == "Äldreomsorg".encode("cp1252")
    assert b"Hus; plan 2\t" in as_text(apply_corrections(frame, [(2, 6, "Hus; plan 2")]), LAYOUT)
    assert "Łódź".encode() in as_text(apply_corrections(frame, [(2, 6, "Łódź")]), LAYOUT)
    with pytest.raises(RewriteRefused, match="Rätta det först"):
        as_text(apply_corrections(frame, [(2, 6, "Hus;\t,|")]), LAYOUT)
