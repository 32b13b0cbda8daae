"""`manage.py demo_file`: a synthetic delivery on standard output. Thin: the work is in `submissions.synthetic`."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser

from config.lib.commands import PortalCommand, wrong_use
from submissions import synthetic

MOST_ROWS = 500_000
FIRST_YEAR, LAST_YEAR = 2000, 2099


class Command(PortalCommand):
    """Writes the bytes and nothing else; exit status 0, or 2 with one line on standard error."""

    help = (
        "Skriver en påhittad novemberleverans (PS-2026.1, Windows-1252) till standard ut. Inga verkliga personer: alla "
        "personnummer hör till Skatteverkets testserie. Samma argument ger alltid samma fil."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: CommandParser) -> None:
        """The options; numbers are read in `handle`, so that mistakes are answered in Swedish."""
        parser.add_argument("--unit", metavar="KOD", help="enhetens kod enligt enheter.csv, t.ex. 0488")
        parser.add_argument("--rows", metavar="ANTAL", help=f"antal poster, 1-{MOST_ROWS}")
        parser.add_argument("--seed", metavar="HELTAL", help="slumpfrö: samma frö ger samma fil")
        parser.add_argument("--defects", default="0", metavar="ANDEL", help="andel poster med fel, 0-1 (förval 0)")
        parser.add_argument("--previous", action="store_true", help="förra årets fil för samma enhet och frö")
        parser.add_argument("--year", default="2026", metavar="ÅR", help="insamlingens år (förval 2026)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the file and write it."""
        for name in ("unit", "rows", "seed"):
            if options[name] is None:
                raise wrong_use(f"--{name} måste anges. Se manage.py demo_file --help.")
        rows = _whole(options["rows"], "--rows", 1, MOST_ROWS)
        seed = _whole(options["seed"], "--seed", 0, 2**63 - 1)
        year = _whole(options["year"], "--year", FIRST_YEAR, LAST_YEAR)
        defects = _share(options["defects"])
        try:
            data = synthetic.delivery(options["unit"], rows, seed, defects, options["previous"], year)
        except synthetic.UnknownUnit as unknown:
            raise wrong_use(f"Det finns ingen enhet med koden {options['unit']} i enheter.csv.") from unknown
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # the reader, such as head, has seen enough
            sys.stderr.close()


def _whole(text: Any, option: str, low: int, high: int) -> int:
    """The whole number, or exit status 2."""
    try:
        number = int(text)
    except (TypeError, ValueError):
        number = low - 1
    if not low <= number <= high:
        raise wrong_use(f"{option} ska vara ett heltal från {low} till {high}, inte {text}.")
    return number


def _share(text: Any) -> float:
    """A share from 0 to 1, decimal comma or point, or exit status 2."""
    try:
        share = float(str(text).replace(",", "."))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise wrong_use(f"--defects ska vara ett tal från 0 till 1, till exempel 0,02, inte {text}.")
    return share
