"""`manage.py generalrepetition`: a whole season played through in a database of its own."""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.lib.commands import PortalCommand, Progress, add_progress, refused, wrong_use
from config.rehearsal import plan, report, scratch
from config.rehearsal.play import play

MOST_WORKERS = 64


class Command(PortalCommand):
    """The report on standard output, what is going on on standard error. Exit status 1 where anything broke."""

    help = (
        "Spelar upp en hel insamling, från inbjudan till gallring, med påhittade enheter och filer och en egen klocka. Körs i en "
        "databas som skapas för det och tas bort efteråt; portalens egen rörs inte och inga mejl skickas. Skriver tider och "
        "antal för varje del, och avslutas med 1 om något gick fel eller ett villkor inte höll."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How large it is, and where the figures go."""
        most = plan.most_units()
        parser.add_argument("--units", type=int, default=320, metavar="ANTAL", help=f"antal enheter, 1-{most} (förval 320)")
        parser.add_argument(
            "--scale", default="0,05", metavar="ANDEL", help="andel av enheternas verkliga storlek, över 0 till 1 (förval 0,05)"
        )
        parser.add_argument(
            "--seed", type=int, default=plan.SEED, metavar="HELTAL", help="slumpfrö: samma frö ger samma insamling"
        )
        parser.add_argument(
            "--workers", type=int, default=8, metavar="ANTAL", help=f"samtidiga på sista dagen, 1-{MOST_WORKERS} (förval 8)"
        )
        add_progress(parser)
        parser.add_argument("--keep", action="store_true", help="behåll databasen efteråt; dess namn skrivs ut")
        parser.add_argument("--report", metavar="FIL", help="skriv också rapporten som JSON i filen")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, play, report."""
        if not 1 <= options["workers"] <= MOST_WORKERS:
            raise wrong_use(f"--workers ska vara 1-{MOST_WORKERS}, inte {options['workers']}.")
        parts = _parts(options["units"], options["scale"], options["seed"])
        file = _writable(options["report"])
        try:
            with quiet_log(), scratch.database(keep=options["keep"]) as name:
                season = play(parts, workers=options["workers"], tell=Progress.of(options).say)
        except scratch.CannotRehearse as problem:
            raise refused(str(problem)) from problem
        for line in report.lines(season):
            self.stdout.write(line)
        if options["keep"]:
            self.stdout.write(f"Databasen {name} är kvar.")
        if file is not None:
            file.write_text(json.dumps(report.as_values(season), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        if season.faults:
            raise refused("Generalrepetitionen hittade fel.")


@contextmanager
def quiet_log() -> Iterator[None]:
    """The log is shipped off the host and watched: what is only played must not stand there."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _parts(units: int, scale: str, seed: int) -> tuple[plan.Part, ...]:
    if not 1 <= units <= plan.most_units():
        raise wrong_use(f"--units ska vara 1-{plan.most_units()}, inte {units}.")
    try:
        return plan.parts(units, float(scale.replace(",", ".")), seed)
    except ValueError:
        raise wrong_use(f"--scale ska vara ett tal över 0 och högst 1, till exempel 0,05, inte {scale}.") from None


def _writable(path: str | None) -> Path | None:
    """The file of the report, opened before the long work so that a wrong path is told at once."""
    if path is None:
        return None
    file = Path(path)
    try:
        file.touch()
    except OSError as problem:
        raise wrong_use(f"Det går inte att skriva i {path}.") from problem
    return file
