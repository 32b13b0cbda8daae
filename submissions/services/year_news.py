"""Nytt i år: what a collection asks for otherwise than the one before it, from the two years' settings. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from submissions import checking
from submissions.models import Collection
from submissions.services import checks, code_lists, layouts
from submissions.services.collections import Difference
from submissions.services.settings import Changes
from submissions.spec import CheckSpec, CodeListSpec, CollectionSpec

DATES = {  # in the words of those who hand in
    "opens_on": "Insamlingen öppnar",
    "delivers_on": "Årets fil lämnas från",
    "measurement_day": "Mättidpunkt",
    "due_date": "Sista dag",
    "latest_deferral_date": "Uppskov längst till",
}


@dataclass(frozen=True, slots=True)
class ChangedList:
    """A code list that is new, gone or has other codes; the codes by what became of them, with their words."""

    kind: str
    name: str
    old_version: str
    new_version: str
    added: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangedCheck:
    """A check whose settings differ, with each difference in words."""

    code: str
    title: str
    changes: Changes


@dataclass(frozen=True, slots=True)
class YearNews:
    """What is otherwise than the year before, part by part."""

    year: int
    before: int
    dates: Changes
    old_layout: str
    new_layout: str
    fields: list[dict[str, str]]
    lists: tuple[ChangedList, ...]
    new_checks: tuple[ChangedCheck, ...]
    changed_checks: tuple[ChangedCheck, ...]
    removed_checks: tuple[ChangedCheck, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is otherwise but the dates."""
        return not (self.fields or self.lists or self.new_checks or self.changed_checks or self.removed_checks)


def news_of(now: CollectionSpec) -> YearNews | None:
    """What is new in the year against the collection before it; None where there is no earlier one to compare with."""
    earlier = Collection.objects.filter(year__lt=now.year).select_related("layout").order_by("-year", "pk").first()
    return between(earlier.spec(), now) if earlier else None


def between(old: CollectionSpec, new: CollectionSpec) -> YearNews:
    """The difference between two years."""
    return YearNews(
        year=new.year,
        before=old.year,
        dates=_dates(old, new),
        old_layout=old.layout.name,
        new_layout=new.layout.name,
        fields=layouts.differences(old.layout, new.layout),
        lists=tuple(_lists(old.lists, new.lists)),
        new_checks=tuple(_check(check, new) for check in _only_in(new.checks, old.checks)),
        changed_checks=tuple(_changed_checks(old, new)),
        removed_checks=tuple(_check(check, old) for check in _only_in(old.checks, new.checks)),
    )


def _dates(old: CollectionSpec, new: CollectionSpec) -> Changes:
    """Each date of the year, with the one before."""
    rows = []
    for name, label in DATES.items():
        before, after = getattr(old, name), getattr(new, name)
        rows.append({"label": label, "from": before, "to": after})
    return rows


def _lists(old: Mapping[str, CodeListSpec], new: Mapping[str, CodeListSpec]) -> list[ChangedList]:
    found = []
    for kind in dict.fromkeys([*new, *old]):
        before, after = old.get(kind), new.get(kind)
        shown = after or before
        difference = code_lists.compare(before.codes if before else {}, after.codes if after else {})
        if shown is not None and (difference.added or difference.changed or difference.missing):
            found.append(_changed_list(kind, shown, before, after, difference))
    return found


def _changed_list(
    kind: str, shown: CodeListSpec, before: CodeListSpec | None, after: CodeListSpec | None, difference: Difference
) -> ChangedList:
    return ChangedList(
        kind=kind,
        name=shown.name or kind,
        old_version=before.version if before else "",
        new_version=after.version if after else "",
        added=tuple((code, after.codes[code].label) for code in difference.added if after),
        changed=difference.changed,
        removed=tuple((code, before.codes[code].label) for code in difference.missing if before),
    )


def _only_in(these: Mapping[str, CheckSpec], those: Mapping[str, CheckSpec]) -> list[CheckSpec]:
    only = [check for code, check in these.items() if code not in those]
    return sorted(only, key=lambda check: checking.catalogue_place(check.code))


def _check(check: CheckSpec, collection: CollectionSpec) -> ChangedCheck:
    return ChangedCheck(check.code, checking.messages.title(check.code, collection), [])


def _changed_checks(old: CollectionSpec, new: CollectionSpec) -> list[ChangedCheck]:
    found = []
    for code in sorted(set(old.checks) & set(new.checks), key=checking.catalogue_place):
        changes = checks.differences(code, checks.values_of(old.checks[code]), checks.values_of(new.checks[code]))
        if changes:
            found.append(ChangedCheck(code, checking.messages.title(code, new), changes))
    return found
