"""The sample files are what their names say: reading turns them away, or reads them, as the tables tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from submissions.builtin import collection_spec
from submissions.reading import read
from tests import files

LAYOUT = collection_spec(2026).layout


@pytest.mark.parametrize(("make", "check"), [pytest.param(*case, id=name) for name, case in files.REFUSED.items()])
def test_refused(make: Callable[[], bytes], check: str):
    refusal = read(make(), LAYOUT).refusal
    assert (refusal.check if refusal else "FIL04") == check


@pytest.mark.parametrize(("make", "checks"), [pytest.param(*case, id=name) for name, case in files.ACCEPTED.items()])
def test_accepted(make: Callable[[], bytes], checks: tuple[str, ...]):
    reading = read(make(), LAYOUT)
    assert reading.refusal is None
    assert reading.rows == files.ROWS
    assert len(reading.wrong_rows) == checks.count("FIL02")


@pytest.mark.parametrize(
    "make", [files.utf8, files.utf8_with_bom, files.utf16_with_bom, files.line_feeds, files.tabs, files.trailing_semicolon]
)
def test_the_same_rows_in_other_clothes(make: Callable[[], bytes]):
    assert read(make(), LAYOUT).frame.equals(read(files.good(), LAYOUT).frame)


def test_encodings_are_recognised():
    assert read(files.good(), LAYOUT).encoding == "cp1252"
    assert read(files.iso_8859_1(), LAYOUT).encoding == "iso-8859-1"
    assert read(files.utf8_with_bom(), LAYOUT).encoding == "utf-8"
    assert read(files.utf16_with_bom(), LAYOUT).encoding == "utf-16"
    assert read(files.with_header(), LAYOUT).has_header
