"""`manage.py rotate_keys`: seal everything with the active key, so that an older one can be taken away."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts import audit
from config import key_rotation
from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, refused
from config.lib.text import amount

PROGRESS = 500


class Command(PortalCommand):
    """A line per model, one per value that does not open, the keys last. Exit status 1 where an older key is still needed."""

    help = (
        "Krypterar om alla personuppgifter, hemligheter och utskick i databasen med den aktiva nyckeln (FIELD_KEY_ACTIVE) och "
        "säger vilka äldre nycklar som kan tas bort. Starta först om webb och arbetare med den nya nyckeln som aktiv. Portalen "
        "kan vara igång, och ett avbrutet byte fortsätter där det slutade. Värden som inte går att öppna nämns och lämnas orörda. "
        "En nyckel behövs också för att läsa säkerhetskopior från dess tid."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only the dry run."""
        add_dry_run(parser)
        add_progress(parser)

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Rotate model by model, then count the keys."""
        done = "skulle krypteras om" if dry_run else "krypterade om"
        changed = broken = 0
        for model in key_rotation.sealed_models():
            of_model, bad = self.rotate(model, Progress.of(options, every=PROGRESS), store=not dry_run)
            rows = amount(model._base_manager.count(), "rad", "rader")
            self.stdout.write(f"{model._meta.label}: {rows}, {of_model} {done}, {bad} gick inte.")
            changed, broken = changed + of_model, broken + bad
        if changed and not dry_run:
            audit.record("operation:key", object=f"nyckel {settings.FIELD_KEY_ACTIVE}", result="rotated", at=timezone.now())
        is_needed = self.tell_of_keys(dry_run=dry_run)
        if dry_run:
            self.stdout.write("Inget är ändrat (--dry-run).")
        if broken:
            raise refused(f"{amount(broken, 'rad', 'rader')} har värden som inte går att öppna.")
        if is_needed and not dry_run:
            raise refused("En äldre nyckel används fortfarande.")

    def rotate(self, model: Any, progress: Progress, *, store: bool) -> tuple[int, int]:
        """How many rows of the model got a new value, and how many have one that does not open."""
        changed = broken = 0
        for row in key_rotation.old_rows(model, store=store):
            changed += bool(row.resealed)
            broken += bool(row.broken)
            for column in row.broken:
                self.stdout.write(f"{model._meta.label} {row.pk}, {column}: går inte att öppna.")
                if store:
                    name = f"{model._meta.label} {row.pk} {column}"
                    audit.record("operation:key", object=name, result="broken", at=timezone.now())
            progress.step(f"rader av {model._meta.label}")
        return changed, broken

    def tell_of_keys(self, *, dry_run: bool) -> bool:
        """A line per key; True where another than the active one is still needed."""
        active, used = settings.FIELD_KEY_ACTIVE, key_rotation.keys_in_use()
        self.stdout.write(f"Nyckel {active} är aktiv och används av {amount(used.pop(active, 0), 'värde', 'värden')}.")
        for key in sorted(set(settings.FIELD_KEYS) - {active} - set(used)):
            self.stdout.write(f"Nyckel {key} används inte längre och kan tas bort.")
        for key, number in sorted(used.items()):
            values = amount(number, "värde", "värden")
            if key not in settings.FIELD_KEYS:
                self.stdout.write(f"Nyckel {key} finns inte i FIELD_KEYS men används av {values}.")
            elif dry_run:
                self.stdout.write(f"Nyckel {key} används av {values}.")
            else:
                self.stdout.write(f"Nyckel {key} används av {values} och måste vara kvar. Kör kommandot igen.")
        return bool(used)
