"""`manage.py check_file`: the portal's own engine without the portal. Nothing is stored."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from django.db import Error as DatabaseProblem
from django.utils import timezone

from config.lib.commands import PortalCommand, wrong_use
from profiles.models import Unit
from submissions import builtin, checking, reading
from submissions.checking.report import RENDERERS, Report
from submissions.checking.waivers import WaiverSpec
from submissions.models import Collection, Waiver
from submissions.services.evaluate import spec_of
from submissions.spec import CollectionSpec, LayoutSpec, UnitSpec


class Command(PortalCommand):
    """Reads a file, runs every check and prints the findings. Exit 0 no fel, 1 at least one fel, 2 could not run."""

    help = (
        "Granskar en fil med portalens egna kontroller utan att lämna in den. Ingenting sparas. "
        "Avslutas med 0 om inget fel finns, 1 om minst ett fel finns eller filen avvisas, 2 om granskningen inte kunde göras."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The names of the contract."""
        parser.add_argument(
            "files", metavar="FIL", nargs="+", help="filen som ska granskas; flera filer granskas som en leverans i delar"
        )
        parser.add_argument("--unit", required=True, metavar="KOD", help="enhetens kommun- eller regionkod, t.ex. 0488")
        parser.add_argument("--year", type=int, metavar="ÅR", help="insamlingens år; annars det senaste")
        parser.add_argument("--previous", metavar="FIL", help="förra årets fil, för jämförelserna")
        parser.add_argument("--codes", metavar="FIL", help="enhetens kodförteckning för befattningar (kod;klartext)")
        parser.add_argument("--format", choices=sorted(RENDERERS), default="text", help="utskriftens form (annars text)")
        parser.add_argument("--show-personnummer", action="store_true", help="visa hela personnummer i stället för 811218-****")

    def handle(self, *args: Any, **options: Any) -> None:
        """Checks the file and ends the process with the exit status of the contract."""
        collection = _collection(options["year"])
        units = _units()
        unit = units.get(options["unit"])
        if unit is None:
            raise wrong_use(f"Det finns ingen enhet med koden {options['unit']}.")
        parts = [_content(path) for path in options["files"]]
        previous = _previous(options["previous"], collection.layout) if options["previous"] is not None else None
        positions = _positions(options["codes"]) if options["codes"] is not None else None
        read, waivers = reading.read_parts(parts, collection.layout), _waivers(unit.code, collection.year)
        context = checking.Context(
            unit_code=unit.code,
            unit_kind=unit.kind,
            collection=collection,
            previous=previous,
            positions=positions,
            firsts=read.firsts,
            waivers=waivers,
            unit_names={code: known.name for code, known in units.items()},
        )
        report = Report(
            file_name=", ".join(Path(path).name for path in options["files"]),
            unit=unit,
            collection=collection,
            reading=read,
            findings=checking.run(read, context),
            reveal=options["show_personnummer"],
            waivers=waivers,
        )
        self.stdout.write(RENDERERS[options["format"]](report), ending="")
        if report.has_errors:
            sys.exit(1)


def _collection(year: int | None) -> CollectionSpec:
    """The year's settings: the database's where it answers and has the year, else the built-in ones."""
    try:
        collections = Collection.objects.order_by("-year", "-pk")
        found = (collections if year is None else collections.filter(year=year)).first()
        if found is not None:
            return found.spec()
    except DatabaseProblem:
        pass  # no database, or one without our tables: the built-in settings do
    try:
        return builtin.collection_spec(builtin.LATEST if year is None else year)
    except builtin.NoBuiltinCollection as problem:
        raise wrong_use(str(problem)) from problem


def _units() -> dict[str, UnitSpec]:
    """Every unit we know of, by code: the built-in ones, and those the database has or has renamed."""
    units = {unit.code: unit for unit in builtin.units()}
    with suppress(DatabaseProblem):  # as above
        units |= {unit.code: UnitSpec(unit.code, unit.name, unit.kind) for unit in Unit.objects.order_by("code", "pk")}
    return units


def _waivers(unit: str, year: int) -> tuple[WaiverSpec, ...]:
    """What SKR has decided for the unit that year, for a file of today; nothing where no database answers."""
    try:
        live = Waiver.objects.live().filter(unit__code=unit, collection__year=year, valid_until__gte=timezone.localdate())
        return tuple(spec_of(waiver) for waiver in live.order_by("at", "pk"))
    except DatabaseProblem:
        return ()


def _content(path: str) -> bytes:
    """The bytes of a file, one more than the limit at most; more is refused by the reading."""
    if not path:
        raise wrong_use("Ange en fil; det angivna filnamnet är tomt.")
    try:
        with Path(path).open("rb") as handle:
            return handle.read(reading.MAX_BYTES + 1)
    except OSError as problem:
        raise wrong_use(f"Filen {path} går inte att öppna: {_reason(problem)}.") from problem


def _reason(problem: OSError) -> str:
    if isinstance(problem, FileNotFoundError):
        return "den finns inte"
    if isinstance(problem, IsADirectoryError):
        return "det är en mapp"
    return "behörighet saknas" if isinstance(problem, PermissionError) else "den går inte att läsa"


def _previous(path: str, layout: LayoutSpec) -> pl.DataFrame:
    read = reading.read(_content(path), layout)
    if read.refusal is not None:
        raise wrong_use(f"Förra årets fil {path} går inte att läsa. {read.refusal.message}")
    return read.frame


def _positions(path: str) -> dict[str, str]:
    try:
        return reading.read_positions(_content(path))
    except reading.PositionListError as problem:
        raise wrong_use(f"{path}: {problem}") from problem
