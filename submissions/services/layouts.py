"""The postbeskrivningar: make a new version from another or from a file, change its fields, and choose one for a year.

A layout that a year with files uses, or has used, is never changed: its files were read by it. The checks know the forty
fields of the product by their numbers, so these are always there; a year may add fields after them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.access import NotAllowed
from accounts.models import User
from config.lib.text import one_line
from submissions import builtin, spec
from submissions.frames import FIELD_COUNT
from submissions.models import Collection, Delivery, Field, Layout
from submissions.services import settings
from submissions.services.settings import Changes, Kind, Refused

NAME_LENGTH = 40
MOST_FIELDS = 60
REQUIRED = {"O": "alltid", "V": "på villkor", "F": "frivilligt", "-": "ska vara tomt"}
LONGEST = {"name": 80, "format": 120, "allowed": 300, "meaning": 200, "evidence": 200}
LONGEST_VALUE, LONGEST_NUMBER = 200, 18
LABELS = {
    "name": "Namn",
    "numeric": "Numeriskt",
    "max_length": "Längd",
    "required_kommun": "Krav kommun",
    "required_region": "Krav region",
    "format": "Format",
    "allowed": "Tillåtna värden",
    "meaning": "Betydelse",
}
IN_USE = "Postbeskrivningen används av en insamling med filer och ändras inte. Gör en ny version av den."


# What there is -------------------------------------------------------------------------------------------------------


def has_files(collection: Collection) -> bool:
    """Whether any file has come, a test file too."""
    return Delivery.objects.filter(submission__collection=collection).exists()


def is_fixed(layout: Layout) -> bool:
    """Whether a year with files, or one that is closed, uses the layout."""
    used = Collection.objects.filter(layout=layout)
    return used.filter(submissions__deliveries__isnull=False).exists() or used.filter(closed_at__isnull=False).exists()


def differences(old: spec.LayoutSpec, new: spec.LayoutSpec) -> list[dict[str, str]]:
    """What the second layout has otherwise than the first: field, label, from, to."""
    lines = []
    for number in range(1, max(len(old), len(new)) + 1):
        before = old[number] if number <= len(old) else None
        after = new[number] if number <= len(new) else None
        shown = (after or before).name if after or before else ""  # type: ignore[union-attr]
        for line in _field_changes(before, after):
            lines.append({"field": f"{number} {shown}", **line})
    return lines


def _field_changes(before: spec.FieldSpec | None, after: spec.FieldSpec | None) -> Changes:
    if before is None or after is None:
        return [settings.changed("Fältet", "finns" if before else "finns inte", "finns" if after else "finns inte")]
    return [
        settings.changed(label, _shown(name, getattr(before, name)), _shown(name, getattr(after, name)))
        for name, label in LABELS.items()
        if getattr(before, name) != getattr(after, name)
    ]


def _shown(name: str, value: object) -> str:
    if name == "numeric":
        return "ja" if value else "nej"
    if name.startswith("required"):
        return REQUIRED.get(str(value), str(value))
    return str(value or "–")


# Make one ------------------------------------------------------------------------------------------------------------


def copy_layout(*, layout: Layout, name: str, by: User, at: datetime) -> Layout:
    """A new version with the same fields. Raises `Refused` and `NotAllowed`."""
    return make_layout(name=name, fields=layout.spec().fields, source=f"efter {layout.name}", by=by, at=at)


def make_layout(*, name: str, fields: Sequence[spec.FieldSpec], source: str, by: User, at: datetime) -> Layout:
    """A new layout with those fields, all of it or nothing. Raises `Refused` and `NotAllowed`."""
    settings.check_may_change(by)
    name = one_line(name)
    if not name or len(name) > NAME_LENGTH:
        raise Refused(f"Ge den nya versionen ett namn på högst {NAME_LENGTH} tecken.", "name")
    check_fields(fields)
    try:
        with transaction.atomic():
            made = Layout.objects.create(name=name)
            Field.objects.bulk_create(Field.of(made, field) for field in fields)
            _note(made, [settings.changed("Ny version", "–", source)], by=by, at=at)
    except IntegrityError:
        raise Refused("Det finns redan en postbeskrivning med det namnet. Välj ett annat.", "name") from None
    return made


def check_fields(fields: Sequence[spec.FieldSpec]) -> None:
    """Raise `Refused` where the fields do not make a layout that files can be read by."""
    numbers = [field.number for field in fields]
    if numbers != list(range(1, len(numbers) + 1)):
        raise Refused("Fälten ska vara numrerade 1, 2, 3 och så vidare, utan luckor.", "file")
    if len(numbers) < FIELD_COUNT:
        raise Refused(f"Fält {len(numbers) + 1}–{FIELD_COUNT} saknas. Kontrollerna behöver alla {FIELD_COUNT} fält.", "file")
    if len(numbers) > MOST_FIELDS:
        raise Refused(f"En rad får ha högst {MOST_FIELDS} fält.", "file")
    for field in fields:
        fault = field_fault(field)
        if fault:
            raise Refused(f"Fält {field.number}: {fault[1]}", "file")


def field_fault(field: spec.FieldSpec) -> tuple[str, str] | None:
    """What is wrong with a field, by the value's name, in Swedish; None where nothing is."""
    if not field.name.strip():
        return "name", "Skriv fältets namn."
    for name, longest in LONGEST.items():
        if len(getattr(field, name)) > longest:
            return name, f"Skriv högst {longest} tecken."
    most = LONGEST_NUMBER if field.numeric else LONGEST_VALUE
    if not 1 <= field.max_length <= most:
        return "max_length", f"Längden ska vara 1–{most} tecken."
    for name in ("required_kommun", "required_region"):
        if getattr(field, name) not in REQUIRED:
            return name, "Kravet ska vara O, V, F eller -."
    shipped = builtin.collection_spec(builtin.LATEST).layout
    if field.number <= len(shipped) and field.numeric != shipped[field.number].numeric:
        kind = "numeriskt" if shipped[field.number].numeric else "text"
        return "numeric", f"Kontrollerna läser fältet som {kind}, och det går inte att ändra."
    return None


# Change its fields ---------------------------------------------------------------------------------------------------


@transaction.atomic
def save_field(*, layout: Layout, field: spec.FieldSpec, seen: str, why: str, by: User, at: datetime) -> bool:
    """Change a field, or add the one after the last; whether anything changed. `seen` is `mark_of` as the page showed it.

    Raises `Refused` with the value's name, and `NotAllowed`.
    """
    settings.check_may_change(by)
    locked = _locked(layout)
    fields = locked.spec().fields
    if not 1 <= field.number <= len(fields) + 1:
        raise NotAllowed("Fältet finns inte.")
    if field.number > MOST_FIELDS:
        raise Refused(f"En rad får ha högst {MOST_FIELDS} fält.", "name")
    old = fields[field.number - 1] if field.number <= len(fields) else None
    if old == field:
        return False
    if mark_of(old) != seen:
        raise NotAllowed(settings.CHANGED_MEANWHILE)
    fault = field_fault(field)
    if fault:
        raise Refused(fault[1], fault[0])
    said = settings.clean_why(why)
    Field.objects.filter(layout=locked, number=field.number).delete()
    Field.of(locked, field).save(force_insert=True)
    lines = [{**line, "label": f"{field.number} {line['label']}"} for line in _field_changes(old, field)]
    _note(locked, lines or [settings.changed(str(field.number), "–", field.name)], why=said, by=by, at=at)
    return True


def mark_of(field: spec.FieldSpec | None) -> str:
    """A short name for a field as it stands, "" for one that is not there yet."""
    return "" if field is None else f"{zlib.crc32(repr(field).encode()):08x}"


@transaction.atomic
def remove_last(*, layout: Layout, number: int, by: User, at: datetime) -> None:
    """Take the last field away, as long as it is one that was added. Raises `NotAllowed`."""
    settings.check_may_change(by)
    locked = _locked(layout)
    if number <= FIELD_COUNT:
        raise NotAllowed(f"Kontrollerna behöver fält 1–{FIELD_COUNT}. Bara fält som har lagts till kan tas bort.")
    if number != locked.fields.count():
        raise NotAllowed("Bara det sista fältet kan tas bort. Ladda om sidan.")
    found = Field.objects.get(layout=locked, number=number)
    found.delete()
    _note(locked, [settings.changed(f"Fält {number}", found.name, "borttaget")], by=by, at=at)


def _locked(layout: Layout) -> Layout:
    """The layout with its row locked. Raises `NotAllowed` where files were read by it."""
    found = Layout.objects.select_for_update().get(pk=layout.pk)
    if is_fixed(found):
        raise NotAllowed(IN_USE)
    return found


def _note(layout: Layout, changes: Iterable[dict[str, str]], *, why: str = "", by: User, at: datetime) -> None:
    settings.note(Kind.LAYOUT, layout.name, collection=None, changes=list(changes), why=why, is_judging=False, by=by, at=at)


# Choose one ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def choose_layout(*, collection: Collection, layout: Layout, why: str, by: User, at: datetime) -> bool:
    """Give a year without files its layout; whether it was another. Raises `Refused` and `NotAllowed`."""
    settings.check_may_change(by)
    locked = settings.locked(collection)
    if locked.layout_id == layout.pk:
        return False
    if has_files(locked):
        raise NotAllowed("Filer har redan kommit in och är lästa efter årets postbeskrivning. Den kan inte bytas.")
    said = settings.clean_why(why)
    line = [settings.changed("Postbeskrivning", locked.layout.name, layout.name)]
    Collection.objects.filter(pk=locked.pk).update(layout=layout)
    settings.note(Kind.LAYOUT, layout.name, collection=locked, changes=line, why=said, is_judging=False, by=by, at=at)
    return True
