"""Regelhälsa: what each check of a year costs the units and what it gives, so that SKR sees which to change or switch off.

Counted on `CheckCount`: a unit's first accepted file against the one it has handed in, or its current one until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Q, Sum

from submissions import checking, spec
from submissions.models import Collection, Comment, Delivery, Receipt

NOISY_UNITS = 5  # so many must have handed in before a check is called noisy
NOISY_SHARE = 0.8  # of them changed nothing, or more


@dataclass(frozen=True, slots=True)
class UnitCount:
    """One check at units that have the same numbers of groups in their first file, and in the one that counts now.

    Findings (rows) are those of all these units together, groups those of each.
    """

    check: str
    first_rows: int
    first_groups: int
    rows: int
    groups: int
    is_handed_in: bool
    units: int = 1

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
        units=sum(one.units for one in hits),
        rows=sum(one.first_rows for one in hits),
        done=sum(one.units for one in done),
        corrected=sum(one.units for one in done if one.is_gone),
        unchanged=sum(one.units for one in done if one.is_unchanged),
        burden=sum(one.units * one.groups for one in done),
        use=sum(one.units * max(one.first_groups - one.groups, 0) for one in done),
        left=sum(one.rows for one in hits),
        explained=explained,
    )


# The database ---------------------------------------------------------------------------------------------------------


def health_of(collection: Collection) -> list[CheckHealth]:
    """The year's checks that are on or have given anything. A handful of questions, whatever the number of units."""
    year = collection.spec()
    levels = {code: checking.effective_level(code, year) for code, check in year.checks.items() if check.enabled}
    off = {code: check.level for code, check in year.checks.items() if not check.enabled}
    lines = health(unit_counts(collection), _explained(collection), levels | off)
    return [line for line in lines if line.units or line.check in levels]


def unit_counts(collection: Collection) -> list[UnitCount]:
    """Each check, by how many groups the units had in their first accepted file and have in the handed in one, or the current.

    Added up by the database: there are some ten thousand counts a year, and few different ones.
    """
    first, counts, handed_in = _files(collection)
    files = [(first.get(submission, last), last, submission in handed_in) for submission, last in counts.items()]
    came, now, done = ([one[n] for one in files] for n in range(3))
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [came, now, done])
        found = cursor.fetchall()
    return [
        UnitCount(check, first_rows, first_groups, rows, groups, is_handed_in, units)
        for check, is_handed_in, first_groups, groups, units, first_rows, rows in found
    ]


_COUNTS = """
WITH file AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS f (came, counts, handed_in)),
     came AS (SELECT f.counts, f.handed_in, c.check_code, c.first_rows, c.first_groups
              FROM file f JOIN submissions_checkcount c ON c.delivery_id = f.came),
     now AS (SELECT f.counts, f.handed_in, c.check_code, c.rows, c.groups
             FROM file f JOIN submissions_checkcount c ON c.delivery_id = f.counts)
SELECT check_code, handed_in, coalesce(first_groups, 0), coalesce(groups, 0), count(*),
       coalesce(sum(first_rows), 0), coalesce(sum(rows), 0)
FROM came FULL JOIN now USING (counts, handed_in, check_code)
GROUP BY 1, 2, 3, 4
"""


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
