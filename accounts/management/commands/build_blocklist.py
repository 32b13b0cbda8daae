"""Write accounts/data/blocklist.txt from our own words, the units' names and the keyboard. Same input, same file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.passwords import BLOCKLIST, CONTEXT_WORDS, fold
from config.lib.commands import PortalCommand, add_dry_run

WORDS = BLOCKLIST.parent / "words.txt"
UNITS = Path("submissions") / "data"
ROWS = ("1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm", "abcdefghijklmnopqrstuvwxyzåäö")
COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "!qaz", '"wsx', "@wsx", "#edc", "zaq1", "xsw2", "cde3")
ENDINGS = ("s", "n", "en", "et", "er", "ar", "or", "na", "a")
SHORTEST, SHORTEST_WALK = 3, 4


def own_words() -> Iterator[str]:
    """The hand-written words, and the longer ones with Swedish endings."""
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        for word in line.split():
            yield word
            if len(word) >= 4:
                yield from (word + ending for ending in ENDINGS)


def unit_words() -> Iterator[str]:
    """The names of the units that hand in, whole and in pieces, with the genitive's s."""
    for path in sorted((settings.BASE_DIR / UNITS).glob("*/enheter.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                name = row["namn"]
                for word in (name.replace(" ", ""), *name.split()):
                    yield from (word, f"{word}s", f"{word}kommun", f"{word}skommun")


def keyboard_walks() -> Iterator[str]:
    """Runs along a row of keys or the alphabet, there and back, and pairs of columns."""
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        for start in range(len(row)):
            yield from (row[start:end] for end in range(start + SHORTEST_WALK, len(row) + 1))
            yield row[start : start + 3]
    for left, right in product(COLUMNS, COLUMNS):
        yield left
        yield left + right


def build() -> list[str]:
    """All words, folded, each once, in order."""
    words = (fold(word) for source in (own_words(), unit_words(), keyboard_walks(), CONTEXT_WORDS) for word in source)
    return sorted({word for word in words if len(word) >= SHORTEST})


class Command(PortalCommand):
    """manage.py build_blocklist"""

    help = "Skriver listan över ord som inte får bära ett lösenord (accounts/data/blocklist.txt)."

    def add_arguments(self, parser: CommandParser) -> None:
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        words = build()
        if not options["dry_run"]:
            BLOCKLIST.write_text("\n".join(words) + "\n", encoding="utf-8")
        self.stdout.write(f"{len(words)} ord{' skulle skrivas' if options['dry_run'] else ' skrivna'}.")
