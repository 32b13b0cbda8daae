"""The code lists: read a version in, see what it changes, and take it into use on its day.

A version that is read in on the page is a draft, which no year uses. Confirmed, it is taken into use at once, or where it
is valid from a day to come, on that day by a job. The version before stays as it was. Years use a version that is valid on
their measurement day; those that are closed keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import one_line
from submissions import spec
from submissions.fields import CODE_LISTS
from submissions.models import CodeList, Collection
from submissions.services import settings
from submissions.services.collections import Difference, ImportRefused, add_codes
from submissions.services.settings import Kind, Refused

Status = CodeList.Status
VERSION_LENGTH = 60


# What a version changes ----------------------------------------------------------------------------------------------


def kinds() -> list[str]:
    """The lists there are."""
    return sorted(CodeList.objects.values_list("kind", flat=True).distinct())


def concerned(code_list: CodeList) -> QuerySet[Collection]:
    """The years that would use the version: not closed, measured when it is valid, and without a newer one."""
    years = Collection.objects.filter(closed_at=None, measurement_day__gte=code_list.valid_from)
    newer = years.filter(code_lists__kind=code_list.kind, code_lists__valid_from__gt=code_list.valid_from)
    return years.exclude(pk__in=newer.values("pk")).order_by("year", "pk")


def replaced(code_list: CodeList) -> CodeList | None:
    """The version that it takes the place of: the one in use in the first year concerned, else the latest one used."""
    used = CodeList.objects.filter(kind=code_list.kind, status=Status.USED).exclude(pk=code_list.pk)
    if code_list.status == Status.USED:
        return used.filter(valid_from__lt=code_list.valid_from).order_by("-valid_from", "-pk").first()
    year = concerned(code_list).first()
    in_year = used.filter(collection=year).first() if year else None
    return in_year or used.order_by("-valid_from", "-pk").first()


def difference(code_list: CodeList) -> Difference:
    """What the version changes against the one that it takes the place of."""
    before = replaced(code_list)
    return compare(before.spec().codes if before else {}, code_list.spec().codes)


def compare(have: Mapping[str, spec.CodeSpec], codes: Mapping[str, spec.CodeSpec]) -> Difference:
    """The codes that are new, changed and gone in the second."""
    changed = [(code, _code_change(have[code], codes[code])) for code in codes if code in have]
    return Difference(
        added=tuple(code for code in codes if code not in have),
        changed=tuple((code, text) for code, text in changed if text),
        missing=tuple(code for code in have if code not in codes),
        unchanged=sum(1 for _, text in changed if not text),
    )


def fields_of(kind: str) -> tuple[int, ...]:
    """The fields whose codes stand in the list."""
    return tuple(number for number, its in CODE_LISTS.items() if its == kind)


def _code_change(old: spec.CodeSpec, new: spec.CodeSpec) -> str:
    """The changes in words, empty where there are none. Groups that the new list leaves out are not a change."""
    parts = []
    if old.label != new.label:
        parts.append(f"{old.label} → {new.label}")
    if new.sector and old.sector != new.sector:
        parts.append(f"sektor {old.sector or 'alla'} → {new.sector}")
    return ", ".join(parts)


# Read in and take into use -------------------------------------------------------------------------------------------


@transaction.atomic
def read_in(
    *,
    kind: str,
    codes: Mapping[str, spec.CodeSpec],
    version: str,
    valid_from: date,
    established: bool,
    why: str,
    by: User,
    at: datetime,
) -> CodeList:
    """Keep a version as a draft, which changes nothing. Raises `Refused` and `NotAllowed`."""
    settings.check_may_change(by)
    said = settings.clean_why(why)
    try:
        check_code_import(kind, codes, valid_from)
    except ImportRefused as refusal:
        raise Refused(str(refusal), "valid_from" if "redan" in str(refusal) else "file") from None
    try:
        with transaction.atomic():
            made = _create(kind, codes, version, valid_from, established=established)
    except IntegrityError:  # a colleague read one in at the same moment
        raise Refused("Någon har just läst in en version som gäller från den dagen. Ladda om sidan.", "valid_from") from None
    CodeList.objects.filter(pk=made.pk).update(status=Status.DRAFT, why=said, read_by=by, read_at=at)
    made.refresh_from_db()
    line = [settings.changed("Inläst som utkast", "–", f"{made.version}, {len(codes)} koder")]
    settings.note(Kind.CODE_LIST, kind, collection=None, changes=line, why=said, is_judging=False, by=by, at=at)
    return made


@transaction.atomic
def confirm(*, code_list: CodeList, by: User, at: datetime) -> str:
    """Take a draft into use: at once, or planned for the day it is valid from. Gives its new status. Raises `NotAllowed`."""
    settings.check_may_change(by)
    is_planned = code_list.valid_from > timezone.localdate(at)
    status = Status.PLANNED if is_planned else Status.USED
    if not CodeList.objects.filter(pk=code_list.pk, status=Status.DRAFT).update(status=status):
        raise NotAllowed("Versionen är inte längre ett utkast. Ladda om sidan.")
    if is_planned:
        line = [settings.changed("Planerad", "utkast", f"{code_list.version} från {code_list.valid_from.isoformat()}")]
        settings.note(
            Kind.CODE_LIST, code_list.kind, collection=None, changes=line, why=code_list.why, is_judging=False, by=by, at=at
        )
    else:
        _put_into_years(code_list, by=by, at=at)
    return status


def take_planned_into_use(*, at: datetime) -> list[CodeList]:
    """Take each planned version whose day has come into use; those that were."""
    due = CodeList.objects.filter(status=Status.PLANNED, valid_from__lte=timezone.localdate(at)).order_by("valid_from", "pk")
    taken = []
    for code_list in due:
        with transaction.atomic():
            if CodeList.objects.filter(pk=code_list.pk, status=Status.PLANNED).update(status=Status.USED):
                _put_into_years(code_list, by=None, at=at)
                taken.append(code_list)
    return taken


@transaction.atomic
def undo(*, code_list: CodeList, by: User, at: datetime) -> None:
    """Take a draft or planned version away. Raises `NotAllowed` where it is in use already."""
    settings.check_may_change(by)
    found = CodeList.objects.select_for_update(of=("self",)).filter(pk=code_list.pk).exclude(status=Status.USED).first()
    if found is None:
        raise NotAllowed("Versionen är redan i bruk eller borttagen.")
    line = [settings.changed("Borttagen innan den togs i bruk", found.version, "–")]
    settings.note(Kind.CODE_LIST, found.kind, collection=None, changes=line, why=found.why, is_judging=False, by=by, at=at)
    found.delete()


@transaction.atomic
def set_established(*, code_list: CodeList, established: bool, why: str, by: User, at: datetime) -> bool:
    """Say that SKR has established the version, or has not: whether an unknown code is refused. False where it is so already."""
    settings.check_may_change(by)
    said = settings.clean_why(why)
    if not CodeList.objects.filter(pk=code_list.pk, established=not established).update(established=established):
        return False
    line = [settings.changed("Fastställd av SKR", _yes(not established), _yes(established))]
    years: list[Collection | None] = list(Collection.objects.filter(closed_at=None, code_lists=code_list).order_by("year", "pk"))
    for year in years or [None]:
        settings.note(
            Kind.CODE_LIST,
            code_list.kind,
            collection=year,
            changes=line,
            why=said,
            is_judging=year is not None,
            by=by,
            at=at,
        )
    return True


@transaction.atomic
def import_codes(
    *,
    kind: str,
    codes: Mapping[str, spec.CodeSpec],
    version: str,
    valid_from: date,
    established: bool,
    by: User | None,
    at: datetime,
) -> Difference:
    """A new version of a code list, in use at once by the open years that it is valid for, or planned for its day.

    For the command. Raises `ImportRefused` for an unknown kind, an empty list or a date that already has a version.
    """
    check_code_import(kind, codes, valid_from)
    made = _create(kind, codes, version, valid_from, established=established)
    CodeList.objects.filter(pk=made.pk).update(status=Status.DRAFT, read_by=by, read_at=at)
    made.refresh_from_db()
    found = difference(made)
    is_planned = valid_from > timezone.localdate(at)
    CodeList.objects.filter(pk=made.pk).update(status=Status.PLANNED if is_planned else Status.USED)
    if not is_planned:
        _put_into_years(made, by=by, at=at)
    else:
        line = [settings.changed("Planerad", "–", f"{version} från {valid_from.isoformat()}")]
        settings.note(Kind.CODE_LIST, kind, collection=None, changes=line, why="", is_judging=False, by=by, at=at)
    return found


def check_code_import(kind: str, codes: Mapping[str, spec.CodeSpec], valid_from: date) -> None:
    """Raise `ImportRefused` where the import cannot be done."""
    known = kinds()
    if kind not in known:
        raise ImportRefused(f"Det finns ingen kodlista som heter {kind}. Listor: {', '.join(known) or 'inga'}.")
    if not codes:
        raise ImportRefused("Filen innehåller inga koder.")
    if CodeList.objects.filter(kind=kind, valid_from=valid_from).exists():
        raise ImportRefused(f"Det finns redan en version av listan {kind} som gäller från {valid_from.isoformat()}.")


def _create(kind: str, codes: Mapping[str, spec.CodeSpec], version: str, valid_from: date, *, established: bool) -> CodeList:
    old = CodeList.objects.filter(kind=kind).order_by("-valid_from", "-pk").first()
    name = one_line(version)[:VERSION_LENGTH] or valid_from.isoformat()
    made = CodeList.objects.create(
        kind=kind, name=old.name if old else "", version=name, valid_from=valid_from, established=established
    )
    add_codes(made, _with_groups(codes.values(), old))
    return made


def _with_groups(codes: Iterable[spec.CodeSpec], old: CodeList | None) -> list[spec.CodeSpec]:
    """The codes; where the file has no column of groups at all, those that a code had before."""
    listed = list(codes)
    if old is None or any(code.group_kommun or code.group_region for code in listed):
        return listed
    before = old.spec().codes
    return [
        spec.CodeSpec(
            code.code, code.label, code.sector, before[code.code].group_kommun, before[code.code].group_region, code.evidence
        )
        if code.code in before
        else code
        for code in listed
    ]


def _put_into_years(code_list: CodeList, *, by: User | None, at: datetime) -> None:
    """The years concerned use the version from now on."""
    years = list(concerned(code_list))
    for year in years:
        old = list(year.code_lists.filter(kind=code_list.kind).order_by("pk"))
        year.code_lists.remove(*old)
        year.code_lists.add(code_list)
        line = [settings.changed("Version i bruk", ", ".join(one.version for one in old) or "–", code_list.version)]
        settings.note(
            Kind.CODE_LIST, code_list.kind, collection=year, changes=line, why=code_list.why, is_judging=True, by=by, at=at
        )
    if not years:
        line = [settings.changed("Version i bruk", "–", f"{code_list.version}, inget öppet år berörs")]
        settings.note(
            Kind.CODE_LIST, code_list.kind, collection=None, changes=line, why=code_list.why, is_judging=False, by=by, at=at
        )


def _yes(value: bool) -> str:
    return "ja" if value else "nej"
