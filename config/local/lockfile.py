"""The lock files under requirements/: one pinned package an entry, each with its hashes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.local import paths

FILES = ("base", "local", "dev", "bench")


@dataclass(frozen=True, slots=True)
class Package:
    """One entry. `is_here` is False for what another system or interpreter needs."""

    name: str
    version: str
    hashes: tuple[str, ...]
    is_here: bool


class NotPinned(Exception):
    """An entry that is no `name==version`; the message is the entry."""


def read(name: str) -> list[Package]:
    """The packages of requirements/<name>.txt."""
    return parse((file_of(name)).read_text(encoding="utf-8"))


def file_of(name: str) -> Path:
    """Where the lock file lies."""
    return paths.BASE / "requirements" / f"{name}.txt"


def parse(text: str) -> list[Package]:
    """The packages of a lock file. Raises NotPinned for anything but exact versions."""
    entries = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [_package(entry) for entry in entries]


def _package(entry: str) -> Package:
    wanted, *hashes = entry.split("--hash=")
    requirement = Requirement(wanted.strip())
    pins = list(requirement.specifier)
    if requirement.url or len(pins) != 1 or pins[0].operator != "==" or "*" in pins[0].version:
        raise NotPinned(wanted.strip())
    return Package(
        name=canonicalize_name(requirement.name),
        version=pins[0].version,
        hashes=tuple(given.strip() for given in hashes),
        is_here=requirement.marker is None or requirement.marker.evaluate(),
    )
