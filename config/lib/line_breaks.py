"""CR and LF in a field of one line. Nobody types them there: whoever sends them tries to write mail headers or log lines.

The fields refuse them or put everything on one line; this only leaves a trace (MEJ-01, ASVS 1.3.11).
"""

from __future__ import annotations

import structlog

log = structlog.get_logger("portal.input")


def has_line_break(text: str) -> bool:
    """Whether the text would be more than one line in a header."""
    return "\r" in text or "\n" in text


def note_line_break(text: str) -> None:
    """A validator of form fields that lets everything pass and logs a line break, without the text."""
    if has_line_break(text):
        log.warning("line_break_in_field", length=len(text))
