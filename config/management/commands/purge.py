"""`manage.py purge`: what is kept only for a while goes, and unused accounts are closed. The same rules run by themselves."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import audit_chain
from accounts import retention as of_accounts
from accounts.models import AuditEvent
from config.lib.commands import PortalCommand, Progress, add_dry_run, add_progress, refused, wrong_use
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


GRACE = timedelta(days=2)  # two nights: one missed is nothing to be woken for
MEANS = frozenset(rule.what for rule in of_accounts.RULES)  # counters and the like: the worker leaves no receipt of them
PROVED = timedelta(days=365)  # how far back the receipts are added up


class Command(PortalCommand):
    """A line for each rule, then the sum. Each batch leaves a receipt in the audit trail, which `--proof` adds up."""

    help = (
        "Gallra: ta bort det som bara sparas en tid och stäng konton som inte har använts på 400 dagar (ägaren varnas 30 dagar "
        "innan). Arbetaren gör samma sak av sig själv varje natt. Händelseloggen gallras inte här. En avbruten körning kan göras om. "
        "--proof visar i stället vad som är borta, enligt kvittona i händelseloggen, och att inget är kvar för länge."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=int, metavar="DAGAR", help="ta bara bort det som är äldre än så, även där regeln tillåter mer"
        )
        parser.add_argument(
            "--proof", action="store_true", help="ta inte bort något; visa årets kvitton och det som är kvar för länge"
        )
        add_dry_run(parser)
        add_progress(parser)

    def handle(self, *args: Any, dry_run: bool, older_than: int | None, proof: bool, **options: Any) -> None:
        if older_than is not None and not 0 <= older_than <= 36_500:
            raise wrong_use("--older-than ska vara ett antal dagar, till exempel 400.")
        if proof and (dry_run or older_than is not None):
            raise wrong_use("--proof visar bara, och kan inte användas tillsammans med --dry-run eller --older-than.")
        at, age = timezone.now(), None if older_than is None else timedelta(days=older_than)
        progress = Progress.of(options)
        if proof:
            self._prove(at, progress)
            return
        counts = _counts(at, age, dry_run=dry_run, progress=progress)
        verb = "skulle tas bort" if dry_run else "borttagna"
        for what, count in counts.items():
            self.stdout.write(f"{what}: {count} {verb}")
        warned, closed = self._accounts(at, dry_run=dry_run)
        self.stdout.write(f"konton som inte används: {closed} {'skulle stängas' if dry_run else 'stängda'}, {warned} varnade")
        mark = "Provkörning, inget är ändrat. " if dry_run else ""
        self.stdout.write(f"{mark}Sammanlagt {amount(sum(counts.values()), 'rad', 'rader')} {verb}.")

    def _prove(self, at: datetime, progress: Progress) -> None:
        """Each rule's receipts of a year and what it left, then whether the trail that holds the receipts is whole."""
        left = _counts(at - GRACE, None, dry_run=True, progress=progress)
        receipts = AuditEvent.objects.filter(code="data:deleted", object__in=left, at__gte=at - PROVED).order_by("at", "pk")
        removed, last = dict.fromkeys(left, 0), dict.fromkeys(left, "aldrig")
        for what, told, when in receipts.values_list("object", "result", "at"):
            removed[what] += int(told)
            last[what] = f"{timezone.localtime(when):%Y-%m-%d}"
        for what, count in left.items():
            gone = "gallras varje timme, utan kvitto" if what in MEANS else f"{removed[what]} borttagna, senast {last[what]}"
            self.stdout.write(f"{what}: {gone}; {count} kvar för länge")
        faults = list(audit_chain.verify(at))
        for sentence in faults:
            self.stdout.write(sentence)
        overdue = sum(left.values())
        self.stdout.write(
            f"Sammanlagt {amount(sum(removed.values()), 'rad', 'rader')} borttagna på ett år, {overdue} kvar för länge. "
            f"Kvittona finns i händelseloggen, kedjans läge: {audit_chain.head() or 'tom'}."
        )
        if overdue:
            raise refused("Något är kvar längre än det får. Kör python manage.py purge, och se efter att arbetaren är igång.")
        if faults:
            raise refused("Händelseloggen är inte som den skrevs, så kvittona bevisar inget.")

    def _accounts(self, at: datetime, *, dry_run: bool) -> tuple[int, int]:
        if dry_run:
            return dormancy.to_warn(at=at).count(), dormancy.dormant(at=at).count()
        return dormancy.warn_dormant(at=at), dormancy.suspend_dormant(at=at)


def _counts(at: datetime, age: timedelta | None, *, dry_run: bool, progress: Progress) -> dict[str, int]:
    """Carry out every rule, or only count; how much, by the rules' words."""
    progress.say("konton …")
    counts = {
        rule.what: carry_out(rule, at=at, older_than=age, dry_run=dry_run, receipt=of_accounts.note) for rule in of_accounts.RULES
    }
    for what, rules in PARTS.items():
        progress.say(f"{what} …")
        counts |= rules.purge(at=at, older_than=age, dry_run=dry_run)
    return counts
