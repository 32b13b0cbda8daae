"""`manage.py purge`: what is kept only for a while goes, and unused accounts are closed. The same rules run by themselves."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import retention as of_accounts
from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, wrong_use
from config.lib.retention import carry_out
from config.lib.text import amount
from deferrals import retention as of_deferrals
from messaging import retention as of_messages
from profiles import dormancy
from profiles import retention as of_profiles
from submissions.services import retention as of_submissions

PARTS: dict[str, Any] = {
    "meddelanden": of_messages,
    "enheter och personer": of_profiles,
    "uppskov och utskick": of_deferrals,
    "filer": of_submissions,
}


class Command(PortalCommand):
    """A line for each rule, then the sum. Each batch leaves a receipt in the audit trail."""

    help = (
        "Gallra: ta bort det som bara sparas en tid och stäng konton som inte har använts på 400 dagar (ägaren varnas 30 dagar "
        "innan). Arbetaren gör samma sak av sig själv varje natt. Händelseloggen gallras inte här. En avbruten körning kan göras om."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=int, metavar="DAGAR", help="ta bara bort det som är äldre än så, även där regeln tillåter mer"
        )
        add_dry_run(parser)
        add_progress(parser)

    def handle(self, *args: Any, dry_run: bool, older_than: int | None, **options: Any) -> None:
        if older_than is not None and not 0 <= older_than <= 36_500:
            raise wrong_use("--older-than ska vara ett antal dagar, till exempel 400.")
        at, age = timezone.now(), None if older_than is None else timedelta(days=older_than)
        progress = Progress.of(options)
        progress.say("konton …")
        counts = {
            rule.what: carry_out(rule, at=at, older_than=age, dry_run=dry_run, receipt=of_accounts.note)
            for rule in of_accounts.RULES
        }
        for what, rules in PARTS.items():
            progress.say(f"{what} …")
            counts |= rules.purge(at=at, older_than=age, dry_run=dry_run)
        verb = "skulle tas bort" if dry_run else "borttagna"
        for what, count in counts.items():
            self.stdout.write(f"{what}: {count} {verb}")
        warned, closed = self._accounts(at, dry_run=dry_run)
        self.stdout.write(f"konton som inte används: {closed} {'skulle stängas' if dry_run else 'stängda'}, {warned} varnade")
        mark = "Provkörning, inget är ändrat. " if dry_run else ""
        self.stdout.write(f"{mark}Sammanlagt {amount(sum(counts.values()), 'rad', 'rader')} {verb}.")

    def _accounts(self, at: datetime, *, dry_run: bool) -> tuple[int, int]:
        if dry_run:
            return dormancy.to_warn(at=at).count(), dormancy.dormant(at=at).count()
        return dormancy.warn_dormant(at=at), dormancy.suspend_dormant(at=at)
