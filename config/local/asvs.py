"""bin/asvs: which requirements of OWASP ASVS 5.0.0 the portal meets, by which test, setting or deviation.

docs/asvs.csv lists the requirements: numbers and levels are OWASP's (5.0.0, the published table), the words are ours. Level 1
and 2 are there whole, and the ones of level 3 that we took on (`agreed`); those of level 3 that hold anyway are `extra`. Which
test shows what is never typed: it comes from the tests' marks. docs/prov.csv lists the acceptance tests in few words.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from config.local import marks, paths
from config.local.marks import SuiteTest

REQUIREMENTS = paths.BASE / "docs" / "asvs.csv"
ACCEPTANCE = paths.BASE / "docs" / "prov.csv"
DOCUMENT = paths.BASE / "docs" / "sakerhet.md"
HELP = """Använd:
  bin/asvs              krav för krav: prov, inställning, avvikelse eller ej tillämpligt
  bin/asvs --missing    bara det som saknas
  bin/asvs --write      skriv tabellerna i docs/sakerhet.md"""
CHAPTERS = {
    1: "Kodning och städning av text",
    2: "Kontroller och affärsregler",
    3: "Webbläsaren",
    4: "Webbtjänster",
    5: "Filer",
    6: "Inloggning",
    7: "Sessioner",
    8: "Behörighet",
    9: "Fristående token",
    10: "OAuth och OpenID Connect",
    11: "Kryptering",
    12: "Säker kommunikation",
    13: "Konfiguration",
    14: "Dataskydd",
    15: "Säker kod och arkitektur",
    16: "Loggning och fel",
    17: "WebRTC",
}
HOW = {
    "test": "prov",
    "configuration": "inställning eller dokument",
    "deployment": "vid driftsättning",
    "deviation": "avvikelser",
    "not_applicable": "ej tillämpliga",
}
SERIES = (
    "ENU",
    "KOD",
    "STEG",
    "TOTP",
    "LOS",
    "ATER",
    "INB",
    "SES",
    "BEH",
    "ADM",
    "WEB",
    "MEJ",
    "FIL",
    "EXP",
    "LOG",
    "KRY",
    "DRIFT",
)
ID_IN_NAME = re.compile(rf"(?:^|_)({'|'.join(SERIES).lower()})_(\d\d(?:_(?:and_)?\d\d)*)(?=_|$)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of docs/asvs.csv, with the tests that are marked with its number."""

    number: str
    level: int
    scope: str
    what: str
    how: str
    where: str
    note: str
    tests: tuple[SuiteTest, ...] = field(default=())

    @property
    def chapter(self) -> int:
        """6 for 6.2.5."""
        return int(self.number.partition(".")[0])

    @property
    def is_missing(self) -> bool:
        """True where a test is promised and there is none."""
        return self.how == "test" and not self.tests

    @property
    def shown_by(self) -> str:
        """The acceptance ids of its tests ("KOD-03, KOD-07 och 2 till"); the tests' names where none has an id."""
        ids = sorted({ident for test in self.tests for ident in ids_of(test.name)}, key=_by_series)
        others = sorted({f"`{test.name}`" for test in self.tests if not ids_of(test.name)})
        if not ids:
            return ", ".join(others)
        return ", ".join(ids) + (f" och {len(others)} till" if others else "")


def ids_of(name: str) -> list[str]:
    """The acceptance ids in a test's name: ["SES-01", "SES-03"] for test_ses_01_and_03_an_idle_session_ends."""
    found = ID_IN_NAME.findall(name.removeprefix("test_"))
    return [f"{series.upper()}-{number}" for series, numbers in found for number in re.findall(r"\d\d", numbers)]


def _by_series(ident: str) -> tuple[int, str]:
    series, _, number = ident.partition("-")
    return SERIES.index(series), number


def read_acceptance() -> dict[str, dict[str, str]]:
    """The acceptance tests by id: `what` each shows in few words, and `when` it is shown if not in the suite."""
    with ACCEPTANCE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file, delimiter=";")}


def read_requirements(tests: Iterable[SuiteTest]) -> tuple[list[Requirement], list[str]]:
    """The requirements in order, each with its tests; and a sentence per mark whose number is not among them."""
    by_number: dict[str, list[SuiteTest]] = {}
    for test in tests:
        for number in test.numbers:
            by_number.setdefault(number, []).append(test)
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        found = [
            Requirement(
                number=row["number"],
                level=int(row["level"]),
                scope=row["scope"],
                what=row["what"],
                how=row["how"],
                where=row["where"],
                note=row["note"],
                tests=tuple(by_number.pop(row["number"], ())),
            )
            for row in csv.DictReader(file, delimiter=";")
        ]
    unknown = [
        f"{test.address} är märkt med {number}, som inte står i {REQUIREMENTS.relative_to(paths.BASE)}."
        for number, marked in by_number.items()
        for test in marked
    ]
    return found, unknown


def chapter_names(found: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """The requirements by chapter ("V6 Inloggning")."""
    chapters: dict[str, list[Requirement]] = {}
    for requirement in found:
        chapters.setdefault(f"V{requirement.chapter} {CHAPTERS[requirement.chapter]}", []).append(requirement)
    return chapters


def totals(found: Iterable[Requirement]) -> dict[str, int]:
    """How many requirements there are per way, in the order of HOW; a promised test that is not there counts as missing."""
    counted = dict.fromkeys([*HOW, "missing"], 0)
    for requirement in found:
        counted["missing" if requirement.is_missing else requirement.how] += 1
    return counted


def sum_up(found: list[Requirement]) -> str:
    """ "42 krav: 33 prov, 4 avvikelser, 0 saknas"."""
    counted = totals(found)
    parts = [f"{counted[how]} {words}" for how, words in HOW.items() if counted[how]] + [f"{counted['missing']} saknas"]
    return f"{len(found)} krav: {', '.join(parts)}"


def answer_of(requirement: Requirement) -> str:
    """How the requirement is met, in one line of Markdown."""
    where, note = requirement.where, requirement.note
    parts = {
        "test": ["saknar prov" if requirement.is_missing else f"Prov: {requirement.shown_by}", where, note],
        "configuration": [f"Inställning eller dokument: {where}", note],
        "deployment": [f"Visas vid driftsättning: {where}", note],
        "deviation": [f"Avvikelse {where}", requirement.shown_by and f"Prov: {requirement.shown_by}", note],
        "not_applicable": [f"Ej tillämpligt: {note}"],
    }[requirement.how]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def report(found: list[Requirement], *, only_missing: bool) -> str:
    """The whole list as text, chapter by chapter, with totals; or only what is missing."""
    lines: list[str] = []
    for name, chapter in chapter_names(found).items():
        shown = [requirement for requirement in chapter if requirement.is_missing or not only_missing]
        if not shown:
            continue
        lines += ["", name]
        for requirement in shown:
            lines.append(f"  {requirement.number:<8}nivå {requirement.level}  {requirement.what}")
            lines.append(f"{'':10}{answer_of(requirement)}")
            lines += [] if only_missing else [f"{'':12}{test.address}" for test in requirement.tests]
        if not only_missing:
            lines.append(f"  {sum_up(chapter)}")
    return "\n".join([*lines, "", f"Sammanlagt {sum_up(found)}"]).lstrip("\n")


def markdown(found: list[Requirement]) -> str:
    """The tables for docs/sakerhet.md: totals per chapter, then each chapter's requirements."""
    heads = ["Krav", "Prov", "Inställning eller dokument", "Vid driftsättning", "Avvikelse", "Ej tillämpligt", "Saknas"]
    lines = [f"| Kapitel | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    chapters = chapter_names(found)
    for name, chapter in [*chapters.items(), ("**Sammanlagt**", found)]:
        lines.append(f"| {name} | {len(chapter)} | {' | '.join(str(count) for count in totals(chapter).values())} |")
    for name, chapter in chapters.items():
        lines += ["", f"#### {name}", "", "| Krav | Nivå | Vad det går ut på | Så uppfylls det |", "|---|---|---|---|"]
        for requirement in chapter:
            level = f"{requirement.level}" + ("" if requirement.scope == "agreed" else ", utöver")
            lines.append(f"| {requirement.number} | {level} | {requirement.what} | {answer_of(requirement)} |")
    return "\n".join(lines)


def acceptance_markdown() -> str:
    """The acceptance tests as a table for docs/sakerhet.md."""
    rows = [
        f"| {ident} | {row['what']}{' (visas vid driftsättning)' if row['when'] else ''} |"
        for ident, row in read_acceptance().items()
    ]
    return "\n".join(["| Prov | Vad det visar |", "|---|---|", *rows])


def filled(document: str, parts: dict[str, str]) -> str:
    """The document with each generated part put between its two markers. Raises `paths.Unable` where a marker is missing."""
    for name, text in parts.items():
        begin, end = f"<!-- {name}: skrivs av bin/asvs --write -->", f"<!-- {name}: slut -->"
        if document.count(begin) != 1 or document.count(end) != 1:
            raise paths.Unable(f"Märkena för {name} saknas i {DOCUMENT.relative_to(paths.BASE)}.")
        before, _, rest = document.partition(begin)
        document = f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
    return document


def current_document(found: list[Requirement], file: Path = DOCUMENT) -> str:
    """docs/sakerhet.md as it ought to be."""
    return filled(file.read_text(encoding="utf-8"), {"asvs": markdown(found), "prov": acceptance_markdown()})


def main(arguments: list[str]) -> int:
    """0 when every requirement has its answer, 1 when one lacks a test or a mark names an unknown number."""
    if {"--help", "-h"} & set(arguments):
        print(HELP)
        return 0
    if arguments not in ([], ["--missing"], ["--write"]):
        print(HELP, file=sys.stderr)
        return 2
    found, unknown = read_requirements(marks.collect())
    if arguments == ["--write"]:
        DOCUMENT.write_text(current_document(found), encoding="utf-8")
        print(f"{DOCUMENT.relative_to(paths.BASE)} är skriven. {sum_up(found)}.")
    else:
        print(report(found, only_missing=arguments == ["--missing"]))
    for sentence in unknown:
        print(sentence, file=sys.stderr)
    return 1 if unknown or totals(found)["missing"] else 0
