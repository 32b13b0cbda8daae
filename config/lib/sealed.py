"""Which columns of a model are sealed, for what and bound to what: declared once, on the model.

    class Comment(models.Model):
        SEALED = {"text_sealed": Seal("comment", "submission_id")}

    comment.text_sealed = sealed.seal_text(comment, "text_sealed", "Det stämmer.")
    sealed.open_text(comment, "text_sealed")

Whoever seals, opens or changes the key (`manage.py rotate_keys`) reads the same declaration. The row may be a new one, so
long as it knows what it belongs to. A binary column that is not sealed is named in NOT_SEALED.
Source: security note, section 7; ASVS 11.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from config.lib import crypto


@dataclass(frozen=True, slots=True, init=False)
class Seal:
    """A purpose, and the columns (paths of a query: "delivery__version") whose values name the owner."""

    purpose: str
    owner: tuple[str, ...]

    def __init__(self, purpose: str, *owner: str) -> None:
        object.__setattr__(self, "purpose", purpose)
        object.__setattr__(self, "owner", owner or ("pk",))

    def owner_of(self, row: object) -> str:
        """What a value of that row is bound to."""
        return owner_name(attrgetter(path.replace("__", "."))(row) for path in self.owner)


class HasSeals(Protocol):
    """A model with sealed columns."""

    @property
    def SEALED(self) -> Mapping[str, Seal]: ...  # noqa: N802 - a constant of the class


def owner_name(values: Iterable[object]) -> str:
    """The owner as one word, from the values of its columns."""
    return "/".join(map(str, values))


def seal(row: HasSeals, column: str, plain: bytes) -> bytes:
    """`plain` as that column of that row keeps it."""
    return crypto.seal(plain, purpose=row.SEALED[column].purpose, owner=row.SEALED[column].owner_of(row))


def seal_text(row: HasSeals, column: str, plain: str) -> bytes:
    """`seal` for text."""
    return seal(row, column, plain.encode())


def open_column(row: HasSeals, column: str) -> bytes:
    """What the column was sealed with. Raises crypto.SealBroken, also where it is empty."""
    kept: bytes | memoryview | None = getattr(row, column)
    return crypto.open_sealed(kept or b"", purpose=row.SEALED[column].purpose, owner=row.SEALED[column].owner_of(row))


def open_text(row: HasSeals, column: str) -> str:
    """`open_column` for text."""
    return open_column(row, column).decode()


def text_or(row: HasSeals, column: str, otherwise: str) -> str:
    """`open_text` for a page that shows much else: what cannot be read gives `otherwise`."""
    return open_text(row, column) if opens(row, column) else otherwise


def opens(row: HasSeals, column: str) -> bool:
    """Whether the column can be read: not where the bytes were changed, or their key is not here."""
    try:
        open_column(row, column)
    except crypto.SealBroken:
        return False
    return True
