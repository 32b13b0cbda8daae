"""bin/lint: nothing in the tree looks like a secret (DRIFT-03). Patterns, and random-looking text measured by its entropy.

It reads what git would keep, without needing git: all but what .gitignore names. It finds keys, tokens, addresses with a
password and long random strings; a short guessable password no scan can tell from a word. A string that only looks like a
secret is named in KNOWN, with why.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from config.local import paths

PATTERNS = {
    "privat nyckel": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "åtkomstnyckel": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}|pypi-[A-Za-z0-9_-]{40,})"
    ),
    "säkerhetskopians nyckel": re.compile(r"AGE-SECRET-KEY-1[A-Za-z0-9]{20,}"),
    "signerad token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"),
    "adress med lösenord": re.compile(r"\b[a-z][a-z0-9+]*://[^\s:/@\"']*:(?![A-ZÅÄÖ]+@|[a-zåäö]+@|[{<$*…])[^\s/@\"']+@"),
}
RANDOM = (
    (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}(?![A-Za-z0-9+/_-])"), 4.4),
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z])"), 3.2),
    (re.compile(r"(?<![0-9A-Za-z])[A-Z2-7]{26,}(?![0-9A-Za-z])"), 3.8),
)
"""Base64, hexadecimal and base32, each with the bits a sign that random text of that length reaches."""

KINDS_OF_SIGN = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
SKIPPED_FOLDERS = frozenset({".git", ".venv", "var", "node_modules", "__pycache__", "static-collected"})
HASHES = re.compile(r'^\s+(--hash=sha256:[0-9a-f]{64}( \\)?|"integrity": "sha512-[A-Za-z0-9+/]{86}==",?)$')
KNOWN = {
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "the gallery's receipt: SHA-256 of the word test",
    "2949a60690c13393a3ab4d67bab28daf33370f46587576d113e3246eb365102e": "the checksum of a made-up delivery",
    "smtps://anna:p%40ss@": "a made-up mail server of a test",
}
"""What only looks like a secret, and why."""


def entropy(text: str) -> float:
    """Bits a sign (Shannon)."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def looks_random(text: str, least: float) -> bool:
    """Whether text of letters and digits is too even to be words. An alphabet, where nothing comes twice, is not random."""
    kinds = sum(bool(kind.search(text)) for kind in KINDS_OF_SIGN)
    return kinds >= 2 and len(set(text)) < len(text) and entropy(text) >= least


def finds(line: str) -> Iterator[tuple[str, str]]:
    """What in a line looks like a secret: the kind in Swedish, and the text."""
    if HASHES.match(line):
        return
    for kind, pattern in PATTERNS.items():
        yield from ((kind, found[0]) for found in pattern.finditer(line))
    for pattern, least in RANDOM:
        yield from (("slumptext", found[0]) for found in pattern.finditer(line) if looks_random(found[0], least))


def files(base: Path) -> Iterator[Path]:
    """Every text file that git would keep, in order."""
    for path in sorted(base.iterdir()):
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS and not path.name.endswith("_cache") and path.name != ".hypothesis":
                yield from files(path)
        elif not path.is_symlink() and b"\0" not in path.read_bytes()[:8_000]:
            yield path


def scan(base: Path) -> list[str]:
    """One line a find: where, and what kind; never the text itself."""
    return [
        f"{path.relative_to(base)}:{number}: {kind}"
        for path in files(base)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        for kind, text in finds(line)
        if text not in KNOWN
    ]


def main() -> int:
    """1 with a line for each find."""
    found = scan(paths.BASE)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
