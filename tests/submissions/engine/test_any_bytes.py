"""Any bytes: reading never raises, no line is lost, and every pointer leads to the line it names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import checking, reading
from submissions.frames import Reading
from submissions.reading import read
from submissions.reading.kind import NOTHING_BUT_BLANKS
from tests.submissions.engine.rows import SPEC, TROSA, as_file, row

LAYOUT = SPEC.layout
CONTEXT = checking.Context(unit_code=TROSA, unit_kind="kommun", collection=SPEC)
GOOD = [row({6: "Å"}, key=1), row(key=2), row({10: "a"}, key=3)]
LINES = [
    *(";".join(values) for values in GOOD),
    ";".join(GOOD[0][:39]),
    ";".join([*GOOD[1], ""]),
    ";".join([*GOOD[1], "", "x"]),
    ";".join(row({40: ""}, key=4)),
    ";" * 39,
    "",
    "  ",
    "\t",
    "x",
    ";x",
    '"',
    "\x1a",
    "\x01\x02",
    "å;ä",
]
PIECES = [b"\r", b"\n", b"\r\n", b";", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"%PDF", b"\xe5", "å".encode(), b'"', b"\x1a"]


@pytest.mark.asvs("2.1.1", "2.2.1")
@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_fil_05_any_bytes_are_read_or_refused(data: bytes):
    checking.run(read(data, LAYOUT), CONTEXT)


@pytest.mark.asvs("2.1.1", "2.2.1")
@given(st.lists(st.sampled_from([*PIECES, as_file(GOOD), as_file(GOOD[:1])]), max_size=12).map(b"".join))
@settings(max_examples=300)
def test_fil_05_pieces_of_files_are_read_or_refused(data: bytes):
    findings = checking.run(read(data, LAYOUT), CONTEXT)
    assert findings.accepted or findings.frame.height == 1


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@settings(max_examples=400)
def test_every_line_is_read_where_it_stands(lines: list[str], end: str, closed: bool):
    text = end.join(lines) + (end if closed else "")
    result = read(text.encode(), LAYOUT)
    widths = {number: line.count(";") + 1 for number, line in enumerate(lines, 1) if line.strip(NOTHING_BUT_BLANKS)}
    if len(widths) and all(lines[number - 1].endswith(";") for number in widths):
        return  # whether the last field of all is one too many is decided by the majority: see test_reading
    right = {number for number, width in widths.items() if width == 40}
    if not right:
        assert result.refusal is not None
        return
    assert dict(result.wrong_rows.iter_rows()) == {number: width for number, width in widths.items() if width != 40}
    assert set(result.frame["row"]) == right
    assert_values_stand_on_their_lines(result, lines)


def assert_values_stand_on_their_lines(result: Reading, lines: list[str]) -> None:
    for number, *values in result.frame.iter_rows():
        cells = lines[number - 1].split(";")
        del cells[7]
        fields = [field for field in range(1, 41) if field != 8]
        assert values == [reading.kind_value(field, cell) for field, cell in zip(fields, cells, strict=True)]


ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=';\r\n\0"\x1a'), max_size=12)


@pytest.mark.asvs("2.1.1", "2.2.1")
@given(st.dictionaries(st.integers(1, 40), ANY_TEXT, max_size=6))
@settings(max_examples=300)
def test_fil_05_any_text_in_any_field_can_be_checked_and_told(changes: dict[int, str]):
    data = as_file([row(changes, key=1), row(key=2)], encoding="utf-8")
    findings = checking.run(read(data, LAYOUT), CONTEXT)
    for found in findings.frame.iter_rows(named=True):
        sentence = checking.messages.render(found, SPEC)
        assert sentence
        assert "{" not in sentence.replace(found["value"] or "", "")
