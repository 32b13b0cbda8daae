"""`manage.py invite`: invite one person or a list of them. Who is there already is reported, never changed."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use
from profiles import services
from profiles.invite_file import COLUMNS, ROLES
from profiles.models import Membership, Unit


@dataclass(frozen=True, slots=True)
class Line:
    """One person to invite, and where in the file she stands (0: the command line)."""

    number: int
    email: str
    name: str
    unit: str
    role: str


class Refused(Exception):
    """The line cannot be carried out; str() is a Swedish sentence."""


class Command(PortalCommand):
    """Reads lines, calls the service for each in a transaction of its own, and counts the outcomes."""

    help = (
        "Bjud in en eller flera personer. Ange en fil med raderna epost;namn;enhet;roll, eller en e-postadress "
        "med --unit och --role. Mejlen till en fils personer går ut i jämn takt, 60 i minuten. En avbruten körning tas upp genom "
        "att samma fil körs igen. Avslutar med 0 när allt är gjort, 1 när någon rad inte gick, 2 vid fel användning."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", metavar="FIL|EPOST", help="en csv-fil (epost;namn;enhet;roll) eller en e-postadress")
        parser.add_argument("--unit", metavar="KOD", help="enhetens kod, till exempel 0488")
        parser.add_argument("--role", metavar="ROLL", help="Läsare, Uppgiftslämnare eller Kontaktperson")
        parser.add_argument("--name", metavar="NAMN", default="", help="personens namn")
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        lines = self._lines(options)
        self.told: set[str] = set()  # units whose Kontaktpersoner have been told in this run
        counts = {"invited": 0, "added": 0, "there": 0, "refused": 0}
        for line in lines:
            outcome, text = self._invite(line, dry_run=options["dry_run"])
            counts[outcome] += 1
            where = f"rad {line.number}: " if line.number else ""
            self.stdout.write(f"{where}{line.email or '(ingen adress)'}: {text}")
        mark = "Provkörning, inget är ändrat. " if options["dry_run"] else ""
        self.stdout.write(
            f"{mark}Inbjudna: {counts['invited']}. Fick rollen direkt: {counts['added']}. "
            f"Fanns redan: {counts['there']}. Gick inte: {counts['refused']}."
        )
        if counts["refused"]:
            raise refused("Alla rader kunde inte genomföras, se ovan.")

    def _lines(self, options: dict[str, Any]) -> list[Line]:
        target, unit, role = options["target"], options["unit"], options["role"]
        if "@" in target and not Path(target).is_file():
            if not unit or not role:
                raise wrong_use("Ange också --unit KOD och --role ROLL.")
            return [Line(0, target.strip(), options["name"], unit, role)]
        if unit or role or options["name"]:
            raise wrong_use("--unit, --role och --name hör ihop med en e-postadress, inte med en fil.")
        try:
            return read_lines(Path(target).read_bytes())
        except OSError as error:
            raise wrong_use(f"Filen {target} går inte att läsa.") from error
        except (ValueError, csv.Error) as error:
            raise wrong_use(str(error)) from error

    def _invite(self, line: Line, *, dry_run: bool) -> tuple[str, str]:
        try:
            with transaction.atomic():
                made = carry_out(line, in_bulk=bool(line.number), tells=line.unit not in self.told)
                transaction.set_rollback(dry_run)
        except services.AlreadyThere as there:
            return "there", there.reason
        except NotAllowed as refusal:
            return "refused", refusal.reason
        except Refused as refusal:
            return "refused", str(refusal)
        self.told.add(line.unit)
        if made.invitation is None:
            return "added", f"har redan ett konto och är nu {made.get_role_display()} i {made.unit}"
        return "invited", f"inbjuden som {made.get_role_display()} i {made.unit}"


def read_lines(content: bytes) -> list[Line]:
    """The file's lines; a header line and empty lines are passed over. Raises ValueError with a sentence."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ValueError("Filen är ingen textfil med raderna epost;namn;enhet;roll.")
    lines = []
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=";"), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or tuple(cell.lower() for cell in cells) == COLUMNS:
            continue
        if len(cells) != len(COLUMNS):
            raise ValueError(f"Rad {number} har {len(cells)} fält. Varje rad ska ha fyra: {';'.join(COLUMNS)}.")
        lines.append(Line(number, *cells))
    if not lines:
        raise ValueError("Filen innehåller inga personer.")
    return lines


def carry_out(line: Line, *, in_bulk: bool, tells: bool) -> Membership:
    """Invite the line's person; `in_bulk` for one of many, who are told of once. Raises Refused or NotAllowed with a sentence."""
    try:
        validate_email(line.email)
    except ValidationError:
        raise Refused("är ingen e-postadress") from None
    if not line.email.isascii() or len(line.email) > 254:
        raise Refused("adressen får ha högst 254 tecken och inte å, ä eller ö")
    unit = Unit.objects.filter(code=line.unit).first()
    if unit is None:
        raise Refused(f"det finns ingen enhet med koden {line.unit}")
    role = ROLES.get(line.role.lower())
    if role is None:
        raise Refused(f"rollen {line.role} finns inte; välj Läsare, Uppgiftslämnare eller Kontaktperson")
    return services.invite_member(
        unit=unit, email=line.email, name=line.name, role=role, by=None, at=timezone.now(), in_bulk=in_bulk, tells=tells
    )
