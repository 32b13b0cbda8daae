"""A place where a database of its own can lie."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """Not below pytest's own folder, which every other pytest that starts closes to all but its user: root's server is another."""
    with tempfile.TemporaryDirectory(prefix="portal-") as folder:
        yield Path(folder)
