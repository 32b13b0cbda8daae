"""Where the local portal keeps its things: all under var/, which git ignores and `bin/run --reset` deletes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
VAR = BASE / "var"
KEYS = VAR / "keys"
ENV = VAR / "env"
DEMO = VAR / "demo.json"
STATE = VAR / "run.json"
LOG = VAR / "portal.log"
PYTHON = str(Path(sys.prefix) / "bin" / "python")
CHROMIUM, WITHOUT_WINDOWS = "/usr/bin/chromium", "/usr/bin/chromium-headless-shell"  # Debian's


class Unable(Exception):
    """The portal cannot start or go on; the message is a sentence for the person at the keyboard."""


def chromium(*, has_own_words: bool = False) -> str:
    """The browser: CHROMIUM where it is set, else Debian's, and of those the one that draws no windows where it is installed.

    That one shows pages as the other does, in half the time, but its own words, as "Välj fil", are there in English only.
    """
    found = WITHOUT_WINDOWS if Path(WITHOUT_WINDOWS).exists() and not has_own_words else CHROMIUM
    return os.environ.get("CHROMIUM") or found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads; whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
