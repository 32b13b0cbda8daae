"""What is not kept for ever: a rule says which rows, how old, and how they go; `carry_out` does it in batches.

Each batch is a transaction of its own with its receipt, so a purge may be stopped at any moment and run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

BATCH = 200


def delete(rows: QuerySet[Any]) -> int:
    """Delete the rows themselves; how many, without what hangs on them."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` gives the rows that are over at a point in time that lies `age` back; `remove` makes them go and counts them."""

    name: str  # for the log
    what: str  # for people
    age: timedelta
    find: Callable[[datetime], QuerySet[Any]]
    remove: Callable[[QuerySet[Any]], int] = delete


def carry_out(
    rule: Rule,
    *,
    at: datetime,
    older_than: timedelta | None = None,
    dry_run: bool = False,
    receipt: Callable[[str, int], object] | None = None,
) -> int:
    """Remove what the rule finds; how many. `older_than` leaves what is younger, `dry_run` only counts."""
    rows = rule.find(at - max(rule.age, older_than or rule.age))
    if dry_run:
        return rows.count()
    total = removed = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            removed = rule.remove(rows.filter(pk__in=keys))
            if removed and receipt:
                receipt(rule.what, removed)
        total += removed
        if not removed:  # somebody else was there first
            break
    return total
