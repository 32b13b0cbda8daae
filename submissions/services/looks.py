"""What somebody looked at in a delivery, as the log of reads names it: the version, and the row, group or corrections.

Line numbers and the codes of checks, never a value of the file. Who may look is decided by the view; that she did is
written here (security note, LOG-07).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts import reads
from accounts.models import User
from config.lib.text import amount
from submissions.models import Delivery
from submissions.services.deliver import audit_name
from submissions.services.groups import Group


def at_row(*, delivery: Delivery, row: int, by: User, revealed: bool, at: datetime) -> None:
    """One row with all its fields."""
    _record(delivery, f"rad {row}", by=by, revealed=revealed, at=at)


def at_findings(
    *,
    delivery: Delivery,
    group: Group,
    rows: Sequence[int | None],
    by: User,
    revealed: bool = False,
    purpose: str = "",
    at: datetime,
) -> None:
    """A page of a group's rows, with their keys and values. A finding about the whole file shows no row, and is no look."""
    lines = sorted(row for row in rows if row is not None)
    if not lines:
        return
    field = f" fält {group.field}" if group.field else ""
    _record(delivery, f"kontroll {group.check}{field}, {_span(lines)}", by=by, revealed=revealed, purpose=purpose, at=at)


def at_rows(*, delivery: Delivery, rows: Sequence[int], by: User, at: datetime) -> None:
    """A page of the list of rows; none is no look."""
    if rows:
        _record(delivery, _span(rows), by=by, revealed=False, at=at)


def at_search(*, delivery: Delivery, rows: Sequence[int], by: User, at: datetime) -> None:
    """A search for one person, also one that found nothing."""
    found = f", {_span(rows)}" if rows else ", ingen rad"
    _record(delivery, f"sökning efter en person{found}", by=by, revealed=False, at=at)


def at_corrections(*, delivery: Delivery, by: User, at: datetime) -> None:
    """The list of corrections, with old and new values."""
    _record(delivery, "rättelserna", by=by, revealed=False, at=at)


def at_changes(*, delivery: Delivery, by: User, at: datetime) -> None:
    """The changes by employment, with old and new values."""
    _record(delivery, "ändringslistan", by=by, revealed=False, at=at)


def _span(rows: Sequence[int]) -> str:
    """Those rows, which stand in order: "rad 7", "3 rader mellan rad 7 och 19"."""
    first, last = rows[0], rows[-1]
    return f"rad {first}" if len(rows) == 1 else f"{amount(len(rows), 'rad', 'rader')} mellan rad {first} och {last}"


def at_difference(*, before: Delivery, delivery: Delivery, rows: Sequence[int], by: User, at: datetime) -> None:
    """A page of the changed values between two files. Nothing that differs is no look."""
    if rows:
        where = f"{amount(len(rows), 'värde', 'värden')} mellan rad {min(rows)} och {max(rows)}"
        _record(delivery, f"skillnaden mot version {before.version}, {where}", by=by, revealed=False, at=at)


def _record(delivery: Delivery, what: str, *, by: User, revealed: bool, purpose: str = "", at: datetime) -> None:
    unit = delivery.submission.unit.code
    reads.record(by=by, unit=unit, object=f"{audit_name(delivery)}, {what}", revealed=revealed, purpose=purpose, at=at)
