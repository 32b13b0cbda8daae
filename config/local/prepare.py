"""Before the first request: tables, demo data and collected static files. A process of its own, so the parent stays small."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import django
from django.core.management import call_command

from config.local import paths


def fingerprint(directories: list[Path]) -> str:
    """Changes when a file under the directories does."""
    seen = hashlib.sha256(django.get_version().encode())
    for directory in directories:
        for file in sorted(path for path in directory.rglob("*") if path.is_file()):
            facts = file.stat()
            seen.update(f"{file}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def collect_static() -> None:
    """Collect and compress the static files unless they are the same as last time."""
    from django.conf import settings  # noqa: PLC0415 - readable only once Django is set up

    stamp = paths.VAR / "static.stamp"
    now = fingerprint([Path(directory) for directory in settings.STATICFILES_DIRS])
    if not stamp.exists() or stamp.read_text() != now or not Path(settings.STATIC_ROOT).exists():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


def main() -> None:
    """Bring database and files up to date; safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo", if_empty=True)
    if os.environ.get("DEBUG") != "1":
        collect_static()


if __name__ == "__main__":
    main()
