"""Calendar files (RFC 5545) of whole days: what Outlook, Google and the phone take in.

A whole day has no time and so no time zone: it is that date wherever one is. `X-WR-TIMEZONE` names Sweden for programs that
ask. Lines end with CRLF, are folded at 75 octets without cutting a letter, and text is escaped (RFC 5545, 3.1 and 3.3.11).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

CONTENT_TYPE = "text/calendar; charset=utf-8"
OCTETS = 75
PRODUCT = "-//SKR//Personalstatistik//SV"


@dataclass(frozen=True, slots=True)
class WholeDay:
    """One entry. `uid` stays the same for ever and `sequence` grows with each change, so that a new file replaces the old."""

    uid: str
    day: date
    summary: str
    description: str
    url: str
    changed_at: datetime
    sequence: int = 0
    is_cancelled: bool = False
    alarm_days: int = 0  # so many days before, at nine in the morning; 0: none


def calendar(events: Iterable[WholeDay], *, name: str) -> bytes:
    """The file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "X-WR-TIMEZONE:Europe/Stockholm",
    ]
    for event in events:
        lines += _event(event)
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _event(event: WholeDay) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{_stamp(event.changed_at)}",
        f"LAST-MODIFIED:{_stamp(event.changed_at)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(event.summary)}",
        f"DESCRIPTION:{escaped(event.description)}",
        f"URL:{event.url}",
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        "CLASS:PUBLIC",
        "TRANSP:TRANSPARENT",
        *(_alarm(event) if event.alarm_days and not event.is_cancelled else []),
        "END:VEVENT",
    ]


def _alarm(event: WholeDay) -> list[str]:
    before = f"-P{event.alarm_days - 1}DT15H"  # from midnight when the day begins
    return ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escaped(event.summary)}", f"TRIGGER:{before}", "END:VALARM"]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """Text as a value: backslash, semicolon, comma and line break; other control signs are not allowed and fall away."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(sign for sign in text if sign == "\n" or sign >= " " and sign != "\x7f")
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets; each piece after the first begins with a space. No letter is cut."""
    pieces, piece, size = [], "", 0
    for sign in line:
        octets = len(sign.encode("utf-8", "replace"))
        if size + octets > OCTETS:
            pieces.append(piece)
            piece, size = "", 1  # the space
        piece, size = piece + sign, size + octets
    return "\r\n ".join([*pieces, piece])
