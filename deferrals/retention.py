"""How long mailings are kept, with the addresses of those who were to get them. What was done is in the audit trail for longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts import limits
from accounts.retention import note
from config.lib.retention import Rule, carry_out
from deferrals.models import Mailing, MailingLine

State = Mailing.State
UNSENT = [State.DRAFT, State.WAITING, State.WITHDRAWN]
RULES = (
    Rule(
        "mailing_drafts",
        "utskick som inte skickades",
        limits.MAILING_DRAFTS_KEPT,
        lambda upto: Mailing.objects.filter(created_at__lte=upto, state__in=UNSENT).exclude(lines__state=MailingLine.State.DONE),
    ),
    Rule(
        "mailings",
        "skickade utskick",
        limits.MAILINGS_KEPT,
        lambda upto: Mailing.objects.filter(state__in=[State.DONE, State.WITHDRAWN], ended_at__lte=upto),
    ),
)


def purge(*, at: datetime, older_than: timedelta | None = None, dry_run: bool = False) -> dict[str, int]:
    """Carry out every rule, with a receipt in the audit trail for each batch; what went, by the rules' words."""
    return {rule.what: carry_out(rule, at=at, older_than=older_than, dry_run=dry_run, receipt=note) for rule in RULES}
