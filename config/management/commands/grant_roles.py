"""`manage.py grant_roles`: give the database roles exactly the rights that `config.database_roles` works out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.db import connection, transaction

from config import database_roles
from config.lib.commands import PortalCommand, add_dry_run, refused
from config.lib.text import amount


class Command(PortalCommand):
    """All or nothing; run again it changes nothing. Prints each statement, and the counts last."""

    help = (
        "Ger databasrollerna portal_app (webb och arbetare) och portal_read (driftens frågor) precis de rättigheter de ska ha, "
        "och tar bort andra. Körs av tabellernas ägare, portal_migrate, efter varje migrate. Rollerna skapas utan inloggning om "
        "de saknas; en inloggning får rättigheterna som medlem (GRANT portal_app TO …)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only the dry run."""
        add_dry_run(parser)

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Work out, print, run."""
        if foreign := database_roles.foreign_tables():
            raise refused(f"Kör grant_roles som tabellernas ägare. Någon annan äger {', '.join(foreign[:3])}.")
        with transaction.atomic():
            made = self.create_roles()
            if unsafe := database_roles.overpowered():
                raise refused(
                    f"{' och '.join(unsafe)} har mer än rättigheter till rader: ett attribut som SUPERUSER, medlemskap i en "
                    "annan roll eller egna tabeller. Ta bort det först."
                )
            statements = database_roles.changes()
            with connection.cursor() as cursor:
                for statement in statements:
                    self.stdout.write(f"{statement};")
                    cursor.execute(statement)
            if dry_run:
                transaction.set_rollback(True)
        taken = sum(statement.startswith("REVOKE") for statement in statements)
        given = amount(len(statements) - taken, "rättighet given", "rättigheter givna")
        self.stdout.write(f"{amount(len(made), 'roll skapad', 'roller skapade')}, {given}, {taken} borttagna.")
        if dry_run:
            self.stdout.write("Inget är ändrat (--dry-run).")

    def create_roles(self) -> list[str]:
        """Make the roles that are missing; refused where the owner may not."""
        missing = database_roles.missing_roles()
        if missing and not database_roles.may_create_roles():
            statements = " ".join(f"CREATE ROLE {role} NOLOGIN;" for role in missing)
            raise refused(f"Den här användaren får inte skapa roller. Låt serverns administratör köra: {statements}")
        for role in missing:
            self.stdout.write(f"CREATE ROLE {role} NOLOGIN;")
            database_roles.create_role(role)
        return missing
