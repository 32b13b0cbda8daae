"""Calendar files: read back by a reader of the tests' own, written from RFC 5545 and not from our code."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lib.ical import OCTETS, WholeDay, calendar, escaped, folded

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def read(content: bytes) -> list[tuple[str, str]]:
    """Names with parameters, and values as text, in order."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= OCTETS
    for line in content.split(b"\r\n"):
        line.decode()  # no letter is cut
    lines = content.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]
    return [(name, unescaped(value)) for name, _, value in (line.partition(":") for line in lines)]


def unescaped(value: str) -> str:
    """RFC 5545, 3.3.11, sign by sign."""
    text, signs = "", iter(value)
    for sign in signs:
        if sign == "\\":
            after = next(signs)
            assert after in "\\;,nN"
            sign = "\n" if after in "nN" else after
        text += sign
    return text


def event(**changes: object) -> WholeDay:
    values = {
        "uid": "sista-dag-2026-0488@personalstatistik.skr.se",
        "day": date(2026, 12, 1),
        "summary": "Sista dag",
        "description": "Lämna",
        "url": "https://portal.example/uppskov/0488/",
        "changed_at": AT,
    }
    return WholeDay(**{**values, **changes})  # type: ignore[arg-type]


def test_a_whole_day_ends_when_the_next_begins():
    lines = dict(read(calendar([event(day=date(2026, 12, 31), sequence=2)], name="Mina dagar")))
    assert (lines["DTSTART;VALUE=DATE"], lines["DTEND;VALUE=DATE"]) == ("20261231", "20270101")
    assert (lines["DTSTAMP"], lines["SEQUENCE"], lines["STATUS"]) == ("20261116T080000Z", "2", "CONFIRMED")
    assert (lines["VERSION"], lines["X-WR-TIMEZONE"], lines["X-WR-CALNAME"]) == ("2.0", "Europe/Stockholm", "Mina dagar")


def test_parts_begin_and_end_in_order():
    lines = read(calendar([event(alarm_days=3), event(is_cancelled=True, alarm_days=3)], name="x"))
    parts = [f"{name}:{value}" for name, value in lines if name in {"BEGIN", "END"}]
    alarm = ["BEGIN:VALARM", "END:VALARM"]
    assert parts == [
        "BEGIN:VCALENDAR",
        *["BEGIN:VEVENT", *alarm, "END:VEVENT"],
        *["BEGIN:VEVENT", "END:VEVENT"],
        "END:VCALENDAR",
    ]
    assert ("TRIGGER", "-P2DT15H") in lines
    assert ("STATUS", "CANCELLED") in lines


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hej; då, \\ du", "Hej\\; då\\, \\\\ du"),
        ("rad 1\r\nrad 2\rrad 3\nrad 4", "rad 1\\nrad 2\\nrad 3\\nrad 4"),
        ("a\x00b\x07c\x7fd\te", "abcde"),
        ("x\r\nEND:VCALENDAR", "x\\nEND:VCALENDAR"),
    ],
)
def test_text_is_escaped_and_begins_no_line_of_its_own(text: str, kept: str):
    assert escaped(text) == kept


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_any_text_comes_back(text: str):
    lines = read(calendar([event(summary=text, description=text)], name=text))
    wanted = "".join(
        sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign == "\n" or sign >= " " and sign != "\x7f"
    )
    assert [value for name, value in lines if name in {"SUMMARY", "DESCRIPTION", "X-WR-CALNAME"}] == [wanted] * 3


@given(st.text(st.sampled_from("aåä€😀 "), max_size=300))
def test_a_folded_line_unfolds_to_itself(line: str):
    pieces = folded(line).split("\r\n")
    assert all(len(piece.encode()) <= OCTETS for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
