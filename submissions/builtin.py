"""The collections that come with the product, read from the files in `submissions/data/`.

Used where no database answers (`check_file`, the bench, the tests) and as the source a new collection is made from.
Must not know the database: the values are those of `submissions.spec`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from submissions.spec import (
    CheckSpec,
    CodeListSpec,
    CodeSpec,
    CollectionSpec,
    FieldSpec,
    LayoutSpec,
    UnitSpec,
)

DATA = Path(__file__).resolve().parent / "data"
LATEST = 2026
INACTIVE_UNITS = frozenset({"0900"})  # Gotland hands in once, as kommun 0980


class NoBuiltinCollection(LookupError):
    """There are no built-in settings for the year asked for."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"Det finns inga inbyggda inställningar för år {year}. Inbyggda år: {known_years()}.")


def known_years() -> str:
    """The built-in years as text, for messages."""
    return ", ".join(sorted(folder.name for folder in DATA.iterdir() if folder.name.isdigit()))


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one of our data files: semicolons, UTF-8, a line of names first."""
    with path.open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle, delimiter=";")


@cache
def collection_spec(year: int) -> CollectionSpec:
    """Everything about one year. Raises `NoBuiltinCollection` for a year without files."""
    folder = DATA / str(year)
    if not (folder / "insamling.csv").is_file():
        raise NoBuiltinCollection(year)
    settings = {row["nyckel"]: row["varde"] for row in read_table(folder / "insamling.csv")}
    return CollectionSpec(
        year=year,
        opens_on=date.fromisoformat(settings["oppnar"]),
        delivers_on=date.fromisoformat(settings["tar_emot_filer"]),
        measurement_day=date.fromisoformat(settings["mattidpunkt"]),
        due_date=date.fromisoformat(settings["sista_dag"]),
        latest_deferral_date=date.fromisoformat(settings["senaste_uppskov"]),
        layout=LayoutSpec(
            name=settings["postbeskrivning"],
            fields=tuple(_field(row) for row in read_table(folder / "postbeskrivning.csv")),
        ),
        lists={row["lista"]: _code_list(folder, row) for row in read_table(folder / "listor.csv")},
        checks={row["kod"]: _check(row) for row in read_table(folder / "kontroller.csv")},
    )


@cache
def units(year: int = LATEST) -> tuple[UnitSpec, ...]:
    """The 290 kommuner and 21 regioner in order of code; Gotland's region row is known but inactive."""
    return tuple(
        UnitSpec(row["kod"], row["namn"], row["typ"], row["kod"] not in INACTIVE_UNITS)
        for row in read_table(DATA / str(year) / "enheter.csv")
    )


def _field(row: dict[str, str]) -> FieldSpec:
    return FieldSpec(
        number=int(row["faltnr"]),
        name=row["namn"],
        numeric=row["form"] == "N",
        max_length=int(row["maxlangd"]),
        required_kommun=row["krav_kommun"],
        required_region=row["krav_region"],
        format=row["format"],
        allowed=row["tillatna_varden"],
        meaning=row["betydelse"],
        evidence=row["belagg"],
    )


def _code_list(folder: Path, row: dict[str, str]) -> CodeListSpec:
    return CodeListSpec(
        kind=row["lista"],
        version=row["version"],
        established=row["faststalld"] == "ja",
        codes={code["kod"]: _code(code) for code in read_table(folder / row["fil"])},
        name=row["namn"],
    )


def _code(row: dict[str, str]) -> CodeSpec:
    return CodeSpec(
        code=row["kod"],
        label=row["benamning"],
        sector=row.get("sektor", ""),
        group_kommun=row.get("grupp_kommun", ""),
        group_region=row.get("grupp_region", ""),
        evidence=row["belagg"],
    )


def parse_parameters(text: str) -> dict[str, float]:
    """ "low=18000,high=120000" as numbers by name; empty text gives no parameters. Raises ValueError on other text."""
    pairs = (part.split("=", 1) for part in text.split(",") if part.strip())
    return {name.strip(): float(value) for name, value in pairs}


def _check(row: dict[str, str]) -> CheckSpec:
    return CheckSpec(
        code=row["kod"],
        level=row["niva"],
        fields=row["falt"],
        applies_to=row["galler"],
        message=row["meddelande"],
        condition=row["villkor"],
        threshold_text=row["troskel"],
        threshold=parse_parameters(row["parametrar"]),
        valid_from=_date(row["giltig_fran"]),
        valid_until=_date(row["giltig_till"]),
        evidence=row["belagg"],
        title=row["rubrik"],
        advice=row["atgard"],
        why=row["varfor"],
        mend=row["i_lonesystemet"],
        answers=tuple(answer.strip() for answer in row["svar"].split("|") if answer.strip()),
    )


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
