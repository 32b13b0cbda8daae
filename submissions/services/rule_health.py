"""Regelhälsa: what each check of a year costs the units and what it gives, so that SKR sees which to change or switch off.

Counted on `CheckCount`: a unit's first accepted file against the one it has handed in, or its current one until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum

from submissions import spec
from submissions.models import CheckCount, Collection, Comment, Delivery, Receipt

NOISY_UNITS = 5  # so many must have handed in before a check is called noisy
NOISY_SHARE = 0.8  # of them changed nothing, or more


@dataclass(frozen=True, slots=True)
class UnitCount:
    """One check at one unit: findings and groups in its first file, and in the one that counts now."""

    check: str
    first_rows: int
    first_groups: int
    rows: int
    groups: int
    is_handed_in: bool

    @property
    def is_gone(self) -> bool:
        """Nothing is left of it."""
        return self.groups == 0

    @property
    def is_unchanged(self) -> bool:
        """As many groups, or more, are left as there were at first."""
        return self.groups >= self.first_groups and self.groups > 0


@dataclass(frozen=True, slots=True)
class Explained:
    """What the units have explained of one check: units, findings, and how many units wrote the same as last year."""

    units: int = 0
    rows: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """One check of one year. Of `done`, those that have handed in, some have corrected all and some changed nothing."""

    check: str
    level: str
    units: int  # where it gave something, at first or later
    rows: int  # findings in the first files
    done: int
    corrected: int
    unchanged: int
    burden: int  # groups left in what is handed in
    use: int  # groups that were corrected before the hand-in
    left: int  # findings in the files that count now
    explained: Explained = field(default_factory=Explained)

    @property
    def unchanged_share(self) -> float:
        """The part of those that have handed in that changed nothing, 0 to 1."""
        return self.unchanged / self.done if self.done else 0.0

    @property
    def burden_per_use(self) -> float:
        """Groups left for each that was corrected; of none corrected, for one more than none."""
        return self.burden / max(self.use, 1)

    @property
    def is_noisy(self) -> bool:
        """Enough units have handed in, and most of them changed nothing; nobody is asked to change what is good to know."""
        return self.level != spec.INFO and self.done >= NOISY_UNITS and self.unchanged_share >= NOISY_SHARE


def health(
    counts: Iterable[UnitCount], explained: Mapping[str, Explained], levels: Mapping[str, str]
) -> list[CheckHealth]:  # fmt: skip
    """A line for each check that gave anything or has a level, the most trouble for the least use first.

    What is only good to know stands after the others: it is neither corrected nor explained.
    """
    by_check: dict[str, list[UnitCount]] = {check: [] for check in levels}
    for one in counts:
        by_check.setdefault(one.check, []).append(one)
    lines = [
        _line(check, levels.get(check, spec.INFO), hits, explained.get(check, Explained())) for check, hits in by_check.items()
    ]
    return sorted(lines, key=_order)


def _order(line: CheckHealth) -> tuple[bool, bool, float, int, int, str]:
    is_silent, is_info = not line.units, line.level == spec.INFO
    return is_silent, is_info, -line.burden_per_use, -line.unchanged, -line.rows, line.check


def _line(check: str, level: str, hits: list[UnitCount], explained: Explained) -> CheckHealth:
    hits = [one for one in hits if one.first_groups or one.groups]
    done = [one for one in hits if one.is_handed_in]
    return CheckHealth(
        check=check,
        level=level,
        units=len(hits),
        rows=sum(one.first_rows for one in hits),
        done=len(done),
        corrected=sum(one.is_gone for one in done),
        unchanged=sum(one.is_unchanged for one in done),
        burden=sum(one.groups for one in done),
        use=sum(max(one.first_groups - one.groups, 0) for one in done),
        left=sum(one.rows for one in hits),
        explained=explained,
    )


# The database ---------------------------------------------------------------------------------------------------------


def health_of(collection: Collection) -> list[CheckHealth]:
    """The year's checks that are on or have given anything. Five questions, whatever the number of units."""
    levels = dict(collection.check_settings.filter(enabled=True).order_by().values_list("code", "level"))
    off = dict(collection.check_settings.filter(enabled=False).order_by().values_list("code", "level"))
    lines = health(unit_counts(collection), _explained(collection), levels | off)
    return [line for line in lines if line.units or line.check in levels]


def unit_counts(collection: Collection) -> list[UnitCount]:
    """Each check at each unit: its first accepted file against the handed in one, else the current one."""
    first, counts, handed_in = _files(collection)
    wanted = {*first.values(), *counts.values()}
    columns = ("delivery", "check_code", "first_rows", "first_groups", "rows", "groups")
    found = CheckCount.objects.filter(delivery__in=wanted).order_by().values_list(*columns)
    by_file: dict[int, dict[str, tuple[int, int, int, int]]] = defaultdict(dict)
    for delivery, check, *numbers in found:
        by_file[delivery][check] = tuple(numbers)
    made = []
    for submission, last in counts.items():
        came, now = by_file[first.get(submission, last)], by_file[last]
        for check in sorted({*came, *now}):
            first_rows, first_groups, _, _ = came.get(check, (0, 0, 0, 0))
            _, _, rows, groups = now.get(check, (0, 0, 0, 0))
            made.append(UnitCount(check, first_rows, first_groups, rows, groups, submission in handed_in))
    return made


def _files(collection: Collection) -> tuple[dict[int, int], dict[int, int], set[int]]:
    """By submission its first accepted file, and the one that counts; and which submissions are handed in."""
    real = Delivery.objects.filter(submission__collection=collection, is_test=False, status=Delivery.Status.CHECKED)
    first: dict[int, int] = {}
    counts: dict[int, int] = {}
    for pk, submission, is_current in real.order_by("version", "pk").values_list("pk", "submission", "is_current"):
        first.setdefault(submission, pk)
        if is_current:
            counts[submission] = pk
    in_force = Receipt.objects.filter(submission__collection=collection, withdrawn_at=None, delivery__isnull=False)
    receipts = dict(in_force.order_by().values_list("submission", "delivery"))
    return first, counts | receipts, set(receipts)


def _explained(collection: Collection) -> dict[str, Explained]:
    """What is explained and not replaced, by check."""
    live = Comment.objects.filter(submission__collection=collection, replaced_at=None)
    counted = live.order_by().values_list("check_code").annotate(
        units=Count("submission", distinct=True),
        rows=Sum("rows"),
        repeated=Count("submission", distinct=True, filter=Q(is_repeated=True)),
    )  # fmt: skip
    return {check: Explained(units, rows, repeated) for check, units, rows, repeated in counted}
