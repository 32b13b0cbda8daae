"""A file on its way out is saved under a name that we made, and nothing in it runs."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from config.lib.downloads import LONGEST_NAME, attachment, disposition

pytestmark = pytest.mark.asvs("3.2.1", "5.4.1", "5.4.2")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Trosa kommun 2026.txt", "attachment; filename=\"trosa-kommun-2026.txt\"; filename*=UTF-8''Trosa%20kommun%202026.txt"),
        ("Åmål å.csv", "attachment; filename=\"amal-a.csv\"; filename*=UTF-8''%C3%85m%C3%A5l%20%C3%A5.csv"),
        ('a"; filename="b.exe', "attachment; filename=\"a-filename-b.exe\"; filename*=UTF-8''a%20%3B%20filename%3D%20b.exe"),
        ("../../etc/passwd", "attachment; filename=\"etc-passwd\"; filename*=UTF-8''etc%20passwd"),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"a-set-cookie-x\"; filename*=UTF-8''a%20Set-Cookie%20x"),
        ("\u202e", "attachment; filename=\"fil\"; filename*=UTF-8''fil"),
        ("日本", "attachment; filename=\"fil\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC"),
    ],
)
def test_fil_09_the_name_is_written_in_both_ways(name: str, expected: str) -> None:
    assert disposition(name) == expected


@given(st.text(max_size=400))
def test_fil_09_no_name_breaks_the_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    before, _, after = header.partition("; filename*=UTF-8''")
    plain = before.removeprefix('attachment; filename="').removesuffix('"')
    assert plain
    assert not set(plain) & set('"\\/;')
    assert 0 < len(unquote(after)) <= LONGEST_NAME
    assert not set(unquote(after)) & set('"\\/')


def test_fil_09_the_answer_is_an_attachment_that_runs_nothing() -> None:
    for content in (b"<script>alert(1)</script>", iter([b"a", b"b"])):
        answer = attachment(content, name="a.txt")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("Content-Length" in answer.headers) is isinstance(answer, HttpResponse)
