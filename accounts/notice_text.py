"""The privacy notice as text: headings (##), lists (-) and paragraphs, one empty line between them. Pure.

What is written is only text: it becomes HTML here, sign by sign.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Change(NamedTuple):
    """One part that is new or gone."""

    is_new: bool
    text: str


def parts_of(text: str) -> list[str]:
    """The headings, lists and paragraphs."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return [part.strip() for part in plain.split("\n\n") if part.strip()]


def as_html(text: str) -> SafeString:
    """The text for a page."""
    return format_html_join("\n", "{}", ((_part(part),) for part in parts_of(text)))


def _part(part: str) -> SafeString:
    if part.startswith("## "):
        return format_html("<h2>{}</h2>", part[3:].strip())
    lines = part.splitlines()
    if _is_list(part):
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((line[2:].strip(),) for line in lines)))
    return format_html("<p>{}</p>", format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines)))


def changes(before: str, after: str) -> list[Change]:
    """The headings, paragraphs and points that are gone and those that are new, in the order of the text; a changed one is both."""
    old, new = _points_of(before), _points_of(after)
    found: list[Change] = []
    for what, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            found += _marked(old[old_from:old_to], is_new=False)
            found += _marked(new[new_from:new_to], is_new=True)
    return found


def _is_list(part: str) -> bool:
    return all(line.startswith("- ") for line in part.splitlines())


def _points_of(text: str) -> list[str]:
    """The parts, a list point by point."""
    return [point for part in parts_of(text) for point in (part.splitlines() if _is_list(part) else [part])]


def _marked(parts: Iterable[str], *, is_new: bool) -> list[Change]:
    return [Change(is_new, part.removeprefix("## ").removeprefix("- ")) for part in parts]
