"""Invite a person at SKR. The first one too: no account is ever made with a password."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.access import NotAllowed
from accounts.addresses import normalise_email
from accounts.roles import StaffRole
from config.lib.commands import PortalCommand, add_dry_run, refused, wrong_use

ROLES = {
    "handlaggare": StaffRole.OFFICER,
    "samordnare": StaffRole.COORDINATOR,
    "statistiker": StaffRole.STATISTICIAN,
    "systemadministrator": StaffRole.SYSTEM,
}


class Command(PortalCommand):
    """manage.py invite_staff EMAIL --role ROLE [--dry-run]"""

    help = "Bjuder in en person på SKR. Personen skapar själv sitt lösenord med koden som kommer per e-post."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EPOST", help="personens e-postadress")
        parser.add_argument("--role", required=True, choices=ROLES, metavar="ROLL", help=f"en av {', '.join(ROLES)}")
        parser.add_argument("--name", default="", metavar="NAMN", help="personens namn")
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        role: StaffRole = ROLES[options["role"]]
        try:
            email = normalise_email(options["email"])
        except ValidationError as error:
            raise wrong_use(error.messages[0]) from error
        try:
            with transaction.atomic():
                _, invitation = services.invite_user(
                    email=email,
                    by=None,
                    at=timezone.now(),
                    name=options["name"],
                    matter=f"{role.label} hos SKR",
                    staff_role=role,
                )
                transaction.set_rollback(options["dry_run"])
        except NotAllowed as refusal:
            raise refused(refusal.reason) from refusal
        if invitation is None:
            self.stdout.write(f"{email} har redan ett konto med rollen {role.label}. 0 inbjudningar.")
        elif options["dry_run"]:
            self.stdout.write(f"{email} skulle bjudas in som {role.label}. Inget är gjort. 0 inbjudningar.")
        else:
            self.stdout.write(f"{email} är inbjuden som {role.label}. 1 inbjudan.")
