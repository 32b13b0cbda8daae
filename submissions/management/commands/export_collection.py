"""`manage.py export_collection`: take out the approved data set of a year, or say whether one is whole and ours."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.access import NotAllowed
from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use
from config.lib.text import amount
from submissions.models import Collection, ExportFile
from submissions.services import production, production_files, production_set


class Command(PortalCommand):
    """The version, what differs from the one before, who is left out, and counts last."""

    help = (
        "Tar ut det som SKR har godkänt för ett år: rader, fältlista, enheter, kontroller och ett undertecknat manifest, i en ny "
        "katalog. Samma uppgifter är samma version och ger samma filer. Med --verify kontrolleras en katalog i stället."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The year and where to, or what to verify."""
        parser.add_argument("year", type=int, metavar="ÅR", nargs="?", help="insamlingens år")
        parser.add_argument(
            "--format", choices=["csv", "parquet"], default="parquet", help="hur raderna skrivs (standard: parquet)"
        )
        parser.add_argument("--output", metavar="KATALOG", type=Path, help="katalog som skapas; den får inte finnas")
        parser.add_argument(
            "--include-personnummer",
            action="store_true",
            help="ta med personnummer och anställningsnummer i stället för pseudonymer; står i händelseloggen",
        )
        parser.add_argument("--verify", metavar="KATALOG", type=Path, help="kontrollera ett uttag: filer, manifest, underskrift")
        add_dry_run(parser)

    def handle(self, *args: Any, year: int | None, output: Path | None, verify: Path | None, **options: Any) -> None:
        """Take out, show what would be taken out, or verify."""
        if verify is not None:
            self.verify(verify)
            return
        if year is None:
            raise wrong_use("Ange insamlingens ÅR, eller --verify KATALOG.")
        collection = Collection.objects.select_related("layout").filter(year=year).first()
        if collection is None:
            raise wrong_use(f"Det finns ingen insamling för {year}.")
        if options["dry_run"]:
            self.show(collection)
            return
        if output is None:
            raise wrong_use("--output KATALOG måste anges.")
        try:
            self.take_out(collection, output, options["format"], pseudonymised=not options["include_personnummer"])
        except NotAllowed as refusal:
            raise refused(refusal.reason) from refusal

    def take_out(self, collection: Collection, output: Path, format: str, *, pseudonymised: bool) -> None:
        """Freeze, write and tell."""
        export, is_new = production.freeze(collection=collection, by=None, at=timezone.now())
        made, same = production_files.write_for_operator(
            export=export, format=format, pseudonymised=pseudonymised, to=output, at=timezone.now()
        )
        self.tell_difference(production.difference_of(export))
        self.tell_left_out(production.left_out_of(export))
        word = "ny" if is_new else "samma uppgifter som förut"
        self.stdout.write(f"Version {export.version} ({word}), {'pseudonymiserad' if pseudonymised else 'med personnummer'}.")
        self.stdout.write(f"Manifestets SHA-256: {made.manifest_sha256}")
        if not same:
            self.stdout.write(
                "Filerna är gjorda med en annan version av programmen än förra gången och är inte byte för byte lika."
            )
        rows, units = amount(made.rows, "rad", "rader"), amount(export.units, "enhet", "enheter")
        self.stdout.write(f"{rows} från {units} i {output}.")

    def show(self, collection: Collection) -> None:
        """What would be taken out."""
        try:
            plan = production.plan_of(collection)
        except NotAllowed as refusal:
            raise refused(refusal.reason) from refusal
        found, before = production.version_of(plan), production.latest(collection)
        if found is None:
            self.tell_difference(production.difference(plan, before))
        self.tell_left_out(list(plan.left_out))
        number = found.version if found else (before.version + 1 if before else 1)
        self.stdout.write(f"Version {number} ({'finns redan' if found else 'ny'}).")
        rows, units = amount(plan.rows, "rad", "rader"), amount(len(plan.included), "enhet", "enheter")
        self.stdout.write(f"{rows} från {units}. Inget är sparat (--dry-run).")

    def tell_difference(self, found: production.Difference) -> None:
        """A line for each unit that differs from the version before."""
        if found.against is None or found.is_empty:
            return
        self.stdout.write(f"Skiljer från version {found.against}:")
        for code in found.added:
            self.stdout.write(f"+ {code}")
        for code, before, now in found.changed:
            self.stdout.write(f"~ {code}: {before} rader före, {now} nu")
        for code in found.removed:
            self.stdout.write(f"- {code}")
        if found.is_other_form:
            self.stdout.write("~ postbeskrivning eller kodlistor")

    def tell_left_out(self, found: list[production.LeftOut]) -> None:
        """A line for each unit that is not in it."""
        for one in found:
            self.stdout.write(f"Ingår inte: {one.unit} {one.name}, {one.why.lower()}")

    def verify(self, folder: Path) -> None:
        """Every fault on a line of its own; status 1 where there is one."""
        faults = production_set.faults_in(folder)
        for fault in faults:
            self.stdout.write(fault)
        if faults:
            raise refused(f"Uttaget är inte helt: {amount(len(faults), 'fel', 'fel')}.")
        files = ExportFile.objects.filter(manifest_sha256=production_set.manifest_sha256(folder)).exists()
        self.stdout.write("Uttaget är helt, undertecknat och känt." if files else "Uttaget är helt och undertecknat.")
