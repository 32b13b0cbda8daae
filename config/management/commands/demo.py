"""`manage.py demo`: the demo data, in one transaction. The story is in `config.demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.demo import logins, story
from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, refused
from messaging.models import Thread
from submissions.models import Delivery, Submission


class Command(PortalCommand):
    """Makes the demo in an empty database, or says why not. Run again it changes nothing."""

    help = (
        "Lägger in demodata: referensdata, påhittade personer, leveranser, uppskov och meddelanden. Bara med DEMO=1 och i en tom "
        "databas. Inloggningarna skrivs till var/demo.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument(
            "--if-empty", action="store_true", help="gör inget, i stället för att vägra, när databasen har innehåll"
        )
        add_dry_run(parser)
        add_progress(parser)
        parser.add_argument(
            "--logins", default=str(settings.BASE_DIR / "var" / "demo.json"), metavar="FIL", help="filen med inloggningar"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it all, or nothing."""
        if not settings.DEMO:
            raise refused("Demodata läggs bara in med DEMO=1, som produktion vägrar.")
        with transaction.atomic():
            if User.objects.exists() or Delivery.objects.exists():
                if options["if_empty"]:
                    return
                raise refused("Databasen har redan innehåll. Börja om från en tom databas, till exempel med bin/run --reset.")
            cast = story.tell(timezone.now(), say=Progress.of(options).say)
            counts = _counts()
            if options["dry_run"]:
                transaction.set_rollback(True)
            else:
                logins.write(Path(options["logins"]), cast)  # before the commit: no accounts without their logins
        prefix = "Skulle lägga in" if options["dry_run"] else "Demodata:"
        self.stdout.write(f"{prefix} {counts}.")


def _counts() -> str:
    """What is there now, in words."""
    parts = (
        (User.objects.count(), "personer"),
        (Submission.objects.count(), "inlämningar"),
        (Delivery.objects.count(), "filer"),
        (Thread.objects.count(), "ärenden"),
    )
    return ", ".join(f"{number} {word}" for number, word in parts)
