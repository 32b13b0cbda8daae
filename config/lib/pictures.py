"""The size of the handbook's pictures, read from the files: WebP in its extended form, as Chromium writes it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "static" / "handbok"
HEAD = 30


class NoPicture(LookupError):
    """There is no such picture, or it is of another kind; str() names the file."""


@cache
def size(name: str) -> tuple[int, int]:
    """Width and height in pixels. Raises `NoPicture`."""
    path = FOLDER / f"{name}.webp"
    try:
        with path.open("rb") as handle:
            head = handle.read(HEAD)
    except OSError as problem:
        raise NoPicture(str(path)) from problem
    if head[:4] != b"RIFF" or head[8:16] != b"WEBPVP8X":
        raise NoPicture(str(path))
    return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(
        head[27:30], "little"
    )  # each less by one (RFC 9649, 2.7)
