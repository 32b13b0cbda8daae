"""Keep how many findings each check gave, with the answer they come from: one insert a check of a file."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from submissions import checking, spec
from submissions.models import CheckCount, CheckSetting, Correction, CorrectionBatch, Delivery

LEVELS = (spec.FEL, spec.VARNING, spec.INFO)  # the worst first
NOW = ["level", "rows", "groups"]
ALL = [*NOW, "first_rows", "first_groups"]


def counted(findings: pl.DataFrame) -> dict[str, tuple[str, int, int]]:
    """The worst level, the findings and the groups of each check that gave any."""
    if findings.is_empty():
        return {}
    levels: dict[str, list[str]] = defaultdict(list)
    rows: dict[str, int] = defaultdict(int)
    for group in checking.groups(findings).iter_rows(named=True):
        levels[group["check"]].append(group["level"])
        rows[group["check"]] += group["rows"]
    return {check: (min(found, key=LEVELS.index), rows[check], len(found)) for check, found in levels.items()}


def keep(delivery: Delivery, findings: pl.DataFrame, *, is_first: bool) -> None:
    """The counts of an answer made of the file's bytes; of a test file none.

    What the file had as it came is set by its first answer. A later one, after a changed setting or another reading, sets it
    anew, but for what the unit has corrected meanwhile.
    """
    if delivery.is_test:
        return
    if is_first:
        _write(delivery, findings, has_come=True, overwrites=NOW)
        return
    if not _is_corrected(delivery):
        CheckCount.objects.filter(delivery=delivery).delete()
        _write(delivery, findings, has_come=True, overwrites=ALL)
        return
    off = CheckSetting.objects.filter(collection=delivery.submission.collection_id, enabled=False).values("code")
    CheckCount.objects.filter(delivery=delivery, check_code__in=off).delete()
    _nothing_left(delivery)
    _write(delivery, findings, has_come=True, overwrites=NOW)


def keep_corrected(delivery: Delivery, findings: pl.DataFrame) -> None:
    """The counts after a correction or an undo: what the file had as it came stays."""
    if not delivery.is_test:
        _nothing_left(delivery)
        _write(delivery, findings, has_come=False, overwrites=NOW)


def _is_corrected(delivery: Delivery) -> bool:
    return any(made.objects.filter(delivery=delivery, undone_at=None).exists() for made in (Correction, CorrectionBatch))


def _nothing_left(delivery: Delivery) -> None:
    CheckCount.objects.filter(delivery=delivery).update(rows=0, groups=0)


def _write(delivery: Delivery, findings: pl.DataFrame, *, has_come: bool, overwrites: list[str]) -> None:
    """One row a check; of a row that is there already only `overwrites`. `has_come`: new ones were there from the start."""
    rows = [
        CheckCount(
            delivery=delivery,
            check_code=check,
            level=level,
            rows=number,
            groups=groups,
            first_rows=number if has_come else 0,
            first_groups=groups if has_come else 0,
        )
        for check, (level, number, groups) in counted(findings).items()
    ]
    CheckCount.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["delivery", "check_code"], update_fields=overwrites
    )  # fmt: skip
