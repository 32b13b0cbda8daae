"""`manage.py invite`: invite one person or a list of them. Who is there already is reported, never changed."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, refused, wrong_use
from config.lib.text import amount
from profiles import services
from profiles.invite_file import Line, decoded, read_lines


class Command(PortalCommand):
    """The whole list is looked through before anybody is invited; then each person in a transaction of its own."""

    help = (
        "Bjud in en eller flera personer. Ange en fil med raderna epost;namn;enhet;roll, eller en e-postadress "
        "med --unit och --role. Är någon rad fel bjuds ingen in, om du inte väljer --skip-faulty. Mejlen till en fils personer går "
        "ut i jämn takt, 60 i minuten. En avbruten körning tas upp genom att samma fil körs igen. Avslutar med 0 när allt är "
        "gjort, 1 när någon rad inte gick, 2 vid fel användning."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", metavar="FIL|EPOST", help="en csv-fil (epost;namn;enhet;roll) eller en e-postadress")
        parser.add_argument("--unit", metavar="KOD", help="enhetens kod, till exempel 0488")
        parser.add_argument("--role", metavar="ROLL", help="Läsare, Uppgiftslämnare eller Kontaktperson")
        parser.add_argument("--name", metavar="NAMN", default="", help="personens namn")
        parser.add_argument("--skip-faulty", action="store_true", help="bjud in de andra fast några rader är fel")
        add_dry_run(parser)
        add_progress(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, look through, invite, count."""
        lines = self._lines(options)
        faulty = [line for line in lines if line.problem]
        for line in faulty:
            self._tell(line, line.problem, lines)
        if faulty and not options["skip_faulty"]:
            raise refused(_nobody(len(faulty), len(lines)))
        self.told: set[int] = set()  # units whose Kontaktpersoner have been told in this run
        counts = {"invited": 0, "added": 0, "there": 0, "refused": len(faulty)}
        progress, right = Progress.of(options), [line for line in lines if not line.problem]
        for line in right:
            outcome, text = self._invite(line, dry_run=options["dry_run"], in_bulk=len(lines) > 1 or bool(line.number))
            counts[outcome] += 1
            self._tell(line, text, lines)
            progress.step("personer", len(right))
        mark = "Provkörning, inget är ändrat. " if options["dry_run"] else ""
        self.stdout.write(
            f"{mark}Inbjudna: {counts['invited']}. Fick rollen direkt: {counts['added']}. "
            f"Fanns redan: {counts['there']}. Gick inte: {counts['refused']}."
        )
        if counts["refused"]:
            raise refused("Alla rader kunde inte genomföras, se ovan.")

    def _tell(self, line: Line, text: str, lines: list[Line]) -> None:
        where = f"rad {line.number}: " if line.number else ""
        who = line.email or line.text or "(utelämnad)"
        self.stdout.write(f"{where}{who}: {text}")

    def _lines(self, options: dict[str, Any]) -> list[Line]:
        target, unit, role = options["target"], options["unit"], options["role"]
        if "@" in target and not Path(target).is_file():
            if not unit or not role:
                raise wrong_use("Ange också --unit KOD och --role ROLL.")
            if any(sign in "".join((target, options["name"], unit, role)) for sign in ";\t\n"):
                raise wrong_use("Adress, namn, enhet och roll får inte innehålla semikolon, tabb eller radbrytning.")
            found = read_lines(";".join((target, options["name"], unit, role)), at=timezone.now())
            return [_alone(line) for line in found]
        if unit or role or options["name"]:
            raise wrong_use("--unit, --role och --name hör ihop med en e-postadress, inte med en fil.")
        try:
            lines = read_lines(decoded(Path(target).read_bytes()), at=timezone.now())
        except OSError as error:
            raise wrong_use(f"Filen {target} går inte att läsa.") from error
        except NotAllowed as problem:
            raise wrong_use(problem.reason) from problem
        if not lines:
            raise wrong_use("Filen innehåller inga personer.")
        if all(line.problem for line in lines):
            first = lines[0]
            raise wrong_use(
                f"Filen är ingen lista med raderna epost;namn;enhet;roll. Rad {first.number}: {first.problem.rstrip('.')}."
            )
        return lines

    def _invite(self, line: Line, *, dry_run: bool, in_bulk: bool) -> tuple[str, str]:
        if line.unit is None:  # it would have had a problem
            return "refused", "enheten saknas"
        if line.there:
            return "there", line.there
        try:
            with transaction.atomic():
                made = services.invite_member(
                    unit=line.unit,
                    email=line.email,
                    name=line.name,
                    role=line.role,
                    by=None,
                    at=timezone.now(),
                    in_bulk=in_bulk,
                    tells=line.unit.pk not in self.told,
                )
                transaction.set_rollback(dry_run)
        except services.AlreadyThere as there:
            return "there", there.reason
        except NotAllowed as refusal:
            return "refused", refusal.reason
        self.told.add(line.unit.pk)
        if made.invitation is None:
            return "added", f"har redan ett konto och är nu {made.get_role_display()} i {made.unit}"
        return "invited", f"inbjuden som {made.get_role_display()} i {made.unit}"


def _alone(line: Line) -> Line:
    """The one of the command line, which has no number."""
    return Line(0, line.text, line.email, line.name, line.unit, line.role, line.problem, line.there)


def _nobody(faulty: int, lines: int) -> str:
    """Why nobody is invited, and what to do."""
    if lines == 1:
        return "Ingen är inbjuden."
    rows = amount(faulty, "rad", "rader")
    return f"Ingen är inbjuden: {rows} av {lines} är fel. Rätta dem, eller kör med --skip-faulty så bjuds de andra in."
