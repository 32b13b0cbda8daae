"""`var/demo.json`: how to sign in as each person of the demo. Readable by its owner only; never in the repository."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from config.demo.people import Person


def write(path: Path, people: Iterable[Person]) -> None:
    """Replace the file in one step, so that a run cut short leaves the old one or the new one whole."""
    text = json.dumps([person.login() for person in people], ensure_ascii=False, indent=2) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.ny")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
