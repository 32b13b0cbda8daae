"""One clean line out of whatever was typed or pasted."""

from __future__ import annotations

import pytest

from config.lib.text import one_line


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
