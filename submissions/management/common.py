"""What the commands that write share: a dry run, a file's bytes and how a difference is printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import OutputWrapper
from django.db import transaction

from config.lib.commands import wrong_use
from config.lib.text import amount
from submissions.services.collections import Difference


@contextmanager
def perhaps(dry_run: bool) -> Iterator[None]:
    """A transaction that a dry run rolls back."""
    with transaction.atomic():
        yield
        if dry_run:
            transaction.set_rollback(True)


def content(path: str) -> bytes:
    """A file's bytes; status 2 where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise wrong_use(f"Filen {path} går inte att läsa.") from problem


def print_difference(out: OutputWrapper, difference: Difference, *, missing: str, dry_run: bool) -> None:
    """Every change on a line of its own, and the counts last."""
    for key in difference.added:
        out.write(f"+ {key}")
    for key, text in difference.changed:
        out.write(f"~ {key}: {text}")
    for key in difference.missing:
        out.write(f"- {key} {missing}")
    out.write(
        f"{amount(len(difference.added), 'ny', 'nya')}, {amount(len(difference.changed), 'ändrad', 'ändrade')}, "
        f"{len(difference.missing)} {missing}, {amount(difference.unchanged, 'oförändrad', 'oförändrade')}."
    )
    if dry_run:
        out.write("Inget är sparat (--dry-run).")
