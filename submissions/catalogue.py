"""The year's checks as open pages: what each looks for, whom it concerns, when it bites and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from submissions import builtin, checking
from submissions.examples import Example, ExampleRows, Side, examples, shown
from submissions.services.collections import running_collection
from submissions.spec import INFO, CheckSpec, CollectionSpec, FieldSpec

FAMILIES = {
    "FIL": "Filen",
    "FMT": "Fältens form",
    "KOD": "Koder",
    "LOG": "Samband mellan fält",
    "DUB": "Dubbletter",
    "RIM": "Rimliga belopp",
    "AGG": "Jämförelser och helheter",
    "KOM": "Kompletteringar, förklaringar och lönesystem",
}
_FIELDS = {
    "fil": "hela filen",
    "alla N": "alla numeriska fält",
    "alla": "alla fält",
    "obligatoriska": "alla obligatoriska fält",
    "hel post": "hela raden",
    "antal": "antalet rader",
    "komplettering": "kompletteringar",
    "kommentar": "förklaringar",
    "lönesystem": "lönesystemet",
}
_OBVIOUS = {"", "-", "0", "1 post", "1 par"}
_APPLIES = {
    "alla": "alla enheter",
    "kommun": "kommuner, kommunalförbund och bolag",
    "region": "regioner",
    "Gotland": "Region Gotland",
}


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One field of an example with what stands in it; "" is empty."""

    number: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownRows:
    """Rows of an example that are alike: how many, and the fields that decide."""

    count: int
    values: tuple[ShownValue, ...]
    is_hourly: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class ShownExample:
    """A right and a wrong file, as far as the check looks at them."""

    right: tuple[ShownRows, ...]
    right_words: str
    wrong: tuple[ShownRows, ...]
    wrong_words: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One check, in words."""

    code: str
    title: str
    level: str
    is_lowered: bool  # a varning only until SKR has established the code list
    message: str
    looks_for: str
    threshold: str
    fields: str
    applies_to: str
    advice: str
    is_on: bool
    valid_from: date | None
    valid_until: date | None
    why: str
    mend: str
    answers: tuple[str, ...]
    linked_fields: tuple[tuple[int, str], ...]  # fields that the handbook describes
    example: ShownExample | None

    def holds(self, words: Iterable[str]) -> bool:
        """True where each of the words stands somewhere in the check's texts, whatever its case."""
        texts = (
            self.code,
            self.title,
            self.message,
            self.looks_for,
            self.fields,
            self.advice,
            self.why,
            self.mend,
            *self.answers,
        )
        text = " ".join(texts).casefold()
        return all(word.casefold() in text for word in words)


def current_spec() -> CollectionSpec:
    """The running collection's settings, the built-in ones where there is none."""
    collection = running_collection(timezone.localdate())
    return collection.spec() if collection else builtin.collection_spec(builtin.LATEST)


def entry(check: CheckSpec, collection: CollectionSpec) -> CatalogueEntry:
    """The check as its page tells it."""
    level = checking.effective_level(check.code, collection)
    return CatalogueEntry(
        code=check.code,
        title=checking.messages.title(check.code, collection),
        level=level,
        is_lowered=level != check.level,
        message=checking.messages.general_message(check.code, collection),
        looks_for=check.condition[:1].upper() + check.condition[1:],
        threshold="" if check.threshold_text in _OBVIOUS else check.threshold_text,
        fields=_fields(check.fields, collection),
        applies_to=_APPLIES.get(check.applies_to, check.applies_to),
        advice=checking.messages.advice(check.code, collection),
        is_on=check.enabled,
        valid_from=check.valid_from,
        valid_until=check.valid_until,
        why=checking.messages.why(check.code, collection),
        mend=checking.messages.mend(check.code, collection),
        answers=checking.messages.answers(check.code, collection) if level != INFO else (),
        linked_fields=tuple((number, collection.layout[number].name) for number in _numbers(check.fields, collection)),
        example=_example(examples().get(check.code), collection),
    )


def families(collection: CollectionSpec, search: str = "") -> list[tuple[str, list[CatalogueEntry]]]:
    """Every check that holds the words searched for, by family, in the catalogue's order."""
    listed: dict[str, list[CatalogueEntry]] = {}
    for check in _in_order(collection.checks.values()):
        found = entry(check, collection)
        if found.holds(search.split()):
            listed.setdefault(FAMILIES.get(check.code[:3], "Övriga"), []).append(found)
    return list(listed.items())


def checks_of(field: FieldSpec, collection: CollectionSpec) -> list[CatalogueEntry]:
    """Every check that looks at the field, by its number or because it looks at all such fields, in the catalogue's order."""
    wide = {"alla"} | ({"alla N"} if field.numeric else set())
    if "O" in (field.required_kommun, field.required_region):
        wide.add("obligatoriska")
    return [
        entry(check, collection)
        for check in _in_order(collection.checks.values())
        if check.fields in wide or field.number in _numbers(check.fields, collection)
    ]


def _example(example: Example | None, collection: CollectionSpec) -> ShownExample | None:
    if example is None:
        return None

    def rows(side: Side) -> tuple[ShownRows, ...]:
        return tuple(_rows(place, row, collection) for place, row in enumerate(side.rows))

    return ShownExample(rows(example.right), example.right.words, rows(example.wrong), example.wrong.words)


def _rows(place: int, row: ExampleRows, collection: CollectionSpec) -> ShownRows:
    values = (ShownValue(number, collection.layout[number].name, shown(value, place)) for number, value in row.values)
    return ShownRows(row.count, tuple(values), row.is_hourly, row.is_new)


def _in_order(checks: Iterable[CheckSpec]) -> list[CheckSpec]:
    return sorted(checks, key=lambda check: checking.catalogue_place(check.code))


def _fields(text: str, collection: CollectionSpec) -> str:
    """ "16,17" as "16 Anställningsform och 17 Avlöningsform"."""
    if text in _FIELDS:
        return _FIELDS[text]
    names = [
        f"{part} {collection.layout[int(part)].name}" if _is_field(part, collection) else part
        for part in (part.strip() for part in text.split(","))
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} och {names[-1]}"


def _numbers(text: str, collection: CollectionSpec) -> list[int]:
    """The fields that the catalogue names by number."""
    return [int(part) for part in (part.strip() for part in text.split(",")) if _is_field(part, collection)]


def _is_field(text: str, collection: CollectionSpec) -> bool:
    return text.isdigit() and 1 <= int(text) <= len(collection.layout)
