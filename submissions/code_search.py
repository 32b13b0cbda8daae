"""Find a code by its number or in plain words: "undersk", "207025", "lakare rontgen". Pure; knows neither database nor web."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_QUERY = 60
WORD = re.compile(r"[a-z0-9]+")
EXACT, BEGINS, WORDS, INSIDE, NEARLY = range(5)
FEWEST_FOR_SLIPS = 4  # a shorter word is like too many others


@dataclass(frozen=True, slots=True)
class Entry:
    """One code to choose: its number or letter, what it means, and the larger group it belongs to."""

    code: str
    label: str
    group: str = ""


def search(entries: Iterable[Entry], query: str, *, limit: int) -> list[Entry]:
    """The entries that the query means, the likeliest first; all of the first ones where nothing is asked.

    First the code itself, then codes that begin so, then labels where each word begins a word, then where each word
    stands somewhere in label or group, last where a word has one slip: a letter too many, too few, wrong, or two that
    have changed places.
    """
    words = WORD.findall(folded(query[:LONGEST_QUERY]))
    ranked = [(rank, place, entry) for place, entry in enumerate(entries) if (rank := _rank(entry, words)) is not None]
    if any(rank < NEARLY for rank, _, _ in ranked):
        ranked = [found for found in ranked if found[0] < NEARLY]
    return [entry for _, _, entry in sorted(ranked, key=lambda found: found[:2])[:limit]]


def folded(text: str) -> str:
    """The text in lower case without rings, dots and accents: "Förskollärare" is "forskollarare"."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def _rank(entry: Entry, words: list[str]) -> int | None:
    if not words:
        return WORDS
    code, asked = folded(entry.code), "".join(words)
    if code == asked:
        return EXACT
    if code.startswith(asked):
        return BEGINS
    label = folded(entry.label)
    in_label = WORD.findall(label)
    if all(any(word.startswith(asked) for word in in_label) for asked in words):
        return WORDS
    everything = f"{code} {label} {folded(entry.group)}"
    if all(asked in everything for asked in words):
        return INSIDE
    if all(asked in everything or any(_is_near(asked, word) for word in in_label) for asked in words):
        return NEARLY
    return None


def _is_near(asked: str, word: str) -> bool:
    """Whether the word, or its beginning, is what was asked for but for one slip."""
    if len(asked) < FEWEST_FOR_SLIPS:
        return False
    return any(_one_slip(asked, word[:length]) for length in (len(asked) - 1, len(asked), len(asked) + 1))


def _one_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
