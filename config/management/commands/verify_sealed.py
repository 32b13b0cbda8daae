"""`manage.py verify_sealed`: whether everything that is sealed can be opened with the keys that are here."""

from __future__ import annotations

from typing import Any

from config import key_rotation
from config.lib.commands import PortalCommand, refused
from config.lib.text import amount


class Command(PortalCommand):
    """A line per model, one per value that does not open. Exit status 1 where there is any."""

    help = (
        "Öppnar varje krypterat värde i databasen med nycklarna i FIELD_KEYS och säger vilka som inte går att öppna. Visar inget "
        "av innehållet och ändrar inget. Portalen kan vara igång. Körs efter en återställning och gärna varje månad."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Model by model."""
        opened = broken = 0
        for model in key_rotation.sealed_models():
            good = bad = 0
            for pk, column, opens in key_rotation.values_of(model):
                good, bad = good + opens, bad + (not opens)
                if not opens:
                    self.stdout.write(f"{model._meta.label} {pk}, {column}: går inte att öppna.")
            opened, broken = opened + good, broken + bad
            self.stdout.write(f"{model._meta.label}: {amount(good, 'värde öppnat', 'värden öppnade')}, {bad} gick inte.")
        self.stdout.write(f"{amount(opened, 'värde öppnat', 'värden öppnade')}, {broken} gick inte.")
        if broken:
            raise refused("Något går inte att öppna: fel nyckel, eller en rad är ändrad.")
