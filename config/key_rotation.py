"""Change of the field key: every sealed value that another key than the active one sealed is opened and sealed anew.

Row by row, each in a short transaction of its own with the row locked: what the portal writes meanwhile is neither lost nor
overwritten, no two rows are held at once, and a run that is cut short goes on where it stopped, since what has the active
key is passed over in the query. A large value is in memory alone. Source: security note, section 7; ASVS 11.2.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import BinaryField, Count, Q, QuerySet
from django.db.models.functions import Substr

from config.lib import crypto, sealed

BATCH = 500


class Row(NamedTuple):
    """A row that had a value under another key."""

    pk: Any
    resealed: tuple[str, ...]  # the columns that opened
    broken: tuple[str, ...]  # those that did not, left as they were


def sealed_models() -> list[Any]:
    """Every model with sealed columns, by name."""
    found = [model for model in apps.get_models() if getattr(model, "SEALED", None)]
    return sorted(found, key=lambda model: model._meta.label)


def old_rows(model: Any, *, store: bool = True) -> Iterator[Row]:
    """Seal a model's values with the active key, row by row; with `store` off they are only opened."""
    last: Any = None
    while found := list(_batch_after(model, last)):
        for pk in found:
            row = _rotate(model, pk, store=store)
            if row.resealed or row.broken:
                yield row
        last = found[-1]


def keys_in_use() -> Counter[int]:
    """How many values each key id has sealed. What is too short to have one counts as key 0, which does not exist."""
    counts: Counter[int] = Counter()
    for model in sealed_models():
        for column in model.SEALED:
            rows = _with_key(model, column).filter(**{f"{column}__isnull": False})
            for key, number in rows.values_list("key").annotate(Count("pk")).order_by("key"):
                counts[bytes(key)[0] if key else 0] += number
    return counts


def values_of(model: Any) -> Iterator[tuple[Any, str, bool]]:
    """Each sealed value of the model: its row, its column and whether it opens. One value in memory at a time."""
    for column, seal in model.SEALED.items():
        kept = model._base_manager.filter(**{f"{column}__isnull": False}).order_by("pk")
        for pk, value, *owner in kept.values_list("pk", column, *seal.owner).iterator(chunk_size=1):
            try:
                crypto.open_sealed(value, purpose=seal.purpose, owner=sealed.owner_name(owner))
            except crypto.SealBroken:
                yield pk, column, False
            else:
                yield pk, column, True


def _with_key(model: Any, column: str) -> QuerySet[models.Model]:
    """The model's rows with the first byte of the column as `key`; the database reads no more of it than that."""
    return model._base_manager.annotate(key=Substr(column, 1, 1, output_field=BinaryField()))


def _old(model: Any, column: str) -> QuerySet[models.Model]:
    active = bytes([settings.FIELD_KEY_ACTIVE])
    return _with_key(model, column).filter(~Q(key=active), **{f"{column}__isnull": False})


def _batch_after(model: Any, last: Any) -> QuerySet[Any]:
    old = Q()
    for column in model.SEALED:
        old |= Q(pk__in=_old(model, column).values("pk"))
    rows = model._base_manager.filter(old)
    if last is not None:
        rows = rows.filter(pk__gt=last)
    return rows.order_by("pk").values_list("pk", flat=True)[:BATCH]


@transaction.atomic
def _rotate(model: Any, pk: Any, *, store: bool) -> Row:
    this = model._base_manager.filter(pk=pk)
    this.select_for_update(no_key=True).values_list("pk").first()
    resealed, broken = [], []
    for column, seal in model.SEALED.items():
        found = _old(model, column).filter(pk=pk).values_list(column, *seal.owner).first()
        if found is None:
            continue
        kept, *owner = found
        binding: dict[str, Any] = {"purpose": seal.purpose, "owner": sealed.owner_name(owner)}
        try:
            plain = crypto.open_sealed(kept, **binding)
        except crypto.SealBroken:
            broken.append(column)
            continue
        if store:
            this.update(**{column: crypto.seal(plain, **binding)})
        resealed.append(column)
    return Row(pk, tuple(resealed), tuple(broken))
