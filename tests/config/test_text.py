"""One clean line out of whatever was typed or pasted."""

from __future__ import annotations

import pytest

from config.lib.text import clean_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna   Ek-Lund ", "Anna Ek-Lund"),
        ("Anna\r\nBcc: x", "Anna Bcc: x"),
        ("Anna\u202eEk", "AnnaEk"),
        ("An\u00adna\u00a0Ek\u200b", "Anna Ek"),
        ("Åsa Öberg 🙂", "Åsa Öberg 🙂"),
        ("\u2028\ufeff", ""),
    ],
)
def test_one_line(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


def test_lines_stay_and_signs_that_do_not_show_go() -> None:
    assert clean_lines("\n Rad\u202e ett \r\n\r\n två\x00🙂\u2066 \n\u200b") == "Rad ett\n\ntvå🙂"
