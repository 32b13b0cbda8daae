"""The year's layout as payroll vendors need it: each field with its checks, codes, example and faults, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from config.handbook import samples
from config.lib import csv_file
from submissions import catalogue, fields
from submissions.catalogue import CatalogueEntry
from submissions.services.layouts import REQUIRED
from submissions.spec import CodeListSpec, CollectionSpec, FieldSpec

COLUMNS = (
    *("nr", "fält", "typ", "längd", "decimaler", "krav kommun", "krav region", "format", "tillåtna värden", "betydelse"),
    *("kodlista", "kontroller"),
)
MOST_FAULTS = 6
REQUIRED_WORDS = {
    "O": "obligatoriskt, måste fyllas i på varje rad",
    "V": "krävs i vissa fall, se kontrollerna nedan",
    "F": "frivilligt",
    "-": "lämnas tomt",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that a check catches, with what it says."""

    check: CatalogueEntry
    value: str


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field with all that is known of it."""

    field: FieldSpec
    decimals: int
    unit: str
    codes: CodeListSpec | None
    checks: tuple[CatalogueEntry, ...]
    example: str
    example_words: str
    faults: tuple[Fault, ...]

    @property
    def kind(self) -> str:
        """N or A/N, as the postbeskrivning writes it."""
        return "N" if self.field.numeric else "A/N"

    @property
    def kommun(self) -> str:
        """When a kommun has to fill it, in words."""
        return REQUIRED_WORDS[self.field.required_kommun]

    @property
    def region(self) -> str:
        """When a region has to fill it, in words."""
        return REQUIRED_WORDS[self.field.required_region]


def decimals_of(number: int) -> int:
    """How many of the digits are decimals: none is written, so hundredths and öre are two."""
    return 2 if number in fields.PERCENT or number in fields.HOURS or number == fields.ORE_AN_HOUR else 0


def unit_of(number: int) -> str:
    """What the figure is counted in; "" where it is none."""
    if number in fields.PERCENT:
        return "hundradels procent"
    if number in fields.HOURS:
        return f"hundradels {fields.HOURS[number]}"
    if number in fields.KRONOR:
        return "hela kronor"
    return "öre per timme" if number == fields.ORE_AN_HOUR else "datum, ÅÅÅÅMMDD" if number in fields.DATES else ""


def shown(field: FieldSpec, collection: CollectionSpec) -> ShownField:
    """The field as its page shows it."""
    checks = tuple(catalogue.checks_of(field, collection))
    example = samples.value(field.number) if samples.fits(collection) else ""
    codes = collection.lists.get(fields.CODE_LISTS.get(field.number, ""))
    return ShownField(
        field=field,
        decimals=decimals_of(field.number),
        unit=unit_of(field.number),
        codes=codes,
        checks=checks,
        example=example,
        example_words=_in_words(field.number, example, codes),
        faults=tuple(_faults(field.number, checks))[:MOST_FAULTS],
    )


def _in_words(number: int, value: str, codes: CodeListSpec | None) -> str:
    if codes is not None and value in codes.codes:
        return codes.codes[value].label
    return fields.in_words(number, value)


def _faults(number: int, checks: tuple[CatalogueEntry, ...]) -> Iterator[Fault]:
    """What the examples of the checks have in the field where it is wrong and not where it is right."""
    for check in checks:
        if check.example is None:
            continue
        right = {value.value for row in check.example.right for value in row.values if value.number == number}
        wrong = [value.value for row in check.example.wrong for value in row.values if value.number == number]
        found = next((value for value in wrong if value not in right), None)
        if found is not None:
            yield Fault(check, found)


# As files ------------------------------------------------------------------------------------------------------------


def as_csv(collection: CollectionSpec) -> Iterator[bytes]:
    """One line a field."""
    rows = (
        (
            one.field.number,
            one.field.name,
            one.kind,
            one.field.max_length,
            one.decimals,
            REQUIRED[one.field.required_kommun],
            REQUIRED[one.field.required_region],
            one.field.format,
            one.field.allowed,
            one.field.meaning,
            one.codes.kind if one.codes else "",
            " ".join(check.code for check in one.checks),
        )
        for one in (shown(field, collection) for field in collection.layout.fields)
    )
    return csv_file.write(COLUMNS, rows)


def as_json(collection: CollectionSpec) -> bytes:
    """The whole layout as one object; the codes stand in their lists."""
    whole = {
        "layout": collection.layout.name,
        "year": collection.year,
        "separator": ";",
        "encodings": ["utf-8", "windows-1252"],
        "header": False,
        "fields": [_as_object(shown(field, collection)) for field in collection.layout.fields],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _as_object(one: ShownField) -> dict[str, object]:
    return {
        "number": one.field.number,
        "name": one.field.name,
        "type": one.kind,
        "max_length": one.field.max_length,
        "decimals": one.decimals,
        "required": {"kommun": one.field.required_kommun, "region": one.field.required_region},
        "format": one.field.format,
        "allowed": one.field.allowed,
        "meaning": one.field.meaning,
        "code_list": one.codes.kind if one.codes else None,
        "checks": [check.code for check in one.checks],
    }
