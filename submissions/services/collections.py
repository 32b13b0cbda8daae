"""Set a year up: open the collection and import units. All of it may be run again without harm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from config.lib.text import sort_key
from profiles import names
from profiles.models import Unit
from submissions import builtin, spec
from submissions.models import CheckSetting, Code, CodeList, Collection, Field, Layout, SettingChange, Submission


class ImportRefused(ValueError):
    """The import cannot be done; str() is a Swedish sentence."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What `open_collection` did."""

    collection: Collection
    created: bool
    source: str  # "inbyggda inställningar 2026", "insamlingen 2025"
    submissions_added: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import changes: keys added, keys changed with a Swedish description, keys that the file lacks."""

    added: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    unchanged: int


# The year ------------------------------------------------------------------------------------------------------------


def running_collection(on: date) -> Collection | None:
    """The latest collection that has opened by then, else the first that will; None where there is none."""
    years = Collection.objects.order_by("-year")
    return years.filter(opens_on__lte=on).first() or years.last()


def open_year(on: date) -> Collection | None:
    """The latest collection that takes files then, else the first that will; None where all are closed."""
    years = Collection.objects.filter(closed_at=None).order_by("-year")
    return years.filter(opens_on__lte=on).first() or years.last()


def running_year(on: date) -> int | None:
    """Its year."""
    found = running_collection(on)
    return found.year if found else None


@transaction.atomic
def open_collection(*, year: int, by: User | None, at: datetime) -> Opened:
    """The year's collection with layout, lists, checks, calendar and a submission for each active unit.

    Made from the built-in settings of that year, else from the collection before it, else from the latest built-in
    ones, with the calendar moved. A year that exists keeps its settings and gets the submissions it lacks.
    """
    existing = Collection.objects.filter(year=year).first()
    if existing is not None:
        return Opened(existing, False, "", add_submissions(existing))
    values, source = settings_for(year)
    collection = Collection.objects.create(
        year=year,
        opens_on=values.opens_on,
        delivers_on=values.delivers_on,
        measurement_day=values.measurement_day,
        due_date=values.due_date,
        latest_deferral_date=values.latest_deferral_date,
        direct_deferral_days=values.direct_deferral_days,
        layout=_layout(values.layout),
    )
    collection.code_lists.set(
        [_newest(_code_list(code_list, date(year, 1, 1)), collection) for code_list in values.lists.values()]
    )
    CheckSetting.objects.bulk_create(_check(collection, check) for check in values.checks.values())
    added = add_submissions(collection)
    audit.record("operation:configuration", by=by, object=f"insamling {year}", result=source, at=at)
    SettingChange.objects.create(
        collection=collection,
        kind=SettingChange.Kind.YEAR,
        changes=[{"label": "Upplagd efter", "from": "–", "to": source}],
        by=by,
        at=at,
    )
    return Opened(collection, True, source, added)


def add_submissions(collection: Collection) -> int:
    """A submission for each active unit that lacks one; how many were added."""
    has = Submission.objects.filter(collection=collection).values("unit")
    missing = Unit.objects.filter(is_active=True).exclude(pk__in=has).in_order()
    return len(Submission.objects.bulk_create([Submission(unit=unit, collection=collection) for unit in missing]))


def settings_for(year: int) -> tuple[spec.CollectionSpec, str]:
    """What a new year begins with, and where it comes from; writes nothing."""
    try:
        return builtin.collection_spec(year), f"inbyggda inställningar {year}"
    except builtin.NoBuiltinCollection:
        pass
    last = Collection.objects.filter(year__lt=year).order_by("-year").first()
    if last is not None:
        return _moved(last.spec(), year), f"insamlingen {last.year}"
    return _moved(builtin.collection_spec(builtin.LATEST), year), f"inbyggda inställningar {builtin.LATEST}"


def _moved(values: spec.CollectionSpec, year: int) -> spec.CollectionSpec:
    """The same settings with the calendar moved by whole years; a leap day to the day before."""
    years = year - values.year

    def moved(day: date) -> date:
        is_leap_day = (day.month, day.day) == (2, 29)
        return day.replace(year=day.year + years, day=28 if is_leap_day else day.day)

    return replace(
        values,
        year=year,
        opens_on=moved(values.opens_on),
        delivers_on=moved(values.delivers_on),
        measurement_day=moved(values.measurement_day),
        due_date=moved(values.due_date),
        latest_deferral_date=moved(values.latest_deferral_date),
    )


def _layout(values: spec.LayoutSpec) -> Layout:
    layout, created = Layout.objects.get_or_create(name=values.name)
    if created:
        Field.objects.bulk_create(Field.of(layout, field) for field in values.fields)
    return layout


def _code_list(values: spec.CodeListSpec, valid_from: date) -> CodeList:
    """The list of that kind and version, made from `valid_from` where it is not there."""
    existing = CodeList.objects.filter(kind=values.kind, version=values.version).order_by("valid_from", "pk").first()
    if existing is not None:
        return existing
    code_list = CodeList.objects.create(
        kind=values.kind, name=values.name, version=values.version, valid_from=valid_from, established=values.established
    )
    add_codes(code_list, values.codes.values())
    return code_list


def _newest(code_list: CodeList, collection: Collection) -> CodeList:
    """The version of the list that the year should use: a newer one that is in use and valid on its measurement day, if any."""
    newer = CodeList.objects.filter(
        kind=code_list.kind,
        status=CodeList.Status.USED,
        valid_from__gt=code_list.valid_from,
        valid_from__lte=collection.measurement_day,
    )
    return newer.order_by("-valid_from", "-pk").first() or code_list


def add_codes(code_list: CodeList, codes: Iterable[spec.CodeSpec]) -> None:
    Code.objects.bulk_create(
        Code(
            code_list=code_list,
            code=code.code,
            label=code.label,
            sector=code.sector,
            group_kommun=code.group_kommun,
            group_region=code.group_region,
            evidence=code.evidence,
        )
        for code in codes
    )


def _check(collection: Collection, check: spec.CheckSpec) -> CheckSetting:
    return CheckSetting(
        collection=collection,
        code=check.code,
        level=check.level,
        fields=check.fields,
        applies_to=check.applies_to,
        title=check.title,
        message=check.message,
        advice=check.advice,
        why=check.why,
        mend=check.mend,
        answers=list(check.answers),
        condition=check.condition,
        threshold_text=check.threshold_text,
        threshold=dict(check.threshold),
        enabled=check.enabled,
        valid_from=check.valid_from,
        valid_until=check.valid_until,
        evidence=check.evidence,
    )


# Units ---------------------------------------------------------------------------------------------------------------


def compare_units(units: Iterable[spec.UnitSpec]) -> Difference:
    """What `import_units` would change."""
    wanted = {unit.code: unit for unit in units}
    have = {unit.code: unit for unit in Unit.objects.in_order()}
    changed = [(code, _unit_change(have[code], wanted[code])) for code in wanted if code in have]
    return Difference(
        added=tuple(code for code in wanted if code not in have),
        changed=tuple((code, text) for code, text in changed if text),
        missing=tuple(code for code in have if code not in wanted),
        unchanged=sum(1 for _, text in changed if not text),
    )


@transaction.atomic
def import_units(*, units: Iterable[spec.UnitSpec], by: User | None, at: datetime) -> Difference:
    """Add and update units; those that the file lacks are left. New units get a submission in the years that are open."""
    wanted = {unit.code: unit for unit in units}
    difference = compare_units(wanted.values())
    Unit.objects.bulk_create(
        Unit(code=u.code, name=u.name, kind=u.kind, sort_key=sort_key(u.name), is_active=u.active)
        for u in (wanted[code] for code in difference.added)
    )
    for code, _ in difference.changed:
        unit = wanted[code]
        Unit.objects.filter(code=code).update(kind=unit.kind, is_active=unit.active)
        names.rename_unit(unit=Unit.objects.get(code=code), name=unit.name, valid_from=timezone.localdate(at), by=by, at=at)
    for collection in Collection.objects.filter(closed_at=None).order_by("year"):
        add_submissions(collection)
    if difference.added or difference.changed:
        result = f"{len(difference.added)} nya, {len(difference.changed)} ändrade"
        audit.record("operation:configuration", by=by, object="enheter", result=result, at=at)
    return difference


def _unit_change(unit: Unit, wanted: spec.UnitSpec) -> str:
    """The changes in words, empty where there are none."""
    parts = []
    if unit.name != wanted.name:
        parts.append(f"namn {unit.name} → {wanted.name}")
    if unit.kind != wanted.kind:
        parts.append(f"typ {unit.kind} → {wanted.kind}")
    if unit.is_active != wanted.active:
        parts.append("lämnar uppgifter" if wanted.active else "lämnar inte uppgifter")
    return ", ".join(parts)
