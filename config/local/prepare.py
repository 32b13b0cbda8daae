"""Before the first request: tables, rights, demo data and collected static files, each a step.

A process of its own, so that the parent stays small and each step has the database login that it should have.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from config.local import paths


def fingerprint(places: list[Path]) -> str:
    """Changes when one of the files, or a file under one of the directories, does."""
    seen = hashlib.sha256(django.get_version().encode())
    for place in places:
        for file in sorted(path for path in (place, *place.rglob("*")) if path.is_file()):
            facts = file.stat()
            seen.update(f"{file}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def collect_static() -> None:
    """Collect and compress the static files unless they are the same as last time."""
    from django.conf import settings  # noqa: PLC0415 - readable only once Django is set up

    stamp = paths.VAR / "static.stamp"
    now = fingerprint([*map(Path, settings.STATICFILES_DIRS), paths.BASE / "config" / "static_files.py"])
    if not stamp.exists() or stamp.read_text() != now or not Path(settings.STATIC_ROOT).exists():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


STEPS = {
    "migrate": lambda: call_command("migrate", interactive=False, verbosity=0),
    "grant_roles": lambda: call_command("grant_roles", stdout=io.StringIO()),
    "demo": lambda: call_command("demo", if_empty=True),
    "static": collect_static,
}


def main(steps: list[str]) -> None:
    """Take the steps in order; each is safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for step in steps:
        STEPS[step]()


if __name__ == "__main__":
    main(sys.argv[1:])
