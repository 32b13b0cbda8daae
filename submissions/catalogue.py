"""The year's checks as open pages: what each looks for, whom it concerns, when it bites and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from submissions import builtin, checking
from submissions.models import Collection
from submissions.spec import CheckSpec, CollectionSpec

FAMILIES = {
    "FIL": "Filen",
    "FMT": "Fältens form",
    "KOD": "Koder",
    "LOG": "Samband mellan fält",
    "DUB": "Dubbletter",
    "RIM": "Rimliga belopp",
    "AGG": "Jämförelser och helheter",
    "KOM": "Kompletteringar",
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
    valid_until: date | None


def current_spec() -> CollectionSpec:
    """The newest collection's settings, the built-in ones where there is none."""
    collection = Collection.objects.order_by("-year").first()
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
        valid_until=check.valid_until,
    )


def families(collection: CollectionSpec) -> list[tuple[str, list[CatalogueEntry]]]:
    """Every check by family, in the catalogue's order."""
    listed: dict[str, list[CatalogueEntry]] = {}
    for check in _in_order(collection.checks.values()):
        listed.setdefault(FAMILIES.get(check.code[:3], "Övriga"), []).append(entry(check, collection))
    return list(listed.items())


def _in_order(checks: Iterable[CheckSpec]) -> list[CheckSpec]:
    prefixes = list(FAMILIES)
    return sorted(checks, key=lambda c: (prefixes.index(c.code[:3]) if c.code[:3] in prefixes else len(prefixes), c.code))


def _fields(text: str, collection: CollectionSpec) -> str:
    """ "16,17" as "16 Anställningsform och 17 Avlöningsform"."""
    if text in _FIELDS:
        return _FIELDS[text]
    names = [
        f"{number} {collection.layout[int(number)].name}"
        if number.isdigit() and 1 <= int(number) <= len(collection.layout)
        else number
        for number in (part.strip() for part in text.split(","))
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} och {names[-1]}"
