"""Causes, not lines: groups of findings that one wrong value has made are one cause. Pure; the groups are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from submissions import spec
from submissions.services.groups import Group

LEVELS = (spec.FEL, spec.VARNING, spec.INFO)
COMBINATIONS = "LOG"  # the family of checks where no value is wrong in itself
MOST_TO_NAME = 5
NEARLY_ALL = 0.8
WORTH_NAMING = 0.25


@dataclass(frozen=True, slots=True)
class Cause:
    """One wrong value of a field with all that it has led to, or one kind of slip; the worst group first."""

    groups: tuple[Group, ...]

    @property
    def first(self) -> Group:
        """The group that the cause is named after."""
        return self.groups[0]

    @property
    def is_code(self) -> bool:
        """Whether it is one wrong code."""
        return self.first.value is not None and not self.first.check.startswith(COMBINATIONS)

    @property
    def findings(self) -> int:
        """How many findings it has made."""
        return sum(group.rows for group in self.groups)

    @property
    def to_mend(self) -> int:
        """How many of them must be corrected or explained."""
        return sum(group.rows for group in self.groups if group.level != spec.INFO)


def causes_of(groups: Sequence[Group]) -> list[Cause]:
    """The causes behind the groups, worst level first and then the largest; groups of equal weight keep their order."""
    merged: dict[object, list[Group]] = {}
    for group in groups:
        merged.setdefault(_name(group), []).append(group)
    causes = [Cause(tuple(sorted(found, key=_weight))) for found in merged.values()]
    return sorted(causes, key=lambda cause: (LEVELS.index(cause.first.level), -cause.findings))


def _name(group: Group) -> object:
    """What makes groups one cause: the wrong value, whatever checks it fails; for what does not go together, the check."""
    if group.check.startswith(COMBINATIONS):
        return group.check, group.field
    return group.key if group.field is None or group.value is None else (group.field, group.value)


def _weight(group: Group) -> tuple[int, int]:
    return LEVELS.index(group.level), -group.rows


@dataclass(frozen=True, slots=True)
class Headline:
    """What the review page says first: so many causes explain so many of all findings to mend."""

    causes: tuple[Cause, ...]  # the ones it speaks of, largest first; none: there is nothing to mend
    explained: int
    total: int
    all_causes: int


def headline(causes: Sequence[Cause]) -> Headline:
    """The few causes behind most of what must be corrected or explained; all of them where no few stand out.

    One that explains a quarter and is twice as large as the next stands out alone; else as many as explain four fifths,
    where those are at most five.
    """
    mine = sorted((cause for cause in causes if cause.to_mend), key=lambda cause: -cause.to_mend)
    total = sum(cause.to_mend for cause in mine)
    chosen = _standing_out(mine, total)
    return Headline(tuple(chosen), sum(cause.to_mend for cause in chosen), total, len(mine))


def _standing_out(causes: list[Cause], total: int) -> list[Cause]:
    if len(causes) < 2:
        return causes
    first, second = causes[:2]
    if first.to_mend >= WORTH_NAMING * total and first.to_mend >= 2 * second.to_mend:
        return [first]
    explained = 0
    for count, cause in enumerate(causes[:MOST_TO_NAME], 1):
        explained += cause.to_mend
        if explained >= NEARLY_ALL * total and count < len(causes):
            return causes[:count]
    return causes
