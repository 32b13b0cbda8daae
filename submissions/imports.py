"""Read the files that SKR imports: units, code lists and layouts. Text with semicolons or a workbook, with or without heading."""

from __future__ import annotations

from collections.abc import Mapping

from config.lib.personnummer import LOOKS_LIKE
from submissions.spec import BOLAG, KOMMUN, KOMMUNALFORBUND, REGION, CodeSpec, FieldSpec, UnitSpec
from submissions.tables_in import BadFile, read_lines

KINDS = {
    "kommun": KOMMUN,
    "region": REGION,
    "kommunalförbund": KOMMUNALFORBUND,
    "kommunalforbund": KOMMUNALFORBUND,
    "bolag": BOLAG,
}
YES_NO = {"ja": True, "nej": False}


UNIT_COLUMNS = {
    "kod": ("code", "enhetskod", "kommunkod"),
    "namn": ("name", "enhet"),
    "typ": ("slag", "kind"),
    "lämnar uppgifter": ("lamnar uppgifter", "aktiv"),
}
LONGEST_NAME = 100


def read_units(data: bytes, known: Mapping[str, UnitSpec]) -> list[UnitSpec]:
    """kod;namn;typ[;lämnar uppgifter ja/nej], as text or workbook. Raises `BadFile` with every fault.

    Without the fourth a known unit keeps what it has.
    """
    units: dict[str, UnitSpec] = {}
    first: dict[str, int] = {}
    faults: list[str] = []
    for line in read_lines(data, UNIT_COLUMNS, needed=3):
        code, name, asked = line["kod"], line["namn"], line["lämnar uppgifter"].lower()
        found = _unit_faults(code, name, line["typ"], asked)
        if code in first:
            found.append(f"koden {code} förekommer två gånger, först på rad {first[code]}.")
        first.setdefault(code, line.number)
        faults += [f"Rad {line.number}: {fault}" for fault in found]
        active = known[code].active if code in known else True
        units[code] = UnitSpec(code, name, KINDS.get(line["typ"].lower(), ""), YES_NO.get(asked, active))
    if faults:
        raise BadFile(*faults)
    if not units:
        raise BadFile("Filen innehåller inga enheter.")
    return list(units.values())


def _unit_faults(code: str, name: str, kind: str, asked: str) -> list[str]:
    faults = []
    if not code or len(code) > LONGEST_CODE:
        faults.append(f"koden ska ha 1–{LONGEST_CODE} tecken.")
    if not name or len(name) > LONGEST_NAME:
        faults.append(f"namnet ska ha 1–{LONGEST_NAME} tecken.")
    if LOOKS_LIKE.search(f"{code} {name}"):
        faults.append("raden ser ut att innehålla ett personnummer. Ta bort det.")
    if kind.lower() not in KINDS:
        faults.append(f"typen {kind or '(tom)'} finns inte. Typer: kommun, region, kommunalförbund, bolag.")
    if asked and asked not in YES_NO:
        faults.append("fjärde fältet ska vara ja eller nej.")
    return faults


CODE_COLUMNS = {
    "kod": ("code",),
    "benämning": ("benamning", "klartext", "text", "namn"),
    "sektor": (),
    "personalgrupp kommun": ("grupp_kommun", "personalgrupp_kommun"),
    "personalgrupp region": ("grupp_region", "personalgrupp_region"),
}
LONGEST_CODE, LONGEST_LABEL, LONGEST_GROUP = 10, 160, 80


def read_codes(data: bytes) -> dict[str, CodeSpec]:
    """kod;benämning[;sektor;personalgrupp kommun;personalgrupp region], as text or workbook. Raises `BadFile` with every fault."""
    codes: dict[str, CodeSpec] = {}
    first: dict[str, int] = {}
    faults: list[str] = []
    for line in read_lines(data, CODE_COLUMNS, needed=2):
        code, label, sector = line["kod"], line["benämning"], line["sektor"].lower()
        groups = (line["personalgrupp kommun"], line["personalgrupp region"])
        found = _code_faults(code, label, sector, groups)
        if code in first:
            found.append(f"koden {code} förekommer två gånger, först på rad {first[code]}.")
        first.setdefault(code, line.number)
        faults += [f"Rad {line.number}: {fault}" for fault in found]
        codes[code] = CodeSpec(code, label, sector, *groups)
    if faults:
        raise BadFile(*faults)
    if not codes:
        raise BadFile("Filen innehåller inga koder.")
    return codes


def _code_faults(code: str, label: str, sector: str, groups: tuple[str, str]) -> list[str]:
    faults = []
    if not code or len(code) > LONGEST_CODE:
        faults.append(f"koden ska ha 1–{LONGEST_CODE} tecken.")
    if not label or len(label) > LONGEST_LABEL:
        faults.append(f"benämningen ska ha 1–{LONGEST_LABEL} tecken.")
    if sector not in {"", "kommun", "region"}:
        faults.append("sektorn ska vara kommun, region eller tom.")
    if any(len(group) > LONGEST_GROUP for group in groups):
        faults.append(f"personalgruppen får ha högst {LONGEST_GROUP} tecken.")
    return faults


LAYOUT_COLUMNS = {
    "faltnr": ("fältnr", "nr"),
    "namn": ("fält",),
    "form": ("typ",),
    "maxlangd": ("maxlängd", "längd"),
    "krav_kommun": ("krav kommun",),
    "krav_region": ("krav region",),
    "format": (),
    "tillatna_varden": ("tillåtna värden",),
    "betydelse": (),
    "belagg": ("belägg",),
}
FORMS = {"n": True, "a/n": False, "numeriskt": True, "text": False}


def read_layout(data: bytes) -> list[FieldSpec]:
    """faltnr;namn;form;maxlangd;krav_kommun;krav_region;format;tillatna_varden;betydelse;belagg. Raises `BadFile`."""
    fields, faults = [], []
    for line in read_lines(data, LAYOUT_COLUMNS, needed=6):
        numbers = [line["faltnr"], line["maxlangd"]]
        if not all(text.isascii() and text.isdigit() and len(text) < 5 for text in numbers):
            faults.append(f"Rad {line.number}: fältets nummer och längd ska vara hela tal.")
            continue
        if line["form"].lower() not in FORMS:
            faults.append(f"Rad {line.number}: formen ska vara N (numeriskt) eller A/N (text).")
            continue
        fields.append(
            FieldSpec(
                number=int(line["faltnr"]),
                name=line["namn"],
                numeric=FORMS[line["form"].lower()],
                max_length=int(line["maxlangd"]),
                required_kommun=line["krav_kommun"].upper(),
                required_region=line["krav_region"].upper(),
                format=line["format"],
                allowed=line["tillatna_varden"],
                meaning=line["betydelse"],
                evidence=line["belagg"],
            )
        )
    if faults:
        raise BadFile(*faults)
    return fields


__all__ = ["BadFile", "read_codes", "read_layout", "read_units"]
